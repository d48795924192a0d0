"""Workings as a sheet of live formulas: what a spreadsheet computes is what the books hold.

Amounts are whole minor units, so that a cell holds them exactly. A share is a product, a whole
part and a remainder, rounded half to even by them. Where the product has more digits than a cell
keeps, it is divided digit by digit on a sheet of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from openpyxl.utils import get_column_letter

from reports import style
from reports.cover import Cover
from reports.frame import identification
from reports.layout import FIRST_ROW, HEADER_ROW, SIGNIFICANT_DIGITS
from reports.long_division import TITLE as LONG_DIVISION
from reports.long_division import LongDivision
from reports.page import Page
from reports.style import Role
from reports.text import counted
from revrec.audit.telling import in_figures
from revrec.audit.workings import Line, Operation, Working
from revrec.errors import ReportError
from revrec.money import from_minor, minor_digits

TITLE = "Arithmetic"
_WIDTHS = (7, 52, 18, 46, 20, 20, 20, 18, 18, 16, 18, 14, 50)
_HEADINGS = (
    "Line", "What it is", "Minor units", "In figures", "Numerator", "Denominator", "Product",
    "Whole part", "Remainder", "Amount", "As the engine has it", "Difference", "Rests on",
)  # fmt: skip
_LIMIT: int = 10**SIGNIFICANT_DIGITS
_NOTE = (
    "Minor units are whole numbers: lines without a formula were told, all others follow from "
    "them. A share is rounded once, half to even. Differences are the engine's numbers less these."
)


@dataclass(slots=True)
class Arithmetic:
    """The sheet while workings are written on it, and the one beside it for long divisions."""

    workings: Sequence[Working]
    divisions: LongDivision | None = None
    page: Page | None = None
    row: int = FIRST_ROW

    @property
    def long(self) -> bool:
        """Whether any product has more digits than a cell keeps."""
        return any(_is_long(line) for each in self.workings for line in each.lines)

    @property
    def starts(self) -> list[int]:
        """The row in which each working begins."""
        taken = (len(each.lines) + (each.posted is not None) + 2 for each in self.workings)
        return [FIRST_ROW + before for before in accumulate(taken, initial=0)][:-1]

    def write_divisions(self, page: Page, cover: Cover) -> None:
        """Fill the sheet of long divisions; the other one is written with it."""
        page.identify(identification(cover, LONG_DIVISION, [], "step by step"))
        self.divisions = LongDivision(page)
        self._write_all()

    def write(self, page: Page, cover: Cover) -> None:
        """Fill the sheet of workings."""
        currencies = sorted({each.currency for each in self.workings})
        extent = counted(len(self.workings), "working")
        page.identify(identification(cover, TITLE, list(currencies), extent), _NOTE)
        for column, (heading, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True), start=1):
            letter = get_column_letter(column)
            page.put(f"{letter}{HEADER_ROW}", heading, Role.HEADER)
            page.sheet.column_dimensions[letter].width = width
        page.sheet.freeze_panes = f"C{FIRST_ROW}"
        page.set_up_print(cover, HEADER_ROW, width=sum(_WIDTHS))
        page.protect(data=False)
        self.page = page
        if not self.long:
            self._write_all()

    def _write_all(self) -> None:
        for working in self.workings:
            self._working(working)

    def _working(self, working: Working) -> None:
        page = self._page
        page.put(f"A{self.row}", f"{working.title} ({working.currency})", Role.LABEL)
        first = self.row + 1
        for number, line in enumerate(working.lines):
            self._line(working, line, first, first + number)
        self.row = first + len(working.lines)
        if working.posted is not None:
            last = self.row - 1
            page.put(f"B{self.row}", "Posted", Role.TOTAL)
            page.put(f"C{self.row}", working.posted, Role.TOTAL, style.ORDINAL)
            page.put(f"K{self.row}", "Posted less computed", Role.CHECK)
            cell = f"L{self.row}"
            page.put_formula(
                cell, f"=C{self.row}-C{last}", working.difference, Role.CHECK, style.ORDINAL
            )
            page.flag(cell)
            self.row += 1
        self.row += 1

    def _line(self, working: Working, line: Line, first: int, row: int) -> None:
        page, currency = self._page, working.currency
        if abs(line.value) >= _LIMIT:
            raise ReportError(
                f"{line.name}: {line.value} minor units have more digits than a cell keeps.",
                remedy="Read the explanation as JSON.",
            )
        page.put(f"A{row}", row - first + 1, Role.FIXED, style.ORDINAL)
        page.put(f"B{row}", line.name, Role.FIXED, style.GENERAL)
        page.put(f"D{row}", in_figures(working, line), Role.FIXED, style.GENERAL)
        page.put(f"M{row}", line.rests_on, Role.FIXED, style.GENERAL)
        formula = self._formula(line, first, row)
        if formula is None:
            page.put(f"C{row}", line.value, Role.FIXED, style.ORDINAL)
        else:
            page.put_formula(f"C{row}", f"={formula}", line.value, Role.FIXED, style.ORDINAL)
        unit, amount = 10 ** minor_digits(currency), from_minor(line.value, currency)
        page.put_formula(f"J{row}", f"=C{row}/{unit}", amount, Role.FIXED, style.money(currency))
        page.put(f"K{row}", line.value, Role.FIXED, style.ORDINAL)
        page.put_formula(f"L{row}", f"=K{row}-C{row}", 0, Role.CHECK, style.ORDINAL)

    def _formula(self, line: Line, first: int, row: int) -> str | None:
        cells = [f"{'-' if each.sign < 0 else '+'}C{first + each.line}" for each in line.operands]
        match line.operation:
            case Operation.TOLD:
                return None
            case Operation.SUM:
                return "".join(cells).removeprefix("+") or "0"
            case Operation.GREATEST:
                return f"MAX({','.join(each.removeprefix('+') for each in cells)})"
            case Operation.LEAST:
                return f"MIN({','.join(each.removeprefix('+') for each in cells)})"
            case Operation.SHARE:
                price = cells[0].removeprefix("+")
                return self._long(line, price, row) if _is_long(line) else self._share(
                    line, price, row
                )  # fmt: skip

    def _share(self, line: Line, price: str, row: int) -> str:
        """Product, whole part and remainder in the cells beside; the formula that rounds them."""
        page, product = self._page, abs(line.whole) * line.numerator
        whole, remainder = divmod(product, line.denominator)
        page.put(f"E{row}", line.numerator, Role.FIXED, style.ORDINAL)
        page.put(f"F{row}", line.denominator, Role.FIXED, style.ORDINAL)
        # The quotient of doubles may be one off where it is almost whole; comparing puts it right.
        guess = f"INT(G{row}/F{row})"
        above, below = f"{guess}*F{row}>G{row}", f"({guess}+1)*F{row}<=G{row}"
        for letter, formula, value in (
            ("G", f"ABS({price})*E{row}", product),
            ("H", f"{guess}-IF({above},1,0)+IF({below},1,0)", whole),
            ("I", f"G{row}-H{row}*F{row}", remainder),
        ):  # fmt: skip
            page.put_formula(f"{letter}{row}", f"={formula}", value, Role.FIXED, style.ORDINAL)
        up = f"IF(2*I{row}>F{row},1,IF(2*I{row}=F{row},H{row}-2*INT(H{row}/2),0))"
        return f"SIGN({price})*(H{row}+{up})"

    def _long(self, line: Line, price: str, row: int) -> str:
        assert self.divisions is not None, "the sheet of long divisions is written with this one"
        page = self._page
        page.put(f"E{row}", str(line.numerator), Role.FIXED, style.DIGITS)
        page.put(f"F{row}", str(line.denominator), Role.FIXED, style.DIGITS)
        own = price.removeprefix("-")
        cell, _ = self.divisions.divide(
            (f"{TITLE}!{own}", line.whole),
            (f"{TITLE}!E{row}", f"{TITLE}!F{row}", line.numerator, line.denominator),
        )
        return f"SIGN({price})*{cell}"

    @property
    def _page(self) -> Page:
        assert self.page is not None, "sheets are written in their order"
        return self.page


def _is_long(line: Line) -> bool:
    """Whether a share's product or a part of it has more digits than a cell keeps."""
    if line.operation is not Operation.SHARE:
        return False
    product = abs(line.whole) * line.numerator
    return product >= _LIMIT or 2 * line.denominator >= _LIMIT
