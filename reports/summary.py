"""The sheets "Summary", with the charts, and "Chart data", with their figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Literal

from openpyxl.chart import BarChart, LineChart, Reference, Series
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.legend import Legend
from openpyxl.chart.marker import DataPoint, Marker
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText, Text
from openpyxl.chart.title import Title
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import (
    CharacterProperties,
    Paragraph,
    ParagraphProperties,
    RegularTextRun,
    RichTextProperties,
)
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from reports import style
from reports.charts import Chart, ChartKind, Figures, figures
from reports.columns import column_position
from reports.cover import Cover
from reports.frame import identification
from reports.layout import HEADER_ROW, Layout
from reports.page import Page
from reports.style import Role
from reports.text import counted
from revrec.model.dataset import ColumnType
from revrec.money import minor_digits

SUMMARY = "Summary"
CHART_DATA = "Chart data"
_PALETTE = ("1F3864", "2F6DB5", "7FB2E5", "2A9D8F", "9AD1C8", "E9A15B", "A6A6A6")
_BALANCE, _UP, _DOWN = "1F3864", "2A9D8F", "C8553D"
_MARKS: Sequence[Literal["dash", "circle", "diamond"]] = ("dash", "circle", "dash", "diamond")
"""Of the figures of an interval, in their order."""
_TEXT_GREY, _GRID_GREY = "595959", "D9D9D9"
_CHART_CM = (16, 9)
_ROWS_PER_CHART = 19
_COLUMN_WIDTH, _COLUMN_CM = 11, 2.05
"""Of the columns below the charts: in characters, and never wider than that on paper."""
_ABREAST_MAX, _SQUARE = 3, 4
"""Charts side by side: those of one currency make a row."""
_TWO_LINES = 28
_HEADING_MAX = 15
"""Characters of a heading of figures on one line."""
_WIDE_CM = 25
_STEPS_MAX = 7
"""Steps of a bridge in a chart of usual width."""
_BRIDGE_BASE = 5
"""Column of the part of a bridge's bar that is not drawn."""
_MILLIONS_FROM, _THOUSANDS_FROM = 10_000_000, 10_000
_UPRIGHT_LABELS_MAX = 100
"""Characters of labels that fit side by side; a bridge's labels break into lines."""
_SLANT = -45 * 60_000
"""Degrees in the unit of drawings."""


def write_summary(
    summary: Page,
    data: Page,
    cover: Cover,
    layouts: Mapping[str, Layout],
    charts: Sequence[Chart],
) -> None:
    """Draw the charts, a row for each currency, over their figures on the second sheet."""
    currencies = sorted({chart.currency for chart in charts})
    extent = counted(len(charts), "chart")
    for page in (summary, data):
        page.identify(identification(cover, page.sheet.title, currencies, extent))
        page.sheet.sheet_view.showGridLines = False
        page.set_up_print(cover, None)
        page.protect(data=False)
    summary.sheet.page_setup.fitToHeight = 1
    row = HEADER_ROW
    drawings: list[BarChart | LineChart] = []
    for chart in charts:
        layout = layouts[chart.sheet]
        table = figures(chart, layout, row + 1)
        _write_figures(data, chart, layout, table, row)
        drawings.append(_draw(data.sheet, chart, table, row + 1, _kind(chart, layout)))
        row += len(table.labels) + 4
    _arrange(summary.sheet, charts, drawings)
    data.sheet.column_dimensions["A"].width = 34
    for column in range(2, 8):
        data.sheet.column_dimensions[get_column_letter(column)].width = 18


def _arrange(
    sheet: Worksheet, charts: Sequence[Chart], drawings: Sequence[BarChart | LineChart]
) -> None:
    """Rows of two or three drawings, those of a currency together, their left edges in line."""
    each = max(Counter(chart.currency for chart in charts).values())
    abreast = 2 if each in {1, 2, _SQUARE} else _ABREAST_MAX
    places: list[tuple[int, int]] = []
    line = place = 0
    for number, chart in enumerate(charts):
        if number and (place == abreast or chart.currency != charts[number - 1].currency):
            line, place = line + 1, 0
        places.append((line, place))
        place += 1
    wide = {
        place: max(-(-d.width // _COLUMN_CM) for d, at in zip(drawings, places, strict=True)
                   if at[1] == place)
        for _, place in places
    }  # fmt: skip
    for (line, place), drawing in zip(places, drawings, strict=True):
        left = 1 + sum(int(wide[before]) for before in range(place))
        sheet.add_chart(drawing, f"{get_column_letter(left)}{HEADER_ROW + _ROWS_PER_CHART * line}")
    for column in range(1, 1 + sum(map(int, wide.values()))):
        sheet.column_dimensions[get_column_letter(column)].width = _COLUMN_WIDTH


def _write_figures(page: Page, chart: Chart, layout: Layout, table: Figures, row: int) -> None:
    """Title, headings, figures; under a bridge the check that it arrives."""
    form = _form(chart, layout)
    page.put(f"A{row}", f"{chart.title} ({chart.currency}), from {layout.title}", Role.REPORT)
    names = [column.title for column in layout.data.columns]
    first = names[column_position(layout.data, chart.category)] if chart.category else "Step"
    page.put(f"A{row + 1}", first, Role.HEADER)
    for column, text in enumerate(table.headings, start=2):
        page.put(f"{get_column_letter(column)}{row + 1}", text, Role.HEADER, style.RIGHT)
    if max(map(len, table.headings), default=0) > _HEADING_MAX:
        page.sheet.row_dimensions[row + 1].height = _TWO_LINES + 2
    for at, (name, cells) in enumerate(zip(table.labels, table.cells, strict=True), start=row + 2):
        page.put(f"A{at}", name, Role.FIXED)
        for column, figure in enumerate(cells, start=2):
            cell = f"{get_column_letter(column)}{at}"
            if figure.formula:
                page.put_formula(cell, figure.formula, figure.amount, Role.FIXED, form)
            else:
                page.put(cell, figure.amount, Role.FIXED, form)
    if chart.kind is ChartKind.BRIDGE:
        _finish_bridge(page, chart, table, row + 2)


def _finish_bridge(page: Page, chart: Chart, table: Figures, first: int) -> None:
    """Axis labels with the amounts, and the check that the movements arrive."""
    beside = get_column_letter(len(table.headings) + 2)
    page.sheet.column_dimensions[beside].width = 30
    page.put(f"{beside}{first - 1}", "Label", Role.HEADER)
    for at, (name, cells) in enumerate(zip(table.labels, table.cells, strict=True), start=first):
        amount = _in_unit(cells[0].amount, table.largest)
        page.put(f"{beside}{at}", f"{name}\n{amount}", Role.FIXED, wrap=True)
        page.sheet.row_dimensions[at].height = _TWO_LINES
    last, form = first + len(table.labels) - 1, style.money(chart.currency)
    rest = table.cells[-1][0].amount - sum(cells[0].amount for cells in table.cells[:-1])
    formula = f"=ROUND(B{last}-D{last - 1},{minor_digits(chart.currency)})"
    page.put(f"A{last + 1}", "Closing less opening and movements", Role.CHECK)
    page.put_formula(f"B{last + 1}", formula, rest, Role.CHECK, form)
    page.flag(f"B{last + 1}")


def _kind(chart: Chart, layout: Layout) -> ColumnType:
    """What is drawn: amounts, counts, shares."""
    return layout.data.columns[column_position(layout.data, chart.values[0])].type


def _form(chart: Chart, layout: Layout) -> style.Format:
    """How the figures of a chart are shown."""
    return {
        ColumnType.RATIO: style.RATIO,
        ColumnType.INTEGER: style.COUNT,
        ColumnType.QUANTITY: style.decimals(2),
    }.get(_kind(chart, layout), style.money(chart.currency))


def _draw(
    sheet: Worksheet, chart: Chart, table: Figures, heading_row: int, kind: ColumnType
) -> BarChart | LineChart:
    """Columns over the figures, or marks; the base of a bridge's bars is not drawn."""
    if chart.kind is ChartKind.INTERVAL:
        return _draw_interval(sheet, chart, table, heading_row)
    last_row = heading_row + len(table.labels)
    bars = BarChart()
    bars.type, bars.gapWidth = "col", 45
    bridge = chart.kind is ChartKind.BRIDGE
    bars.width, bars.height = _CHART_CM
    if bridge and len(table.labels) > _STEPS_MAX:
        bars.width = _WIDE_CM
    shown = "0%" if kind is ColumnType.RATIO else _unit(table)
    last = len(table.headings) + 1
    for column in range(_BRIDGE_BASE if bridge else 2, last + 1):
        values = Reference(sheet, min_col=column, min_row=heading_row, max_row=last_row)
        series = Series(values, title_from_data=True)
        series.invertIfNegative = False
        series.graphicalProperties = _fill(_PALETTE[(column - 2) % len(_PALETTE)])
        bars.series.append(series)
    at = last + 1 if bridge else 1
    bars.set_categories(Reference(sheet, min_col=at, min_row=heading_row + 1, max_row=last_row))
    side_by_side = {ChartKind.BARS, ChartKind.COMPARED}
    if len(bars.series) == 1 and chart.kind in side_by_side:
        bars.series[0].dLbls = _labels("#,##0")
    elif chart.kind not in side_by_side:
        bars.grouping, bars.overlap = "stacked", 100
    if bridge:
        _colour_bridge(bars, table)
    told = chart.kind is ChartKind.STACKED or len(table.headings) > 1
    bars.legend = _legend() if told and not bridge else None
    _set_title(bars, f"{chart.title}, {chart.currency}")
    across = sum(len(label) + 1 for label in table.labels)
    _set_axes(bars, shown, slanted=not bridge and across > _UPRIGHT_LABELS_MAX)
    return bars


def _draw_interval(sheet: Worksheet, chart: Chart, table: Figures, heading_row: int) -> LineChart:
    """A mark for each figure of a category, and a line from the lowest to the highest."""
    marks = LineChart()
    marks.width, marks.height = _CHART_CM
    last_row = heading_row + len(table.labels)
    for column in range(2, len(table.headings) + 2):
        values = Reference(sheet, min_col=column, min_row=heading_row, max_row=last_row)
        series = Series(values, title_from_data=True)
        color = _PALETTE[(column - 2) % len(_PALETTE)]
        series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
        series.marker = Marker(symbol=_MARKS[(column - 2) % len(_MARKS)], size=8, spPr=_fill(color))
        series.smooth = False
        marks.series.append(series)
    grey = GraphicalProperties(ln=LineProperties(solidFill=_TEXT_GREY, w=12_700))
    marks.hiLowLines = ChartLines(spPr=grey)
    marks.set_categories(Reference(sheet, min_col=1, min_row=heading_row + 1, max_row=last_row))
    marks.legend = _legend()
    _set_title(marks, f"{chart.title}, {chart.currency}")
    across = sum(len(label) + 1 for label in table.labels)
    _set_axes(marks, _unit(table), slanted=across > _UPRIGHT_LABELS_MAX)
    return marks


def _colour_bridge(bars: BarChart, table: Figures) -> None:
    """Balances, increases and decreases each in a colour; the base without."""
    base, *parts = bars.series
    base.graphicalProperties = GraphicalProperties(noFill=True)
    base.graphicalProperties.line.noFill = True
    last = len(table.cells) - 1
    for series in parts:
        for number, cells in enumerate(table.cells):
            color = _UP if cells[0].amount >= 0 else _DOWN
            fill = _fill(_BALANCE if number in {0, last} else color)
            series.dPt.append(DataPoint(idx=number, invertIfNegative=False, spPr=fill))


def _labels(shown: str) -> DataLabelList:
    labels = DataLabelList(numFmt=f"{shown};({shown});0", txPr=_rich(9, color=_TEXT_GREY))
    labels.dLblPos = "outEnd"
    labels.showVal = True
    labels.showSerName = labels.showCatName = labels.showLegendKey = labels.showPercent = False
    return labels


def _unit(table: Figures) -> str:
    """Number format of axis and labels: whole, thousands or millions."""
    if table.largest >= _MILLIONS_FROM:
        return '#,##0.0,,"M"'
    return '#,##0,"K"' if table.largest >= _THOUSANDS_FROM else "#,##0"


def _in_unit(amount: Decimal, largest: Decimal) -> str:
    """An amount as the axis shows it, for the labels of a bridge."""
    if largest >= _MILLIONS_FROM:
        text = f"{abs(amount).scaleb(-6):,.1f}M"
    elif largest >= _THOUSANDS_FROM:
        text = f"{abs(amount).scaleb(-3):,.0f}K"
    else:
        text = f"{abs(amount):,.0f}"
    return f"({text})" if amount < 0 else text


def _fill(color: str) -> GraphicalProperties:
    fill = GraphicalProperties(solidFill=color)
    fill.line.noFill = True
    return fill


def _legend() -> Legend:
    legend = Legend()
    legend.legendPos = "b"
    legend.txPr = _rich(9, color=_TEXT_GREY)
    return legend


def _set_title(bars: BarChart | LineChart, text: str) -> None:
    letters = CharacterProperties(sz=1200, b=True, solidFill=style.NAVY)
    line = Paragraph(
        pPr=ParagraphProperties(defRPr=letters), r=[RegularTextRun(rPr=letters, t=text)]
    )
    bars.title = Title(tx=Text(rich=RichText(p=[line])), overlay=False)


def _set_axes(bars: BarChart | LineChart, shown: str, *, slanted: bool) -> None:
    """Light lines, labels below the lowest bar, an axis in units that fit."""
    for axis in (bars.x_axis, bars.y_axis):
        axis.delete = False
        axis.majorTickMark = "none"
        axis.txPr = _rich(9, color=_TEXT_GREY)
    bars.x_axis.txPr = _rich(9, color=_TEXT_GREY, slanted=slanted)
    bars.x_axis.tickLblPos = "low"
    bars.x_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill=_GRID_GREY))
    bars.y_axis.number_format = f"{shown};({shown});0"
    grid = GraphicalProperties(ln=LineProperties(solidFill=_GRID_GREY))
    bars.y_axis.majorGridlines = ChartLines(spPr=grid)
    bars.y_axis.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))


def _rich(points: int, *, color: str, slanted: bool = False) -> RichText:
    letters = CharacterProperties(sz=points * 100, solidFill=color)
    return RichText(
        bodyPr=RichTextProperties(rot=_SLANT if slanted else 0),
        p=[Paragraph(pPr=ParagraphProperties(defRPr=letters), endParaRPr=letters)],
    )
