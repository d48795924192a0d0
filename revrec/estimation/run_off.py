"""How use will run: by month, and when a commitment will be used up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.random import Generator

from revrec.estimation.distribution import Distribution, distribution_of
from revrec.estimation.forecast import draw_paths
from revrec.estimation.numbers import Floats, quantity, ratio
from revrec.estimation.outlook import DRAWS, Portfolio, moved_totals
from revrec.estimation.panel import Panel

_NEVER = np.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """So much to be used by a day, of a row of the portfolio."""

    name: str
    row: int
    committed: Decimal
    ends: date


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOff:
    """How a commitment will be used, rounded."""

    name: str
    used: Decimal
    remaining: Decimal
    expected_use: Decimal
    """By its end, in all ..."""
    low: Decimal
    """... and the bounds it lies in with the confidence asked for."""
    high: Decimal
    exhausted: float
    """Probability that it is used up before its end ..."""
    short: float
    """... and that a significant part of it, as asked for, will not have been used."""
    exhausted_early: date | None
    """A day before which it is used up with one chance in ten; none if less likely ..."""
    exhausted_middle: date | None
    """... with even chances; none if it probably lasts."""
    shortfall: Decimal
    """Expected: what will not have been used ..."""
    overage: Decimal
    """... and what will have been used beyond it."""

    @property
    def probability(self) -> Decimal:
        """``exhausted`` to four decimals."""
        return ratio(self.exhausted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A sum over contracts with its bounds."""

    expected: Decimal
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A portfolio's use to come."""

    confidence: Decimal
    steps: Mapping[date, Range]
    """By the last day of each step, over all contracts."""
    total: Range
    commitments: Sequence[RunOff]


def horizons(panel: Panel, ends: Sequence[date]) -> Floats:
    """Steps from the day of the estimate to each row's last day."""
    days = np.array([each.toordinal() for each in ends], np.float64) - panel.as_of
    return np.maximum(days / panel.step_days, 0.0)


def forecast(
    portfolio: Portfolio,
    commitments: Sequence[Commitment],
    horizon: Floats,
    *,
    rng: Generator,
    confidence: float = 0.8,
    significant: float = 0.05,
    draws: int = DRAWS,
) -> Forecast:
    """Use over each contract's horizon (steps), in all and against commitments.

    Contracts are added up draw by draw, so that what moves them together widens the sum.
    """
    panel = portfolio.fitted.panel
    steps = max(int(np.ceil(horizon.max(initial=0.0))), 1)
    by_step = np.zeros((draws, steps))
    by_row: dict[int, list[Commitment]] = {}
    for each in commitments:
        by_row.setdefault(each.row, []).append(each)
    told: dict[str, RunOff] = {}
    for _, paths in draw_paths(portfolio.fitted, steps=steps, draws=draws, rng=rng):
        weight = np.clip(horizon[paths.rows][:, None] - np.arange(steps)[None, :], 0.0, 1.0)
        within = paths.steps * weight[:, None, :]
        totals = within.sum(axis=2)
        drawn, moved = moved_totals(portfolio, paths.rows, totals)
        by_step += (within * scaled(drawn, totals)[:, :, None]).sum(axis=0)
        spread = within * scaled(moved, totals)[:, :, None]
        for place, row in enumerate(paths.rows):
            for each in by_row.get(int(row), ()):
                told[each.name] = _run_off(each, panel, spread[place], confidence, significant)
    bounds = distribution_of(by_step.T)
    last = date.fromordinal(panel.as_of)
    ends = [last + timedelta(panel.step_days * number) for number in range(1, steps + 1)]
    return Forecast(
        confidence=ratio(confidence),
        steps={end: _range(bounds, place, confidence) for place, end in enumerate(ends)},
        total=_range(distribution_of(by_step.sum(axis=1)[None, :]), 0, confidence),
        commitments=[told[each.name] for each in commitments],
    )


def scaled(moved: Floats, totals: Floats) -> Floats:
    """What each path is stretched by, to come to the total it was moved to."""
    return np.where(totals > 0, moved / np.maximum(totals, 1e-12), 1.0)


def _run_off(
    of: Commitment, panel: Panel, paths: Floats, confidence: float, significant: float
) -> RunOff:
    used, as_of, step_days = float(panel.observed[of.row]), panel.as_of, panel.step_days
    left = max((of.ends.toordinal() - as_of) / step_days, 0.0)
    weight = np.clip(left - np.arange(paths.shape[1]), 0.0, 1.0)
    running = used + np.cumsum(paths * weight[None, :], axis=1)
    total = distribution_of(running[:, -1][None, :])
    low, high = total.interval(confidence)
    committed = float(of.committed)
    days = np.sort(_days_until(committed, used, running, step_days))
    return RunOff(
        name=of.name,
        used=quantity(used),
        remaining=quantity(max(committed - used, 0.0)),
        expected_use=quantity(total.expected[0]),
        low=quantity(low[0]),
        high=quantity(high[0]),
        exhausted=float(np.isfinite(days).mean()),
        short=float((running[:, -1] < committed * (1 - significant)).mean()),
        exhausted_early=_day(as_of, days, 0.1),
        exhausted_middle=_day(as_of, days, 0.5),
        shortfall=quantity(np.maximum(committed - running[:, -1], 0).mean()),
        overage=quantity(np.maximum(running[:, -1] - committed, 0).mean()),
    )


def _days_until(committed: float, used: float, running: Floats, step_days: int) -> Floats:
    """Days until each path reaches the commitment, even within a step; infinite if it does not."""
    if used >= committed:
        return np.zeros(len(running))
    reached = running >= committed
    step = np.argmax(reached, axis=1)
    at = np.take_along_axis(running, step[:, None], axis=1)[:, 0]
    before = np.where(
        step > 0, np.take_along_axis(running, np.maximum(step - 1, 0)[:, None], axis=1)[:, 0], used
    )
    part = (committed - before) / np.maximum(at - before, 1e-12)
    return np.where(reached.any(axis=1), (step + part) * step_days, _NEVER)


def _day(as_of: int, days: Floats, share: float) -> date | None:
    found = days[min(int(share * len(days)), len(days) - 1)]
    return None if not np.isfinite(found) else date.fromordinal(as_of + int(np.ceil(found)))


def _range(bounds: Distribution, row: int, confidence: float) -> Range:
    low, high = bounds.interval(confidence)
    return Range(
        expected=quantity(bounds.expected[row]), low=quantity(low[row]), high=quantity(high[row])
    )
