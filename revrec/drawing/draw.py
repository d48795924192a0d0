"""Drawing on lots: which lot gives for which use, and what is left of each. The one implementation.

Credits, commitments and entitlements are lots. Counts are atoms (integers), and so are instants;
whether an instant is a day or a microsecond is the caller's. At one instant lots end first, then
begin, then happens what the caller has happen (a correction, a transfer), then use.

A lot may be divided: a part of it is set aside for one consumer, the rest is shared. No atom is
drawn, carried, lapsed or given away twice, whatever the order in which all is told.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable
from enum import IntEnum, StrEnum
from heapq import heappop, heappush
from itertools import count
from typing import Any

from revrec.drawing.lot import Lot, Source, draw, give_back, lapse, set_aside
from revrec.money import apportion


class Beyond(StrEnum):
    """What becomes of use that no lot covers."""

    INVOICED = "invoiced"
    """It is charged."""
    CARRIED = "carried"
    """It is owed, and taken from the next lot that begins."""
    BLOCKED = "blocked"
    """A use that is not covered in full does not take place."""


Part = tuple[Lot | None, bool, int, int]
"""Of a use: the lot, whether it exceeds the lot instead of being covered, quantity and amount."""


class _Phase(IntEnum):
    END, BEGIN, HAPPEN = range(3)


class Drawing:
    """Lots as they stand, moved on by uses in the order of their instants."""

    def __init__(self, lots: Iterable[Lot], *, beyond: Beyond = Beyond.INVOICED) -> None:
        self.owed = 0
        """Use that nothing covered and that waits for the next lot."""
        self.refused = 0
        """Use that did not take place."""
        self._beyond = beyond
        self._open: list[Lot] = []
        self._fitting: dict[str, list[Lot]] = {}
        self._numbers = count()
        self._schedule: list[tuple[int, _Phase, int, Callable[[], object]]] = []
        self._drawn: dict[tuple[str, str, bool], list[tuple[Lot | None, Source, int]]] = {}
        self._repaid: list[Lot] = []
        for lot in lots:
            self.plan(lot)

    def plan(self, lot: Lot) -> None:
        """Let a lot begin at its first instant."""
        self._put(lot.first, _Phase.BEGIN, lambda: self._begin(lot))

    def happen(self, at: int, what: Callable[[], object]) -> None:
        """Let something happen at an instant, after what ends and begins then."""
        self._put(at, _Phase.HAPPEN, what)

    def advance(self, at: int) -> None:
        """Let everything happen up to an instant, itself included."""
        while self._schedule and self._schedule[0][0] <= at:
            heappop(self._schedule)[3]()

    def use(
        self, at: int, quantity: int, amount: int, *, consumer: str = "", label: str = ""
    ) -> list[Part]:
        """Draw a use; a negative one gives back what its consumer and label drew last."""
        self.advance(at)
        lots = self._fit(label)
        drawn = self._drawn.get((consumer, label, True), [])
        by_amount = lots[0].by_amount if lots else bool(drawn) or not quantity
        counted = amount if by_amount else quantity
        if counted < 0:
            drawn = self._drawn.setdefault((consumer, label, by_amount), [])
            return self._give_back(drawn, quantity, amount, consumer, by_amount=by_amount)
        if self._beyond is Beyond.BLOCKED and counted > self.available(
            consumer, label, by_amount=by_amount
        ):
            self.refused += counted
            return [(None, True, quantity, amount)]
        return self._take(lots, consumer, label, (quantity, amount))

    def available(self, consumer: str, label: str, *, by_amount: bool) -> int:
        """What a consumer may draw now for a label, of lots counted in this way."""
        return sum(
            max(lot.left, 0) + lot.parts.get(consumer, 0)
            for lot in self._fit(label)
            if lot.by_amount is by_amount
        )

    def adjust(self, lot: Lot, by: int) -> int:
        """Add to what is shared of a lot, or take away, at most what is left; what was done."""
        if not lot.begun:
            done = max(by, -lot.amount)
            lot.amount += done
            return done
        done = 0 if lot.ended else max(by, -max(lot.left, 0))
        lot.adjusted += done
        lot.left += done
        return done

    def reterm(self, lot: Lot, end: int, rank: tuple[Any, ...]) -> None:
        """Let a lot end at another instant; what has lapsed may be used again."""
        if not lot.begun:
            lot.end, lot.rank = end, rank
            return
        if lot.ended:
            lot.left, lot.lapsed, lot.ended = lot.left + lot.lapsed, 0, False
        else:
            self._open.remove(lot)
        lot.end, lot.rank = end, rank
        self._opened(lot)

    def move(self, giver: str, taker: str, wanted: int, only: frozenset[str] = frozenset()) -> int:
        """Set aside for the taker what the giver has ("" is what is shared); what was moved.

        Never more than is left. Lots give in the order in which they are drawn, those alone that
        are named, if any are.
        """
        rest = wanted
        for lot in self._open:
            has = lot.parts.get(giver, 0) if giver else max(lot.left, 0)
            moved = min(has, rest) if not only or lot.name in only else 0
            set_aside(lot, giver, -moved)
            set_aside(lot, taker, moved)
            rest -= moved
        return wanted - rest

    def reset(self) -> None:
        """Cut what is shared of every open lot to what it keeps, and forgive what is owed."""
        for lot in self._open:
            kept = lot.keeps.of(max(lot.left, 0))
            lapse(lot, max(lot.left, 0) - kept)
            lot.left = kept
        self.owed = 0

    def _fit(self, label: str) -> list[Lot]:
        """Open lots that pay for a label, in order."""
        lots = self._fitting.get(label)
        if lots is None:
            lots = [lot for lot in self._open if not lot.takes or label in lot.takes]
            self._fitting[label] = lots
        return lots

    def _put(self, at: int, phase: _Phase, what: Callable[[], object]) -> None:
        heappush(self._schedule, (at, phase, next(self._numbers), what))

    def _opened(self, lot: Lot) -> None:
        insort(self._open, lot, key=lambda each: each.rank)
        self._fitting.clear()
        end = lot.end
        self._put(end, _Phase.END, lambda: self._end(lot, end))

    def _begin(self, lot: Lot) -> None:
        if lot.end <= lot.first:
            return
        lot.begun = True
        lot.left += lot.amount
        if self.owed and not lot.endless:
            repaid = min(self.owed, lot.left)
            self.owed -= repaid
            lot.left -= repaid
            lot.drawn += repaid
            self._repaid.append(lot)
        self._opened(lot)

    def _end(self, lot: Lot, planned: int) -> None:
        """End a lot, unless it was given another end meanwhile."""
        if lot.ended or lot.end != planned:
            return
        lot.ended = True
        self._open.remove(lot)
        self._fitting.clear()
        unused = {"": max(lot.left, 0), **lot.parts}
        left = sum(unused.values())
        lot.left = min(lot.left, 0)
        lot.parts = dict.fromkeys(lot.parts, 0)
        into = lot.into
        if into is None or into.end <= lot.end:
            lapse(lot, left)
            return
        kept = lot.keeps.of(left)
        lot.carried = kept
        lapse(lot, left - kept)
        shares = apportion(kept, unused) if left else {"": kept}
        into.first, into.amount, into.begun = lot.end, kept, True
        into.left = shares.pop("")
        into.parts = shares
        self._opened(into)

    def _take(self, lots: list[Lot], consumer: str, label: str, use: tuple[int, int]) -> list[Part]:
        """What each lot gives; its share of the other count is in proportion, rest to the last."""
        parts: list[Part] = []
        rest = list(use)
        of, counting = use, -1
        for lot in lots:
            if lot.left <= 0 and not lot.parts:
                continue
            counted = int(lot.by_amount)
            wanted = rest[counted]
            if wanted <= 0:
                continue
            own = min(wanted, lot.parts.get(consumer, 0)) if lot.parts else 0
            taken = own + min(wanted - own, max(lot.left, 0))
            if not taken:
                continue
            if counting != counted:
                of, counting = (rest[0], rest[1]), counted
            share = of[1 - counted] * taken // of[counted] if taken < wanted else rest[1 - counted]
            rest[counted] -= taken
            rest[1 - counted] -= share
            parts.append((lot, False, share, taken) if counted else (lot, False, taken, share))
            drawn = self._drawn.setdefault((consumer, label, lot.by_amount), [])
            for source, atoms in ((Source.PART, own), (Source.SHARED, taken - own)):
                if atoms:
                    draw(lot, consumer, source, atoms)
                    _remember(drawn, (lot, source, atoms))
        if any(rest) or not parts:
            parts.append(self._exceed(lots, consumer, label, (rest[0], rest[1])))
        return parts

    def _exceed(self, lots: list[Lot], consumer: str, label: str, rest: tuple[int, int]) -> Part:
        """What exceeds all lots belongs to one without an end, else to the last in order."""
        lot = next((each for each in lots if each.endless), lots[-1] if lots else None)
        by_amount = lot.by_amount if lot else rest[0] == 0
        counted = rest[by_amount]
        if lot is not None:
            lot.exceeded += counted
        if self._beyond is Beyond.CARRIED:
            self.owed += counted
        if counted > 0:
            drawn = self._drawn.setdefault((consumer, label, by_amount), [])
            _remember(drawn, (lot, Source.BEYOND, counted))
        return lot, True, *rest

    def _give_back(
        self,
        drawn: list[tuple[Lot | None, Source, int]],
        quantity: int,
        amount: int,
        consumer: str,
        *,
        by_amount: bool,
    ) -> list[Part]:
        """Last drawn, first given back; what was never drawn exceeds no lot, below nothing."""
        counted, other = (amount, quantity) if by_amount else (quantity, amount)
        returned = -counted
        given: list[tuple[Lot | None, bool, int]] = []
        while returned and drawn:
            lot, source, taken = drawn.pop()
            back = min(taken, returned)
            if back < taken:
                drawn.append((lot, source, taken - back))
            returned -= back
            given.append((lot, source is Source.BEYOND, back))
            if source is Source.BEYOND:
                self._owe_less(lot, back)
            elif lot is not None:
                give_back(lot, consumer, source, back)
        if returned:
            given.append((None, True, returned))
        parts: list[Part] = []
        left = other
        for number, (lot, over, back) in enumerate(given, 1):
            share = left if number == len(given) else other * back // -counted
            left -= share
            parts.append((lot, over, share, -back) if by_amount else (lot, over, -back, share))
        return parts

    def _owe_less(self, lot: Lot | None, back: int) -> None:
        if lot is not None:
            lot.exceeded -= back
        if self._beyond is not Beyond.CARRIED:
            return
        forgiven = min(back, self.owed)
        self.owed -= forgiven
        back -= forgiven
        while back and self._repaid:
            payer = self._repaid[-1]
            part = min(back, payer.drawn)
            give_back(payer, "", Source.SHARED, part)
            back -= part
            if back:
                self._repaid.pop()


def _remember(
    drawn: list[tuple[Lot | None, Source, int]], entry: tuple[Lot | None, Source, int]
) -> None:
    if drawn and drawn[-1][:2] == entry[:2]:
        entry = (entry[0], entry[1], drawn.pop()[2] + entry[2])
    drawn.append(entry)
