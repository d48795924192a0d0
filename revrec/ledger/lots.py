"""Lots: units that came in on a day, with what they were worth then, in order.

Units are minor units of the contract's currency, worths of the functional currency. What a lot
gives is rounded once cumulatively: its parts sum to it, however it is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from revrec.citations import cites
from revrec.money import round_ratio

Piece = tuple[int, int]
"""Units, and what they are worth."""
Rate = Callable[[], Fraction]
"""Minor units of the functional currency for one of the contract's."""


@dataclass(slots=True)
class _Lot:
    units: int
    worth: int
    document: str
    left: int

    def worth_of(self, left: int) -> int:
        return round_ratio(self.worth * left, self.units)

    def take(self, wanted: int) -> Piece:
        taken = min(wanted, self.left)
        before, self.left = self.left, self.left - taken
        return taken, self.worth_of(before) - self.worth_of(self.left)


@dataclass(slots=True)
class Lots:
    """A queue of lots, oldest first."""

    _lots: list[_Lot] = field(default_factory=list)

    @property
    def units(self) -> int:
        """What is left."""
        return sum(lot.left for lot in self._lots)

    @property
    def worth(self) -> int:
        """Of what is left."""
        return sum(lot.worth_of(lot.left) for lot in self._lots)

    def add(self, units: int, worth: int, document: str = "", *, oldest: bool = False) -> None:
        """A lot of the day, or one that is given back to where it was taken from."""
        if units:
            lot = _Lot(units, worth, document, units)
            self._lots.insert(0 if oldest else len(self._lots), lot)

    def take(self, units: int, *, document: str = "", newest: bool = False) -> list[Piece]:
        """Up to so many units: of the document, then the oldest or the newest."""
        taken = []
        for lot in list(self._in_order(document, newest=newest)):
            if not units:
                break
            piece = lot.take(units)
            units -= piece[0]
            taken.append(piece)
        self._lots = [lot for lot in self._lots if lot.left]
        return taken

    def newest(self, units: int, document: str = "") -> Piece:
        """What taking the newest would give, those of the document first; takes nothing."""
        found, worth = 0, 0
        for lot in self._in_order(document, newest=True):
            part = min(units - found, lot.left)
            found += part
            worth += lot.worth_of(lot.left) - lot.worth_of(lot.left - part)
        return found, worth

    def restate(self, rate: Rate) -> None:
        """What is left is worth the rate from now on."""
        for lot in self._lots:
            lot.units, lot.worth = lot.left, worth_at(rate, lot.left)

    def _in_order(self, document: str, *, newest: bool) -> Iterator[_Lot]:
        ordered = reversed(self._lots) if newest else iter(self._lots)
        # Equal keys keep their order.
        return iter(sorted(ordered, key=lambda lot: not document or lot.document != document))


def worth_at(rate: Rate, units: int) -> int:
    """Units at a rate, rounded half to even; a rate that is not needed is not asked for."""
    if not units:
        return 0
    exact = rate()
    return round_ratio(units * exact.numerator, exact.denominator)


def total(pieces: list[Piece]) -> Piece:
    """Units and worth of pieces together."""
    return sum(units for units, _ in pieces), sum(worth for _, worth in pieces)


def _beyond(units: int, worth: int, settled: int) -> Piece:
    """What is left of units of some worth when a part has settled something."""
    return units - settled, worth - round_ratio(worth * settled, units) if units else 0


@dataclass(slots=True)
class Position:
    """What was received and not earned in lots, or earned and not received; never both."""

    liability: Lots = field(default_factory=Lots)
    asset: Lots = field(default_factory=Lots)
    _earned: Lots = field(default_factory=Lots)

    @property
    def worth(self) -> int:
        """Of the liability, less the asset, as they arose."""
        return self.liability.worth - self.asset.worth

    @cites("830-10-45-18", "606-10-45-2", "606-10-45-3")
    def receive(self, units: int, worth: int, document: str = "", *, back: bool = False) -> None:
        """A right or cash: settles what was earned first, the rest is a lot of that day.

        ``back`` gives to the liability, or takes from the asset, what was earned last.
        """
        settled, _ = total(self.asset.take(units, newest=back))
        self.liability.add(*_beyond(units, worth, settled), document, oldest=back)

    @cites("830-10-45-18", "606-10-25-30")
    def earn(self, units: int, rate: Rate) -> int:
        """What is earned is worth what was received for it; beyond that, the rate of its time.

        What is taken back is worth what it was when it was earned. Gives the worth.
        """
        if units < 0:
            return -self._give_back(-units, rate)
        pieces = self.liability.take(units)
        beyond = units - total(pieces)[0]
        if beyond:
            pieces.append((beyond, worth_at(rate, beyond)))
            self.asset.add(*pieces[-1])
        for piece in pieces:
            self._earned.add(*piece)
        return total(pieces)[1]

    def withdraw(self, units: int, rate: Rate, document: str = "") -> int:
        """What is credited or given back, as it was worth when it came; gives the worth.

        Of its bill first, then of the newest lots, then of what was earned of them.
        """
        taken, worth = total(self.liability.take(units, document=document, newest=True))
        rest = units - taken
        known, of_earned = self._earned.newest(rest)
        of_earned += worth_at(rate, rest - known)
        self.asset.add(rest, of_earned)
        return worth + of_earned

    def _give_back(self, units: int, rate: Rate) -> int:
        pieces = self._earned.take(units, newest=True)
        beyond = units - total(pieces)[0]
        if beyond:
            pieces.append((beyond, worth_at(rate, beyond)))
        for piece in pieces:
            self.receive(*piece, back=True)
        return total(pieces)[1]


@dataclass(slots=True)
class Settlement:
    """Open bills in lots, or cash received before a bill; never both."""

    open: Lots = field(default_factory=Lots)
    advance: Lots = field(default_factory=Lots)

    @property
    def worth(self) -> int:
        """Of open bills, less advances, as they arose."""
        return self.open.worth - self.advance.worth

    def bill(self, units: int, rate: Rate, document: str) -> tuple[Piece, Piece]:
        """A bill: the part that cash was received for in advance, and the rest at its rate."""
        covered = total(self.advance.take(units))
        rest = units - covered[0]
        billed = rest, worth_at(rate, rest)
        self.open.add(*billed, document)
        return covered, billed

    def reduce(self, units: int, worth: int, document: str, *, newest: bool = False) -> Piece:
        """Open bills settled or credited by an amount of some worth; gives what is beyond them."""
        settled, _ = total(self.open.take(units, document=document, newest=newest))
        beyond = _beyond(units, worth, settled)
        self.advance.add(*beyond)
        return beyond

    def give_back(self, units: int, worth: int) -> int:
        """Cash returned; gives the units that stood in advance, the rest the customer owes."""
        returned, _ = total(self.advance.take(units, newest=True))
        self.open.add(*_beyond(units, worth, returned))
        return returned
