"""A second, independent engine: naive, in exact fractions, straight from the written semantics.

It shares no code with revrec and knows none of its types. A scenario goes in as the plain
dictionaries of the public format (decimals as text, days as dates or ISO text); positions and
postings come out in integer minor units. Every answer is worked out anew from the facts known on
the day asked about: there are no segments, no running state, nothing to keep consistent.

A contract on a day is rebuilt from its inception: the price as estimated on that day is
allocated over the promises of inception, then each modification in force on the day is applied
in turn. An amount re-estimated later therefore lands where it was promised (606-10-32-45).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from tests.oracle.modifications import State, apply, inception, lapse_of_rights, takes_effect
from tests.oracle.pauses import stand_still
from tests.oracle.promises import (
    Facts,
    as_day,
    breakage,
    minor,
    progress,
    rounded,
    used_to_date,
)
from tests.oracle.service_time import ONE_DAY, NotStated
from tests.oracle.units import earned_by_units

Key = tuple[str, str]
"""Obligation and component."""


@dataclass
class Position:
    """Where a contract stands at the end of a day; amounts in minor units, to date."""

    revenue: dict[Key, int] = field(default_factory=dict)
    breakage: dict[Key, int] = field(default_factory=dict)
    allocated: dict[Key, int] = field(default_factory=dict)
    """Fixed and estimated price only: usage enters the price as it occurs."""
    transaction_price: int = 0
    billed: int = 0
    tax: int = 0
    paid: int = 0
    credited: dict[str, int] = field(default_factory=dict)
    """Credit memos, by the consideration they name."""
    reduced: int = 0
    """By how much modifications in force reduced the price."""

    @property
    def recognised(self) -> int:
        return sum(self.revenue.values())

    @property
    def cash_in_advance(self) -> int:
        """Cash beyond the bills is not a negative receivable (606-10-45-2)."""
        return max(self.paid - self.billed - self.tax, 0)

    @property
    def receivable(self) -> int:
        return self.billed + self.tax - self.paid + self.cash_in_advance

    @property
    def refund_liability(self) -> int:
        """What was billed or received and will be given back (606-10-32-10).

        Rebates earned and not yet credited; or what is beyond the price, as far as the price was
        reduced or credited. Never more than what is not earned.
        """
        rebates = sum(
            max(-amount - self.credited.get(component, 0), 0)
            for component, amount in _by_component(self.revenue).items()
            if component != "fixed"
        )
        as_used = sum(amount for key, amount in self.revenue.items() if key not in self.allocated)
        beyond = max(self.billed, self.paid - self.tax) - self.transaction_price - as_used
        reductions = self.reduced + sum(self.credited.values())
        reductions += sum(
            max(-amount, 0)
            for component, amount in _by_component(self.allocated).items()
            if component != "fixed"
        )
        unearned = self.billed + self.cash_in_advance - self.recognised
        return max(min(unearned, max(rebates, min(beyond, reductions))), 0)

    @property
    def net(self) -> int:
        return self.billed + self.cash_in_advance - self.recognised - self.refund_liability

    @property
    def contract_liability(self) -> int:
        return max(self.net, 0)

    @property
    def contract_asset(self) -> int:
        return max(-self.net, 0)

    @property
    def rpo(self) -> int:
        """Price not yet recognised, leaving out usage priced for its day (606-10-50-13)."""
        return sum(amount - self.revenue[key] for key, amount in self.allocated.items())


class Oracle:
    """Answers about every contract of a scenario."""

    def __init__(self, scenario: Mapping[str, Any]) -> None:
        book = scenario.get("standalone_selling_prices") or []
        policy = scenario.get("policy") or {}
        events = scenario.get("events") or []
        self.contracts = {
            contract["id"]: _Contract(
                Facts.of(
                    contract, [e for e in events if e["contract"] == contract["id"]], book, policy
                )
            )
            for contract in scenario["contracts"]
        }

    def position(self, contract: str, day: date) -> Position:
        """The contract at the end of the day, from the facts known then."""
        return self.contracts[contract].position(day)

    def revenue_of(self, contract: str, first: date, last: date) -> dict[Key, int]:
        """Revenue of the days from first to last, by obligation and component."""
        before, after = (
            self.position(contract, first - ONE_DAY).revenue,
            self.position(contract, last).revenue,
        )
        return {key: after.get(key, 0) - before.get(key, 0) for key in sorted({*before, *after})}

    def postings_of(self, contract: str, first: date, last: date) -> dict[str, int]:
        """Net movement of every account over the days, debits positive."""
        before = self.position(contract, first - ONE_DAY)
        after = self.position(contract, last)
        return {
            account: amount - balances(before)[account]
            for account, amount in balances(after).items()
        }


def balances(position: Position) -> dict[str, int]:
    """The contract's balance on every account, debits positive."""
    return {
        "cash": position.paid,
        "receivable": position.receivable,
        "contract_asset": position.contract_asset,
        "contract_liability": -position.contract_liability,
        "refund_liability": -position.refund_liability,
        "tax_payable": -position.tax,
        "revenue": -position.recognised,
    }


class _Contract:
    """One contract with its facts; states are kept by what they depend on."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.states: dict[object, State] = {}
        self.modifications = sorted(
            facts.of_kind("modification"),
            key=lambda each: (takes_effect(each), as_day(each["on"]), each["id"]),
        )

    def position(self, day: date) -> Position:
        position = Position()
        self._bill(position, day)
        if day < as_day(self.facts.contract["inception"]):
            return position
        state, after = self._state(day), day + ONE_DAY
        for key, amount in state.earned.items():
            _add(position.revenue, key, amount)
            _add(position.allocated, key, amount)
            _add(position.breakage, key, state.earned_by_breakage.get(key, 0))
        for key, price in state.shares.items():
            promise = state.promises[key[0]]
            _add(position.allocated, key, price)
            _add(position.revenue, key, rounded(price * progress(self.facts, promise, day, after)))
            _add(position.breakage, key, breakage(self.facts, promise, price, day, after))
        for used in state.as_used:
            if used.by_unit is not None:
                revenue, promised = earned_by_units(self.facts, used, day)
                for component, amount in revenue.items():
                    _add(position.revenue, (used.obligation, component), amount)
                for component, amount in promised.items():
                    _add(position.allocated, (used.obligation, component), amount)
                continue
            amount = used.earned
            if used.live:
                lapses = lapse_of_rights(self.facts, state, used)
                amount += rounded(used_to_date(self.facts, used, day, lapses) * self.facts.unit)
            _add(position.revenue, (used.obligation, used.id), amount)
        position.transaction_price = sum(position.allocated.values())
        return position

    def _bill(self, position: Position, day: date) -> None:
        for sign, kind in ((1, "invoice"), (-1, "credit_memo")):
            for bill in self.facts.of_kind(kind, day):
                for line in bill["lines"]:
                    position.billed += sign * minor(line["amount"], self.facts.unit)
                    position.tax += sign * minor(line.get("tax", "0"), self.facts.unit)
                    if kind == "credit_memo":
                        named = line.get("consideration") or ""
                        amount = minor(line["amount"], self.facts.unit)
                        position.credited[named] = position.credited.get(named, 0) + amount
        for payment in self.facts.of_kind("payment", day):
            position.paid += minor(payment["amount"], self.facts.unit)
        for refund in self.facts.of_kind("refund", day):
            position.paid -= minor(refund["amount"], self.facts.unit)
        for modification in self.modifications:
            if takes_effect(modification) <= day:
                change = minor(modification.get("price_change", "0"), self.facts.unit)
                position.reduced += max(-change, 0)

    def _state(self, day: date) -> State:
        in_force = [each for each in self.modifications if takes_effect(each) <= day]
        pauses = self.facts.of_kind("pause", day)
        told = [*self.facts.of_kind("estimate", day), *self.facts.of_kind("resumption", day)]
        key = (len(in_force), len(pauses), tuple(each["id"] for each in told))
        if key not in self.states:
            state = inception(self.facts, day)
            dated = [(takes_effect(each), each) for each in in_force]
            dated += [(as_day(each["on"]), each) for each in pauses]
            # On one day new terms come first; what is left of them may stand still.
            for _, each in sorted(dated, key=lambda of: (of[0], of[1]["kind"] == "pause")):
                if each["kind"] == "pause":
                    stand_still(self.facts, state.promises.values(), each, day)
                else:
                    apply(self.facts, state, each, day)
            self.states[key] = state
            self._check_estimates(day)
        return self.states[key]

    def _check_estimates(self, day: date) -> None:
        """An estimate can be only of what is promised on its day."""
        for each in self.facts.of_kind("estimate", day):
            then = self._state(as_day(each["on"]))
            by_unit = {used.id for used in then.as_used if used.by_unit is not None}
            if each.get("consideration") in by_unit:
                continue
            if "expected" in each and each.get("obligation") not in then.promises:
                raise NotStated(
                    f"{each['id']} estimates {each.get('obligation')}, not promised then"
                )
            if "amount" in each and each["consideration"] not in then.group_of:
                raise NotStated(f"{each['id']} estimates {each['consideration']}, not agreed then")


def _by_component(amounts: Mapping[Key, int]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for (_, component), amount in amounts.items():
        sums[component] = sums.get(component, 0) + amount
    return sums


def _add(amounts: dict[Key, int], key: Key, amount: int) -> None:
    amounts[key] = amounts.get(key, 0) + amount
