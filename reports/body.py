"""The rows of a data sheet as SpreadsheetML, streamed.

openpyxl builds everything else of a workbook. The data rows are written as text here for two
reasons: an amount arrives in the file with exactly its digits and never passes through a binary
number, and 100,000 rows take a third of the time of openpyxl's write-only mode.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import count, repeat
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from reports import style
from reports.columns import Currencies, Values, column_position, columns_of, told
from reports.cover import naive_utc
from reports.digits import plain, price_places
from reports.layout import FIRST_ROW, SIGNIFICANT_DIGITS, Field, Layout
from reports.style import Styles
from reports.text import cell_text
from reports.totals import day, exact
from revrec.model.dataset import Column, ColumnType
from revrec.money import minor_digits, with_decimals
from revrec.spreadsheets import looks_like_formula

_ROWS_PER_CHUNK = 2_000
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
    renders = [_render(layout, position, sheet, styles) for position in range(len(layout.fields))]
    begins = [f'<c r="{get_column_letter(position + 1)}' for position in range(len(renders))]
    ends = [*begins[1:], "</row>"]
    wrapped = [(place, field.width) for place, field in enumerate(layout.fields) if field.wrap]
    shown = replace(layout.data, rows=layout.rows or [[None] * len(renders)])

    def stream() -> Iterator[bytes]:
        for start in range(0, len(shown.rows), _ROWS_PER_CHUNK):
            columns, currencies = columns_of(shown, start, start + _ROWS_PER_CHUNK)
            cells = [
                _cells(field.column, values, currencies, render, end)
                for field, values, render, end in zip(
                    layout.fields, columns, renders, ends, strict=True
                )
            ]
            heads = [f'"{height}>{begins[0]}' for height in _heights(columns, wrapped)]
            texts = zip(repeat('<row r="'), heads or repeat(f'">{begins[0]}'), *cells)
            numbers = map(str, count(FIRST_ROW + start))
            yield "".join(map(str.join, numbers, texts)).encode()

    return stream


def _cells(
    column: Column, values: Values, currencies: Currencies, render: Render, end: str
) -> list[str]:
    """What follows the number of the row in each cell of a column, up to the next number."""

    def cell(_: int, value: object, currency: str | None) -> str:
        return f'"{render(value, currency)}{end}'

    if column.type is ColumnType.RATIO:  # equal ones may differ in the zeros they are shown with
        return [cell(0, *pair) for pair in zip(values, currencies, strict=True)]
    return told(column, values, currencies, cell)


def _heights(columns: Sequence[Values], wrapped: Sequence[tuple[int, int]]) -> list[str]:
    """Attributes of rows that show sentences, with room for their lines; none without any."""
    lines = [
        [-(-len(str(value or "")) // width) for value in columns[place]] for place, width in wrapped
    ]
    return [_height(max(each)) for each in zip(*lines, strict=True)]


def _height(lines: int) -> str:
    if lines <= 1:
        return ""
    return f' ht="{_LINE_HEIGHT * min(lines, _LINES_MAX)}" customHeight="1"'


def _render(layout: Layout, position: int, sheet: Worksheet, styles: Styles) -> Render:
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


def _text(field: Field, sheet: Worksheet, styles: Styles) -> Render:
    usual = styles.index(sheet, style.TEXT, wrap=field.wrap)
    quoted = styles.index(sheet, style.TEXT, wrap=field.wrap, quoted=True)

    def render(value: object, _: str | None) -> str:
        text = "" if value is None else cell_text(str(value))
        return _inline(text, quoted if looks_like_formula(text) else usual)

    return render


def _inline(text: str, index: int) -> str:
    if not text:
        return f' s="{index}"/>'
    if "_x" in text:
        # Excel reads _x0041_ as a character code; its own underscore is written as one.
        text = text.replace("_x", "_x005F_x")
    return f' s="{index}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'


def _money(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> Render:
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

    return render


def _number(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> Render:
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

    return render


def _price(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> Render:
    """Each price with decimals of its own; a cell holds all of its digits."""
    if field.as_text:
        return _number(layout, field, sheet, styles)
    empty = styles.index(sheet, style.GENERAL)
    at = column_position(layout.data, field.column.name)
    values, currencies = columns_of(layout.data, layout.before, layout.before + len(layout.rows))
    indices: dict[int, int] = {}
    for value, currency in dict.fromkeys(zip(values[at], currencies, strict=True)):
        if value is not None:
            places = price_places(exact(layout.data, field.column, 0, value), currency)
            indices[places] = styles.index(sheet, style.decimals(places))

    def render(value: object, currency: str | None) -> str:
        if value is None:
            return f' s="{empty}"/>'
        price = exact(layout.data, field.column, 0, value)
        return f' s="{indices[price_places(price, currency)]}"><v>{plain(price)}</v></c>'

    return render


def _date(layout: Layout, field: Field, sheet: Worksheet, styles: Styles) -> Render:
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

    return render


def _serial(value: date) -> str:
    """Days since 1899-12-30, as Excel counts them; times in UTC, to the second."""
    if not isinstance(value, datetime):
        return str(value.toordinal() - _EPOCH)
    moment = naive_utc(value)
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return f"{moment.toordinal() - _EPOCH + Decimal(seconds) / 86_400:.10f}"
