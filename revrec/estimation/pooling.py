"""Partial pooling: what a contract's own history does not tell is taken from its cohort."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from revrec.estimation.numbers import Floats

_FREEDOM_MAX = 1e4
_PENALTY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class VariancePrior:
    """Variances of similar contracts: scaled inverse chi-squared."""

    freedom: float
    """How many observations the cohort is worth beside a contract's own."""
    scale: float
    """The cohort's typical variance."""

    def squeezed(self, squares: Floats, freedom: Floats) -> Floats:
        """Each contract's variance, between its own and the cohort's."""
        return np.asarray(
            (self.freedom * self.scale + squares) / np.maximum(self.freedom + freedom, 1e-9)
        )


def variance_prior(squares: Floats, freedom: Floats) -> VariancePrior:
    """Fit the spread of variances by the moments of their logarithms (Smyth, 2004)."""
    from scipy.optimize import brentq
    from scipy.special import digamma, polygamma

    known = (freedom >= 1) & (squares > 0)
    if known.sum() < 3:  # noqa: PLR2004 - below that there is no spread to see
        total = float(squares.sum() + 0.5)
        return VariancePrior(freedom=2.0, scale=total / float(freedom.sum() + 1.0))
    d, s = freedom[known], squares[known] / freedom[known]
    e = np.log(s) - digamma(d / 2) + np.log(d / 2)
    excess = float(np.mean((e - e.mean()) ** 2) * len(e) / (len(e) - 1))
    excess -= float(np.mean(polygamma(1, d / 2)))
    if excess <= polygamma(1, _FREEDOM_MAX / 2):
        return VariancePrior(freedom=_FREEDOM_MAX, scale=float(np.exp(e.mean())))
    half = brentq(lambda y: float(polygamma(1, y)) - excess, 1e-3, _FREEDOM_MAX)
    scale = float(np.exp(e.mean() + digamma(half) - np.log(half)))
    return VariancePrior(freedom=2 * float(half), scale=scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPrior:
    """Levels of similar contracts: normal on the logarithm."""

    mean: float
    variance: float

    def credibility(self, variances: Floats) -> Floats:
        """Share of a contract's own level in its estimate: 1 leans on itself, 0 on its cohort."""
        return np.asarray(self.variance / (self.variance + variances))

    def combined(self, levels: Floats, variances: Floats) -> tuple[Floats, Floats]:
        """Mean and variance of each level, own and cohort weighted by what they are worth."""
        z = self.credibility(variances)
        own = np.where(np.isfinite(levels), levels, self.mean)
        mean = self.mean + z * (own - self.mean)
        known = np.isfinite(variances)
        own_part = z * np.where(known, variances, 0.0)
        return mean, np.asarray(np.where(known, own_part, self.variance))


def level_prior(levels: Floats, variances: Floats) -> LevelPrior:
    """Fit mean and spread of levels that are known with the variances given, by likelihood."""
    known = np.isfinite(levels) & np.isfinite(variances)
    y, v = levels[known], variances[known]
    if not len(y):
        return LevelPrior(mean=0.0, variance=4.0)
    spread = max(float(np.var(y)), 1e-4)
    mean = float(np.mean(y))
    for _ in range(100):
        weight = 1 / (spread + v)
        mean = float((weight * y).sum() / weight.sum())
        moved = (weight**2 * ((y - mean) ** 2 - v)).sum() / (weight**2).sum()
        following = max(float(moved), 1e-6)
        if abs(following - spread) < 1e-6 * (1 + spread):
            spread = following
            break
        spread = (spread + following) / 2
    few = 1 + 4 / len(y)
    return LevelPrior(mean=mean, variance=spread * few + 1 / len(y) ** 2)


def beta_prior(successes: Floats, trials: Floats) -> tuple[float, float]:
    """The beta of rates among similar contracts, by the likelihood of their counts."""
    from scipy.optimize import minimize
    from scipy.special import betaln

    known = trials > 0
    x, n = successes[known], trials[known]
    if not len(x):
        return 0.5, 0.5
    share = (float(x.sum()) + 0.5) / (float(n.sum()) + 1.0)

    def loss(at: Floats) -> float:
        mean, size = 1 / (1 + np.exp(-at[0])), np.exp(at[1])
        a, b = mean * size, (1 - mean) * size
        fit = betaln(a + x, b + n - x) - betaln(a, b)
        return float(-fit.sum() + _PENALTY * (at[1] - 2) ** 2)

    start = np.array([np.log(share / (1 - share)), 2.0])
    found = minimize(loss, start, method="L-BFGS-B", bounds=[(-12.0, 12.0), (-2.0, 9.0)])
    mean, size = 1 / (1 + np.exp(-found.x[0])), np.exp(found.x[1])
    return float(mean * size), float((1 - mean) * size)
