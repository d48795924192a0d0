"""The page of one component in the workbook: what its memo says, beside charts of it.

The figures of the charts stand under the text, so that a chart shows what the page holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from openpyxl.chart import Reference, ScatterChart, Series
from openpyxl.chart.legend import Legend
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.utils import get_column_letter

from reports import style
from reports.cover import Cover
from reports.frame import identification
from reports.layout import HEADER_ROW
from reports.page import Page
from reports.style import Role
from reports.text import counted
from revrec.operations.memos import lines_of

PAGES_MAX = 200
"""Pages of a workbook; the others are on the sheet of all memos and in the JSON."""
_WIDTHS = {"A": 20, "B": 26, "C": 48, "D": 15, "E": 15}
_CHART_CM = (17, 8.5)
_BESIDE = "G"
_ROWS_PER_CHART = 18
_LINES: Mapping[str, tuple[str, bool]] = {
    "Observed": ("1F3864", False),
    "Estimate": ("2F6DB5", False),
    "Included": ("2A9D8F", False),
    "10% are below": ("7FB2E5", True),
    "10% are above": ("7FB2E5", True),
    "Threshold": ("C8553D", True),
}
"""Series of the charts: colour, and whether the line is dashed."""
_DIGITS = 12
"""Significant digits of a figure that is drawn: more than a chart shows."""
_Figures = tuple[date, Mapping[str, Decimal | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """A chart with its figures, by day."""

    title: str
    figures: Sequence[_Figures]

    @property
    def series(self) -> list[str]:
        """Names of the lines that have any figure."""
        return [
            name for name in _LINES if any(told.get(name) is not None for _, told in self.figures)
        ]


def write_page(page: Page, cover: Cover, memo: Mapping[str, Any]) -> None:
    """Write a component's page: sections down the left, charts beside, their figures below."""
    told = list(lines_of(memo))
    extent = counted(len(told), "line")
    page.identify(identification(cover, memo["component"], [memo.get("currency")], extent))
    for letter, width in _WIDTHS.items():
        page.sheet.column_dimensions[letter].width = width
    for letter, heading in zip("ABC", ("Section", "Item", "Value"), strict=True):
        page.put(f"{letter}{HEADER_ROW}", heading, Role.HEADER)
    before = ""
    for row, (section, item, value) in enumerate(told, start=HEADER_ROW + 1):
        page.put(f"A{row}", section if section != before else None, Role.LABEL)
        page.put(f"B{row}", item.replace("_", " "), Role.FIXED)
        page.put(f"C{row}", value, Role.FIXED, style.TEXT, wrap=True)
        before = section
    row = HEADER_ROW + len(told) + 3
    for number, drawing in enumerate(_drawings(memo)):
        _put_figures(page, drawing, row)
        anchor = f"{_BESIDE}{HEADER_ROW + number * _ROWS_PER_CHART}"
        page.sheet.add_chart(_chart(page, drawing, row + 1), anchor)
        row += len(drawing.figures) + 4
    page.set_up_print(cover, None)
    page.protect(data=False)


def _drawings(memo: Mapping[str, Any]) -> Iterator[_Drawing]:
    """Use to date and to come, where use is uncertain, and the estimates so far."""
    if memo.get("history"):
        yield _Drawing(title="Use to date and to the end", figures=_use(memo))
    yield _Drawing(
        title=f"Estimates so far, {memo.get('unit', '')}",
        figures=[
            (
                date.fromisoformat(each["as_of"]),
                {
                    "Estimate": _number(each["unconstrained"]),
                    "Included": _number(each["included"]),
                    "10% are below": _number(each["low"]),
                    "10% are above": _number(each["high"]),
                },
            )
            for each in memo["estimates"]
        ],
    )


def _use(memo: Mapping[str, Any]) -> list[_Figures]:
    """Use added up to the day of the estimate, and what is expected at the end, with its range."""
    data, told = memo["data"], memo["history"]
    threshold = _number(memo.get("threshold"))
    observed = Decimal(data["observed"])
    running = observed - sum((Decimal(used) for _, used in told), Decimal(0))
    figures: list[_Figures] = []
    for day, used in told:
        running += Decimal(used)
        figures.append(
            (date.fromisoformat(day), {"Observed": _number(running), "Threshold": threshold})
        )
    as_of = date.fromisoformat(memo["as_of"])
    now = _number(observed)
    figures[-1] = (
        as_of,
        {
            "Observed": now, "Estimate": now, "10% are below": now, "10% are above": now,
            "Threshold": threshold,
        },
    )  # fmt: skip
    last = {
        "Estimate": _number(memo["expected_quantity"]),
        "10% are below": _number(data["use_low"]),
        "10% are above": _number(data["use_high"]),
        "Threshold": threshold,
    }
    return [*figures, (as_of + timedelta(max(int(memo["days_left"]), 1)), last)]


def _number(told: str | Decimal | None) -> Decimal | None:
    """A figure to the digits that are drawn."""
    return None if told in {None, ""} else Decimal(f"{Decimal(told or 0):.{_DIGITS}g}")


def _put_figures(page: Page, drawing: _Drawing, row: int) -> None:
    page.put(f"A{row}", f"Figures of the chart: {drawing.title}", Role.REPORT)
    page.put(f"A{row + 1}", "Day", Role.HEADER)
    for column, name in enumerate(drawing.series, start=2):
        page.put(f"{get_column_letter(column)}{row + 1}", name, Role.HEADER, style.RIGHT)
    for at, (day, told) in enumerate(drawing.figures, start=row + 2):
        moment = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a day, as cells keep it
        page.put(f"A{at}", moment, Role.FIXED, style.DATE)
        for column, name in enumerate(drawing.series, start=2):
            page.put(
                f"{get_column_letter(column)}{at}", told.get(name), Role.FIXED, style.decimals(2)
            )


def _chart(page: Page, drawing: _Drawing, heading_row: int) -> ScatterChart:
    """Lines over days; a single day is a row of marks."""
    chart = ScatterChart(scatterStyle="lineMarker")
    chart.title, chart.style = drawing.title, 2
    chart.width, chart.height = _CHART_CM
    chart.legend = Legend(legendPos="b")
    last = heading_row + len(drawing.figures)
    days = Reference(page.sheet, min_col=1, min_row=heading_row + 1, max_row=last)
    for column, name in enumerate(drawing.series, start=2):
        values = Reference(page.sheet, min_col=column, min_row=heading_row, max_row=last)
        series = Series(values, days, title_from_data=True)
        color, dashed = _LINES[name]
        line = LineProperties(solidFill=color, w=19_050, prstDash="dash" if dashed else None)
        series.graphicalProperties = GraphicalProperties(ln=line)
        series.smooth = False
        series.marker.symbol = "circle" if len(drawing.figures) == 1 else "none"
        series.marker.graphicalProperties = GraphicalProperties(solidFill=color)
        chart.series.append(series)
    chart.x_axis.number_format, chart.y_axis.number_format = "yyyy-mm-dd", "#,##0"
    chart.x_axis.majorGridlines = None
    days_drawn = [day.toordinal() for day, _ in drawing.figures]
    excel_epoch = date(1899, 12, 30).toordinal()
    chart.x_axis.scaling.min = min(days_drawn) - excel_epoch
    chart.x_axis.scaling.max = max(days_drawn) - excel_epoch + (len(days_drawn) == 1)
    for axis in (chart.x_axis, chart.y_axis):
        axis.delete = False
    return chart
