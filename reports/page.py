"""One sheet while it is filled: cells under named styles, and results beside formulas."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import accumulate

from openpyxl.formatting.rule import Rule
from openpyxl.styles import Font, PatternFill
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from reports import style
from reports.cover import Cover
from reports.package import Part
from reports.style import Format, Role, Styles
from reports.text import cell_text
from revrec.spreadsheets import looks_like_formula

_LETTER_PAPER, _TABLOID_PAPER = 1, 3
_LETTER_WIDTH_MAX, _TABLOID_WIDTH_MAX = 190, 320
"""Characters across a landscape page that can still be read."""
_HEADER_TEXT_MAX = 64
_NOTE_ROW, _NOTE_LINE_HEIGHT = 8, 14
_BAD = DifferentialStyle(
    font=Font(color=style.RED_TEXT, bold=True), fill=PatternFill("solid", bgColor=style.RED_FILL)
)
_GOOD = DifferentialStyle(
    font=Font(color=style.GREEN_TEXT, bold=True),
    fill=PatternFill("solid", bgColor=style.GREEN_FILL),
)


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet, the styles of its workbook, and what the file adds to it."""

    sheet: Worksheet
    styles: Styles
    part: Part = field(default_factory=Part)

    def put(
        self,
        cell: str,
        value: str | int | Decimal | datetime | None,
        role: Role,
        form: Format = style.GENERAL,
        *,
        wrap: bool = False,
    ) -> None:
        """Write a value; text is never a formula. None styles the empty cell."""
        target = self.sheet[cell]
        target.value = cell_text(value) if isinstance(value, str) else value
        target.style = self.styles.name(role, form, wrap=wrap)
        if isinstance(value, str):
            target.data_type = "s"
            target.quotePrefix = looks_like_formula(value)

    def put_formula(
        self,
        cell: str,
        formula: str,
        result: Decimal | int | str,
        role: Role,
        form: Format = style.GENERAL,
    ) -> None:
        """Write a formula of ours, with the result it gives."""
        self.sheet[cell] = formula
        self.sheet[cell].style = self.styles.name(role, form)
        self.part.results[cell] = result

    def flag(self, cells: str, good: str = "0") -> None:
        """Show cells in green if they equal ``good`` (a number or quoted text), else in red."""
        formats = self.sheet.conditional_formatting
        formats.add(cells, Rule(type="cellIs", operator="notEqual", formula=[good], dxf=_BAD))
        formats.add(cells, Rule(type="cellIs", operator="equal", formula=[good], dxf=_GOOD))

    def identify(self, lines: list[str], note: str = "") -> None:
        """Write the identification in rows 1 to 7 and the note in row 8."""
        roles = (Role.ENTITY, Role.NOTE, Role.REPORT, *[Role.NOTE] * 5)
        for row, (line, role) in enumerate(zip((*lines, note), roles, strict=True), start=1):
            if line:
                self.put(f"A{row}", line, role)
        self.sheet.row_dimensions[1].height = 22

    def wrap_note(self, widths: Sequence[int]) -> None:
        """Break the note of row 8 into lines within the columns of the first page in print."""
        cell = self.sheet[f"A{_NOTE_ROW}"]
        room = sum(widths) // _pages_across(sum(widths))
        last = max(1, bisect_right(list(accumulate(widths)), room))
        width = sum(widths[:last])
        if cell.value is None or len(str(cell.value)) <= width or last == 1:
            return
        last_column = get_column_letter(last)
        lines = -(-len(str(cell.value)) * 11 // (10 * width))
        cell.style = self.styles.name(Role.NOTE, wrap=True)
        self.sheet.merge_cells(f"A{_NOTE_ROW}:{last_column}{_NOTE_ROW}")
        self.sheet.row_dimensions[_NOTE_ROW].height = _NOTE_LINE_HEIGHT * lines

    def set_up_print(
        self, cover: Cover, repeat_row: int | None, *, width: int = 0, keys: int = 0
    ) -> None:
        """Print in landscape, fit to the page's width, identified on every page.

        ``width`` is in characters. What would be too small to read on the larger paper goes
        over several pages, with the leading ``keys`` columns repeated on each.
        """
        sheet = self.sheet
        sheet.page_setup.orientation = "landscape"
        wide = width > _LETTER_WIDTH_MAX
        sheet.page_setup.paperSize = _TABLOID_PAPER if wide else _LETTER_PAPER
        sheet.page_setup.fitToWidth = pages = _pages_across(width)
        if pages > 1 and keys:
            sheet.print_title_cols = f"A:{get_column_letter(keys)}"
        sheet.page_setup.fitToHeight = 0
        sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        sheet.page_margins.left = sheet.page_margins.right = 0.4
        sheet.page_margins.top = sheet.page_margins.bottom = 0.7
        if repeat_row:
            sheet.print_title_rows = f"{repeat_row}:{repeat_row}"
        head, foot = sheet.HeaderFooter.oddHeader, sheet.HeaderFooter.oddFooter
        assert head is not None
        assert foot is not None
        head.left.text = _header_text(f"{cover.entity}, {cover.book}")
        head.center.text = _header_text(cover.report)
        head.right.text = _header_text(f"{cover.months}, {cover.status}")
        foot.left.text = f"Chain head {_header_text(cover.chain_head) or 'none'}"
        foot.right.text = "&A, page &P of &N"
        for text in (head.left, head.center, head.right, foot.left, foot.right):
            text.size = 8

    def protect(self, *, data: bool) -> None:
        """Guard formulas against being typed over; no password, it guards against accidents.

        On data sheets the data may be edited, sorted, filtered, formatted and pivoted.
        """
        guard = self.sheet.protection
        guard.sheet = True
        guard.formatColumns = guard.formatRows = False
        if data:
            guard.formatCells = guard.sort = guard.autoFilter = guard.pivotTables = False


def _pages_across(width: int) -> int:
    """Pages side by side that so many characters take on the larger paper."""
    return max(1, -(-width // _TABLOID_WIDTH_MAX))


def _header_text(text: str) -> str:
    """Text for a page header, in which an ampersand starts a code."""
    if len(text) > _HEADER_TEXT_MAX:
        text = f"{text[: _HEADER_TEXT_MAX - 3]}..."
    return text.replace("&", "&&")
