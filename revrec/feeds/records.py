"""Records to facts: contracts, events and prices, told in YAML, JSON or NDJSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from revrec.errors import FeedError
from revrec.feeds.adapters import adapter_of
from revrec.feeds.documents import NoRecord, validated
from revrec.feeds.frameworks import policy_of
from revrec.feeds.policies import default_policy
from revrec.feeds.repeated import Repeated
from revrec.model.assessment import Assessment
from revrec.model.books import SecondBook
from revrec.model.combination import Combination
from revrec.model.commitment import Commitment, CommitmentAmendment
from revrec.model.contract import Consideration, Contract, PerformanceObligation
from revrec.model.costs import ContractCost, ContractCostReview
from revrec.model.credit import (
    CreditAdjustment,
    CreditGrant,
    CreditPool,
    CreditTransfer,
    TopUpRule,
)
from revrec.model.currencies import EntityCurrencies, ExchangeRate
from revrec.model.estimation import ComponentOutcome, VariableComponent
from revrec.model.events import (
    CreditMemo,
    CustomerPayment,
    Delivery,
    Estimate,
    Invoice,
    Modification,
    Payment,
    Refund,
    WriteOff,
)
from revrec.model.fact import Fact, FactKind, canonical_fact
from revrec.model.financing import Reschedule
from revrec.model.fiscal_calendar import FiscalCalendar
from revrec.model.mapping import AccountMapping
from revrec.model.misstatement import FinancialBenchmark, Misstatement
from revrec.model.opening import ControlTotal, OpeningBalance
from revrec.model.options import Exercise, Lapse
from revrec.model.payable import CustomerPromise, NonCashReceipt
from revrec.model.performance import Pause, RepurchaseOutcome, Resumption
from revrec.model.policy import Policy, StandaloneSellingPrice
from revrec.model.product import Product
from revrec.model.rating import PriceAgreement, RateCard
from revrec.model.returns import GoodsReturn
from revrec.money import minor_digits, to_minor

Record = (
    Contract
    | Modification
    | Estimate
    | VariableComponent
    | ComponentOutcome
    | Delivery
    | GoodsReturn
    | Reschedule
    | NonCashReceipt
    | CustomerPromise
    | Invoice
    | CreditMemo
    | Payment
    | Refund
    | CustomerPayment
    | WriteOff
    | Pause
    | Resumption
    | RepurchaseOutcome
    | Assessment
    | Combination
    | Exercise
    | Lapse
    | Product
    | ContractCost
    | ContractCostReview
    | OpeningBalance
    | StandaloneSellingPrice
    | Policy
    | RateCard
    | PriceAgreement
    | CreditGrant
    | TopUpRule
    | CreditAdjustment
    | CreditPool
    | CreditTransfer
    | Commitment
    | CommitmentAmendment
    | FiscalCalendar
    | EntityCurrencies
    | ExchangeRate
    | SecondBook
    | AccountMapping
    | Misstatement
    | FinancialBenchmark
    | ControlTotal
)
_OfTheEntity = (
    StandaloneSellingPrice
    | RateCard
    | Product
    | Combination
    | CreditPool
    | CreditTransfer
    | Policy
    | FiscalCalendar
    | EntityCurrencies
    | ExchangeRate
    | SecondBook
    | AccountMapping
    | Misstatement
    | FinancialBenchmark
    | ControlTotal
)
_Dated = (
    ExchangeRate
    | Combination
    | CreditPool
    | CreditTransfer
    | Misstatement
    | FinancialBenchmark
    | ControlTotal
)
"""Of a day and not effective from one on."""
MODELS: Mapping[FactKind, type[Any]] = {
    FactKind.CONTRACT: Contract,
    FactKind.MODIFICATION: Modification,
    FactKind.ESTIMATE: Estimate,
    FactKind.VARIABLE_COMPONENT: VariableComponent,
    FactKind.COMPONENT_OUTCOME: ComponentOutcome,
    FactKind.DELIVERY: Delivery,
    FactKind.RETURN: GoodsReturn,
    FactKind.RESCHEDULE: Reschedule,
    FactKind.NONCASH_RECEIPT: NonCashReceipt,
    FactKind.CUSTOMER_PROMISE: CustomerPromise,
    FactKind.INVOICE: Invoice,
    FactKind.CREDIT_MEMO: CreditMemo,
    FactKind.PAYMENT: Payment,
    FactKind.REFUND: Refund,
    FactKind.CUSTOMER_PAYMENT: CustomerPayment,
    FactKind.WRITE_OFF: WriteOff,
    FactKind.PAUSE: Pause,
    FactKind.RESUMPTION: Resumption,
    FactKind.REPURCHASE: RepurchaseOutcome,
    FactKind.ASSESSMENT: Assessment,
    FactKind.COMBINATION: Combination,
    FactKind.EXERCISE: Exercise,
    FactKind.LAPSE: Lapse,
    FactKind.PRODUCT: Product,
    FactKind.OPENING_BALANCE: OpeningBalance,
    FactKind.CONTRACT_COST: ContractCost,
    FactKind.CONTRACT_COST_REVIEW: ContractCostReview,
    FactKind.STANDALONE_SELLING_PRICE: StandaloneSellingPrice,
    FactKind.POLICY: Policy,
    FactKind.RATE_CARD: RateCard,
    FactKind.PRICE_AGREEMENT: PriceAgreement,
    FactKind.CREDIT_GRANT: CreditGrant,
    FactKind.TOP_UP_RULE: TopUpRule,
    FactKind.CREDIT_ADJUSTMENT: CreditAdjustment,
    FactKind.CREDIT_POOL: CreditPool,
    FactKind.CREDIT_TRANSFER: CreditTransfer,
    FactKind.COMMITMENT: Commitment,
    FactKind.COMMITMENT_AMENDMENT: CommitmentAmendment,
    FactKind.FISCAL_CALENDAR: FiscalCalendar,
    FactKind.ENTITY_CURRENCIES: EntityCurrencies,
    FactKind.EXCHANGE_RATE: ExchangeRate,
    FactKind.SECOND_BOOK: SecondBook,
    FactKind.ACCOUNT_MAPPING: AccountMapping,
    FactKind.MISSTATEMENT: Misstatement,
    FactKind.FINANCIAL_BENCHMARK: FinancialBenchmark,
    FactKind.CONTROL_TOTAL: ControlTotal,
}
"""Kind of fact -> the model its body must fit."""

_OBLIGATIONS, _CONSIDERATION = Repeated(PerformanceObligation), Repeated(Consideration)

YEARS = range(1900, 2200)
"""Years in which facts may take effect: beyond them a date is a slip of the keyboard."""


def fact_of(record: object, source: str) -> Fact:
    """A record with its ``kind`` as a fact; raises FeedError naming the fields that do not fit."""
    if isinstance(record, NoRecord):
        record.refuse(source)
    if not isinstance(record, Mapping):
        raise FeedError(
            f"{source}: a record is an object with a `kind`, not {type(record).__name__}.",
            remedy="Write {kind: invoice, ...}.",
            source=source,
            reason="no-record",
        )
    fields = dict(record)
    try:
        kind = FactKind(fields.pop("kind", ""))
    except ValueError as error:
        raise FeedError(
            f"{source}: `kind` is {record.get('kind')!r}.",
            remedy=f"Use one of: {', '.join(FactKind)}.",
            source=source,
            reason="unknown-kind",
        ) from error
    fact = to_fact(kind, validated(adapter_of(MODELS[kind]), fields, source))
    if fact.effective_on.year not in YEARS:
        raise FeedError(
            f"{source}: {kind} {fact.key} takes effect on {fact.effective_on}.",
            remedy=f"Give a day from {YEARS.start} to {YEARS.stop - 1}.",
            source=source,
            reason="out-of-range",
        )
    _refuse_unkeepable(fact, source)
    return fact


def _refuse_unkeepable(fact: Fact, source: str) -> None:
    """Refuse texts that no database and no file in UTF-8 holds."""
    try:
        written = canonical_fact(fact.kind, fact.key, fact.body)
    except UnicodeEncodeError as error:
        raise FeedError(
            f"{source}: a text of {fact.kind} {fact.key!a} has half of a surrogate pair.",
            remedy="Write the character itself, in UTF-8, or both halves of its escape.",
            source=source,
        ) from error
    # Looking for how it is written is quick, and almost always all that is needed.
    if b"\\u0000" in written and _holds_nul(fact.body):
        raise FeedError(
            f"{source}: a text of {fact.kind} {fact.key!a} has a NUL character.",
            remedy="Leave it out; no text of the books holds one.",
            source=source,
        )


def _holds_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" in value
    if isinstance(value, Mapping):
        return any(map(_holds_nul, (*value, *value.values())))
    return isinstance(value, list) and any(map(_holds_nul, value))


def to_fact(kind: FactKind, record: Record) -> Fact:
    """A model object as a fact; fields at their default are left out of the hashed body."""
    writer = adapter_of(MODELS[kind]).serializer
    body = writer.to_python(record, mode="json", exclude_defaults=True)
    if isinstance(record, Contract):
        minor_digits(record.currency)
        return Fact(
            kind=kind,
            key=record.id,
            contract=record.id,
            effective_on=record.inception,
            body=body,
        )
    if isinstance(record, _OfTheEntity):
        key, effective_on = _named(record)
        return Fact(kind=kind, key=key, contract=None, effective_on=effective_on, body=body)
    return Fact(
        kind=kind, key=record.id, contract=record.contract, effective_on=record.on, body=body
    )


def _named(record: _OfTheEntity) -> tuple[str, date]:
    """Key and first day of what is of no contract; of policy, calendar, currencies there is one."""
    if isinstance(record, Policy):
        return "policy", min(each.effective_from for each in record.elections.values())
    if isinstance(record, FiscalCalendar):
        return FactKind.FISCAL_CALENDAR.value, record.effective_from
    if isinstance(record, EntityCurrencies):
        for each in filter(None, (record.functional_currency, record.reporting_currency)):
            minor_digits(each)
        return FactKind.ENTITY_CURRENCIES.value, record.effective_from
    if isinstance(record, SecondBook):
        policy_of(default_policy(), record)
        return FactKind.SECOND_BOOK.value, record.effective_from
    if isinstance(record, ExchangeRate):
        _check_rate(record)
    if isinstance(record, StandaloneSellingPrice | RateCard | Misstatement | FinancialBenchmark):
        minor_digits(record.currency)
    if isinstance(record, ControlTotal):
        to_minor(record.amount, record.currency)
    if isinstance(record, _Dated):
        return record.id, record.on
    return record.id, record.effective_from


def _check_rate(told: ExchangeRate) -> None:
    minor_digits(told.currency)
    minor_digits(told.into)
    if told.rate <= 0 or told.currency == told.into:
        raise FeedError(
            f"Exchange rate {told.id} says that one {told.currency} is {told.rate} {told.into}.",
            remedy="Give a positive rate between two currencies.",
            value=str(told.rate),
        )


def of_fact(fact: Fact) -> Record:
    """The model object a fact tells; the inverse of ``to_fact``.

    Contracts of a company promise much the same: what is told in the same words is one object.
    """
    body = fact.body
    if fact.kind is FactKind.CONTRACT:
        body = {
            **body,
            "obligations": [_OBLIGATIONS.of(each) for each in body["obligations"]],
            "consideration": [_CONSIDERATION.of(each) for each in body["consideration"]],
        }
    record: Record = adapter_of(MODELS[fact.kind]).validator.validate_python(body)
    return record
