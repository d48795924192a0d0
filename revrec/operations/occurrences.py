"""Occurrences of a control: events of the audit log, as a population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from revrec.audit import populations
from revrec.model.sample import Population
from revrec.sampling.attributes import STRATUM
from revrec.store import audit_log, journal
from revrec.store.audit_log import Wanted
from revrec.store.transaction import Transaction

_PAGE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An event, with what tells a reader which."""

    key: str
    detail: dict[str, str]


def read(tx: Transaction, operation: str) -> list[Occurrence]:
    """Every event of an operation, or of all whose names begin so, in order."""
    found: list[Occurrence] = []
    after = 0
    while page := audit_log.read(tx, after=after, limit=_PAGE, wanted=Wanted(operation=operation)):
        found += [
            Occurrence(
                key=str(each.id),
                detail={
                    "at": each.at.isoformat(),
                    "actor": each.actor,
                    "operation": each.operation,
                    "subject": each.subject,
                },
            )
            for each in page
        ]
        after = page[-1].id
    return found


def table_of(events: Sequence[Occurrence]) -> pa.Table:
    """Events as a population; they have no amounts."""
    keys = pa.array([each.key for each in events], pa.string())
    return pa.table({"item": keys, "amount": pa.array([0] * len(events), pa.int64())})


def proof(tx: Transaction, operation: str, events: Sequence[Occurrence]) -> Population:
    """What the sample was drawn from: the events' numbers, one a line, under a header."""
    seq, head = journal.head(tx)
    return Population(
        query=f"audit log of entity {tx.entity} where operation = {operation}, ordered by id",
        count=len(events),
        total=0,
        currency="",
        sha256=populations.sha256(table_of(events)),
        ledger_total=0,
        chain_seq=seq,
        chain_head=head,
        strata={STRATUM: (len(events), 0)},
    )
