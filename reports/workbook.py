"""Data sets to one xlsx file that a controller sends on without touching it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from openpyxl import Workbook

from reports.charts import Chart
from reports.controls import COVER, TIE_OUT, write_cover, write_tie_out
from reports.cover import Cover, Status, naive_utc
from reports.files import atomically
from reports.frame import build
from reports.layout import Layout, lay_out, sheet_titles, sheets_of
from reports.package import save
from reports.page import Page
from reports.style import Styles
from reports.summary import CHART_DATA, SUMMARY, write_summary
from reports.text import printable
from revrec.errors import ReportError
from revrec.model.dataset import DataSet, TieOut

FreePage = Callable[[Page, Cover], None]
"""Fills a sheet of its own kind."""


def write_workbook(
    path: Path,
    cover: Cover,
    sheets: Sequence[DataSet],
    tie_outs: Sequence[TieOut],
    charts: Sequence[Chart] = (),
    *,
    free: Mapping[str, FreePage] | None = None,
) -> None:
    """Write Cover, Tie-out, the charts if any, and one flat table a data set, in this order.

    A data set longer than a sheet goes on over further ones, whose titles end in a number.
    Pages that are no table, by their titles, come last.

    Every sheet ends in control totals by currency beside live sums. The file appears whole or not
    at all, and the same arguments give the same bytes. ``ReportError`` if figures cannot be
    shown exactly (more than 15 significant digits, a binary number, no currency), if two data
    sets share a name, or if a chart names what does not exist.
    """
    reserved = [COVER, TIE_OUT, SUMMARY, CHART_DATA, "History"]
    drawn = free or {}
    counts = [sheets_of(data) for data in sheets]
    repeated = [data.title for data, n in zip(sheets, counts, strict=True) for _ in range(n)]
    titles = sheet_titles(repeated, reserved)
    own = sheet_titles(list(drawn), [*reserved, *titles])
    left = iter(titles)
    layouts = [
        lay_out(data, *islice(left, count)) for data, count in zip(sheets, counts, strict=True)
    ]
    _refuse_namesakes(layouts)
    by_name = {layout.data.name: layout for layout in layouts}
    for chart in charts:
        if chart.sheet not in by_name:
            raise ReportError(
                f"The chart {chart.title!r} draws the data set {chart.sheet!r}, not given.",
                remedy=f"Given are {', '.join(by_name) or 'none'}.",
            )
    workbook = Workbook()
    _describe(workbook, cover)
    styles = Styles(workbook)
    names = [COVER, TIE_OUT, *titles, *own]
    if charts:
        names = [COVER, TIE_OUT, SUMMARY, *titles, *own, CHART_DATA]
    workbook.remove(workbook.worksheets[0])
    pages = {name: Page(workbook.create_sheet(name), styles) for name in names}
    write_cover(pages[COVER], cover, layouts, tie_outs)
    write_tie_out(pages[TIE_OUT], cover, layouts, tie_outs)
    for sheet in (sheet for layout in layouts for sheet in layout.sheets):
        build(pages[sheet.title], sheet, cover)
    if charts:
        write_summary(pages[SUMMARY], pages[CHART_DATA], cover, by_name, charts)
    for title, write in zip(own, drawn.values(), strict=True):
        write(pages[title], cover)
    with atomically(path) as target:
        save(workbook, target, {name: page.part for name, page in pages.items()})


def _refuse_namesakes(layouts: Sequence[Layout]) -> None:
    """Names of data sets become names of tables, which Excel wants to differ."""
    seen: dict[str, str] = {}
    for sheet in (sheet for layout in layouts for sheet in layout.sheets):
        key, name = sheet.table_name.removeprefix("t_").casefold(), sheet.data.name
        if key in seen:
            raise ReportError(
                f"The data sets {seen[key]!r} and {name!r} share the table name {key!r}.",
                remedy="Give each data set a name of its own.",
            )
        seen[key] = name


def _describe(workbook: Workbook, cover: Cover) -> None:
    """Document properties; nothing in them depends on when or where the file is written."""
    about = workbook.properties
    about.creator = printable(cover.prepared_by)
    about.lastModifiedBy = printable(cover.approved_by or cover.prepared_by)
    about.title = printable(f"{cover.entity}: {cover.report}, {cover.months}")
    about.subject = printable(cover.book)
    about.description = printable(
        f"Run {cover.run_id}, engine {cover.engine_version}, {cover.inputs}, "
        f"chain head {cover.chain_head or 'none'}"
    )
    about.keywords = printable(f"{cover.entity}, {cover.period}, {cover.report}, {cover.status}")
    about.category = "Final" if cover.status is Status.CLOSED else "Draft"
    about.created = about.modified = naive_utc(cover.as_of)
    about.version = f"v{cover.version}"
