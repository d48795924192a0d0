"""A changed estimate says what changed, or is refused with what to tell instead."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from revrec.asc606.modification import (
    Treated,
    Treatment,
    check_modification,
    explain_modification,
)
from revrec.asc606.transaction_price import re_estimate
from revrec.errors import ContractError, UnsupportedTerm
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.events import Estimate, Modification

SEATS = PerformanceObligation(id="seats", product="seats", measure=Measure.DAYS)
CONTRACT = Contract(
    id="C",
    customer="c",
    currency="USD",
    inception=date(2026, 1, 1),
    obligations=(SEATS,),
    consideration=(),
)
AMOUNTS = {"fixed": 100_000, "bonus": 5_000}


def estimate(**told) -> Estimate:
    """An estimate of the first of July."""
    return Estimate(id="E", contract="C", on=date(2026, 7, 1), **told)


def test_an_estimate_of_consideration_names_both_amounts():
    """50.00 became 60.50, in step 3, with its basis."""
    told = estimate(consideration="bonus", amount=Decimal("60.50"), basis="ahead of plan")
    decision = re_estimate(CONTRACT, told, AMOUNTS, ["seats"])

    assert (decision.step, decision.rule, decision.on) == (3, "re_estimate", date(2026, 7, 1))
    assert decision.outcome == "50.00 USD -> 60.50 USD"
    assert decision.paragraphs == ("606-10-32-14", "606-10-32-42", "606-10-32-43")
    assert "(ahead of plan)" in decision.sentence


def test_an_estimate_of_use_names_the_use():
    """Without a basis there are no brackets."""
    decision = re_estimate(
        CONTRACT, estimate(obligation="seats", expected=Decimal(80)), AMOUNTS, ["seats"]
    )

    assert decision.outcome == "expected use 80"
    assert decision.paragraphs == ("606-10-55-48", "606-10-25-35")
    assert "(" not in decision.sentence


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"consideration": "malus", "amount": Decimal(1)}, "estimate.consideration"),
        ({"consideration": "fixed", "amount": Decimal(1)}, "estimate.consideration"),
        ({"obligation": "desks", "expected": Decimal(1)}, "estimate.obligation"),
        ({"consideration": "bonus"}, "estimate"),
        ({"amount": Decimal(1)}, "estimate"),
        ({"obligation": "seats"}, "estimate"),
        ({"expected": Decimal(1)}, "estimate"),
        ({}, "estimate"),
    ],
)
def test_an_estimate_of_nothing_known_is_refused(told, field):
    """The fixed price is not estimated, and half an estimate is none."""
    with pytest.raises(UnsupportedTerm) as refused:
        re_estimate(CONTRACT, estimate(**told), AMOUNTS, ["seats"])

    assert refused.value.attributes["contract"] == "C"
    assert refused.value.attributes["field"] == field


def modification(**told) -> Modification:
    """A modification of the first of July."""
    return Modification(**{"id": "M", "contract": "C", "on": date(2026, 7, 1), **told})


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"on": date(2025, 12, 31)}, "modification.on"),
        ({"withdraws": ("desks",)}, "modification.revises"),
        ({"revises": (PerformanceObligation(id="d", product="d", measure=Measure.DAYS),)},
         "modification.revises"),
        ({"adds": (SEATS,)}, "modification.adds"),
    ],
)  # fmt: skip
def test_a_modification_that_contradicts_the_contract_is_refused(told, field):
    """Approved before inception, of what is not in force, or adding what is."""
    with pytest.raises(ContractError) as refused:
        check_modification(CONTRACT, modification(**told), {"seats": SEATS})

    assert refused.value.attributes["field"] == field
    assert "Modification M of contract C" in refused.value.message


def test_a_modification_of_the_first_day_is_none_before_it():
    """Approved on the day of inception; withdrawing what is in force."""
    first = modification(on=date(2026, 1, 1), withdraws=("seats",))

    check_modification(CONTRACT, first, {"seats": SEATS})


def ruled(treatment: Treatment) -> Treated:
    """Treated as the rule says, by nobody's override."""
    return Treated(treatment=treatment, by_rule=treatment, at_selling_prices=False)


@pytest.mark.parametrize(
    ("reason", "words"), [("downsell", "M (downsell), price"), ("", "M, price")]
)
def test_a_modification_tells_its_reason_if_it_has_one(reason, words):
    """In the sentence, with the change, the treatment and what is shared."""
    told = modification(reason=reason, price_change=Decimal(-30))
    decision = explain_modification(
        CONTRACT, told, ruled(Treatment.PROSPECTIVE), 7_000, {"seats": 7_000}
    )

    assert (decision.step, decision.rule) == (1, "classify")
    assert words in decision.sentence
    assert "price change -30.00 USD" in decision.sentence
    assert "606-10-25-13(a)" in decision.sentence
    assert decision.sentence.endswith("70.00 USD over what remains: seats 70.00 USD.")


def test_a_modification_tells_from_when_and_who_gets_what():
    """New terms from their own day, or the day of approval; shares in the order of ids."""
    later = modification(new_terms_from=date(2026, 8, 1))
    given = {"b": 100, "a": 200}

    first = explain_modification(CONTRACT, modification(), ruled(Treatment.CATCH_UP), 300, given)
    second = explain_modification(CONTRACT, later, ruled(Treatment.CATCH_UP), 300, given)

    assert first.inputs["new_terms_from"] == "2026-07-01"
    assert second.inputs["new_terms_from"] == "2026-08-01"
    assert second.sentence.endswith("a 2.00 USD, b 1.00 USD.")
