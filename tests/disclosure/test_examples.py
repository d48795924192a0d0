from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from revrec.disclosure import Schedules
from revrec.feeds.scenario import Expectation, Scenario
from revrec.model.dataset import ColumnType
from revrec.model.history import Book
from revrec.money import to_minor
from revrec.periods import MONTHS, Period
from tests.disclosure.closing import EXAMPLES, Closed, close_all, example, report, total

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.yaml"))
FIRST = Period(2025, 10)
REPORTED = [Period(2026, 3), Period(2026, 6), Period(2026, 12), Period(2028, 12)]
"""Months reported: the ends of two quarters and a year, and of the longest example."""
BALANCES = {
    "contract_liability": "contract_balances_by_month",
    "contract_asset": "contract_assets_by_month",
    "receivable": "receivables_by_month",
}
AS_OF = {
    "rpo": ("remaining_obligations", "remaining"),
    "transaction_price": ("allocation_detail", "allocated"),
    "allocated_price": ("allocation_detail", "allocated"),
}
"""Measures that only a report as of their day shows, with data set and column."""


def month_of(expected: Expectation) -> Period | None:
    """The month at whose end an expectation can be read from schedules, if there is one."""
    if expected.as_of is not None:
        last, whole = expected.as_of, True
    else:
        first, last = expected.days
        whole = first is not None and first.day == 1
    at_end = (last + timedelta(days=1)).day == 1
    return MONTHS.of(last) if whole and at_end else None


@dataclass(frozen=True)
class Reported:
    """The examples as one company's book, closed, with reports as of some months."""

    scenarios: Mapping[str, Scenario]
    book: Book
    closed: Closed
    reports: Mapping[Period, Schedules]


@pytest.fixture(scope="module")
def reported():
    """All examples, closed month by month to the end of the longest, and reported."""
    scenarios = {name: example(name) for name in NAMES}
    together = Scenario(
        title="Every example holds beside every other.",
        cites=(),
        contracts=joined(scenarios, "contracts"),
        standalone_selling_prices=joined(scenarios, "standalone_selling_prices"),
        events=joined(scenarios, "events"),
        expected=joined(scenarios, "expected"),
    )
    book = together.book()
    closed = close_all(book, REPORTED[-1])
    made = {month: report(book, closed, FIRST, month) for month in REPORTED}
    return Reported(scenarios, book, closed, made)


def joined(scenarios: Mapping[str, Scenario], field: str) -> tuple:
    """What the examples tell under a heading; equal prices are told once."""
    told = (each for scenario in scenarios.values() for each in getattr(scenario, field))
    return tuple({repr(each): each for each in told}.values())


def test_every_total_agrees_with_every_other(reported):
    """No tie-out shows a difference, whatever happens after the report's end."""
    for month, made in reported.reports.items():
        assert made.tie_outs
        assert (month, ()) == (month, made.differences)


@pytest.mark.parametrize("name", NAMES)
def test_schedules_show_what_the_examples_derive_by_hand(reported, name):
    """Whatever an example expects at a month's end stands in a schedule, others beside it."""
    scenario = reported.scenarios[name]
    read = 0
    for expected in scenario.expected:
        month = month_of(expected)
        of_its_day = expected.measure in AS_OF
        made = reported.reports.get(month if of_its_day else REPORTED[-1])
        if month is None or made is None:
            continue
        currency = scenario.contracts[0].currency
        contracts = [each.id for each in scenario.contracts]
        asked = [expected.contract] if expected.contract else contracts

        actual = sum(figure(made, replace(expected, contract=each), month) for each in asked)

        assert (expected, to_minor(expected.amount, currency)) == (expected, actual)
        read += 1

    assert read >= len(scenario.expected) // 2


def figure(made: Schedules, expected: Expectation, month: Period) -> int:
    """The schedule's figure for an expectation."""
    data = made.datasets
    wanted = {
        name: value
        for name in ("contract", "obligation", "component")
        if (value := getattr(expected, name)) is not None
    }
    if expected.measure in AS_OF:
        name, column = AS_OF[expected.measure]
        return total(data[name], column, **wanted)
    first = MONTHS.of(expected.days[0]) if expected.days[0] else FIRST
    months = list(first.through(month))
    waterfall, flows = data["revenue_waterfall"], data["contract_balances_by_month"]
    match expected.measure:
        case "contract_liability" | "contract_asset" | "receivable":
            closing = data[BALANCES[expected.measure]]
            found = total(closing, "closing", period=str(month), **wanted)
        case "revenue" | "cumulative_revenue":
            names = [f"actual_{each}".replace("-", "_") for each in months]
            found = sum(total(waterfall, name, **wanted) for name in names)
        case "breakage_revenue":
            names = [str(each) for each in months]
            found = -sum(total(flows, "breakage", period=each, **wanted) for each in names)
        case "billed":
            columns = ("billings", "credit_memos")
            found = sum(total(flows, column, period=str(month), **wanted) for column in columns)
        case "cash_movement":
            found = -total(data["receivables_by_month"], "cash", period=str(month), **wanted)
        case "tax_liability":
            tax = data["receivables_by_month"]
            found = sum(total(tax, "tax", period=str(each), **wanted) for each in months)
        case _:
            raise AssertionError(expected.measure)
    return found


def test_data_sets_are_exact_and_comparable(reported):
    """Money is whole minor units with a currency, rows fit the headings, keys are unique."""
    for made in reported.reports.values():
        for data in made.datasets.values():
            names = [column.name for column in data.columns]
            keys = [values[names.index("row_key")] for values in data.rows]
            money = [n for n, column in enumerate(data.columns) if column.type is ColumnType.MONEY]

            assert len(set(keys)) == len(keys), data.name
            assert {len(names)} >= {len(values) for values in data.rows}, data.name
            assert not money or "currency" in names, data.name
            assert {int, type(None)} >= {type(values[n]) for values in data.rows for n in money}


def test_the_same_inputs_give_the_same_rows(reported):
    """Nothing depends on the order in which the lake gives its rows."""
    month = REPORTED[1]
    made = reported.reports[month]
    order = [("account", "descending"), ("amount", "ascending")]
    turned = replace(reported.closed, posted=reported.closed.posted.sort_by(order))

    again = report(reported.book, turned, FIRST, month)

    assert dict(made.datasets) == dict(again.datasets)
    assert made.tie_outs == again.tie_outs
    assert made.summary == again.summary
