"""Whether a contract is used in a step at all: beta-geometric/beta-binomial, by maximum likelihood.

While it is alive a contract is used in a step with a probability of its own; before each step it
may be abandoned, with a probability of its own. Both vary among similar contracts by beta
distributions (Fader, Hardie and Shang, 2010). How often and how recently a contract was used says
all there is to know of it, so contracts with the same two numbers are fitted as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from revrec.estimation.numbers import Floats, Integers

_PENALTY = 0.02
"""Pull of the logarithms of the four parameters towards zero; matters with few contracts only."""
_FITTED_MAX = 3_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Steps after the first observed one: how many, how many with use, which was the last.

    The first is left out, whether used or not: many a contract begins with its first use, and
    then that use says nothing of how often others follow.
    """

    steps: Integers
    used: Integers
    last: Integers

    def at(self, rows: Integers | slice) -> Counts:
        """The counts of some contracts."""
        return Counts(steps=self.steps[rows], used=self.used[rows], last=self.last[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Betas of use (``a``, ``b``) and of abandonment (``c``, ``d``) among similar contracts."""

    a: float
    b: float
    c: float
    d: float


def counts_of(used: Floats) -> Counts:
    """The counts of each row of a panel."""
    width = used.shape[1]
    seen = (~np.isnan(used)).sum(axis=1)
    first = width - np.maximum(seen, 1)
    active = (np.nan_to_num(used) > 0) & (np.arange(width)[None, :] > first[:, None])
    latest = width - 1 - np.argmax(active[:, ::-1], axis=1)
    return Counts(
        steps=np.maximum(seen - 1, 0).astype(np.int64),
        used=active.sum(axis=1).astype(np.int64),
        last=np.where(active.any(axis=1), latest - first, 0).astype(np.int64),
    )


def fit_activity(counts: Counts) -> Activity:
    """The most likely betas of a cohort, lightly held where it says little."""
    from scipy.optimize import minimize

    known = np.stack([counts.steps, counts.used, counts.last], axis=1)
    known = known[known[:, 0] > 0][:_FITTED_MAX]
    if not len(known):
        return Activity(a=1.0, b=0.5, c=0.5, d=8.0)
    rows, weights = np.unique(known, axis=0, return_counts=True)

    def loss(logs: Floats) -> float:
        likelihood, _ = _likelihood(rows, *np.exp(logs))
        return float(-(weights * likelihood).sum() + _PENALTY * (logs**2).sum())

    starts = ([0.0, 0.0, -0.5, 1.5], [1.5, -1.0, -1.0, 3.0])
    bounds = [(-6.0, 7.0)] * 4
    start = min((np.array(each) for each in starts), key=loss)
    best = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    a, b, c, d = (float(each) for each in np.exp(best.x))
    return Activity(a=a, b=b, c=c, d=d)


def _likelihood(rows: Integers, a: float, b: float, c: float, d: float) -> tuple[Floats, Floats]:
    """Logarithms of the likelihood of each row, and of its part that is still alive."""
    from scipy.special import betaln, logsumexp

    n, x, t = (rows[:, place].astype(np.float64) for place in range(3))
    base = betaln(a, b) + betaln(c, d)
    alive = betaln(a + x, b + n - x) + betaln(c, d + n) - base
    gone_max = int((n - t).max(initial=0))
    step = np.arange(gone_max, dtype=np.float64)[None, :]
    gone = (
        betaln(a + x[:, None], b + (t - x)[:, None] + step)
        + betaln(c + 1, d + t[:, None] + step)
        - base
    )
    gone = np.where(step < (n - t)[:, None], gone, -np.inf)
    return np.asarray(logsumexp(np.column_stack([alive, gone]), axis=1)), alive


def alive_probability(activity: Activity, counts: Counts) -> Floats:
    """How probable it is that each contract has not been abandoned by now."""
    rows = np.stack([counts.steps, counts.used, counts.last], axis=1)
    unique, back = np.unique(rows, axis=0, return_inverse=True)
    whole, alive = _likelihood(unique, activity.a, activity.b, activity.c, activity.d)
    return np.asarray(np.exp(alive - whole)[back.reshape(-1)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospects:
    """Drawn fates, contracts x draws."""

    used: Floats
    """Probability of use in a step, while alive."""
    last: Floats
    """How many steps from now on the contract is alive."""


def draw_prospects(
    activity: Activity, counts: Counts, alive: Floats, draws: int, rng: Generator
) -> Prospects:
    """Fates in proportion to their probability, given what each contract did so far.

    Given that a contract is alive, its two probabilities are independent betas again.
    """
    shape = (len(alive), draws)
    x, n = counts.used[:, None].astype(np.float64), counts.steps[:, None].astype(np.float64)
    used = rng.beta(activity.a + x, activity.b + n - x, shape)
    leaving = np.clip(rng.beta(activity.c, activity.d + n, shape), 1e-12, 1 - 1e-12)
    lasting = np.floor(np.log1p(-rng.random(shape)) / np.log1p(-leaving))
    living = rng.random(shape) < alive[:, None]
    return Prospects(used=used, last=np.where(living, lasting, 0.0))
