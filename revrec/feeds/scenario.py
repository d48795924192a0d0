"""The public case format: facts and what must hold, one YAML document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from revrec.errors import FeedError
from revrec.feeds.adapters import adapter_of
from revrec.feeds.book import book_of
from revrec.feeds.documents import read_text, read_yaml, validated
from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import to_fact
from revrec.model.assessment import Assessment
from revrec.model.combination import Combination
from revrec.model.commitment import Commitment, CommitmentAmendment
from revrec.model.contract import _STRICT, Contract
from revrec.model.costs import ContractCost, ContractCostReview
from revrec.model.credit import (
    CreditAdjustment,
    CreditGrant,
    CreditPool,
    CreditTransfer,
    TopUpRule,
)
from revrec.model.currencies import EntityCurrencies, ExchangeRate
from revrec.model.events import (
    CreditMemo,
    CustomerPayment,
    Delivery,
    Estimate,
    Invoice,
    Modification,
    Payment,
    Refund,
    Usage,
    WriteOff,
)
from revrec.model.fact import FactKind
from revrec.model.financing import Reschedule
from revrec.model.history import Book
from revrec.model.opening import OpeningBalance
from revrec.model.options import Exercise, Lapse
from revrec.model.payable import CustomerPromise, NonCashReceipt
from revrec.model.performance import Pause, RepurchaseOutcome, Resumption
from revrec.model.policy import StandaloneSellingPrice
from revrec.model.product import Product
from revrec.model.returns import GoodsReturn
from revrec.model.span import Span
from revrec.periods import Month

Event = Annotated[
    Invoice
    | CreditMemo
    | Payment
    | Refund
    | CustomerPayment
    | WriteOff
    | Pause
    | Resumption
    | RepurchaseOutcome
    | ContractCost
    | ContractCostReview
    | OpeningBalance
    | Delivery
    | GoodsReturn
    | Reschedule
    | NonCashReceipt
    | CustomerPromise
    | Estimate
    | Modification
    | Assessment
    | Combination
    | Exercise
    | Lapse
    | CreditGrant
    | TopUpRule
    | CreditAdjustment
    | CreditPool
    | CreditTransfer
    | Commitment
    | CommitmentAmendment
    | Usage,
    Field(discriminator="kind"),
]
Measured = Literal[
    "revenue",
    "net_revenue",
    "contra_revenue",
    "cumulative_revenue",
    "breakage_revenue",
    "disaggregated_revenue",
    "revenue_from_prior_period_performance",
    "transaction_price",
    "transaction_price_to_date",
    "allocated_price",
    "standalone_selling_price",
    "relative_ssp",
    "revenue_per_unit",
    "progress_ratio",
    "residual_rejected",
    "rpo",
    "cost_of_sales",
    "contract_term_months",
    "contract_liability",
    "contract_asset",
    "unbilled_receivable",
    "receivable",
    "refund_liability",
    "deposit_liability",
    "tax_liability",
    "payable_to_principal",
    "cash_movement",
    "billed",
    "bad_debt",
    "fx_gain",
    "fx_loss",
    "interest_expense",
    "interest_income",
    "financial_liability",
    "unclaimed_property",
    "right_of_return_asset",
    "contract_cost_asset",
    "amortization_expense",
    "impairment_loss",
    "expense",
]
Cut = Literal["segment", "region", "product", "timing"]
"""What revenue can be disaggregated by (606-10-50-5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """An amount that must come out, for a period or as of a day."""

    __pydantic_config__ = _STRICT

    measure: Measured
    amount: Decimal
    """In the contract's currency; balances are positive in their normal direction."""
    currency: str = ""
    """The functional currency, where the amount is in it and not in the contract's."""
    period: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$")] | Span | None = None
    """A month such as 2026-01, or ``{from: ..., to: ...}``."""
    as_of: date | None = None
    """The end of this day, for balances."""
    contract: str | None = None
    obligation: str | None = None
    component: str | None = None
    dimension: Mapping[Cut, str] = field(default_factory=dict)
    """For disaggregated revenue: the attributes of the lines that count."""
    window: Span | None = None
    """For remaining obligations: the days in which they will be recognised as time passes."""
    tolerance: Decimal = Decimal(0)
    note: str = ""

    @property
    def days(self) -> tuple[date | None, date]:
        """The day before the period, none for balances, and the last day."""
        if self.as_of is not None:
            return None, self.as_of
        if isinstance(self.period, Span):
            return self.period.first, self.period.last
        month = Month.parse(self.period or "")
        return month.first, month.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A case an accountant can read: facts, and the amounts that follow from them."""

    __pydantic_config__ = _STRICT

    title: str
    """One sentence that says what holds."""
    cites: tuple[str, ...]
    """Paragraphs of the codification."""
    about: str = ""
    """The accounting, and how the expected amounts were derived."""
    policy: Mapping[str, str] = field(default_factory=dict)
    """Elections other than the default, by name."""
    standalone_selling_prices: tuple[StandaloneSellingPrice, ...] = ()
    products: tuple[Product, ...] = ()
    """The product catalogue, for what contracts leave out."""
    functional_currency: str = ""
    """The entity's, where amounts are expected in it; none if left out."""
    exchange_rates: tuple[ExchangeRate, ...] = ()
    contracts: tuple[Contract, ...]
    events: tuple[Event, ...] = ()
    expected: tuple[Expectation, ...]

    def book(self) -> Book:
        """The scenario's facts as a book."""
        facts = [to_fact(FactKind.CONTRACT, each) for each in self.contracts]
        facts += [to_fact(FactKind.PRODUCT, each) for each in self.products]
        facts += [
            to_fact(FactKind.STANDALONE_SELLING_PRICE, each)
            for each in self.standalone_selling_prices
        ]
        facts += [to_fact(FactKind.EXCHANGE_RATE, each) for each in self.exchange_rates]
        if self.functional_currency:
            first = min(each.inception for each in self.contracts)
            currencies = EntityCurrencies(
                functional_currency=self.functional_currency, effective_from=first
            )
            facts.append(to_fact(FactKind.ENTITY_CURRENCIES, currencies))
        usage = [each for each in self.events if isinstance(each, Usage)]
        facts += [
            to_fact(FactKind(each.kind), each)
            for each in self.events
            if not isinstance(each, Usage)
        ]
        policy = with_elections(default_policy(), self.policy)
        book, unknown = book_of(facts, policy=policy, usage=usage)
        for fact in unknown:
            raise self._unknown(f"The {fact.kind} {fact.key}", fact.contract or "")
        for each in usage:
            if each.contract not in {told.id for told in self.contracts}:
                raise self._unknown(f"Usage of {each.on} on {each.meter}", each.contract)
        return book

    def _unknown(self, what: str, contract: str) -> FeedError:
        """A fact that would be left out: of contracts that are combined, one is named."""
        return FeedError(
            f"{what} names contract {contract}, which the scenario does not tell.",
            remedy=f"Name one of: {', '.join(sorted(each.id for each in self.contracts))}.",
            field="events.contract",
        )


def read_scenario(path: Path) -> Scenario:
    """Read a scenario; FeedError names the file and every field that does not fit."""
    return validated(adapter_of(Scenario), read_yaml(read_text(path), str(path)), str(path))


def scenario_of(document: object, source: str = "scenario") -> Scenario:
    """A scenario from plain values."""
    return validated(adapter_of(Scenario), document, source)


def schema() -> dict[str, Any]:
    """JSON Schema of the format."""
    return adapter_of(Scenario).json_schema()
