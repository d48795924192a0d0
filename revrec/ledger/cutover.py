"""Contracts taken over from another system, as columns: when, and what it had recognised."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from revrec.model.history import ContractHistory
from revrec.model.opening import OpeningBasis
from revrec.money import to_minor

CUTOVER = pa.schema(
    [
        ("contract", pa.string()),
        ("day", pa.date32()),
        ("history", pa.bool_()),
        ("adjusts", pa.bool_()),
        ("recognised", pa.list_(pa.struct([("obligation", pa.string()), ("told", pa.int64())]))),
    ]
)
"""By contract: the day of cutover, whether its history is told, whether what differs is adjusted,
and what the other system had recognised by obligation, in minor units."""


def cutover_table(histories: Iterable[ContractHistory]) -> pa.Table:
    """Contracts that were taken over (``CUTOVER``)."""
    rows = [
        {
            "contract": history.contract.id,
            "day": told.on,
            "history": told.basis is OpeningBasis.HISTORY,
            "adjusts": told.basis is OpeningBasis.HISTORY and told.adjusts,
            "recognised": [
                {
                    "obligation": part.obligation,
                    "told": to_minor(part.recognized, history.contract.currency),
                }
                for part in told.obligations
            ],
        }
        for history in histories
        for told in history.openings
    ]
    return pa.Table.from_pylist(rows, schema=CUTOVER)
