"""Which contracts count the same, and so are similar (606-10-10-4)."""

from __future__ import annotations

import pyarrow as pa

from revrec.estimation.histories import Series
from revrec.estimation.panel import Doubt
from revrec.model.contract import Contract, CountedIn


def used_meters(daily: pa.Table) -> dict[str, set[str]]:
    """The meters with use, by contract."""
    pairs = daily.select(["contract", "meter"]).group_by(["contract", "meter"]).aggregate([])
    used: dict[str, set[str]] = {}
    for row in pairs.sort_by([("contract", "ascending"), ("meter", "ascending")]).to_pylist():
        used.setdefault(row["contract"], set()).add(row["meter"])
    return used


def similar(
    contract: Contract,
    meters: frozenset[str],
    counted_in: CountedIn,
    *,
    cohort: str = "",
    doubt: Doubt | None = None,
) -> Series:
    """A contract's series, in the cohort named or that of its segment.

    Contracts are similar that count the same alike; amounts only within a currency.
    """
    currency = contract.currency if counted_in is CountedIn.AMOUNT else ""
    name = "|".join([cohort or contract.segment, currency, counted_in.value, *sorted(meters)])
    return Series(
        contract=contract.id,
        meters=meters,
        counted_in=counted_in,
        first_day=contract.first_day,
        cohort=name,
        doubt=doubt,
    )
