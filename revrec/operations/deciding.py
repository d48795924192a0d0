"""Contracts decided before a close asks: kept, and decided anew where they may come out otherwise.

A decision follows from a contract's own facts, from what is told of no contract, from how far the
contract is when it is modified, and from the program. What was decided is kept in the lake's table
``decided``, under all of these. Nobody has to decide ahead before closing: it saves reading and
deciding contracts that did not change. A close computes with what stands at its pins and reads the
others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec.asc606.combination import combination_window
from revrec.collector import collector_at_rest
from revrec.columnar import connect
from revrec.engine import ENGINE_VERSION, Accounting, counted, decide_all
from revrec.feeds.book import book_of
from revrec.ledger.decided import DECIDED, DecidedContracts, decided_apart, decided_contracts
from revrec.ledger.detail import DETAIL
from revrec.ledger.maturity import is_posted
from revrec.model.decision import Answer, Progress, Question, Segment
from revrec.model.fact import FactKind, digest_of
from revrec.model.history import Book
from revrec.operations.changed import JOINING, READ_ELSEWHERE, groups_of
from revrec.operations.computing import inputs_of, metered_usage
from revrec.operations.parts import Part, cut_up, with_shared
from revrec.periods import Period
from revrec.recognition.arithmetic import REVENUE, Arithmetic, Recognised, segment_table
from revrec.recognition.counts import usage_by_obligation, usage_counted
from revrec.runtime.program import program_digest
from revrec.store import audit_log, fact_columns, facts, lake_commits, locks
from revrec.store.fact_columns import facts_of
from revrec.store.lake import Lake
from revrec.store.parting import Cut, contracts_told
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction

TABLE = "decided"
"""The table of the lake that holds contracts as they were decided."""
_THROUGH, _UNDER, _OF_ALL = "through_seq", "under", "of_all_contracts"
"""Totals of its commits: facts up to which, a name for all else, and "yes" if of all contracts."""
_NOT_DECIDED_BY = READ_ELSEWHERE | JOINING | {
    FactKind.CREDIT_TRANSFER,
    FactKind.EXCHANGE_RATE,
    FactKind.ACCOUNT_MAPPING,
}  # fmt: skip
"""Told of no contract, and no decision about a contract that shares nothing rests on them."""


class Workers(Protocol):
    """Who decides parts: this process, or others beside it."""

    def parts(self, contracts: int) -> int:
        """Into how many parts so many contracts are cut."""

    def over(
        self, pieces: Cut, take: Callable[[Cut, int], Part], work: Callable[[Part], pa.Table]
    ) -> Iterator[pa.Table]:
        """The work on each part, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What was decided and stands at the pins, and which contracts are read anew."""

    decided: DecidedContracts
    """Of contracts that share nothing with others, nor with those that are read."""
    others: frozenset[str]
    """All other contracts."""
    book: Book
    """What is told of no contract."""


class _Noting(Arithmetic):
    """Arithmetic that notes what it was asked and what it answered."""

    def __init__(self, counts: Iterable[pa.Table]) -> None:
        super().__init__(counts)
        self.noted: list[tuple[Question, Answer]] = []

    def progress(self, questions: Sequence[Question]) -> list[Answer]:
        answers = super().progress(questions)
        self.noted += zip(questions, answers, strict=True)
        return answers


def decide_ahead(
    tx: Transaction, lake: Lake, pins: Pins, period: Period, workers: Workers
) -> int | None:
    """Decide the contracts that were not decided, or may come out otherwise; how many they were.

    As of the pins, as a close of the period would. None where what is kept is of later facts: a
    close on earlier pins reads what was told in between by itself. None, too, where a close does
    not compute with it.
    """
    locks.lake_table(tx, TABLE)
    if not _asked_for(_of_none(tx, pins), period):
        return None
    under = _under(tx, pins)
    kept = _kept(tx, lake, under)
    if kept is None:
        return _decide(tx, lake, pins, period, None, under, workers)
    through, rows = kept
    if through > pins.fact_seq:
        return None
    renewing = rows.filter(_of_another_day(rows, period))["contract"].to_pylist()
    names = {*_told(tx, through, pins.fact_seq), *renewing, *_otherwise(tx, lake, pins, rows)}
    return _decide(tx, lake, pins, period, names, under, workers) if names else 0


def standing(tx: Transaction, lake: Lake, pins: Pins, period: Period) -> Standing | None:
    """What was decided ahead as far as it stands for a close of the period; None if nothing does.

    Contracts with facts told between, with use that changes how far they were, or that may have to
    be combined with another (25-9) are among the others.
    """
    kept = _kept(tx, lake, _under(tx, pins))
    if kept is None:
        return None
    through, rows = kept
    book = _of_none(tx, pins)
    if not _asked_for(book, period):
        return None
    told = {*_told(tx, *sorted((through, pins.fact_seq)))}
    told = told.union(*groups_of(tx, pins))
    rows_kept = rows.filter(pc.and_not(rows["kept"], _of_another_day(rows, period)))
    rows_kept = _without(rows_kept, told)
    rows_kept = _without(rows_kept, _otherwise(tx, lake, pins, rows_kept))
    others = _names(rows, told) - {*rows_kept["contract"].to_pylist()}
    near = _near(tx, pins, rows_kept, others, book)
    return Standing(
        decided=DecidedContracts(rows=_without(rows_kept, near)), others=others | near, book=book
    )


def _of_none(tx: Transaction, pins: Pins) -> Book:
    """What is told of no contract."""
    blocks = fact_columns.read(tx, through_seq=pins.fact_seq, among=())
    book, _ = book_of(each for block in blocks for each in facts_of(block))
    return book


def _asked_for(book: Book, period: Period) -> bool:
    """Whether closes compute with what was decided: not with schedules of what is to come."""
    return not is_posted(book.policy, period.last)


def _decide(  # noqa: PLR0917 - what is decided, of whom, under what and by whom
    tx: Transaction,
    lake: Lake,
    pins: Pins,
    period: Period,
    names: Collection[str] | None,
    under: str,
    workers: Workers,
) -> int:
    """Decide contracts, all if none are named, and keep what comes of it; how many they were."""
    count = contracts_told(tx, pins.fact_seq) if names is None else len(names)
    if not count:
        return 0
    joined = frozenset[str]().union(*groups_of(tx, pins))
    work = partial(decide_part, until=period.last, joined=joined)

    def decided(pieces: Cut) -> Iterator[pa.RecordBatch]:
        for rows in workers.over(pieces, _part_of, work):
            through = pa.repeat(pa.scalar(pins.fact_seq, pa.int64()), rows.num_rows)
            yield from rows.add_column(0, "through_seq", through).to_batches()

    with cut_up(tx, pins, max(1, workers.parts(count)), names) as pieces:
        pieces.load("usage", metered_usage(tx, lake, pins, names).daily())
        at = [under, pins.fact_seq, pins.usage_version, str(period)]
        batch = digest_of([*at, sorted(names or ())])
        totals = {_THROUGH: str(pins.fact_seq), _UNDER: under, _OF_ALL: "" if names else "yes"}
        lake.append(tx, TABLE, [({}, decided(pieces))], batch, totals)
    audit_log.write(tx, "contracts.decide", f"facts through {pins.fact_seq}", {"contracts": count})
    return count


@collector_at_rest()
def decide_part(part: Part, *, until: date, joined: frozenset[str]) -> pa.Table:
    """The contracts of a part as they are decided (``DECIDED``); ``joined`` share something."""
    order = [("kind", "ascending"), ("key", "ascending")]
    book, _ = book_of(facts_of(part.facts.sort_by(order)))
    apart = joined | decided_apart(book)
    histories = {name: each for name, each in book.histories.items() if name not in apart}
    inputs = inputs_of(replace(book, histories=histories), part.usage, part.posted)
    beside = counted(inputs.book)
    used = usage_by_obligation(inputs.usage, histories.values())
    with _Noting([used, *beside]) as arithmetic:
        contracts, refused = decide_all(inputs.book, arithmetic, until)
    accounting = Accounting(
        recognised=_not_yet([each for one in contracts.values() for each in one.segments]),
        accrued=_not_yet([each for one in contracts.values() for each in one.accrued]),
        contracts=contracts,
        refused=refused,
    )
    elsewhere = {*part.facts["contract"].to_pylist(), *book.histories} - histories.keys() - {None}
    asked = arithmetic.noted
    return decided_contracts(
        inputs.book, accounting, beside, asked, until=until, elsewhere=elsewhere
    )


def _not_yet(segments: Sequence[Segment]) -> Recognised:
    return Recognised(segments, segment_table(segments), REVENUE.empty_table())


def _part_of(pieces: Cut, number: int) -> Part:
    own = with_shared(pieces.facts(number), pieces.of_all)
    return Part(facts=own, usage=pieces.of("usage", number), posted=DETAIL.empty_table())


def _under(tx: Transaction, pins: Pins) -> str:
    """A name for the program, and for what is told of no contract, that decisions rest on."""
    told = [
        (each.fact.kind.value, each.fact.key, each.fact.digest)
        for each in facts.read(tx, through_seq=pins.fact_seq, among=())
        if each.fact.kind not in _NOT_DECIDED_BY
    ]
    return digest_of([ENGINE_VERSION, program_digest(), told])


def _kept(tx: Transaction, lake: Lake, under: str) -> tuple[int, pa.Table] | None:
    """The seq that what is kept goes through, and the last row of each contract, or None."""
    commits = lake_commits.totals_of(tx, TABLE)
    if not commits or commits[-1][1][_UNDER] != under:
        return None
    first = max(version for version, totals in commits if totals[_OF_ALL])
    last, totals = commits[-1]
    held = lake.appended(tx, TABLE, after=first - 1, through=last)
    assert held is not None, "a version that is named is there"
    rows = held.to_table(
        columns=["through_seq", *DECIDED.names], filter=ds.field("entity_id") == tx.entity
    )
    if last != first:
        rows = rows.take(_latest(rows))
    return int(totals[_THROUGH]), rows.select(DECIDED.names).cast(DECIDED)


def _latest(rows: pa.Table) -> pa.ChunkedArray:
    """Where the last row of each contract is."""
    number = pa.array(range(rows.num_rows), pa.int64())
    order = pa.table(
        [rows["contract"], rows["through_seq"], number], names=["contract", "seq", "n"]
    )
    # Of two as of one seq, as for two months, the later commit comes later.
    order = order.sort_by([("seq", "ascending"), ("n", "ascending")])
    last = order.group_by("contract", use_threads=False).aggregate([("n", "last")])
    return last["n_last"].combine_chunks().sort()


def _told(tx: Transaction, after: int, through: int) -> set[str]:
    """Contracts of facts that were told between, in every version."""
    return set[str]().union(*(each.contracts for each in facts.told_between(tx, after, through)))


def _of_another_day(rows: pa.Table, period: Period) -> pa.ChunkedArray:
    """Whether a contract that renews was decided up to another day than the period's last."""
    return pc.fill_null(pc.not_equal(rows["until"], pa.scalar(period.last)), fill_value=False)


def _without(rows: pa.Table, names: Collection[str]) -> pa.Table:
    return rows.filter(pc.invert(pc.is_in(rows["contract"], pa.array(sorted(names), pa.string()))))


def _names(rows: pa.Table, told: Collection[str]) -> frozenset[str]:
    return frozenset(rows["contract"].to_pylist()).union(told)


def _otherwise(tx: Transaction, lake: Lake, pins: Pins, rows: pa.Table) -> frozenset[str]:
    """Contracts that are further, or less far, on the day of a modification than was decided."""
    asking = rows.filter(pc.greater(pc.fill_null(pc.list_value_length(rows["questions"]), 0), 0))
    decided = DecidedContracts(rows=asking)
    questions = decided.questions
    progress = pc.struct_field(questions["shape"], "progress")
    questions = questions.filter(pc.equal(progress, Progress.COUNTED.value))
    if not questions.num_rows:
        return frozenset()
    names = questions["contract"].unique().to_pylist()
    daily = metered_usage(tx, lake, pins, names).daily()
    counts = [usage_counted(daily, decided.of("meters")), decided.of("counts")]
    with Arithmetic(counts) as arithmetic:
        return frozenset(arithmetic.answered_otherwise(questions))


def _near(
    tx: Transaction, pins: Pins, rows: pa.Table, others: Collection[str], book: Book
) -> frozenset[str]:
    """Contracts with one of the same party at or near the same time, decided ahead or not."""
    kept = rows.select(["contract", "party", "inception"])
    read = fact_columns.parties(tx, through_seq=pins.fact_seq, among=others)
    with connect() as database:
        database.register("kept", kept)
        database.register("others", read)
        found = database.execute(
            """
            select contract from (
                select contract, is_kept, inception - lag(inception) over near as after,
                       lead(inception) over near - inception as before
                from (select *, true as is_kept from kept
                      union all by name select *, false as is_kept from others)
                window near as (partition by party order by inception, contract)
            ) where is_kept and least(after, before) <= $window
            """,
            {"window": combination_window(book.policy).days},
        ).fetchall()
    return frozenset(contract for (contract,) in found)
