"""How much is used in a step with use: a level that moves, and noise around it, on the logarithm.

Local level model (Harvey, 1989), filtered for all contracts at once. How fast levels move, in
proportion to the noise, is one number of the cohort, by maximum likelihood; the noise of each
contract is its own, squeezed towards the cohort's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from revrec.estimation.numbers import Booleans, Floats, Integers
from revrec.estimation.pooling import VariancePrior, variance_prior

_FITTED_MAX = 2_000
_MOVES = (np.log(1e-4), np.log(10.0))
_MOVES_WITHOUT_DATA = 0.05
_BOUND = 2.5
_TO_DEVIATION = 1.4826 / 2**0.5
"""From the median change of a step to the deviation of the noise, if it is normal."""
_POOLED_CHANGES = 5
"""How many changes of its own a contract needs to weigh as much as its cohort."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """Own level of each contract at the last step, before any pooling."""

    level: Floats
    """Logarithm; NaN where nothing was used."""
    spread: Floats
    """Variance of the level in units of the noise; infinite where nothing was used."""
    squares: Floats
    """Sum of squared surprises, each in units of what was expected."""
    freedom: Floats
    """Number of surprises."""
    log_spread: Floats
    """Sum of the logarithms of expected variances, for the likelihood."""
    surprises: Floats
    """Surprise in each step over its expected standard deviation, NaN where there was none."""
    expected: Floats
    """Expected variance of each surprise, in units of the noise: 1 where the level is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Fitted levels of a cohort."""

    moves: float
    """Variance of a level's move in a step, in units of the noise."""
    noise: VariancePrior
    filtered: Filtered
    variance: Floats
    """Noise of each contract."""
    residuals: Floats
    """Surprises of the cohort over the deviation that their contract's others lead to expect:
    the shape of the noise as it is."""
    beside: Floats
    """That deviation, for each of them."""
    largest: float
    """Logarithm of the largest burst thought possible: half as much again as any seen."""


def filtered(logs: Floats, moves: float, bound: Floats) -> Filtered:
    """Run the filter over logarithms of use, NaN where there was none.

    A surprise beyond ``bound`` counts as the bound: a burst is not a new level (Huber).
    """
    count, steps = logs.shape
    level = np.full(count, np.nan)
    spread = np.full(count, np.inf)
    squares, freedom, log_spread = np.zeros(count), np.zeros(count), np.zeros(count)
    surprises, expectations = np.full((2, count, steps), np.nan)
    for step in range(steps):
        seen = logs[:, step]
        spread = spread + moves
        new: Booleans = np.isnan(level) & ~np.isnan(seen)
        old: Booleans = ~np.isnan(level) & ~np.isnan(seen)
        expected = spread[old] + 1
        surprise = seen[old] - level[old]
        surprises[old, step] = surprise / np.sqrt(expected)
        expectations[old, step] = expected
        limit = bound[old] * np.sqrt(expected)
        surprise = np.clip(surprise, -limit, limit)
        squares[old] += surprise**2 / expected
        freedom[old] += 1
        log_spread[old] += np.log(expected)
        gain = spread[old] / expected
        level[old] += gain * surprise
        spread[old] = gain
        level[new] = seen[new]
        spread[new] = 1.0
    return Filtered(
        level=level,
        spread=spread,
        squares=squares,
        freedom=freedom,
        log_spread=log_spread,
        surprises=surprises,
        expected=expectations,
    )


def fit_levels(logs: Floats, *, moves: float | None = None) -> Levels:
    """The most likely pace of levels and noise of a cohort, and each contract's own level."""
    informative: Integers = np.flatnonzero((~np.isnan(logs)).sum(axis=1) > 1)[:_FITTED_MAX]
    bound = _bounds(logs)
    if moves is None:
        some = informative
        moves = _pace(logs[some], bound[some]) if len(some) else _MOVES_WITHOUT_DATA
    run = filtered(logs, moves, bound)
    noise = variance_prior(run.squares, run.freedom)
    residuals, beside = _residuals(run, noise, bound)
    return Levels(
        moves=moves,
        noise=noise,
        filtered=run,
        variance=noise.squeezed(run.squares, run.freedom),
        residuals=residuals,
        beside=beside,
        largest=_largest(run, noise),
    )


def _bounds(logs: Floats) -> Floats:
    """How far a surprise counts in full: by median changes, each contract's and its cohort's."""
    changes = np.abs(np.diff(logs, axis=1))
    known = (~np.isnan(changes)).sum(axis=1)
    everyone = changes[~np.isnan(changes)]
    typical = float(np.median(everyone)) if len(everyone) else 1.0
    own = np.full(len(logs), typical)
    some = known > 0
    own[some] = np.nanmedian(changes[some], axis=1)
    pooled = (known * own + _POOLED_CHANGES * typical) / (known + _POOLED_CHANGES)
    return np.asarray(_BOUND * _TO_DEVIATION * np.maximum(pooled, 1e-3))


def _largest(run: Filtered, noise: VariancePrior) -> float:
    seen = run.surprises[~np.isnan(run.surprises)]
    usual = 3 * float(np.sqrt(noise.scale))
    return max(float(seen.max(initial=0.0)), usual) + float(np.log(1.5))


def _pace(logs: Floats, bound: Floats) -> float:
    """The most likely ratio of the moves of levels to noise."""
    from scipy.optimize import minimize_scalar

    def loss(at: float) -> float:
        run = filtered(logs, float(np.exp(at)), bound)
        prior = variance_prior(run.squares, run.freedom)
        scale = prior.freedom * prior.scale
        fit = -0.5 * run.log_spread - 0.5 * run.freedom * np.log(prior.scale)
        fit -= 0.5 * (prior.freedom + run.freedom) * np.log1p(run.squares / scale)
        return float(-fit.sum())

    found = minimize_scalar(loss, bounds=_MOVES, method="bounded", options={"xatol": 0.1})
    return float(np.exp(found.x))


def _residuals(run: Filtered, noise: VariancePrior, bound: Floats) -> tuple[Floats, Floats]:
    """Surprises over the deviation that the others of the contract lead to expect, and that.

    Only the half at which levels were known best: in the others a burst is blurred by the doubt
    about the level, which is drawn by itself.
    """
    kept = ~np.isnan(run.surprises)
    if kept.any():
        kept &= run.expected <= np.median(run.expected[kept])
    rows = np.nonzero(kept)[0]
    squared = np.minimum(run.surprises[kept] ** 2, bound[rows] ** 2)
    others = noise.freedom * noise.scale + run.squares[rows] - squared
    freedom = np.maximum(noise.freedom + run.freedom[rows] - 1, 0.5)
    beside = np.sqrt(np.maximum(others, 1e-12) / freedom)
    return run.surprises[kept] / beside, beside
