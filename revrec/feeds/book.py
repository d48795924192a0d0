"""Facts grouped for the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import chain
from operator import attrgetter
from typing import Any, NamedTuple, cast, get_args

from revrec.asc606.catalogue import by_product
from revrec.asc606.combination import combine
from revrec.asc606.elections import read_elections
from revrec.asc606.reading import read_promises
from revrec.collector import collector_at_rest
from revrec.commitments.performance import read_performed, told_as_performed
from revrec.feeds.frameworks import policy_of
from revrec.feeds.policies import completed, default_policy
from revrec.feeds.records import Record, of_fact
from revrec.model.assessment import Assessment
from revrec.model.books import SecondBook
from revrec.model.combination import Combination
from revrec.model.contract import Contract
from revrec.model.costs import ContractCost, ContractCostReview
from revrec.model.credit_book import CreditBook, CreditRecord
from revrec.model.currencies import EntityCurrencies, ExchangeRate
from revrec.model.estimation import ComponentOutcome, VariableComponent
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
from revrec.model.fact import Fact
from revrec.model.financing import Reschedule
from revrec.model.fiscal_calendar import FiscalCalendar
from revrec.model.history import Book, ContractHistory
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

_PLACES = {
    Modification: "modifications",
    Estimate: "estimates",
    Delivery: "deliveries",
    GoodsReturn: "returns",
    Reschedule: "reschedules",
    NonCashReceipt: "noncash_receipts",
    CustomerPromise: "customer_promises",
    Invoice: "invoices",
    CreditMemo: "credit_memos",
    Payment: "payments",
    Refund: "refunds",
    CustomerPayment: "customer_payments",
    WriteOff: "write_offs",
    ContractCost: "costs",
    ContractCostReview: "cost_reviews",
    Assessment: "assessments",
    Exercise: "exercises",
    Lapse: "lapses",
    Pause: "pauses",
    Resumption: "resumptions",
    RepurchaseOutcome: "repurchases",
    OpeningBalance: "openings",
}


_OF_THE_ENTITY = (
    StandaloneSellingPrice,
    Product,
    EntityCurrencies,
    SecondBook,
    ExchangeRate,
    AccountMapping,
    ControlTotal,
)
"""Told of no contract, and read as lists in order of their ids."""
_SINGLE = (EntityCurrencies, SecondBook)
"""There is one of."""
_READ_ELSEWHERE = frozenset(
    {
        FiscalCalendar,
        RateCard,
        PriceAgreement,
        VariableComponent,
        ComponentOutcome,
        Misstatement,
        FinancialBenchmark,
    }
)
_OF_CREDITS = frozenset(get_args(CreditRecord))


_IN_ORDER = attrgetter("on", "id")


class Validated(NamedTuple):
    """A fact with the record it tells."""

    fact: Fact
    record: Record


def _of_the_engine(
    facts: Iterable[Fact], beside: Iterable[Validated], credits_told: CreditBook
) -> Iterator[tuple[Fact, Record]]:
    """Facts and their records but those read elsewhere: prices of usage, what is estimated.

    What is told of credits and commitments is put into their book, with the digests of its facts.
    """
    for fact, record in chain(beside, (Validated(each, of_fact(each)) for each in facts)):
        kind = type(record)
        if kind in _PLACES or kind is Contract:
            yield fact, record
        elif kind in _OF_CREDITS:
            of_credits = cast("CreditRecord", record)
            credits_told.add(of_credits)
            credits_told.digests[of_credits] = _named(fact)
        elif kind not in _READ_ELSEWHERE:
            yield fact, record


@collector_at_rest()
def book_of(
    facts: Iterable[Fact],
    *,
    policy: Policy | None = None,
    usage: Iterable[Usage] | None = None,
    differing: Collection[str] | None = None,
    beside: Iterable[Validated] = (),
) -> tuple[Book, list[Fact]]:
    """A book, and the facts left out because their contract is not known (yet).

    Facts may come in any order. A recorded policy overrides the shipped one, election by election.
    ``usage`` is use told as events, all there is; none where the ledger has it. ``differing`` are
    the differences of the second book's framework that apply: none make the first book.
    ``beside`` are more facts, validated before.
    """
    elected = policy or default_policy()
    lists: dict[type, list[Any]] = {each: [] for each in _OF_THE_ENTITY}
    histories: dict[str, ContractHistory] = {}
    digests: dict[str, list[str]] = {}
    events: list[tuple[Fact, Event]] = []
    combinations: dict[str, Combination] = {}
    credits_told = CreditBook()
    for fact, record in _of_the_engine(facts, beside, credits_told):
        kind = type(record)
        if kind in _PLACES:
            events.append((fact, cast("Event", record)))
        elif isinstance(record, Contract):
            histories[record.id] = ContractHistory(record)
        elif kind in lists:
            lists[kind].append(record)
        elif isinstance(record, Policy):
            elected = completed(record)
        elif isinstance(record, Combination):
            combinations[fact.digest] = record
        for name in _contracts(fact, record):
            digests.setdefault(name, []).append(_named(fact))
    unknown = _place(events, histories)
    second = next(iter(lists[SecondBook]), None)
    elected = policy_of(elected, second, differing) if differing and second else elected
    for listed in (lists[each] for each in _OF_THE_ENTITY if each not in _SINGLE):
        listed.sort(key=attrgetter("id"))
    _complete_all(histories, digests, credits_told, by_product(lists[Product]), elected)
    accounted = _combined(combinations, histories)
    book = Book(
        policy=elected,
        histories=accounted,
        selling_prices=lists[StandaloneSellingPrice],
        products=lists[Product],
        currencies=next(iter(lists[EntityCurrencies]), None),
        second=second,
        exchange_rates=lists[ExchangeRate],
        account_mappings=lists[AccountMapping],
        control_totals=lists[ControlTotal],
        combinations=sorted(combinations.values(), key=_IN_ORDER),
        apart=_apart(combinations.values(), histories, accounted),
        credits=credits_told,
    )
    book.usage = _usage(book, usage)
    return book, unknown


def _complete_all(
    histories: Mapping[str, ContractHistory],
    digests: Mapping[str, list[str]],
    credits_told: CreditBook,
    catalogue: Mapping[str, Sequence[Product]],
    policy: Policy,
) -> None:
    """Histories in order, read by elections and catalogue, with what is drawn for them."""
    drawn_by = credits_told.digests_by_contract()
    for name, history in histories.items():
        _complete(history, [*digests[name], *drawn_by.get(name, ())], catalogue, policy)
    _draw_for(credits_told, histories, policy)


def _draw_for(told: CreditBook, histories: Mapping[str, ContractHistory], policy: Policy) -> None:
    """Let what is told of credits know the contracts, and contracts what is drawn for them."""
    if told.holders:
        told.meters = _meters_by_product(histories)
        read_performed(histories, told, policy.value("credits_drawn"))


def _meters_by_product(
    histories: Mapping[str, ContractHistory],
) -> dict[tuple[str, str], frozenset[str]]:
    """(Contract, product) -> meters of the obligations for it, over the contract's life."""
    found: dict[tuple[str, str], set[str]] = {}
    for name, history in histories.items():
        for each in history.promised:
            found.setdefault((name, each.product), set()).update(each.counted_meters)
    return {key: frozenset(meters) for key, meters in found.items()}


def _combined(
    combinations: Mapping[str, Combination], histories: Mapping[str, ContractHistory]
) -> dict[str, ContractHistory]:
    """Histories with what was confirmed as one contract; its digest covers the decision too."""
    accounted = combine(combinations.values(), histories)
    for digest, told in combinations.items():
        history = accounted.get(told.id)
        if history is not None and history.members:
            parts = [digest, *(histories[name].digest for name in sorted(history.members))]
            history.digest = sha256("\n".join(parts).encode()).hexdigest()
    return accounted


def _apart(
    combinations: Iterable[Combination],
    histories: Mapping[str, ContractHistory],
    accounted: Mapping[str, ContractHistory],
) -> dict[str, ContractHistory]:
    """Histories by names that are not accounted for now but may have been."""
    found = {name: each for name, each in histories.items() if name not in accounted}
    for told in combinations:
        known = [histories[name] for name in told.contracts if name in histories]
        if known and told.id not in accounted:
            found[told.id] = known[0]
    return found


def _usage(book: Book, usage: Iterable[Usage] | None) -> list[Usage]:
    """Usage told as events, as it performs, under the names of the contracts accounted for."""
    if usage is None:
        return []
    places = {member: (name, prefix) for member, name, prefix in book.combined()}
    told = []
    for each in told_as_performed(usage, book.credits, book.policy.value("credits_drawn")):
        name, prefix = places.get(each.contract, (each.contract, ""))
        told.append(replace(each, contract=name, meter=prefix + each.meter))
    return told


def _complete(
    history: ContractHistory,
    digests: list[str],
    catalogue: Mapping[str, Sequence[Product]],
    policy: Policy,
) -> None:
    """Read a history by elections and the product catalogue."""
    digests.sort()
    history.digest = sha256("\n".join(digests).encode()).hexdigest()
    elected = read_elections(history, policy)
    read_promises(history, catalogue, policy)
    if elected:
        history.read_as = (*elected, *history.read_as)


def _named(fact: Fact) -> str:
    """A fact by its kind, key and digest."""
    return f"{fact.kind.value}:{fact.key}:{fact.digest}"


def _contracts(fact: Fact, record: Record) -> Sequence[str]:
    """The contracts a fact is of: one, all that share a cost, none for prices and policy."""
    if type(record) is ContractCost and record.shared:
        return sorted({record.contract, *record.shared})
    return () if fact.contract is None else (fact.contract,)


def _place(
    events: Iterable[tuple[Fact, Event]], histories: Mapping[str, ContractHistory]
) -> list[Fact]:
    """Put facts with every contract they are of, in order; those of unknown ones are given back.

    A fact of a contract that is not known is put nowhere.
    """
    unknown: list[Fact] = []
    several: dict[int, list[Any]] = {}
    for fact, record in events:
        names = _contracts(fact, record)
        known = [histories[name] for name in names if name in histories]
        if not names or len(known) < len(names):
            unknown.append(fact)
            continue
        for history in known:
            told = getattr(history, _PLACES[type(record)])
            told.append(record)
            if len(told) > 1:
                several[id(told)] = told
    for told in several.values():
        told.sort(key=_IN_ORDER)
    return unknown
