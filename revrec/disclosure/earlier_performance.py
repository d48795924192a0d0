"""Revenue of a period for performance in earlier ones (606-10-50-12A).

What was transferred before the period, at the terms in force at its end, less what was recognised
for it by then. A changed price, estimate or measure of progress moves it; a modification that
starts a new contract does not, for it leaves the past as it was recognised (25-13a).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.catch_up import counts_usage
from revrec.disclosure.checks import IN_REPORT, Check, Data, entered, sums
from revrec.disclosure.frame import Frame
from revrec.engine import counted
from revrec.model.dataset import DataSet
from revrec.model.decision import Progress, Question, Segment, Shape
from revrec.money import round_ratio
from revrec.periods import day_before
from revrec.recognition.arithmetic import Arithmetic

Part = tuple[str, str, str]
"""Contract, obligation, component."""


@dataclass(slots=True)
class _Asked:
    """Segments to recognise on the day before the period, with the sign they count with."""

    day: date
    segments: list[Segment] = field(default_factory=list)
    signs: list[int] = field(default_factory=list)
    shares: list[Segment] = field(default_factory=list)
    """Completed within the period: only a share of the price was for performance before it."""

    def add(self, segment: Segment, sign: int, shape: Shape | None = None) -> None:
        """Revenue to date of the segment on the day, as if it had been in force then."""
        moved = segment._replace(valid_from=self.day, valid_to=self.day)
        self.segments.append(moved if shape is None else moved._replace(shape=shape))
        self.signs.append(sign)


@cites("606-10-50-12A", "606-10-32-43")
def from_earlier_performance(
    accounted: Mapping[str, Sequence[Segment]],
    counts: Sequence[pa.Table],
    *,
    first: date,
    last: date,
) -> Mapping[Part, int]:
    """Minor units by contract, obligation and component; what is zero is left out.

    ``accounted`` are the segments of each contract, ``counts`` those given to ``engine.account``.
    """
    before = day_before(first)
    asked = _Asked(before)
    for segments in accounted.values():
        then = [each for each in segments if each.valid_from <= before <= each.valid_to]
        now = [each for each in segments if each.valid_from <= last <= each.valid_to]
        if then == now:
            continue
        for each in then:
            asked.add(each, -1)
        for each in now:
            _as_of_now(asked, each, segments)
    sums: defaultdict[Part, int] = defaultdict(int)
    with Arithmetic(counts) as arithmetic:
        table = arithmetic.recognise(asked.segments, [before]).table
        for number, amount in zip(
            table["segment"].to_pylist(), table["revenue"].to_pylist(), strict=True
        ):
            sums[_part(asked.segments[number])] += asked.signs[number] * amount
        for segment, amount in zip(
            asked.shares, _shares(arithmetic, asked.shares, before), strict=True
        ):
            sums[_part(segment)] += amount
    return {part: amount for part, amount in sums.items() if amount}


def _as_of_now(asked: _Asked, segment: Segment, segments: Sequence[Segment]) -> None:
    """What the segment gives to performance by the day, under the terms of the period's end."""
    if segment.shape.progress is not Progress.COMPLETE:
        asked.add(segment, 1, _before_a_pause(segment, segments, asked.day))
    elif segment.earlier is None:
        if any(_replaces(segment, each) and each.valid_from <= asked.day for each in segments):
            asked.add(segment, 1)
    elif segment.earlier.last_day <= asked.day:
        asked.add(segment, 1)
    else:
        asked.shares.append(segment)


def _replaces(segment: Segment, other: Segment) -> bool:
    """Whether the other is the same completed amount, as it stood before."""
    same = _part(segment) == _part(other) and other.earlier is None
    return same and other.shape.progress is Progress.COMPLETE


def _before_a_pause(segment: Segment, segments: Sequence[Segment], day: date) -> Shape:
    """Service that went on after a pause counts what it did before as done: then it was less."""
    shape = segment.shape
    if shape.done is None or shape.starts is None or shape.starts <= day:
        return shape
    earlier = [
        each
        for each in segments
        if (each.obligation, each.as_used) == (segment.obligation, segment.as_used)
        and each.valid_from < segment.valid_from
        and each.shape.progress is not Progress.COMPLETE
        and each.shape.starts != shape.starts
    ]
    if not earlier:
        return shape
    return _before_a_pause(max(earlier, key=lambda each: each.valid_from), segments, day)


def _shares(arithmetic: Arithmetic, segments: Sequence[Segment], day: date) -> list[int]:
    """Of amounts earned by a later day, the part that was earned by ``day``."""
    measured = [(each, each.earlier) for each in segments if each.earlier is not None]
    answers = arithmetic.progress(
        [
            Question(
                contract=each.contract, obligation=each.obligation, shape=earlier.shape, day=on
            )
            for each, earlier in measured
            for on in (day, earlier.last_day)
        ]
    )
    found = []
    for (each, _), by_day, by_end in zip(measured, answers[::2], answers[1::2], strict=True):
        numerator = by_day.numerator * by_end.denominator
        denominator = by_day.denominator * by_end.numerator
        found.append(round_ratio(each.price * numerator, denominator) if denominator else 0)
    return found


def _part(segment: Segment) -> Part:
    return segment.contract, segment.obligation, segment.component


@cites("606-10-50-12A")
def earlier_performance(frame: Frame) -> DataSet:
    """Revenue of the report, split into what was transferred before it and in it."""
    frame.load("changed", _changed(frame))
    return frame.data_set(
        "earlier_performance",
        "Revenue from earlier performance",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.CURRENCY,
            c.money("revenue", "Revenue", parts=("earlier", "current")),
            c.money("changed", "Changed prices and estimates"),
            c.money("learned_late", "Learned after the close"),
            c.money("earlier", "From earlier performance (50-12A)"),
            c.money("current", "From performance of the report"), c.ROW_KEY,
        ],
        f"""
        with earned as (
            select contract, currency, -sum(amount) as revenue,
                   coalesce(-sum(amount) filter (origin < getvariable('first')), 0) as late
            from posted where account = 'revenue' and month <> '' group by all
        ),
        split as (
            select contract, coalesce(e.currency, t.currency) as currency,
                   coalesce(t.customer, '') as customer, coalesce(e.revenue, 0) as revenue,
                   coalesce(e.late, 0) as late,
                   case when k.contract is null then 0 else k.amount end as changed
            from earned e
            full join changed k using (contract)
            left join contract t using (contract)
        )
        select {frame.entity} as entity, customer, contract, currency,
               revenue::bigint as revenue, changed::bigint as changed,
               late::bigint as learned_late, (changed + late)::bigint as earlier,
               (revenue - changed - late)::bigint as current, key_of([contract]) as row_key
        from split order by customer, contract
        """,
        note=(
            "Revenue of the report for what was transferred before it. Changed prices and "
            "estimates: revenue to the day before the report at the terms of its end, less what it "
            "was then. Learned after the close: of months before the report, posted in it. Empty "
            "where the usage counted is not at hand."
        ),
    )  # fmt: skip


@cites("606-10-50-12A")
def performance_tie_outs(frame: Frame, data: Data) -> Iterator[Check]:
    """The split against the journal, against itself and against what was learned late."""
    split = data["earlier_performance"]
    known = replace(split, rows=[row for row in split.rows if None not in row])
    yield Check(
        "Revenue, earlier and current performance", "TB", "Revenue from earlier performance: all",
        sums(split, ["revenue"]), "Journal: revenue", entered(frame, "revenue", -1, IN_REPORT),
    )  # fmt: skip
    yield Check(
        "Revenue from earlier performance, parts", "F", "All parts",
        sums(known, ["changed", "learned_late", "current"]), "Revenue", sums(known, ["revenue"]),
    )  # fmt: skip
    origins = {str(month) for month, *_ in frame.rows(_EARLIER_MONTHS)}
    yield Check(
        "Revenue learned after the close of months before the report", "CF",
        "Revenue from earlier performance: learned late", sums(split, ["learned_late"]),
        "Revenue of earlier months",
        sums(data["late_revenue"], ["amount"], only=("origin", origins)),
    )  # fmt: skip


_EARLIER_MONTHS = "select distinct origin from posted where origin < getvariable('first')"


def _changed(frame: Frame) -> pa.Table:
    """Contract -> its amount; none where the counts to know it are not at hand."""
    inputs, span = frame.inputs, frame.span
    accounted = {name: each.segments for name, each in inputs.accounting.contracts.items()}
    known = {
        name: segments
        for name, segments in accounted.items()
        if inputs.usage is not None or inputs.book.usage or not any(map(counts_usage, segments))
    }
    counts = counted(inputs.book, inputs.usage or ())
    found = from_earlier_performance(known, counts, first=span.first.first, last=span.last)
    amounts: dict[str, int | None] = dict.fromkeys(accounted.keys() - known.keys())
    for (contract, _, _), amount in found.items():
        amounts[contract] = (amounts.get(contract) or 0) + amount
    names = sorted(amounts)
    return pa.table(
        {
            "contract": pa.array(names, pa.string()),
            "amount": pa.array([amounts[name] for name in names], pa.int64()),
        }
    )
