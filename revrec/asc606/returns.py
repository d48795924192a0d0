"""Steps 3 and 5 for goods sold with a right to return them (606-10-55-22 to 55-29).

What is expected back is not sold: its price is a refund liability, its cost less what recovering
it takes an asset. Both are measured again with every fact and end with the right.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from operator import itemgetter

from revrec.asc606.control import performed
from revrec.asc606.performance_obligations import COMPLETE
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.decision import Decision, Segment, Stream, Told
from revrec.model.events import Estimate
from revrec.model.history import ContractHistory
from revrec.model.price import ReturnRight
from revrec.money import Money, from_minor, minor_digits, round_ratio
from revrec.periods import FOREVER, day_before, next_day

_GOODS = frozenset({Measure.UNITS, Measure.POINT_IN_TIME})


@dataclass(frozen=True, slots=True)
class _Right:
    """A right to return, with the units expected back in all from a day on."""

    consideration: Consideration
    terms: ReturnRight
    expected: Sequence[tuple[date, Fraction]]

    def expected_on(self, day: date) -> Fraction:
        """As estimated by the end of the day; never fewer than have come back."""
        return self.expected[bisect_right(self.expected, day, key=itemgetter(0)) - 1][1]


@cites("606-10-32-10", "606-10-55-23", "606-10-55-25")
def refund_expected(consideration: Consideration, contract: Contract, units: Fraction) -> int:
    """Minor units, negative, that units expected back take off the price; a fee for them is kept.

    Raises UnsupportedTerm where the terms do not give the refund of a unit.
    """
    terms, obligation = _returnable(consideration, contract)
    refund = terms.refund
    price = None if refund is None else Fraction(refund)
    if price is None:
        price = _price_of_a_unit(obligation, consideration, contract)
    kept = price - Fraction(terms.restocking_fee)
    lost = units * kept * 10 ** minor_digits(contract.currency)
    return -round_ratio(lost.numerator, lost.denominator)


@cites("606-10-32-14", "606-10-55-26")
def with_returns(history: ContractHistory) -> list[Estimate]:
    """The contract's estimates, those of returns as the amount they take off the price.

    Goods beyond what was expected back, and the end of the right, change the estimate too.
    """
    contract = history.contract
    rights = _rights(history)
    if not rights:
        return history.estimates
    found = [each for each in history.estimates if each.consideration not in rights]
    for name, right in rights.items():
        told = {each.on: each for each in history.estimates if each.consideration == name}
        for on, units in right.expected[1:]:
            estimate = told.get(on) or Estimate(
                id=f"{name} {on}",
                contract=contract.id,
                on=on,
                consideration=name,
                basis=f"{_number(units)} units came back or still may.",
            )
            amount = refund_expected(right.consideration, contract, units)
            found.append(
                replace(estimate, amount=from_minor(amount, contract.currency), expected=None)
            )
    return found


@cites("606-10-55-23", "606-10-55-27", "606-10-55-29")
def cost_of_goods(
    history: ContractHistory, position: int
) -> tuple[tuple[Segment, ...], tuple[Decision, ...]]:
    """Cost of the goods transferred, and the asset for those expected back, with why.

    The asset is their carrying amount less the cost to recover them, at which it also ends.
    ``position`` is the place of the first decision given.
    """
    rights = {each.consideration.obligation: each for each in _rights(history).values()}
    if history.returns:
        _refuse_unexpected(history, {name or "" for name in rights})
    segments: list[Segment] = []
    decisions: list[Decision] = []
    for name in sorted({each.obligation for each in history.deliveries}):
        right = rights.get(name)
        if right is not None:
            decisions.append(_explain(history.contract, right))
        because = (position + len(decisions) - 1,) if right is not None else ()
        goods = _Goods(history, name)
        if goods.has_cost:
            segments += _segments(history, name, goods, right, because)
    return tuple(segments), tuple(decisions)


def _segments(
    history: ContractHistory,
    name: str,
    goods: _Goods,
    right: _Right | None,
    because: tuple[int, ...],
) -> Iterator[Segment]:
    """Cost of sales and return asset, restated on every day that changes either."""
    estimates = [] if right is None else [on for on, _ in right.expected if on > goods.days[0]]
    days = sorted({*goods.days, *estimates})
    taken_back = returned_before = Fraction(0)
    for day, following in zip(days, [*days[1:], None], strict=True):
        last = FOREVER if following is None else day_before(following)
        units, each_cost = goods.transferred.to(day), goods.unit_cost(day)
        cost = units * each_cost
        returned = goods.returned.to(day)
        unit = asset = Fraction(0)
        if right is not None and units:
            unit = max(each_cost - Fraction(right.terms.recovery_cost), Fraction(0))
            share = min(Fraction(units, _promised(history, name, day)), Fraction(1))
            asset = max(right.expected_on(day) * share - returned, Fraction(0)) * unit
        taken_back += (returned - returned_before) * unit
        returned_before = returned
        for stream, amount in (
            (Stream.COST_OF_SALES, cost - taken_back),
            (Stream.RETURN_ASSET, asset),
        ):
            if amount:
                yield _segment(
                    history.contract, name, amount, (day, last), stream=stream, because=because
                )


def _segment(
    contract: Contract,
    name: str,
    amount: Fraction,
    span: tuple[date, date],
    *,
    stream: Stream,
    because: tuple[int, ...],
) -> Segment:
    minor = amount * 10 ** minor_digits(contract.currency)
    return Segment(
        contract=contract.id,
        obligation=name,
        component=stream.value,
        product=next((each.product for each in contract.obligations if each.id == name), name),
        currency=contract.currency,
        valid_from=span[0],
        valid_to=span[1],
        price=round_ratio(minor.numerator, minor.denominator),
        shape=COMPLETE,
        stream=stream,
        decisions=because,
    )


@cites("606-10-32-20", "606-10-55-23")
def owed_from(history: ContractHistory, obligation: str, day: date) -> date | None:
    """The day from which something is owed for goods that were all expected back, as known on day.

    While all may come back there is nothing that could bear interest. None where some of the goods
    were expected to stay from the start, or the right has no end.
    """
    right = {r.consideration.obligation: r for r in _rights(history).values()}.get(obligation)
    if right is None or right.expected[0][1] < _promised(history, obligation, date.min):
        return None
    for on, units in right.expected:
        if on <= day and units < _promised(history, obligation, on):
            return on
    return None if right.terms.last_day is None else next_day(right.terms.last_day)


def _rights(history: ContractHistory) -> dict[str, _Right]:
    """Rights to return by consideration, with what is expected back from each day on."""
    return {
        each.id: _Right(each, each.returns, _expected(history, each, each.returns))
        for each in history.consideration
        if each.returns is not None
    }


def _expected(
    history: ContractHistory, consideration: Consideration, terms: ReturnRight
) -> list[tuple[date, Fraction]]:
    """Units expected back in all: as told, at least what came back, and that alone in the end."""
    contract = history.contract
    name = consideration.obligation or ""
    _refuse_negative(contract, consideration, terms.expected)
    told: dict[date, Decimal] = {}
    for estimate in history.estimates:
        if estimate.consideration == consideration.id:
            if estimate.expected is None or estimate.amount is not None:
                raise UnsupportedTerm(
                    f"Estimate {estimate.id} of contract {contract.id} does not say how many "
                    "units are expected back.",
                    citation="606-10-55-26",
                    remedy="Give `expected`, in units, alone: the amount follows from it.",
                    contract=contract.id,
                    field=f"estimate {estimate.id}",
                )
            _refuse_negative(contract, consideration, estimate.expected)
            told[estimate.on] = estimate.expected
    over = None if terms.last_day is None else next_day(terms.last_day)
    days = {*told, *(each.on for each in history.returns if each.obligation == name)}
    estimated = Fraction(terms.expected)
    back = _returned(history, name)
    found = [(date.min, estimated)]
    for day in sorted(days | ({over} if over is not None else set())):
        estimated = Fraction(told[day]) if day in told else estimated
        returned = back.to(day)
        ended = over is not None and day >= over
        units = returned if ended else max(estimated, returned)
        if units != found[-1][1] or day in told:
            found.append((day, units))
    return found


class _Told:
    """A quantity told by day, asked for as of the end of any day."""

    def __init__(self, told: Iterable[tuple[date, Fraction]]) -> None:
        ordered = sorted(told)
        self.days = [day for day, _ in ordered]
        self._sums = list(accumulate((amount for _, amount in ordered), initial=Fraction(0)))

    def to(self, day: date) -> Fraction:
        """The sum up to and including the day."""
        return self._sums[bisect_right(self.days, day)]


class _Goods:
    """What was transferred, came back and cost of one obligation's goods."""

    def __init__(self, history: ContractHistory, name: str) -> None:
        deliveries = [each for each in history.deliveries if each.obligation == name]
        costed = [
            (each.on, Fraction(each.quantity), Fraction(each.unit_cost))
            for each in deliveries
            if each.unit_cost is not None
        ]
        self.transferred = _Told(
            (each.on, Fraction(each.quantity))
            for each in performed(history)
            if each.counter == name
        )
        self.returned = _returned(history, name)
        self.has_cost = bool(costed)
        self._costed = _Told((on, quantity) for on, quantity, _ in costed)
        self._cost = _Told((on, quantity * cost) for on, quantity, cost in costed)
        self.days = sorted({*self.transferred.days, *self.returned.days, *self._costed.days})

    def unit_cost(self, day: date) -> Fraction:
        """What a unit told by the end of the day cost on average."""
        units = self._costed.to(day)
        return Fraction(self._cost.to(day), units) if units else Fraction(0)


def _returned(history: ContractHistory, name: str) -> _Told:
    return _Told(
        (each.on, Fraction(each.quantity)) for each in history.returns if each.obligation == name
    )


def _promised(history: ContractHistory, name: str, day: date) -> Fraction:
    """Units of the obligation under the terms of the day."""
    promised = [each for each in history.contract.obligations if each.id == name]
    for change in history.modifications:
        if (change.new_terms_from or change.on) <= day:
            promised += [each for each in (*change.adds, *change.revises) if each.id == name]
    return Fraction(promised[-1].quantity) if promised else Fraction(1)


def _returnable(
    consideration: Consideration, contract: Contract
) -> tuple[ReturnRight, PerformanceObligation]:
    terms = consideration.returns
    obligation = next(
        (each for each in contract.obligations if each.id == consideration.obligation), None
    )
    variable = consideration.kind is ConsiderationKind.VARIABLE
    if terms is None or obligation is None or not variable or obligation.measure not in _GOODS:
        raise UnsupportedTerm(
            f"The right to return {consideration.id} of contract {contract.id} is not a variable "
            "amount for one obligation of goods delivered in units.",
            citation="606-10-55-22",
            remedy="Give `kind: variable` and the `obligation`, measured by units or in a point.",
            contract=contract.id,
            field=f"consideration.{consideration.id}.returns",
        )
    return terms, obligation


def _price_of_a_unit(
    obligation: PerformanceObligation, consideration: Consideration, contract: Contract
) -> Fraction:
    """The stated price of the obligation by its units, where the contract states one."""
    alone = len(contract.obligations) == 1
    lines = [
        each
        for each in contract.consideration
        if each.kind is ConsiderationKind.FIXED
        and (each.obligation == obligation.id or (alone and each.obligation is None))
    ]
    financed = contract.financing is not None and contract.financing.exception is None
    if not lines or obligation.quantity <= 0 or financed:
        what = "is of an amount with interest in it" if financed else "follows from no fixed amount"
        raise UnsupportedTerm(
            f"What is paid back for a unit of {obligation.id} in contract {contract.id} {what}.",
            citation="606-10-55-23",
            remedy="Give `refund`: the amount paid back for a unit, at its cash price if financed.",
            contract=contract.id,
            field=f"consideration.{consideration.id}.returns.refund",
        )
    total = sum((Fraction(each.amount) for each in lines), Fraction(0))
    return Fraction(total, Fraction(obligation.quantity))


def _refuse_negative(contract: Contract, consideration: Consideration, units: Decimal) -> None:
    if units < 0:
        raise UnsupportedTerm(
            f"{consideration.id} of contract {contract.id} expects {units} units back.",
            citation="606-10-55-26",
            remedy="Give the units expected to be returned, or zero.",
            contract=contract.id,
            field=f"consideration.{consideration.id}.returns.expected",
        )


def _refuse_unexpected(history: ContractHistory, returnable: set[str]) -> None:
    """Goods come back under a right to return, and never more than were delivered."""
    found = {name: _Goods(history, name) for name in {each.obligation for each in history.returns}}
    for each in history.returns:
        name = each.obligation
        goods = found[name]
        sent, came_back = goods.transferred.to(each.on), goods.returned.to(each.on)
        for wrong, what in (
            (name not in returnable, "that may not be returned"),
            (each.quantity <= 0, "in no quantity"),
            (came_back > sent, "that were not delivered"),
        ):
            if wrong:
                raise UnsupportedTerm(
                    f"Return {each.id} of contract {each.contract} brings back goods of {name} "
                    f"{what}.",
                    citation="606-10-55-22",
                    remedy="Correct the return, or give a variable consideration with `returns`.",
                    contract=each.contract,
                    field=f"return {each.id}",
                )


def _explain(contract: Contract, right: _Right) -> Decision:
    terms, name = right.terms, right.consideration.id
    amount = refund_expected(right.consideration, contract, Fraction(terms.expected))
    until = f" until {terms.last_day}" if terms.last_day is not None else ""
    units, cost = str(terms.expected), str(terms.recovery_cost)
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=3,
        rule="refund_expected",
        paragraphs=("606-10-55-23", "606-10-55-25", "606-10-55-26", "606-10-55-27"),
        told=Told(
            inputs={"consideration": name, "expected": units, "recovery_cost": cost},
            outcome=str(Money(amount, contract.currency)),
            sentence=(
                f"{right.consideration.obligation} may be returned{until}; {terms.expected} units "
                "are expected back, which lowers the price by "
                f"{Money(-amount, contract.currency)}. Their cost, less what recovering them "
                "takes, is an asset."
            ),
        ),
    )


def _number(units: Fraction) -> str:
    return str(units.numerator) if units.denominator == 1 else str(units)
