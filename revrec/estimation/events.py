"""Events, counts and rates: what a component has shown, leaning on what similar ones have."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from revrec.estimation.numbers import Floats
from revrec.estimation.pooling import beta_prior

_PENALTY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What is known of similar components, one entry each."""

    happened: Floats
    """Events, incidents, units."""
    chances: Floats
    """Opportunities so far; for counts the days observed."""


def rates(of_cohort: Record, own: Record, left: Floats, *, draws: int, rng: Generator) -> Floats:
    """How many of ``left`` further opportunities succeed: beta-binomial, rows x draws."""
    a, b = beta_prior(of_cohort.happened, of_cohort.chances)
    happened, chances = own.happened[:, None], own.chances[:, None]
    missed = np.maximum(chances - happened, 0.0)
    chance = rng.beta(a + happened, b + missed, (len(left), draws))
    return np.asarray(rng.binomial(np.maximum(left, 0).astype(np.int64)[:, None], chance))


def counts(of_cohort: Record, own: Record, left: Floats, *, draws: int, rng: Generator) -> Floats:
    """How many incidents occur in ``left`` further days: gamma-Poisson, rows x draws."""
    shape, days = _gamma_prior(of_cohort)
    rate = rng.gamma(shape + own.happened[:, None], 1.0, (len(left), draws))
    rate /= days + own.chances[:, None]
    return np.asarray(rng.poisson(rate * np.maximum(left, 0)[:, None]).astype(np.float64))


def _gamma_prior(record: Record) -> tuple[float, float]:
    """Shape and days of the gamma of rates among similar components, by likelihood."""
    from scipy.optimize import minimize
    from scipy.special import gammaln

    known = record.chances > 0
    x, days = record.happened[known], record.chances[known]
    if not len(x):
        return 0.5, 30.0
    mean = (float(x.sum()) + 0.5) / (float(days.sum()) + 30.0)

    def loss(at: Floats) -> float:
        shape = np.exp(at[0])
        scale = shape / np.exp(at[1])
        fit = gammaln(shape + x) - gammaln(shape) + shape * np.log(scale)
        fit -= (shape + x) * np.log(scale + days)
        return float(-fit.sum() + _PENALTY * at[0] ** 2)

    start = np.array([0.0, np.log(mean)])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-4.0, 6.0), (-25.0, 10.0)])
    shape = float(np.exp(found.x[0]))
    return shape, shape / float(np.exp(found.x[1]))
