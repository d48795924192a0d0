"""Revenue against what an earlier report had scheduled for the same month."""

from __future__ import annotations

from reports.earlier import Earlier, twin_of
from reports.forecast import against_forecast
from revrec.disclosure import columns as c
from revrec.disclosure.columns import records_of
from revrec.model.dataset import DataSet
from tests.reports import samples

BEFORE = [("A", 100_00, 12_00), ("B", 60_00, 5_00), ("C", 30_00, 0), ("D", 9_00, 9_00),
          ("E", 50_00, 7_00)]  # fmt: skip
"""Contract, price and what was scheduled for February."""
AFTER = [("A", 100_00, 12_00, 0), ("B", 72_00, 6_00, 0), ("C", 30_00, 8_00, 0),
         ("E", 50_00, 9_50, 2_50), ("N", 24_00, 2_00, 0)]  # fmt: skip
"""Contract, price, what was recognised in February, and what of it was of January."""


def waterfall(months, rows):
    """A waterfall of obligations that are called as their contract."""
    return DataSet(
        name="revenue_waterfall", title="Revenue waterfall",
        columns=[
            c.CUSTOMER, c.CONTRACT, c.OBLIGATION, c.CURRENCY, c.money("allocated", "Price"),
            *(c.money(name, name) for name in months), c.ROW_KEY,
        ],
        rows=[("acme", name, "o", "USD", *rest, name) for name, *rest in rows],
    )  # fmt: skip


def earlier(rows, months=("scheduled_2026_02",)):
    """The report of January."""
    twin = twin_of(waterfall(months, rows))
    return Earlier(period="2026-01", version=1, run_id="r", sha256="0" * 64,
                   twins={twin.sheet: twin})  # fmt: skip


def test_each_difference_has_its_driver():
    """As scheduled; a price raised; used; gone; more of January; new since."""
    now = waterfall(("actual_2026_02", "late"), AFTER)
    (sheet,), checks = against_forecast(earlier(BEFORE), {now.name: now}, samples.cover())
    names = ("forecast", "new", "gone", "late", "price", "unscheduled", "other", "actual")
    found = {
        row["contract"]: ([row[name] for name in names], row["largest"])
        for row in records_of(sheet)
    }

    zero = "0.00"
    assert {
        "A": (["12.00", *[zero] * 6, "12.00"], ""),
        "B": (["5.00", zero, zero, zero, "1.00", zero, zero, "6.00"],
              "Changed prices and estimates"),
        "C": ([zero, zero, zero, zero, zero, "8.00", zero, "8.00"], "Used or delivered"),
        "D": (["9.00", zero, "-9.00", *[zero] * 5], "No longer in the books"),
        "E": (["7.00", zero, zero, "2.50", zero, zero, zero, "9.50"], "Of earlier months"),
        "N": ([zero, "2.00", *[zero] * 5, "2.00"], "Contracts and promises since"),
    } == found  # fmt: skip
    assert [(37_50, 37_50, "USD")] == [(each.left, each.right, each.currency) for each in checks]


def test_a_month_that_was_not_scheduled_is_not_compared():
    """A report of a year before has no forecast of this month."""
    now = waterfall(("actual_2026_02", "late"), AFTER)
    of_before = earlier(BEFORE, ("scheduled_2025_02",))

    assert ([], []) == against_forecast(of_before, {now.name: now}, samples.cover())
