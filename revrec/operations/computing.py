"""From pinned facts to the postings of a period: what a close writes and a flash close shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec import engine
from revrec.asc606.openings import within_a_period
from revrec.collector import collector_at_rest
from revrec.columnar import connect
from revrec.commitments.performance import as_performed
from revrec.engine import Accounting
from revrec.errors import PeriodNotReady
from revrec.feeds.book import Validated, book_of
from revrec.ledger.detail import DETAIL
from revrec.ledger.subledger import POSTED, Subledger, first_period
from revrec.model.fact import Fact, RecordedFact
from revrec.model.history import Book
from revrec.model.policy import Account
from revrec.operations.changed import concerning
from revrec.operations.posting import economic_periods, posting_of, refuse_unstated
from revrec.periods import Period
from revrec.recognition.counts import meters, under_combined_names, usage_by_obligation
from revrec.store import facts
from revrec.store.lake import Lake
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction
from revrec.usage import rollup

SECOND_POSTING = "second_posting"
"""Table of the lake that holds the posting detail of second books."""
DayOfUse = tuple[str, str, date]
"""Contract, meter and day."""
_BLOCKERS_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """The usage ledger at the pins."""

    cells: ds.Dataset | None
    """Of every entity and contract; none while it is empty."""
    entity: int
    among: Sequence[str] | None
    """The contracts that are asked about; all if none."""
    recorded: pa.Table | None = None
    """What was read before of days of recording apart (``rollup.BY_RECORDING``), in a part."""

    def daily(self, *, by_recording: bool = False) -> pa.Table:
        """Sums by contract, meter and day, and by the day of recording if asked."""
        if by_recording and self.recorded is not None:
            return self.recorded
        return rollup.daily(self.cells, self.among, entity=self.entity, by_recording=by_recording)

    def folded(self, days: Sequence[date]) -> pa.Table:
        """Sums of all contracts by meter up to days, see ``rollup.folded``."""
        return rollup.folded(self.cells, days, entity=self.entity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the books know at the pins."""

    book: Book
    usage: pa.Table
    """Daily roll-up of the usage ledger, as obligations are performed by it."""
    daily: pa.Table
    """The same as it was used."""
    posted: pa.Table
    """Posting detail of every close so far, in ``DETAIL`` form."""
    metered: Metered | None = None
    """Where usage comes from; none in a part of a close."""

    def by_recording(self) -> pa.Table:
        """As ``usage``, with what was recorded on different days apart: what was known when."""
        assert self.metered is not None, "nothing is reported of a part"
        told = self.metered.daily(by_recording=True)
        return rollup.told_apart(self.usage, under_combined_names(told, self.book))


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """A period as it would be closed."""

    inputs: Inputs
    accounting: Accounting
    postings: pa.Table
    positions: pa.Table
    """Balances per contract at the end of the period."""
    at_cutover: Mapping[str, Mapping[str, int]]
    """Of contracts taken over: balances, costs and revenue to date on the day of cutover."""


def read_inputs(
    tx: Transaction,
    lake: Lake,
    pins: Pins | None,
    *,
    among: Collection[str] | None = None,
    differing: Collection[str] = (),
    posted: pa.Table | None = None,
) -> Inputs:
    """Facts and usage as of the pins, or as of now; of all contracts, or of some and no others.

    ``posted`` is what counts as posted, where it is not what the lake has.
    ``differing`` are the differences of the second book's framework that are applied, as with
    ``book_of``; with any of them, what is posted is that of the second book.
    Some contracts must be all that share anything with one of them, see ``changed``. Raises
    PeriodNotReady when an event names a contract that was never recorded.
    """
    recorded = facts.read(tx, through_seq=pins.fact_seq if pins else None, among=among)
    return inputs_of_facts(
        tx, lake, pins, recorded, among=among, differing=differing, posted=posted
    )


def inputs_of_facts(
    tx: Transaction,
    lake: Lake,
    pins: Pins | None,
    recorded: Iterable[RecordedFact],
    *,
    among: Collection[str] | None = None,
    differing: Collection[str] = (),
    posted: pa.Table | None = None,
    left_out: DayOfUse | None = None,
) -> Inputs:
    """The same from facts that were read, or from others in their place.

    ``left_out`` is a day of use that is not counted.
    """
    told = [each.fact for each in recorded]
    book = sound_book(told if among is None else concerning(told, among), differing=differing)
    uncounted = among is not None and not _counts_use(book)
    none = Metered(cells=None, entity=tx.entity, among=())
    metered = none if uncounted else metered_usage(tx, lake, pins, among)
    daily = metered.daily()
    if left_out is not None:
        daily = daily.filter(pc.invert(_of_day(daily, left_out)))
    second = book.second.framework if differing and book.second is not None else ""
    if posted is None:
        posted = posted_detail(tx, lake, among, book=second)
    return inputs_of(book, daily, posted, metered)


def read_contracts(
    tx: Transaction,
    lake: Lake,
    pins: Pins,
    contracts: Collection[str],
    beside: Iterable[Validated],
    *,
    differing: Collection[str] = (),
) -> Inputs:
    """The same of contracts alone, beside what is told of no contract; what is posted left out.

    They must be all that share anything with one of them, see ``known``.
    """
    recorded = facts.read(tx, through_seq=pins.fact_seq, among=contracts, of_none=False)
    told = (each.fact for each in recorded)
    book = sound_book(told, differing=differing, beside=beside)
    none = Metered(cells=None, entity=tx.entity, among=())
    metered = metered_usage(tx, lake, pins, contracts) if _counts_use(book) else none
    return inputs_of(book, metered.daily(), DETAIL.empty_table(), metered)


def _counts_use(book: Book) -> bool:
    """Whether anything of the book follows from use."""
    return bool(book.credits.holders) or any(map(meters, book.histories.values()))


def sound_book(
    told: Iterable[Fact], *, differing: Collection[str] = (), beside: Iterable[Validated] = ()
) -> Book:
    """The book of the facts; raises PeriodNotReady for events of contracts never recorded."""
    book, unknown = book_of(told, differing=differing, beside=beside)
    refuse_unknown(unknown)
    return book


def refuse_unknown(unknown: Sequence[Fact]) -> None:
    """PeriodNotReady for events of contracts that were never recorded."""
    if unknown:
        shown = [f"{each.kind} {each.key} of contract {each.contract}" for each in unknown]
        raise PeriodNotReady(
            f"{len(unknown):,} facts are of contracts that were never recorded: {_some(shown)}.",
            remedy="Record the contracts, or correct the facts.",
            blockers=shown,
        )


def inputs_of(
    book: Book, daily: pa.Table, posted: pa.Table, metered: Metered | None = None
) -> Inputs:
    """The book with its usage, as it performs and under the names it is accounted for."""
    drawn = as_performed(daily, book.credits, book.policy.value("credits_drawn"))
    usage = under_combined_names(drawn, book)
    return Inputs(book=book, usage=usage, daily=daily, posted=posted, metered=metered)


def metered_usage(
    tx: Transaction, lake: Lake, pins: Pins | None, among: Collection[str] | None = None
) -> Metered:
    """The usage ledger as of the pins, or as of now; of all contracts, or of some."""
    version = pins.usage_version if pins else lake.committed_version(tx, "usage")
    held = None if version is None else rollup.cells(tx, lake, version)
    named = None if among is None else sorted(among)
    return Metered(cells=held, entity=tx.entity, among=named)


def _of_day(daily: pa.Table, of: DayOfUse) -> pa.ChunkedArray:
    contract, meter, day = of
    same = pc.and_(pc.equal(daily["contract"], contract), pc.equal(daily["meter"], meter))
    return pc.and_(same, pc.equal(daily["usage_date"], pa.scalar(day)))


def posted_detail(
    tx: Transaction,
    lake: Lake,
    among: Collection[str] | None = None,
    *,
    book: str = "",
    version: int | None = None,
) -> pa.Table:
    """Posting detail of every close so far, of all contracts or of some.

    Of the first book, or of the second by its name; as of a version of its table, the last if left
    out.
    """
    dataset = lake.dataset(tx, SECOND_POSTING if book else "posting", version)
    if dataset is None:
        return DETAIL.empty_table()
    own = ds.field("entity_id") == tx.entity
    if book:
        own &= ds.field("book") == book
    if among is not None:
        own &= ds.field("contract").isin(pa.array(sorted(among), pa.string()))
    table = dataset.to_table(columns=DETAIL.names, filter=own)
    ordered = [("period", "ascending"), ("entry_seq", "ascending"), ("line_no", "ascending")]
    return table.cast(DETAIL).sort_by(ordered)


def posted_sums(tx: Transaction, lake: Lake, period: Period, without: Collection[str]) -> pa.Table:
    """What closes up to the period posted, summed over them, but of some contracts (``DETAIL``).

    In no order; of what the sums do not tell, columns are empty.
    """
    dataset = lake.dataset(tx, "posting")
    if dataset is None:
        return DETAIL.empty_table()
    own = (ds.field("entity_id") == tx.entity) & (ds.field("period") <= str(period))
    own &= ~ds.field("contract").isin(pa.array(sorted(without), pa.string()))
    names = [*POSTED.names, "gl_code", "gl_name", "functional_currency"]
    with connect() as database:
        database.register("held", dataset.scanner(columns=names, filter=own).to_reader())
        sums = database.sql(
            "select * exclude (amount, functional), sum(amount)::bigint as amount,"
            " sum(functional)::bigint as functional from held group by all"
        ).to_arrow_table()
    told = dict(zip(sums.column_names, sums.columns, strict=True))
    columns = [told.get(each.name, pa.nulls(sums.num_rows, each.type)) for each in DETAIL]
    return pa.table(columns, names=DETAIL.names).cast(DETAIL)


def posted_by(tx: Transaction, lake: Lake, known_at: datetime | None) -> pa.Table:
    """Posting detail of the first book as it was at a moment, or as it is."""
    version = lake.committed_version(tx, "posting", known_at)
    return posted_detail(tx, lake, version=version) if version else DETAIL.empty_table()


@collector_at_rest()
def compute(inputs: Inputs, period: Period, *, since: date | None = None) -> Computed:
    """Account for everything known and subtract what is posted up to the period.

    What later months hold that were opened again stays theirs. ``since`` is the first day that
    anything is told of, where the book is a part of another. Raises PeriodNotReady, listing the
    contracts that cannot be accounted for.
    """
    up_to = pc.less_equal(inputs.posted["period"], str(period))
    book = accounted_here(inputs.book, period)
    inputs = replace(inputs, posted=inputs.posted.filter(up_to), book=book)
    refuse_unstated(book, inputs.posted, period)
    first = first_period(book, period)
    first = first if since is None else min(first, period.calendar.of(since))
    economic, days = economic_periods(first, period)
    counts = usage_by_obligation(inputs.usage, book.histories.values())
    accounting = engine.account(book, days, usage=[counts])
    if accounting.refused:
        shown = [str(error) for error in accounting.refused.values()]
        raise PeriodNotReady(
            f"{len(shown):,} contracts cannot be accounted for: {_some(shown)}",
            remedy="Correct the contracts named, then close again.",
            blockers=shown,
        )
    with Subledger(book, accounting) as subledger:
        settled = _settled(inputs.posted, period)
        postings, positions = posting_of(
            subledger, inputs.posted, period, economic, settled=settled
        )
        at_cutover = _at_cutover(subledger, book)
    return Computed(
        inputs=inputs,
        accounting=accounting,
        postings=postings,
        positions=positions,
        at_cutover=at_cutover,
    )


def _at_cutover(subledger: Subledger, book: Book) -> dict[str, dict[str, int]]:
    """Our balances of contracts taken over, by contract, on its day of cutover."""
    days = {name: told.on for name, each in book.histories.items() for told in each.openings}
    if not days:
        return {}
    found = {
        row["contract"]: {**row, "contract_costs": 0}
        for row in subledger.positions(days.values()).to_pylist()
        if days.get(row["contract"]) == row["day"]
    }
    costs = subledger.query(
        """
        select contract, day, sum(case stream when 'cost_capitalized' then amount
            when 'cost_amortized' then -amount when 'cost_impaired' then -amount else 0 end)::bigint
            as amount
        from accrual group by all
        """
    )
    for row in costs.to_pylist():
        if days.get(row["contract"]) == row["day"]:
            found[row["contract"]]["contract_costs"] = row["amount"]
    return found


def accounted_here(book: Book, period: Period) -> Book:
    """The book without contracts that another system still accounts for in the period."""
    for history in book.histories.values():
        for told in history.openings:
            if period.calendar.of(told.on).last != told.on:
                history.refusal = within_a_period(history.contract, told)
    elsewhere = {
        name: history
        for name, history in book.histories.items()
        if any(each.on > period.last for each in history.openings)
    }
    if not elsewhere:
        return book
    kept = {name: each for name, each in book.histories.items() if name not in elsewhere}
    return replace(book, histories=kept, apart={**book.apart, **elsewhere})


def _settled(posted: pa.Table, period: Period) -> list[str]:
    """Contracts whose cutover periods before this one posted."""
    opening = pc.equal(posted["account"], Account.OPENING_BALANCE.value)
    before = pc.less(posted["period"], str(period))
    names: list[str] = posted.filter(pc.and_(opening, before))["contract"].unique().to_pylist()
    return names


def _some(shown: Sequence[str]) -> str:
    more = len(shown) - _BLOCKERS_SHOWN_MAX
    return "; ".join(shown[:_BLOCKERS_SHOWN_MAX]) + (f"; and {more:,} more" if more > 0 else "")
