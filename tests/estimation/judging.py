"""Estimates judged by what came out, beside three rules of thumb."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from revrec.estimation.calibration import transform
from revrec.estimation.constraint import ConstraintPolicy, Evidence, constrain
from revrec.estimation.numbers import generator
from revrec.estimation.outlook import ahead, fit_portfolio
from revrec.estimation.panel import Panel

POLICY = ConstraintPolicy()
CONFIDENCE = (0.5, 0.8, 0.9)
DAY = 738_000
"""An ordinary day: 29 July 2021."""


@dataclass(frozen=True)
class Judged:
    """How a portfolio's estimates did."""

    coverage: dict[float, float]
    """Stated confidence -> share of outcomes inside, ties at an end counted by chance."""
    inside: float
    """Share of outcomes in the stated eighty percent intervals, ties counted in full."""
    bias: float
    """Expected value of the portfolio over its outcome, less one."""
    reversals: float
    """Of contracts with anything included, the share that was significantly reversed."""
    at_risk: int
    """How many contracts that are."""
    expected_reversals: float
    """The share that was stated."""
    deferred: float
    """Part of what came out that was not included."""
    rules: dict[str, tuple[float, float]]
    """Rule of thumb -> its reversals and deferral."""
    made_safe: dict[str, float]
    """Rule -> deferral once the rule is cut, in hindsight, to reverse as seldom."""
    transforms: np.ndarray
    tested: int
    """Forecasts tried on the past."""


def panel_of_steps(past, step_days=28):
    """A panel of whole steps, one cohort."""
    n = len(past)
    return Panel(
        names=tuple(str(each) for each in range(n)),
        cohort=np.zeros(n, np.int64),
        used=past,
        step_days=step_days,
        as_of=DAY,
        observed=np.nansum(past, axis=1),
        doubts=(frozenset(),) * n,
    )


def judge(panel, outcome, horizon, *, seed=1, draws=400):
    """Estimate every contract's use over the horizon (steps), and compare with the outcome."""
    rng = generator(seed)
    portfolio = fit_portfolio(panel, horizon=horizon, rng=rng)
    n = len(outcome)
    seen = (~np.isnan(panel.used)).sum(axis=1)
    expected, included, stated, transforms, inside = (np.zeros(n) for _ in range(5))
    for part in ahead(portfolio, np.full(n, float(horizon)), rng=rng, draws=draws):
        rows, some = part.rows, part.distribution
        evidence = Evidence(
            days_left=np.full(len(rows), float(horizon * panel.step_days)),
            days_seen=seen[rows] * float(panel.step_days),
            cohort_size=np.full(len(rows), float(n)),
            tested=np.array([getattr(portfolio.calibration(row), "tested", 0) for row in rows]),
            doubts=tuple(panel.doubts[row] for row in rows),
        )
        found = constrain(
            some,
            some.expected,
            other_revenue=np.zeros(len(rows)),
            evidence=evidence,
            policy=POLICY,
        )
        low, high = some.interval(0.8)
        expected[rows], included[rows], stated[rows] = some.expected, found.amount, found.reversal
        inside[rows] = (outcome[rows] >= low) & (outcome[rows] <= high)
        transforms[rows] = transform(some.draws, outcome[rows], rng)
    rules = rules_of_thumb(panel.used, horizon)
    reversals = reversed_share(included, outcome)
    return Judged(
        coverage={each: float(np.mean(np.abs(transforms - 0.5) < each / 2)) for each in CONFIDENCE},
        inside=float(inside.mean()),
        bias=float(expected.sum() / outcome.sum() - 1),
        reversals=reversals,
        at_risk=int((included > 0).sum()),
        expected_reversals=float(stated[included > 0].mean()) if (included > 0).any() else 0.0,
        deferred=deferral(included, outcome),
        rules={
            name: (reversed_share(amount, outcome), deferral(amount, outcome))
            for name, amount in rules.items()
        },
        made_safe={
            name: deferral(_cut(amount, outcome, reversals) * amount, outcome)
            for name, amount in rules.items()
        },
        transforms=transforms,
        tested=sum(each.tested for each in portfolio.calibrations.values()),
    )


def luck(share, count):
    """How far off an honest share may be: three standard errors."""
    return 3 * np.sqrt(share * (1 - share) / max(count, 1))


def rules_of_thumb(used, horizon):
    """Last step times what remains; nothing at all; the mean of all steps times what remains."""
    return {
        "last step": np.nan_to_num(used[:, -1]) * horizon,
        "exclude all": np.zeros(len(used)),
        "historical mean": np.nan_to_num(np.nanmean(used, axis=1)) * horizon,
    }


def reversed_share(included, outcome):
    """Of contracts with anything included, how many were reversed by a significant share of it."""
    at_risk = included > 0
    if not at_risk.any():
        return 0.0
    fell = outcome < included * (1 - POLICY.significant) - 1e-9
    return float(fell[at_risk].mean())


def deferral(included, outcome):
    """Consideration that came out and was not included, of all that came out."""
    return float(np.maximum(outcome - included, 0).sum() / outcome.sum())


def _cut(amount, outcome, reversals):
    """The largest part of the rule's amounts that is reversed no more often."""
    parts = np.linspace(0, 1, 201)
    safe = [part for part in parts if reversed_share(part * amount, outcome) <= reversals]
    return max(safe, default=0.0)
