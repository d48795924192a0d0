"""Step 4 over a contract's life: what each component of the price gives each obligation.

A component's shares are a pure function of its amount, the weights of the day it was promised
and the prospective modifications since. A changed amount therefore goes back to where it was
promised, to satisfied obligations first (606-10-32-43 to 32-45), and rounding never depends on
the path.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import msgspec

from revrec.asc606.allocation import Proportions, allocate
from revrec.citations import cites
from revrec.model.decision import Answer, Shape
from revrec.money import round_ratio

_NOTHING_EARNED = Answer(0, 1, 0)


@dataclass(frozen=True, slots=True)
class Opened:
    """By what an obligation was ahead of its own measure when its contract was taken over.

    What is left of it at progress ``p`` is ``ahead x (1 - p) / (1 - done)``: later revenue makes
    up for it, evenly with what is left to transfer.
    """

    ahead: int
    """Minor units recognised by then beyond what the measure gives; negative if behind."""
    done: Fraction
    """Progress at cutover, below 1."""
    since: int
    """Restarts that had happened."""

    def left(self, answer: Answer) -> int:
        """Minor units still recognised beyond the measure at a later progress."""
        progress = Fraction(answer.numerator, answer.denominator)
        gone = Fraction(progress - self.done, 1 - self.done)
        taken = self.ahead * gone
        return self.ahead - round_ratio(taken.numerator, taken.denominator)


class Component(msgspec.Struct, kw_only=True):
    """A part of the transaction price with one allocation: the fixed pool or one estimate."""

    id: str
    amount: int
    weights: Proportions
    since: int
    """Restarts that had happened when it was promised."""
    decisions: list[int] = []
    increments: Shape | None = None
    """The days of a series that it belongs to (32-40): no restart moves it from them."""
    opened: dict[str, Opened] = {}
    """Obligations taken over otherwise than their measure gives (``cutover``)."""
    known: tuple[int, tuple[Restart, ...], Shares] | None = None
    """What it was last asked for, amount and restarts, with the shares these give."""

    def allocated(self, live: Mapping[str, int], restarts: Sequence[Restart]) -> None:
        """Keep what it gives on the day it is promised, which its amount was just split into."""
        self.known = (self.amount, tuple(restarts), Shares({}, {}, live, {}))

    def open(self, name: str, opened: Opened) -> None:
        """Let an obligation go on from what another system had recognised of it."""
        self.opened[name] = opened
        self.known = None


@dataclass(frozen=True, slots=True)
class Released:
    """A part of what is left of a right: used to buy (55-42), or lapsed."""

    right: str
    portion: Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """A modification that ends the old contract and starts a new one (25-13a, c).

    With ``released`` the contract goes on: only what a right holds moves, by ``weights`` to what
    is bought with it, or to what is earned if there are none.
    """

    components: frozenset[str]
    """Components of the contract that ended; separate contracts (25-12) go on untouched."""
    earned: Mapping[str, Answer]
    """Progress at the cut-off of obligations whose past stays as it was recognised."""
    entitled: Mapping[str, int]
    """What was bought of those counted against an entitlement, in atoms."""
    weights: Proportions
    """By selling prices of what is left; empty when nothing is."""
    changes: Mapping[str, int]
    """Component -> price change."""
    products: Mapping[str, str]
    """Product of each obligation under the terms that end: what was earned stays with it."""
    untouched: frozenset[str] = frozenset()
    """Obligations that keep what they have: a renewal ends only what it continues."""
    released: Released | None = None


class Shares(msgspec.Struct, frozen=True):
    """What a component gives: earned for good, by restart and obligation, and still in force."""

    earned: Mapping[tuple[int, str], int]
    breakage: Mapping[tuple[int, str], int]
    """The part of what was earned that came from rights not used (55-48)."""
    live: Mapping[str, int]
    opened: Mapping[str, Opened]
    """Of what is in force: what goes on from what another system had recognised."""


@cites("606-10-25-13", "606-10-32-43", "606-10-32-44", "606-10-32-45")
def shares(component: Component, restarts: Sequence[Restart]) -> Shares:
    """Shares in minor units that always sum to the component's amount and its changes."""
    asked = component.amount, tuple(restarts)
    if component.known is None or component.known[:2] != asked:
        component.known = (*asked, _shares(component, restarts))
    return component.known[2]


def _shares(component: Component, restarts: Sequence[Restart]) -> Shares:
    """The component's shares, found by walking its amount through the restarts."""
    live = allocate(component.amount, component.weights)
    earned: dict[tuple[int, str], int] = {}
    breakage: dict[tuple[int, str], int] = {}
    opened = dict(component.opened)
    for number, restart in enumerate(restarts[component.since :], component.since):
        if restart.released is not None:
            lapsed = _release(live, restart.released, restart.weights)
            earned.update({(number, key): share for key, share in lapsed.items() if share})
            breakage.update({(number, key): share for key, share in lapsed.items() if share})
            continue
        if component.id not in restart.components:
            continue
        now = {}
        kept_live: dict[str, int] = {}
        if restart.untouched:
            kept_live = {key: share for key, share in live.items() if key in restart.untouched}
            live = {key: share for key, share in live.items() if key not in restart.untouched}
        for key, share in live.items():
            answer = restart.earned.get(key, _NOTHING_EARNED)
            now[key] = round_ratio(share * answer.numerator, answer.denominator)
            if key in restart.entitled:
                entitled = restart.entitled[key]
                used = round_ratio(share * min(answer.used, entitled), entitled)
                breakage[number, key] = now[key] - used
            now[key] += _ahead(opened, key, restart, number)
        change = restart.changes.get(component.id, 0)
        pool = sum(live.values()) - sum(now.values()) + change
        taken_back = change < 0 and pool < 0
        if (pool and not restart.weights) or taken_back:
            # Nothing is left to transfer, or the cut exceeds what is left: revenue moves now.
            for key, share in allocate(pool, _by_size(now) or component.weights).items():
                before = now.get(key, 0)
                now[key] = before + share
                kept = breakage.get((number, key), 0)
                if kept and taken_back:
                    breakage[number, key] = round_ratio(kept * now[key], before)
            pool = 0
        earned.update({(number, key): share for key, share in now.items() if share})
        live = kept_live | (allocate(pool, restart.weights) if restart.weights else {})
    return Shares(earned, breakage, live, {key: opened[key] for key in opened if key in live})


def _ahead(opened: dict[str, Opened], key: str, restart: Restart, number: int) -> int:
    """What was recognised beyond the measure of an obligation that ends; taken out of the rest."""
    told = opened.get(key)
    if told is None or key not in restart.earned or number < told.since:
        return 0
    return opened.pop(key).left(restart.earned[key])


@cites("606-10-25-13", "606-10-32-37")
def unearned(
    component: Component, restarts: Sequence[Restart], earned: Mapping[str, Answer]
) -> int:
    """Minor units that a component leaves to be allocated anew where the progress is ``earned``."""
    left, found = 0, shares(component, restarts)
    for key, share in found.live.items():
        answer = earned.get(key, _NOTHING_EARNED)
        left += share - round_ratio(share * answer.numerator, answer.denominator)
        if key in found.opened and key in earned:
            left -= found.opened[key].left(answer)
    return left


@cites("606-10-25-13")
def sharing(component: Component, restarts: Sequence[Restart]) -> Collection[str]:
    """Obligations that a component gives shares to that are still in force."""
    if component.increments is not None:
        return ()
    return shares(component, restarts).live.keys()


def _release(live: dict[str, int], released: Released, weights: Proportions) -> dict[str, int]:
    """Move a part of a right's share, in place, to what is bought; gives what lapsed."""
    held = live.get(released.right, 0)
    moved = round_ratio(held * released.portion.numerator, released.portion.denominator)
    if released.right in live:
        live[released.right] = held - moved
    if not weights:
        return {released.right: moved}
    if moved:
        for name, share in allocate(moved, weights).items():
            live[name] = live.get(name, 0) + share
    return {}


def _by_size(amounts: Mapping[str, int]) -> dict[str, int]:
    """Weights in proportion to the size of amounts; none when all are zero."""
    return {key: abs(amount) for key, amount in amounts.items() if amount}
