"""A look-back finds estimates that were biased, too narrow or reversed too often, and no others."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from revrec.estimation.look_back import look_back, past_of, policy_proposed


def evidence(number, *, kind="overage", included="80", reversal="0.10", other="0", **more):
    """An estimate of 100, eighty percent between 80 and 120."""
    return {
        "component": f"V-{number}", "kind": kind, "cohort": "mid", "unconstrained": "100",
        "included": included, "reversal": reversal, "other_revenue": other,
        "significant": "0.05", "quantiles": {"0.10": "80", "0.90": "120"}, "trials": "0", **more,
    }  # fmt: skip


def past(number, actual, **more):
    """The estimate with what came out."""
    found = past_of(
        evidence(number, **more),
        contract="C",
        as_of=date(2026, 1, 31),
        actual=Decimal(repr(float(actual))),
    )
    assert found is not None
    return found


def outcomes(count, seed):
    """Outcomes of which eighty percent lie between 80 and 120 and one in ten below."""
    return 100 + 15.605 * np.random.default_rng(seed).standard_normal(count)


def test_honest_estimates_are_left_alone():
    """As stated: no bias to speak of, eight in ten inside, no other policy."""
    (found,) = look_back([past(n, each) for n, each in enumerate(outcomes(400, 2))])

    assert ("as stated", 400) == (found.verdict, found.count)
    assert abs(found.bias) < Decimal("0.03")
    assert abs(found.hit_rate - Decimal("0.8")) < Decimal("0.05")
    assert [] == policy_proposed([found], "estimates_probable", "80%")


def test_ranges_that_were_too_narrow_are_found():
    """Twice the spread that was stated."""
    spread = 100 + 2 * (outcomes(200, 3) - 100)
    (found,) = look_back([past(n, each, reversal="0.25") for n, each in enumerate(spread)])

    assert "ranges were too narrow" == found.verdict


def test_too_many_reversals_propose_a_stricter_policy():
    """100 of 200 were reversed, 20 were stated: a fifth of what is tolerated would have done."""
    fell = [past(n, 50 if n % 2 else 100) for n in range(200)]
    (found,) = look_back(fell)
    (proposed,) = policy_proposed([found], "estimates_probable", "80%")

    assert ("more reversals than stated", 100) == (found.verdict, found.reversals)
    assert ("estimates_probable", "80%", "95%") == (
        proposed.election, proposed.value, proposed.proposed
    )  # fmt: skip


def test_bias_is_expected_over_actual():
    """100 was expected of 80 each time."""
    (found,) = look_back([past(n, 80) for n in range(10)])

    assert Decimal("0.2500") == found.bias
    assert 10 * 80 == found.actual


def test_estimates_of_one_component_count_once_for_the_tests():
    """Five dates of one component are one outcome."""
    same = [past(7, 100) for _ in range(5)]
    (found,) = look_back(same)

    assert (5, Decimal("1.0000")) == (found.count, found.hit_rate)
    assert found.chance_of_hits == Decimal("1.0000")


@pytest.mark.parametrize(
    ("told", "actual", "is_reversed"),
    [
        ({"included": "80"}, 77, False),
        ({"included": "80"}, 75, True),
        # 5% of 1,000 beside it is significant from 50 and 4 on.
        ({"included": "80", "other": "1000"}, 27, False),
        ({"included": "80", "other": "1000"}, 25, True),
        ({"kind": "shortfall", "included": "-20"}, -22, True),
        # Each unit used earned 1/500 of the price, then 1/600 of it.
        ({"kind": "breakage", "included": "500"}, 600, True),
        ({"kind": "breakage", "included": "500"}, 520, False),
        # 950 of 1,000 units were sold; 100 came back instead of 50.
        ({"kind": "return", "included": "50", "trials": "1000"}, 100, True),
        ({"kind": "return", "included": "50", "trials": "1000"}, 90, False),
    ],
)
def test_a_reversal_is_significant_in_its_own_measure(told, actual, is_reversed):
    """By hand, with five percent."""
    assert is_reversed == past(1, actual, **told).is_reversed


def test_an_estimate_by_hand_has_no_distribution_to_judge():
    """It is left out, and stops nothing."""
    by_hand = {"component": "V", "included": "5", "by_hand": "letter"}

    assert None is past_of(by_hand, contract="C", as_of=date(2026, 1, 31), actual=Decimal(5))
