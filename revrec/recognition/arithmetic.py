"""The face of step 5's SQL: counts in, exact progress and rounded revenue out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Self

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import FEW, arrow_of, connect, connect_apart
from revrec.model.decision import Answer, Progress, Question, Segment, Shape

_MACROS = """
create or replace macro half_even_magnitude(n, d) as
    n // d + (2 * (n % d) > d or (2 * (n % d) = d and (n // d) % 2 = 1))::integer;
create or replace macro half_even(n, d) as
    case when n < 0 then -half_even_magnitude(-n, d) else half_even_magnitude(n, d) end;
create or replace macro month_of(day) as
    12 * date_part('year', day) + date_part('month', day);
create or replace macro months(day) as
    month_of(day) * 377580
    + (date_part('day', day) - 1) * (377580 // date_part('day', last_day(day)));
"""
_SHAPE = (
    "shape.progress, shape.starts, shape.ends, shape.counted_in, shape.counts_from, "
    "shape.baseline::hugeint as baseline, shape.cap::hugeint as cap, "
    "shape.whole::hugeint as whole, shape.entitled::hugeint as entitled, shape.lapses, "
    "coalesce(shape.counter, obligation) as counter, "
    "coalesce(shape.late, 0) as late, coalesce(shape.early, 0) as early, "
    "shape.done::hugeint as done, shape.done_of::hugeint as done_of, shape.knots, "
    "shape.counts_to, shape.rollover::hugeint as rollover, shape.rollover_ends"
)
_POINTS = f"""
select row_number() over () as point, s.segment, s.contract, s.obligation, d.day,
       s.price::hugeint as price, s.kept_breakage, {_SHAPE}
from segment_rows s join dates d on d.day between s.valid_from and s.valid_to
"""
"""SQL: each segment on each day of ``dates`` on which it is in force."""
_MEASURED = {
    Progress.COMPLETE: "by_days",
    Progress.DAYS: "by_days",
    Progress.COUNTED: "counted",
    Progress.EVEN_MONTHS: "by_months",
    Progress.HALF_MONTH: "by_months",
    Progress.CALENDAR_MONTHS: "by_calendar_months",
    Progress.WHOLE_MONTHS: "by_calendar_months",
    Progress.SECONDS: "by_time",
    Progress.PRORATED_MONTHS: "by_time",
    Progress.SCHEDULE: "by_schedule",
}
"""Progress of a shape -> the file under ``measures`` that measures it."""
_KNOTS = pa.list_(pa.struct([("day", pa.date32()), ("reached", pa.string())]))
_SHAPE_TYPE = pa.struct(
    [
        ("progress", pa.string()),
        ("starts", pa.date32()),
        ("ends", pa.date32()),
        ("counted_in", pa.string()),
        ("counts_from", pa.date32()),
        # Counts exceed 64 bits; text is exact and becomes a 128-bit integer in SQL.
        ("baseline", pa.string()),
        ("cap", pa.string()),
        ("whole", pa.string()),
        ("entitled", pa.string()),
        ("lapses", pa.date32()),
        ("counter", pa.string()),
        ("late", pa.int64()),
        ("early", pa.int64()),
        ("done", pa.string()),
        ("done_of", pa.string()),
        ("knots", _KNOTS),
        ("counts_to", pa.date32()),
        ("rollover", pa.string()),
        ("rollover_ends", pa.date32()),
    ]
)
_RARE = (
    "counter",
    "late",
    "early",
    "done",
    "done_of",
    "knots",
    "counts_to",
    "rollover",
    "rollover_ends",
)

COUNTS = pa.schema(
    [
        ("contract", pa.string()),
        ("obligation", pa.string()),
        ("day", pa.date32()),
        ("quantity", pa.decimal128(38, 9)),
        ("amount", pa.decimal128(38, 12)),
    ]
)
"""Consumption and deliveries by day: several rows a day are summed."""
REVENUE = pa.schema(
    [
        ("segment", pa.int64()),
        ("day", pa.date32()),
        ("revenue", pa.int64()),
        ("breakage", pa.int64()),
    ]
)
"""Revenue to date by position of the segment and day, in minor units."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Revenue to date of segments at dates; ``table`` has the columns of ``REVENUE``."""

    segments: Sequence[Segment]
    table: pa.Table


class Arithmetic:
    """An in-memory DuckDB with the counts loaded; closes with its context."""

    def __init__(self, counts: Iterable[pa.Table], *, threads: int | None = None) -> None:
        self._opened = ExitStack()
        self._database = self._opened.enter_context(
            connect_apart({"threads": threads}) if threads else connect()
        )
        self._database.execute(_MACROS)
        self._load(list(counts))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _load(self, counts: list[pa.Table]) -> None:
        """Sum by day, then run totals; atoms are exact integers of the last kept decimal.

        The decimals' digits are the atoms: multiplying by a power of ten could overflow.
        """
        rows = pa.concat_tables(counts) if counts else COUNTS.empty_table()
        self._database.register("count_rows", rows)
        self._database.execute(
            """
            create table counts as
            select contract, obligation, day,
                   sum(quantity) over running as quantity, sum(amount) over running as amount
            from (
                select contract, obligation, day,
                       replace(sum(quantity)::varchar, '.', '')::hugeint as quantity,
                       replace(sum(amount)::varchar, '.', '')::hugeint as amount
                from count_rows group by all
            )
            window running as (partition by contract, obligation order by day)
            """
        )
        self._database.unregister("count_rows")

    @cites("606-10-25-31", "606-10-25-32", "606-10-25-33", "606-10-55-17", "606-10-55-20")
    def progress(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer every question at once: exact progress at the end of the day asked about."""
        if not questions:
            return []
        asked = pa.table(
            {
                "point": pa.array(range(len(questions)), pa.int64()),
                "contract": pa.array([q.contract for q in questions], pa.string()),
                "obligation": pa.array([q.obligation for q in questions], pa.string()),
                "day": pa.array([q.day for q in questions], pa.date32()),
                "shape": _shapes(q.shape for q in questions),
            }
        )
        self._database.register("asked", asked)
        self._database.execute(
            f"create or replace temp table points as "
            f"select point, contract, obligation, day, {_SHAPE} from asked"
        )
        progress = _progress({q.shape.progress for q in questions})
        rows = self._database.execute(
            f"select numerator, denominator, used from ({progress}) order by point"
        ).fetchall()
        self._database.unregister("asked")
        return [Answer(*row) for row in rows]

    @cites("606-10-25-31", "606-10-25-35", "606-10-55-48")
    def recognise(self, segments: Sequence[Segment], dates: Sequence[date]) -> Recognised:
        """Revenue to date of every segment at every date on which it is in force."""
        if not segments:
            return Recognised(segments, REVENUE.empty_table())
        self._database.register("segment_rows", segment_table(segments))
        days = pa.table({"day": pa.array(sorted(set(dates)), pa.date32())})
        self._database.register("dates", days)
        progress = _progress({s.shape.progress for s in segments})
        rows_max = len(segments) * days.num_rows
        wanted = f"select * from ({_sql('recognise')}) order by segment, day"
        if rows_max <= FEW:
            # One statement: to plan three takes longer than to run them.
            parts = f"with points as ({_POINTS}), ratios as ({progress}) {wanted}"
            table = arrow_of(self._database, parts, rows_max=rows_max)
        else:
            self._database.execute(f"create or replace temp table points as {_POINTS}")
            self._database.execute(f"create or replace temp table ratios as {progress}")
            table = arrow_of(self._database, wanted, rows_max=rows_max)
            self._database.execute("drop table points; drop table ratios;")
        self._database.unregister("segment_rows")
        self._database.unregister("dates")
        return Recognised(segments, table.cast(REVENUE))


def segment_table(segments: Sequence[Segment]) -> pa.Table:
    """Segments as columns, keyed by their position."""
    return pa.table(
        {
            "segment": pa.array(range(len(segments)), pa.int64()),
            "contract": pa.array([s.contract for s in segments], pa.string()),
            "obligation": pa.array([s.obligation for s in segments], pa.string()),
            "component": pa.array([s.component for s in segments], pa.string()),
            "product": pa.array([s.product for s in segments], pa.string()),
            "currency": pa.array([s.currency for s in segments], pa.string()),
            "valid_from": pa.array([s.valid_from for s in segments], pa.date32()),
            "valid_to": pa.array([s.valid_to for s in segments], pa.date32()),
            "price": pa.array([s.price for s in segments], pa.int64()),
            "kept_breakage": pa.array([s.kept_breakage for s in segments], pa.int64()),
            "as_used": pa.array([s.as_used for s in segments], pa.bool_()),
            "stream": pa.array([s.stream for s in segments], pa.string()),
            "shape": _shapes(s.shape for s in segments),
        }
    )


def _shapes(shapes: Iterable[Shape]) -> pa.StructArray:
    rows = list(shapes)

    def text(values: Iterable[int | None]) -> pa.Array:
        return pa.array([None if v is None else str(v) for v in values], pa.string())

    return pa.StructArray.from_arrays(
        [
            pa.array([s.progress for s in rows], pa.string()),
            pa.array([s.starts for s in rows], pa.date32()),
            pa.array([s.ends for s in rows], pa.date32()),
            pa.array([s.counted_in for s in rows], pa.string()),
            pa.array([s.counts_from for s in rows], pa.date32()),
            text(s.baseline for s in rows),
            text(s.cap for s in rows),
            text(s.whole for s in rows),
            text(s.entitled for s in rows),
            pa.array([s.lapses for s in rows], pa.date32()),
            *_rare(rows),
        ],
        fields=list(_SHAPE_TYPE),
    )


def _rare(rows: Sequence[Shape]) -> list[pa.Array]:
    """Columns that few shapes fill: built one by one only where one does."""
    fields = [_SHAPE_TYPE.field(name) for name in _RARE]
    if not any(
        s.counter or s.late or s.early or s.knots or s.done or s.counts_to or s.rollover_ends
        for s in rows
    ):
        return [pa.nulls(len(rows), each.type) for each in fields]
    columns: list[list[object]] = [
        [s.counter or None for s in rows],
        [s.late for s in rows],
        [s.early for s in rows],
        [None if s.done is None else str(s.done.numerator) for s in rows],
        [None if s.done is None else str(s.done.denominator) for s in rows],
        [_knots(s) if s.knots else None for s in rows],
        [s.counts_to for s in rows],
        [None if s.rollover is None else str(s.rollover) for s in rows],
        [s.rollover_ends for s in rows],
    ]
    return [pa.array(values, each.type) for values, each in zip(columns, fields, strict=True)]


def _knots(shape: Shape) -> list[dict[str, object]]:
    return [{"day": day, "reached": str(reached)} for day, reached in shape.knots]


def _progress(measures: set[Progress]) -> str:
    """SQL for the progress of ``points`` whose measures are among these, one row for each.

    To plan all measures takes longer than a small close computes, and most books have few.
    """
    parts = sorted({_MEASURED[measure] for measure in measures})
    union = "\nunion all\n".join(_sql(f"measures/{part}") for part in parts)
    columns = "point, done, done_of, used, numerator, denominator"
    return f"with measured({columns}) as (\n{union}\n)\n{_sql('progress')}"


@cache
def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
