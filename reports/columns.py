"""Data sets column by column: what equal values become is found once, not once a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from reports.text import CELL_TEXT_MAX
from revrec.column_rows import ColumnRows, Values, objects_of
from revrec.disclosure.by_column import are_as_taken, as_taken, by_column
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.spreadsheets import FORMULA_STARTS

Currencies = Sequence[str | None]
"""Of the rows, in their order."""
Told = TypeVar("Told")
Tell = Callable[[int, object, str | None], Told]
"""Number of the row from 1, its value and its currency -> what it becomes.

The same for values that are equal and of the types a column takes.
"""
CURRENCY = "currency"
"""Name of the column that holds the currency of a row's money."""
_OF_CURRENCY = frozenset({ColumnType.MONEY, ColumnType.PRICE})
_SPECIAL = ("&", "<", ">", "_x")
"""What XML, or a program that reads it as a sheet, takes for more than text."""
_FIRST = frozenset({*FORMULA_STARTS, "'"})
SEPARATES = '[",\r\n]'
"""What a field of a CSV file is enclosed in quotation marks for."""
_SPECIAL_SIGNS = f"[&<>]|_x|^[{re.escape(''.join(sorted(_FIRST)))}]"


def currency_position(data: DataSet) -> int | None:
    """Where the currency column is, if there is one."""
    names = [column.name for column in data.columns]
    return names.index(CURRENCY) if CURRENCY in names else None


def column_position(data: DataSet, name: str) -> int:
    """Where a column is; ``ReportError`` if the data set does not have it."""
    names: Sequence[str] = [column.name for column in data.columns]
    if name not in names:
        raise ReportError(
            f"{data.name} has no column {name!r}.", remedy=f"It has {', '.join(names)}."
        )
    return names.index(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some rows by column.

    Of Arrow are columns of texts, days and whole numbers alone, of the types that they take.
    """

    columns: Sequence[Values]
    currencies: Currencies
    rows: ColumnRows

    def is_so(self, place: int, find: Callable[[Values], bool]) -> bool:
        """Whether something is so of a column of Arrow as a whole."""
        return isinstance(self.columns[place], pa.Array) and self.rows.found(place, find)


def part_of(data: DataSet, start: int, stop: int) -> Part:
    """Rows from one place up to another, from 0."""
    rows = by_column(replace(data, rows=data.rows[start:stop])).rows
    assert isinstance(rows, ColumnRows), f"{data.name} has rows of {set(map(len, rows))} values"
    by = currency_position(data)
    currencies = [data.currency] * len(rows) if by is None else map(str, rows.values(by))
    return Part(columns=rows.columns, currencies=list(currencies), rows=rows)


def values_of(data: DataSet, position: int) -> Values:
    """The values of one column."""
    if isinstance(data.rows, ColumnRows):
        return data.rows.columns[position]
    return as_taken(data.columns[position], [row[position] for row in data.rows])


def distinct(values: Values) -> set[object]:
    """The values of a column, each once."""
    return set(values.unique().to_pylist() if isinstance(values, pa.Array) else values)


def longest_of(values: Values) -> str:
    """The first of the longest texts of a column; an empty one if there is none."""
    if not isinstance(values, pa.Array):
        return max(map(str, filter(None, values)), key=len, default="")
    lengths = pc.utf8_length(values.cast(pa.string()))
    most = pc.max(lengths)
    return str(values[pc.index(lengths, most).as_py()].as_py()) if most.is_valid else ""


def told(
    column: Column, values: Values, currencies: Currencies, tell: Tell[Told], first: int = 1
) -> list[Told]:
    """What each value of a column becomes; ``first`` is the number of the first row.

    Raises what ``tell`` raises, of the first row that it does not take.
    """
    values = objects_of(values)
    if not are_as_taken(column, values):
        pairs = zip(values, currencies, strict=True)
        return [tell(number, *pair) for number, pair in enumerate(pairs, start=first)]
    named = set(currencies)
    if column.type in _OF_CURRENCY and len(named) > 1:
        priced = list(zip(values, currencies, strict=True))
        of_pairs = {pair: tell(first, *pair) for pair in set(priced)}
        return [of_pairs[pair] for pair in priced]
    currency = named.pop() if len(named) == 1 else None
    found = {value: tell(first, value, currency) for value in set(values)}
    return list(map(found.__getitem__, values))


def are_ordinary(values: Values) -> bool:
    """Whether no text among the values needs anything done for any file; nothing may be among them.

    That is: printable, not too long for a cell, without signs that mean something in XML, and
    nothing that a spreadsheet program runs.
    """
    if isinstance(values, pa.Array):
        texts = values.dictionary if isinstance(values, pa.DictionaryArray) else values
        if not pa.types.is_string(texts.type):
            return False
        if _all(pc.ascii_is_printable(texts)):
            special = pc.match_substring_regex(texts, _SPECIAL_SIGNS)
            longest = pc.max(pc.binary_length(texts)).as_py() or 0
            return _all(pc.invert(special)) and longest <= CELL_TEXT_MAX
        values = texts.unique().to_pylist()
    if not set(map(type, values)) <= {str, type(None)}:
        return False
    distinct = {str(value) for value in set(values) if value}
    together = "".join(distinct)
    return (
        together.isprintable()
        and not any(sign in together for sign in _SPECIAL)
        and _FIRST.isdisjoint({text[0] for text in distinct})
        and max(map(len, distinct), default=0) <= CELL_TEXT_MAX
    )


def need_no_quotes(values: Values) -> bool:
    """Whether no text of a column of Arrow has a sign that separates or encloses fields."""
    texts = values.dictionary if isinstance(values, pa.DictionaryArray) else values
    separated = pc.match_substring_regex(texts, SEPARATES)
    return _all(pc.invert(separated))


def _all(flags: pa.BooleanArray) -> bool:
    """Whether every flag is set; nothing may be among them."""
    return bool(pc.all(flags, min_count=0).as_py())
