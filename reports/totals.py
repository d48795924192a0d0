"""Exact control totals of a data set, by currency.

Money is added in minor units and quantities as decimals, so a total here is the figure that the
sums in a spreadsheet must reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet, TieOut
from revrec.money import from_minor

CURRENCY = "currency"
"""Name of the column that holds the currency of a row's money."""
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


def currency_position(data: DataSet) -> int | None:
    """Where the currency column is, if there is one."""
    names = [column.name for column in data.columns]
    return names.index(CURRENCY) if CURRENCY in names else None


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
    found: set[object] = {row[position] for row in data.rows}
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
    wanted = [(p, column) for p, column in enumerate(data.columns) if column.total]
    sums: dict[tuple[str | None, int], int | Decimal] = {
        (currency, position): 0 for currency in currencies(data) for position, _ in wanted
    }
    by = currency_position(data)
    for number, row in enumerate(data.rows, start=1):
        if len(row) != len(data.columns):
            raise ReportError(
                f"Row {number} of {data.name} has {len(row)} values for "
                f"{len(data.columns)} columns.",
                row=number,
            )
        currency = data.currency if by is None else str(row[by])
        for position, column in wanted:
            value = row[position]
            if value is not None:
                sums[currency, position] += exact(data, column, number, value)
    return tuple(
        Total(column=data.columns[p], position=p, currency=currency, value=value)
        for (currency, p), value in sums.items()
    )


def rows_off(data: DataSet, position: int) -> int:
    """How many rows of a column of money are not the sum of its parts; nothing counts as zero."""
    parts = [column_position(data, name) for name in data.columns[position].parts]
    return sum(
        1
        for number, row in enumerate(data.rows, start=1)
        if _amount(data, number, row, position)
        != sum(_amount(data, number, row, part) for part in parts)
    )


def _amount(data: DataSet, number: int, row: Sequence[object], position: int) -> int:
    value = row[position]
    return 0 if value is None else minor_units(data, data.columns[position], number, value)


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
    by = currency_position(data)
    sums: dict[str, int] = {}
    for number, row in enumerate(data.rows, start=1):
        currency = str(data.currency if by is None else row[by])
        value = row[position]
        amount = 0 if value is None else minor_units(data, data.columns[position], number, value)
        sums[currency] = sums.get(currency, 0) + amount
    return sums


def column_position(data: DataSet, name: str) -> int:
    """Where a column is; ``ReportError`` if the data set does not have it."""
    names: Sequence[str] = [column.name for column in data.columns]
    if name not in names:
        raise ReportError(
            f"{data.name} has no column {name!r}.", remedy=f"It has {', '.join(names)}."
        )
    return names.index(name)


def _label(data: DataSet, column: str) -> str:
    return f"{data.title}: {data.columns[column_position(data, column)].title}"
