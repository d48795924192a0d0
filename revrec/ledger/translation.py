"""Functional amounts in the currency of reports, and what makes up for it (ASC 830-30).

Assets and liabilities are translated at the rate of the balance sheet's day, income at the average
rate of the period it was posted in. Both sides then differ by the translation adjustment, which is
equity and no income. The books themselves stay in the functional currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple, Protocol

from revrec.citations import cites
from revrec.model.policy import BALANCES
from revrec.money import round_ratio
from revrec.periods import Period


class Held(NamedTuple):
    """An account of the ledger on an account of the chart."""

    account: str
    gl_code: str
    gl_name: str

    @property
    def stands(self) -> bool:
        """Whether it is an asset or a liability."""
        return self.account in BALANCES


Flows = Mapping[Held, Mapping[Period, int]]
"""What was posted in each period, debit positive, in minor units of the functional currency."""


class RatesOf(Protocol):
    """Rates of one currency into another, in minor units for one."""

    def closing(self, period: Period) -> Fraction:
        """At the end of the period's last day."""

    def average(self, period: Period) -> Fraction:
        """Of what arises over the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An account before the first period and at the end of the last, debit positive."""

    held: Held
    opening: int
    """In minor units of the functional currency."""
    closing: int
    opening_translated: int
    """In minor units of the reporting currency."""
    closing_translated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """The translation adjustment over a period; gains positive, minor units of reports."""

    period: Period
    opening: int
    net_assets: int
    """What stood before the period, in minor units of the functional currency."""
    income: int
    """Income of the period, in the same."""
    rate_before: Fraction | None
    """None where nothing stood before."""
    rate_average: Fraction | None
    """None where there was no income."""
    rate_closing: Fraction
    on_net_assets: int
    """Opening net assets by the change of the rate."""
    on_income: int
    """Income by what the closing rate is above the average."""
    rounding: int
    """What rounding each account to minor units leaves."""
    closing: int
    roundings: int
    """How many amounts were rounded, of which each leaves half a minor unit at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """A ledger in the currency of reports."""

    lines: Sequence[Line]
    adjustments: Sequence[Adjustment]
    """Of each period from the first to the last."""


@cites("830-30-45-3", "830-30-45-12", "830-30-45-20")
def translate(flows: Flows, rates: RatesOf, first: Period, period: Period) -> Translation:
    """The ledger of the periods ``first`` to ``period`` with its translation adjustment.

    ``flows`` balance and hold everything posted; income accounts are cumulative, so that they
    stand for retained earnings too. Raises MissingExchangeRate.
    """
    walk = _Walk(flows, rates)
    begins = min((each for amounts in flows.values() for each in amounts), default=first)
    before = min(begins, first).previous
    adjustments: list[Adjustment] = []
    opening: Mapping[Held, tuple[int, int]] = {}
    balance = 0
    for each in before.next.through(period):
        made = walk.advance(each, balance)
        if each < first:
            opening = walk.standing()
        else:
            adjustments.append(made)
        balance = made.closing
    closing = walk.standing()
    lines = [
        Line(
            held=held,
            opening=opening.get(held, (0, 0))[0],
            opening_translated=opening.get(held, (0, 0))[1],
            closing=closing[held][0],
            closing_translated=closing[held][1],
        )
        for held in sorted(closing)
    ]
    return Translation(lines=lines, adjustments=adjustments)


class _Walk:
    """A ledger carried from period to period in both currencies."""

    def __init__(self, flows: Flows, rates: RatesOf) -> None:
        self.flows, self.rates = flows, rates
        self.held: defaultdict[Held, int] = defaultdict(int)
        self.translated: dict[Held, int] = {}
        self.rate: Fraction | None = None

    def standing(self) -> Mapping[Held, tuple[int, int]]:
        """Every account in both currencies."""
        return {held: (self.held[held], amount) for held, amount in self.translated.items()}

    def advance(self, period: Period, opening: int) -> Adjustment:
        """Post a period and translate what stands at its end."""
        net_assets = sum(amount for held, amount in self.held.items() if held.stands)
        before, roundings = self.rate, sum(held.stands for held in self.translated)
        earned = {
            held: amounts[period]
            for held, amounts in self.flows.items()
            if amounts.get(period) and not held.stands
        }
        average = self.rates.average(period) if earned else None
        for held, amounts in self.flows.items():
            self.held[held] += amounts.get(period, 0)
        for held, amount in earned.items():
            assert average is not None
            self.translated[held] = self.translated.get(held, 0) + _worth(amount, average)
        closing = self.rates.closing(period)
        standing = {held: amount for held, amount in self.held.items() if held.stands}
        self.translated |= {held: _worth(amount, closing) for held, amount in standing.items()}
        self.rate = closing
        balance = sum(self.translated.values())
        income = -sum(earned.values())
        on_net_assets = _worth(net_assets, closing - before) if before is not None else 0
        on_income = _worth(income, closing - average) if average is not None else 0
        return Adjustment(
            period=period,
            opening=opening,
            net_assets=net_assets,
            income=income,
            rate_before=before if net_assets else None,
            rate_average=average,
            rate_closing=closing,
            on_net_assets=on_net_assets,
            on_income=on_income,
            rounding=balance - opening - on_net_assets - on_income,
            closing=balance,
            roundings=roundings + len(standing) + len(earned) + 2,
        )


def _worth(amount: int, rate: Fraction) -> int:
    return round_ratio(amount * rate.numerator, rate.denominator)
