"""Burn-down of grants: which credits pay for which use, and what is left at any moment.

A grant counts from its first moment to its expiry, which is excluded: at that moment it is gone,
and use at the moment a grant begins belongs to it. Grants that expire, end or begin do so before
use at the same moment; of uses at one moment the first told goes first. The order in which grants
are told does not matter. A void or a correction changes nothing that was drawn before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from pydantic import AwareDatetime

from revrec.drawing.draw import Beyond, Drawing
from revrec.drawing.lot import Keeps, Lot
from revrec.model.contract import _STRICT
from revrec.model.credit import DrawFirst
from revrec.money import AMOUNT_SCALE, atoms

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Credits a customer may use: bought, committed to, given, or rolled over."""

    __pydantic_config__ = _STRICT

    id: str
    amount: Decimal
    """In credits, or in money for credits of money; up to 12 decimals."""
    unit_cost: Decimal = Decimal(1)
    """What was paid for one; 0 for what was given. Recognition reads it, burn-down does not."""
    priority: int = 0
    effective: AwareDatetime | None = None
    """First moment; from ever if left out."""
    expires: AwareDatetime | None = None
    """First moment at which it is gone; never if left out."""
    voided: AwareDatetime | None = None
    """The moment from which nothing more is drawn."""
    created: AwareDatetime | None = None
    """When it was told, where that decides the order; else its first moment."""
    applies_to: tuple[str, ...] = ()
    """Products it pays for; all if left out."""
    rolled_over: bool = False
    """Whether it is what was left of another."""
    rollover_cap: Decimal | None = Decimal(0)
    """Most of what is left that a reset keeps; no limit if null ..."""
    rollover_cap_percent: Decimal | None = None
    """... or most of it as a percentage of the amount."""
    rollover_percent: Decimal = Decimal(100)
    """Of what is left, what a reset keeps."""
    rollover_floor: Decimal = Decimal(0)
    """What a reset brings it up to at least, within the cap."""

    @property
    def purchase_amount(self) -> Decimal:
        """What was paid for all of it."""
        return self.amount * self.unit_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Use of credits, a charge they may pay."""

    __pydantic_config__ = _STRICT

    at: AwareDatetime
    amount: Decimal
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What a use took from a grant."""

    use: int
    """Ordinal of the use in time, from 1."""
    grant: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Burned:
    """Where grants stand at a moment, and how they came there."""

    draws: tuple[Draw, ...]
    balances: dict[str, Decimal]
    """What is left of each grant; 0 before it begins and once it is gone."""
    lapsed: dict[str, Decimal]
    """What was left of grants that expired, were voided or were cut by a reset."""
    beyond: Decimal
    """Use that no grant covered: to be charged, still owed, or refused."""

    @property
    def balance(self) -> Decimal:
        """What is left of all."""
        return sum(self.balances.values(), Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What decides when a lot is drawn; instants are integers."""

    name: str
    first: int
    end: int
    created: int
    unit_cost: Fraction = Fraction(0)
    priority: int = 0
    products: int = 0
    """How many products it is for; 0 for all."""
    rolled_over: bool = False


def rank(order: Sequence[DrawFirst], each: Standing) -> tuple[Any, ...]:
    """The place of a lot among others; those alike go by when they were told, then by name."""
    keys: dict[DrawFirst, Any] = {
        DrawFirst.LOWEST_PRIORITY: each.priority,
        DrawFirst.EARLIEST_EXPIRY: each.end,
        DrawFirst.EARLIEST_EFFECTIVE: each.first,
        DrawFirst.EARLIEST_CREATED: each.created,
        DrawFirst.FREE: each.unit_cost != 0,
        DrawFirst.LOWEST_COST: each.unit_cost,
        DrawFirst.FEWEST_PRODUCTS: (not each.products, each.products),
        DrawFirst.LIMITED: not each.products,
        DrawFirst.ROLLED_OVER: not each.rolled_over,
    }
    return (*(keys[key] for key in order), each.created, each.name)


def burn(
    grants: Sequence[Grant],
    uses: Iterable[Use],
    *,
    as_of: datetime,
    order: Sequence[DrawFirst] = (DrawFirst.LOWEST_PRIORITY, DrawFirst.EARLIEST_EXPIRY),
    beyond: Beyond = Beyond.INVOICED,
    resets: Iterable[datetime] = (),
) -> Burned:
    """Draw the uses up to ``as_of`` from the grants, each in the order elected.

    Grants that stand alike in the order are drawn oldest first, then by id. A reset keeps of each
    grant ``min(cap, max(floor, left))`` and forgives what is owed.
    """
    lots = {grant.id: _lot(grant, order) for grant in grants}
    drawing = Drawing(lots.values(), beyond=beyond)
    for moment in resets:
        drawing.happen(_instant(moment), drawing.reset)
    draws: list[Draw] = []
    invoiced = 0
    told = sorted(enumerate(uses), key=lambda each: (each[1].at, each[0]))
    for number, (_, use) in enumerate(told, 1):
        if use.at > as_of:
            break
        amount = atoms(use.amount, AMOUNT_SCALE)
        for lot, exceeds, _, taken in drawing.use(_instant(use.at), 0, amount, label=use.product):
            if lot is None or exceeds:
                invoiced += taken
            elif taken:
                draws.append(Draw(use=number, grant=lot.name, amount=_money(taken)))
    drawing.advance(_instant(as_of))
    uncovered = {Beyond.CARRIED: drawing.owed, Beyond.BLOCKED: drawing.refused}
    return Burned(
        draws=tuple(draws),
        balances={name: _money(lot.balance) for name, lot in lots.items()},
        lapsed={
            name: _money(lot.lapsed - lot.raised)
            for name, lot in lots.items()
            if lot.lapsed != lot.raised
        },
        beyond=_money(uncovered.get(beyond, invoiced)),
    )


def rolled_over(
    left: Decimal,
    *,
    cap: Decimal | None = None,
    floor: Decimal = Decimal(0),
    percent_of_left: Decimal = Decimal(100),
) -> Decimal:
    """What of a balance is carried on: a percentage of it, at least the floor, within the cap."""
    numerator, denominator = percent_of_left.as_integer_ratio()
    keeps = Keeps(
        cap=None if cap is None else atoms(cap, AMOUNT_SCALE),
        floor=atoms(floor, AMOUNT_SCALE),
        numerator=numerator,
        denominator=denominator * 100,
    )
    return _money(keeps.of(atoms(left, AMOUNT_SCALE)))


def credits_bought(money: Decimal, unit_cost: Decimal) -> Fraction:
    """How many credits a payment buys, exact; what they are worth in use is another number.

    >>> credits_bought(Decimal(1), Decimal("0.008"))
    Fraction(125, 1)
    """
    return Fraction(Fraction(money), Fraction(unit_cost))


def worth(amount: Decimal, unit_value: Decimal) -> Decimal:
    """What credits pay for.

    >>> worth(Decimal(500), Decimal("0.01"))
    Decimal('5.00')
    """
    return amount * unit_value


def _lot(grant: Grant, order: Sequence[DrawFirst]) -> Lot:
    return Lot(
        name=grant.id,
        rank=_rank(grant, order),
        first=_instant(grant.effective or _FIRST),
        end=_instant(min(grant.expires or _LAST, grant.voided or _LAST)),
        amount=atoms(grant.amount, AMOUNT_SCALE),
        takes=frozenset(grant.applies_to),
        keeps=_keeps(grant),
    )


def _keeps(grant: Grant) -> Keeps:
    numerator, denominator = grant.rollover_percent.as_integer_ratio()
    cap = grant.rollover_cap
    if grant.rollover_cap_percent is not None:
        cap = grant.amount * grant.rollover_cap_percent.scaleb(-2)
    return Keeps(
        cap=None if cap is None else atoms(cap, AMOUNT_SCALE),
        floor=atoms(grant.rollover_floor, AMOUNT_SCALE),
        numerator=numerator,
        denominator=denominator * 100,
    )


def _instant(moment: datetime) -> int:
    return (moment - _FIRST) // _MICROSECOND


def _rank(grant: Grant, order: Sequence[DrawFirst]) -> tuple[Any, ...]:
    return rank(
        order,
        Standing(
            name=grant.id,
            first=_instant(grant.effective or _FIRST),
            end=_instant(grant.expires or _LAST),
            created=_instant(grant.created or grant.effective or _FIRST),
            unit_cost=Fraction(grant.unit_cost),
            priority=grant.priority,
            products=len(grant.applies_to),
            rolled_over=grant.rolled_over,
        ),
    )


def _money(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-AMOUNT_SCALE)
