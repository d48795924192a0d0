"""What surrounds the data of a sheet: identification, headings, table, control totals."""

from __future__ import annotations

from collections.abc import Sequence

from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo

from reports import style
from reports.body import body
from reports.columns import CURRENCY
from reports.cover import Cover, timestamp
from reports.layout import FIRST_ROW, HEADER_ROW, ROWS_OFF, Field, Layout
from reports.page import Page
from reports.style import Role
from reports.text import counted, identifier
from reports.totals import Total
from revrec.model.dataset import ColumnType

_LINE_HEIGHT = 14
_ARROW = 3
"""Characters of a heading's cell that the filter's arrow and the margins take."""


def identification(
    cover: Cover, title: str, currencies: Sequence[str | None], extent: str
) -> list[str]:
    """The seven lines at the top of every sheet; ``extent`` says how much is on it."""
    amounts = ", ".join(currency for currency in currencies if currency)
    return [
        cover.entity,
        cover.book,
        f"{cover.report}: {title}",
        f"Period {cover.months}, as of {timestamp(cover.as_of)}",
        f"Functional currency {cover.functional_currency}"
        + (f"; amounts in {amounts}" if amounts else ""),
        f"Run {cover.run_id}, engine {cover.engine_version}, status {cover.status}",
        f"{cover.signatures}. Source: {cover.inputs}; {extent}",
    ]


def build(page: Page, layout: Layout, cover: Cover) -> None:
    """Everything of a data sheet, with its rows to be streamed into the file."""
    page.identify(
        identification(cover, layout.data.title, layout.currencies, _extent(layout)), _note(layout)
    )
    for position, field in enumerate(layout.fields, start=1):
        letter = get_column_letter(position)
        page.put(f"{letter}{HEADER_ROW}", field.heading, Role.HEADER, _heading_form(field))
        page.sheet.column_dimensions[letter].width = field.width
    tallest = max(map(_lines, layout.fields))
    page.sheet.row_dimensions[HEADER_ROW].height = _LINE_HEIGHT * tallest + 4
    page.sheet.freeze_panes = f"{get_column_letter(layout.frozen_columns + 1)}{FIRST_ROW}"
    _add_table(page, layout)
    page.part.body = body(layout, page.sheet, page.styles)
    page.part.body_before = layout.totals_row
    last = get_column_letter(len(layout.fields))
    page.part.digits_as_text = f"A{FIRST_ROW}:{last}{layout.last_row}"
    _add_totals(page, layout)
    widths = [field.width for field in layout.fields]
    page.wrap_note(widths)
    page.set_up_print(cover, HEADER_ROW, width=sum(widths), keys=layout.frozen_columns)
    page.protect(data=True)


def _extent(layout: Layout) -> str:
    """How many rows there are, and which of them stand here if not all do."""
    whole = len(layout.data.rows)
    if len(layout.rows) == whole:
        return counted(whole, "row")
    last = layout.before + len(layout.rows)
    return f"rows {layout.before + 1:,} to {last:,} of {whole:,}"


def _note(layout: Layout) -> str:
    notes = [layout.data.note]
    if texts := [field.heading for field in layout.fields if field.as_text]:
        kept = "more digits than a cell keeps, shown as text and not added up."
        notes.append(f"{', '.join(texts)}: {kept}")
    if layout.further:
        titles = ", ".join(sheet.title for sheet in layout.further)
        notes.append(f"Continued on {titles}; the control totals are of all rows.")
    if layout.number > 1:
        notes.append("Continued from the sheet before; the control totals stand on the first.")
    return " ".join(filter(None, notes))


def _heading_form(field: Field) -> style.Format:
    textual = field.column.type in {ColumnType.TEXT, ColumnType.DATE}
    return style.GENERAL if textual else style.RIGHT


def _lines(field: Field) -> int:
    """Lines a heading needs, with room for the filter's arrow."""
    lines, used = 1, 0
    for word in field.heading.split():
        if used and used + 1 + len(word) > field.width - _ARROW:
            lines, used = lines + 1, 0
        used += len(word) + (1 if used else 0)
    return lines


def _add_table(page: Page, layout: Layout) -> None:
    reference = f"A{HEADER_ROW}:{get_column_letter(len(layout.fields))}{layout.last_row}"
    table = Table(displayName=layout.table_name, name=layout.table_name, ref=reference)
    table.autoFilter = AutoFilter(ref=reference)
    table.tableColumns = [
        TableColumn(id=number, name=field.heading)
        for number, field in enumerate(layout.fields, start=1)
    ]
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    page.sheet.add_table(table)


def _add_totals(page: Page, layout: Layout) -> None:
    """Control total as a value, live sum, difference; three rows for each currency."""
    if not layout.totals:
        text = "End of the sheet's rows" if layout.further or layout.number > 1 else "End of data"
        text = text if layout.rows else "No rows"
        page.put(f"A{layout.totals_row}", text, Role.NOTE)
        return
    free = layout.label_position
    for currency in layout.total_currencies:
        for line, label in enumerate(layout.total_labels(currency)):
            row = layout.total_row(currency) + line
            role = Role.CHECK if line else Role.TOTAL
            for position, field in enumerate(layout.fields):
                code = currency if field.column.name == CURRENCY else None
                page.put(f"{get_column_letter(position + 1)}{row}", code, role)
            page.put(f"{get_column_letter(free + 1)}{row}", label, role)
    for total in layout.totals:
        _add_total(page, layout, total)
    if layout.footed_across:
        _add_across(page, layout)


def _add_across(page: Page, layout: Layout) -> None:
    """Below each column that others add up to: in how many rows they do not."""
    row = layout.across_row
    for position in range(len(layout.fields)):
        page.put(f"{get_column_letter(position + 1)}{row}", None, Role.CHECK)
    page.put(f"{get_column_letter(layout.label_position + 1)}{row}", ROWS_OFF, Role.CHECK)
    for position, off in layout.footed_across.items():
        cell = f"{get_column_letter(position + 1)}{row}"
        page.put_formula(cell, layout.across_formula(position), off, Role.CHECK, style.COUNT)
        page.flag(cell)


def _add_total(page: Page, layout: Layout, total: Total) -> None:
    """The three cells of one total; its name refers to the value, which needs no recalculation."""
    field = layout.fields[total.position]
    form = field.form(total.currency)
    value, added, difference = (layout.total_cell(total, line) for line in range(3))
    page.put(value, layout.shown(total), Role.TOTAL, form)
    if not field.as_text:
        page.put_formula(added, layout.sum_formula(total), total.decimal, Role.CHECK, form)
        page.put_formula(difference, layout.difference_formula(total), 0, Role.CHECK, form)
        page.flag(difference)
    parts = ["total", layout.data.name, total.column.name, total.currency or ""]
    name = "_".join(identifier(text) for text in parts if text)
    column, row = get_column_letter(total.position + 1), layout.total_row(total.currency)
    workbook = page.sheet.parent
    assert workbook is not None
    workbook.defined_names[name] = DefinedName(name, attr_text=layout.reference(f"${column}${row}"))
