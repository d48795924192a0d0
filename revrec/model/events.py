"""What happened to a contract after it was signed: dated facts, each with its own id.

``on`` is the day the fact took effect. When the books learned of it is kept beside the fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from revrec.model.assessment import Assessment
from revrec.model.contract import _STRICT, Bundle, Consideration, Outcome, PerformanceObligation
from revrec.model.costs import ContractCost, ContractCostReview
from revrec.model.financing import Reschedule
from revrec.model.judgment import TreatmentOverride
from revrec.model.opening import OpeningBalance
from revrec.model.options import Exercise, Lapse
from revrec.model.payable import CustomerPromise, NonCashReceipt
from revrec.model.performance import (
    CountedAs,
    Pause,
    RepurchaseOutcome,
    Resumption,
    Step,
)
from revrec.model.returns import GoodsReturn


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice or credit memo; amounts exclude sales tax (606-10-32-2A)."""

    __pydantic_config__ = _STRICT

    amount: Decimal
    """Amount before tax; positive on invoices and on credit memos alike."""
    tax: Decimal = Decimal(0)
    """Sales tax collected for a third party; never revenue."""
    for_principal: Decimal = Decimal(0)
    """Collected for a principal, beside ``amount``, when the entity is an agent (55-38)."""
    obligation: str | None = None
    """The obligation billed for, when the line is for one."""
    consideration: str | None = None
    """The consideration billed, when the line is for one."""
    quantity: Decimal | None = None
    """Units billed, for usage."""
    service_from: date | None = None
    """First day of the service billed."""
    service_to: date | None = None
    """Last day of the service billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A bill: an unconditional right to consideration (606-10-45-4)."""

    __pydantic_config__ = _STRICT

    kind: Literal["invoice"] = "invoice"
    id: str
    contract: str
    on: date
    due: date | None = None
    lines: tuple[InvoiceLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditMemo:
    """A bill taken back in whole or part; names the invoice it corrects."""

    __pydantic_config__ = _STRICT

    kind: Literal["credit_memo"] = "credit_memo"
    id: str
    contract: str
    on: date
    invoice: str
    lines: tuple[InvoiceLine, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Cash received."""

    __pydantic_config__ = _STRICT

    kind: Literal["payment"] = "payment"
    id: str
    contract: str
    on: date
    amount: Decimal
    invoice: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """Cash returned to the customer; lowers what it has paid (606-10-32-10)."""

    __pydantic_config__ = _STRICT

    kind: Literal["refund"] = "refund"
    id: str
    contract: str
    on: date
    amount: Decimal
    """Cash returned; positive."""
    invoice: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPayment:
    """Cash paid to the customer that reduces the price, such as a slotting fee (606-10-32-25)."""

    __pydantic_config__ = _STRICT

    kind: Literal["customer_payment"] = "customer_payment"
    id: str
    contract: str
    on: date
    amount: Decimal
    """Cash paid; positive."""
    consideration: str | None = None
    """The consideration payable it settles."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOff:
    """A receivable that will not be collected: a credit loss, not a price concession (326-20-35).

    A recovery is a negative amount.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["write_off"] = "write_off"
    id: str
    contract: str
    on: date
    amount: Decimal
    invoice: str | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Transfer of goods, a milestone reached, or cost incurred (606-10-25-23)."""

    __pydantic_config__ = _STRICT

    kind: Literal["delivery"] = "delivery"
    id: str
    contract: str
    on: date
    obligation: str
    quantity: Decimal = Decimal(1)
    """Units delivered, milestone weight reached or cost incurred since the last fact."""
    step: Step = Step.TRANSFER
    """What happened to goods, where more than one step leads to control."""
    counted_as: CountedAs = CountedAs.PROGRESS
    """What a cost tells of progress."""
    unit_cost: Decimal | None = None
    """Carrying amount of a unit of the goods, where the books follow their cost (55-27)."""


class EstimateStandard(StrEnum):
    """Whose constraint an estimate passed, as ``estimates_standard`` is elected."""

    US_GAAP = "us_gaap"
    """A significant reversal is not probable (606-10-32-11)."""
    IFRS = "ifrs"
    """It is highly probable that there is none (IFRS 15.56)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """An approved estimate (606-10-32-14): of consideration, or of usage to come (55-48)."""

    __pydantic_config__ = _STRICT

    kind: Literal["estimate"] = "estimate"
    id: str
    contract: str
    on: date
    consideration: str | None = None
    """The variable consideration estimated ..."""
    amount: Decimal | None = None
    """... and the amount that passes the constraint, over the whole contract."""
    obligation: str | None = None
    """Or the usage obligation whose expected consumption is estimated ..."""
    expected: Decimal | None = None
    """... and the consumption, units, weight or cost expected in all, or the volume for tiers."""
    remote: bool = False
    """Of an obligation: judged on this day that what is left of its rights will not be used."""
    """... and the consumption expected over the entitlement's life; for a consideration the
    volume its tiers are read with, or the units expected to be returned in all."""
    outcomes: tuple[Outcome, ...] = ()
    """Or its possible amounts, from which it is made by the method of the consideration (32-9)."""
    standard: EstimateStandard | None = None
    """The level of assurance it passed, where another estimate passed the other (32-11); an
    estimate without one holds for both."""
    basis: str = ""
    """Why, for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modification:
    """An approved change in scope, price or both (606-10-25-10)."""

    __pydantic_config__ = _STRICT

    kind: Literal["modification"] = "modification"
    id: str
    contract: str
    on: date
    """The day it was approved; a modification exists from then (25-10)."""
    new_terms_from: date | None = None
    """First day under the new terms; the day of approval if left out."""
    adds: tuple[PerformanceObligation, ...] = ()
    """Obligations that are new."""
    revises: tuple[PerformanceObligation, ...] = ()
    """Obligations that go on under changed terms, restated in full."""
    withdraws: tuple[str, ...] = ()
    """Obligations of which nothing more will be transferred. Those not named are unchanged."""
    price_change: Decimal = Decimal(0)
    """Change in the fixed consideration of the whole contract; negative for a reduction."""
    adds_consideration: tuple[Consideration, ...] = ()
    """New usage or variable consideration."""
    bundles: tuple[Bundle, ...] = ()
    """Observable bundle prices of what remains, which may prove whose a discount is (32-37)."""
    revises_consideration: tuple[Consideration, ...] = ()
    """Recurring fixed amounts at their new rate; the price follows, beside ``price_change``."""
    end: date | None = None
    """New last day of the term, if it changes. Service by time follows it where no obligation is
    named."""
    unpriced: bool = False
    """The scope is approved and the price is not yet: ``price_change`` is an estimate (25-11).
    An ``estimate`` whose consideration is the modification's id gives the price agreed."""
    at_standalone_selling_prices: bool | None = None
    """Judged: the price change reflects selling prices of what is added (25-12b). If left out it
    is derived: the net change equals the selling prices less ``costs_not_incurred``."""
    costs_not_incurred: Decimal = Decimal(0)
    """What the entity saves by selling to a customer it has, and takes off the price (25-12b)."""
    override: TreatmentOverride | None = None
    """A treatment other than the rule's."""
    order: int = 0
    """Place among the modifications of a day; by id where it is equal."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """A day's rated usage told as a scenario event; files of usage come through ``usage``."""

    __pydantic_config__ = _STRICT

    kind: Literal["usage"] = "usage"
    contract: str
    on: date
    meter: str
    quantity: Decimal
    amount: Decimal = Decimal(0)
    """Rated amount, up to 12 decimals; rounded only when summed."""
    for_principal: Decimal = Decimal(0)
    """The part of the rated amount that is owed to a provider, as an agent (55-38)."""


Event = (
    Invoice
    | CreditMemo
    | Payment
    | Refund
    | CustomerPayment
    | WriteOff
    | Delivery
    | GoodsReturn
    | Reschedule
    | NonCashReceipt
    | CustomerPromise
    | Estimate
    | Modification
    | Assessment
    | Exercise
    | Lapse
    | Pause
    | Resumption
    | RepurchaseOutcome
    | ContractCost
    | ContractCostReview
    | OpeningBalance
)
