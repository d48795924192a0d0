"""What is still to come of every contract: draws of its use to the end of a horizon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from revrec.estimation.calibration import Calibration, calibrate, recalibrated
from revrec.estimation.distribution import Distribution, distribution_of
from revrec.estimation.forecast import Cohort, Fitted, draw_paths, fit
from revrec.estimation.numbers import Floats, Integers
from revrec.estimation.panel import Panel

DRAWS = 400
"""Draws of a contract: a probability is known to two points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """A fitted portfolio and how its forecasts did on the past."""

    fitted: Fitted
    calibrations: Mapping[int, Calibration]

    def calibration(self, row: int) -> Calibration | None:
        """That of a contract's cohort; none where the past is too short to be tried on."""
        return self.calibrations.get(int(self.fitted.panel.cohort[row]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """Use to come of some contracts, rows x draws."""

    cohort: Cohort
    rows: Integers
    place: Integers
    """Positions of the rows within their cohort."""
    drawn: Floats
    """As the model has it, with the bias seen on the past taken out: for expected values."""
    moved: Floats
    """Moved to where outcomes fell on the past: for quantiles and probabilities."""

    @property
    def distribution(self) -> Distribution:
        """The total use to come."""
        return distribution_of(self.moved, self.drawn.mean(axis=1))


def fit_portfolio(panel: Panel, *, horizon: int, rng: Generator) -> Portfolio:
    """Fit the portfolio, and try forecasts of about ``horizon`` steps on its past."""
    calibrations = calibrate(panel, horizon=max(horizon, 1), rng=rng)
    return Portfolio(fitted=fit(panel), calibrations=calibrations)


def ahead(
    portfolio: Portfolio, horizon: Floats, *, rng: Generator, draws: int = DRAWS
) -> Iterator[Ahead]:
    """Draws of use over each contract's horizon (in steps), some contracts at a time."""
    steps = max(int(np.ceil(horizon.max(initial=0.0))), 1)
    for cohort, paths in draw_paths(portfolio.fitted, steps=steps, draws=draws, rng=rng):
        totals = paths.totals(horizon[paths.rows])
        drawn, moved = moved_totals(portfolio, paths.rows, totals)
        yield Ahead(
            cohort=cohort,
            rows=paths.rows,
            place=np.searchsorted(cohort.rows, paths.rows),
            drawn=drawn,
            moved=moved,
        )


def moved_totals(portfolio: Portfolio, rows: Integers, totals: Floats) -> tuple[Floats, Floats]:
    """Drawn totals with the bias seen on the past taken out, and moved to where outcomes fell."""
    drawn, moved = totals.copy(), totals.copy()
    labels = portfolio.fitted.panel.cohort[rows]
    for label in np.unique(labels):
        calibration = portfolio.calibrations.get(int(label))
        if calibration is not None:
            of = labels == label
            moved[of] = recalibrated(totals[of], calibration)
            drawn[of] = totals[of] * calibration.bias
    return drawn, moved
