"""The second book: the facts of the first, closed with it, with postings of its own.

Nothing of it is adjusted by hand or carried over: its postings are its target less what it has
posted, as the first book's are. Both stand in one chain of entries, each under its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

import pyarrow as pa
import pyarrow.compute as pc

from revrec.citations import cites
from revrec.disclosure.books import Compared, Sides, compared, differing_contracts
from revrec.errors import NotFound
from revrec.feeds.frameworks import frameworks, policy_of
from revrec.feeds.records import of_fact
from revrec.ledger.detail import DETAIL, entries_of, numbered
from revrec.model.books import Framework, SecondBook
from revrec.model.fact import FactKind
from revrec.model.history import Book
from revrec.model.policy import Policy
from revrec.operations.changed import sharing_with
from revrec.operations.computing import (
    SECOND_POSTING,
    Computed,
    Inputs,
    compute,
    read_inputs,
)
from revrec.operations.engines import Engine
from revrec.operations.parts import Asked, PartClosed, closed, together
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import facts, journal, locks, periods
from revrec.store.lake import Lake
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction

_SECOND = "second"
"""Any name but that of the first book, which is empty."""


def kept_beside(tx: Transaction, period: Period, pins: Pins | None = None) -> SecondBook | None:
    """The second book that a close of the period posts; none if none is kept by then."""
    through = pins.fact_seq if pins else None
    told = facts.read(tx, through_seq=through, kind=FactKind.SECOND_BOOK)
    return kept_in((of_fact(each.fact) for each in told), period)


def kept_in(told: Iterable[object], period: Period) -> SecondBook | None:
    """The second book that is told of, if it is kept by the period."""
    for each in told:
        if isinstance(each, SecondBook) and each.effective_from <= period.last:
            return each
    return None


def chosen(tx: Transaction, period: Period, pins: Pins | None, framework: Framework | None) -> str:
    """The name under which the period's book under a framework is posted: empty for the first.

    The first book if none is told. Raises NotFound where no book is kept under the framework.
    """
    return name_of(kept_beside(tx, period, pins), period, framework)


def name_of(second: SecondBook | None, period: Period, framework: Framework | None) -> str:
    """The same where the second book of the period is known, or that there is none."""
    if framework in {None, framework_of_first(second)}:
        return ""
    if second is None:
        raise NotFound(
            f"No book under {Framework(framework).label} is kept in {period}.",
            remedy="Tell a second_book, then close the period.",
            period=str(period),
        )
    return second.framework.value


def keeps(tx: Transaction, period: Period, pins: Pins, framework: Framework | None) -> bool:
    """Whether a book under the framework was kept in the period; the first always was."""
    second = kept_beside(tx, period, pins)
    known = {framework_of_first(second), *([] if second is None else [second.framework])}
    return framework is None or framework in known


def framework_of_first(second: SecondBook | None) -> Framework:
    """What the first book is kept under, beside a second one or alone."""
    return second.framework.other if second else Framework.ASC606


def inputs_of(
    tx: Transaction,
    lake: Lake,
    pins: Pins | None,
    book: str,
    *,
    among: Collection[str] | None = None,
) -> Inputs:
    """Facts and usage as a book reads them, named as ``chosen`` names it."""
    differing = frameworks().differences if book else ()
    return read_inputs(tx, lake, pins, among=among, differing=differing)


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
    return compute(inputs_of(tx, lake, pins, _SECOND, among=among), period)


def post_second(
    tx: Transaction,
    lake: Lake,
    period: Period,
    pins: Pins,
    *,
    ordinal: int,
    among: Collection[str] | None,
    engine: Engine,
) -> Mapping[str, object]:
    """Post the second book with the close of the first; what its certificate tells of it.

    ``among`` are the contracts that changed, where the close is of those. Nothing where no second
    book is kept.
    """
    second = kept_beside(tx, period, pins)
    if second is None:
        return {}
    name = second.framework.value
    closed, book = _closed_second(tx, lake, period, pins, among=among, engine=engine)
    entries = [replace(each, book=name) for each in entries_of(closed.rows, book, period)]
    posted = journal.append(tx, entries)
    rows = numbered(closed.rows, posted, period=period, entity=tx.entity)
    version = lake.committed_version(tx, SECOND_POSTING)
    if rows.num_rows:
        named = rows.append_column("book", pa.array([name] * rows.num_rows, pa.string()))
        control = {"rows": str(rows.num_rows)}
        batch = f"close {period} {ordinal} {name}"
        version = lake.append(tx, SECOND_POSTING, named, batch, control)
    told: dict[str, object] = {"framework": name, "postings": rows.num_rows, "version": version}
    if among is None:
        told["balances_minor"] = closed.balances
    return {"second_book": told}


def _closed_second(
    tx: Transaction,
    lake: Lake,
    period: Period,
    pins: Pins,
    *,
    among: Collection[str] | None,
    engine: Engine,
) -> tuple[PartClosed, Book]:
    if among is None:
        asked = Asked(period=period, differing=tuple(frameworks().differences))
        parted = engine.close(tx, lake, pins, asked)
        if parted is not None:
            return parted
    computed = computed_second(tx, lake, period, pins, among=among)
    return together([closed(computed, period)]), computed.inputs.book


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

    Each book is computed once. Contracts that differ, with all that share anything with them, are
    computed once more for each difference of the frameworks that lies between the two.
    """
    known = frameworks()
    sides = [inputs_of(tx, lake, pins, name) for name in ("", _SECOND)]
    held = [_targets(each, period) for each in sides]
    differing = differing_contracts(*held)
    contracts = sharing_with(tx, differing, pins)
    between: list[pa.Table | None] = [
        None if among is None else _targets(among, period)
        for among in _between(tx, lake, pins, sides[0].book, contracts)
    ]
    shown = contracts | differing
    for table in between:
        shown |= set() if table is None else set(table["contract"].unique().to_pylist())
    steps = [_among(held[0], shown)]
    for table in between:
        steps.append(steps[-1] if table is None else table)
    steps.append(_among(held[1], shown))
    return compared(
        Sides(first=held[0], second=held[1], steps=steps),
        (_until(sides[0].posted, period), _until(sides[1].posted, period)),
        sides[0].book,
        (sides[0].book.policy, sides[1].book.policy),
        known,
        months=(first, period),
        entity=tx.entity,
    )


def _between(
    tx: Transaction, lake: Lake, pins: Pins, first: Book, contracts: Collection[str]
) -> Iterator[Inputs | None]:
    """The contracts after each difference of the frameworks but the last; none where as before."""
    assert first.second is not None
    names = list(frameworks().differences)
    before = _elected(first.policy)
    for count in range(1, len(names)):
        now = _elected(policy_of(first.policy, first.second, names[:count]))
        same = now == before or not contracts
        yield (
            None if same else read_inputs(tx, lake, pins, among=contracts, differing=names[:count])
        )
        before = now


def _elected(policy: Policy) -> Mapping[str, str]:
    return {name: each.value for name, each in policy.elections.items()}


def _among(table: pa.Table, contracts: Collection[str]) -> pa.Table:
    return table.filter(pc.is_in(table["contract"], pa.array(sorted(contracts), pa.string())))


def _targets(inputs: Inputs, period: Period) -> pa.Table:
    """Everything a book holds in all at the end of a period, whatever is posted."""
    return compute(replace(inputs, posted=DETAIL.empty_table()), period).postings


def _until(posted: pa.Table, period: Period) -> pa.Table:
    """What was posted by closes up to the period."""
    return posted.filter(pc.less_equal(posted["period"], str(period)))
