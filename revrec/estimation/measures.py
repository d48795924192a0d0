"""What of revenue an estimate moves: the measure in which a reversal is one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from revrec.citations import cites
from revrec.estimation.cases import Drawn
from revrec.estimation.distribution import Distribution, distribution_of
from revrec.estimation.numbers import Floats, Integers
from revrec.estimation.payoffs import through
from revrec.model.estimation import ComponentKind

_KIND = ComponentKind
LEAST_USE = 1e-9
"""Stands for no use where use divides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What of revenue a component's estimate moves, and the way back to the estimate."""

    distribution: Distribution
    unconstrained: Floats
    other: Floats
    kind: ComponentKind
    quantities: Floats
    estimate: Floats

    def back(self, amounts: Floats) -> Floats:
        """The estimate that includes so much."""
        if self.kind in {_KIND.BREAKAGE, _KIND.ROLLOVER}:
            return 1 / np.maximum(amounts, LEAST_USE)
        if self.kind is _KIND.RETURN:
            return -amounts
        if self.kind is _KIND.VOLUME_TIERS:
            return self._volume(amounts)
        return amounts

    def _volume(self, rates: Floats) -> Floats:
        """The volume nearest to what is expected at which units cost no more than the rate."""
        found = self.estimate.copy()
        for row, rate in enumerate(rates):
            if rate < self.unconstrained[row]:
                seldom = self.distribution.draws[row] <= rate + 1e-12
                volumes = self.quantities[row][seldom]
                found[row] = volumes[np.argmin(np.abs(volumes - found[row]))]
        return found


@cites("606-10-55-17", "606-10-55-23", "606-10-55-48")
def measure(
    drawn: Drawn, rows: Integers, worth: Distribution, *, estimate: Floats, other: Floats
) -> Measure:
    """Revenue of a unit used, of a unit sold, or the consideration itself.

    With more use expected of an entitlement, each unit used earns less: revenue to date moves with
    one over expected use (55-48). With a higher volume, lower tiers price all units (55-17). Goods
    expected back are units not sold (55-23). Everything else is an amount of its own.
    """
    kind = drawn.cases[int(rows[0])].component.component
    quantities = drawn.quantities[rows]
    nothing = np.zeros(len(rows))
    if kind in {_KIND.BREAKAGE, _KIND.ROLLOVER}:
        used = np.maximum(worth.draws, LEAST_USE)
        told = distribution_of(1 / used), 1 / np.maximum(estimate, LEAST_USE), nothing
    elif kind is _KIND.RETURN:
        trials = np.array([float(drawn.cases[row].component.trials or 0) for row in rows])
        told = distribution_of(-worth.draws), -estimate, trials
    elif kind is _KIND.VOLUME_TIERS:
        payoffs = [drawn.payoffs[row] for row in rows]
        safe = np.maximum(quantities, LEAST_USE)
        known = [each for each in payoffs if each is not None]
        rates = through(known, safe) / safe
        order = np.argsort(rates, axis=1)
        quantities = np.take_along_axis(quantities, order, axis=1)
        volume = np.maximum(estimate, LEAST_USE)
        rate = np.array([p.of(v[None])[0] / v for p, v in zip(known, volume, strict=True)])
        told = distribution_of(rates), rate, nothing
    else:
        told = worth, estimate, other
    return Measure(
        distribution=told[0],
        unconstrained=told[1],
        other=told[2],
        kind=kind,
        quantities=quantities,
        estimate=estimate,
    )
