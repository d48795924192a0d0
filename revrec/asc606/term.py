"""Step 1: the enforceable term, and what it costs (606-10-25-3, 25-4).

A customer that may leave without a substantive penalty is bound until the first day it may leave.
What comes later is renewed as time passes: not in the price, nor among what is left to perform.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction

import msgspec

from revrec.citations import cites
from revrec.errors import ContractError, UnsupportedTerm
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.decision import Decision, Told
from revrec.model.term import Charged, Party, TerminationRight
from revrec.money import as_text, from_minor, minor_digits, round_ratio, to_minor
from revrec.periods import FOREVER, day_before, months_of, plus_months

_ALL = Fraction(1)
_NOTICE_MONTH_DAYS = 31
_MONTHS = {Charged.MONTHLY: 1, Charged.QUARTERLY: 3, Charged.YEARLY: 12}
BY_COUNT = frozenset(
    {Measure.USAGE, Measure.UNITS, Measure.MILESTONES, Measure.COSTS, Measure.POINT_IN_TIME}
)
"""Measures that do not follow time: such promises are not renewed with the term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A fixed amount with the days of service it is for."""

    told: Consideration
    currency: str
    anchor: date
    """Months are those of service from this day on."""
    first_day: date
    last_day: date | None
    whole: Fraction = Fraction(1)
    """Months of the term as written, over which an amount ``over_term`` is spread."""

    def between(self, first: date, last: date) -> int:
        """Minor units for the service of these days, both included."""
        return self._to_date(last) - self._to_date(day_before(first))

    def _to_date(self, day: date) -> int:
        """Rounded once from the first day, so that the parts of a term add up to it."""
        until = min(day, self.last_day or day)
        if until < self.first_day:
            return 0
        if self.told.charged in (None, Charged.ONCE):
            return to_minor(self.told.amount, self.currency)
        begun, ended = self._months(day_before(self.first_day)), self._months(until)
        if self.told.charged is Charged.OVER_TERM:
            amount = Fraction(self.told.amount) * Fraction(ended - begun, self.whole)
        else:
            amount = self._recurring(begun, ended)
        amount *= 10 ** minor_digits(self.currency)
        return round_ratio(amount.numerator, amount.denominator)

    def _months(self, day: date) -> Fraction:
        return months_of(self.anchor, day) if day >= self.anchor else Fraction(0)

    def _recurring(self, begun: Fraction, ended: Fraction) -> Fraction:
        """Sum of what these months cost, in the currency."""
        steps = sorted(self.told.steps, key=lambda each: each.from_day)
        changes = [self._months(day_before(each.from_day)) for each in steps]
        since = [Fraction(0), *changes]
        until = [*changes, ended]
        amounts = [self.told.amount, *(each.amount for each in steps)]
        total = Fraction(0)
        for first, last, amount in zip(since, until, amounts, strict=True):
            months = min(last, ended) - max(first, begun)
            total += Fraction(amount) * max(months, Fraction(0))
        return Fraction(total, _MONTHS[self.told.charged or Charged.MONTHLY])


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A further stretch of service that the customer did not leave before."""

    on: date
    """The day from which it is enforceable."""
    first_day: date
    last_day: date


class Term(msgspec.Struct, kw_only=True):
    """How long the parties are bound, what is promised as written, and the charges for it."""

    contract: Contract
    first_end: date | None
    """Last enforceable day at inception; none if open-ended."""
    final: date | None
    """Last day as written."""
    anchor: date
    """The day from which renewals are counted ..."""
    bound: int = 0
    """... and the months from it before the first of them."""
    every: int = 0
    """Months of a renewal; 0 when nothing renews."""
    ahead: int = 0
    """Months before its first day from which a renewal is enforceable."""
    promised: dict[str, PerformanceObligation] = {}
    charges: dict[str, Charge] = {}
    spans: list[tuple[date, date, date]] = []
    """The day from which each enforceable term counts, its first and its last day."""

    def renewals(self, until: date) -> Iterator[Renewal]:
        """Renewals that become enforceable by ``until``, if the contract lasts so long."""
        if not self.every:
            return
        months = self.bound
        while True:
            first = plus_months(self.anchor, months)
            on = max(plus_months(first, -self.ahead), self.contract.first_day)
            if on > until:
                return
            months += self.every
            last = day_before(plus_months(self.anchor, months))
            yield Renewal(on=on, first_day=first, last_day=last)

    def price(self, first: date, last: date) -> int:
        """Minor units of all charges for the service of these days."""
        return sum(each.between(first, last) for each in self.charges.values())

    def charge(self, told: Consideration, first_day: date | None = None) -> None:
        """Keep a fixed amount that follows the term, from a day if it is not from the start."""
        named = self.promised.get(told.obligation or "")
        begins = (named.start if named else None) or self.contract.first_day
        begins = max(begins, first_day or begins)
        last_day = (named.end if named else None) or self.final
        self.charges[told.id] = Charge(
            told=told,
            currency=self.contract.currency,
            anchor=min(begins, self.contract.first_day),
            first_day=begins,
            last_day=last_day,
            whole=Fraction(1) if last_day is None else months_of(begins, last_day),
        )

    def clipped(
        self, obligation: PerformanceObligation, first: date, last: date
    ) -> PerformanceObligation | None:
        """What of a promise falls into these days; none if nothing does.

        What is not measured by time is promised as a whole.
        """
        if obligation.measure in BY_COUNT:
            return replace(obligation, end=obligation.end or self.final)
        starts = max(obligation.start or self.contract.first_day, first)
        ends = min(obligation.end or FOREVER, last)
        if starts > ends:
            return None
        return replace(obligation, start=starts, end=ends)

    def part(self, clipped: PerformanceObligation) -> Fraction:
        """How much of a promise as written a clipped one is, where its price is of the whole."""
        written = self.promised.get(clipped.id, clipped)
        ends = written.end or self.final
        priced = clipped.standalone_selling_price or clipped.selling_price_range
        if not priced or ends is None or clipped.start is None or clipped.end is None:
            return _ALL
        whole = months_of(written.start or self.contract.first_day, ends)
        return Fraction(months_of(clipped.start, clipped.end), whole)


@cites("606-10-25-3", "606-10-25-4")
def enforceable_term(contract: Contract) -> tuple[Term, Contract, Decision | None]:
    """The term, the contract for as long as it binds at inception, and a decision on its rights.

    Raises ContractError where the terms contradict each other, UnsupportedTerm where a shortened
    term does not say how its amounts follow it.
    """
    term = Term(
        contract=contract, first_end=contract.end, final=contract.end, anchor=contract.first_day
    )
    right = _first_to_leave(contract)
    if right is not None:
        _shorten(term, right)
    term.promised = {each.id: each for each in contract.obligations}
    for each in contract.consideration:
        if each.kind is ConsiderationKind.FIXED and each.charged is not None:
            _check_charge(contract, each)
            term.charge(each)
    if term.every and term.first_end is not None:
        _check_renewable(term)
        days = contract.first_day, term.first_end
        clipped = (term.clipped(each, *days) for each in contract.obligations)
        left = tuple(each for each in clipped if each is not None)
        contract = replace(contract, end=term.first_end, obligations=left)
    if contract.end is not None:
        term.spans.append((contract.inception, contract.first_day, contract.end))
    bound = contract
    if term.charges:
        bound = replace(contract, consideration=_amounts(term, contract))
    decision = _decision(term, right) if contract.termination else None
    return term, bound, decision


@cites("606-10-25-3")
def bounded(term: Term, renewal: Renewal) -> Renewal | None:
    """The renewal up to the last day of the contract; none if it has ended before."""
    if term.final is None:
        return renewal
    if renewal.first_day > term.final:
        return None
    return replace(renewal, last_day=min(renewal.last_day, term.final))


@cites("606-10-25-3", "606-10-55-42")
def explain_renewal(term: Term, renewal: Renewal, price: int) -> Decision:
    """A stretch of service that became enforceable because nobody left before."""
    first, last, currency = renewal.first_day, renewal.last_day, term.contract.currency
    return Decision(
        contract=term.contract.id,
        on=renewal.on,
        step=1,
        rule="explain_renewal",
        paragraphs=("606-10-25-3",),
        told=Told(
            inputs={"first_day": str(first), "last_day": str(last)},
            outcome=f"renewed to {last}",
            sentence=(
                f"Nobody left before {first}: from {renewal.on} on the service to {last} is "
                f"enforceable, for {as_text(price, currency)}."
            ),
        ),
    )


def _first_to_leave(contract: Contract) -> TerminationRight | None:
    """The right by which the customer is free first; the entity's own rights bind nobody less."""
    for each in contract.termination:
        if each.every_months < 1 or each.notice_days < 0:
            raise _contradiction(
                contract,
                f"has a termination right with {each.notice_days} days of notice, every "
                f"{each.every_months} months",
                "termination",
                "Give days of notice from 0 and months from 1.",
            )
    rights = [
        each
        for each in contract.termination
        if each.by is not Party.ENTITY and not each.substantive
    ]
    return min(rights, key=lambda each: _bound_to(contract, each), default=None)


def _bound_to(contract: Contract, right: TerminationRight) -> date:
    """Last day before the first on which the customer may be gone."""
    if right.leaves_from is not None and right.leaves_from > contract.first_day:
        return day_before(right.leaves_from)
    return day_before(plus_months(contract.first_day, _months_bound(right)))


def _months_bound(right: TerminationRight) -> int:
    """Months that notice takes, in whole stretches of ``every_months``; one stretch at least."""
    months = max(-(-right.notice_days // _NOTICE_MONTH_DAYS), 1)
    return -(-months // right.every_months) * right.every_months


def _shorten(term: Term, right: TerminationRight) -> None:
    contract = term.contract
    end = _bound_to(contract, right)
    if contract.end is not None and end >= contract.end:
        return
    months = _months_bound(right)
    term.first_end, term.every, term.ahead = end, right.every_months, months - right.every_months
    if right.leaves_from is not None and right.leaves_from > contract.first_day:
        term.anchor = right.leaves_from
    else:
        term.bound = months


def _check_charge(contract: Contract, told: Consideration) -> None:
    """A charge needs an end, or a right to leave, and steps at the start of its months."""
    if told.charged is Charged.OVER_TERM and contract.end is None:
        raise _contradiction(
            contract,
            f"has no end, but {told.id} is an amount over its term",
            f"consideration.{told.id}.charged",
            "Give `end`, or an amount per month.",
        )
    if told.steps and told.charged not in _MONTHS:
        raise _contradiction(
            contract,
            f"gives steps of {told.id}, which is not charged by month, quarter or year",
            f"consideration.{told.id}.steps",
            "Give `charged: monthly`, or one amount.",
        )
    for step in told.steps:
        first = contract.first_day
        if step.from_day <= first or months_of(first, day_before(step.from_day)).denominator != 1:
            raise _contradiction(
                contract,
                f"changes {told.id} on {step.from_day}, which is not the first day of a month "
                f"of service after {first}",
                f"consideration.{told.id}.steps",
                "Give the first day of a month of service.",
            )


def _check_renewable(term: Term) -> None:
    """In a shortened term every fixed amount says how it follows the term."""
    contract = term.contract
    fixed = [each for each in contract.consideration if each.kind is ConsiderationKind.FIXED]
    for each in fixed:
        if each.charged is None and each.amount:
            raise UnsupportedTerm(
                f"The customer of contract {contract.id} is bound to {term.first_end} only, and "
                f"{each.id} does not say how its amount follows the term.",
                citation="606-10-25-3",
                remedy="Give `charged`: once, monthly, quarterly, yearly or over_term.",
                contract=contract.id,
                field=f"consideration.{each.id}.charged",
            )
    recurring = [each.id for each in fixed if each.charged not in (None, Charged.ONCE)]
    by_time = [each for each in contract.obligations if each.measure not in BY_COUNT]
    if recurring and not by_time:
        raise UnsupportedTerm(
            f"Contract {contract.id} charges {', '.join(recurring)} for each renewal, but "
            "promises nothing that is measured by time.",
            citation="606-10-25-3",
            remedy="Tell each renewal of units or entitlements as a modification.",
            contract=contract.id,
            field="termination",
        )


def _amounts(term: Term, bound: Contract) -> tuple[Consideration, ...]:
    """The consideration with each charge at its amount for the enforceable term."""
    if bound.end is None:
        raise _contradiction(
            bound,
            f"has no end and nobody may leave, but charges {', '.join(term.charges)} by time",
            "end",
            "Give `end`, or who may leave in `termination`.",
        )
    first_day = date.min + timedelta(days=1)
    charged = {name: each.between(first_day, bound.end) for name, each in term.charges.items()}
    amounts = {name: from_minor(minor, bound.currency) for name, minor in charged.items()}
    return tuple(
        replace(each, amount=amounts[each.id]) if each.id in amounts else each
        for each in bound.consideration
    )


def _decision(term: Term, right: TerminationRight | None) -> Decision:
    contract = term.contract
    written = f"{contract.first_day} to {contract.end or 'no end'}"
    who = contract.customer_name or contract.customer
    if right is None or not term.every:
        outcome = "term as written"
        reason = "no right to leave is the customer's without a substantive penalty before its end"
        bound = written
    else:
        outcome = "term shortened"
        bound = f"{contract.first_day} to {term.first_end}"
        reason = (
            f"{who} may leave with {right.notice_days} days of notice, every "
            f"{right.every_months} months, and what that costs ({right.penalty}) is not "
            "substantive; later service is a renewal"
        )
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=1,
        rule="enforceable_term",
        paragraphs=("606-10-25-3", "606-10-25-4"),
        told=Told(
            inputs={"written": written, "rights": str(len(contract.termination))},
            outcome=outcome,
            sentence=f"The enforceable term is {bound}: {reason}.",
        ),
    )


def _contradiction(contract: Contract, what: str, name: str, remedy: str) -> ContractError:
    return ContractError(
        f"Contract {contract.id} {what}.",
        citation="606-10-25-3",
        remedy=remedy,
        contract=contract.id,
        field=name,
    )
