"""Burn-down of grants: which credits pay for which use, and what is left at any moment.

A grant counts from its first moment to its expiry, which is excluded: at that moment it is gone,
and use at the moment a grant begins belongs to it. Grants that expire, end or begin do so before
use at the same moment; of uses at one moment the first told goes first. The order in which grants
are told does not matter. A void or a correction changes nothing that was drawn before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial

from revrec.model.contract import _STRICT
from revrec.money import AMOUNT_SCALE, atoms

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)


class DrawFirst(StrEnum):
    """What makes one grant be drawn before another; several are asked in turn."""

    LOWEST_PRIORITY = "lowest_priority"
    """The lower number."""
    EARLIEST_EXPIRY = "earliest_expiry"
    """The one that expires first; those that never expire come last."""
    EARLIEST_EFFECTIVE = "earliest_effective"
    EARLIEST_CREATED = "earliest_created"
    FREE = "free"
    """What was given before what was paid for."""
    LOWEST_COST = "lowest_cost"
    """What was paid least for."""
    FEWEST_PRODUCTS = "fewest_products"
    """The narrower one; those for every product come last."""
    LIMITED = "limited"
    """Those for some products before those for all."""
    ROLLED_OVER = "rolled_over"
    """What was carried over from before."""


class Beyond(StrEnum):
    """What becomes of use that no grant covers."""

    INVOICED = "invoiced"
    """It is charged."""
    CARRIED = "carried"
    """It is owed, and taken from the next grant that begins."""
    BLOCKED = "blocked"
    """A use that is not covered in full does not take place."""


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
    effective: datetime | None = None
    """First moment; from ever if left out."""
    expires: datetime | None = None
    """First moment at which it is gone; never if left out."""
    voided: datetime | None = None
    """The moment from which nothing more is drawn."""
    created: datetime | None = None
    """When it was told, where that decides the order; else its first moment."""
    applies_to: tuple[str, ...] = ()
    """Products it pays for; all if left out."""
    rolled_over: bool = False
    """Whether it is what was left of another."""
    rollover_cap: Decimal = Decimal(0)
    """Most of what is left that a reset keeps."""
    rollover_floor: Decimal = Decimal(0)
    """What a reset brings it up to at least, within the cap."""

    @property
    def purchase_amount(self) -> Decimal:
        """What was paid for all of it."""
        return self.amount * self.unit_cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """Use of credits, a charge they may pay."""

    at: datetime
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


@dataclass(slots=True)
class _State:
    left: dict[str, int] = field(default_factory=dict)
    lapsed: dict[str, int] = field(default_factory=dict)
    draws: list[Draw] = field(default_factory=list)
    beyond: int = 0


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
    state = _State()
    ordered = sorted(grants, key=lambda grant: _rank(grant, order))
    steps: list[tuple[datetime, int, int, Callable[[], None]]] = []
    for grant in ordered:
        begins = grant.effective or _FIRST
        steps.append((begins, 1, 0, partial(_begin, state, grant, beyond)))
        ends = min(grant.expires or _LAST, grant.voided or _LAST)
        if ends < _LAST:
            steps.append((ends, 0, 0, partial(_lapse, state, grant.id, 0)))
    steps += [(moment, 2, 0, partial(_reset, state, grants)) for moment in resets]
    told = sorted(enumerate(uses), key=lambda each: (each[1].at, each[0]))
    steps += [
        (use.at, 3, number, partial(_use, state, ordered, (number, use), beyond))
        for number, (_, use) in enumerate(told, 1)
    ]
    for at, _, _, step in sorted(steps, key=lambda each: each[:3]):
        if at <= as_of:
            step()
    return Burned(
        draws=tuple(state.draws),
        balances={grant.id: _money(state.left.get(grant.id, 0)) for grant in grants},
        lapsed={name: _money(amount) for name, amount in state.lapsed.items() if amount},
        beyond=_money(state.beyond),
    )


def rolled_over(
    left: Decimal,
    *,
    cap: Decimal | None = None,
    floor: Decimal = Decimal(0),
    percent_of_left: Decimal = Decimal(100),
) -> Decimal:
    """What of a balance is carried on: a percentage of it, at least the floor, within the cap."""
    kept = max(floor, left * percent_of_left * Decimal("0.01"))
    return kept if cap is None else min(cap, kept)


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


def _begin(state: _State, grant: Grant, beyond: Beyond) -> None:
    ends = min(grant.expires or _LAST, grant.voided or _LAST)
    if ends <= (grant.effective or _FIRST):
        return
    amount = atoms(grant.amount, AMOUNT_SCALE)
    owed = min(state.beyond, amount) if beyond is Beyond.CARRIED else 0
    state.beyond -= owed
    state.left[grant.id] = amount - owed


def _lapse(state: _State, name: str, keeps: int) -> None:
    left = state.left.get(name, 0)
    state.lapsed[name] = state.lapsed.get(name, 0) + left - keeps
    state.left[name] = keeps


def _reset(state: _State, grants: Sequence[Grant]) -> None:
    for grant in grants:
        if grant.id in state.left:
            left = _money(state.left[grant.id])
            kept = rolled_over(left, cap=grant.rollover_cap, floor=grant.rollover_floor)
            _lapse(state, grant.id, atoms(kept, AMOUNT_SCALE))
    state.beyond = 0


def _use(
    state: _State, ordered: Sequence[Grant], numbered: tuple[int, Use], beyond: Beyond
) -> None:
    number, use = numbered
    fitting = [
        grant
        for grant in ordered
        if state.left.get(grant.id) and (not grant.applies_to or use.product in grant.applies_to)
    ]
    rest = atoms(use.amount, AMOUNT_SCALE)
    if beyond is Beyond.BLOCKED and rest > sum(state.left[grant.id] for grant in fitting):
        state.beyond += rest
        return
    for grant in fitting:
        taken = min(rest, state.left[grant.id])
        if taken:
            state.left[grant.id] -= taken
            rest -= taken
            state.draws.append(Draw(use=number, grant=grant.id, amount=_money(taken)))
    state.beyond += rest


def _rank(grant: Grant, order: Sequence[DrawFirst]) -> tuple[object, ...]:
    effective = grant.effective or _FIRST
    created = grant.created or effective
    keys: dict[DrawFirst, object] = {
        DrawFirst.LOWEST_PRIORITY: grant.priority,
        DrawFirst.EARLIEST_EXPIRY: grant.expires or _LAST,
        DrawFirst.EARLIEST_EFFECTIVE: effective,
        DrawFirst.EARLIEST_CREATED: created,
        DrawFirst.FREE: grant.unit_cost != 0,
        DrawFirst.LOWEST_COST: grant.unit_cost,
        DrawFirst.FEWEST_PRODUCTS: (not grant.applies_to, len(grant.applies_to)),
        DrawFirst.LIMITED: not grant.applies_to,
        DrawFirst.ROLLED_OVER: not grant.rolled_over,
    }
    return (*(keys[key] for key in order), created, grant.id)


def _money(amount: int) -> Decimal:
    return Decimal(amount).scaleb(-AMOUNT_SCALE)
