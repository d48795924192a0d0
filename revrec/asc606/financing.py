"""Step 3: a significant financing component (606-10-32-15 to 32-20).

The price is what would be paid in cash on transfer: payments and transfers, brought to one day at
the rate of inception, are worth the same. What is owed one way or the other bears interest.

Interest is added to the balance at the end of each compounding period and runs evenly inside it,
first on the day after a payment or transfer. What falls on the last day of a compounding period
counts at its end. Services over time count at the end of each month of the financing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import accumulate, pairwise

from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract
from revrec.model.financing import Compounding, Financing
from revrec.model.policy import Policy
from revrec.money import round_ratio
from revrec.periods import day_before, next_day, plus_months

RATE_DIGITS = 12
"""Decimals to which an implicit rate is derived; it is recorded and used as derived."""
_DAILY_DIGITS = 24
_RATE_MAX = 10
"""Highest annual rate looked for: one thousand percent."""
_PERIODS = {Compounding.ANNUAL: 1, Compounding.MONTHLY: 12, Compounding.DAILY: 365}
Flows = Mapping[date, Fraction]
"""Day -> amount: minor units paid, or the part of everything promised that is transferred."""


@dataclass(frozen=True, slots=True)
class Accrual:
    """Interest that runs evenly from ``first`` to ``last``, in minor units."""

    first: date
    last: date
    amount: Fraction
    """Positive: expense on what was received in advance. Negative: income on what is due."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """A price if paid on transfer, in minor units, and the interest from it to what is paid."""

    price: Fraction
    accruals: tuple[Accrual, ...]


@dataclass(frozen=True, slots=True)
class _Piece:
    """Days in which nothing is paid, transferred or added to the balance."""

    first: date
    past: date
    days_of_period: int
    adds: bool
    """Whether interest is added to the balance at the end."""


class Terms:
    """Payments and transfers on one calendar, for any rate."""

    def __init__(self, payments: Flows, transfers: Flows, compounding: Compounding) -> None:
        anchor = min((*payments, *transfers))
        last = next_day(max((*payments, *transfers)))
        monthly = compounding is not Compounding.ANNUAL
        bounds = [anchor]
        while bounds[-1] < last:
            bounds.append(plus_months(anchor, len(bounds) * (1 if monthly else 12)))
        self._daily = compounding is Compounding.DAILY
        self._periods = _PERIODS[compounding]
        self._days = {*payments, *transfers}
        self.payments = _placed(payments, () if self._daily else bounds)
        self.transfers = _placed(transfers, () if self._daily else bounds)
        self._pieces = _pieces({*self.payments, *self.transfers}, bounds)

    @property
    def nominal(self) -> Fraction:
        """What is paid, without regard to when."""
        return sum(self.payments.values(), Fraction(0))

    def interest(self, flows: Flows, rate: Fraction) -> tuple[list[Fraction], Fraction]:
        """Interest on the flows by piece, and what they have grown to at the end."""
        balance, accrued = flows.get(self._start, Fraction(0)), Fraction(0)
        per_period = Fraction(rate, self._periods)
        pieces = []
        for each in self._pieces:
            days = (each.past - each.first).days
            if self._daily:
                grown = _kept(balance * ((1 + per_period) ** days - 1))
            else:
                grown = balance * per_period * Fraction(days, each.days_of_period)
            pieces.append(grown)
            accrued += grown
            if self._daily or each.adds:
                balance, accrued = balance + accrued, Fraction(0)
            balance += flows.get(each.past, Fraction(0))
        return pieces, balance + accrued

    def price(self, rate: Fraction) -> Fraction:
        """The price at which nothing is left between the parties at the end."""
        _, paid = self.interest(self.payments, rate)
        _, transferred = self.interest(self.transfers, rate)
        return Fraction(paid, transferred)

    def accruals(self, rate: Fraction, price: Fraction) -> Iterator[Accrual]:
        """Interest on payments less transfers at the price, by piece."""
        paid, _ = self.interest(self.payments, rate)
        transferred, _ = self.interest(self.transfers, rate)
        for each, one, other in zip(self._pieces, paid, transferred, strict=True):
            if amount := one - price * other:
                last = day_before(each.past)
                begins = next_day(each.first) if each.first in self._days else each.first
                yield Accrual(min(begins, last), last, amount)

    @property
    def _start(self) -> date:
        return min((*self.payments, *self.transfers))


@cites("606-10-32-15", "606-10-32-19", "606-10-32-20")
def schedule(terms: Terms, rate: Fraction) -> Schedule:
    """The price that payments and transfers give at a rate, and the interest between them."""
    price = terms.price(rate)
    return Schedule(price, tuple(terms.accruals(rate, price)))


@cites("606-10-32-16", "606-10-32-19")
def implicit_rate(terms: Terms, price: Fraction) -> Fraction | None:
    """The annual rate at which the payments are worth the price on transfer, if there is one.

    Derived to ``RATE_DIGITS`` decimals by halving; none where no rate up to 1,000% gives it.
    """
    scale = 10**RATE_DIGITS
    if terms.nominal == price:
        return Fraction(0)
    rises = price > terms.nominal

    def reached(steps: int) -> bool:
        found = terms.price(Fraction(steps, scale))
        return found >= price if rises else found <= price

    low, high = 0, _RATE_MAX * scale
    if not reached(high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if reached(middle) else (middle, high)
    return Fraction(high, scale)


@cites("606-10-32-18")
def within_a_year(payments: Flows, transfers: Flows, policy: Policy) -> bool:
    """Whether the expedient is elected and every transfer is paid within a year of it.

    Payments are for transfers in the order of both.
    """
    election = policy.elections.get("financing_within_a_year")
    if election is None or election.value != "not_adjusted":
        return False
    total = sum(payments.values(), Fraction(0))
    paid = _cumulative({day: Fraction(amount, total) for day, amount in payments.items()})
    given = _cumulative(transfers)
    marks = sorted({share for _, share in (*paid, *given)})
    pairs = [
        sorted(next(day for day, share in curve if share >= mark) for curve in (paid, given))
        for mark in marks
        if mark <= min(paid[-1][1], given[-1][1])
    ]
    return all(later <= plus_months(sooner, 12) for sooner, later in pairs)


@cites("606-10-32-15", "606-10-32-19")
def check_financing(contract: Contract, financing: Financing) -> None:
    """Terms of payment that can be read: what is paid, and one rate or what it follows from."""
    rate, cash = financing.annual_rate, financing.cash_selling_price
    for wrong, what, field, remedy in (
        (
            not financing.payments or any(each.amount <= 0 for each in financing.payments),
            "names no payments, or one of nothing",
            "payments",
            "Give the days and amounts of the payments agreed.",
        ),
        (
            (rate is None) == (cash is None),
            "gives no rate, or a rate and a cash selling price",
            "annual_rate",
            "Give `annual_rate`, or `cash_selling_price` from which it follows.",
        ),
        (
            rate is not None and not 0 <= rate <= _RATE_MAX,
            f"has a rate of {rate}",
            "annual_rate",
            "Give the annual rate as a share: 0.06.",
        ),
        (
            cash is not None and cash <= 0,
            f"has a cash selling price of {cash}",
            "cash_selling_price",
            "Give the price if paid on transfer.",
        ),
        (
            any(not 0 < each.share <= 1 for each in financing.transfers),
            "has a transfer of no part, or of more than all",
            "transfers",
            "Give each `share` above 0 and up to 1.",
        ),
    ):
        if wrong:
            raise UnsupportedTerm(
                f"The financing of contract {contract.id} {what}.",
                citation="606-10-32-19" if "rate" in field else "606-10-32-15",
                remedy=remedy,
                contract=contract.id,
                field=f"financing.{field}",
            )


def _kept(amount: Fraction) -> Fraction:
    """Interest compounded daily, to ``_DAILY_DIGITS`` decimals of a minor unit."""
    scale = 10**_DAILY_DIGITS
    return Fraction(round_ratio(amount.numerator * scale, amount.denominator), scale)


def _placed(flows: Flows, bounds: Sequence[date]) -> dict[date, Fraction]:
    """Flows on the last day of a compounding period count at its end."""
    ends = {day_before(bound): bound for bound in bounds[1:]}
    placed: dict[date, Fraction] = {}
    for day, amount in flows.items():
        place = ends.get(day, day)
        placed[place] = placed.get(place, Fraction(0)) + amount
    return placed


def _pieces(days: Collection[date], bounds: Sequence[date]) -> list[_Piece]:
    start, end = min(days), max(days)
    cuts = sorted({*days, *(bound for bound in bounds if start < bound < end)})
    pieces, number = [], 0
    for first, past in pairwise(cuts):
        while bounds[number + 1] <= first:
            number += 1
        length = (bounds[number + 1] - bounds[number]).days
        pieces.append(_Piece(first, past, length, past == bounds[number + 1]))
    return pieces


def _cumulative(flows: Flows) -> list[tuple[date, Fraction]]:
    """Day -> part of the whole given or paid by then."""
    days = sorted(flows)
    return list(zip(days, accumulate(flows[day] for day in days), strict=True))
