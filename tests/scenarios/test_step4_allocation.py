"""Step 4: amounts for some promises or some days, discounts that are proven (32-36 to 32-45)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from revrec.errors import ContractError, UnsupportedTerm
from revrec.feeds.scenario import Scenario
from tests.scenarios.telling import (
    Told,
    as_of,
    contract,
    decisions,
    event,
    fixed,
    measured,
    revenue,
    scenario,
)

APP = {"id": "app", "product": "app", "measure": "even_months",
       "standalone_selling_price": "1200.00"}  # fmt: skip
DESK = {"id": "desk", "product": "desk", "measure": "even_months",
        "standalone_selling_price": "600.00"}  # fmt: skip
LIFT = {"id": "lift", "product": "lift", "measure": "point_in_time",
        "standalone_selling_price": "200.00"}  # fmt: skip
MAY = {"service_from": "2026-05-01", "service_to": "2026-05-31"}


def bonus(amount: str = "0.00", **more: object) -> Told:
    """A variable amount."""
    return {"id": "bonus", "kind": "variable", "amount": amount} | more


def sold(*events: Told, obligations: tuple[Told, ...] = (APP,), **told: object) -> Scenario:
    """The year for 1,200 and a bonus told in the test."""
    return scenario(contract(obligations, [fixed("1200.00"), bonus(**told)]), events)


def test_a_bonus_for_one_month_of_a_series_is_that_month_s() -> None:
    """32-40: 100 a month, and 90 in May alone."""
    told = sold(amount="90.00", obligation="app", **MAY)

    assert measured(told, *(revenue(f"2026-{month:02}") for month in (4, 5, 6))) == [100, 190, 100]


def test_it_is_updated_where_it_was_promised() -> None:
    """32-44: 90 expected until 10 June, then 60: the 30 come off when that is known."""
    told = sold(
        event("estimate", "2026-06-10", consideration="bonus", amount="60.00"),
        amount="90.00",
        obligation="app",
        **MAY,
    )

    assert measured(
        told, revenue("2026-05"), revenue("2026-06"), revenue("2026-07"),
        as_of("allocated_price", "2026-06-30", component="bonus"),
    ) == [190, 70, 100, 60]  # fmt: skip


def test_a_credit_for_one_month_comes_off_that_month() -> None:
    """A credit of 50 for May known in May: 50 of revenue, no other month moves."""
    told = sold(
        event("estimate", "2026-05-31", consideration="bonus", amount="-50.00"),
        obligation="app",
        **MAY,
    )

    assert measured(told, *(revenue(f"2026-{month:02}") for month in (4, 5, 6))) == [100, 50, 100]


def test_days_of_the_only_obligation_need_no_name() -> None:
    """There is nothing else they could be of."""
    assert measured(sold(amount="90.00", **MAY), revenue("2026-05")) == [190]


def test_a_month_keeps_its_bonus_through_a_modification() -> None:
    """25-13a: in July the rest, 600, is cut to 300 and spread; May's 90 and its update stay."""
    told = sold(
        event("modification", "2026-07-01", price_change="-300.00"),
        event("estimate", "2026-08-10", consideration="bonus", amount="60.00"),
        amount="90.00",
        obligation="app",
        **MAY,
    )

    assert measured(
        told, revenue("2026-05"), revenue("2026-07"), revenue("2026-08"), revenue("2026-09")
    ) == [190, 50, 20, 50]


def test_a_month_keeps_its_bonus_when_its_service_is_withdrawn() -> None:
    """The service ends in July; what is learned of May is revenue in August."""
    told = sold(
        event("modification", "2026-07-01", withdraws=["app"], price_change="-600.00"),
        event("estimate", "2026-08-10", consideration="bonus", amount="60.00"),
        amount="90.00",
        obligation="app",
        **MAY,
    )

    assert measured(
        told, as_of("cumulative_revenue", "2026-07-31"), revenue("2026-08"),
        as_of("rpo", "2026-12-31"),
    ) == [690, -30, 0]  # fmt: skip


def test_two_months_have_their_own_bonuses() -> None:
    """Two amounts for two months, both updated: nothing crosses over."""
    march = {"service_from": "2026-03-01", "service_to": "2026-03-31"}
    amounts = [
        fixed("1200.00"),
        bonus("30.00", obligation="app", **march) | {"id": "march"},
        bonus("50.00", obligation="app", **MAY) | {"id": "may"},
    ]
    events = [
        event("estimate", "2026-04-05", consideration="march", amount="0.00", id="E1"),
        event("estimate", "2026-04-05", consideration="may", amount="80.00", id="E2"),
    ]

    assert measured(
        scenario(contract([APP], amounts), events),
        *(revenue(f"2026-{month:02}") for month in (3, 4, 5, 6)),
    ) == [130, 70, 180, 100]


def test_a_bonus_for_some_obligations_is_shared_by_those() -> None:
    """90 for the app and the desk, worth 2 to 1, and nothing of it for the lift."""
    amounts = [fixed("1000.00"), bonus("90.00", obligations=["app", "desk"])]
    told = scenario(contract([APP, DESK, LIFT], amounts))

    assert measured(
        told,
        *(
            as_of("allocated_price", "2026-01-01", obligation=name, component="bonus")
            for name in ("app", "desk", "lift")
        ),
    ) == [60, 30, 0]


def test_the_comparison_with_selling_prices_is_recorded() -> None:
    """32-40b: 1,200 over 1,200 and 600 alone gives 800 and 400; with 60 the desk has 460 of 600."""
    told = sold(amount="60.00", obligations=(APP, DESK), obligation="desk",
                basis="a surcharge for calls at night")  # fmt: skip

    (decision,) = decisions(told, "explain_wholly")

    assert decision.inputs == {
        "consideration": "bonus",
        "basis": "a surcharge for calls at night",
        "app": "800.00 USD of 1200.00 USD",
        "desk": "460.00 USD of 600.00 USD",
    }


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"obligation": "app", "service_from": "2025-12-01", "service_to": "2025-12-31"}, "served"),
        ({"obligation": "app", "service_from": "2026-12-01", "service_to": "2027-01-31"}, "served"),
        ({"obligation": "app", "service_from": "2026-05-31", "service_to": "2026-05-01"}, "served"),
        ({"obligation": "lift"} | MAY, "point_in_time or no series"),
    ],
)
def test_days_that_are_not_of_one_service_are_refused(told: Told, said: str) -> None:
    """Increments are days of one series that is measured by time."""
    with pytest.raises((ContractError, UnsupportedTerm), match=said):
        measured(
            sold(amount="90.00", obligations=(APP, DESK, LIFT), **told), as_of("rpo", "2026-01-01")
        )


@pytest.mark.parametrize(
    ("price", "outcome", "desk"),
    [
        # 1,200 + 600 + 200 alone; desk and lift for 700 together: the discount of 100 is theirs.
        ("1900.00", "to desk, lift", "525.00"),
        # A discount of 200 is not: 1,800 x 600 / 2,000.
        ("1800.00", "to all", "540.00"),
    ],
)
def test_the_decision_says_whose_a_discount_is(price: str, outcome: str, desk: str) -> None:
    """32-36, 32-37: proven by the bundle's price, or shared by all."""
    bundles = [{"obligations": ["desk", "lift"], "price": "700.00"}]
    told = scenario(contract([APP, DESK, LIFT], [fixed(price)], bundles=bundles))

    (decision,) = decisions(told, "explain_discount")

    assert decision.outcome == outcome
    assert [
        str(each) for each in measured(told, as_of("allocated_price", "2026-01-01",
                                                   obligation="desk"))
    ] == [desk]  # fmt: skip


def test_bundle_prices_prove_a_discount_of_a_modification() -> None:
    """32-37: desk (600) and lift (200) are regularly sold for 700 together, with training at 100.

    Added for 800, a contract of their own (25-12): the discount of 100 is the bundle's.
    """
    training = LIFT | {"id": "training", "standalone_selling_price": "100.00"}
    added = event(
        "modification",
        "2026-07-01",
        adds=[DESK, LIFT, training],
        price_change="800.00",
        at_standalone_selling_prices=True,
        bundles=[{"obligations": ["desk", "lift"], "price": "700.00"}],
    )
    told = scenario(contract([APP], [fixed("1200.00")]), [added])

    assert measured(
        told,
        as_of("allocated_price", "2026-07-01", obligation="desk"),
        as_of("allocated_price", "2026-07-01", obligation="lift"),
        as_of("allocated_price", "2026-07-01", obligation="training"),
    ) == [525, 175, 100]


def test_bundle_prices_prove_a_discount_of_what_is_left() -> None:
    """25-13a: 600 of the app are left; desk and lift join for 700, as they are sold together.

    The rest of the app sells for 600 (half of 1,200): 1,300 = 600 + 700 proves the discount.
    """
    joined = event(
        "modification",
        "2026-07-01",
        adds=[DESK, LIFT],
        price_change="700.00",
        bundles=[{"obligations": ["desk", "lift"], "price": "700.00"}],
    )
    told = scenario(contract([APP], [fixed("1200.00")]), [joined])

    assert measured(
        told,
        as_of("allocated_price", "2026-07-01", obligation="app"),
        as_of("allocated_price", "2026-07-01", obligation="desk"),
        as_of("allocated_price", "2026-07-01", obligation="lift"),
    ) == [1200, 525, 175]


def test_an_unproven_discount_of_a_modification_is_shared_by_all() -> None:
    """32-36: the same for 630: 1,230 over 600, 600 and 200."""
    joined = event(
        "modification",
        "2026-07-01",
        adds=[DESK, LIFT],
        price_change="630.00",
        bundles=[{"obligations": ["desk", "lift"], "price": "700.00"}],
    )
    told = scenario(contract([APP], [fixed("1200.00")]), [joined])

    found = measured(
        told,
        as_of("allocated_price", "2026-07-01", obligation="desk"),
        as_of("allocated_price", "2026-07-01", obligation="lift"),
    )

    # 1,230 x 600 / 1,400 = 527.142.., twice; 1,230 x 200 / 1,400 = 175.714.., which gets the cent.
    assert found == [Decimal("527.14"), Decimal("175.72")]


def test_what_rounding_leaves_goes_to_the_largest_remainders_then_the_lower_id() -> None:
    """100.00 over three that weigh alike: the cent goes to the first id, in any order told."""
    alike = [APP | {"id": name, "standalone_selling_price": "10.00"} for name in ("c", "a", "b")]
    told = scenario(contract(alike, [fixed("100.00")]))

    found = measured(
        told, *(as_of("allocated_price", "2026-01-01", obligation=name) for name in "abc")
    )

    assert [str(each) for each in found] == ["33.34", "33.33", "33.33"]


def test_a_later_price_goes_to_satisfied_obligations_too() -> None:
    """32-43, 32-44: the lift is delivered; 140 more is 120 for the app and 20 for the lift."""
    amounts = [fixed("1400.00"), bonus()]
    events = [
        event("delivery", "2026-01-10", obligation="lift"),
        event("estimate", "2026-07-01", consideration="bonus", amount="140.00"),
    ]
    told = scenario(contract([APP, LIFT], amounts), events)

    assert measured(
        told, revenue("2026-07", obligation="lift"),
        as_of("allocated_price", "2026-07-01", obligation="app"),
    ) == [20, 1320]  # fmt: skip
