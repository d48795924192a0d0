"""How a price is divided over obligations, by hand; amounts in cents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.asc606.allocation import (
    allocate,
    allocate_to_its_day,
    discounted,
    explain_allocation,
    participants,
    proportions,
    with_residual,
)
from revrec.asc606.modification import Treatment, changes_nothing, classify, cut_off, takes_effect
from revrec.asc606.transaction_price import estimated, transaction_price
from revrec.errors import MissingSellingPrice, UnsupportedTerm
from revrec.model.contract import (
    Bundle,
    Consideration,
    ConsiderationKind,
    Contract,
    EstimationMethod,
    Measure,
    Outcome,
    PerformanceObligation,
    SellingPriceRange,
    UsageTerms,
)
from revrec.model.events import Modification

PRICES = {"a": Fraction(4000), "b": Fraction(5500), "c": Fraction(4500)}


def contract(*consideration: Consideration, bundles: tuple[Bundle, ...] = ()) -> Contract:
    """A contract in dollars with a, b and c."""
    return Contract(
        id="C",
        customer="c",
        currency="USD",
        inception=date(2026, 1, 1),
        obligations=tuple(obligation(name) for name in "abc"),
        consideration=consideration,
        bundles=bundles,
    )


def obligation(name: str, **told) -> PerformanceObligation:
    """A service by days."""
    return PerformanceObligation(id=name, product=name, measure=Measure.DAYS, **told)


def variable(**told) -> Consideration:
    """A bonus."""
    return Consideration(id="bonus", kind=ConsiderationKind.VARIABLE, **told)


def usage(**told) -> Consideration:
    """A fee by use."""
    return Consideration(id="fee", kind=ConsiderationKind.USAGE, **told)


def test_proportions_are_whole_and_in_the_order_of_ids():
    """A half and a third are 3 and 2 of six; one alone is 1."""
    parts = proportions({"b": Fraction(1, 3), "a": Fraction(1, 2)})

    assert list(parts.items()) == [("a", 3), ("b", 2)]
    assert proportions({"a": Fraction(7, 3)}) == {"a": 1}
    assert proportions({}) == {}


def test_the_last_cent_goes_to_the_largest_remainder():
    """100 over 3 and 2 of 5 is even; over thirds the first by id has the cent."""
    assert allocate(100, {"a": 3, "b": 2}) == {"a": 60, "b": 40}
    assert allocate(100, {"b": 1, "a": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert allocate(-100, {"b": 1, "a": 1, "c": 1}) == {"a": -34, "b": -33, "c": -33}
    assert allocate(7, {"a": 5}) == {"a": 7}


def test_who_shares_in_the_price():
    """What is priced only by use does not; with an entitlement or as overage it does."""
    entitled = obligation("b", usage=UsageTerms(entitled=Decimal(5)))
    by_use = [usage(obligation="a"), Consideration(id="u", kind=usage().kind, obligation="b")]
    above = [usage(obligation="a", above_entitlement=True)]

    assert participants([obligation("a"), entitled], by_use) == [entitled]
    assert participants([obligation("a")], above) == [obligation("a")]
    assert participants([obligation("a")], [variable(obligation="a")]) == [obligation("a")]


def test_a_proven_discount_goes_to_its_bundle():
    """The bundle of b and c costs 60.00, a alone 40.00, all 100.00: a gives nothing."""
    told = contract(bundles=(Bundle(obligations=("b", "c"), price=Decimal(60)),))

    assert discounted(told, PRICES, 10_000) == {"a": 4000, "b": 3300, "c": 2700}
    assert discounted(told, PRICES, 10_001) == PRICES
    assert discounted(contract(), PRICES, 14_000) == PRICES


def test_a_bundle_of_what_does_not_share_is_refused():
    """There is no d among the obligations of the price."""
    told = contract(bundles=(Bundle(obligations=("c", "d"), price=Decimal(60)),))

    with pytest.raises(UnsupportedTerm, match="names an obligation that does not share"):
        discounted(told, PRICES, 10_000)


def test_a_bundle_may_be_the_whole_contract():
    """All three together for 70.00: each at half of its own price."""
    told = contract(bundles=(Bundle(obligations=("a", "b", "c"), price=Decimal(70)),))

    assert discounted(told, PRICES, 7_000) == {"a": 2000, "b": 2750, "c": 2250}


@pytest.mark.parametrize("rest", [1, 2000, 3000])
def test_the_residual_is_what_the_others_leave(rest):
    """Above zero, and in its range with both its ends."""
    bounds = SellingPriceRange(low=Decimal(20), high=Decimal(30)) if rest > 1 else None
    told = obligation("d", selling_price_range=bounds)

    assert with_residual(contract(), PRICES, told, 14_000 + rest) == {**PRICES, "d": rest}


@pytest.mark.parametrize(
    ("rest", "ranged", "words"),
    [
        (0, False, "0.00 USD, not above zero"),
        (-1, False, "-0.01 USD, not above zero"),
        (1999, True, "19.99 USD, outside 20 to 30"),
        (3001, True, "30.01 USD, outside 20 to 30"),
    ],
)
def test_a_residual_that_cannot_be_is_refused(rest, ranged, words):
    """Nothing, less than nothing, or outside the range of prices observed."""
    bounds = SellingPriceRange(low=Decimal(20), high=Decimal(30)) if ranged else None
    told = obligation("d", selling_price_range=bounds)

    with pytest.raises(MissingSellingPrice) as refused:
        with_residual(contract(), PRICES, told, 14_000 + rest)

    assert words in refused.value.message
    assert refused.value.attributes["residual_minor"] == rest


def test_an_allocation_tells_prices_and_shares():
    """Two share in proportion, one has it all; prices to a hundredth of a cent."""
    weights = {"b": Fraction(200, 3), "a": Fraction(100)}
    both = explain_allocation(contract(), "fixed", 100, {"b": 40, "a": 60}, weights)
    one = explain_allocation(contract(), "fixed", 100, {"a": 100}, {"a": Fraction(1)})

    assert (both.step, both.rule, both.outcome) == (4, "allocate", "a 0.60 USD, b 0.40 USD")
    assert list(both.inputs.items()) == [
        ("standalone_selling_price.a", "1.0000"),
        ("standalone_selling_price.b", "0.6667"),
        ("currency", "USD"),
    ]
    assert "in proportion to standalone selling prices" in both.sentence
    assert one.inputs == {}
    assert "to the only obligation" in one.sentence


def test_a_fee_by_use_belongs_to_its_day_and_its_obligation():
    """With an entitlement it is the part above it; without an obligation it is refused."""
    told = usage(obligation="a")
    above = usage(obligation="a", above_entitlement=True)

    decision = allocate_to_its_day(contract(told), told, date(2026, 2, 1))

    assert (decision.step, decision.rule) == (4, "allocate_to_its_day")
    assert "usage of a relates" in decision.sentence
    assert "a above the entitlement relates" in (
        allocate_to_its_day(contract(above), above, date(2026, 2, 1)).sentence
    )
    with pytest.raises(UnsupportedTerm, match="names no obligation"):
        allocate_to_its_day(contract(), usage(), date(2026, 2, 1))


def test_the_price_is_the_fixed_pool_and_each_estimate():
    """Two fixed amounts pool; the bonus stands apart; usage is outside."""
    fixed = [
        Consideration(id=name, kind=ConsiderationKind.FIXED, amount=Decimal(amount))
        for name, amount in (("setup", 10), ("fee", "20.50"))
    ]
    told = contract(*fixed, variable(amount=Decimal(5)), usage(obligation="a"))

    amounts, decision = transaction_price(told)

    assert amounts == {"fixed": 3050, "bonus": 500}
    assert (decision.step, decision.outcome) == (3, "35.50 USD")
    assert "30.50 USD fixed and 5.00 USD of estimates" in decision.sentence


def outcomes(*told: tuple[int, str]) -> tuple[Outcome, ...]:
    """Amounts with their probabilities."""
    return tuple(Outcome(amount=Decimal(a), probability=Decimal(p)) for a, p in told)


@pytest.mark.parametrize(
    ("method", "told", "cents"),
    [
        (EstimationMethod.EXPECTED_VALUE, outcomes((100, "0.5"), (0, "0.5")), 5000),
        (EstimationMethod.EXPECTED_VALUE, outcomes((100, "1"), (7, "0")), 10000),
        (EstimationMethod.EXPECTED_VALUE, outcomes((10, "0.333"), (1, "0.667")), 400),  # 3.997
        (EstimationMethod.MOST_LIKELY_AMOUNT, outcomes((100, "0.4"), (30, "0.6")), 3000),
        (EstimationMethod.MOST_LIKELY_AMOUNT, outcomes((100, "0.5"), (30, "0.5")), 3000),
    ],
)
def test_an_estimate_from_outcomes(method, told, cents):
    """Weighted, or the likeliest, of two the smaller."""
    given = estimated([variable(outcomes=told, method=method)], contract())

    assert given == {"bonus": cents}


@pytest.mark.parametrize(
    "told", [outcomes((1, "0.5")), outcomes((1, "1.5"), (2, "-0.5")), outcomes((1, "1.1"))]
)
def test_probabilities_that_are_none_are_refused(told):
    """They sum to 1 and none is below 0."""
    with pytest.raises(UnsupportedTerm, match="probabilities of bonus"):
        estimated([variable(outcomes=told)], contract())


ADDED = obligation("d")
JULY = date(2026, 7, 1)


def modified(**told) -> Modification:
    """A modification of the first of July."""
    return Modification(id="M", contract="C", on=JULY, **told)


@pytest.mark.parametrize(
    ("told", "at_selling_prices", "goes_on", "treatment"),
    [
        ({"adds": (ADDED,)}, True, "d", Treatment.SEPARATE),
        ({"adds": (ADDED,)}, False, "d", Treatment.PROSPECTIVE),
        ({}, True, "d", Treatment.PROSPECTIVE),
        ({"adds": (ADDED,), "withdraws": ("a",)}, True, "d", Treatment.PROSPECTIVE),
        ({"adds": (ADDED,), "revises": (ADDED,)}, True, "d", Treatment.PROSPECTIVE),
        ({}, False, "", Treatment.PROSPECTIVE),
        ({}, False, "s", Treatment.CATCH_UP),
        ({"adds": (ADDED,)}, False, "s", Treatment.MIXED),
        ({}, False, "ds", Treatment.MIXED),
    ],
)
def test_the_treatment_follows_from_what_is_distinct(told, at_selling_prices, goes_on, treatment):
    """What is left of d is distinct; s is a single obligation partly satisfied."""
    single = obligation("s", distinct_increments=False)
    continuing = [{"d": ADDED, "s": single}[name] for name in goes_on]

    found = classify(modified(**told), continuing, at_selling_prices=at_selling_prices)

    assert found is treatment


def test_new_terms_begin_when_agreed_or_later_and_books_change_with_approval():
    """The old terms last to the day before; the books change not before approval."""
    assert cut_off(modified()) == date(2026, 6, 30)
    assert cut_off(modified(new_terms_from=date(2026, 8, 1))) == date(2026, 7, 31)
    assert takes_effect(modified()) == JULY
    assert takes_effect(modified(new_terms_from=date(2026, 8, 1))) == date(2026, 7, 31)
    assert takes_effect(modified(new_terms_from=date(2026, 5, 1))) == JULY


@pytest.mark.parametrize(
    "told",
    [
        {"adds": (ADDED,)},
        {"revises": (ADDED,)},
        {"withdraws": ("a",)},
        {"price_change": Decimal(-1)},
        {"adds_consideration": (usage(obligation="a"),)},
    ],
)
def test_a_paper_without_scope_and_price_changes_nothing(told):
    """Any one of them makes it a modification."""
    assert changes_nothing(modified())
    assert not changes_nothing(modified(**told))
