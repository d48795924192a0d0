"""A table on its way to a reader: named, typed columns and rows, with what it must tie to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ColumnType(StrEnum):
    """How a column is shown: text as is, money with the currency's decimals, dates as dates."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    """Integers in minor units; the row's currency column or the data set's gives the decimals."""
    QUANTITY = "quantity"
    """Exact decimals at source precision."""
    PRICE = "price"
    """Exact decimals of the row's currency for a unit; shown with at least its decimals."""
    RATIO = "ratio"
    """Exact decimals shown as a percentage."""
    INTEGER = "integer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's machine name, heading and type; ``total`` adds a control total."""

    name: str
    title: str
    type: ColumnType = ColumnType.TEXT
    total: bool = False
    width: int | None = None
    parts: tuple[str, ...] = ()
    """Columns of money that add up to this one in every row; a workbook checks it live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """Rows in a stable order with a stable key, so that two exports can be compared."""

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[object]]
    currency: str | None = None
    """Currency of all money columns, when there is only one; otherwise a ``currency`` column."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TieOut:
    """Two totals that must agree, in minor units; ``difference`` is left minus right."""

    name: str
    left_name: str
    left: int
    right_name: str
    right: int
    currency: str
    mark: str = ""
    """Tick mark for readers: TB, PY, F, CF, T or R, as the legend of the tie-out sheet says."""

    @property
    def difference(self) -> int:
        return self.left - self.right
