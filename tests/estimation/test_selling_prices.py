"""A price study finds the strata that are there, the range prices show, and what is no price."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from revrec.estimation.selling_prices import PriceSeen, StudyPolicy, study

POLICY = StudyPolicy()


def seen(price, *, units=1, **labels):
    """A price of seats."""
    return PriceSeen(
        product="seats",
        currency="USD",
        per="unit_month",
        price=Decimal(repr(round(float(price), 4))),
        units=Decimal(repr(float(units))),
        on=date(2026, 1, 1),
        **labels,
    )


def around(middle, spread, count, seed=1, **labels):
    """Prices scattered around a middle."""
    noise = np.random.default_rng(seed).standard_normal(count)
    return [seen(middle * np.exp(spread * each), **labels) for each in noise]


def test_prices_that_concentrate_show_a_selling_price():
    """200 prices around 50.00, two in three within 5%: observable, 42.50 to 57.50 around it."""
    (found,) = study(around(50, 0.05, 200), POLICY)

    assert found.concentrates
    assert Decimal(49) < found.middle < Decimal(51)
    assert found.low == pytest.approx(found.middle * Decimal("0.85"), abs=Decimal("0.00001"))
    assert found.high == pytest.approx(found.middle * Decimal("1.15"), abs=Decimal("0.00001"))
    assert found.inside > Decimal("0.95")


def test_prices_that_do_not_concentrate_are_shown_as_they_are():
    """Spread over a factor of four: the range is what seven of ten span, and a person judges."""
    (found,) = study(around(50, 0.7, 300), POLICY)

    assert not found.concentrates
    assert found.low < Decimal(35) < Decimal(70) < found.high


def test_regions_with_prices_of_their_own_become_strata():
    """100 in the US and 80 in the EU; segments of the same prices are not split."""
    prices = [
        price
        for number, (region, middle) in enumerate((("US", 100), ("EU", 80)))
        for segment in ("mid", "large")
        for price in around(middle, 0.04, 60, number, region=region, segment=segment)
    ]

    found = study(prices, POLICY)

    assert [("EU", ""), ("US", "")] == [(each.region, each.segment) for each in found]
    assert [80, 100] == [round(each.middle) for each in found]


def test_volume_that_costs_less_becomes_a_stratum():
    """Above 100 seats the price falls from 50 to 30; the bounds are told."""
    prices = [
        *(seen(p.price, units=5 + n % 50) for n, p in enumerate(around(50, 0.03, 80, 2))),
        *(seen(p.price, units=200 + n) for n, p in enumerate(around(30, 0.03, 40, 3))),
    ]

    found = study(prices, POLICY)

    assert found[0].quantity_from is None
    assert found[-1].quantity_to is None
    assert round(found[-1].middle) == 30
    assert all(round(each.middle) == 50 for each in found[:-1])


def test_a_thin_stratum_leans_on_its_product():
    """Twenty noisy prices beside four regions of many: drawn towards the others."""
    prices = [
        price
        for number, (region, middle, count) in enumerate(
            (("A", 100, 200), ("B", 110, 200), ("C", 90, 200), ("D", 160, 20))
        )
        for price in around(middle, 0.3 if region == "D" else 0.05, count, number, region=region)
    ]

    by_region = {each.region: each for each in study(prices, POLICY)}

    thin = by_region["D"]
    assert thin.credibility < by_region["A"].credibility
    assert thin.middle < thin.median


def test_what_is_no_price_is_left_out_with_its_reason():
    """A giveaway, a slip of a factor of a hundred, and prices in bundles."""
    prices = [*around(50, 0.03, 60), seen(0), seen(5000), *around(20, 0.03, 5, alone=False)]

    (found,) = study(prices, POLICY)

    assert {"not above zero": 1, "outlying": 1, "sold in a bundle": 5} == dict(found.left_out)
    assert found.count == 60


def test_prices_in_bundles_count_where_there_are_no_others():
    """Nothing is sold alone."""
    (found,) = study(around(20, 0.03, 30, alone=False), POLICY)

    assert (30, {}) == (found.count, dict(found.left_out))


def test_a_list_price_that_everybody_pays_is_one_price():
    """No spread at all, and nothing divides by it."""
    (found,) = study([seen(10) for _ in range(40)], POLICY)

    assert (Decimal(10), Decimal(1)) == (found.middle, found.inside)


def test_nothing_seen_gives_nothing():
    """An empty history proposes no price."""
    assert [] == study([], POLICY)
    assert [] == study([seen(0)], POLICY)
