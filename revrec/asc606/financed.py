"""A significant financing component over a contract's life (606-10-32-15 to 32-20).

The rate is that of inception (32-19). A transfer on another day than expected, a withdrawal, and
payments told anew restate the price and the interest from their day; so does an overdue transfer,
which goes on bearing interest. Payments are taken as agreed: one made on another day is a matter
of the receivable, unless the parties agree on new days.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.asc606.control import performed
from revrec.asc606.financing import (
    RATE_DIGITS,
    Schedule,
    Terms,
    check_financing,
    implicit_rate,
    schedule,
    within_a_year,
)
from revrec.asc606.modification import takes_effect
from revrec.asc606.pricing import shares
from revrec.asc606.returns import owed_from
from revrec.asc606.standing import Standing
from revrec.asc606.transaction_price import FIXED
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract
from revrec.model.decision import Answer, Decision, Progress, Question, Segment, Shape, Stream, Told
from revrec.model.financing import ExpectedTransfer, Financing, FinancingException, Reschedule
from revrec.model.history import ContractHistory
from revrec.money import Money, minor_digits, round_ratio, to_minor
from revrec.periods import FOREVER, day_before, next_day, plus_months

COMPONENT = "financing"
"""Component of interest."""
_OVERDUE_MONTHS = 120
"""How long an overdue transfer goes on bearing interest before it must be told."""
Flows = dict[date, Fraction]


@dataclass(frozen=True, slots=True)
class Revaluation:
    """The fixed consideration at the price its financing gives, from a day on."""

    on: date
    amount: int
    decision: int
    id: str = FIXED


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known on a day of payments and transfers, past and to come."""

    on: date
    payments: Flows
    transfers: Flows


@cites("606-10-32-15", "606-10-32-17", "606-10-32-18", "606-10-32-19")
def finance(
    standing: Standing, history: ContractHistory
) -> Generator[list[Question], list[Answer], list[Revaluation]]:
    """Prices by day that the contract's terms of payment give; interest goes to ``standing``.

    Raises UnsupportedTerm where the terms cannot be read or give no rate.
    """
    contract, financing = standing.contract, standing.contract.financing
    if financing is None:
        if history.reschedules:
            raise _refused(contract, "has no financing to reschedule", "financing")
        return []
    check_financing(contract, financing)
    if financing.exception is not None:
        standing.record(_not_adjusted(contract, financing))
        return []
    book = _Calendar(standing, history, financing)
    yield from book.ask()
    plans = list(book.plans())
    if within_a_year(plans[0].payments, plans[0].transfers, standing.books.policy):
        standing.record(_not_adjusted(contract, financing))
        return []
    rate = _rate(contract, financing, plans[0])
    found: list[Revaluation] = []
    for plan, following in zip(plans, [*plans[1:], None], strict=True):
        terms = Terms(plan.payments, plan.transfers, financing.compounding)
        now = schedule(terms, rate)
        price = round_ratio(now.price.numerator, now.price.denominator)
        amount = book.fixed + price - book.nominal(plan)
        decision = standing.record(_explain(contract, financing, plan.on, rate, (price, amount)))
        found.append(Revaluation(plan.on, amount, decision))
        last = FOREVER if following is None else day_before(following.on)
        standing.accrued += _interest(contract, now, (plan.on, last), decision)
    return found


class _Calendar:
    """Days on which a contract's payments and transfers fall, as known on a day."""

    def __init__(self, standing: Standing, history: ContractHistory, financing: Financing) -> None:
        self._contract, self._history = standing.contract, history
        self._performed = sorted(performed(history), key=lambda each: each.on)
        self._financing = financing
        component = standing.components.get(FIXED)
        split = shares(component, []).live if component is not None else {}
        self.fixed = sum(split.values())
        if component is None or self.fixed <= 0:
            raise _refused(self._contract, "finances no fixed price", "financing")
        self._parts = {name: Fraction(part, self.fixed) for name, part in split.items() if part}
        self._shapes = {name: standing.in_force[name].shape for name in self._parts}
        self._ends = {name: standing.in_force[name].last_day for name in self._parts}
        self._unit = {
            name: Fraction(1, Fraction(standing.in_force[name].obligation.quantity))
            for name in self._parts
        }
        self._over_time: dict[str, Flows] = {}
        known = {each.obligation for each in self._all_transfers()} - self._parts.keys()
        if known:
            raise _refused(
                self._contract,
                f"transfers {', '.join(sorted(known))}, which shares in no fixed price",
                "financing.transfers",
            )

    def ask(self) -> Generator[list[Question], list[Answer], None]:
        """How far services over time will be at the end of each month of the financing."""
        elapsed = {
            name: shape
            for name, shape in self._shapes.items()
            if shape.progress not in (Progress.COUNTED, Progress.COMPLETE)
        }
        if not elapsed:
            return
        starts = [shape.starts for shape in elapsed.values() if shape.starts is not None]
        anchor = min(*starts, *(each.on for each in self._financing.payments))
        marks = {name: list(_months(anchor, shape)) for name, shape in elapsed.items()}
        answers = iter(
            (
                yield [
                    Question(
                        contract=self._contract.id,
                        obligation=name,
                        shape=shape,
                        day=day_before(mark),
                    )
                    for name, shape in elapsed.items()
                    for mark in marks[name]
                ]
            )
        )
        for name in elapsed:
            done, flows = Fraction(0), {}
            for mark in marks[name]:
                answer = next(answers)
                now = Fraction(answer.numerator, answer.denominator)
                flows[mark], done = now - done, now
            self._over_time[name] = {day: part for day, part in flows.items() if part}

    def plans(self) -> Iterator[_Plan]:
        """What is known at inception, and each time something else becomes known."""
        inception = self._contract.inception
        days = {inception, *(each.on for each in self._history.reschedules)}
        days |= {next_day(each.on) for each in self._all_transfers()}
        for name in self._parts:
            days |= {each.on for each in self._performed if each.counter == name}
            ends = self._ends[name]
            days |= {next_day(ends)} if ends is not None and name not in self._over_time else set()
        days |= {takes_effect(each) for each in self._history.modifications if each.withdraws}
        days |= {each.on for each in self._history.estimates}
        before: _Plan | None = None
        for day in sorted(max(day, inception) for day in days):
            plan = _Plan(day, self._payments(day), self._transfers(day))
            if before is None or (before.payments, before.transfers) != (
                plan.payments,
                plan.transfers,
            ):
                before = plan
                yield plan

    def nominal(self, plan: _Plan) -> int:
        """What is paid, without regard to when; minor units."""
        return int(sum(plan.payments.values(), Fraction(0)))

    def _terms(self, day: date) -> Financing | Reschedule:
        told = [each for each in self._history.reschedules if each.on <= day]
        return told[-1] if told else self._financing

    def _all_transfers(self) -> Iterator[ExpectedTransfer]:
        told: list[Financing | Reschedule] = [self._financing, *self._history.reschedules]
        for terms in told:
            yield from terms.transfers

    def _payments(self, day: date) -> Flows:
        flows: Flows = {}
        for each in self._terms(day).payments:
            minor = to_minor(each.amount, self._contract.currency)
            flows[each.on] = flows.get(each.on, Fraction(0)) + minor
        if sum(flows.values()) > self.fixed:
            raise _refused(
                self._contract, "is paid more than its fixed price", "financing.payments"
            )
        return flows

    def _transfers(self, day: date) -> Flows:
        flows: Flows = {}
        for name, part in self._parts.items():
            planned = self._over_time.get(name)
            if planned is None:
                owed = owed_from(self._history, name, day) or date.min
                planned = {}
                for on, share in self._deliveries(name, day):
                    at = max(on, owed)
                    planned[at] = planned.get(at, Fraction(0)) + share
            ended = self._withdrawn(name, day)
            for on, share in planned.items():
                at = on if ended is None else min(on, ended)
                flows[at] = flows.get(at, Fraction(0)) + part * share
        return flows

    def _deliveries(self, name: str, day: date) -> Iterator[tuple[date, Fraction]]:
        """Parts delivered by the day, and those expected after it."""
        flows: Flows = {}
        done = Fraction(0)
        later = None
        for each in self._performed:
            if each.counter != name:
                continue
            if each.on > day:
                later = later or each.on
                continue
            share = min(Fraction(each.quantity) * self._unit[name], 1 - done)
            done += share
            flows[each.on] = flows.get(each.on, Fraction(0)) + share
        for on, share in self._expected(name, day):
            taken = min(done, share)
            done -= taken
            overdue = later or plus_months(day, _OVERDUE_MONTHS)
            at = on if on >= day else overdue
            flows[at] = flows.get(at, Fraction(0)) + share - taken
        yield from ((on, share) for on, share in flows.items() if share)

    def _expected(self, name: str, day: date) -> Iterator[tuple[date, Fraction]]:
        """Parts of what is delivered by the day each is expected, as told; by its end if not."""
        told = [
            (each.on, Fraction(each.share))
            for each in self._terms(day).transfers
            if each.obligation == name
        ]
        ends = self._ends[name]
        if not told and ends is not None:
            told = [(ends, Fraction(1))]
        if sum((share for _, share in told), Fraction(0)) != 1:
            raise _refused(
                self._contract,
                f"does not say when all of {name} is expected to be transferred",
                "financing.transfers",
            )
        yield from sorted(told)

    def _withdrawn(self, name: str, day: date) -> date | None:
        """The day from which no more of an obligation is transferred."""
        for change in self._history.modifications:
            if name in change.withdraws and takes_effect(change) <= day:
                return takes_effect(change)
        return None


def _months(anchor: date, shape: Shape) -> Iterator[date]:
    """Days after which a month of the financing's service is over, the last with the service."""
    if shape.starts is None or shape.ends is None:
        return
    past, number = next_day(shape.ends), 1
    while (mark := plus_months(anchor, number)) < past:
        if mark > shape.starts:
            yield mark
        number += 1
    yield past


def _rate(contract: Contract, financing: Financing, plan: _Plan) -> Fraction:
    """The rate given, or the one at which the payments are worth the cash selling price."""
    if financing.annual_rate is not None:
        return Fraction(financing.annual_rate)
    terms = Terms(plan.payments, plan.transfers, financing.compounding)
    cash = Fraction(financing.cash_selling_price or 0) * 10 ** minor_digits(contract.currency)
    rate = implicit_rate(terms, cash)
    if rate is None:
        raise _refused(
            contract,
            f"has no rate at which its payments are worth {financing.cash_selling_price}",
            "financing.cash_selling_price",
        )
    return rate


def _interest(
    contract: Contract, now: Schedule, valid: tuple[date, date], decision: int
) -> list[Segment]:
    """Interest piece by piece, rounded once cumulatively."""
    found, exact, before = [], Fraction(0), 0
    for each in now.accruals:
        exact += each.amount
        to_date = round_ratio(exact.numerator, exact.denominator)
        amount, before = to_date - before, to_date
        expense = each.amount > 0
        if amount:
            found.append(
                Segment(
                    contract=contract.id,
                    obligation="",
                    component=COMPONENT,
                    product="",
                    currency=contract.currency,
                    valid_from=valid[0],
                    valid_to=valid[1],
                    price=amount if expense else -amount,
                    shape=Shape(progress=Progress.DAYS, starts=each.first, ends=each.last),
                    stream=Stream.INTEREST_EXPENSE if expense else Stream.INTEREST_INCOME,
                    decisions=(decision,),
                )
            )
    return found


def _explain(
    contract: Contract, financing: Financing, on: date, rate: Fraction, told: tuple[int, int]
) -> Decision:
    price, fixed = (Money(amount, contract.currency) for amount in told)
    percent = f"{_decimal(rate * 100)}%"
    given = (
        "given for a separate financing"
        if financing.annual_rate is not None
        else f"implicit in the cash selling price {financing.cash_selling_price}"
    )
    basis = f" ({financing.basis})" if financing.basis else ""
    return Decision(
        contract=contract.id,
        on=on,
        step=3,
        rule="finance",
        paragraphs=("606-10-32-15", "606-10-32-19", "606-10-32-20"),
        told=Told(
            inputs={
                "annual_rate": _decimal(rate),
                "compounding": financing.compounding.value,
                "basis": financing.basis,
            },
            outcome=str(fixed),
            sentence=(
                f"As known on {on}, the payments agreed are worth {price} on transfer at {percent} "
                f"a year, {given}{basis}: the fixed price is {fixed}, and the difference to what "
                "is paid is interest."
            ),
        ),
    )


def _not_adjusted(contract: Contract, financing: Financing) -> Decision:
    """Judged no financing, or within the year of the expedient."""
    paragraph, why = "606-10-32-18", "payment and transfer are expected within a year"
    if financing.exception is not None:
        letter = dict(zip(FinancingException, "abc", strict=True))[financing.exception]
        why = f"{financing.exception.value.replace('_', ' ')}, 32-17{letter} ({financing.basis})"
        paragraph = "606-10-32-17"
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=3,
        rule="finance",
        paragraphs=(paragraph,),
        told=Told(
            inputs={},
            outcome="not adjusted",
            sentence=f"The price is not adjusted for financing: {why}.",
        ),
    )


def _refused(contract: Contract, what: str, field: str) -> UnsupportedTerm:
    return UnsupportedTerm(
        f"Contract {contract.id} {what}.",
        citation="606-10-32-15",
        remedy="Tell the payments and transfers that belong together, with their days.",
        contract=contract.id,
        field=field,
    )


def _decimal(rate: Fraction) -> str:
    told = Decimal(round_ratio(rate.numerator * 10**RATE_DIGITS, rate.denominator))
    return f"{told.scaleb(-RATE_DIGITS).normalize():f}"
