"""Histories as they come: empty, all zeros, one giant day, corrections, gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from revrec.errors import FeedError
from revrec.estimation.numbers import generator
from revrec.estimation.outlook import ahead, fit_portfolio
from revrec.estimation.panel import DailyUse, Doubt, panel_of

DAY = 738_000
STEP = 28


def use_of(*rows):
    """Daily use from (contract, day before the estimate, quantity)."""
    contract, back, quantity = (np.array(column) for column in zip(*rows, strict=True))
    return DailyUse(
        contract=contract.astype(np.int64),
        day=(DAY - back).astype(np.int64),
        quantity=quantity.astype(float),
    )


def panel(*rows, first_days, **more):
    """A panel as of DAY of contracts C-0, C-1, ..."""
    names = [f"C-{number}" for number in range(len(first_days))]
    return panel_of(
        use_of(*rows), names=names, first_days=first_days, as_of=DAY, step_days=STEP, **more
    )


def intervals(history, horizon=6):
    """Eighty percent intervals and expected values of the contracts."""
    rng = generator(1)
    portfolio = fit_portfolio(history, horizon=horizon, rng=rng)
    low, high, expected = (np.empty(len(history.names)) for _ in range(3))
    for part in ahead(portfolio, np.full(len(low), float(horizon)), rng=rng):
        low[part.rows], high[part.rows] = part.distribution.interval(0.8)
        expected[part.rows] = part.distribution.expected
    return low, high, expected


def steady(contract, steps, quantity=100.0):
    """A row in the middle of each step."""
    return [(contract, step * STEP + 10, quantity) for step in range(steps)]


def test_steps_end_on_the_day_of_the_estimate():
    """Days count back: the last of a step is its youngest."""
    found = panel((0, 0, 5), (0, 27, 7), (0, 28, 11), (0, 56, 13), first_days=[DAY - 83])

    assert [13.0, 11.0, 12.0] == found.used[0].tolist()
    assert found.observed[0] == 36.0


def test_a_step_begun_before_the_contract_is_left_out():
    """A history of 69 days has two whole steps; the rest is observed but no step."""
    found = panel((0, 60, 9), (0, 1, 5), first_days=[DAY - 68])

    assert [0.0, 5.0] == found.used[0].tolist()
    assert found.observed[0] == 14.0


def test_half_a_step_alone_counts_in_proportion():
    """14 of 28 days with 7 units are a pace of 14."""
    found = panel((0, 3, 7), first_days=[DAY - 13])

    assert [14.0] == found.used[0].tolist()


@pytest.mark.parametrize(
    ("rows", "doubt"),
    [
        ([(0, 3, 5)], Doubt.NO_HISTORY),
        ([(1, 3, 5)], Doubt.NO_USE),
        ([*steady(1, 6, 1.0), (1, 40, 500)], Doubt.GIANT_DAY),
        ([*steady(1, 6), (1, 40, -500)], Doubt.CORRECTED),
        ([(1, 10, 5), (1, 13 * STEP + 1, 5)], Doubt.GAP),
    ],
)
def test_what_is_odd_is_pointed_out(rows, doubt):
    """Each with its own reason, and an answer all the same."""
    first_days = [DAY - 2, DAY - 14 * STEP + 1]
    if doubt is Doubt.NO_USE:
        rows = [(0, 3, 5)]
    history = panel(*rows, first_days=first_days)
    row = 0 if doubt is Doubt.NO_HISTORY else 1

    assert doubt in history.doubts[row]
    low, high, expected = intervals(history)
    assert np.isfinite([low, high, expected]).all()
    assert (low >= 0).all()
    assert (high >= low).all()


def test_nothing_known_at_all_still_answers():
    """No contract has any use: nothing is expected to be certain, and nothing breaks."""
    low, high, expected = intervals(panel((0, 3, 0), first_days=[DAY - 300, DAY - 1]))

    assert np.isfinite([low, high, expected]).all()


def test_a_new_contract_leans_on_its_cohort_and_an_old_one_on_itself():
    """Twenty customers of 100 a step: one with a year of 1,000, one that begins today."""
    rows = [row for contract in range(20) for row in steady(contract, 13)]
    rows += steady(20, 13, 1_000.0)
    history = panel(*rows, first_days=[DAY - 13 * STEP + 1] * 21 + [DAY])

    low, high, expected = intervals(history)

    assert 5_000 < expected[20] < 7_000
    assert 300 < expected[21] < 3_000
    assert high[21] / max(low[21], 1) > high[20] / low[20]


def test_a_shorter_history_gives_a_wider_answer():
    """Paces of all sizes, noise and all, seen for two steps and for twelve."""
    rng = np.random.default_rng(3)
    pace = 100 * np.exp(rng.standard_normal(40))
    rows = [
        (contract, step * STEP + 10, pace[contract] * math.exp(0.4 * rng.standard_normal()))
        for contract in range(40)
        for step in range(2 if contract % 2 else 12)
    ]
    first_days = [DAY - (2 if contract % 2 else 12) * STEP + 1 for contract in range(40)]

    low, high, _ = intervals(panel(*rows, first_days=first_days))

    width = np.log(high / low)
    assert width[1::2].mean() > width[::2].mean()


def test_the_same_seed_gives_the_same_numbers():
    """A run can be repeated; another seed gives another draw of the same thing."""
    history = panel(*steady(0, 9), *steady(1, 9, 40.0), first_days=[DAY - 9 * STEP + 1] * 2)

    assert np.array_equal(intervals(history), intervals(history))


def test_use_that_is_no_number_is_refused():
    """It says of which contract."""
    with pytest.raises(FeedError, match="C-0 is nan"):
        panel((0, 3, math.nan), first_days=[DAY - 90])
