"""Step 5: entitlements bought in lots; a unit of use is drawn from one only (55-46, 55-48).

Credits of several purchases, grants and rollovers may be used for the same thing, each lot with its
own price, first and last day. Which lot a unit is drawn from decides what it earns and what lapses;
the contract ranks lots, or policy elects the order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Context, Decimal

from revrec.citations import cites
from revrec.drawing.draw import Drawing
from revrec.drawing.lot import Keeps, Lot
from revrec.errors import UnsupportedTerm
from revrec.model.contract import CountedIn, Measure, PerformanceObligation
from revrec.model.history import ContractHistory
from revrec.model.policy import Policy
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, atoms
from revrec.periods import FOREVER, day_before

_Row = tuple[str, date, Decimal, Decimal]
_EXACT = Context(prec=60)
"""More digits than any count has."""


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A lot of a pool under one set of terms; counts are atoms."""

    name: str
    """The obligation."""
    rank: int
    first: date
    lapses: date
    last: date
    """Last day of what rolls over; the day it lapses if nothing does."""
    entitled: int | None
    """None for a lot that takes whatever exceeds the others."""
    rolls_over: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """Lots in the order in which they are drawn."""

    lots: tuple[Entitlement, ...]
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


@cites("606-10-55-46", "606-10-55-48")
def pools_of(history: ContractHistory, policy: Policy) -> Mapping[str, Pool]:
    """Pools of the contract by name, with their lots in order.

    Raises UnsupportedTerm for lots of one pool that count different meters or in different units.
    """
    pooled = [each for each in history.promised if each.usage.lot_of]
    if not pooled:
        return {}
    found: dict[str, list[tuple[PerformanceObligation, Entitlement]]] = {}
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
    return [
        (
            name,
            use.day,
            Decimal(use.quantity).scaleb(-QUANTITY_SCALE, _EXACT),
            Decimal(use.amount).scaleb(-AMOUNT_SCALE, _EXACT),
        )
        for name, use in draw(pool, told)
    ]


@cites("606-10-55-46", "606-10-55-48")
def draw(pool: Pool, used: Iterable[Use]) -> Iterator[tuple[str, Use]]:
    """Every day's use by the lots that gave it, in order; corrections go back as they came.

    What exceeds all lots belongs to one without an entitlement, else to the last that could be
    drawn, where overage is charged. The other count of a day is shared in proportion.
    """
    drawing = Drawing(_lot(pool, place) for place in range(len(pool.lots)))
    for use in sorted(used, key=lambda each: each.day):
        for lot, exceeds, quantity, amount in drawing.use(
            use.day.toordinal(), use.quantity, use.amount
        ):
            counted = amount if pool.by_amount else quantity
            if lot is not None:
                yield lot.name, Use(use.day, quantity, amount)
            elif exceeds and counted < 0:
                # More came back than was drawn: the first lot has less than nothing.
                yield pool.lots[0].name, Use(use.day, quantity, amount)


def _lot(pool: Pool, place: int) -> Lot:
    """A lot to draw on; what rolls over goes on in its place."""
    told = pool.lots[place]
    lot = Lot(
        name=told.name,
        rank=(place,),
        first=told.first.toordinal(),
        end=min(told.lapses, told.last).toordinal() + 1,
        amount=told.entitled or 0,
        endless=told.entitled is None,
        by_amount=pool.by_amount,
        keeps=Keeps(cap=told.rolls_over),
    )
    if told.last > told.lapses:
        end = told.last.toordinal() + 1
        lot.into = replace(lot, first=end, end=end, amount=0, parts={})
    return lot


def _lots(history: ContractHistory) -> Iterator[tuple[PerformanceObligation, Entitlement]]:
    """Lots under each set of terms they had, from their first to their last day."""
    contract = history.contract
    open_ones = {
        each.id: (each, _entitlement(each, each.start or contract.first_day, contract.end))
        for each in contract.obligations
    }
    ends = contract.end
    for change in history.modifications:
        begins = change.new_terms_from or change.on
        ends = change.end or ends
        for name in (*change.withdraws, *(each.id for each in change.revises)):
            if name in open_ones:
                obligation, lot = open_ones.pop(name)
                last = day_before(begins)
                yield (
                    obligation,
                    replace(lot, lapses=min(lot.lapses, last), last=min(lot.last, last)),
                )
        for each in (*change.adds, *change.revises):
            open_ones[each.id] = (each, _entitlement(each, max(each.start or begins, begins), ends))
    yield from open_ones.values()


def _entitlement(obligation: PerformanceObligation, first: date, ends: date | None) -> Entitlement:
    terms = obligation.usage
    scale = AMOUNT_SCALE if terms.counted_in is CountedIn.AMOUNT else QUANTITY_SCALE
    lapses = terms.lapses or obligation.end or ends or FOREVER
    return Entitlement(
        name=obligation.id,
        rank=terms.drawn_rank,
        first=first,
        lapses=lapses,
        last=terms.rolls_over_until or lapses,
        entitled=None if terms.entitled is None else atoms(terms.entitled, scale),
        rolls_over=atoms(terms.rolls_over, scale),
    )


def _pool(
    history: ContractHistory,
    name: str,
    told: list[tuple[PerformanceObligation, Entitlement]],
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

    def place(lot: Entitlement) -> tuple[int, date, date, str]:
        days = (lot.last, lot.first) if order == "first_to_lapse" else (lot.first, lot.last)
        return lot.rank, *days, lot.name

    lots = sorted((lot for _, lot in told), key=place)
    return Pool(tuple(lots), told[0][0].usage.counted_in is CountedIn.AMOUNT)


def _meters(obligation: PerformanceObligation, pool: str) -> tuple[str, ...]:
    """Meters that a lot counts; those of the pool's name where it names none."""
    return obligation.meters or (pool,)
