"""A study of selling prices, from invoices to an approved book that prices the next contract."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from revrec.errors import SelfApproval
from revrec.feeds.records import fact_of
from revrec.operations.contracts import explain_contract
from revrec.operations.estimating import decide_proposal
from revrec.operations.facts import record_facts
from revrec.operations.price_study import study_prices

FIRST = date(2026, 1, 1)


def sold_alone(number):
    """Ten seats for a month each: 50.00 in the US, 40.00 in the EU, each two percent either way."""
    middle = 50 if number % 2 else 40
    price = middle * (98 + number // 2 % 5)
    name, day = f"A-{number:02}", str(FIRST + timedelta(number % 28))
    return [
        {
            "kind": "contract", "id": name, "customer": name, "currency": "USD",
            "inception": day, "end": str(FIRST + timedelta(40)),
            "region": "US" if number % 2 else "EU",
            "obligations": [{"id": "seats", "product": "seats", "measure": "days",
                             "quantity": "10"}],
            "consideration": [{"id": "fee", "kind": "fixed", "amount": f"{price / 10:.2f}"}],
        },
        {
            "kind": "invoice", "id": f"I-{number}", "contract": name, "on": day,
            "lines": [{"amount": f"{price / 10:.2f}", "obligation": "seats", "quantity": "10",
                       "service_from": "2026-01-01", "service_to": "2026-01-31"}],
        },
    ]  # fmt: skip


BOOK = {
    "kind": "standalone_selling_price", "id": "seats-2025", "product": "seats",
    "currency": "USD", "amount": "40", "per": "unit_month", "effective_from": "2025-01-01",
}  # fmt: skip


@pytest.fixture
def books(workspace):
    """Sixty contracts of one product, and a book of before."""
    told = [BOOK, *(each for number in range(60) for each in sold_alone(number))]
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")
    return workspace


def test_invoices_become_a_proposed_book_that_another_person_approves(books):
    """Two regions, each with its price; the US is a quarter above the book."""
    found = study_prices(books.acting_as("ada"), FIRST, date(2026, 1, 31))

    assert [("EU", Decimal("40.00")), ("US", Decimal("50.00"))] == [
        (each.entry.region, each.entry.amount) for each in found.strata
    ]
    assert [Decimal("0.0000"), Decimal("0.2500")] == [each.drift for each in found.strata]
    assert {"in force", "low", "middle", "high"} == set(found.sensitivity)
    # Sold alone, a contract's price is the product's whatever the book says.
    assert 1 == len({str(sums) for sums in found.sensitivity.values()})
    (proposal,) = found.proposals
    with pytest.raises(SelfApproval):
        decide_proposal(books.acting_as("ada"), proposal.id, approve=True)
    decide_proposal(books.acting_as("ben"), proposal.id, approve=True)

    bundle = {
        "kind": "contract", "id": "B", "customer": "b", "currency": "USD", "region": "US",
        "inception": "2026-02-01", "start": "2026-02-01", "end": "2026-02-28",
        "obligations": [
            {"id": "seats", "product": "seats", "measure": "days", "quantity": "10"},
            {"id": "help", "product": "help", "measure": "days",
             "standalone_selling_price": "500.00"},
        ],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "900.00"}],
    }  # fmt: skip
    record_facts(books, [fact_of(bundle, "test")], source="test")
    told = explain_contract(books, "B", date(2026, 2, 28))
    # 10 seats at 50.00 for a month beside 500.00: half of 900.00 each.
    assert any("450.00" in str(each) and "seats" in str(each) for each in told.earned)


def test_the_choice_moves_revenue_between_products_in_bundles(books):
    """A bundle of seats and help: the higher the price of seats, the more of it is theirs."""
    bundle = {
        "kind": "contract", "id": "B", "customer": "b", "currency": "USD", "region": "US",
        "inception": "2026-01-01", "end": "2026-01-31",
        "obligations": [
            {"id": "seats", "product": "seats", "measure": "days", "quantity": "10"},
            {"id": "help", "product": "help", "measure": "days",
             "standalone_selling_price": "500.00"},
        ],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "900.00"}],
    }  # fmt: skip
    record_facts(books, [fact_of(bundle, "test")], source="test")

    found = study_prices(books, FIRST, date(2026, 1, 31))

    by_choice = {choice: sums["help"] for choice, sums in found.sensitivity.items()}
    # 500 of 1,000, of 925, of 1,075, of 900: shares of 900.00.
    assert {"in force": 50_000, "middle": 45_000, "low": 48_649, "high": 41_860} == by_choice


def test_a_study_again_proposes_nothing_new(books):
    """The same invoices give the same proposal."""
    first = study_prices(books, FIRST, date(2026, 1, 31))
    second = study_prices(books, FIRST, date(2026, 1, 31))

    assert [each.id for each in first.proposals] == [each.id for each in second.proposals]
