"""Data sets column by column: what equal values become is found once, not once a row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from reports.text import CELL_TEXT_MAX
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.spreadsheets import FORMULA_STARTS

Values = Sequence[object]
Currencies = Sequence[str | None]
"""Of the rows, in their order."""
Told = TypeVar("Told")
Tell = Callable[[int, object, str | None], Told]
"""Number of the row from 1, its value and its currency -> what it becomes.

The same for values that are equal and of the types a column takes.
"""
CURRENCY = "currency"
"""Name of the column that holds the currency of a row's money."""
_EMPTY = type(None)
_TAKEN: dict[ColumnType, set[type]] = {
    ColumnType.TEXT: {str, _EMPTY},
    ColumnType.DATE: {date, _EMPTY},
    ColumnType.MONEY: {int, _EMPTY},
    ColumnType.INTEGER: {int, _EMPTY},
    ColumnType.QUANTITY: {int, Decimal, _EMPTY},
    ColumnType.PRICE: {int, Decimal, _EMPTY},
    ColumnType.RATIO: {int, Decimal, _EMPTY},
}
"""Types whose equal values are alike; others, such as times, are told one by one."""
_OF_CURRENCY = frozenset({ColumnType.MONEY, ColumnType.PRICE})
_SPECIAL = ("&", "<", ">", "_x")
"""What XML, or a program that reads it as a sheet, takes for more than text."""
_FIRST = frozenset({*FORMULA_STARTS, "'"})


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


def columns_of(data: DataSet, start: int, stop: int) -> tuple[list[Values], Currencies]:
    """Values of some rows by column, and the currency of each of the rows."""
    rows = data.rows[start:stop]
    columns: list[Values] = list(zip(*rows, strict=True)) or [()] * len(data.columns)
    assert len(columns) == len(data.columns), f"{data.name} has rows of {len(columns)} values"
    by = currency_position(data)
    if by is None:
        return columns, [data.currency] * len(rows)
    return columns, list(map(str, columns[by]))


def values_of(data: DataSet, position: int) -> list[object]:
    """The values of one column."""
    return [row[position] for row in data.rows]


def are_as_taken(column: Column, values: Values) -> bool:
    """Whether all values are of the types the column takes, or nothing."""
    return set(map(type, values)) <= _TAKEN[column.type]


def told(
    column: Column, values: Values, currencies: Currencies, tell: Tell[Told], first: int = 1
) -> list[Told]:
    """What each value of a column becomes; ``first`` is the number of the first row.

    Raises what ``tell`` raises, of the first row that it does not take.
    """
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
    if not set(map(type, values)) <= _TAKEN[ColumnType.TEXT]:
        return False
    distinct = {str(value) for value in set(values) if value}
    together = "".join(distinct)
    return (
        together.isprintable()
        and not any(sign in together for sign in _SPECIAL)
        and _FIRST.isdisjoint({text[0] for text in distinct})
        and max(map(len, distinct), default=0) <= CELL_TEXT_MAX
    )
