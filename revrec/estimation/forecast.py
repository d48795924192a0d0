"""A portfolio's use to come: fit its cohorts, then draw every contract's path to its end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from revrec.estimation.activity import (
    Activity,
    Counts,
    alive_probability,
    counts_of,
    draw_prospects,
    fit_activity,
)
from revrec.estimation.level import Levels, fit_levels
from revrec.estimation.numbers import Floats, Integers
from revrec.estimation.panel import Panel
from revrec.estimation.pooling import LevelPrior, level_prior
from revrec.estimation.rhythm import Rhythm, rhythm_of

CHUNK_CONTRACTS = 2_000
"""Contracts drawn at once: bounds the memory."""
COHORT_MIN = 8
"""A smaller cohort is fitted with all contracts instead."""
_SHAPE_PRIOR = 20
"""Residuals of a heavy-tailed t that stand beside the observed ones: thin history, wider tails."""
_SHAPE_POINTS = 2_001
_RESIDUALS_OF_A_SHAPE = 300
_SHAPES_MAX = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapes:
    """What the noise looks like, for calm contracts and for noisy ones apart."""

    bounds: Floats
    """Deviations between one shape and the next."""
    quantiles: Floats
    """By shape: quantiles in units of the deviation, evenly spaced in probability."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """A group of similar contracts, fitted."""

    rows: Integers
    """Positions of its contracts in the panel."""
    counts: Counts
    activity: Activity
    alive: Floats
    """Probability that each contract has not been abandoned."""
    levels: Levels
    prior: LevelPrior
    level: Floats
    """Level of each contract now, own and cohort combined, without season."""
    level_variance: Floats
    noise: Floats
    """Variance of the noise of each contract."""
    credibility: Floats
    """How much each contract's level is its own, from 0 to 1."""
    rhythm: Rhythm
    shapes: Shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A portfolio, fitted cohort by cohort."""

    panel: Panel
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Drawn use of some contracts: rows x draws, by step ahead."""

    rows: Integers
    steps: Floats
    """Rows x draws x steps."""

    def totals(self, horizon: Floats) -> Floats:
        """Use over each row's horizon in steps; of a step begun, the part that lies within."""
        ahead = np.arange(self.steps.shape[2])
        weight = np.clip(horizon[:, None] - ahead[None, :], 0.0, 1.0)
        return np.asarray(np.einsum("rds,rs->rd", self.steps, weight))


def fit(panel: Panel) -> Fitted:
    """Fit every cohort of the panel."""
    labels, sizes = np.unique(panel.cohort, return_counts=True)
    large = labels[sizes >= COHORT_MIN]
    groups = [np.flatnonzero(panel.cohort == label) for label in large]
    rest = np.flatnonzero(~np.isin(panel.cohort, large))
    cohorts = [_fit_cohort(panel, rows, rows) for rows in groups]
    if len(rest):
        cohorts.append(_fit_cohort(panel, rest, np.arange(len(panel.names))))
    return Fitted(panel=panel, cohorts=tuple(cohorts))


def _fit_cohort(panel: Panel, rows: Integers, learned_from: Integers) -> Cohort:
    """Fit what is common on ``learned_from``, and place ``rows`` within it."""
    wide = panel.used[learned_from]
    logs = np.log(np.where(wide > 0, wide, np.nan))
    rhythm = rhythm_of(logs, panel.step_days)
    logs -= rhythm.of_past(panel.steps)[None, :]
    counts = counts_of(wide)
    activity = fit_activity(counts)
    levels = fit_levels(logs)
    own = levels.variance * levels.filtered.spread
    prior = level_prior(levels.filtered.level, own)
    level, variance = prior.combined(levels.filtered.level, own)
    place = np.searchsorted(learned_from, rows)
    alive = alive_probability(activity, counts)
    return Cohort(
        rows=rows,
        counts=counts.at(place),
        activity=activity,
        alive=alive[place],
        levels=levels,
        prior=prior,
        level=level[place],
        level_variance=variance[place],
        noise=levels.variance[place],
        credibility=prior.credibility(own)[place],
        rhythm=rhythm,
        shapes=_shapes(levels.residuals, levels.beside),
    )


def _shapes(residuals: Floats, beside: Floats) -> Shapes:
    """The residuals observed, by how noisy their contracts are, beside a few of a t."""
    from scipy.stats import t

    count = int(np.clip(len(residuals) // _RESIDUALS_OF_A_SHAPE, 1, _SHAPES_MAX))
    bounds = np.quantile(beside, np.arange(1, count) / count) if count > 1 else np.zeros(0)
    place = np.searchsorted(bounds, beside)
    tail = t.ppf((np.arange(_SHAPE_PRIOR) + 0.5) / _SHAPE_PRIOR, 4)
    grid = np.linspace(0, 1, _SHAPE_POINTS)
    quantiles = [
        np.quantile(np.concatenate([residuals[place == each], tail]), grid) for each in range(count)
    ]
    return Shapes(bounds=bounds, quantiles=np.stack(quantiles))


def draw_paths(
    fitted: Fitted, *, steps: int, draws: int, rng: Generator
) -> Iterator[tuple[Cohort, Paths]]:
    """Paths of every contract for ``steps`` steps, a bounded number of contracts at a time.

    Common shocks of a cohort are the same in a draw for all its contracts, so that the draws of
    contracts can be added up.
    """
    for cohort in fitted.cohorts:
        common = _common(cohort.rhythm, steps, draws, rng)
        for first in range(0, len(cohort.rows), CHUNK_CONTRACTS):
            part = slice(first, first + CHUNK_CONTRACTS)
            steps_drawn = _draw(cohort, part, common, rng)
            yield cohort, Paths(rows=cohort.rows[part], steps=steps_drawn)


def _common(rhythm: Rhythm, steps: int, draws: int, rng: Generator) -> Floats:
    """Season, growth and shared shocks on the logarithm, draws x steps."""
    growth = rng.normal(rhythm.growth, rhythm.growth_error, draws)
    shocks = np.cumsum(rng.normal(0.0, np.sqrt(rhythm.shock), (draws, steps)), axis=1)
    even = rhythm.shock * np.arange(1, steps + 1) / 2
    trend = rhythm.trend(steps, growth)
    return np.asarray(rhythm.of_future(steps)[None, :] + trend + shocks - even)


def _draw(cohort: Cohort, part: slice, common: Floats, rng: Generator) -> Floats:
    """Paths of a part of a cohort, contracts x draws x steps."""
    draws, steps = common.shape
    some = cohort.counts.at(part)
    fate = draw_prospects(cohort.activity, some, cohort.alive[part], draws, rng)
    deviation = np.sqrt(cohort.noise[part])[:, None]
    shape = (len(deviation), draws)
    doubt = np.sqrt(cohort.level_variance[part])[:, None]
    level = cohort.level[part][:, None] + doubt * rng.standard_normal(shape)
    pace = np.sqrt(max(cohort.levels.moves, 0.0)) * deviation
    quantiles = cohort.shapes.quantiles.reshape(-1)
    offset = np.searchsorted(cohort.shapes.bounds, deviation) * _SHAPE_POINTS
    paths = np.empty((*shape, steps))
    for step in range(steps):
        level += pace * rng.standard_normal(shape) - pace**2 / 2
        place = (rng.random(shape) * (_SHAPE_POINTS - 1)).astype(np.int64) + offset
        noise = np.minimum(deviation * quantiles[place], cohort.levels.largest)
        amount = np.exp(level + noise + common[:, step])
        on = (rng.random(shape) < fate.used) & (step < fate.last)
        paths[:, :, step] = np.where(on, amount, 0.0)
    return paths
