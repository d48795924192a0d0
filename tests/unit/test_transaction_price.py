"""The price of a contract at inception, by hand; in cents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from revrec.asc606.transaction_price import transaction_price
from revrec.errors import MissingEstimate, UnsupportedTerm
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.payable import NonCash
from revrec.model.price import Tier

FIXED, VARIABLE = ConsiderationKind.FIXED, ConsiderationKind.VARIABLE


def amount(name: str, told: str, kind: ConsiderationKind = FIXED, **more) -> Consideration:
    """An amount of the contract."""
    return Consideration(id=name, kind=kind, amount=Decimal(told), **more)


def priced(*consideration: Consideration):
    """Amounts by component, and what was decided."""
    contract = Contract(
        id="C",
        customer="c",
        currency="USD",
        inception=date(2026, 1, 1),
        obligations=(),
        consideration=consideration,
    )
    return transaction_price(contract)


def test_fixed_amounts_are_one_and_estimates_apart():
    """1.00 and 2.00 are 3.00; a bonus of 0.50 is estimated."""
    amounts, decision = priced(
        amount("a", "1"), amount("b", "2"), amount("bonus", "0.50", VARIABLE)
    )

    assert amounts == {"fixed": 300, "bonus": 50}
    assert decision.step == 3
    assert decision.outcome == "3.50 USD"
    assert decision.sentence == (
        "The transaction price is 3.50 USD: 3.00 USD fixed and 0.50 USD of estimates that pass "
        "the constraint."
    )


@pytest.mark.parametrize(
    ("fixed", "rebate", "price"),
    [("1", "-1", 0), ("0", "0", 0), ("-1", "0", -100), ("-1", "-1", -200)],
)
def test_estimates_take_no_more_than_all_of_a_price(fixed, rebate, price):
    """A price that was told below zero is a credit."""
    amounts, _ = priced(amount("a", fixed), amount("r", rebate, VARIABLE))

    assert sum(amounts.values()) == price


@pytest.mark.parametrize(("fixed", "rebate"), [("1", "-1.01"), ("0", "-0.01")])
def test_a_price_below_nothing_by_its_estimates_is_refused(fixed, rebate):
    """A cent is enough."""
    with pytest.raises(UnsupportedTerm, match=r"of contract C would be -0\.01 USD"):
        priced(amount("a", fixed), amount("r", rebate, VARIABLE))


def test_terms_that_are_unclear_are_refused_before_there_is_a_price():
    """Tiers without a volume, and what is not cash measured on another day."""
    tiers = (Tier(unit_price=Decimal(1)),)
    noncash = NonCash(quantity=Decimal(1), measured_on=date(2026, 1, 2), what="shares")

    with pytest.raises(MissingEstimate, match="has tiers but no expected volume"):
        priced(amount("t", "0", VARIABLE, obligation="x", tiers=tiers))
    with pytest.raises(UnsupportedTerm, match="measured on 2026-01-02, not at inception"):
        priced(amount("n", "1", VARIABLE, noncash=noncash))
