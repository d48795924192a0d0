"""Exact control totals of a data set, by currency.

Money is added in minor units and quantities as decimals, so a total here is the figure that the
sums in a spreadsheet must reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import ne

import pyarrow as pa
import pyarrow.compute as pc

from reports.columns import (
    column_position,
    currency_position,
    distinct,
    values_of,
)
from revrec.column_rows import ColumnRows, Values, objects_of
from revrec.disclosure.by_column import are_as_taken
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet, TieOut
from revrec.money import from_minor

_DECIMALS = frozenset({ColumnType.QUANTITY, ColumnType.PRICE, ColumnType.RATIO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sum of one column over the rows of one currency."""

    column: Column
    position: int
    """Of the column in the data set, from 0."""
    currency: str | None
    """None in a data set without money."""
    value: int | Decimal
    """Minor units for money, otherwise as in the rows."""

    @property
    def decimal(self) -> Decimal:
        """The total as people write it, with the currency's decimals for money."""
        return as_decimal(self.column, self.value, self.currency)


def as_decimal(column: Column, value: int | Decimal, currency: str | None) -> Decimal:
    """A value of a numeric column as people write it: money leaves its minor units."""
    if column.type is ColumnType.MONEY:
        assert isinstance(value, int)
        assert currency is not None
        return from_minor(value, currency)
    return Decimal(value)


def currencies(data: DataSet) -> tuple[str | None, ...]:
    """The currencies of the rows in alphabetical order; ``(None,)`` without money or currency.

    Nothing at all for a data set with a currency column and no rows.
    Raises ``ReportError`` if money has no currency.
    """
    position = currency_position(data)
    if position is None:
        has_money = any(column.type is ColumnType.MONEY for column in data.columns)
        if has_money and data.currency is None:
            raise ReportError(
                f"{data.name} has money columns but neither a currency nor a currency column.",
                remedy="Set DataSet.currency or add a column named currency.",
            )
        return (data.currency,)
    found = distinct(values_of(data, position))
    if not all(isinstance(currency, str) and currency for currency in found):
        number = next(n for n, row in enumerate(data.rows, start=1) if not row[position])
        raise ReportError(
            f"Row {number} of {data.name} has no currency.",
            remedy="Fill the currency column in every row.",
            row=number,
        )
    return tuple(sorted(str(currency) for currency in found))


def totals(data: DataSet) -> tuple[Total, ...]:
    """The control totals, by currency and then in column order.

    Raises ``ReportError`` for a row of the wrong length, money that is not a whole number of
    minor units, or a binary floating point number.
    """
    _refuse_wrong_lengths(data)
    wanted = [position for position, column in enumerate(data.columns) if column.total]
    named = currencies(data)
    sums = {position: _sums(data, position, named) for position in wanted}
    return tuple(
        Total(column=data.columns[p], position=p, currency=each, value=sums[p].get(each, 0))
        for each in named
        for p in wanted
    )


def _refuse_wrong_lengths(data: DataSet) -> None:
    if isinstance(data.rows, ColumnRows) or set(map(len, data.rows)) <= {len(data.columns)}:
        return
    for number, row in enumerate(data.rows, start=1):
        if len(row) != len(data.columns):
            raise ReportError(
                f"Row {number} of {data.name} has {len(row)} values for "
                f"{len(data.columns)} columns.",
                row=number,
            )


def _sums(
    data: DataSet, position: int, named: Sequence[str | None]
) -> dict[str | None, int | Decimal]:
    """Sums of a column by currency; nothing counts as zero."""
    _refuse_inexact(data, position)
    parts = in_currencies(data, position)
    return {each: added(parts[each]) for each in named if each in parts}


def in_currencies(data: DataSet, position: int) -> dict[str | None, Values]:
    """The values of a column by the currency of their rows."""
    values, by = values_of(data, position), currency_position(data)
    if by is None:
        return {data.currency: values}
    currencies = values_of(data, by)
    if isinstance(values, pa.Array) and isinstance(currencies, pa.Array):
        named = currencies.unique().to_pylist()
        if len(named) == 1:
            return {str(named[0]): values}
        told = currencies.cast(pa.string())
        return {each: values.filter(pc.equal(told, each)) for each in map(str, named)}
    parts: dict[str | None, list[object]] = {}
    for currency, value in zip(objects_of(currencies), objects_of(values), strict=True):
        parts.setdefault(str(currency), []).append(value)
    return dict(parts.items())


def added(values: Values) -> int | Decimal:
    """The sum of exact values, zero for nothing."""
    if isinstance(values, pa.Array) and pa.types.is_integer(values.type):
        return int(pc.sum(values.cast(pa.decimal128(38, 0))).as_py() or 0)
    return sum(value for value in objects_of(values) if value is not None)  # type: ignore[misc] # exact numbers


def numbers(data: DataSet, position: int) -> list[int | Decimal]:
    """A numeric column, zero for nothing; ``ReportError`` if a value is not exact."""
    _refuse_inexact(data, position)
    values = objects_of(values_of(data, position))
    return [0 if value is None else value for value in values]  # type: ignore[misc] # just seen


def _refuse_inexact(data: DataSet, position: int) -> None:
    column, values = data.columns[position], values_of(data, position)
    if not are_as_taken(column, values):
        for number, value in enumerate(objects_of(values), start=1):
            if value is not None:
                exact(data, column, number, value)


def amounts(data: DataSet, position: int) -> list[int]:
    """A column of money in minor units, zero for nothing; ``ReportError`` if not exact."""
    return numbers(data, position)  # type: ignore[return-value] # money takes whole numbers alone


def greatest(data: DataSet, position: int) -> dict[str, int]:
    """The greatest amount of a column by currency, without sign; none of what has none.

    ``ReportError`` if a value is not exact.
    """
    _refuse_inexact(data, position)
    largest: dict[str, int] = {}
    for currency, values in in_currencies(data, position).items():
        if isinstance(values, pa.Array):
            bounds = pc.min_max(values).as_py().values()
            found = [bound for bound in bounds if bound is not None]
        else:
            found = [value for value in values if isinstance(value, int)]
        if found:
            most, least = max(found), min(found)
            largest[str(currency)] = max(most, -least)
    return largest


def rows_off(data: DataSet, position: int) -> int:
    """How many rows of a column of money are not the sum of its parts; nothing counts as zero."""
    names = data.columns[position].parts
    places = [column_position(data, name) for name in names]
    columns = [values_of(data, place) for place in (position, *places)]
    if places and all(isinstance(each, pa.Array) for each in columns):
        with suppress(pa.ArrowInvalid):  # beyond 64 bits, added one by one
            whole, *parts = (each.fill_null(0) for each in columns if isinstance(each, pa.Array))
            off = pc.not_equal(whole, reduce(pc.add_checked, parts))
            return int(pc.sum(off, min_count=0).as_py())
    listed = [amounts(data, place) for place in places]
    wholes = amounts(data, position)
    sums = map(sum, zip(*listed, strict=True)) if listed else [0] * len(wholes)
    return sum(map(ne, wholes, sums))


def exact(data: DataSet, column: Column, number: int, value: object) -> int | Decimal:
    """The value of a numeric column, or ``ReportError`` if it is not exact."""
    if type(value) is int or (column.type in _DECIMALS and isinstance(value, Decimal)):
        return value
    wanted = "whole minor units" if column.type is ColumnType.MONEY else "exact numbers"
    raise ReportError(
        f"Row {number} of {data.name} holds {value!r} ({type(value).__name__}) in "
        f"{column.name}, which takes {wanted}.",
        row=number,
        column=column.name,
    )


def minor_units(data: DataSet, column: Column, number: int, value: object) -> int:
    """The value of a money column in minor units, or ``ReportError`` if it is not exact."""
    amount = exact(data, column, number, value)
    assert isinstance(amount, int)
    return amount


def day(data: DataSet, column: Column, number: int, value: object) -> date:
    """The value of a date column, which may have a time; otherwise ``ReportError``."""
    if isinstance(value, date):
        return value
    raise ReportError(
        f"Row {number} of {data.name} holds {value!r} in {column.name}, which takes dates.",
        row=number,
        column=column.name,
    )


def tie(
    name: str, left: tuple[DataSet, str], right: tuple[DataSet, str], mark: str = "CF"
) -> list[TieOut]:
    """Tie the total of a money column of one data set to that of another, by currency.

    A currency that only one side knows is tied to zero.
    """
    sides = [money_totals(data, column) for data, column in (left, right)]
    return [
        TieOut(
            name=name,
            left_name=_label(*left),
            left=sides[0].get(currency, 0),
            right_name=_label(*right),
            right=sides[1].get(currency, 0),
            currency=currency,
            mark=mark,
        )
        for currency in sorted(sides[0].keys() | sides[1].keys())
    ]


def money_totals(data: DataSet, column: str) -> dict[str, int]:
    """Currency -> total of a money column in minor units, whether or not it is a control total."""
    position = column_position(data, column)
    _refuse_inexact(data, position)
    parts = in_currencies(data, position) if data.rows else {}
    return {str(each): int(added(some)) for each, some in parts.items()}


def _label(data: DataSet, column: str) -> str:
    return f"{data.title}: {data.columns[column_position(data, column)].title}"
