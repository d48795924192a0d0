"""Step 5: entitlements bought in lots; a unit of use is drawn from one only (55-46, 55-48).

Credits of several purchases, grants and rollovers may be used for the same thing, each lot with its
own price, first and last day. Which lot a unit is drawn from decides what it earns and what lapses;
the contract ranks lots, or policy elects the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Context, Decimal

from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import CountedIn, Measure, PerformanceObligation
from revrec.model.history import ContractHistory
from revrec.model.policy import Policy
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, atoms
from revrec.periods import FOREVER, day_before

_Row = tuple[str, date, Decimal, Decimal]
_EXACT = Context(prec=60)
"""More digits than any count has."""


@dataclass(slots=True)
class Lot:
    """A lot of a pool under one set of terms, and what is left of it; counts are atoms."""

    name: str
    rank: int
    first: date
    lapses: date
    last: date
    """Last day of what rolls over; the day it lapses if nothing does."""
    left: int | None
    """None for a lot that takes whatever exceeds the others."""
    rolls_over: int = 0

    def available(self, day: date) -> int:
        """What may be drawn on a day."""
        if self.left is None or not self.first <= day <= self.last:
            return 0
        return self.left if day <= self.lapses else min(self.left, self.rolls_over)


@dataclass(frozen=True, slots=True)
class Pool:
    """Lots in the order in which they are drawn."""

    lots: tuple[Lot, ...]
    by_amount: bool
    """Whether the lots are counted in rated amount."""

    @property
    def names(self) -> frozenset[str]:
        """Obligations that are lots of the pool."""
        return frozenset(lot.name for lot in self.lots)


@dataclass(frozen=True, slots=True)
class Use:
    """Consumption of a day, in atoms of quantity and of rated amount."""

    day: date
    quantity: int
    amount: int


@dataclass(slots=True)
class _Drawing:
    pool: Pool
    drawn: list[tuple[Lot, int]] = field(default_factory=list)


@cites("606-10-55-46", "606-10-55-48")
def pools_of(history: ContractHistory, policy: Policy) -> Mapping[str, Pool]:
    """Pools of the contract by name, with their lots in order.

    Raises UnsupportedTerm for lots of one pool that count different meters or in different units.
    """
    promised = [*history.contract.obligations]
    for change in history.modifications:
        promised += [*change.adds, *change.revises]
    if not any(each.usage.lot_of for each in promised):
        return {}
    found: dict[str, list[tuple[PerformanceObligation, Lot]]] = {}
    for obligation, lot in _lots(history):
        if obligation.usage.lot_of:
            found.setdefault(obligation.usage.lot_of, []).append((obligation, lot))
    return {
        name: _pool(history, name, lots, policy.value("credits_drawn"))
        for name, lots in found.items()
    }


@cites("606-10-55-46", "606-10-55-48")
def drawn_from(pool: Pool, used: Iterable[tuple[date, Decimal, Decimal]]) -> list[_Row]:
    """Days of use, in units and currency, as what each lot gave: obligation, day and both."""
    told = [
        Use(day, atoms(quantity, QUANTITY_SCALE), atoms(amount, AMOUNT_SCALE))
        for day, quantity, amount in used
    ]
    fresh = Pool(tuple(replace(lot) for lot in pool.lots), pool.by_amount)
    return [
        (
            name,
            use.day,
            Decimal(use.quantity).scaleb(-QUANTITY_SCALE, _EXACT),
            Decimal(use.amount).scaleb(-AMOUNT_SCALE, _EXACT),
        )
        for name, use in draw(fresh, told)
    ]


@cites("606-10-55-46", "606-10-55-48")
def draw(pool: Pool, used: Iterable[Use]) -> Iterator[tuple[str, Use]]:
    """Every day's use by the lots that gave it, in order; corrections go back as they came.

    What exceeds all lots belongs to one without an entitlement, else to the last that could be
    drawn, where overage is charged. The other count of a day is shared in proportion.
    """
    drawing = _Drawing(pool)
    for use in sorted(used, key=lambda each: each.day):
        counted = use.amount if pool.by_amount else use.quantity
        parts = _take(drawing, use.day, counted) if counted >= 0 else _give_back(drawing, -counted)
        yield from _split(pool, use, counted, parts)


def _take(drawing: _Drawing, day: date, wanted: int) -> list[tuple[Lot, int]]:
    parts: list[tuple[Lot, int]] = []
    open_ones = [
        lot for lot in drawing.pool.lots if lot.left is not None and lot.first <= day <= lot.last
    ]
    for lot in open_ones:
        taken = min(lot.available(day), wanted)
        if taken and lot.left is not None:
            if day > lot.lapses:
                lot.rolls_over -= taken
            lot.left -= taken
            wanted -= taken
            parts.append((lot, taken))
    beyond = [lot for lot in drawing.pool.lots if lot.left is None and lot.first <= day <= lot.last]
    if wanted or not parts:
        parts += [(lot, wanted) for lot in (beyond or open_ones[-1:])[:1]]
    drawing.drawn += [part for part in parts if part[1]]
    return parts


def _give_back(drawing: _Drawing, returned: int) -> list[tuple[Lot, int]]:
    parts: list[tuple[Lot, int]] = []
    while returned and drawing.drawn:
        lot, taken = drawing.drawn.pop()
        back = min(taken, returned)
        if lot.left is not None:
            lot.left += back
        if back < taken:
            drawing.drawn.append((lot, taken - back))
        returned -= back
        parts.append((lot, -back))
    if returned:
        parts.append((drawing.pool.lots[0], -returned))
    return parts


def _split(
    pool: Pool, use: Use, counted: int, parts: list[tuple[Lot, int]]
) -> Iterator[tuple[str, Use]]:
    """The day's other count in proportion, the rest of the division with the last part."""
    other = use.quantity if pool.by_amount else use.amount
    left = other
    for number, (lot, taken) in enumerate(parts):
        last = number == len(parts) - 1
        share = left if last or not counted else other * abs(taken) // abs(counted)
        left -= share
        quantity, amount = (share, taken) if pool.by_amount else (taken, share)
        yield lot.name, Use(use.day, quantity, amount)


def _lots(history: ContractHistory) -> Iterator[tuple[PerformanceObligation, Lot]]:
    """Lots under each set of terms they had, from their first to their last day."""
    contract = history.contract
    open_ones = {
        each.id: (each, _lot(each, each.start or contract.first_day, contract.end))
        for each in contract.obligations
    }
    ends = contract.end
    for change in history.modifications:
        begins = change.new_terms_from or change.on
        ends = change.end or ends
        for name in (*change.withdraws, *(each.id for each in change.revises)):
            if name in open_ones:
                obligation, lot = open_ones.pop(name)
                lot.lapses = min(lot.lapses, day_before(begins))
                lot.last = min(lot.last, day_before(begins))
                yield obligation, lot
        for each in (*change.adds, *change.revises):
            open_ones[each.id] = (each, _lot(each, max(each.start or begins, begins), ends))
    yield from open_ones.values()


def _lot(obligation: PerformanceObligation, first: date, ends: date | None) -> Lot:
    terms = obligation.usage
    scale = AMOUNT_SCALE if terms.counted_in is CountedIn.AMOUNT else QUANTITY_SCALE
    lapses = terms.lapses or obligation.end or ends or FOREVER
    return Lot(
        name=obligation.id,
        rank=terms.drawn_rank,
        first=first,
        lapses=lapses,
        last=terms.rolls_over_until or lapses,
        left=None if terms.entitled is None else atoms(terms.entitled, scale),
        rolls_over=atoms(terms.rolls_over, scale),
    )


def _pool(
    history: ContractHistory,
    name: str,
    told: list[tuple[PerformanceObligation, Lot]],
    order: str,
) -> Pool:
    alike = {(each.usage.counted_in, frozenset(_meters(each, name))) for each, _ in told}
    if len(alike) > 1 or any(each.measure is not Measure.USAGE for each, _ in told):
        raise UnsupportedTerm(
            f"Lots of {name} in contract {history.contract.id} are not all measured by the same "
            "usage, counted alike.",
            citation="606-10-55-46",
            remedy="Give every lot the same `meters`, `counted_in` and `measure: usage`.",
            contract=history.contract.id,
            field="obligations.usage.lot_of",
        )

    def place(lot: Lot) -> tuple[int, date, date, str]:
        days = (lot.last, lot.first) if order == "first_to_lapse" else (lot.first, lot.last)
        return lot.rank, *days, lot.name

    lots = sorted((lot for _, lot in told), key=place)
    return Pool(tuple(lots), told[0][0].usage.counted_in is CountedIn.AMOUNT)


def _meters(obligation: PerformanceObligation, pool: str) -> tuple[str, ...]:
    """Meters that a lot counts; those of the pool's name where it names none."""
    return obligation.meters or (pool,)
