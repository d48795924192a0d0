"""Revenue to come: what use earns, drawn, beside what passes with time and is certain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
from numpy.random import Generator

from revrec.citations import cites
from revrec.estimation.distribution import Distribution, distribution_of
from revrec.estimation.forecast import draw_paths
from revrec.estimation.numbers import Floats, money
from revrec.estimation.outlook import DRAWS, Portfolio, moved_totals
from revrec.estimation.run_off import Range, scaled


@dataclass(frozen=True, slots=True, kw_only=True)
class Earning:
    """What use of a row of the portfolio earns."""

    row: int
    rate: Fraction
    """Consideration, in the currency, of a unit counted."""
    free: Fraction = Fraction(0)
    """Units still to be used before anything is earned, below a baseline."""
    most: Fraction | None = None
    """Consideration that is left of a price; there is none where each unit has its own."""
    lapses: date | None = None
    """Day on which what is left is earned, used or not (55-48)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueAhead:
    """Revenue to come in a currency, with its bounds."""

    scheduled: Decimal
    """What passes with time: certain while contracts stand."""
    by_use: Range
    """What depends on use."""
    total: Range
    steps: Mapping[date, Range]
    """Both, by the last day of each step."""


@cites("606-10-32-40", "606-10-55-46", "606-10-55-48")
def earned_by_use(
    portfolio: Portfolio,
    earnings: Sequence[Earning],
    horizon: Floats,
    ends: Sequence[date],
    *,
    rng: Generator,
    draws: int = DRAWS,
) -> Floats:
    """Draws of what use earns, steps x draws, for steps that end on the days given.

    Each draw has all contracts in it, so what moves them together widens the sum.
    """
    by_row: dict[int, list[Earning]] = {}
    for each in earnings:
        by_row.setdefault(each.row, []).append(each)
    ahead = np.arange(len(ends))
    earned = np.zeros((draws, len(ends)))
    for _, paths in draw_paths(portfolio.fitted, steps=len(ends), draws=draws, rng=rng):
        weight = np.clip(horizon[paths.rows][:, None] - ahead[None, :], 0.0, 1.0)
        within = paths.steps * weight[:, None, :]
        totals = within.sum(axis=2)
        drawn, _ = moved_totals(portfolio, paths.rows, totals)
        running = np.cumsum(within * scaled(drawn, totals)[:, :, None], axis=2)
        for place, row in enumerate(paths.rows):
            for each in by_row.get(int(row), ()):
                earned += np.diff(_earned(each, running[place], ends), axis=1, prepend=0.0)
    return earned.T


def _earned(each: Earning, running: Floats, ends: Sequence[date]) -> Floats:
    """What has been earned by the end of each step."""
    found = np.maximum(running - float(each.free), 0.0) * float(each.rate)
    if each.most is None:
        return np.asarray(found)
    most, lapses = float(each.most), each.lapses
    over = np.array([lapses is not None and end >= lapses for end in ends])
    return np.asarray(np.where(over[None, :], most, np.minimum(found, most)))


def revenue_ahead(
    by_use: Floats | None,
    scheduled: Sequence[Decimal],
    ends: Sequence[date],
    *,
    confidence: float,
    digits: int,
) -> RevenueAhead:
    """What use earns by step, in draws if it earns anything, with what is scheduled for each."""
    drawn = np.zeros((len(ends), 1)) if by_use is None else by_use
    steps, whole = distribution_of(drawn), distribution_of(drawn.sum(axis=0)[None, :])
    certain = sum(scheduled, Decimal(0))
    of_use = _range(whole, 0, Decimal(0), confidence, digits)
    return RevenueAhead(
        scheduled=certain,
        by_use=of_use,
        total=_range(whole, 0, certain, confidence, digits),
        steps={
            end: _range(steps, place, scheduled[place], confidence, digits)
            for place, end in enumerate(ends)
        },
    )


def step_ends(as_of: date, until: date, step_days: int) -> list[date]:
    """Last days of the steps up to ``until``, the last of which may be shorter."""
    count = max(-(-(until - as_of).days // step_days), 1)
    return [min(as_of + timedelta(step_days * (n + 1)), until) for n in range(count)]


def _range(of: Distribution, row: int, certain: Decimal, confidence: float, digits: int) -> Range:
    low, high = of.interval(confidence)
    expected, least, most = (
        certain + money(float(each[row]), digits) for each in (of.expected, low, high)
    )
    return Range(expected=expected, low=least, high=most)
