"""Schedules of another system: revenue and balances by contract and period, in CSV or Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from revrec.errors import FeedError
from revrec.feeds.documents import read_text
from revrec.feeds.loading import Rejection
from revrec.money import to_minor
from revrec.periods import Calendar
from revrec.reconciliation.parallel import REVENUE, Cell, Schedule

MEASURES = (REVENUE, "receivable", "contract_asset", "contract_liability", "refund_liability")
"""Columns of amounts; balances are those at the period's end, positive on their own side."""
_NEEDED = ("contract", "period", "currency")
_DIGITS_MAX = 15
"""Before the point of an amount: sums of many stay within 64 bits of minor units."""
_KNOWN = frozenset({*_NEEDED, "obligation", *MEASURES})


@dataclass(slots=True)
class ToldSchedule:
    """What could be read, and the rows that could not."""

    schedule: Schedule = field(default_factory=Schedule)
    rows: int = 0
    rejections: list[Rejection] = field(default_factory=list)


def read_schedule(path: Path, calendar: Calendar) -> ToldSchedule:
    """Read a file of rows; a row that does not fit is rejected with its place and stops no other.

    Raises FeedError when the file cannot be read or lacks a column.
    """
    if path.suffix == ".parquet":
        try:
            rows: Iterable[Mapping[str, object]] = pq.read_table(path).to_pylist()
        except (OSError, pa.ArrowInvalid) as error:
            raise FeedError(
                f"{path.name} is no readable Parquet file.", remedy="Write it again."
            ) from error
    else:
        rows = csv.DictReader(read_text(path).splitlines())
    return schedule_of(rows, calendar, path.name)


def schedule_of(
    rows: Iterable[Mapping[str, object]], calendar: Calendar, source: str
) -> ToldSchedule:
    """A schedule from rows by column name; several rows of a cell are summed."""
    told = ToldSchedule()
    for number, row in enumerate(rows, start=1):
        told.rows += 1
        try:
            for cell, amount in _read(row, calendar):
                told.schedule.figures[cell] += amount
        except FeedError as error:
            place = f"row {number}"
            message = f"{source}, {place}: {error}"
            told.rejections.append(Rejection(source=source, place=place, message=message))
    if not told.schedule.figures and not told.rejections:
        raise FeedError(f"{source} has no rows.", remedy="Give at least one period.")
    return told


def _read(row: Mapping[str, object], calendar: Calendar) -> Iterator[tuple[Cell, int]]:
    """The cells of a row, all of them or none."""
    unknown = sorted(str(name) for name in row if name not in _KNOWN)
    missing = [name for name in _NEEDED if not row.get(name)]
    if unknown or missing:
        what = f"{missing[0]} is missing" if missing else f"{unknown[0]} is no column of a schedule"
        raise FeedError(
            f"{what}.",
            remedy=f"Columns are {', '.join(_NEEDED)}, obligation, {', '.join(MEASURES)}.",
        )
    contract, currency = str(row["contract"]), str(row["currency"])
    period = str(calendar.parse(str(row["period"])))
    amounts = [(name, row[name]) for name in MEASURES if row.get(name) not in (None, "")]
    if not amounts:
        raise FeedError("it has no amount.", remedy=f"Give one of {', '.join(MEASURES)}.")
    found = []
    for name, text in amounts:
        obligation = str(row.get("obligation") or "") if name == REVENUE else ""
        amount = to_minor(_decimal(name, str(text)), currency)
        found.append((Cell(contract, obligation, currency, name, period), amount))
    yield from found


def _decimal(name: str, text: str) -> Decimal:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("nan")
    if not amount.is_finite() or amount.adjusted() > _DIGITS_MAX:
        raise FeedError(
            f"{name} is {text[:_DIGITS_MAX]!r}.", remedy="Give a decimal such as 12.50.", value=text
        )
    return amount
