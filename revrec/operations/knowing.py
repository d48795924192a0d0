"""What the books knew of a contract at a close or at a moment, with whoever stands behind it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from revrec.audit.explanation import Approval, Evidence, Known
from revrec.engine import ENGINE_VERSION
from revrec.feeds.frameworks import frameworks
from revrec.model.books import Framework
from revrec.model.fact import Fact, FactKind, RecordedFact, digest_of
from revrec.model.history import Book
from revrec.operations import books
from revrec.operations.changed import sharing_with
from revrec.operations.computing import Inputs, accounted_here, inputs_of_facts
from revrec.periods import Period
from revrec.store import controls, facts, periods, proposals
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose, Pins
from revrec.store.transaction import Transaction

_OF_PRODUCTS = frozenset({FactKind.PRODUCT, FactKind.STANDALONE_SELLING_PRICE})
_OF_ALL = frozenset(
    {
        FactKind.POLICY,
        FactKind.SECOND_BOOK,
        FactKind.FISCAL_CALENDAR,
        FactKind.ENTITY_CURRENCIES,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A contract with all that share anything with it, as known at the pins."""

    pins: Pins
    known: Known
    period: Period
    framework: Framework | None
    """Of the book, as it was asked for; none for the first."""
    among: frozenset[str]
    book: Book
    inputs: Inputs
    recorded: Sequence[RecordedFact]
    """Of these contracts, and of no contract."""
    closes: Sequence[PeriodClose]
    """Made by then, in their order."""

    @property
    def close_before(self) -> PeriodClose | None:
        """The last close before the period's."""
        found = [each for each in self.closes if each.period < self.period]
        return found[-1] if found else None


def state_of(
    tx: Transaction,
    lake: Lake,
    contracts: Collection[str],
    pins: Pins,
    *,
    period: Period,
    framework: Framework | None = None,
) -> State:
    """What was known of contracts at the pins. Raises NotFound without a book of the framework."""
    name = books.chosen(tx, period, pins, framework)
    among = sharing_with(tx, contracts, pins)
    recorded = facts.read(tx, through_seq=pins.fact_seq, among=among)
    differing = frameworks().differences if name else ()
    inputs = inputs_of_facts(tx, lake, pins, recorded, among=among, differing=differing)
    return State(
        pins=pins,
        known=known_of(tx, pins, name, period),
        period=period,
        framework=framework,
        among=among,
        book=accounted_here(inputs.book, period),
        inputs=inputs,
        recorded=recorded,
        closes=[each for each in in_order(periods.closes(tx)) if each.closed_at <= pins.known_at],
    )


def known_of(tx: Transaction, pins: Pins, name: str, period: Period) -> Known:
    """The pins, with what the book is kept under."""
    second = books.kept_beside(tx, period, pins)
    first = books.framework_of_first(second)
    return Known(
        known_at=pins.known_at,
        fact_seq=pins.fact_seq,
        usage_version=pins.usage_version,
        engine_version=ENGINE_VERSION,
        book=(Framework(name) if name else first).label,
    )


def in_order(closes: Sequence[PeriodClose]) -> list[PeriodClose]:
    """Closes as they were made."""
    return sorted(closes, key=lambda each: (each.closed_at, each.period, each.ordinal))


def evidence_of(state: State, since: PeriodClose | None) -> list[Evidence]:
    """Facts of the contracts, and those of none that concern them, in the order they arrived."""
    concerned = list(_concerned(state))
    return [fact_evidence(each, since) for each in sorted(concerned, key=attrgetter("seq"))]


def fact_evidence(each: RecordedFact, since: PeriodClose | None = None) -> Evidence:
    """A fact with where it stands in the books."""
    return Evidence(
        name=f"{each.fact.kind} {each.fact.key}",
        digest=each.fact.digest,
        effective_on=each.fact.effective_on,
        recorded_at=each.recorded_at,
        recorded_by=each.recorded_by,
        seq=each.seq,
        version=each.version,
        since_last_close=since is not None and each.seq > since.fact_seq,
        tells=_tells(each.fact),
    )


def usage_of(
    state: State, contract: str, since: PeriodClose | None, days: tuple[Any, Any]
) -> list[Evidence]:
    """Days of use of a contract after the first day up to the last."""
    rows = state.inputs.daily.to_pylist()
    return [
        usage_evidence(row, since)
        for row in rows
        if days[0] < row["usage_date"] <= days[1]
        and (row["contract"] == contract or row["contract"] in state.among)
    ]


def usage_evidence(row: Mapping[str, Any], since: PeriodClose | None) -> Evidence:
    """A day of use: the sums of its rows."""
    name = usage_name(row)
    tells = f"{row['quantity'].normalize():f} for {row['amount'].normalize():f}"
    return Evidence(
        name=name,
        digest=digest_of([name, str(row["quantity"]), str(row["amount"]), row["rows"]]),
        effective_on=row["usage_date"],
        recorded_at=row["last_recorded_at"],
        recorded_by="usage ledger",
        since_last_close=since is not None and row["last_recorded_at"] > since.closed_at,
        tells=f"{tells}, {row['rows'] or 1} rows",
    )


def usage_name(row: Mapping[str, Any]) -> str:
    """How a day of use is named: ``usage CONTRACT/METER/DAY``."""
    return f"usage {row['contract']}/{row['meter']}/{row['usage_date']}"


def approvals_of(
    tx: Transaction, close: PeriodClose | None, contracts: Collection[str], told: Sequence[Evidence]
) -> list[Approval]:
    """Who prepared and approved the close, waived gates, reopened; who let facts in."""
    found = [] if close is None else list(_of_close(tx, close))
    for proposal, decision in proposals.approved_for(tx, contracts, [each.name for each in told]):
        found.append(
            Approval(
                what=f"{proposal.kind} {proposal.subject}",
                prepared_by=proposal.prepared_by,
                approved_by=decision.approved_by,
                at=decision.decided_at,
                why=decision.note or proposal.reason,
            )
        )
    return found


def _of_close(tx: Transaction, close: PeriodClose) -> Iterator[Approval]:
    yield Approval(
        what=f"close {close.ordinal} of {close.period}, {close.stage}",
        prepared_by=close.prepared_by,
        approved_by=close.approved_by,
        at=close.closed_at,
        why=f"chain head {close.chain_head}",
    )
    for waiver in controls.waivers(tx, close.period).values():
        yield Approval(
            what=f"gate {waiver.gate} waived for {waiver.period}",
            prepared_by=waiver.requested_by,
            approved_by=waiver.approved_by,
            at=waiver.waived_at,
            why=waiver.reason,
        )
    for reopening in periods.reopenings(tx):
        if reopening.period == close.period:
            yield Approval(
                what=f"close {reopening.ordinal} of {reopening.period} reopened",
                prepared_by=reopening.requested_by,
                approved_by=reopening.approved_by,
                at=reopening.reopened_at,
                why=reopening.reason,
            )


def _concerned(state: State) -> Iterator[RecordedFact]:
    products, currencies = set(), set()
    for name in state.among & state.book.histories.keys():
        history = state.book.histories[name]
        products |= {each.product for each in history.promised}
        currencies.add(history.contract.currency)
    for each in state.recorded:
        fact = each.fact
        if fact.contract is not None or fact.kind in _OF_ALL:
            yield each
        elif fact.kind in _OF_PRODUCTS:
            if {fact.key, fact.body.get("product")} & products:
                yield each
        elif fact.kind is FactKind.EXCHANGE_RATE:
            if fact.body["currency"] in currencies:
                yield each
        elif _names(fact) & state.among:
            yield each


def _names(fact: Fact) -> set[str]:
    """Contracts that a fact of no single contract names."""
    return {fact.key, *fact.body.get("contracts", ())}


def _tells(fact: Fact) -> str:
    body = fact.body
    if "lines" in body:
        return ", ".join(str(line["amount"]) for line in body["lines"])
    return str(body.get("amount") or body.get("price") or "")
