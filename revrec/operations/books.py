"""The second book: the facts of the first, closed with it, with postings of its own.

Nothing of it is adjusted by hand or carried over: its postings are its target less what it has
posted, as the first book's are. Both stand in one chain of entries, each under its name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from revrec.citations import cites
from revrec.disclosure.books import Compared, Sides, compared, differing_contracts
from revrec.errors import NotFound
from revrec.feeds.frameworks import frameworks
from revrec.feeds.records import of_fact
from revrec.ledger.chart import charted
from revrec.ledger.detail import DETAIL, detail, journal_entries
from revrec.model.books import SecondBook
from revrec.model.fact import FactKind
from revrec.model.policy import Policy
from revrec.operations.changed import sharing_with
from revrec.operations.computing import SECOND_POSTING, Computed, Inputs, compute, read_inputs
from revrec.operations.incremental import balances_of
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import facts, journal, locks, periods
from revrec.store.lake import Lake
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction


def kept_beside(tx: Transaction, period: Period, pins: Pins | None = None) -> SecondBook | None:
    """The second book that a close of the period posts; none if none is kept by then."""
    through = pins.fact_seq if pins else None
    for told in facts.read(tx, through_seq=through, kind=FactKind.SECOND_BOOK):
        found = of_fact(told.fact)
        if isinstance(found, SecondBook) and found.effective_from <= period.last:
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


def compare(workspace: Workspace, first: Period, period: Period) -> Compared:
    """Both books of the closed periods ``first`` to ``period``, with what explains differences.

    Raises NotFound when the period is not closed, or was closed without a second book.
    """

    def read(tx: Transaction) -> Compared:
        certificate = periods.standing_close(tx, period)
        if certificate is None or "second_book" not in certificate.totals:
            raise NotFound(
                f"{period} is not closed with a second book.",
                remedy="Tell a second_book, then close the period.",
                period=str(period),
            )
        return comparing(tx, workspace.lake, first, period, certificate.pins)

    return workspace.run(read, read_only=True)


def comparing(tx: Transaction, lake: Lake, first: Period, period: Period, pins: Pins) -> Compared:
    """Compare within a transaction of the caller's, on the pins of the period's close.

    Contracts that differ, with all that share anything with them, are computed once more for each
    difference of the frameworks.
    """
    known = frameworks()
    names = list(known.differences)
    sides = [read_inputs(tx, lake, pins, differing=each) for each in ([], names)]
    held = [_targets(each, period) for each in sides]
    contracts = sharing_with(tx, differing_contracts(*held), pins)
    steps: list[pa.Table] = []
    policy: Policy | None = None
    for count in range(len(names) + 1):
        inputs = read_inputs(tx, lake, pins, among=contracts, differing=names[:count])
        same = policy is not None and policy.elections == inputs.book.policy.elections
        steps.append(steps[-1] if same else _targets(inputs, period))
        policy = inputs.book.policy
    return compared(
        Sides(first=held[0], second=held[1], steps=steps),
        (_until(sides[0].posted, period), _until(sides[1].posted, period)),
        sides[0].book,
        (sides[0].book.policy, sides[1].book.policy),
        known,
        months=(first, period),
        entity=tx.entity,
    )


def _targets(inputs: Inputs, period: Period) -> pa.Table:
    """Everything a book holds in all at the end of a period, whatever is posted."""
    return compute(replace(inputs, posted=DETAIL.empty_table()), period).postings


def _until(posted: pa.Table, period: Period) -> pa.Table:
    """What was posted by closes up to the period."""
    return posted.filter(pc.less_equal(posted["period"], str(period)))
