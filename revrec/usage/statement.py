"""A customer's use from the whole to the day: totals, meters, projects, days, each the sum below.

A project is a label of the usage. Millions of rows become a few thousand lines: they are summed by
day, and of the projects of a meter the largest have lines of their own, the others one together.
Every line tells how to come to what it sums.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

from revrec.columnar import connect
from revrec.errors import InvariantViolated
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from revrec.usage.drilling import (
    LABEL,
    Span,
    conditions,
    grain_sql,
    narrowed_to,
    narrowing,
)
from revrec.usage.ledger import TABLE
from revrec.usage.owners import owners


class Level(IntEnum):
    """How deep a line is."""

    TOTAL = 0
    METER = 1
    PROJECT = 2
    DAY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A sum of usage of one unit and one currency."""

    level: Level
    meter: str | None
    project: str | None
    """None above projects, for use without the label, and for the others together."""
    others: int
    """How many projects are summed that have no line of their own; 0 for any other line."""
    day: date | None
    unit: str
    currency: str
    rows: int
    quantity: Decimal
    amount: Decimal
    """As rated, unrounded."""
    drill: str
    """The command that shows what the line sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A customer's use of some days as of a version of the usage ledger."""

    customer: str
    label: str
    first: date
    last: date
    version: int | None
    """None while the ledger is empty."""
    lines: Sequence[Line]
    """By currency and unit from the whole down, in order."""

    def at(self, level: Level) -> Iterator[Line]:
        """The lines of a level."""
        return (each for each in self.lines if each.level is level)


def statement(
    tx: Transaction,
    lake: Lake,
    *,
    customer: str,
    label: str,
    first: date,
    last: date,
    version: int | None = None,
    known_at: datetime | None = None,
    most: int = 20,
) -> Statement:
    """The customer's use from ``first`` to ``last``, with lines for ``most`` projects of a meter.

    As of a committed version of the ledger, of what was recorded by a moment, if they are told.
    Read from the roll-up, of its months alone. Raises NotFound for a version that was never
    committed, InvariantViolated if a level is not the sum of the one below it.
    """
    span = Span(first=first, last=last, customer=customer, version=version, known_at=known_at)
    told = lake.committed_version(tx, TABLE) if version is None else version
    held = rollup.cells(tx, lake, version)
    lines: list[Line] = []
    if held is not None:
        with connect() as bench:
            columns = [
                "usage_date", "source", "contract", "meter", "unit", "currency", "quantity",
                "amount", "dimensions",
            ]  # fmt: skip
            rollup.put(bench, held, columns, conditions(held, span))
            bench.register("owner", owners(tx, known_at))
            bench.execute(
                _SUMMED.format(project=grain_sql(LABEL + label), narrowed=narrowing(span)),
                narrowed_to(span),
            )
            found = bench.execute(_LINES, {"most": most}).fetchall()
        lines = [_line(span, label, told, row) for row in found]
    made = Statement(
        customer=customer, label=label, first=first, last=last, version=told, lines=lines
    )
    _hold(made)
    return made


_SUMMED = """
create temp table summed as
select unit, currency, meter, {project} as project, usage_date as day,
       sum(rows)::bigint as rows, sum(quantity) as quantity, sum(amount) as amount
from cell left join owner on owner.contract = cell.contract
where {narrowed}
group by all
"""
_LINES = """
with projects as (
    select unit, currency, meter, project,
           row_number() over (
               partition by unit, currency, meter
               order by project is null, abs(sum(amount)) desc, abs(sum(quantity)) desc, project
           ) > $most and project is not null as other
    from summed group by unit, currency, meter, project
),
placed as (
    select s.* replace (case when p.other then null else s.project end as project), p.other,
           case when p.other then s.project end as of_others
    from summed s join projects p
      on p.unit = s.unit and p.currency = s.currency and p.meter = s.meter
         and p.project is not distinct from s.project
),
grouped as (
    select grouping(meter) = 1 as no_meter, grouping(project) = 1 as no_project,
           grouping(day) = 1 as no_day, meter, project, other, day, unit, currency,
           count(distinct of_others) as hidden, sum(rows)::bigint as summed_rows,
           sum(quantity) as quantity, sum(amount) as amount
    from placed
    group by grouping sets (
        (currency, unit), (currency, unit, meter), (currency, unit, meter, project, other),
        (currency, unit, meter, project, other, day)
    )
)
select case when no_meter then 0 when no_project then 1 when no_day then 2 else 3 end as level,
       meter, project, case when other then hidden else 0 end, day, unit, currency, summed_rows,
       quantity, amount
from grouped
order by currency, unit, no_meter desc, meter, no_project desc, coalesce(other, false),
         project nulls last, no_day desc, day
"""


def _line(span: Span, label: str, version: int | None, row: Sequence[object]) -> Line:
    level, meter, project, others, day, unit, currency, rows, quantity, amount = row
    line = Line(
        level=Level(int(str(level))),
        meter=None if meter is None else str(meter),
        project=None if project is None else str(project),
        others=int(str(others)),
        day=day if isinstance(day, date) else None,
        unit=str(unit),
        currency=str(currency),
        rows=int(str(rows)),
        quantity=Decimal(str(quantity)),
        amount=Decimal(str(amount)),
        drill="",
    )
    return replace(line, drill=f"{_words(span, label, line)} --version {version}")


def _words(span: Span, label: str, line: Line) -> str:
    """The command: of named projects their rows, of others and of no project totals by project."""
    first, last = (line.day, line.day) if line.day else (span.first, span.last)
    only = [f"customer={span.customer}", *([f"meter={line.meter}"] if line.meter else [])]
    if line.project is not None:
        only.append(f"{LABEL}{label}={line.project}")
    deeper = {Level.TOTAL: "meter", Level.METER: f"{LABEL}{label}"}
    grain = deeper.get(line.level, f"{LABEL}{label},day")
    by_row = line.project is not None and line.level is Level.DAY
    what = "rows" if by_row else f"totals --by {_quoted(grain)}"
    narrowed = " ".join(f"--only {_quoted(each)}" for each in only)
    return f"revrec usage {what} {narrowed} --from {first} --to {last}"


def _quoted(text: str) -> str:
    """A word of a shell's command."""
    plain = text.replace("'", "'\\''")
    return text if all(c.isalnum() or c in "-_.,:=/" for c in text) else f"'{plain}'"


def _hold(made: Statement) -> None:
    """Each level is the sum of the one below it, to the last digit."""
    sums: dict[Level, dict[tuple[str, str], list[Fraction]]] = {
        level: defaultdict(lambda: [Fraction(0)] * 3) for level in Level
    }
    for line in made.lines:
        held = sums[line.level][line.currency, line.unit]
        for place, value in enumerate((Decimal(line.rows), line.quantity, line.amount)):
            held[place] += Fraction(value)
    for level in (Level.METER, Level.PROJECT, Level.DAY):
        if sums[level] != sums[Level.TOTAL]:
            raise InvariantViolated(
                f"The lines by {level.name.lower()} of {made.customer} do not add up to its total.",
                remedy="Report it: the statement is not to be sent.",
            )
