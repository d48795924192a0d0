"""Runs of the engine over a scenario, as plain numbers by contract, obligation and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from revrec.engine import Accounting, account
from revrec.model.history import Book
from tests.properties.books import to_book
from tests.strategies import add_months

DAY = timedelta(days=1)
FAR = date(2045, 12, 31)
"""After the end of everything that is drawn."""

Place = tuple[str, str, str]
"""Contract, obligation, component."""


@dataclass(frozen=True)
class Run:
    """What the engine made of a scenario; amounts in minor units, to date."""

    book: Book
    dates: Sequence[date]
    accounting: Accounting
    revenue: Mapping[tuple[Place, date], int]
    breakage: Mapping[tuple[Place, date], int]
    price: Mapping[tuple[Place, date], int]
    """Allocated price in force, without usage priced for its day."""

    @property
    def refused(self) -> set[str]:
        return set(self.accounting.refused)

    @cached_property
    def _by_contract(self) -> Mapping[tuple[str, date], int]:
        sums: defaultdict[tuple[str, date], int] = defaultdict(int)
        for (place, day), amount in self.revenue.items():
            sums[place[0], day] += amount
        return sums

    def revenue_of(self, contract: str, day: date) -> int:
        """Revenue to date of a contract."""
        return self._by_contract.get((contract, day), 0)


def run(scenario: Mapping[str, Any], dates: Iterable[date] | None = None) -> Run:
    """Account for every contract of the scenario, at the ends of its months unless told."""
    return run_book(to_book(scenario), month_ends(scenario) if dates is None else sorted(dates))


def run_book(book: Book, dates: Sequence[date]) -> Run:
    """Account for every contract of a book."""
    accounting = account(book, dates)
    revenue: dict[tuple[Place, date], int] = defaultdict(int)
    breakage: dict[tuple[Place, date], int] = defaultdict(int)
    price: dict[tuple[Place, date], int] = defaultdict(int)
    for row in accounting.recognised.table.to_pylist():
        segment = accounting.recognised.segments[row["segment"]]
        key = (segment.contract, segment.obligation, segment.component), row["day"]
        revenue[key] += row["revenue"]
        breakage[key] += row["breakage"]
        if not segment.as_used:
            price[key] += segment.price
    return Run(book, dates, accounting, _told(revenue), _told(breakage), dict(price))


def _told(amounts: Mapping[tuple[Place, date], int]) -> dict[tuple[Place, date], int]:
    """Without zeros, so that two runs compare alike however they say nothing."""
    return {key: amount for key, amount in amounts.items() if amount}


def month_ends(scenario: Mapping[str, Any]) -> list[date]:
    """The ends of all months in which something happens, ten years at most, and a far day."""
    days = [contract["inception"] for contract in scenario["contracts"]]
    for told in (*scenario["contracts"], *scenario["events"]):
        days += _days_in(told)
    day, last = min(days).replace(day=1), min(max(days), add_months(min(days), 120))
    ends = []
    while day <= last:
        day = add_months(day, 1)
        ends.append(day - DAY)
    return [*ends, FAR]


def _days_in(told: object) -> list[date]:
    if isinstance(told, datetime):
        return [told.date()]
    if isinstance(told, date):
        return [told]
    if isinstance(told, Mapping):
        return [day for value in told.values() for day in _days_in(value)]
    if isinstance(told, list):
        return [day for value in told for day in _days_in(value)]
    return []
