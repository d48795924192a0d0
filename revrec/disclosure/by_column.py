"""Data sets whose rows are held by column, of Arrow where it keeps the values as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import chain, islice

import pyarrow as pa

from revrec.column_rows import ColumnRows, Values, compact, objects_of
from revrec.model.dataset import Column, ColumnType, DataSet

_BLOCK = 20_000
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
_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.DATE: pa.date32(),
    ColumnType.MONEY: pa.int64(),
    ColumnType.INTEGER: pa.int64(),
}


def by_column(data: DataSet) -> DataSet:
    """The data set with its rows held by column; as it is where a row is of another length."""
    rows, count = data.rows, len(data.columns)
    if isinstance(rows, ColumnRows) or not set(map(len, rows)) <= {count}:
        return data
    return replace(data, rows=gathered(data.columns, rows))


def gathered(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> ColumnRows:
    """Rows of these columns, held by column as they come: few of them are objects at once."""
    coming, count = iter(rows), 0
    parts: list[list[Values]] = [[as_taken(column, ())] for column in columns]
    while block := list(islice(coming, _BLOCK)):
        count += len(block)
        for column, held, values in zip(columns, parts, zip(*block, strict=True), strict=True):
            held.append(as_taken(column, values))
    return ColumnRows(list(map(_together, parts)), count)


def _together(parts: Sequence[Values]) -> Values:
    arrays = [part for part in parts if isinstance(part, pa.Array)]
    if len(arrays) == len(parts):
        return compact(pa.concat_arrays(arrays))
    return [*chain.from_iterable(map(objects_of, parts))]


def as_taken(column: Column, values: Sequence[object]) -> Values:
    """Values of the types that a column takes, of Arrow where it keeps them as they are."""
    kind = _ARROW.get(column.type)
    if kind is None or not are_as_taken(column, values):
        return values
    try:
        return pa.array(values, kind)
    except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):  # beyond 64 bits, or no text
        return values


def are_as_taken(column: Column, values: Values) -> bool:
    """Whether all values are of the types the column takes, or nothing."""
    return isinstance(values, pa.Array) or set(map(type, values)) <= _TAKEN[column.type]
