"""Accounting policy: the elections the literature leaves open, dated, cited, each with a default.

Selling prices and accounts are kept here too because they are chosen, not observed per contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from revrec.model.contract import _STRICT, SellingPriceMethod, SellingPriceRange
from revrec.model.controls import ChecklistTask


class Account(StrEnum):
    """The ledger accounts the engine posts to; ``Accounts`` maps them to the general ledger."""

    CASH = "cash"
    RECEIVABLE = "receivable"
    CONTRACT_ASSET = "contract_asset"
    CONTRACT_LIABILITY = "contract_liability"
    NON_CURRENT_CONTRACT_ASSET = "non_current_contract_asset"
    """What of an account turns around after the operating cycle, where that is posted
    (210-10-45)."""
    NON_CURRENT_CONTRACT_LIABILITY = "non_current_contract_liability"
    NON_CURRENT_CONTRACT_COST_ASSET = "non_current_contract_cost_asset"
    REFUND_LIABILITY = "refund_liability"
    DEPOSIT_LIABILITY = "deposit_liability"
    """Cash of customers with whom no contract exists yet (606-10-25-8)."""
    FINANCIAL_LIABILITY = "financial_liability"
    UNCLAIMED_PROPERTY = "unclaimed_property"
    """Financing under repurchase agreements (606-10-55-70)."""
    TAX_PAYABLE = "tax_payable"
    PAYABLE_TO_PRINCIPAL = "payable_to_principal"
    """Collected on behalf of others (606-10-55-38)."""
    CONTRACT_COST_ASSET = "contract_cost_asset"
    RETURN_ASSET = "return_asset"
    INVENTORY = "inventory"
    NONCASH_RECEIVED = "noncash_received"
    PURCHASES = "purchases"
    COSTS_INCURRED = "costs_incurred"
    """Clearing account: contract costs as payables or payroll credited them."""
    OPENING_BALANCE = "opening_balance"
    """Clearing account: what another system had posted for contracts taken over from it."""
    CUTOVER_ADJUSTMENT = "cutover_adjustment"
    """Equity: by how much revenue to date differs from what another system had recognised."""
    REVENUE = "revenue"
    INTEREST_INCOME = "interest_income"
    INTEREST_EXPENSE = "interest_expense"
    COST_OF_SALES = "cost_of_sales"
    CONTRACT_COST_EXPENSE = "contract_cost_expense"
    CONTRACT_COST_AMORTIZATION = "contract_cost_amortization"
    CONTRACT_COST_IMPAIRMENT = "contract_cost_impairment"
    CREDIT_LOSS = "credit_loss"
    EXCHANGE_REALIZED = "exchange_realized"
    """Exchange differences on what was settled or billed (830-20-35-1)."""
    EXCHANGE_UNREALIZED = "exchange_unrealized"
    """Exchange differences on monetary balances as they stand."""
    TRANSLATION_ADJUSTMENT = "translation_adjustment"
    """Equity: what translation into another currency of reports leaves (830-30-45-12)."""


BALANCES = frozenset(
    {
        Account.CASH,
        Account.RECEIVABLE,
        Account.CONTRACT_ASSET,
        Account.CONTRACT_LIABILITY,
        Account.NON_CURRENT_CONTRACT_ASSET,
        Account.NON_CURRENT_CONTRACT_LIABILITY,
        Account.NON_CURRENT_CONTRACT_COST_ASSET,
        Account.REFUND_LIABILITY,
        Account.DEPOSIT_LIABILITY,
        Account.FINANCIAL_LIABILITY,
        Account.UNCLAIMED_PROPERTY,
        Account.TAX_PAYABLE,
        Account.PAYABLE_TO_PRINCIPAL,
        Account.CONTRACT_COST_ASSET,
        Account.RETURN_ASSET,
        Account.INVENTORY,
        Account.NONCASH_RECEIVED,
        Account.COSTS_INCURRED,
        Account.OPENING_BALANCE,
    }
)
"""Assets and liabilities, which stand at a day; all others are income of a period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneralLedgerAccount:
    """A code and name in the entity's chart of accounts."""

    __pydantic_config__ = _STRICT

    code: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Account mapping, with revenue by product where wished."""

    __pydantic_config__ = _STRICT

    default: Mapping[Account, GeneralLedgerAccount]
    revenue_by_product: Mapping[str, GeneralLedgerAccount] = field(default_factory=dict)

    def of(self, account: Account, product: str) -> GeneralLedgerAccount:
        """The general ledger account for a posting."""
        if account is Account.REVENUE and product in self.revenue_by_product:
            return self.revenue_by_product[product]
        return self.default[account]


@dataclass(frozen=True, slots=True, kw_only=True)
class Election:
    """One choice: its value, since when, on which paragraphs, and why."""

    __pydantic_config__ = _STRICT

    value: str
    effective_from: date
    cites: tuple[str, ...]
    rationale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All elections in force, and the account mapping."""

    __pydantic_config__ = _STRICT

    elections: Mapping[str, Election]
    accounts: Accounts
    checklist: Mapping[str, ChecklistTask] = field(default_factory=dict)
    """Tasks of every close by name; the standing ones where an entity lists none."""

    def value(self, name: str) -> str:
        """The value elected for ``name``."""
        return self.elections[name].value


@dataclass(frozen=True, slots=True, kw_only=True)
class StandaloneSellingPrice:
    """A product's price when sold alone (606-10-32-32), effective from a day."""

    __pydantic_config__ = _STRICT

    id: str
    product: str
    currency: str
    amount: Decimal = Decimal(0)
    """Price of one unit for one ``per``; of a range its middle, halfway if left out."""
    low: Decimal | None = None
    """Lowest price of a range still considered a standalone selling price ..."""
    high: Decimal | None = None
    """... and the highest."""
    per: str = "contract"
    """``contract`` (the whole obligation), ``unit`` (times quantity), ``month`` or ``year`` of
    service, ``unit_month`` or ``unit_year`` (both)."""
    effective_from: date
    region: str = ""
    """Only for customers of the region."""
    segment: str = ""
    """Only for customers of the segment."""
    quantity_from: Decimal | None = None
    """Only for obligations of at least so many units ..."""
    quantity_to: Decimal | None = None
    """... and at most so many."""
    method: SellingPriceMethod = SellingPriceMethod.OBSERVABLE
    """How it was found (32-32 to 32-34); a residual has no price of its own in the book."""

    @property
    def bounds(self) -> SellingPriceRange | None:
        """The range, if the entry gives one."""
        if self.low is None or self.high is None:
            return None
        return SellingPriceRange(low=self.low, high=self.high, mid=self.amount or None)
