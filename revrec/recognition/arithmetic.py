"""The face of step 5's SQL: counts in, exact progress and rounded revenue out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Self

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from revrec.citations import cites
from revrec.columnar import connect, connect_apart
from revrec.model.decision import Answer, Progress, Question, Segment, Shape
from revrec.planned import FEW, asked, asked_rows

# Twice what fits is within 64 bits still, which divide several times as fast as 128 do.
_MACROS = """
create or replace temp macro half_even_magnitude(n, d) as
    n // d + (2 * (n % d) > d or (2 * (n % d) = d and (n // d) % 2 = 1))::integer;
create or replace temp macro half_even_signed(n, d) as
    case when n < 0 then -half_even_magnitude(-n, d) else half_even_magnitude(n, d) end;
create or replace temp macro fits(n) as n between -2305843009213693952 and 2305843009213693952;
create or replace temp macro half_even(n, d) as
    case when fits(n) and fits(d) then half_even_signed(n::bigint, d::bigint)::hugeint
         else half_even_signed(n, d) end;
create or replace temp macro month_of(day) as
    12 * date_part('year', day) + date_part('month', day);
create or replace temp macro months(day) as
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
_ASKED = f"select point, contract, obligation, day, {_SHAPE} from asked"
"""SQL: what is asked about."""
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
SHAPE = pa.struct(
    [
        ("progress", pa.string()),
        ("starts", pa.date32()),
        ("ends", pa.date32()),
        ("counted_in", pa.string()),
        ("counts_from", pa.date32()),
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
"""A measure of progress; counts exceed 64 bits: as text they are exact, and SQL reads 128 bits."""
_PLAIN = ("progress", "starts", "ends", "counted_in", "counts_from")
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


QUESTIONS = pa.schema(
    [
        ("point", pa.int64()),
        ("contract", pa.string()),
        ("obligation", pa.string()),
        ("day", pa.date32()),
        ("shape", SHAPE),
        ("numerator", pa.string()),
        ("denominator", pa.string()),
        ("used", pa.string()),
    ]
)
"""Questions by their number, with the answers that were given: exact integers as text."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """Revenue to date of segments at dates; ``table`` has the columns of ``REVENUE``."""

    segments: Sequence[Segment]
    columns: pa.Table
    """The segments as columns (``segment_table``)."""
    table: pa.Table


class Arithmetic:
    """Step 5 over the counts it is given: an in-memory DuckDB with them, closed with its context.

    Few questions about few counts are answered without one, by statements that are planned.
    """

    def __init__(self, counts: Iterable[pa.Table], *, threads: int | None = None) -> None:
        self._opened = ExitStack()
        self._threads = threads
        told = list(counts)
        self._count_rows = pa.concat_tables(told) if told else COUNTS.empty_table()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        opened = connect_apart({"threads": self._threads}) if self._threads else connect()
        database = self._opened.enter_context(opened)
        database.execute(_MACROS)
        database.register("counts", self._count_rows)
        return database

    def _few(self, rows: int) -> bool:
        """Whether to plan takes longer than to run over so many rows."""
        return bool(max(rows, self._count_rows.num_rows) <= FEW)

    @cites("606-10-25-31", "606-10-25-32", "606-10-25-33", "606-10-55-17", "606-10-55-20")
    def progress(self, questions: Sequence[Question]) -> list[Answer]:
        """Answer every question at once: exact progress at the end of the day asked about."""
        if not questions:
            return []
        questioned = question_table(questions)
        progress = _progress(questioned["shape"])
        wanted = f"select numerator, denominator, used from ({progress}) order by point"
        if self._few(len(questions)):
            whole = f"with points as ({_ASKED}) {wanted}"
            tables = {"counts": self._count_rows, "asked": questioned}
            return [Answer(*row) for row in asked_rows(whole, tables, macros=_MACROS)]
        with self._asking(questioned):
            rows = self._database.execute(wanted).fetchall()
        return [Answer(*row) for row in rows]

    def answered_otherwise(self, questioned: pa.Table) -> list[str]:
        """Contracts to which a question (``QUESTIONS``) has another answer than it had."""
        if not questioned.num_rows:
            return []
        with self._asking(questioned):
            rows = self._database.execute(
                f"""
                select distinct contract from asked join ({_progress(questioned["shape"])}) p
                using (point)
                where (p.numerator::varchar, p.denominator::varchar, p.used::varchar)
                    is distinct from (asked.numerator, asked.denominator, asked.used)
                order by contract
                """
            ).fetchall()
        return [contract for (contract,) in rows]

    @contextmanager
    def _asking(self, questioned: pa.Table) -> Iterator[None]:
        """With the points that are asked about."""
        self._database.register("asked", questioned)
        self._database.execute(f"create or replace temp table points as {_ASKED}")
        yield
        self._database.execute("drop table points")
        self._database.unregister("asked")

    @cites("606-10-25-31", "606-10-25-35", "606-10-55-48")
    def recognise(self, segments: Sequence[Segment], dates: Sequence[date]) -> Recognised:
        """Revenue to date of every segment at every date on which it is in force."""
        return self.recognise_columns(segment_table(segments), dates, segments)

    def recognise_columns(
        self, columns: pa.Table, dates: Sequence[date], segments: Sequence[Segment] = ()
    ) -> Recognised:
        """The same of segments that are columns (``segment_table``), and need not be objects."""
        if not columns.num_rows:
            return Recognised(segments, columns, REVENUE.empty_table())
        days = pa.table({"day": pa.array(sorted(set(dates)), pa.date32())})
        tables = {"segment_rows": columns, "dates": days}
        progress = _progress(columns["shape"])
        wanted = f"select * from ({_sql('recognise')}) order by segment, day"
        if self._few(columns.num_rows * days.num_rows):
            parts = f"with points as ({_POINTS}), ratios as ({progress})"
            tables["counts"] = self._count_rows
            table = asked(f"{parts} {wanted}", tables, macros=_MACROS)
            return Recognised(segments, columns, table.cast(REVENUE))
        for name, rows in tables.items():
            self._database.register(name, rows)
        self._database.execute(f"create or replace temp table points as {_POINTS}")
        self._database.execute(f"create or replace temp table ratios as {progress}")
        table = self._database.sql(wanted).to_arrow_table()
        self._database.execute("drop table points; drop table ratios;")
        for name in tables:
            self._database.unregister(name)
        return Recognised(segments, columns, table.cast(REVENUE))


SEGMENT = (
    ("contract", pa.string()),
    ("obligation", pa.string()),
    ("component", pa.string()),
    ("product", pa.string()),
    ("currency", pa.string()),
    ("valid_from", pa.date32()),
    ("valid_to", pa.date32()),
    ("price", pa.int64()),
    ("kept_breakage", pa.int64()),
    ("as_used", pa.bool_()),
    ("stream", pa.string()),
)


def segment_table(segments: Sequence[Segment]) -> pa.Table:
    """Segments as columns, keyed by their position."""
    values = _by_field(Segment._fields, segments)
    return pa.table(
        {
            "segment": pa.array(range(len(segments)), pa.int64()),
            **{name: pa.array(values[name], kind) for name, kind in SEGMENT},
            "shape": _shapes(values["shape"]),
        }
    )


def question_table(questions: Sequence[Question]) -> pa.Table:
    """Questions as columns: ``QUESTIONS`` without the answers."""
    return pa.table(
        {
            "point": pa.array(range(len(questions)), pa.int64()),
            "contract": pa.array([q.contract for q in questions], pa.string()),
            "obligation": pa.array([q.obligation for q in questions], pa.string()),
            "day": pa.array([q.day for q in questions], pa.date32()),
            "shape": _shapes([q.shape for q in questions]),
        }
    )


def _shapes(shapes: Sequence[Shape]) -> pa.StructArray:
    values = _by_field(Shape._fields, shapes)

    def text(name: str) -> pa.Array:
        return pa.array([None if v is None else str(v) for v in values[name]], pa.string())

    return pa.StructArray.from_arrays(
        [
            *(pa.array(values[name], SHAPE.field(name).type) for name in _PLAIN),
            *(text(name) for name in ("baseline", "cap", "whole", "entitled")),
            pa.array(values["lapses"], pa.date32()),
            *_rare(shapes, values),
        ],
        fields=list(SHAPE),
    )


def _by_field(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    """What rows have in each of their fields."""
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return dict(zip(names, columns, strict=True))


def _rare(rows: Sequence[Shape], values: Mapping[str, Sequence[Any]]) -> list[pa.Array]:
    """Columns that few shapes fill: built one by one only where one does."""
    fields = [SHAPE.field(name) for name in _RARE]
    telling = ("counter", "late", "early", "knots", "done", "counts_to", "rollover_ends")
    if not any(any(values[name]) for name in telling):
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


def _progress(shapes: pa.ChunkedArray) -> str:
    """SQL for the progress of ``points`` whose measures are among those of shapes, a row for each.

    To plan all measures takes longer than a small close computes, and most books have few.
    """
    named = pc.struct_field(shapes, "progress").unique().to_pylist()
    measures = {Progress(name) for name in named}
    parts = sorted({_MEASURED[measure] for measure in measures})
    union = "\nunion all\n".join(_sql(f"measures/{part}") for part in parts)
    columns = "point, done, done_of, used, numerator, denominator"
    return f"with measured({columns}) as (\n{union}\n)\n{_sql('progress')}"


@cache
def _sql(name: str) -> str:
    return files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
