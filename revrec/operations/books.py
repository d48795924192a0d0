"""The second book: the facts of the first, closed with it, with postings of its own.

Nothing of it is adjusted by hand or carried over: its postings are its target less what it has
posted, as the first book's are. Both stand in one chain of entries, each under its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pyarrow as pa

from revrec.citations import cites
from revrec.feeds.frameworks import frameworks
from revrec.feeds.records import of_fact
from revrec.ledger.chart import charted
from revrec.ledger.detail import detail, journal_entries
from revrec.model.books import SecondBook
from revrec.model.fact import FactKind
from revrec.operations.computing import SECOND_POSTING, Computed, compute, read_inputs
from revrec.operations.incremental import balances_of
from revrec.periods import Period
from revrec.store import facts, journal, locks
from revrec.store.lake import Lake
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction


def kept_beside(tx: Transaction, period: Period, pins: Pins | None = None) -> SecondBook | None:
    """The second book that a close of the period posts; none if none is kept by then."""
    through = pins.fact_seq if pins else None
    for told in facts.read(tx, through_seq=through, kind=FactKind.SECOND_BOOK):
        found = of_fact(told.fact)
        if isinstance(found, SecondBook) and Period.of(found.effective_from) <= period:
            return found
    return None


def lock(tx: Transaction, period: Period) -> None:
    """Hold what the second book of a close is written to, before anything is read for it."""
    if kept_beside(tx, period) is not None:
        locks.lake_table(tx, SECOND_POSTING)


@cites("606-10-25-1", "606-10-32-11", "606-10-55-58")
def computed_second(
    tx: Transaction,
    lake: Lake,
    period: Period,
    pins: Pins | None,
    *,
    among: Collection[str] | None = None,
) -> Computed:
    """The second book as a close of the period would post it; raises what ``compute`` raises."""
    differing = frameworks().differences
    return compute(read_inputs(tx, lake, pins, among=among, differing=differing), period)


def post_second(
    tx: Transaction,
    lake: Lake,
    period: Period,
    pins: Pins,
    *,
    ordinal: int,
    among: Collection[str] | None,
) -> Mapping[str, object]:
    """Post the second book with the close of the first; what its certificate tells of it.

    ``among`` are the contracts that changed, where the close is of those. Nothing where no second
    book is kept.
    """
    second = kept_beside(tx, period, pins)
    if second is None:
        return {}
    name = second.framework.value
    computed = computed_second(tx, lake, period, pins, among=among)
    book = computed.inputs.book
    postings = charted(computed.postings, computed.inputs.posted, book, period)
    entries = [replace(each, book=name) for each in journal_entries(postings, book, period)]
    posted = journal.append(tx, entries)
    rows = detail(postings, book, computed.accounting, posted, period=period, entity=tx.entity)
    version = lake.committed_version(tx, SECOND_POSTING)
    if rows.num_rows:
        named = rows.append_column("book", pa.array([name] * rows.num_rows, pa.string()))
        control = {"rows": str(rows.num_rows)}
        batch = f"close {period} {ordinal} {name}"
        version = lake.append(tx, SECOND_POSTING, named, batch, control)
    told: dict[str, object] = {"framework": name, "postings": rows.num_rows, "version": version}
    if among is None:
        told["balances_minor"] = balances_of(computed)
    return {"second_book": told}
