"""What moves a cohort together: the season of the year, growth, and shocks shared by all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from revrec.estimation.numbers import Floats

YEAR_DAYS = 364
"""A year of whole weeks."""
_YEARS_FOR_SEASON = 2
_CONTRACTS_FOR_SEASON = 20
_CONTRACTS_OF_A_STEP = 8
"""Contracts used in a step and the one before, for their mean change to say something."""
_STEPS_OF_A_PATH = 4
_HARMONICS = 2
_SLOPE_OF_A_WALK = 1.2
"""Variance of a slope fitted to a walk, over that of the walk's mean step."""
_DAMPING_PER_YEAR = 0.5
"""Of a growth rate, what is expected to be left after a year: trends do not last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """The common path of a cohort's use, as changes of the logarithm."""

    season: Floats
    """By step of the year; sums to nothing. A single zero where there is no evidence."""
    phase: int
    """Position in the year of the last observed step."""
    growth: float
    """Change of a step, as far as it is certain."""
    growth_error: float
    shock: float
    """Variance of a step's common move that neither explains."""
    damping: float
    """What is left of growth after a step."""

    def of_past(self, steps: int) -> Floats:
        """The season of the last ``steps`` observed steps."""
        places = (self.phase - np.arange(steps)[::-1]) % len(self.season)
        return np.asarray(self.season[places])

    def of_future(self, steps: int) -> Floats:
        """The season of the next steps."""
        return np.asarray(self.season[(self.phase + 1 + np.arange(steps)) % len(self.season)])

    def trend(self, steps: int, growth: Floats) -> Floats:
        """Growth added up to each of the next steps, damped; one row a draw."""
        powers = self.damping ** np.arange(1, steps + 1)
        return growth[:, None] * np.cumsum(powers)[None, :]


def rhythm_of(logs: Floats, step_days: int) -> Rhythm:
    """Season, growth and shocks from changes of contracts used in consecutive steps."""
    per_year = YEAR_DAYS // step_days
    steps = logs.shape[1]
    phase = (steps - 1) % per_year
    damping = _DAMPING_PER_YEAR ** (1 / per_year)
    changes = np.diff(logs, axis=1)
    counted = (~np.isnan(changes)).sum(axis=0)
    usable = counted >= _CONTRACTS_OF_A_STEP
    if usable.sum() < _STEPS_OF_A_PATH:
        flat = np.zeros(1)
        return Rhythm(
            season=flat, phase=0, growth=0.0, growth_error=0.02, shock=1e-4, damping=damping
        )
    means = np.array([_trimmed(changes[:, step]) for step in range(steps - 1)])
    spread = float(np.nanstd(changes[:, usable]))
    errors = spread / np.sqrt(np.maximum(counted, 1)) + 1e-6
    season = np.zeros(1)
    if steps >= _YEARS_FOR_SEASON * per_year and counted[usable].mean() >= _CONTRACTS_FOR_SEASON:
        season = _season(means, errors, usable, per_year, phase)
    explained = means - np.diff(season[(phase - np.arange(steps)[::-1]) % len(season)])
    weight = usable / (errors**2 + np.median(errors[usable] ** 2))
    growth = float((weight * np.where(usable, explained, 0)).sum() / weight.sum())
    left = np.where(usable, explained - growth, 0.0)
    excess = left**2 - errors**2
    chance = np.sqrt(2 / usable.sum()) * float((weight * errors**2).sum() / weight.sum())
    shock = max(float((weight * excess).sum() / weight.sum()) - chance, 0.0)
    error = float(np.sqrt((shock + np.median(errors[usable] ** 2)) / usable.sum()))
    within, doubt = _slope(logs - season[(phase - np.arange(steps)[::-1]) % len(season)])
    doubt = float(np.hypot(doubt, np.sqrt(_SLOPE_OF_A_WALK * shock / usable.sum())))
    if doubt < error:
        growth, error = within, doubt
    certain = max(0.0, 1 - (error / growth) ** 2) if growth else 0.0
    return Rhythm(
        season=season,
        phase=phase,
        growth=growth * certain,
        growth_error=float(np.hypot(error, growth * certain / 3)),
        shock=shock,
        damping=damping,
    )


def _slope(logs: Floats) -> tuple[float, float]:
    """Growth of a step within contracts, over all their steps with use, and its standard error.

    Where use is seldom in one step and the next this tells more than changes from step to step;
    the error allows for steps of a contract that are alike.
    """
    known = ~np.isnan(logs)
    places = np.where(known, np.arange(logs.shape[1])[None, :], 0.0)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    time = np.where(known, places - places.sum(axis=1, keepdims=True) / count, 0.0)
    level = np.where(known, logs, 0.0)
    level = np.where(known, level - level.sum(axis=1, keepdims=True) / count, 0.0)
    squares = float((time**2).sum())
    slope = float((time * level).sum()) / squares
    scores = (time * (level - slope * time)).sum(axis=1)
    return slope, float(np.sqrt((scores**2).sum())) / squares


def _trimmed(column: Floats) -> float:
    """The mean without the outer tenths: one contract's burst is not the cohort's."""
    seen = np.sort(column[~np.isnan(column)])
    cut = len(seen) // 10
    kept = seen[cut : len(seen) - cut]
    return float(kept.mean()) if len(kept) else 0.0


def _season(means: Floats, errors: Floats, usable: Floats, per_year: int, phase: int) -> Floats:
    """Two harmonics of the year fitted to common changes; nothing unless they explain enough."""
    steps = len(means) + 1
    places = (phase - np.arange(steps)[::-1]) % per_year
    angles = 2 * np.pi * np.arange(per_year) / per_year
    waves = np.column_stack(
        [turn(k * angles) for k in range(1, _HARMONICS + 1) for turn in (np.sin, np.cos)]
    )
    design = np.column_stack([np.ones(steps - 1), np.diff(waves[places], axis=0)])
    weight = np.sqrt(usable / errors**2)
    solution, *_ = np.linalg.lstsq(design * weight[:, None], means * weight, rcond=None)
    left = (means - design @ solution) * weight
    flat = (means - np.average(means, weights=weight**2)) * weight
    used, free = 2 * _HARMONICS, max(int(usable.sum()) - 2 * _HARMONICS - 1, 1)
    strength = ((flat**2).sum() - (left**2).sum()) / used / max((left**2).sum() / free, 1e-12)
    certain = max(0.0, 1 - 1 / max(float(strength), 1e-9))
    return np.asarray(certain * (waves @ solution[1:]))
