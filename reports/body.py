"""The rows of a data sheet as SpreadsheetML, streamed.

openpyxl builds everything else of a workbook. The data rows are written as text here for two
reasons: an amount arrives in the file with exactly its digits and never passes through a binary
number, and 100,000 rows take a third of the time of openpyxl's write-only mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.compute as pc
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from reports import style
from reports.columns import Currencies, Part, are_ordinary, column_position, part_of, told
from reports.cover import naive_utc
from reports.digits import plain, price_places
from reports.layout import FIRST_ROW, SIGNIFICANT_DIGITS, Field, Layout
from reports.style import Styles
from reports.text import cell_text
from reports.texts import InCurrencies, Texts, as_texts, in_full, joined, with_digits
from reports.totals import day, exact
from revrec.column_rows import Values, objects_of
from revrec.model.dataset import Column, ColumnType
from revrec.money import minor_digits, with_decimals
from revrec.spreadsheets import looks_like_formula

_ROWS_PER_CHUNK = 10_000
_LINE_HEIGHT = 14
_LINES_MAX = 6
_EPOCH = date(1899, 12, 30).toordinal()
Render = Callable[[object, str | None], str]
"""Value and the row's currency -> what follows the cell's address in its element.

The same for equal values of the types a column takes.
"""


def body(layout: Layout, sheet: Worksheet, styles: Styles) -> Callable[[], Iterator[bytes]]:
    """A function that streams the rows; styles are registered at once, as the file needs them.

    A row is the texts between the places where its number stands, joined by its number.
    """
    cells = [_cells_of(layout, position, sheet, styles) for position in range(len(layout.fields))]
    begins = [f'<c r="{get_column_letter(position + 1)}' for position in range(len(cells))]
    wrapped = [(place, field.width) for place, field in enumerate(layout.fields) if field.wrap]
    shown = replace(layout.data, rows=layout.rows or [[None] * len(cells)])

    def stream() -> Iterator[bytes]:
        for start in range(0, len(shown.rows), _ROWS_PER_CHUNK):
            part = part_of(shown, start, start + _ROWS_PER_CHUNK)
            first, among = FIRST_ROW + start, InCurrencies(part.currencies)
            number = as_texts(pa.array(range(first, first + len(part.currencies)), pa.int32()))
            heights = _heights(part.columns, wrapped)
            parts: list[Texts | str] = ['<row r="', number, '"', *heights, ">"]
            for place, (begin, of_column) in enumerate(zip(begins, cells, strict=True)):
                parts += [begin, number, '"', *of_column.parts(place, part, among)]
            yield joined([*parts, "</row>"], len(part.currencies))

    return stream


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cells:
    """How the cells of a column are written."""

    column: Column
    render: Render
    """One by one."""
    at_once: Callable[[pa.Array, InCurrencies], Sequence[Texts | str]] | None = None
    """All of a column of Arrow, in parts of each."""

    def parts(self, place: int, part: Part, among: InCurrencies) -> Sequence[Texts | str]:
        """What follows the address of each cell, in parts."""
        values = part.columns[place]
        alike = self.column.type is not ColumnType.TEXT or part.is_so(place, are_ordinary)
        if self.at_once is not None and isinstance(values, pa.Array) and alike:
            return self.at_once(values, among)
        return [pa.array(self._one_by_one(objects_of(values), part.currencies), pa.string())]

    def _one_by_one(self, values: Sequence[object], currencies: Currencies) -> list[str]:
        def cell(_: int, value: object, currency: str | None) -> str:
            return self.render(value, currency)

        if self.column.type is ColumnType.RATIO:  # equal ones may differ in zeros that are shown
            return [self.render(*pair) for pair in zip(values, currencies, strict=True)]
        return told(self.column, values, currencies, cell)


def _heights(columns: Sequence[Values], wrapped: Sequence[tuple[int, int]]) -> list[Texts]:
    """Attributes of rows that show sentences, with room for their lines; none without any."""
    lines = [
        [-(-len(str(value or "")) // width) for value in objects_of(columns[place])]
        for place, width in wrapped
    ]
    heights = [_height(max(each)) for each in zip(*lines, strict=True)]
    return [pa.array(heights, pa.string())] if heights else []


def _height(lines: int) -> str:
    if lines <= 1:
        return ""
    return f' ht="{_LINE_HEIGHT * min(lines, _LINES_MAX)}" customHeight="1"'


def _cells_of(layout: Layout, position: int, sheet: Worksheet, styles: Styles) -> _Cells:
    field = layout.fields[position]
    match field.column.type:
        case ColumnType.MONEY:
            return _money(layout, field, sheet, styles)
        case ColumnType.TEXT:
            return _text(field, sheet, styles)
        case ColumnType.DATE:
            return _date(layout, field, sheet, styles)
        case ColumnType.QUANTITY | ColumnType.INTEGER | ColumnType.RATIO:
            return _number(layout, field, sheet, styles)
        case ColumnType.PRICE:
            return _price(layout, field, sheet, styles)


def _text(field: Field, sheet: Worksheet, styles: Styles) -> _Cells:
    usual = styles.index(sheet, style.TEXT, wrap=field.wrap)
    quoted = styles.index(sheet, style.TEXT, wrap=field.wrap, quoted=True)

    def render(value: object, _: str | None) -> str:
        text = "" if value is None else cell_text(str(value))
        return _inline(text, quoted if looks_like_formula(text) else usual)

    def ordinary(values: pa.Array, _: InCurrencies) -> Sequence[Texts | str]:
        texts = as_texts(values).fill_null("")
        begin = f' s="{usual}" t="inlineStr"><is><t xml:space="preserve">'
        return _but(pc.equal(texts, ""), f' s="{usual}"/>', [begin, texts, "</t></is></c>"])

    return _Cells(column=field.column, render=render, at_once=ordinary)


def _but(empty: pa.BooleanArray, cell: str, parts: Sequence[Texts | str]) -> Sequence[Texts | str]:
    """Cells of their parts, but for those that are empty."""
    if not pc.any(empty, min_count=0).as_py():
        return parts
    return [pc.if_else(empty, cell, pc.binary_join_element_wise(*parts, ""))]


def _inline(text: str, index: int) -> str:
    if not text:
        return f' s="{index}"/>'
    if "_x" in text:
        # Excel reads _x0041_ as a character code; its own underscore is written as one.
        text = text.replace("_x", "_x005F_x")
    return f' s="{index}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _money(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> _Cells:
    shown: dict[str | None, tuple[int, int]] = {
        currency: (styles.index(sheet, field.form(currency)), minor_digits(currency))
        for currency in layout.currencies
        if currency is not None
    }
    empty = styles.index(sheet, style.GENERAL)

    def render(value: object, currency: str | None) -> str:
        if value is None:
            return f' s="{empty}"/>'
        index, digits = shown[currency]
        return f' s="{index}"><v>{with_decimals(value, digits)}</v></c>'  # type: ignore[arg-type] # layout found integers only

    def at_once(values: pa.Array, currencies: InCurrencies) -> Sequence[Texts | str]:
        def cells(currency: str) -> Texts:
            index, digits = shown[currency]
            amounts = with_digits(values, digits).fill_null("")
            return pc.binary_join_element_wise(f' s="{index}"><v>', amounts, "</v></c>", "")

        if values.null_count == len(values):
            return [f' s="{empty}"/>']
        return _but(values.is_null(), f' s="{empty}"/>', [currencies.each(cells)])

    return _Cells(column=field.column, render=render, at_once=at_once)


def _number(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> _Cells:
    index = styles.index(sheet, field.form(None))
    ratio = field.column.type is ColumnType.RATIO

    def render(value: object, _: str | None) -> str:
        if value is None:
            return f' s="{index}"/>'
        number = exact(layout.data, field.column, 0, value)
        if ratio:
            # A share is shown as a percentage; past the digits of a cell it is rounded.
            return f' s="{index}"><v>{Decimal(number):.{SIGNIFICANT_DIGITS}g}</v></c>'
        if field.as_text:
            return _inline(plain(number), index)
        return f' s="{index}"><v>{plain(number)}</v></c>'

    def at_once(values: pa.Array, _: InCurrencies) -> Sequence[Texts | str]:
        texts = in_full(values) if pa.types.is_decimal(values.type) else as_texts(values)
        parts = [f' s="{index}"><v>', texts.fill_null(""), "</v></c>"]
        return _but(values.is_null(), f' s="{index}"/>', parts)

    whole = None if ratio or field.as_text else at_once
    return _Cells(column=field.column, render=render, at_once=whole)


def _price(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> _Cells:
    """Each price with decimals of its own; a cell holds all of its digits."""
    if field.as_text:
        return _number(layout, field, sheet, styles)
    empty = styles.index(sheet, style.GENERAL)
    at = column_position(layout.data, field.column.name)
    part = part_of(layout.data, layout.before, layout.before + len(layout.rows))
    pairs = zip(objects_of(part.columns[at]), part.currencies, strict=True)
    indices: dict[int, int] = {}
    for value, currency in dict.fromkeys(pairs):
        if value is not None:
            places = price_places(exact(layout.data, field.column, 0, value), currency)
            indices[places] = styles.index(sheet, style.decimals(places))

    def render(value: object, currency: str | None) -> str:
        if value is None:
            return f' s="{empty}"/>'
        price = exact(layout.data, field.column, 0, value)
        return f' s="{indices[price_places(price, currency)]}"><v>{plain(price)}</v></c>'

    return _Cells(column=field.column, render=render)


def _date(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> _Cells:
    dated, timed = styles.index(sheet, style.DATE), styles.index(sheet, style.MOMENT)
    serials: dict[object, str] = {None: f' s="{dated}"/>'}

    def render(value: object, _: str | None) -> str:
        known = serials.get(value)
        if known is None:
            at = day(layout.data, field.column, 0, value)
            index = timed if isinstance(at, datetime) else dated
            known = f' s="{index}"><v>{_serial(at)}</v></c>'
            serials[value] = known
        return known

    return _Cells(column=field.column, render=render)


def _serial(value: date) -> str:
    """Days since 1899-12-30, as Excel counts them; times in UTC, to the second."""
    if not isinstance(value, datetime):
        return str(value.toordinal() - _EPOCH)
    moment = naive_utc(value)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return f"{moment.toordinal() - _EPOCH + Decimal(seconds) / 86_400:.10f}"
