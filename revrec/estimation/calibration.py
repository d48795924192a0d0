"""A model is tried on the part of the past it was not shown, and corrected by what it missed.

The portfolio is fitted as it stood some steps ago and asked for what has happened since. Where
outcomes fall in the distributions given for them (probability integral transforms) shows whether
those were too narrow, too wide or askew, and the draws are moved to where outcomes fell. That is
conformal prediction (Vovk, Gammerman and Shafer, 2005): what is stated then holds for contracts
that behave like those tried, whether or not the model's shapes are right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from scipy.stats import kstest

from revrec.estimation.forecast import Fitted, draw_paths, fit
from revrec.estimation.numbers import Floats
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
    """Where outcomes fell, sorted, beside some that fell as they should."""
    tested: int
    """Contracts tried."""
    bias: float
    """What expected values are multiplied by: outcomes over expectations, as far as certain."""
    distance: float
    """Largest difference between stated and observed frequency (Kolmogorov-Smirnov)."""
    probability: float
    """How often honest forecasts would look as bad."""

    def places(self, draws: int) -> Floats:
        """For each rank of sorted draws, the rank it is moved to."""
        rank = (np.arange(draws) + 0.5) / draws
        moved = np.quantile(self.transforms, rank, method="hazen")
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
    """Calibrations by cohort label for forecasts of about ``horizon`` steps."""
    held = int(min(horizon, panel.steps // 2))
    if panel.steps < STEPS_MIN or held < 1:
        return {}
    seen = (~np.isnan(panel.used)).sum(axis=1) > held + 1
    rows = np.flatnonzero(seen)
    if len(rows) > TESTED_MAX:
        rows = np.sort(rng.choice(rows, TESTED_MAX, replace=False))
    if not len(rows):
        return {}
    known = panel.take(rows)
    fitted = fit(known.before(held))
    actual = known.used[:, known.steps - held :].sum(axis=1)
    transforms, expected = transforms_of(fitted, actual, steps=held, rng=rng)
    found = {}
    for label in np.unique(known.cohort):
        of = known.cohort == label
        found[int(label)] = _of(transforms[of], actual[of], expected[of])
    return found


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


def _of(transforms: Floats, actual: Floats, expected: Floats) -> Calibration:
    """What was seen, beside some that hit as they should."""
    honest = (np.arange(_HONEST) + 0.5) / _HONEST
    test = kstest(transforms, "uniform")
    return Calibration(
        transforms=np.sort(np.concatenate([transforms, honest])),
        tested=len(transforms),
        bias=_bias(actual, expected),
        distance=float(test.statistic),
        probability=float(test.pvalue),
    )


def _bias(actual: Floats, expected: Floats) -> float:
    """Outcomes over expectations, drawn to 1 by how uncertain that ratio is.

    One past is one season and one state of the market: half of what it says is believed.
    """
    if not actual.sum() or not expected.sum() or len(actual) < _HONEST:
        return 1.0
    found = float(actual.sum() / expected.sum())
    left = actual - found * expected
    error = float(np.sqrt((left**2).sum()) / actual.sum())
    log = float(np.log(found))
    certain = max(0.0, 1 - (error / log) ** 2) if log else 0.0
    return float(np.exp(np.clip(certain * log / 2, -_BIAS_MAX, _BIAS_MAX)))
