"""Price x numerator / denominator by hand: digit after digit, where a cell cannot hold the product.

A cell keeps fifteen digits exactly. Counts of rated use have more, so the larger factor is gone
through by its decimal digits, and the remainder and the divisor are kept in two parts of nine
digits. Every step is a formula over whole numbers that stay below fifteen digits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from openpyxl.utils import get_column_letter

from reports import style
from reports.layout import FIRST_ROW, HEADER_ROW, SIGNIFICANT_DIGITS
from reports.page import Page
from reports.style import Role
from revrec.errors import ReportError

TITLE = "Long division"
PART = 10**9
"""What the lower part of a number in two parts stays below."""
_HIGH_MAX = 10 ** (SIGNIFICANT_DIGITS - 2)
_HEADINGS = (
    "Digit", "Remainder and digit, low", "The same, high", "Carried", "Low", "High",
    "Quotient, first try", "Left, low", "Borrowed", "Left, low", "Left, high", "Off by",
    "Quotient's digit", "Remainder, low, first", "Borrowed", "Remainder, low", "Remainder, high",
    "Quotient",
)  # fmt: skip


@dataclass(slots=True)
class LongDivision:
    """The sheet while its blocks are written, one below the other."""

    page: Page
    row: int = FIRST_ROW
    headed: bool = field(default=False)

    def divide(self, price: tuple[str, int], ratio: tuple[str, str, int, int]) -> tuple[str, int]:
        """Write a block; the cell that holds the rounded magnitude of the share, and its value.

        ``price`` is a cell and its value, ``ratio`` the cells of numerator and denominator, both
        text, and their values.
        """
        self._head()
        whole, (above, below, numerator, denominator) = abs(price[1]), ratio
        by_price = whole > numerator
        many, few = (whole, numerator) if by_price else (numerator, whole)
        if denominator // PART >= _HIGH_MAX or few // PART >= _HIGH_MAX:
            raise ReportError(
                f"A ratio of {numerator} to {denominator} has too many digits for a spreadsheet.",
                remedy="Read the explanation as JSON.",
            )
        digits = str(many).zfill(SIGNIFICANT_DIGITS) if by_price else str(many)
        start = self.row
        text = f'TEXT(ABS({price[0]}),"{"0" * SIGNIFICANT_DIGITS}")' if by_price else above
        self._text(f"B{start}", "Digits", f"={text}", digits)
        other = above if by_price else f'TEXT(ABS({price[0]}),"0")'
        self._parts(start, "D", "Times", other, few)
        self._parts(start, "H", "By", below, denominator)
        return self._steps(start, digits, few, denominator)

    def _steps(self, start: int, digits: str, few: int, divisor: int) -> tuple[str, int]:
        factor = (f"$E${start}", f"$F${start}")
        by = (f"$I${start}", f"$J${start}")
        remainder, quotient = 0, 0
        row = start + 1
        for number, digit in enumerate(digits, start=1):
            before = None if number == 1 else row - 1
            values = _step(remainder, quotient, (int(digit), few, divisor))
            formulas = _formulas(row, before, f"MID($C${start},{number},1)", factor, by)
            for column, (formula, value) in enumerate(zip(formulas, values, strict=True), start=1):
                cell = f"{get_column_letter(column)}{row}"
                self.page.put_formula(cell, f"={formula}", value, Role.FIXED, style.ORDINAL)
            remainder, quotient = values[16] * PART + values[15], values[17]
            row += 1
        last = row - 1
        carried = f"INT(2*P{last}/{PART})"
        twice_low = f"(2*P{last}-{carried}*{PART})"
        twice_high = f"(2*Q{last}+{carried})"
        up = (
            f"IF(OR({twice_high}>{by[0]},AND({twice_high}={by[0]},{twice_low}>{by[1]})),1,"
            f"IF(AND({twice_high}={by[0]},{twice_low}={by[1]}),R{last}-2*INT(R{last}/2),0))"
        )
        rounded = quotient + (
            1 if 2 * remainder > divisor else quotient % 2 if 2 * remainder == divisor else 0
        )
        self.page.put(f"Q{row}", "Rounded, half to even", Role.LABEL)
        self.page.put_formula(f"R{row}", f"=R{last}+{up}", rounded, Role.TOTAL, style.ORDINAL)
        self.row = row + 2
        return f"'{TITLE}'!R{row}", rounded

    def _parts(self, row: int, letter: str, label: str, text: str, value: int) -> None:
        """A number of many digits in two parts, from its text; label, high and low."""
        high, low = (chr(ord(letter) + step) for step in (1, 2))
        self.page.put(f"{letter}{row}", label, Role.LABEL)
        length = f"LEN({text})"
        self.page.put_formula(
            f"{high}{row}",
            f"=IF({length}>9,VALUE(LEFT({text},{length}-9)),0)",
            value // PART,
            Role.FIXED,
            style.ORDINAL,
        )
        self.page.put_formula(
            f"{low}{row}", f"=VALUE(RIGHT({text},9))", value % PART, Role.FIXED, style.ORDINAL
        )

    def _text(self, label_cell: str, label: str, formula: str, value: str) -> None:
        self.page.put(label_cell, label, Role.LABEL)
        cell = f"C{label_cell[1:]}"
        self.page.put_formula(cell, formula, value, Role.FIXED, style.GENERAL)

    def _head(self) -> None:
        if self.headed:
            return
        self.headed = True
        for column, heading in enumerate(_HEADINGS, start=1):
            letter = get_column_letter(column)
            self.page.put(f"{letter}{HEADER_ROW}", heading, Role.HEADER)
            self.page.sheet.column_dimensions[letter].width = 20


def _step(remainder: int, quotient: int, of: tuple[int, int, int]) -> tuple[int, ...]:
    """The numbers of a step, column by column."""
    digit, few, divisor = of
    few_high, few_low = divmod(few, PART)
    high, low = divmod(divisor, PART)
    left_high, left_low = divmod(remainder, PART)
    raw_low, raw_high = left_low * 10 + digit * few_low, left_high * 10 + digit * few_high
    carried, at_low = divmod(raw_low, PART)
    at_high = raw_high + carried
    found = (remainder * 10 + digit * few) // divisor
    # The first try is by rounded numbers; whatever it is off by is put right in the next columns.
    after_low = at_low - found * low
    borrowed, low_kept = divmod(after_low, PART)
    high_kept = at_high - found * high + borrowed
    return (
        digit, raw_low, raw_high, carried, at_low, at_high, found, after_low, borrowed,
        low_kept, high_kept, 0, found, low_kept, 0, low_kept, high_kept, quotient * 10 + found,
    )  # fmt: skip


def _formulas(
    row: int, before: int | None, digit: str, factor: tuple[str, str], by: tuple[str, str]
) -> tuple[str, ...]:
    """The formulas of a step, column by column; ``before`` is the row of the step before."""
    low, high, quotient = (
        ("0", "0", "0") if before is None else (f"P{before}", f"Q{before}", f"R{before}")
    )
    return (
        f"VALUE({digit})",
        f"{low}*10+A{row}*{factor[1]}",
        f"{high}*10+A{row}*{factor[0]}",
        f"INT(B{row}/{PART})",
        f"B{row}-D{row}*{PART}",
        f"C{row}+D{row}",
        f"INT((F{row}+E{row}/{PART})/({by[0]}+{by[1]}/{PART}))",
        f"E{row}-G{row}*{by[1]}",
        f"INT(H{row}/{PART})",
        f"H{row}-I{row}*{PART}",
        f"F{row}-G{row}*{by[0]}+I{row}",
        f"IF(K{row}<0,-1,IF(OR(K{row}>{by[0]},AND(K{row}={by[0]},J{row}>={by[1]})),1,0))",
        f"G{row}+L{row}",
        f"J{row}-L{row}*{by[1]}",
        f"INT(N{row}/{PART})",
        f"N{row}-O{row}*{PART}",
        f"K{row}-L{row}*{by[0]}+O{row}",
        f"{quotient}*10+M{row}",
    )
