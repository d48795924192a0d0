"""All facts of one contract, grouped for the five steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from itertools import chain
from operator import attrgetter

from revrec.errors import ContractError
from revrec.model.assessment import Assessment
from revrec.model.books import SecondBook
from revrec.model.combination import Combination
from revrec.model.contract import Consideration, Contract, PerformanceObligation
from revrec.model.costs import ContractCost, ContractCostReview
from revrec.model.credit_book import CreditBook
from revrec.model.currencies import EntityCurrencies, ExchangeRate
from revrec.model.decision import Decision
from revrec.model.events import (
    CreditMemo,
    CustomerPayment,
    Delivery,
    Estimate,
    Event,
    Invoice,
    Modification,
    Payment,
    Refund,
    Usage,
    WriteOff,
)
from revrec.model.financing import Reschedule
from revrec.model.mapping import AccountMapping
from revrec.model.opening import ControlTotal, OpeningBalance
from revrec.model.options import Exercise, Lapse
from revrec.model.payable import CustomerPromise, NonCashReceipt
from revrec.model.performance import Pause, RepurchaseOutcome, Resumption
from revrec.model.policy import Policy, StandaloneSellingPrice
from revrec.model.product import Product
from revrec.model.returns import GoodsReturn


@dataclass(slots=True)
class ContractHistory:
    """A contract and what happened to it; lists in order of (day, id)."""

    contract: Contract
    modifications: list[Modification] = field(default_factory=list)
    estimates: list[Estimate] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    returns: list[GoodsReturn] = field(default_factory=list)
    reschedules: list[Reschedule] = field(default_factory=list)
    noncash_receipts: list[NonCashReceipt] = field(default_factory=list)
    customer_promises: list[CustomerPromise] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    credit_memos: list[CreditMemo] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    customer_payments: list[CustomerPayment] = field(default_factory=list)
    write_offs: list[WriteOff] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    resumptions: list[Resumption] = field(default_factory=list)
    repurchases: list[RepurchaseOutcome] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    exercises: list[Exercise] = field(default_factory=list)
    lapses: list[Lapse] = field(default_factory=list)
    read_as: tuple[Decision, ...] = ()
    """How the promises were read with the product catalogue."""
    refusal: ContractError | None = None
    """Why the contract cannot be read; raised when it is accounted for."""
    costs: list[ContractCost] = field(default_factory=list)
    """Costs of obtaining and fulfilling it; a shared one stands with every contract it is of."""
    cost_reviews: list[ContractCostReview] = field(default_factory=list)
    openings: list[OpeningBalance] = field(default_factory=list)
    """What another system had of it, where it was taken over in flight; one at most."""
    members: Mapping[str, str] = field(default_factory=dict)
    """Of combined contracts (25-9): each, with what stands before its names here."""
    earlier: tuple[Contract, ...] = ()
    """The combined contract as it stood before each further one was approved, in order."""
    digest: str = ""
    """SHA-256 over the digests of the facts, in order of their keys."""

    @property
    def consideration(self) -> tuple[Consideration, ...]:
        """Amounts promised at inception, then those that modifications add."""
        told = self.contract.consideration
        for change in self.modifications:
            told += change.adds_consideration
        return told

    @property
    def promised(self) -> tuple[PerformanceObligation, ...]:
        """Obligations of inception, then those that modifications add or restate."""
        told = self.contract.obligations
        for change in self.modifications:
            told += change.adds + change.revises
        return told

    @property
    def first_day(self) -> date:
        """The day of the first that is told of the contract."""
        days = [self.contract.inception, *(each.inception for each in self.earlier)]
        return min(*days, *(each.on for each in self.events()), date.max)

    def events(self) -> Iterator[Event]:
        """Everything that happened to the contract, list by list."""
        return chain.from_iterable(_LISTS(self))


_LISTS = attrgetter(*(e.name for e in fields(ContractHistory) if e.default_factory is list))


@dataclass(slots=True)
class Book:
    """Everything the engine reads: contracts with their events, selling prices, policy."""

    policy: Policy
    histories: Mapping[str, ContractHistory]
    selling_prices: Sequence[StandaloneSellingPrice] = ()
    products: Sequence[Product] = ()
    usage: Sequence[Usage] = ()
    """Scenario usage; the service reads usage from the ledger instead."""
    combinations: Sequence[Combination] = ()
    """Decisions about contracts that may have to be accounted for as one (25-9)."""
    currencies: EntityCurrencies | None = None
    """None: the books are kept in the currencies of the contracts alone."""
    exchange_rates: Sequence[ExchangeRate] = ()
    account_mappings: Sequence[AccountMapping] = ()
    control_totals: Sequence[ControlTotal] = ()
    """What another system's ledger showed of contracts taken over."""
    apart: Mapping[str, ContractHistory] = field(default_factory=dict)
    """Contracts accounted for under the name of a combination, and combinations given up: names
    that the ledger may hold from before."""

    second: SecondBook | None = None
    """The book kept beside this one; a second book knows that it is one."""
    credits: CreditBook = field(default_factory=CreditBook)
    """What is told of credits and commitments."""

    def known(self, contract: str) -> ContractHistory:
        """The history under a name that the ledger holds, accounted for under it or not."""
        return self.histories[contract] if contract in self.histories else self.apart[contract]

    def combined(self) -> Iterator[tuple[str, str, str]]:
        """Contracts that are combined: each, what it is combined to, and what precedes names."""
        for name, history in self.histories.items():
            for member, prefix in history.members.items():
                yield member, name, prefix
