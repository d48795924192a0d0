"""A model is tried on the part of the past it was not shown, and corrected by what it missed.

The portfolio is fitted as it stood some steps ago and asked for what has happened since, from
several days of the past (rolling origins; Tashman, 2000): one past is one season. Where outcomes
fall in the distributions given for them (probability integral transforms) shows whether
those were too narrow, too wide or askew, and the draws are moved to where outcomes fell. That is
conformal prediction (Vovk, Gammerman and Shafer, 2005): what is stated then holds for contracts
that behave like those tried, whether or not the model's shapes are right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from revrec.estimation.forecast import Fitted, draw_paths, fit
from revrec.estimation.numbers import Booleans, Floats, Integers
from revrec.estimation.panel import Panel

DRAWS = 200
STEPS_MIN = 4
"""A shorter history is not held back from: there is nothing left to learn from."""
TESTED_MAX = 4_000
"""Contracts tried; more tell nothing new of two numbers."""
_BIAS_MAX = 0.25
"""Logarithm of the largest correction: one past alone moves no estimate by more."""
_HONEST = 30
"""Forecasts that hit as they should, counted beside those observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How a cohort's forecasts did on what was held back."""

    transforms: Floats
    """Where outcomes fell, sorted, beside some that fell as they should ..."""
    levels: Floats
    """... and the part of them, by weight, that fell lower."""
    tested: int
    """Contracts tried."""
    bias: float
    """What expected values are multiplied by: outcomes over expectations, as far as certain."""
    distance: float
    """Largest difference between stated and observed frequency (Kolmogorov-Smirnov)."""

    def places(self, draws: int) -> Floats:
        """For each rank of sorted draws, the rank it is moved to."""
        rank = (np.arange(draws) + 0.5) / draws
        moved = np.interp(rank, self.levels, self.transforms)
        return np.clip((moved * draws).astype(np.int64), 0, draws - 1)


def recalibrated(totals: Floats, calibration: Calibration | None) -> Floats:
    """Draws (contracts x draws) moved; the order of each contract's draws is kept."""
    if calibration is None:
        return totals
    order = np.argsort(totals, axis=1)
    ranked = np.take_along_axis(totals, order, axis=1)[:, calibration.places(totals.shape[1])]
    moved = np.empty_like(totals)
    np.put_along_axis(moved, order, ranked, axis=1)
    return moved


def calibrate(panel: Panel, *, horizon: int, rng: Generator) -> Mapping[int, Calibration]:
    """Calibrations by cohort label for forecasts of about ``horizon`` steps.

    Tried are forecasts of each length from a quarter of the history to half of it.
    """
    longest = int(min(horizon, panel.steps // 2))
    if panel.steps < STEPS_MIN or longest < 1:
        return {}
    seen = (~np.isnan(panel.used)).sum(axis=1)
    shortest = min(longest, panel.steps // 4)
    rows = np.flatnonzero(seen > shortest + 1)
    if len(rows) > TESTED_MAX:
        rows = np.sort(rng.choice(rows, TESTED_MAX, replace=False))
    tried = [
        _try(panel, rows[seen[rows] > held + 1], held, rng)
        for held in range(shortest, longest + 1)
        if (seen[rows] > held + 1).any()
    ]
    labels = np.unique(panel.cohort[rows])
    return {int(label): _of([each.of(panel.cohort == label) for each in tried]) for label in labels}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tried:
    """Forecasts of one length, and what came out."""

    held: int
    """Steps held back."""
    rows: Integers
    """Contracts, by their position in the panel."""
    transforms: Floats
    actual: Floats
    expected: Floats

    def of(self, chosen: Booleans) -> _Tried:
        """Those of some contracts."""
        kept = chosen[self.rows]
        return _Tried(
            held=self.held,
            rows=self.rows[kept],
            transforms=self.transforms[kept],
            actual=self.actual[kept],
            expected=self.expected[kept],
        )


def _try(panel: Panel, rows: Integers, held: int, rng: Generator) -> _Tried:
    known = panel.take(rows)
    actual = known.used[:, known.steps - held :].sum(axis=1)
    transforms, expected = transforms_of(fit(known.before(held)), actual, steps=held, rng=rng)
    return _Tried(held=held, rows=rows, transforms=transforms, actual=actual, expected=expected)


def transforms_of(
    fitted: Fitted, actual: Floats, *, steps: int, rng: Generator
) -> tuple[Floats, Floats]:
    """Where each outcome fell in the draws, from 0 to 1, and what was expected.

    Ties are broken by chance, so that honest forecasts give even transforms.
    """
    found, expected = np.empty(len(actual)), np.empty(len(actual))
    horizon = np.full(len(actual), float(steps))
    for _, paths in draw_paths(fitted, steps=steps, draws=DRAWS, rng=rng):
        totals = paths.totals(horizon[paths.rows])
        found[paths.rows] = transform(totals, actual[paths.rows], rng)
        expected[paths.rows] = totals.mean(axis=1)
    return found, expected


def transform(totals: Floats, actual: Floats, rng: Generator) -> Floats:
    """Randomised probability integral transform of each row's outcome."""
    below = (totals < actual[:, None]).sum(axis=1)
    at_most = (totals <= actual[:, None]).sum(axis=1)
    return np.asarray(
        (below + rng.random(len(actual)) * (at_most - below + 1)) / (totals.shape[1] + 1)
    )


def _of(tried: Sequence[_Tried]) -> Calibration:
    """What was seen, beside some that hit as they should.

    The longer a forecast, the closer to what is asked for: it weighs as its length.
    A contract counts once for how certain the bias is, with all that was tried of it.
    """
    rows = np.concatenate([each.rows for each in tried])
    transforms = np.concatenate([each.transforms for each in tried])
    weights = np.concatenate([np.full(len(each.rows), float(each.held)) for each in tried])
    order = np.argsort(transforms)
    tested = len(np.unique(rows))
    found = np.cumsum(weights[order]) / weights.sum()
    distance = float(np.abs(found - transforms[order]).max())
    honest = (np.arange(_HONEST) + 0.5) / _HONEST
    beside = np.full(_HONEST, weights.sum() / tested)
    transforms, weights = np.append(transforms, honest), np.append(weights, beside)
    order = np.argsort(transforms)
    return Calibration(
        transforms=transforms[order],
        levels=(np.cumsum(weights[order]) - weights[order] / 2) / weights.sum(),
        tested=tested,
        bias=_bias(
            _by_contract(rows, [each.actual for each in tried]),
            _by_contract(rows, [each.expected for each in tried]),
            tested,
        ),
        distance=distance,
    )


def _by_contract(rows: Integers, parts: Sequence[Floats]) -> Floats:
    return np.bincount(rows, np.concatenate(parts)).astype(np.float64)


def _bias(actual: Floats, expected: Floats, tested: int) -> float:
    """Outcomes over expectations, drawn to 1 by how uncertain that ratio is.

    One past is one season and one state of the market: half of what it says is believed.
    """
    if not actual.sum() or not expected.sum() or tested < _HONEST:
        return 1.0
    found = float(actual.sum() / expected.sum())
    left = actual - found * expected
    error = float(np.sqrt((left**2).sum()) / actual.sum())
    log = float(np.log(found))
    certain = max(0.0, 1 - (error / log) ** 2) if log else 0.0
    return float(np.exp(np.clip(certain * log / 2, -_BIAS_MAX, _BIAS_MAX)))
