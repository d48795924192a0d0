"""Columns that schedules share, so that one thing has one name and one heading everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import from_minor
from revrec.periods import Period

ROW_KEY = Column(name="row_key", title="Row key")
"""Unique and stable: two exports of the same schedule are compared by it."""


def text(name: str, title: str) -> Column:
    """Text as it is."""
    return Column(name=name, title=title)


def day(name: str, title: str) -> Column:
    """A calendar day."""
    return Column(name=name, title=title, type=ColumnType.DATE)


def money(name: str, title: str, *, total: bool = True, parts: Iterable[str] = ()) -> Column:
    """Minor units of the row's currency, with a control total unless sums mean nothing.

    ``parts`` name the columns that add up to it in every row.
    """
    kind = ColumnType.MONEY
    return Column(name=name, title=title, type=kind, total=total, parts=tuple(parts))


def rolled(lines: Mapping[str, str], *, untotalled: Collection[str] = ()) -> list[Column]:
    """Money columns by name and heading, of which the last is the sum of all before."""
    *parts, last = lines
    return [
        money(name, title, total=name not in untotalled, parts=parts if name == last else ())
        for name, title in lines.items()
    ]


def count(name: str, title: str, *, total: bool = False) -> Column:
    """A whole number."""
    return Column(name=name, title=title, type=ColumnType.INTEGER, total=total)


def quantity(name: str, title: str) -> Column:
    """An exact decimal."""
    return Column(name=name, title=title, type=ColumnType.QUANTITY)


def price(name: str, title: str) -> Column:
    """An exact price of a unit in the row's currency."""
    return Column(name=name, title=title, type=ColumnType.PRICE)


def ratio(name: str, title: str) -> Column:
    """An exact share of one."""
    return Column(name=name, title=title, type=ColumnType.RATIO)


def month_name(prefix: str, month: Period) -> str:
    """Machine name of a month's column: ``actual_2026_01``."""
    return f"{prefix}_{str(month).replace('-', '_')}"


def key_of(*parts: str) -> str:
    r"""A row key; a slash within a part is marked, so that two keys are never the same.

    >>> key_of("ACME/1", "seats")
    'ACME\\/1/seats'
    """
    key = "/".join(parts)
    if "\\" not in key and key.count("/") == len(parts) - 1:
        return key
    return "/".join(part.replace("\\", "\\\\").replace("/", "\\/") for part in parts)


def parts_of(key: str) -> list[str]:
    r"""The parts of a row key: the inverse of ``key_of``.

    >>> parts_of("ACME\\/1/seats/")
    ['ACME/1', 'seats', '']
    """
    parts, marked = [""], False
    for sign in key:
        if marked or sign not in {"\\", "/"}:
            parts[-1] += sign
            marked = False
        elif sign == "/":
            parts.append("")
        else:
            marked = True
    return parts


def records_of(data: DataSet) -> list[dict[str, object]]:
    """Rows by column name; money as decimals of its currency, in text."""
    money = {each.name for each in data.columns if each.type is ColumnType.MONEY}
    records = []
    for row in data.rows:
        told = dict(zip((each.name for each in data.columns), row, strict=True))
        currency = str(told.get("currency") or data.currency or "")
        for name in money:
            value = told[name]
            told[name] = None if value is None else f"{from_minor(int(str(value)), currency):f}"
        records.append(told)
    return records


ENTITY = count("entity", "Entity")
CUSTOMER = text("customer", "Customer")
CONTRACT = text("contract", "Contract")
OBLIGATION = text("obligation", "Performance obligation")
COMPONENT = text("component", "Component of the price")
PRODUCT = text("product", "Product")
CURRENCY = text("currency", "Currency")
PERIOD = text("period", "Month")
