"""Runs a scenario through the engine and compares every expected amount."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec import engine
from revrec.errors import FeedError
from revrec.feeds.scenario import Expectation, Scenario
from revrec.ledger.subledger import Subledger
from revrec.model.history import Book
from revrec.money import from_minor
from revrec.periods import day_before

_OF_SEGMENTS = {
    "revenue": "revenue",
    "cumulative_revenue": "revenue",
    "breakage_revenue": "breakage",
    "allocated_price": "price",
    "transaction_price": "price",
    "rpo": "unrecognised",
}
_OF_CONTRACTS = {
    "contract_liability": "contract_liability",
    "contract_asset": "contract_asset",
    "receivable": "receivable",
    "tax_liability": "taxed",
    "cash_movement": "paid",
    "billed": "billed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """An expectation with what came out."""

    expectation: Expectation
    actual: Decimal

    @property
    def holds(self) -> bool:
        """Whether the amounts agree within the tolerance."""
        return abs(self.actual - self.expectation.amount) <= self.expectation.tolerance


@dataclass(frozen=True, slots=True)
class _Row:
    contract: str
    obligation: str
    component: str
    day: date
    values: dict[str, int]


def check(scenario: Scenario) -> list[Outcome]:
    """Every expectation with its outcome; raises ContractError if a contract is refused."""
    book = scenario.book()
    days = sorted({day for each in scenario.expected for day in _days(each)})
    accounting = engine.account(book, days)
    for error in accounting.refused.values():
        raise error
    with Subledger(book, accounting) as subledger:
        rows = [*_segments(subledger), *_contracts(subledger, days)]
    return [
        Outcome(expectation=each, actual=_measure(each, rows, _currency(book, each)))
        for each in scenario.expected
    ]


def _days(expectation: Expectation) -> Iterable[date]:
    first, last = expectation.days
    return [last] if first is None else [day_before(first), last]


def _segments(subledger: Subledger) -> list[_Row]:
    table = subledger.query(
        """
        select s.contract, s.obligation, s.component, r.day,
               sum(r.revenue)::bigint as revenue, sum(r.breakage)::bigint as breakage,
               sum(case when s.as_used then 0 else s.price end)::bigint as price,
               sum(case when s.as_used then 0 else s.price - r.revenue end)::bigint as unrecognised
        from recognised r join segments s using (segment) group by all
        """
    )
    return [
        _Row(row.pop("contract"), row.pop("obligation"), row.pop("component"), row.pop("day"), row)
        for row in table.to_pylist()
    ]


def _contracts(subledger: Subledger, days: Sequence[date]) -> list[_Row]:
    return [
        _Row(
            row["contract"],
            "",
            "",
            row["day"],
            {name: row[name] for name in _OF_CONTRACTS.values()},
        )
        for row in subledger.positions(days).to_pylist()
    ]


def _measure(expectation: Expectation, rows: Sequence[_Row], currency: str) -> Decimal:
    name = _OF_SEGMENTS.get(expectation.measure) or _OF_CONTRACTS[expectation.measure]
    first, last = expectation.days
    wanted = [
        row
        for row in rows
        if name in row.values
        and expectation.contract in (None, row.contract)
        and expectation.obligation in (None, row.obligation)
        and expectation.component in (None, row.component)
    ]
    total = sum(row.values[name] for row in wanted if row.day == last)
    if first is not None:
        before = day_before(first)
        total -= sum(row.values[name] for row in wanted if row.day == before)
    return from_minor(total, currency)


def _currency(book: Book, expectation: Expectation) -> str:
    currencies = {
        history.contract.currency
        for name, history in book.histories.items()
        if expectation.contract in (None, name)
    }
    if len(currencies) != 1:
        raise FeedError(
            f"The expectation of {expectation.measure} covers contracts in "
            f"{', '.join(sorted(currencies)) or 'no currency'}.",
            remedy="Name one contract of the scenario.",
            field="expected.contract",
        )
    return currencies.pop()
