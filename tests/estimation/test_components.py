"""Each component: the quantity that is uncertain, and the exact rule from it to consideration."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from revrec.errors import ContractError
from revrec.estimation.cases import Case
from revrec.estimation.change import Held, explain_change
from revrec.estimation.components import QUANTITY, check_component, payoff_of
from revrec.estimation.constraint import Binds, ConstraintPolicy
from revrec.estimation.estimate import estimates
from revrec.estimation.numbers import generator
from revrec.estimation.payoffs import above, each
from revrec.feeds.adapters import adapter_of
from revrec.feeds.records import MODELS
from revrec.model.contract import EstimationMethod, Outcome
from revrec.model.estimation import ComponentKind, UncertaintyFactor, VariableComponent
from revrec.model.fact import FactKind

TIERS = [{"up_to": "1000", "unit_price": "10"}, {"unit_price": "8"}]
CONTRACT = adapter_of(MODELS[FactKind.CONTRACT]).validate_python(
    {
        "id": "C",
        "customer": "c",
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": [
            {"id": "tokens", "product": "tokens", "measure": "usage"},
            {"id": "units", "product": "units", "measure": "units", "quantity": "5000"},
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "10000.00"},
            {"id": "extra", "kind": "variable", "amount": "0"},
            {"id": "likely", "kind": "variable", "method": "most_likely_amount"},
            {"id": "all", "kind": "variable", "obligation": "units", "tiers": TIERS},
            {"id": "next", "kind": "variable", "obligation": "units", "tiers": TIERS,
             "tiers_price": "next_units"},
        ],
    }
)  # fmt: skip
EXPECTED = EstimationMethod.EXPECTED_VALUE
LIKELY = EstimationMethod.MOST_LIKELY_AMOUNT


def component(kind, consideration="extra", method=EXPECTED, **terms):
    """A component of the contract; numbers as text."""
    told = {
        name: Decimal(value) if isinstance(value, str) and name != "obligation" else value
        for name, value in terms.items()
    }
    return VariableComponent(
        id=f"{kind}",
        contract="C",
        on=date(2026, 1, 1),
        component=ComponentKind(kind),
        method=method,
        consideration=consideration,
        **told,
    )


def case(of, **more):
    """The component with 200 days to go."""
    return Case(component=of, contract=CONTRACT, days_left=200, **more)


def one(of, **more):
    """Its estimate."""
    (found,) = estimates([case(of, **more)], None, policy=ConstraintPolicy(), rng=generator(5))
    return found


@pytest.mark.parametrize(
    ("of", "quantity", "worth"),
    [
        (component("overage", threshold="100", unit_price="0.50"), 140, 20),
        (component("overage", threshold="100", unit_price="0.50"), 90, 0),
        (component("true_up", threshold="1000", unit_price="2"), 1500, 1000),
        (component("volume_rebate", threshold="100", unit_price="-0.10"), 300, -20),
        (component("shortfall", threshold="100", unit_price="3"), 60, 120),
        (component("shortfall", threshold="100", unit_price="3"), 160, 0),
        (component("breakage", None, obligation="tokens", threshold="100"), 130, 100),
        (component("rollover", None, obligation="tokens", threshold="100"), 70, 70),
        (component("service_credit", unit_price="-500", cap="1200"), 2, -1000),
        (component("service_credit", unit_price="-500", cap="1200"), 7, -1200),
        (component("outcome_fee", unit_price="25"), 12, 300),
        (component("refund", trials="1000", unit_price="-40"), 3, -120),
        (component("price_concession", trials="100", unit_price="-7"), 4, -28),
        (component("return", trials="1000"), 31, 31),
        (component("bonus", amount="5000"), 1, 5000),
        (component("penalty", amount="-300"), 1, -300),
        (component("contingent_commitment", amount="250"), 0, 0),
        (component("volume_tiers", "all"), 1000, 10_000),
        (component("volume_tiers", "all"), 1001, 8_008),
        (component("volume_tiers", "next"), 1001, 10_008),
        (component("volume_tiers", "next"), 2500, 22_000),
    ],
)
def test_the_payoff_is_the_rule(of, quantity, worth):
    """By hand: what so much of what is uncertain comes to."""
    check_component(of, CONTRACT)

    assert payoff_of(of, CONTRACT).of(np.array([float(quantity)]))[0] == pytest.approx(worth)


def test_every_component_has_an_uncertain_quantity():
    """The list is closed."""
    assert set(QUANTITY) == set(ComponentKind)


@pytest.mark.parametrize(
    ("of", "says"),
    [
        (component("overage", unit_price="1"), "needs threshold"),
        (component("bonus", "none", amount="1"), "none is not of C"),
        (component("bonus", "fee", amount="1"), "fee is not variable"),
        (component("bonus", "likely", amount="1"), "by most_likely_amount"),
        (component("bonus", None, amount="1"), "estimates nothing"),
        (component("bonus", None, obligation="tokens", amount="1"), "is of a consideration"),
        (component("overage", threshold="-1", unit_price="1"), "below nothing"),
    ],
)
def test_unclear_terms_are_refused(of, says):
    """Each names what is wrong and the field to correct."""
    with pytest.raises(ContractError, match=says) as refused:
        check_component(of, CONTRACT)

    assert str(refused.value.attributes["field"]).startswith("variable_component.")


def outcomes(*pairs):
    """Amounts with their probabilities."""
    return tuple(Outcome(amount=Decimal(a), probability=Decimal(p)) for a, p in pairs)


def test_a_probable_bonus_is_included_and_an_improbable_one_is_not():
    """Nine in ten of 5,000 beside 10,000 fixed; the most likely amount is all or nothing."""
    good = component("bonus", "likely", LIKELY, outcomes=outcomes(("5000", "0.9"), ("0", "0.1")))
    poor = component("bonus", "likely", LIKELY, outcomes=outcomes(("5000", "0.7"), ("0", "0.3")))

    first = one(good, other_revenue=Decimal(10_000))
    second = one(poor, other_revenue=Decimal(10_000))

    assert (Decimal("5000.00"), Decimal("5000.00")) == (first.unconstrained, first.included)
    assert (Decimal("0.1000"), Binds.NOTHING) == (first.reversal, first.binds)
    # With 0 as the outcome at the threshold: x = (0 + 5% of 10,000) / 95%.
    assert (Decimal("5000.00"), Decimal("526.32")) == (second.unconstrained, second.included)
    assert (Decimal("0.3000"), Binds.REVERSAL) == (second.reversal_unconstrained, second.binds)
    assert Decimal(0) == second.reversal


def test_a_stated_factor_lowers_what_is_tolerated():
    """Four factors of two points each: twelve percent instead of twenty."""
    stated = dict.fromkeys(UncertaintyFactor, True) | {UncertaintyFactor.CONCESSIONS: False}
    of = component("bonus", "likely", LIKELY, factors=stated,
                   outcomes=outcomes(("5000", "0.85"), ("0", "0.15")))  # fmt: skip

    found = one(of, other_revenue=Decimal(10_000))

    assert Decimal("0.1200") == found.tolerated
    assert (4, Decimal("526.32")) == (len(found.factors), found.included)


def test_a_rate_leans_on_similar_components():
    """Nineteen products with 2% returns, and one not sold yet: about 20 of 1,000 come back."""
    cases = [
        case(component("return", None, obligation="units", trials="2000"),
             happened=Decimal(20), chances=Decimal(1000))
        for _ in range(19)
    ]  # fmt: skip
    cases.append(case(component("return", None, obligation="units", trials="1000")))

    found = list(estimates(cases, None, policy=ConstraintPolicy(), rng=generator(1)))

    assert all(38 < each.unconstrained < 42 for each in found[:19])
    assert 15 < found[19].unconstrained < 25
    assert found[19].included >= found[19].unconstrained


def test_incidents_to_come_follow_those_that_were():
    """Six incidents in 200 days, 200 days to go, 100 each: about six more."""
    cases = [
        case(component("service_credit", unit_price="-100"),
             happened=Decimal(6), chances=Decimal(200))
        for _ in range(10)
    ]  # fmt: skip

    (first, *_) = estimates(cases, None, policy=ConstraintPolicy(), rng=generator(1))

    assert -1350 < first.unconstrained < -1050
    assert first.included <= first.unconstrained


def test_the_parts_of_a_change_sum_to_it():
    """100 more units at 2.00, then the price falls to 1.50, then a person takes 40 off."""
    old = Held(quantity=Decimal(500), included=Decimal(1000), payoff=each(Decimal(2), None))
    new = Held(quantity=Decimal(600), included=Decimal(860), payoff=each(Decimal("1.5"), None))

    found = explain_change({"a": old}, {"a": new})

    assert (200, 0, -300, -40) == (found.usage, found.mix, found.price, found.method)
    assert found.total == found.usage + found.mix + found.price + found.method == -140


def test_use_that_moves_to_another_tier_is_mix():
    """300 of 1,000 units are above the threshold at 1.00: on average 0.30 a unit."""
    terms = above(Decimal(700), Decimal(1))
    old = Held(quantity=Decimal(1000), included=Decimal(300), payoff=terms)
    new = Held(quantity=Decimal(1100), included=Decimal(400), payoff=terms)

    found = explain_change({"a": old}, {"a": new})

    assert (30, 70, 0, 0) == (found.usage, found.mix, found.price, found.method)


def test_terms_that_bend_are_asked_over_all_quantities():
    """Overage above 100 at 1.00: of 50 or 150 it is 25 on average, of their mean it is none.

    50 or 250 is 75 on average. Use goes from 100 to 150, at a quarter of a unit each.
    """
    terms = above(Decimal(100), Decimal(1))
    old = Held(quantity=Decimal(100), included=Decimal(20), payoff=terms, points=(50, 150))
    new = Held(quantity=Decimal(150), included=Decimal(60), payoff=terms, points=(50, 250))

    found = explain_change({"a": old}, {"a": new})

    assert (Decimal("12.50"), Decimal("37.50"), 0) == (found.usage, found.mix, found.price)
    assert Decimal("-10.00") == found.method


def test_a_group_is_split_exactly_too():
    """Use moves from a contract at 1.00 to one at 3.00, then the second falls to 2.50.

    Before 100 + 100 units are 100 + 300; 2.00 a unit. After 50 + 170 are 50 + 425. Twenty more
    units at 2.00 are use; old terms give 50 + 510, 120 more than use alone; price takes 85.
    """
    before = {
        "a": Held(quantity=Decimal(100), included=Decimal(100), payoff=each(Decimal(1), None)),
        "b": Held(quantity=Decimal(100), included=Decimal(300), payoff=each(Decimal(3), None)),
    }
    after = {
        "a": Held(quantity=Decimal(50), included=Decimal(50), payoff=each(Decimal(1), None)),
        "b": Held(quantity=Decimal(170), included=Decimal(425), payoff=each(Decimal("2.5"), None)),
        "c": Held(quantity=Decimal(1), included=Decimal(9), payoff=each(Decimal(9), None)),
    }

    found = explain_change(before, after)

    assert (40, 120, -85, 9) == (found.usage, found.mix, found.price, found.method)
    assert 84 == found.total
