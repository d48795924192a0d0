"""Prices per unit and by tiers, by hand; cents for atoms of a billionth of a unit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.asc606.unit_price import (
    UnitPrice,
    estimate_per_unit,
    explain_unit_price,
    priced_by_unit,
    unit_prices,
)
from revrec.errors import MissingEstimate, UnsupportedTerm
from revrec.model.contract import Consideration, ConsiderationKind, Contract, Outcome
from revrec.model.decision import Progress, Shape
from revrec.model.events import Estimate
from revrec.model.price import Tier, TierBasis

UNIT = 10**9
"""Atoms of a unit."""


def tiers(*told: tuple[str | None, str]) -> tuple[Tier, ...]:
    """Last unit and price of each."""
    return tuple(
        Tier(up_to=None if last is None else Decimal(last), unit_price=Decimal(price))
        for last, price in told
    )


THREE = tiers(("10", "5"), ("20", "4"), (None, "3"))


def price(**told) -> Consideration:
    """A price of calls."""
    usual = {"id": "p", "kind": ConsiderationKind.VARIABLE, "obligation": "calls"}
    return Consideration(**{**usual, **told})


def contract(currency: str = "USD") -> Contract:
    """Of which only the currency and the day matter."""
    return Contract(
        id="C",
        customer="c",
        currency=currency,
        inception=date(2026, 1, 1),
        obligations=(),
        consideration=(),
    )


def rates(told: Consideration, currency: str = "USD") -> dict[str, Fraction]:
    """Component -> minor units of a unit."""
    return {
        each.component: Fraction(each.price * UNIT, each.whole)
        for each in unit_prices(told, contract(currency))
    }


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"per_unit": True, "amount": Decimal("0.025")}, {"p": Fraction(5, 2)}),
        # All units at the price of the tier reached: 5, and what goes back of it.
        ({"tiers": THREE, "expected_units": Decimal(10)}, {"p": 500}),
        ({"tiers": THREE, "expected_units": Decimal("10.1")}, {"p": 500, "p.rebate": -100}),
        ({"tiers": THREE, "expected_units": Decimal(20)}, {"p": 500, "p.rebate": -100}),
        ({"tiers": THREE, "expected_units": Decimal(21)}, {"p": 500, "p.rebate": -200}),
        ({"tiers": THREE, "expected_units": Decimal(0)}, {"p": 500}),
        # The average of 10 at 5, 10 at 4 and 5 at 3.
        (
            {
                "tiers": THREE,
                "expected_units": Decimal(25),
                "tiers_price": TierBasis.NEXT_UNITS,
            },
            {"p": 420},
        ),
        (
            {
                "tiers": THREE,
                "expected_units": Decimal(5),
                "tiers_price": TierBasis.NEXT_UNITS,
            },
            {"p": 500},
        ),
        (
            {"tiers": THREE, "tiers_price": TierBasis.OPTIONS},
            {"p": 500, "p.tier-2": 400, "p.tier-3": 300},
        ),
    ],
)
def test_what_a_unit_earns(told, expected):
    """Exactly, in minor units."""
    assert rates(price(**told)) == expected


def test_a_unit_of_yen_is_a_unit_of_its_minor_unit():
    """No decimals."""
    assert rates(price(per_unit=True, amount=Decimal(5)), "JPY") == {"p": 5}


def test_only_an_average_is_of_what_is_expected():
    """It is part of the price; other units earn what is charged."""
    average = price(tiers=THREE, expected_units=Decimal(25), tiers_price=TierBasis.NEXT_UNITS)
    (found,) = unit_prices(average, contract())

    assert found == UnitPrice(component="p", price=10500, whole=25 * UNIT, expected=True)
    options = unit_prices(price(tiers=THREE, tiers_price=TierBasis.OPTIONS), contract())
    assert [(each.above, each.up_to, each.expected) for each in options] == [
        (0, 10 * UNIT, False),
        (10 * UNIT, 20 * UNIT, False),
        (20 * UNIT, None, False),
    ]


@pytest.mark.parametrize(
    ("above", "up_to", "counts"),
    [
        (0, None, {-5: -5, 0: 0, 30: 30}),
        (0, 10, {-5: 0, 0: 0, 5: 5, 10: 10, 30: 10}),
        (10, 20, {-5: 0, 10: 0, 11: 1, 20: 10, 30: 10}),
        (20, None, {10: 0, 20: 0, 30: 10}),
    ],
)
def test_units_of_a_tier(above, up_to, counts):
    """Of the first so many; never less than none, but where there is one price alone."""
    tier = UnitPrice(component="p", price=1, whole=1, above=above, up_to=up_to)

    assert {counted: tier.of(counted) for counted in counts} == counts


@pytest.mark.parametrize(
    ("above", "up_to", "counted", "baseline", "cap"),
    [
        (0, None, 5, 7, 99),
        (0, 10, 4, 0, 6),
        (0, 10, 14, 0, 0),
        (10, 20, 4, 6, 10),
        (10, 20, 14, 0, 6),
        (20, None, 4, 16, None),
        (20, None, 24, 0, None),
    ],
)
def test_what_is_left_of_a_tier(above, up_to, counted, baseline, cap):
    """Units before it that do not count, and the most that do."""
    tier = UnitPrice(component="p", price=1, whole=1, above=above, up_to=up_to)
    shape = Shape(progress=Progress.COUNTED, baseline=7, cap=99)

    assert tier.left(shape, counted) == shape._replace(baseline=baseline, cap=cap)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"kind": ConsiderationKind.FIXED, "per_unit": True}, "kind"),
        ({"obligation": None, "per_unit": True}, "obligation"),
        (
            {
                "per_unit": True,
                "outcomes": (Outcome(amount=Decimal(1), probability=Decimal(1)),),
            },
            "outcomes",
        ),
        ({"tiers": tiers(("10", "5"))}, "tiers"),
        ({"tiers": tiers((None, "5"), (None, "4"))}, "tiers"),
        ({"tiers": tiers(("10", "5"), ("10", "4"), (None, "3"))}, "tiers"),
        ({"tiers": tiers(("10", "5"), ("9", "4"), (None, "3"))}, "tiers"),
        ({"tiers": tiers(("0", "5"), (None, "4"))}, "tiers"),
        ({"tiers": THREE, "expected_units": Decimal(-1)}, "expected_units"),
        (
            {
                "tiers": THREE,
                "expected_units": Decimal(0),
                "tiers_price": TierBasis.NEXT_UNITS,
            },
            "expected_units",
        ),
    ],
)
def test_terms_that_are_unclear_are_refused(told, field):
    """By the field to correct."""
    with pytest.raises(UnsupportedTerm) as refusal:
        unit_prices(price(**told), contract())

    assert refusal.value.attributes["field"] == f"consideration.p.{field}"


def test_tiers_need_an_expected_volume():
    """One that passes the constraint."""
    with pytest.raises(MissingEstimate, match="has tiers but no expected volume"):
        unit_prices(price(tiers=THREE), contract())


def test_a_rate_beyond_exact_arithmetic_is_refused():
    """Its numerator in minor units may have thirteen digits and a one."""
    at_most, beyond = (
        price(per_unit=True, amount=Decimal(amount)) for amount in ("-1E+11", "-100000000000.01")
    )

    assert rates(at_most) == {"p": -(10**13)}
    with pytest.raises(UnsupportedTerm, match=r"-100000000000\.01, is beyond exact arithmetic"):
        unit_prices(beyond, contract())


def estimated(**told) -> Estimate:
    """An estimate of February."""
    return Estimate(id="E", contract="C", on=date(2026, 2, 1), consideration="p", **told)


def test_an_estimate_is_of_a_volume_for_tiers_and_else_of_a_price():
    """Alone."""
    plain, tiered = price(per_unit=True), price(tiers=THREE)
    one, ten = {"amount": Decimal(1)}, {"expected": Decimal(10)}

    assert estimate_per_unit(plain, estimated(**one), contract()).amount == 1
    assert estimate_per_unit(tiered, estimated(**ten), contract()).expected_units == 10
    for told, wrong in ((plain, ten), (tiered, one), (plain, one | ten), (tiered, one | ten)):
        with pytest.raises(UnsupportedTerm, match="Estimate E of contract C is not of what p"):
            estimate_per_unit(told, estimated(**wrong), contract())


def test_what_is_priced_by_unit():
    """A price of each, or tiers."""
    assert priced_by_unit(price(per_unit=True))
    assert priced_by_unit(price(tiers=THREE))
    assert not priced_by_unit(price())


@pytest.mark.parametrize(
    ("told", "estimate", "outcome", "words"),
    [
        ({"per_unit": True, "amount": Decimal("0.10")}, None, "0.1 USD a unit",
         "From 2026-01-01 p is 0.1 USD for every unit of calls; it also counts"),
        ({"tiers": THREE, "expected_units": Decimal(15)}, estimated(basis="plan"),
         "4 USD a unit",
         "From 2026-02-01 p is 4 USD for every unit of calls, with 15 units expected; it"),
        ({"tiers": THREE, "tiers_price": TierBasis.OPTIONS}, None, "5, then 4, then 3 USD a unit",
         "p is 5, then 4, then 3 USD by volume: later units of calls are bought by options"),
    ],
)  # fmt: skip
def test_a_price_per_unit_is_a_decision(told, estimate, outcome, words):
    """With the volume and the estimate it rests on."""
    found = explain_unit_price(price(**told), contract(), estimate)

    assert (found.step, found.outcome) == (3, outcome)
    assert words in found.sentence
    assert found.inputs == {"consideration": "p", "unit": "calls"} | (
        {} if estimate is None else {"expected_units": "15", "estimate": "E", "basis": "plan"}
    )
