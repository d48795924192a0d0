"""Data sets whose rows are held by column, of Arrow where it keeps the values as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pyarrow as pa

from revrec.column_rows import ColumnRows, Values
from revrec.model.dataset import Column, ColumnType, DataSet

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
    listed = zip(*rows, strict=True) if rows else [()] * count
    columns = [as_taken(*pair) for pair in zip(data.columns, listed, strict=True)]
    return replace(data, rows=ColumnRows(columns, len(rows)))


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
