"""Facts: recorded, tried out, proposed to another person, explained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from revrec.client.calls import NDJSON, Call, Listing, Operation, Paged, ask, at, get, listed, post
from revrec.client.estimates import Proposal
from revrec.client.shapes import Amount

Record = Mapping[str, Any]
"""A record with its ``kind``; amounts are text or Decimal."""
_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRecord:
    """A record that is no fact; it stopped no other."""

    place: str
    """Which record of the request, from 1."""
    message: str
    reason: str
    """unreadable, no-record, unknown-kind, does-not-fit, out-of-range or told-since."""
    fields: list[str]
    """Paths to what does not fit."""
    record: int
    """Its number in quarantine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsRecorded:
    """What became of records."""

    new: int
    unchanged: int
    corrected: int
    refused: list[RefusedRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class RevenueChange:
    """Revenue of an obligation in an economic month that would be another."""

    customer: str
    contract: str
    obligation: str
    currency: str
    period: str
    before: Decimal
    after: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceChange:
    """A balance or sum to date of a contract at the end of a period that would be another."""

    customer: str
    contract: str
    balance: str
    currency: str
    period: str
    before: Decimal
    after: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """A posting of the period that would be another; debits are positive."""

    event: str
    account: str
    currency: str
    contract: str
    before: Decimal
    after: Decimal
    change: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What recording facts would change."""

    period: str
    until: str
    new: int
    corrected: int
    unchanged: int
    revenue: list[RevenueChange]
    balances: list[BalanceChange]
    """At the ends of the period and those after it."""
    entries: list[EntryChange]
    rated: dict[str, Decimal]
    """What counted usage would cost more or less, by currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A decision with what it rests on."""

    on: date
    step: int
    """Which of the five steps; 0 for contract costs."""
    rule: str
    paragraphs: list[str]
    outcome: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A contract on a day: facts, decisions, what was earned, balances."""

    contract: str
    day: date
    facts: list[str]
    decisions: list[Decision]
    earned: list[str]
    balances: dict[str, Amount]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLine:
    """What a component of an obligation comes to in a period, and to its end."""

    period: str
    obligation: str
    component: str
    stream: str
    """revenue, or what moves by measures of progress without being revenue."""
    amount: Amount
    to_date: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Balances and sums to date at the end of a period."""

    period: str
    balances: dict[str, Amount]


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A contract period by period."""

    contract: str
    lines: list[PlannedLine]
    standing: list[Standing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A version of a fact, with its place in the books."""

    kind: str
    key: str
    version: int
    contract: str | None
    effective_on: date
    recorded_at: datetime
    recorded_by: str
    record: dict[str, Any]
    """What was told; fields left at their default are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPage:
    """A page of facts."""

    records: list[Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactVersions:
    """A fact in all its versions, the first one first."""

    versions: list[Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer, as its contracts tell of it."""

    customer: str
    name: str
    group: str
    contracts: int
    first_inception: date
    last_inception: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPage:
    """A page of customers."""

    records: list[Customer]


def _facts(page: FactPage) -> list[Fact]:
    return page.records


def _customers(page: CustomerPage) -> list[Customer]:
    return page.records


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinationProposal:
    """Contracts that may have to be accounted for as one (606-10-25-9); a person decides."""

    customer: str
    """The customer, or the group of related parties."""
    contracts: list[str]
    inception_first: date
    inception_last: date
    indications: list[str]
    """What the facts point to."""


class FactOperations:
    """Recording facts, and what they lead to."""

    @Operation
    def record_facts(self, records: Iterable[Record]) -> Call[FactsRecorded]:
        """Record contracts, prices, invoices and events, at most 10,000 at once.

        What is no fact is refused, waits in quarantine, and stops no other.
        """
        return post(at("facts"), FactsRecorded, [dict(each) for each in records])

    @Operation
    def upload_facts(self, path: Path) -> Call[FactsRecorded]:
        """Record the lines of an NDJSON file, a record a line, at most 100,000 at once."""
        call = post(at("facts"), FactsRecorded)
        return replace(call, file=path, headers={"Content-Type": NDJSON})

    @Operation
    def simulate(
        self, records: Iterable[Record], *, period: str, until: str | None = None
    ) -> Call[Effect]:
        """What the records would do to revenue and entries; nothing is written."""
        body = [dict(each) for each in records]
        return ask(at("simulations"), Effect, body, period=period, until=until)

    @Operation
    def propose_change(
        self, records: Iterable[Record], *, period: str, note: str, until: str | None = None
    ) -> Call[Proposal]:
        """Put records to another person; they count once they are approved."""
        body = [dict(each) for each in records]
        return post(at("changes"), Proposal, body, period=period, note=note, until=until)

    @Operation
    def explain_contract(
        self,
        contract: str,
        *,
        as_of: date,
        book: str | None = None,
        known_at: datetime | None = None,
    ) -> Call[Explanation]:
        """How a contract is accounted for on a day, down to facts and paragraphs."""
        path = at("contracts", contract, "explanation")
        return get(path, Explanation, as_of=as_of, book=book, known_at=known_at)

    @Operation
    def get_contract_schedule(
        self,
        contract: str,
        *,
        until: str | None = None,
        book: str | None = None,
        known_at: datetime | None = None,
    ) -> Call[Schedule]:
        """What each obligation comes to in each period, past and to come."""
        path = at("contracts", contract, "schedule")
        return get(path, Schedule, until=until, book=book, known_at=known_at)

    @Paged
    def list_facts(
        self,
        kind: str,
        *,
        contract: str | None = None,
        first: date | None = None,
        last: date | None = None,
        known_at: datetime | None = None,
    ) -> Listing[Fact]:
        """The latest versions of a kind's facts, by key; effective from ``first`` to ``last``."""
        call = get(
            at("facts", kind),
            FactPage,
            contract=contract,
            from_=first,
            to=last,
            known_at=known_at,
            limit=_PAGE,
        )
        return Listing(first=call, items=_facts)

    @Operation
    def get_fact(
        self, kind: str, key: str, *, known_at: datetime | None = None
    ) -> Call[FactVersions]:
        """A fact in every version that was told."""
        return get(at("facts", kind, key), FactVersions, known_at=known_at)

    @Paged
    def list_contracts(
        self,
        *,
        customer: str | None = None,
        first: date | None = None,
        last: date | None = None,
        known_at: datetime | None = None,
    ) -> Listing[Fact]:
        """Contracts as they were told, by id; with an inception from ``first`` to ``last``."""
        call = get(
            at("contracts"),
            FactPage,
            customer=customer,
            from_=first,
            to=last,
            known_at=known_at,
            limit=_PAGE,
        )
        return Listing(first=call, items=_facts)

    @Operation
    def get_contract(self, contract: str, *, known_at: datetime | None = None) -> Call[Fact]:
        """A contract as it was told last."""
        return get(at("contracts", contract), Fact, known_at=known_at)

    @Operation
    def get_customer(self, customer: str, *, known_at: datetime | None = None) -> Call[Customer]:
        """A customer, as its contracts tell of it."""
        return get(at("customers", customer), Customer, known_at=known_at)

    @Paged
    def list_combination_proposals(
        self, *, contract: str | None = None, known_at: datetime | None = None
    ) -> Listing[CombinationProposal]:
        """Contracts that may have to be accounted for as one, about which nobody decided."""
        path = at("combinations", "proposals")
        return listed(path, CombinationProposal, contract=contract, known_at=known_at)

    @Paged
    def list_customers(self, *, known_at: datetime | None = None) -> Listing[Customer]:
        """Customers, as their contracts tell of them."""
        call = get(at("customers"), CustomerPage, known_at=known_at, limit=_PAGE)
        return Listing(first=call, items=_customers)
