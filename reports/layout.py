"""Where a data set goes on its sheet: titles, rows, formats, widths; all decided before writing.

Every data sheet has the same frame: rows 1 to 7 identify the report, row 8 holds the note, row 9
the headings, the data starts in row 10, and one row below the data come the control totals. A
data set longer than a sheet goes on over further sheets of the same frame, with its control totals
on the first. What cannot be shown exactly is refused here, before a file exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import pyarrow as pa
from openpyxl.utils import get_column_letter, quote_sheetname

from reports import style
from reports.columns import (
    column_position,
    currency_position,
    distinct,
    longest_of,
    values_of,
)
from reports.digits import plain
from reports.text import identifier
from reports.totals import Total, currencies, day, exact, greatest, minor_units, rows_off, totals
from revrec.column_rows import objects_of
from revrec.disclosure.by_column import are_as_taken
from revrec.disclosure.columns import ROW_KEY
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import from_minor, minor_digits

HEADER_ROW = 9
FIRST_ROW = 10
SIGNIFICANT_DIGITS = 15
"""Digits a spreadsheet cell keeps exactly."""
ROWS_MAX = 1_048_000
"""Data rows of one sheet: Excel's 1,048,576 less the frame."""
CELLS_MAX = 20_000_000
"""Cells of one sheet that a spreadsheet program still opens."""
TITLE_MAX = 31
WIDTH_MAX = 46
_KEY_WIDTH_MAX = 60
_TITLE_REFUSED = re.compile(r"[\[\]:*?/\\]")
_PRICE_LENGTH = 16
_KEYS = frozenset({ColumnType.TEXT, ColumnType.INTEGER})
_FORMS = {
    ColumnType.TEXT: style.TEXT,
    ColumnType.DATE: style.DATE,
    ColumnType.RATIO: style.RATIO,
    ColumnType.INTEGER: style.ORDINAL,
}
_LINES = ("Control total", "Sum of the rows", "Difference")
ROWS_OFF = "Rows that do not add up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A column as it is laid out."""

    column: Column
    heading: str
    """Unique within the table, as Excel demands."""
    width: int
    scale: int = 0
    """Decimal places of a quantity, the most of any row."""
    wrap: bool = False
    """Sentences longer than the column: shown on several lines."""
    as_text: bool = False
    """A quantity some of whose values a cell would round; kept as text, digit by digit."""

    def form(self, currency: str | None) -> style.Format:
        """How the column's values in a currency are shown."""
        if self.as_text:
            return style.DIGITS
        if self.column.type is ColumnType.MONEY:
            assert currency is not None
            return style.money(currency)
        added = self.column.type is ColumnType.INTEGER and self.column.total
        if added or self.column.type is ColumnType.QUANTITY:
            return style.decimals(self.scale)
        return _FORMS[self.column.type]


@dataclass(frozen=True)
class Layout:
    """A data set, its totals, and the cells that hold them."""

    data: DataSet
    title: str
    """Of the sheet, unique within the workbook."""
    fields: Sequence[Field]
    totals: Sequence[Total]
    """Of the whole data set, on its first sheet; none on those that continue it."""
    rows: Sequence[Sequence[object]]
    """Those on this sheet."""
    before: int = 0
    """Rows of the data set on the sheets before this one."""
    number: int = 1
    """Of the sheet among those of the data set."""
    further: tuple[Layout, ...] = ()
    """The sheets that continue the first, in their order."""

    @property
    def sheets(self) -> tuple[Layout, ...]:
        """All sheets of the data set, seen from the first."""
        return (self, *self.further)

    @property
    def table_name(self) -> str:
        """Name of the Excel table, the same in every period."""
        name = f"t_{identifier(self.data.name)}"
        return name if self.number == 1 else f"{name}_{self.number}"

    @property
    def last_row(self) -> int:
        """Last row of the table, which is never without a row."""
        return FIRST_ROW + max(len(self.rows), 1) - 1

    @property
    def totals_row(self) -> int:
        """First row of the control totals, set apart by an empty row."""
        return self.last_row + 2

    @cached_property
    def currencies(self) -> tuple[str | None, ...]:
        """The currencies of the rows, alphabetically."""
        return currencies(self.data)

    @cached_property
    def total_currencies(self) -> tuple[str | None, ...]:
        """The currencies that have control totals, in their order."""
        return tuple(dict.fromkeys(total.currency for total in self.totals))

    def total_row(self, currency: str | None) -> int:
        """First of the three rows with the totals of a currency."""
        return self.totals_row + len(_LINES) * self.total_currencies.index(currency)

    def total_cell(self, total: Total, line: int = 0) -> str:
        """The cell of a control total; line 1 is the sum of the rows, line 2 the difference."""
        return f"{get_column_letter(total.position + 1)}{self.total_row(total.currency) + line}"

    def reference(self, cell: str) -> str:
        """The cell as formulas on other sheets name it."""
        return f"{quote_sheetname(self.title)}!{cell}"

    def values_of(self, name: str) -> str:
        """The values of a column on this sheet as formulas on other sheets name them."""
        letter = get_column_letter(column_position(self.data, name) + 1)
        return self.reference(f"${letter}${FIRST_ROW}:${letter}${self.last_row}")

    def shown(self, total: Total) -> Decimal | str:
        """A control total as its cell holds it: a number, or text if a cell would round it."""
        as_text = self.fields[total.position].as_text
        return plain(total.value) if as_text else total.decimal

    @staticmethod
    def total_labels(currency: str | None) -> tuple[str, ...]:
        """What the three rows of control totals are called."""
        return tuple(f"{line}, {currency}" if currency else line for line in _LINES)

    def sum_formula(self, total: Total) -> str:
        """The live sum of a column over the rows of a currency, on all sheets."""
        by = currency_position(self.data)
        values = [self._cells(sheet, total.position) for sheet in self.sheets]
        if by is None:
            return f"=SUM({','.join(values)})"
        wanted = f"{get_column_letter(by + 1)}{self.total_row(total.currency) + 1}"
        keys = [self._cells(sheet, by) for sheet in self.sheets]
        sums = [f"SUMIF({key},{wanted},{of})" for key, of in zip(keys, values, strict=True)]
        return f"={'+'.join(sums)}"

    def _cells(self, sheet: Layout, position: int) -> str:
        """The values of a column on a sheet as formulas on this one name them."""
        letter = get_column_letter(position + 1)
        cells = f"{letter}{FIRST_ROW}:{letter}{sheet.last_row}"
        return cells if sheet is self else sheet.reference(cells)

    def difference_formula(self, total: Total) -> str:
        """Control total less sum, to the places that a sum of binary numbers can be trusted."""
        places = max(0, -int(total.decimal.as_tuple().exponent))
        if total.column.type is ColumnType.QUANTITY:
            whole = len(str(abs(int(total.value))))
            places = max(0, min(places, SIGNIFICANT_DIGITS - 3 - whole))
        return f"=ROUND({self.total_cell(total)}-{self.total_cell(total, 1)},{places})"

    @cached_property
    def footed_across(self) -> Mapping[int, int]:
        """Columns that other columns add up to -> rows in which they do not."""
        if not self.totals:
            return {}
        return {
            position: rows_off(self.data, position)
            for position, column in enumerate(self.data.columns)
            if column.parts
        }

    @property
    def across_row(self) -> int:
        """The row that counts rows which do not add up, below the control totals."""
        return self.totals_row + len(_LINES) * len(self.total_currencies)

    def across_formula(self, position: int) -> str:
        """How many rows, on all sheets, are not the sum of their parts."""
        parts = [column_position(self.data, name) for name in self.data.columns[position].parts]
        digits = max(minor_digits(each) for each in self.currencies if each is not None)
        counts = []
        for sheet in self.sheets:
            sums = "-".join(self._cells(sheet, each) for each in (position, *parts))
            counts.append(f"SUMPRODUCT(--(ROUND({sums},{digits})<>0))")
        return f"={'+'.join(counts)}"

    @property
    def label_position(self) -> int:
        """The column that says what the control totals are: the first of texts, or of the rest."""
        return _label_position(self.data, self.totals)

    @property
    def frozen_columns(self) -> int:
        """How many leading key columns stay in sight: at most three, and not too wide."""
        count = width = 0
        for field in self.fields[:3]:
            width += field.width
            if field.column.total or field.column.type not in _KEYS or width > _KEY_WIDTH_MAX:
                break
            count += 1
        return count


def sheets_of(data: DataSet) -> int:
    """How many sheets the rows take: at least one."""
    return max(1, -(-len(data.rows) // _rows_of_a_sheet(data)))


def _rows_of_a_sheet(data: DataSet) -> int:
    return min(ROWS_MAX, CELLS_MAX // max(1, len(data.columns)))


def lay_out(data: DataSet, title: str, *further: str) -> Layout:
    """Decide everything about the sheets of a data set, by the titles of all that it takes.

    ``ReportError`` if the data set cannot be shown exactly.
    """
    sums = totals(data)
    headings = _unique([column.title for column in data.columns])
    fields = [
        _field(data, position, heading, [t for t in sums if t.position == position])
        for position, heading in enumerate(headings)
    ]
    at = _label_position(data, sums)
    if sums and at < len(fields) and not data.columns[at].width:
        labels = [text for t in sums for text in Layout.total_labels(t.currency)]
        wide = max(fields[at].width, max(map(len, labels)) + 3)
        fields[at] = replace(fields[at], width=wide)
    most = _rows_of_a_sheet(data)
    starts = range(0, max(1, len(data.rows)), most)
    sheets = [
        Layout(
            data=data,
            title=title_of,
            totals=() if start else sums,
            fields=fields,
            rows=data.rows[start : start + most],
            before=start,
            number=number,
        )
        for number, (title_of, start) in enumerate(
            zip((title, *further), starts, strict=True), start=1
        )
    ]
    return replace(sheets[0], further=tuple(sheets[1:]))


def _label_position(data: DataSet, sums: Sequence[Total]) -> int:
    """The first column of text but the currency, else the first without a total, else none."""
    taken = {total.position for total in sums} | {currency_position(data)}
    free = [place for place in range(len(data.columns)) if place not in taken]
    texts = [place for place in free if data.columns[place].type is ColumnType.TEXT]
    return (texts or free or [len(data.columns)])[0]


def sheet_titles(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    """Titles that Excel accepts, unique without regard to case, in the order of the names."""
    used = {title.casefold() for title in taken}
    titles = []
    for name in names:
        base = _TITLE_REFUSED.sub(" ", name).strip(" '") or "Sheet"
        title, count = _shortened(base), 2
        while title.casefold() in used:
            suffix = f" ({count})"
            title, count = base[: TITLE_MAX - len(suffix)] + suffix, count + 1
        used.add(title.casefold())
        titles.append(title)
    return titles


def _shortened(title: str) -> str:
    """At most as long as Excel allows, cut between words where there are several."""
    if len(title) <= TITLE_MAX:
        return title
    words, space, _ = title[: TITLE_MAX + 1].rpartition(" ")
    return words.strip(" '") if space else title[:TITLE_MAX]


def _unique(headings: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for heading in headings:
        text = " ".join(heading.split()) or "Column"
        count = seen[text.casefold()] = seen.get(text.casefold(), 0) + 1
        unique.append(text if count == 1 else f"{text} ({count})")
    return unique


def _field(data: DataSet, position: int, heading: str, sums: Sequence[Total]) -> Field:
    column, wrap = data.columns[position], False
    match column.type:
        case ColumnType.MONEY:
            longest = _money_length(data, position, sums)
            scale, as_text = 0, False
        case ColumnType.QUANTITY | ColumnType.INTEGER:
            longest, scale, as_text = _number_shape(data, position, sums)
        case ColumnType.PRICE:
            longest, scale, as_text = _number_shape(data, position, sums)
            longest = min(longest, _PRICE_LENGTH) + len(".00")
        case ColumnType.TEXT:
            text = longest_of(values_of(data, position))
            longest, scale, as_text = len(text), 0, False
            # A row key is looked up, not read: it stays on one line.
            wrap = longest > WIDTH_MAX and " " in text and column.name != ROW_KEY.name
        case ColumnType.DATE:
            longest, scale, as_text = _date_length(data, position), 0, False
        case ColumnType.RATIO:
            _number_shape(data, position, sums)
            longest, scale, as_text = len("(1,000.00%)"), 0, False
    words = heading.split()
    label = max(*map(len, words), -(-len(heading) // 2)) + 4
    width = column.width or min(max(longest + 3, label, 8), WIDTH_MAX)
    return Field(
        column=column, heading=heading, width=width, scale=scale, wrap=wrap, as_text=as_text
    )


def _money_length(data: DataSet, position: int, sums: Sequence[Total]) -> int:
    """Characters of the longest amount as shown; refuses amounts that a cell would round."""
    column = data.columns[position]
    largest: dict[str, int] = {
        str(total.currency): abs(minor_units(data, column, 0, total.value)) for total in sums
    }
    for currency, amount in greatest(data, position).items():
        largest[currency] = max(amount, largest.get(currency, 0))
    for currency, amount in largest.items():
        if amount >= 10**SIGNIFICANT_DIGITS:
            raise ReportError(
                f"{data.name} holds {from_minor(amount, currency)} {currency} in {column.name} "
                f"({len(str(amount))} significant digits); a spreadsheet cell keeps "
                f"{SIGNIFICANT_DIGITS}.",
                remedy="Read the figure from the CSV twin, which is exact.",
                column=column.name,
                currency=currency,
            )
    return max((len(f"({from_minor(amount, c):,f})") for c, amount in largest.items()), default=0)


def _date_length(data: DataSet, position: int) -> int:
    """Characters of a day, or of a day and time if there is one; refuses what is neither."""
    column, longest = data.columns[position], len("2026-01-31")
    values = values_of(data, position)
    if isinstance(values, pa.Array) or are_as_taken(column, values):
        return longest
    for number, value in enumerate(values, start=1):
        if value is not None and isinstance(day(data, column, number, value), datetime):
            longest = len("2026-01-31 23:59")
    return longest


def _number_shape(data: DataSet, position: int, sums: Sequence[Total]) -> tuple[int, int, bool]:
    """Longest number as shown, decimal places needed, and whether a cell would round one."""
    column, values = data.columns[position], values_of(data, position)
    scale = whole = digits = 0
    told = list(distinct(values)) if are_as_taken(column, values) else objects_of(values)
    rows = (
        exact(data, column, n, value) for n, value in enumerate(told, start=1) if value is not None
    )
    for value in (*(total.value for total in sums), *rows):
        text = plain(value)
        before, _, after = text.lstrip("-").partition(".")
        scale, whole = max(scale, len(after)), max(whole, len(before))
        digits = max(digits, len((before + after).lstrip("0")))
    longest = whole + (whole - 1) // 3 + (scale + 1 if scale else 0) + 2
    return longest, scale, digits > SIGNIFICANT_DIGITS
