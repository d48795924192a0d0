"""What of a contract's consideration is uncertain, and what became of it (606-10-32-5 to 32-14)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from revrec.model.contract import _STRICT, EstimationMethod, Outcome


class ComponentKind(StrEnum):
    """What is uncertain, and how consideration follows from it."""

    OVERAGE = "overage"
    """Use above ``threshold`` at ``unit_price``, where 32-40 does not allocate it to its day."""
    VOLUME_TIERS = "volume_tiers"
    """The price that the volume reached gives all units: tiers of ``consideration``."""
    VOLUME_REBATE = "volume_rebate"
    """The rebate that the volume above ``threshold`` earns, at ``unit_price`` below nothing."""
    TRUE_UP = "true_up"
    """Use above a ceiling, billed at the end: as an overage."""
    SHORTFALL = "shortfall"
    """What use falls short of a commitment (``threshold``), at ``unit_price``."""
    BREAKAGE = "breakage"
    """Use of an entitlement (``threshold``): what is not used is breakage (55-48)."""
    ROLLOVER = "rollover"
    """Use of an entitlement up to the day on which what was rolled over lapses."""
    SERVICE_CREDIT = "service_credit"
    """Incidents to come, at ``unit_price`` below nothing, at most ``cap``."""
    PRICE_CONCESSION = "price_concession"
    """The share of ``trials`` units of price that is conceded, at ``unit_price`` below nothing."""
    REFUND = "refund"
    """Units of ``trials`` that are refunded, at ``unit_price`` below nothing."""
    RETURN = "return"
    """Units of ``trials`` that come back; the quantity itself is what is estimated."""
    BONUS = "bonus"
    """``amount`` if an event occurs."""
    PENALTY = "penalty"
    """``amount``, below nothing, if an event occurs."""
    CONTINGENT_COMMITMENT = "contingent_commitment"
    """``amount`` committed if an event occurs."""
    OUTCOME_FEE = "outcome_fee"
    """So much for each success to come, at ``unit_price``, at most ``cap``."""


class UncertaintyFactor(StrEnum):
    """What makes a reversal more likely or larger (606-10-32-12)."""

    OUTSIDE_INFLUENCE = "outside_influence"
    """Highly susceptible to what the entity does not control (32-12a)."""
    LONG_UNCERTAINTY = "long_uncertainty"
    """Not resolved for a long time (32-12b)."""
    LITTLE_EXPERIENCE = "little_experience"
    """Little experience with such contracts, or of little predictive value (32-12c)."""
    CONCESSIONS = "concessions"
    """A practice of concessions or of changing terms (32-12d)."""
    MANY_OUTCOMES = "many_outcomes"
    """Many possible amounts, over a broad range (32-12e)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableComponent:
    """A part of the consideration that is estimated again at each reporting date (32-14)."""

    __pydantic_config__ = _STRICT

    kind: Literal["variable_component"] = "variable_component"
    id: str
    """Unique within the entity."""
    contract: str
    on: date
    """The day it was identified."""
    component: ComponentKind
    """What is uncertain and how consideration follows."""
    method: EstimationMethod
    """Which method better predicts the amount, one for its life (32-8, 32-9)."""
    consideration: str | None = None
    """The variable consideration whose estimate it gives ..."""
    obligation: str | None = None
    """... or the obligation whose expected use it gives; of use, whose meters count."""
    meters: tuple[str, ...] = ()
    """Meters that count; those of the obligation if left out."""
    ends: date | None = None
    """Last day of what is uncertain; the contract's end if left out."""
    threshold: Decimal | None = None
    """Entitlement, commitment or ceiling, in what the meters count."""
    unit_price: Decimal | None = None
    """Consideration for a unit; negative where it lowers the price."""
    cap: Decimal | None = None
    """Most that it can amount to, without its sign."""
    amount: Decimal | None = None
    """What an event is worth; negative where it lowers the price."""
    trials: Decimal | None = None
    """Units that may come back, opportunities of success."""
    outcomes: tuple[Outcome, ...] = ()
    """Stated amounts with their probabilities, in place of statistics (32-8)."""
    cohort: str = ""
    """Name of similar contracts (10-10-4); the contract's segment if left out."""
    factors: Mapping[UncertaintyFactor, bool] = field(default_factory=dict)
    """Judged: factors that are present, or are not, whatever data say (32-12)."""
    basis: str = ""
    """Why, for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentOutcome:
    """What became of a component so far, or in the end: what the next estimates learn from."""

    __pydantic_config__ = _STRICT

    kind: Literal["component_outcome"] = "component_outcome"
    id: str
    contract: str
    on: date
    component: str
    """Id of the variable component."""
    quantity: Decimal
    """Incidents, units or successes so far; for an event 1 or 0."""
    trials: Decimal | None = None
    """Of so many; for an event 1 if left out."""
    final: bool = False
    """Nothing of it is uncertain any more."""
    amount: Decimal | None = None
    """What it came to in the end, for the look-back."""
