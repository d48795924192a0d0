from __future__ import annotations

from decimal import Decimal

import pytest

from reports.totals import tie, totals
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet

COLUMNS = [
    Column(name="currency", title="Currency"),
    Column(name="amount", title="Amount", type=ColumnType.MONEY, total=True),
    Column(name="tax", title="Tax", type=ColumnType.MONEY),
    Column(name="units", title="Units", type=ColumnType.QUANTITY, total=True),
]


def data(name, *rows):
    """A data set of currency, amount, tax and units."""
    return DataSet(name=name, title=name.title(), columns=COLUMNS, rows=rows)


def test_totals_are_by_currency_in_column_order():
    """Dollars and yen never add; a column without a control total has none."""
    given = data(
        "a", ("USD", 10**20, 1, Decimal("0.1")), ("JPY", 7, 1, 2), ("USD", 1, None, Decimal("0.2"))
    )

    assert [
        ("amount", "JPY", 7),
        ("units", "JPY", 2),
        ("amount", "USD", 10**20 + 1),
        ("units", "USD", Decimal("0.3")),
    ] == [(total.column.name, total.currency, total.value) for total in totals(given)]


def test_a_currency_that_only_one_side_knows_ties_to_zero():
    """An amount missing on the other side is a difference, not a silence."""
    left = data("left", ("USD", 100, 5, 0), ("EUR", 3, 0, 0))
    right = data("right", ("USD", 60, 5, 0), ("USD", 40, 0, 0), ("JPY", 9, 0, 0))

    checks = tie("Amounts", (left, "amount"), (right, "amount"), mark="CF")

    assert [("EUR", 3, 0, 3), ("JPY", 0, 9, -9), ("USD", 100, 100, 0)] == [
        (check.currency, check.left, check.right, check.difference) for check in checks
    ]
    assert ("Left: Amount", "Right: Amount", "CF") == (
        checks[0].left_name,
        checks[0].right_name,
        checks[0].mark,
    )


def test_a_tie_names_the_column_that_is_not_there():
    """A misspelt column is an error, not a tie of nothing with nothing."""
    with pytest.raises(
        ReportError, match=r"a has no column 'profit'.*currency, amount, tax, units"
    ):
        tie("Amounts", (data("a"), "profit"), (data("b"), "amount"))
