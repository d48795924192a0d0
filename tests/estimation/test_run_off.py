"""Commitments run off on the day they were said to; sums over contracts have honest widths."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np

from revrec.estimation.numbers import generator
from revrec.estimation.outlook import fit_portfolio
from revrec.estimation.run_off import Commitment, forecast
from tests.estimation.judging import panel_of_steps
from tests.estimation.portfolios import simulate

AHEAD = 12


def seen(panel, commitments=(), seed=1, confidence=0.8):
    """The forecast of every contract for the steps ahead."""
    rng = generator(seed)
    portfolio = fit_portfolio(panel, horizon=AHEAD, rng=rng)
    return forecast(
        portfolio,
        commitments,
        np.full(len(panel.names), float(AHEAD)),
        rng=rng,
        confidence=confidence,
        draws=300,
    )


def even(count=40, steps=12, use=100.0):
    """Contracts that all use the same in each step, as of an ordinary day."""
    return panel_of_steps(np.full((count, steps), use))


def commitment(panel, committed, *, row=0, steps=AHEAD):
    """So much by the end of the steps ahead."""
    ends = date.fromordinal(panel.as_of) + timedelta(28 * steps)
    return Commitment(name=f"{row} {committed}", row=row, committed=Decimal(committed), ends=ends)


def test_an_even_pace_runs_out_when_division_says():
    """1,200 used at 100 a step: 1,500 is reached after three more steps, 84 days."""
    panel = even()

    (found,) = seen(panel, [commitment(panel, 1500)]).commitments

    assert (1200, 300) == (found.used, found.remaining)
    assert found.probability > Decimal("0.95")
    day = date.fromordinal(panel.as_of) + timedelta(84)
    assert abs((found.exhausted_middle - day).days) <= 7
    assert abs(found.overage - 900) < 60
    assert found.shortfall < 30


def test_a_commitment_beyond_reach_falls_short():
    """2,400 by the end of twelve steps of 100: 5,000 lasts, and about 2,600 will not be used."""
    panel = even()

    (found,) = seen(panel, [commitment(panel, 5000)]).commitments

    assert found.probability < Decimal("0.05")
    assert found.exhausted_middle is None
    assert abs(found.shortfall - 2600) < 100
    assert found.overage == 0


def test_what_is_used_up_is_used_up_today():
    """1,200 of 1,000."""
    panel = even()

    (found,) = seen(panel, [commitment(panel, 1000)]).commitments

    assert (0, 1) == (found.remaining, found.probability)
    assert found.exhausted_middle == date.fromordinal(panel.as_of)


def test_steps_add_up_to_the_total():
    """Each step has its own bounds; expected values add up, bounds do not."""
    found = seen(even())

    expected = sum(each.expected for each in found.steps.values())
    assert abs(expected - found.total.expected) < Decimal("0.01")
    assert len(found.steps) == AHEAD
    assert all(each.low <= each.high for each in found.steps.values())


def test_higher_confidence_is_wider():
    """Ninety-five percent beside fifty."""
    truth = simulate("log_normal", contracts=60, past=13, future=1, seed=2)
    panel = panel_of_steps(truth.past)

    narrow, wide = seen(panel, confidence=0.5), seen(panel, confidence=0.95)

    assert wide.total.low < narrow.total.low < narrow.total.high < wide.total.high
