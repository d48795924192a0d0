"""The constraint is one formula: the largest amount that is seldom reversed significantly."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.estimation.constraint import (
    Binds,
    ConstraintPolicy,
    Evidence,
    constrain,
    constraint_policy,
)
from revrec.estimation.distribution import distribution_of, drawn_outcomes
from revrec.estimation.panel import Doubt
from revrec.feeds.policies import default_policy, with_elections
from revrec.model.estimation import UncertaintyFactor
from tests.properties.profiles import examples

POLICY = ConstraintPolicy()
HUNDRED = np.arange(1.0, 101.0)[None, :]
"""One outcome in a hundred each of 1, 2, ... 100."""


def evidence(rows=1, **changes):
    """Nothing that would lower what is tolerated."""
    told = {
        "days_left": np.full(rows, 90.0),
        "days_seen": np.full(rows, 720.0),
        "cohort_size": np.full(rows, 500.0),
        "tested": np.zeros(rows),
        "doubts": (frozenset(),) * rows,
        "stated": ({},) * rows,
    }
    return Evidence(**told | changes)


def found(draws, expected, *, other=0.0, policy=POLICY, **changes):
    """The constraint on one row."""
    return constrain(
        distribution_of(np.asarray(draws, float)),
        np.array([float(expected)]),
        other_revenue=np.array([float(other)]),
        evidence=evidence(**changes),
        policy=policy,
    )


def test_the_amount_is_the_quantile_that_significance_allows():
    """A broad range: 18 in 100 tolerated; 19/0.95 = 20 falls below 19 in 18 cases of 100."""
    got = found(HUNDRED, 50.5)

    assert got.factors == (frozenset({UncertaintyFactor.MANY_OUTCOMES}),)
    assert got.amount[0] == pytest.approx(20.0)
    assert (got.reversal[0], got.binds(0)) == (pytest.approx(0.18), Binds.REVERSAL)
    # 50.5 x 0.95 = 47.975: 47 outcomes are below.
    assert got.reversal_unconstrained[0] == pytest.approx(0.47)


def test_other_revenue_makes_a_fall_less_significant():
    """Beside 380 more: (19 + 5% of 380) / 0.95 = 40."""
    assert found(HUNDRED, 50.5, other=380).amount[0] == pytest.approx(40.0)
    assert found(HUNDRED, 50.5, other=5_000).amount[0] == pytest.approx(50.5)


def test_consideration_that_lowers_the_price_is_included_in_full_or_more():
    """Credits of 1 to 100, beside nothing: the tail is on the side of more credits."""
    got = found(-HUNDRED, -50.5, other=200.0)

    assert got.amount[0] <= -50.5
    assert got.reversal[0] <= got.tolerated[0] + 1e-9


def test_little_testing_keeps_a_standard_error_back():
    """With 400 forecasts tried, 0.18 less 0.0192: 16 in 100."""
    got = found(HUNDRED, 50.5, tested=np.array([400.0]))

    assert got.amount[0] == pytest.approx(17 / 0.95)


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"days_left": np.array([400.0])}, UncertaintyFactor.LONG_UNCERTAINTY),
        ({"days_seen": np.array([100.0])}, UncertaintyFactor.LITTLE_EXPERIENCE),
        ({"cohort_size": np.array([5.0])}, UncertaintyFactor.LITTLE_EXPERIENCE),
        ({"doubts": (frozenset({Doubt.CURRENCY_CHANGED}),)}, UncertaintyFactor.LITTLE_EXPERIENCE),
        ({"stated": ({UncertaintyFactor.CONCESSIONS: True},)}, UncertaintyFactor.CONCESSIONS),
    ],
)
def test_factors_are_scored_or_stated(changes, factor):
    """Each takes two points off what is tolerated; the broad range is there anyway."""
    got = found(HUNDRED, 50.5, **changes)

    assert got.factors[0] == {factor, UncertaintyFactor.MANY_OUTCOMES}
    assert got.tolerated[0] == pytest.approx(0.16)


def test_what_a_person_states_goes_before_what_is_scored():
    """The range is broad by the numbers; a person knows better."""
    stated = ({UncertaintyFactor.MANY_OUTCOMES: False},)

    assert found(HUNDRED, 50.5, stated=stated).factors == (frozenset(),)


def test_the_policy_that_ships_is_what_the_constraint_reads():
    """Percentages and days of the elections; IFRS has its own level."""
    shipped = default_policy()

    assert constraint_policy(shipped) == POLICY
    ifrs = constraint_policy(with_elections(shipped, {"estimates_standard": "ifrs"}))
    assert ifrs == replace(POLICY, probable=0.9)


@examples(commit=60, torture=3_000)
@given(
    draws=st.lists(st.floats(-1e6, 1e6), min_size=20, max_size=60),
    other=st.floats(0, 1e6),
    probable=st.floats(0.5, 0.95),
    stricter=st.floats(0, 0.04),
)
def test_a_tighter_constraint_never_includes_more(draws, other, probable, stricter):
    """Nor does any amount exceed its estimate, or its tolerated probability of a reversal."""
    expected = float(np.mean(draws))
    loose = replace(POLICY, probable=probable)
    tight = replace(POLICY, probable=probable + stricter)

    first = found([draws], expected, other=other, policy=loose)
    second = found([draws], expected, other=other, policy=tight)

    assert second.amount[0] <= first.amount[0] <= expected
    for each in (first, second):
        assert each.reversal[0] <= each.tolerated[0] + 1e-9


def test_an_interval_says_what_it_holds():
    """Eighty of a hundred; with thirty outcomes of nothing, all that is left out is above."""
    low, high = distribution_of(HUNDRED).interval(0.8)
    assert np.mean((low[0] <= HUNDRED) & (high[0] >= HUNDRED)) == pytest.approx(0.8, abs=0.011)

    idle = np.concatenate([np.zeros(30), np.arange(1.0, 71.0)])[None, :]
    low, high = distribution_of(idle).interval(0.8)
    assert low[0] == 0
    assert np.mean(idle <= high[0]) == pytest.approx(0.8, abs=0.011)


def test_stated_outcomes_are_drawn_in_proportion():
    """Three in four."""
    made = drawn_outcomes([Decimal(5), Decimal(1)], [Decimal("0.25"), Decimal("0.75")])

    assert (750, 250) == ((made.draws == 1).sum(), (made.draws == 5).sum())
    assert made.expected[0] == pytest.approx(2.0)
