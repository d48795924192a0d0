"""Every kind of posting is computed once more from its facts, and a spreadsheet agrees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from hypothesis import given

from reports.arithmetic import FIRST_ROW, TITLE
from reports.cover import Cover
from reports.explanation import pages
from reports.workbook import write_workbook
from revrec.audit.explanation import Explanation, Known, Subject
from revrec.audit.workings import Sheet, Working
from revrec.feeds.scenario import read_yaml
from revrec.ledger.kinds import KINDS, OPENING
from revrec.ledger.subledger import first_period
from revrec.model.history import Book
from revrec.periods import Period
from tests.audit.recomputed import Row, workings
from tests.books import EXAMPLES
from tests.properties.books import read_book
from tests.properties.profiles import examples
from tests.properties.test_functional import measured, some_periods
from tests.reports.libreoffice import recalculated
from tests.strategies import stories

Told = dict[str, Any]
RATES = [Decimal("1.1"), Decimal("0.9"), Decimal("1.37")]
seldom = examples(commit=1, torture=150)


def told(name: str, **elected: str) -> Book:
    """An example, in a functional currency that is not its own."""
    [path] = EXAMPLES.rglob(f"{name}.yaml")
    scenario: Told = read_yaml(path.read_text(encoding="utf-8"), name)  # type: ignore[assignment]
    scenario["policy"] = {**scenario.get("policy", {}), **elected}
    scenario.setdefault("events", [])
    return read_book(scenario) if "exchange_rates" in scenario else measured(scenario, RATES)


CLOSED: Mapping[str, tuple[int, ...]] = {
    "advance_payment_financed": (1,),
    "cancellable_until_paid": (1,),
    "deposit_on_a_building": (1,),
    "equipment_paid_in_installments": (3,),
    "gift_cards_owed_to_a_state": (12,),
    "handset_with_a_plan": (7,),
    "metered_service_billed_later": (1,),
    "only_incremental_costs": (1, 2),
    "payment_to_a_customer": (1,),
    "prepaid_card_with_breakage": (1,),
    "rebate_promised_after_the_sale": (1,),
    "right_of_return": (1,),
    "sales_tax_on_top": (1,),
    "shares_for_weekly_service": (6,),
    "sold_with_a_call": (1,),
    "taken_over_at_cutover": (5,),
    "uncollectible_then_paid": (1,),
    "vouchers_sold_as_an_agent": (1,),
}
"""Examples, and how many months after their first fact they are closed."""
OWN_RATES = (0, 1)
"""Months after their first fact at which examples are closed that tell rates of their own."""
COVER = Cover(
    entity="Acme",
    report="Explanation",
    period="2026-01",
    as_of=datetime(2026, 2, 1, tzinfo=UTC),
    functional_currency="TND",
    run_id="F1",
    engine_version="2",
    facts_version=1,
    prepared_by="ada",
)


def of_history(*events: Told) -> Book:
    """A contract of 36,500.00 by days whose history is told; the other system had 18,250.00."""
    contract = {
        "id": "L", "customer": "l", "currency": "USD", "inception": date(2026, 1, 1),
        "end": date(2026, 12, 31),
        "obligations": [{"id": "access", "product": "p", "measure": "days"}],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "36500.00"},
            {"id": "rebate", "kind": "variable", "amount": "0.00"},
        ],
    }  # fmt: skip
    invoice = {
        "kind": "invoice", "id": "I", "contract": "L", "on": date(2026, 1, 1),
        "lines": [{"amount": "36500.00", "obligation": "access"}],
    }  # fmt: skip
    opening = {
        "kind": "opening_balance", "id": "O", "contract": "L", "on": date(2026, 6, 30),
        "currency": "USD", "basis": "history", "adjusts": True, "billed": "36500.00",
        "paid": "0.00", "receivable": "36500.00", "contract_liability": "18250.00",
        "reason": "Months became days.",
        "obligations": [{"obligation": "access", "recognized": "18250.00"}],
    }  # fmt: skip
    return read_book({"contracts": [contract], "events": [invoice, opening, *events]})


def of_costs_and_purchases() -> Book:
    """A commission that is not brought back, and advertising bought from the customer.

    300.00 of the 500.00 paid are worth it; 10.00 are left to cover 900.00 of commission.
    """
    contract = {
        "id": "B", "customer": "b", "currency": "USD", "inception": date(2026, 1, 1),
        "end": date(2027, 12, 31),
        "obligations": [{"id": "access", "product": "p", "measure": "even_months"}],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "1530.00"},
            {"id": "advertising", "kind": "variable", "amount": "500.00",
             "payable": {"distinct": True, "fair_value": "300.00"}},
        ],
    }  # fmt: skip
    events: list[Told] = [
        {"kind": "customer_payment", "id": "P", "contract": "B", "on": date(2026, 1, 5),
         "amount": "500.00", "consideration": "advertising"},
        {"kind": "contract_cost", "id": "commission", "contract": "B", "on": date(2026, 1, 1),
         "amount": "900.00", "incremental": True},
        {"kind": "contract_cost_review", "id": "R", "contract": "B", "on": date(2026, 1, 31),
         "expected_consideration": "10.00"},
    ]  # fmt: skip
    return read_book({"contracts": [contract], "events": events})


REBATE = {
    "kind": "estimate", "id": "E", "contract": "L", "on": date(2026, 6, 30),
    "consideration": "rebate", "amount": "-3650.00",
}  # fmt: skip
CUTOVER = [(of_history(), Period(2026, 6)), (of_history(REBATE), Period(2026, 7))]
"""Closed at the cutover with an adjustment; a concession for the time before is told after."""


def has_rates(path: Path) -> bool:
    """Whether an example tells rates of exchange, for its own months."""
    return "exchange_rates:" in path.read_text(encoding="utf-8")


def closed_example(name: str, *months: int) -> list[tuple[Row, Working]]:
    """An example closed so many months after its first fact, balances split by maturity."""
    book = told(name, current_and_non_current="posted")
    first = first_period(book, Period(2030, 12))
    return list(workings([(book, first.plus(each)) for each in months]))


def long_ones(dice: Random, count: int) -> Working:
    """Shares with more digits than a cell keeps, some of them exactly half a unit."""
    sheet = Sheet()
    lines = []
    for number in range(count):
        denominator = dice.randrange(10**14, 10**20) * 2 + number % 2
        price = sheet.told("price", dice.choice((-1, 1)) * dice.randrange(1, 10**9))
        lines.append(sheet.share("part", price, dice.randrange(denominator), denominator))
        half = dice.randrange(10**15, 10**16) * 2 + 1
        one = sheet.told("price", dice.randrange(1, 10**3) * 2 + 1)
        lines.append(sheet.share("half", one, half, 2 * 10**15))
    sheet.sum("all", *lines)
    return sheet.working("Long divisions", "USD", sheet.lines[-1].value)


def computed(found: Sequence[Working], folder: Path) -> list[int]:
    """The results of workings as LibreOffice computes the workbook of them."""
    explanation = Explanation(
        subject=Subject.POSTING,
        name="all",
        title="all",
        day=date(2026, 1, 31),
        known=Known(
            known_at=COVER.as_of, fact_seq=1, usage_version=None, engine_version="2", book="ASC 606"
        ),
        amounts={},
        workings=found,
    )
    path = folder / "explained.xlsx"
    write_workbook(path, COVER, [], [], free=pages(explanation))
    [again] = recalculated([path], folder)
    cells = openpyxl.load_workbook(again, data_only=True)[TITLE]
    results, row = [], FIRST_ROW
    for each in found:
        row += len(each.lines)
        results.append(cells[f"C{row}"].value)
        # Under the last line stands what is posted; every line agreed with the engine's.
        assert [0] * (len(each.lines) + 1) == [
            cells[f"L{number}"].value for number in range(row - len(each.lines) + 1, row + 2)
        ]
        row += 3
    return results


def some_of_each_kind(found: Sequence[tuple[Any, Working]], most: int) -> list[Working]:
    """So many workings of each kind at most, drawn."""
    dice, left = Random(606), Counter[str]()
    drawn = []
    for row, working in dice.sample(list(found), len(found)):
        kind = f"{row['event']} {working.currency == row['currency']}"
        if left[kind] < most:
            left[kind] += 1
            drawn.append(working)
    return drawn


@pytest.mark.timeout(300)
def test_every_kind_of_posting_is_recomputed_by_a_spreadsheet(tmp_path: Path) -> None:
    """Postings of every kind in two currencies, and divisions of more digits than a cell keeps."""
    found = [each for name, months in CLOSED.items() for each in closed_example(name, *months)]
    found += [*workings(CUTOVER), *workings([(of_costs_and_purchases(), Period(2026, 2))])]

    assert [] == [each for each in found if each[1].difference]
    kinds = {event for event in KINDS if not event.startswith(OPENING)}
    kinds |= {"opening_billing", "opening_payment", "opening_satisfaction"}
    assert set() == kinds - {row["event"] for row, _ in found}
    chosen = [*some_of_each_kind(found, 1), long_ones(Random(606), 5)]
    assert [each.posted for each in chosen] == computed(chosen, tmp_path)


@seldom
@given(stories(size=3))
def test_whatever_is_posted_is_recomputed(scenario: Told) -> None:
    """Of any contracts in any currency, at two closes, every posting comes out to the last unit."""
    book = measured(scenario, RATES)

    for row, working in workings([(book, each) for each in some_periods(scenario, 2)]):
        assert 0 == working.difference, (row, working)
        assert working.posted == working.result


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_a_thousand_postings_are_recomputed_by_a_spreadsheet(tmp_path: Path) -> None:
    """A thousand postings of all examples, drawn among all kinds."""
    found = [
        each
        for path in sorted(EXAMPLES.rglob("*.yaml"))
        for each in closed_example(path.stem, *(OWN_RATES if has_rates(path) else (0, 1, 7, 30)))
    ]
    chosen = some_of_each_kind(found, 40)
    chosen += Random(340).sample([each for _, each in found], 1000)
    assert [each.posted for each in chosen] == computed(chosen, tmp_path)


def test_rounding_is_told_apart() -> None:
    """A third of 1.00 twice, and what is left: 0.33 + 0.33 has lost two thirds of a cent."""
    sheet = Sheet()
    price = sheet.told("price", 100)
    thirds = [sheet.share(name, price, 1, 3) for name in ("one", "two")]
    sheet.sum("both", *thirds)
    working = sheet.working("thirds", "USD")

    assert 66 == working.result
    assert Fraction(-2, 3) == working.rounding
