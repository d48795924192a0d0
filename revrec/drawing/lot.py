"""Lots: what there is to draw on, and what becomes of it. Counts are atoms, instants integers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeps:
    """What of a balance is kept: ``min(cap, max(floor, left x numerator / denominator))``."""

    cap: int | None = None
    floor: int = 0
    numerator: int = 1
    denominator: int = 1

    def of(self, left: int) -> int:
        """Atoms kept; a part of one is not."""
        kept = max(self.floor, left * self.numerator // self.denominator)
        return kept if self.cap is None else min(self.cap, kept)


@dataclass(slots=True, kw_only=True, eq=False)
class Lot:
    """Something to draw on, and what became of it so far; all counts are atoms.

    Once begun: ``amount + adjusted + raised = drawn + lapsed + carried + balance``.
    """

    name: str
    rank: tuple[Any, ...]
    """Lots of lower rank give first; no two lots of a drawing have the same."""
    first: int
    end: int
    """The instant at which it is gone."""
    amount: int = 0
    endless: bool = False
    """Whether it has no amount: it takes what exceeds the others."""
    by_amount: bool = True
    """Whether it is counted in the amount of a use, or in its quantity."""
    takes: frozenset[str] = frozenset()
    """Labels of the use it pays for; all if empty."""
    keeps: Keeps = field(default_factory=Keeps)
    """What a reset keeps of it, and what goes on as ``into`` when it ends."""
    into: Lot | None = None
    within: Lot | None = None
    """A lot to which what is drawn here counts as well."""
    left: int = 0
    """Shared by all who may draw; below 0 only where lots within it gave more."""
    parts: dict[str, int] = field(default_factory=dict)
    """Consumer -> what is left of what is set aside for it."""
    drawn: int = 0
    counted: int = 0
    """Drawn from lots within it."""
    exceeded: int = 0
    """Use that no lot covered and that belongs to this one."""
    lapsed: int = 0
    carried: int = 0
    raised: int = 0
    """What a floor kept beyond what was left."""
    adjusted: int = 0
    begun: bool = False
    ended: bool = False

    @property
    def balance(self) -> int:
        """What is left of it in all."""
        return max(self.left, 0) + sum(self.parts.values())


class Source(IntEnum):
    """Where something was drawn from."""

    SHARED, PART, BEYOND = range(3)


def draw(lot: Lot, consumer: str, source: Source, atoms: int) -> None:
    """Take from a lot, or with negative atoms give back to an open one."""
    if source is Source.PART:
        lot.parts[consumer] -= atoms
    else:
        lot.left -= atoms
    lot.drawn += atoms
    outer = lot.within
    while outer is not None:
        outer.left -= atoms
        outer.counted += atoms
        outer = outer.within


def give_back(lot: Lot, consumer: str, source: Source, atoms: int) -> None:
    """Give back to a lot; one that has ended carries of it what it would have carried."""
    draw(lot, consumer, source, -atoms)
    if not lot.ended:
        return
    set_aside(lot, consumer if source is Source.PART else "", -atoms)
    into = lot.into
    if into is None or into.first != lot.end:
        lapse(lot, atoms)
        return
    unused = lot.carried - lot.raised + lot.lapsed + atoms
    more = lot.keeps.of(unused) - lot.carried
    lot.carried += more
    lowered = min(lot.raised, atoms - more)
    lot.raised -= lowered
    lapse(lot, atoms - more - lowered)
    into.amount += more
    if into.ended:
        lapse(into, more)
    else:
        set_aside(into, consumer if source is Source.PART else "", more)


def lapse(lot: Lot, atoms: int) -> None:
    """What is not kept lapses; what is kept beyond what was left, told below 0, is raised."""
    lot.lapsed += max(atoms, 0)
    lot.raised += max(-atoms, 0)


def set_aside(lot: Lot, consumer: str, atoms: int) -> None:
    """Change what is left of a consumer's part, or of what is shared."""
    if not consumer:
        lot.left += atoms
    elif atoms:
        lot.parts[consumer] = lot.parts.get(consumer, 0) + atoms
