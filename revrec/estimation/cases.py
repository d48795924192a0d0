"""A component on its way to an estimate, and the estimate with all it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from revrec.estimation.constraint import Binds
from revrec.estimation.distribution import Distribution
from revrec.estimation.numbers import Floats
from revrec.estimation.panel import Doubt
from revrec.estimation.payoffs import Payoff
from revrec.model.contract import Contract, EstimationMethod
from revrec.model.estimation import ComponentKind, UncertaintyFactor, VariableComponent

History = Sequence[tuple[date, Decimal]]
"""Last days of steps, with the use of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A component with what the books know around it."""

    component: VariableComponent
    contract: Contract
    days_left: int
    """Days until nothing of it is uncertain."""
    other_revenue: Decimal = Decimal(0)
    """Consideration of the contract beside it, in its currency (32-12: fixed and variable)."""
    row: int | None = None
    """Its place in the portfolio, where use is uncertain."""
    happened: Decimal = Decimal(0)
    """Incidents, units or events so far."""
    chances: Decimal = Decimal(0)
    """Of so many; for counts the days observed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """An estimate with all it rests on, rounded: what is recorded."""

    component: str
    contract: str
    kind: ComponentKind
    method: EstimationMethod
    unit: str
    """The currency, or ``units`` where the estimate is a quantity."""
    expected_quantity: Decimal
    """Of what is uncertain, in all."""
    unconstrained: Decimal
    included: Decimal
    """What passes the constraint: the amount, or the quantity, of the proposed fact."""
    reversal: Decimal
    """Probability of a significant reversal, at what is included ..."""
    reversal_unconstrained: Decimal
    """... and had all been included."""
    tolerated: Decimal
    binds: Binds
    factors: tuple[UncertaintyFactor, ...]
    doubts: tuple[Doubt, ...]
    quantiles: Mapping[str, Decimal]
    """Of the consideration, or of the quantity where that is estimated."""
    alternatives: tuple[tuple[Decimal, Decimal], ...] = ()
    """Stated outcomes with their probabilities, if any."""
    payoff: Payoff | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    """How the distribution was made: history, cohort, credibility, fit."""
    points: tuple[float, ...] = ()
    """Quantities of equal probability, of what is uncertain: for the comparison with the next."""
    history: History = ()
    """Use of the latest steps, where use is uncertain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Draws of several cases of the same width, before the constraint."""

    cases: Sequence[Case]
    payoffs: Sequence[Payoff | None]
    quantities: Floats
    """Draws of what is uncertain, for probabilities."""
    expected_quantity: Floats
    worth: Distribution
    """Of what is estimated: consideration, or a quantity."""
    days_seen: Floats
    cohort_size: Floats
    tested: Floats
    doubts: tuple[frozenset[Doubt], ...]
    facts: Sequence[Mapping[str, str]]
    histories: Sequence[History] = ()
    """Of each case; none at all where nothing is used."""
