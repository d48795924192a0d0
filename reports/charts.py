"""Charts for what people would rather look at than read.

A ``Chart`` names the columns of a data set to draw. Its figures stand on the sheet "Chart data" as
formulas over the data set's sheet, so that a chart shows what the workbook holds; ``summary``
draws them. Here the figures are chosen and added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import repeat

from openpyxl.utils import get_column_letter

from reports.columns import CURRENCY, column_position, currency_position, values_of
from reports.layout import Layout
from reports.totals import as_decimal, exact, money_totals
from revrec.column_rows import objects_of
from revrec.errors import ReportError
from revrec.model.dataset import ColumnType, DataSet
from revrec.money import from_minor

SERIES_MAX = 7
"""Colours a reader tells apart; smaller series are drawn together as ``Other``."""
OTHER = "Other"
NONE = "(none)"


class ChartKind(StrEnum):
    """How the figures are drawn."""

    STACKED = "stacked"
    """Columns by category, stacked by series: revenue by month and product."""
    BARS = "bars"
    """One column for each category: unbilled amounts by age."""
    BRIDGE = "bridge"
    """From an opening balance over its movements to the closing balance."""
    COMPARED = "compared"
    """Columns side by side for each category: what was used beside an even course."""
    INTERVAL = "interval"
    """Marks joined from the lowest to the highest for each category: estimates in their range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What to draw: figures of one currency of one data set; money where nothing else is said.

    ``STACKED`` and ``BARS`` add up the column ``values[0]`` by ``category`` and, stacked, by
    ``series``. ``BRIDGE`` adds up each of the columns ``values``, signed so that the opening
    balance and the movements give the closing balance, which comes last. ``COMPARED`` and
    ``INTERVAL`` draw each of the columns ``values``, which may be counts and shares too, by
    ``category``.
    """

    kind: ChartKind
    title: str
    sheet: str
    """Name of the data set."""
    currency: str
    values: tuple[str, ...]
    category: str = ""
    series: str = ""
    order: tuple[str, ...] = ()
    """Categories from left to right; those not named follow alphabetically."""
    only: tuple[tuple[str, str], ...] = ()
    """Columns and the value a row has in each to be drawn."""
    most: int = 0
    """Of more categories than that, those with the largest first figure; all if 0."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of a chart: the formula in its cell and what it gives."""

    formula: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a chart as a table: a row for each category, a column for each series."""

    headings: Sequence[str]
    labels: Sequence[str]
    cells: Sequence[Sequence[Figure]]

    @property
    def largest(self) -> Decimal:
        """The largest amount without its sign: decides the unit of the axis."""
        return max((abs(f.amount) for line in self.cells for f in line), default=Decimal(0))


def figures(chart: Chart, layout: Layout, heading_row: int) -> Figures:
    """Add up what the chart draws, exactly, beside formulas that do the same.

    The table will stand with its headings in ``heading_row`` and its labels in column A.
    ``ReportError`` if the chart names a column that cannot be drawn.
    """
    if chart.kind in {ChartKind.COMPARED, ChartKind.INTERVAL}:
        _require(chart, layout, chart.category, ColumnType.TEXT)
        return _compared(chart, layout, heading_row)
    for name in chart.values:
        _require(chart, layout, name, ColumnType.MONEY)
    if chart.kind is ChartKind.BRIDGE:
        return _bridge(chart, layout, heading_row)
    for name in filter(None, (chart.category, chart.series)):
        _require(chart, layout, name, ColumnType.TEXT)
    return _pivot(chart, layout, heading_row)


def _require(chart: Chart, layout: Layout, name: str, wanted: ColumnType) -> None:
    column = layout.data.columns[column_position(layout.data, name)]
    if column.type is not wanted:
        raise ReportError(
            f"The chart {chart.title!r} draws {name} of {layout.data.name}: {column.type}.",
            remedy=f"Name a {wanted} column.",
        )


def _bridge(chart: Chart, layout: Layout, heading_row: int) -> Figures:
    """Each step with where its bar starts and ends, and the parts of the bar to draw.

    The first and last step stand on zero, the others start where the one before ended. The base
    below a bar is drawn without colour; a bar that crosses zero has a part on either side.
    Movements that come to nothing are left out.
    """
    assert not chart.only, "a bridge is of all rows"
    sums = {
        name: from_minor(found[chart.currency], chart.currency)
        if chart.currency in (found := money_totals(layout.data, name))
        else Decimal(0)
        for name in chart.values
    }
    ends = (chart.values[0], chart.values[-1])
    steps = {name: amount for name, amount in sums.items() if amount or name in ends}
    lines: list[list[Figure]] = []
    zero = end = Decimal(0)
    for row, (name, amount) in enumerate(steps.items(), start=heading_row + 1):
        moves = name not in ends
        start, end = (end, end + amount) if moves else (zero, amount)
        low, high = min(start, end), max(start, end)
        line: list[tuple[str, Decimal]] = [
            (f"={_sum(chart, layout, name, [])}", amount),
            (f"=D{row - 1}" if moves else "", start),
            (f"=C{row}+B{row}", end),
            (
                f"=MAX(0,MIN(C{row},D{row}))+MIN(0,MAX(C{row},D{row}))",
                max(zero, low) + min(zero, high),
            ),
            (f"=MAX(0,C{row},D{row})-MAX(0,MIN(C{row},D{row}))", max(zero, high) - max(zero, low)),
            (f"=MIN(0,C{row},D{row})-MIN(0,MAX(C{row},D{row}))", min(zero, low) - min(zero, high)),
        ]
        lines.append([Figure(text, value) for text, value in line])
    titles = [layout.data.columns[column_position(layout.data, name)].title for name in steps]
    return Figures(["Amount", "From", "To", "Base", "Above zero", "Below zero"], titles, lines)


def _compared(chart: Chart, layout: Layout, heading_row: int) -> Figures:
    """Each of the columns by category, exactly; of many categories those that are largest."""
    sums: dict[str, list[Decimal]] = {}
    for place, name in enumerate(chart.values):
        for (category,), amount in _amounts(chart, layout, [chart.category], name):
            sums.setdefault(category, [Decimal(0)] * len(chart.values))[place] += amount
    found = sorted(sums, key=lambda name: (-abs(sums[name][0]), name))
    labels = _ordered(set(found[: chart.most or None]), chart.order)
    lines = []
    for row, category in enumerate(labels, start=heading_row + 1):
        tests = [(chart.category, f"$A{row}" if category else '""')]
        formulas = [f"={_sum(chart, layout, name, tests)}" for name in chart.values]
        lines.append([Figure(*pair) for pair in zip(formulas, sums[category], strict=True)])
    titles = [layout.data.columns[column_position(layout.data, n)].title for n in chart.values]
    return Figures(titles, [category or NONE for category in labels], lines)


def _pivot(chart: Chart, layout: Layout, heading_row: int) -> Figures:
    """Sums by category and series; the smallest series together when there are too many."""
    value, zero = chart.values[0], Decimal(0)
    keys = [name for name in (chart.category, chart.series) if name]
    sums: dict[tuple[str, ...], Decimal] = {}
    for key, amount in _amounts(chart, layout, keys, value):
        sums[key] = sums.get(key, zero) + amount
    # Rows without a category are drawn only if they come to something.
    categories = _ordered({key[0] for key, total in sums.items() if key[0] or total}, chart.order)
    series = _named_series(sums) if chart.series else []
    other = bool(chart.series) and len(series) < len({key[1] for key in sums})
    lines = []
    for row, category in enumerate(categories, start=heading_row + 1):
        in_row = [(chart.category, f"$A{row}" if category else '""')]
        whole_formula = _sum(chart, layout, value, in_row)
        whole = sum((amount for key, amount in sums.items() if key[0] == category), zero)
        line = []
        for column, name in enumerate(series, start=2):
            head = f"{get_column_letter(column)}${heading_row}" if name else '""'
            tests = [*in_row, (chart.series, head)]
            formula = f"={_sum(chart, layout, value, tests)}"
            line.append((formula, sums.get((category, name), zero)))
        if other:
            last = get_column_letter(len(series) + 1)
            rest = whole - sum((amount for _, amount in line), zero)
            line.append((f"={whole_formula}-SUM(B{row}:{last}{row})", rest))
        if not chart.series:
            line.append((f"={whole_formula}", whole))
        lines.append([Figure(text, amount) for text, amount in line])
    headings = [name or NONE for name in series] + [OTHER] * other
    if not chart.series:
        headings = [layout.data.columns[column_position(layout.data, value)].title]
    return Figures(headings, [category or NONE for category in categories], lines)


def _named_series(sums: dict[tuple[str, ...], Decimal]) -> list[str]:
    """The series drawn in a colour of their own, alphabetically."""
    sizes: dict[str, Decimal] = {}
    for (_, name), amount in sums.items():
        sizes[name] = sizes.get(name, Decimal(0)) + abs(amount)
    if len(sizes) <= SERIES_MAX:
        return sorted(sizes)
    return sorted(sorted(sizes, key=lambda name: (-sizes[name], name))[: SERIES_MAX - 1])


def _ordered(found: set[str], order: Sequence[str]) -> list[str]:
    return [*(text for text in order if text in found), *sorted(found - set(order))]


def _amounts(
    chart: Chart, layout: Layout, keys: Sequence[str], value: str
) -> Iterator[tuple[tuple[str, ...], Decimal]]:
    """Keys and figure, as people write it, of every row that the chart draws."""
    data = layout.data
    position, by = column_position(data, value), currency_position(data)
    tests = [(column_position(data, name), wanted) for name, wanted in chart.only]
    if by is not None:
        tests.append((by, chart.currency))
    elif data.currency != chart.currency:
        return
    wanted_ones = tuple(wanted for _, wanted in tests)
    tested = _side_by_side(data, [place for place, _ in tests])
    named = _side_by_side(data, [column_position(data, name) for name in keys])
    column, values = data.columns[position], objects_of(values_of(data, position))
    rows = zip(values, tested, named, strict=True)
    for number, (figure, found, key) in enumerate(rows, start=1):
        if figure is not None and found == wanted_ones:
            amount = as_decimal(column, exact(data, column, number, figure), chart.currency)
            yield tuple("" if part is None else str(part) for part in key), amount


def _side_by_side(data: DataSet, places: Sequence[int]) -> Iterable[tuple[object, ...]]:
    """Some columns, row by row."""
    if not places:
        return repeat((), len(data.rows))
    return zip(*(objects_of(values_of(data, place)) for place in places), strict=True)


def _sum(chart: Chart, layout: Layout, value: str, tests: Sequence[tuple[str, str]]) -> str:
    """The amounts that pass the tests, added up over every sheet of the data set."""
    return "+".join(f"SUMPRODUCT({_arguments(chart, at, value, tests)})" for at in layout.sheets)


def _arguments(chart: Chart, layout: Layout, value: str, tests: Sequence[tuple[str, str]]) -> str:
    """Arguments of SUMPRODUCT: one exact test a column, then the amounts.

    SUMIFS would read a category such as ``>90 days`` as a comparison.
    """
    by_currency = [] if currency_position(layout.data) is None else [CURRENCY]
    conditions = [f"--({layout.values_of(name)}={cell})" for name, cell in tests]
    conditions += [f'--({layout.values_of(name)}="{chart.currency}")' for name in by_currency]
    for name, wanted in chart.only:
        quoted = wanted.replace('"', '""')
        conditions.append(f'--({layout.values_of(name)}="{quoted}")')
    return ",".join([*conditions, layout.values_of(value)])
