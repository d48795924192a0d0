"""Costs of obtaining and fulfilling a contract, as told (340-40); amounts in its currency."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from revrec.model.contract import _STRICT


class CostPurpose(StrEnum):
    """What a cost was incurred for."""

    OBTAIN = "obtain"
    """Winning the contract: a sales commission (340-40-25-1)."""
    FULFIL = "fulfil"
    """Carrying it out: set-up, data migration (340-40-25-5)."""


class ExpensedFulfilment(StrEnum):
    """Costs of fulfilling a contract that are never an asset (340-40-25-8)."""

    GENERAL_AND_ADMINISTRATIVE = "general_and_administrative"
    """Unless explicitly chargeable to the customer (25-8a)."""
    WASTED = "wasted"
    """Materials or labour beyond what the price reflects (25-8b)."""
    PAST_PERFORMANCE = "past_performance"
    """For what was transferred already (25-8c)."""
    INDISTINGUISHABLE = "indistinguishable"
    """Past or future performance cannot be told apart (25-8d)."""


class AmortizationPattern(StrEnum):
    """Systematic bases of amortisation (340-40-35-1)."""

    EVEN_MONTHS = "even_months"
    """Equal months of the period of benefit."""
    DAYS = "days"
    """Equal days of the period of benefit."""
    CALENDAR_MONTHS = "calendar_months"
    """Equal calendar months; part of a month by the days of that month."""
    WHOLE_MONTHS = "whole_months"
    """Equal calendar months, each at its end: the one the benefit begins in, not the last."""
    PATTERN_OF_TRANSFER = "pattern_of_transfer"
    """As the related obligation progresses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCost:
    """A cost incurred to obtain or fulfil a contract, or a change of one that was."""

    __pydantic_config__ = _STRICT

    kind: Literal["contract_cost"] = "contract_cost"
    id: str
    contract: str
    on: date
    """The day it was incurred."""
    amount: Decimal
    """What was incurred; negative only with ``adjusts``, for what was given back."""
    purpose: CostPurpose = CostPurpose.OBTAIN
    incremental: bool = False
    """Judged: it would not have been incurred had the contract not been obtained (25-2)."""
    recoverable: bool = True
    """Judged: it is expected to be recovered (25-1, 25-5c)."""
    chargeable: bool = False
    """Explicitly chargeable to the customer, whatever comes of the contract (25-3, 25-8a)."""
    relates_directly: bool = True
    """Judged: it relates directly to this contract or one that is anticipated (25-5a)."""
    enhances_resources: bool = False
    """Judged: it generates or enhances resources for performance still to come (25-5b)."""
    expensed_as: ExpensedFulfilment | None = None
    """Judged: a cost of fulfilling that is an expense whatever it is for (25-8)."""
    other_topic: str = ""
    """The Topic it is accounted for under instead: 330, 350-40, 360, 985-20 (15-3)."""
    obligation: str | None = None
    """The obligation it relates to; the whole contract if left out."""
    benefit_start: date | None = None
    """First day of what it benefits; when that begins, but not before the cost, if left out."""
    benefit_end: date | None = None
    """Last day of what it benefits, anticipated renewals included; the term's if left out."""
    renewal_commission_commensurate: bool = False
    """Judged: renewals pay a commission of their own in proportion, so it benefits none (35-1)."""
    pattern: AmortizationPattern | None = None
    """Basis of amortisation; the policy's if left out."""
    adjusts: str | None = None
    """The cost of this contract of which this is more, or some given back (a clawback)."""
    shared: Mapping[str, Decimal] = field(default_factory=dict)
    """Contract -> weight, for one cost of several contracts, this one among them."""
    currency: str = ""
    """ISO 4217 code; needed for a shared cost, the contract's if left out."""
    category: str = ""
    """Main category for disclosure (50-3), such as set-up; the purpose if left out."""
    payee: str = ""
    """Who received it, for readers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractCostReview:
    """What was thought of contract cost assets at a day: period of benefit, recoverability."""

    __pydantic_config__ = _STRICT

    kind: Literal["contract_cost_review"] = "contract_cost_review"
    id: str
    contract: str
    on: date
    costs: tuple[str, ...] = ()
    """Ids of the costs reviewed; all of the contract if left out."""
    benefit_end: date | None = None
    """New last day of what they benefit (340-40-35-2) ..."""
    applies_from: date | None = None
    """... and the first day amortised by it; the day of the review if left out."""
    expected_consideration: Decimal | None = None
    """What is still expected for the goods they relate to, anticipated renewals included and
    without the constraint (340-40-35-3, 35-4); tests them at the end of the day."""
    expected_costs: Decimal = Decimal(0)
    """Costs of providing those goods that are not expensed yet (340-40-35-3)."""
    basis: str = ""
    """Why, for the reader."""
