"""What may come out, in draws: expected value, quantiles, intervals, probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from revrec.citations import cites
from revrec.estimation.numbers import Floats
from revrec.model.contract import EstimationMethod

QUANTILES = ("0.01", "0.05", "0.10", "0.20", "0.25", "0.50", "0.75", "0.80", "0.90", "0.95", "0.99")
"""Levels that are recorded with every estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Draws of many uncertain amounts, one row each, sorted within the row."""

    draws: Floats
    """Rows x draws, ascending: where outcomes will fall."""
    expected: Floats
    """Expected value of each row."""

    def quantile(self, level: float) -> Floats:
        """The largest amounts that fall short with at most this probability."""
        place = min(int(np.floor(level * self.draws.shape[1] + 1e-9)), self.draws.shape[1] - 1)
        return np.asarray(self.draws[:, place])

    def below(self, amounts: Floats) -> Floats:
        """Probability that the outcome is less than each row's amount."""
        return np.asarray((self.draws < amounts[:, None]).mean(axis=1))

    def interval(self, confidence: float) -> tuple[Floats, Floats]:
        """Bounds with so much between them, as even at both ends as the outcomes allow.

        Where the least outcome alone has more than half of what is left out, such as no use at
        all, nothing can be below it, and what is left out lies above.
        """
        count = self.draws.shape[1]
        low = self.quantile((1 - confidence) / 2)
        short = (self.draws < low[:, None]).sum(axis=1)
        place = np.minimum(short + np.ceil(confidence * count - 1e-9).astype(np.int64), count - 1)
        high = np.take_along_axis(self.draws, place[:, None], axis=1)[:, 0]
        return low, np.asarray(high)

    def most_likely(self) -> Floats:
        """The most frequent outcome of each row; of equally frequent ones the smallest (32-11)."""
        found = np.empty(len(self.draws))
        for row, values in enumerate(self.draws):
            outcomes, counts = np.unique(values, return_counts=True)
            found[row] = outcomes[int(np.argmax(counts))]
        return found

    @cites("606-10-32-8", "606-10-32-9")
    def estimate(self, method: EstimationMethod) -> Floats:
        """The unconstrained estimate of each row by the method of its life."""
        if method is EstimationMethod.MOST_LIKELY_AMOUNT:
            return self.most_likely()
        return self.expected


def distribution_of(draws: Floats, expected: Floats | None = None) -> Distribution:
    """Draws in any order; their mean is expected unless told otherwise."""
    return Distribution(
        draws=np.sort(draws, axis=1), expected=draws.mean(axis=1) if expected is None else expected
    )


def drawn_outcomes(amounts: Sequence[Decimal], probabilities: Sequence[Decimal]) -> Distribution:
    """Stated outcomes as a thousand draws in exact proportion, as far as a thousand allow."""
    order = np.argsort([float(each) for each in amounts], kind="stable")
    values = np.array([float(amounts[place]) for place in order])
    weights = np.array([float(probabilities[place]) for place in order])
    ends = np.cumsum(weights) / weights.sum()
    draws = values[np.searchsorted(ends, (np.arange(1_000) + 0.5) / 1_000)]
    expected = np.array([float((values * weights).sum() / weights.sum())])
    return Distribution(draws=draws[None, :], expected=expected)


def told_quantiles(distribution: Distribution, row: int) -> dict[str, Decimal]:
    """The recorded quantiles of a row, to six decimals."""
    return {
        level: Decimal(repr(float(distribution.quantile(float(level))[row]))).quantize(
            Decimal("0.000001")
        )
        for level in QUANTILES
    }
