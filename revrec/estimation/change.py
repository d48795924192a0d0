"""Why an estimate changed: use, mix, price, and what was not about either."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from revrec.citations import cites
from revrec.estimation.payoffs import Payoff

_NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An estimate as it stood at one date."""

    quantity: Decimal
    """Expected of what is uncertain."""
    included: Decimal
    payoff: Payoff | None = None
    """Terms; none where outcomes were stated."""
    points: tuple[float, ...] = ()
    """Quantities of equal probability; the expected one alone if left out."""

    def at(self, quantity: Decimal) -> Decimal:
        """What the terms give for a quantity."""
        return self.included if self.payoff is None else _mean(self.payoff, (float(quantity),))

    def expected_of(self, other: Held) -> Decimal:
        """What these terms are expected to give for the quantities of another estimate.

        Over all of its quantities: terms that bend give something else at the expected one.
        """
        if self.payoff is None:
            return self.included
        return _mean(self.payoff, other.points or (float(other.quantity),))


def _mean(payoff: Payoff, quantities: tuple[float, ...]) -> Decimal:
    worth = float(payoff.of(np.array(quantities)).mean())
    return Decimal(repr(worth)).quantize(Decimal("0.000001"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What moved the included amounts of a group of estimates; the parts sum to the whole."""

    before: Decimal
    after: Decimal
    usage: Decimal
    """More or less use in all, at what a unit was worth on average."""
    mix: Decimal
    """Use that moved between contracts and tiers that are worth more or less."""
    price: Decimal
    """Other terms for the same use."""
    method: Decimal
    """What the terms do not explain: distribution, constraint, policy, overrides."""

    @property
    def total(self) -> Decimal:
        """After less before."""
        return self.after - self.before


@cites("606-10-32-14", "606-10-32-42")
def explain_change(
    before: Mapping[str, Held], after: Mapping[str, Held], *, digits: int = 2
) -> Change:
    """Split the change of estimates that stand on both sides, or on one.

    Exact of one estimate and of many: old terms for new quantities less old terms for old ones is
    use and mix, new terms less old terms for new quantities is price, and what is left is method.
    Each is rounded to the decimals of the currency; method takes what rounding leaves.
    """
    one = Held(quantity=_NONE, included=_NONE)
    pairs = [
        (before.get(name, one), after.get(name, one)) for name in sorted(before.keys() | after)
    ]
    # Of what a person set in place of an estimate no quantity is known: all of it is method.
    told = [(old, new) for old, new in pairs if old.payoff and (new.payoff or new is one)]
    worth = sum((old.expected_of(old) for old, _ in told), _NONE)
    used = sum((old.quantity for old, _ in told), _NONE)
    moved = sum((new.quantity - old.quantity for old, new in told), _NONE)
    at_old_terms = sum((old.expected_of(new) for old, new in told), _NONE) - worth
    at_new_terms = sum(
        (new.expected_of(new) - old.expected_of(new) for old, new in told if new.payoff), _NONE
    )
    first = sum((old.included for old, _ in pairs), _NONE)
    last = sum((new.included for _, new in pairs), _NONE)
    place = Decimal(1).scaleb(-digits)
    usage = (worth / used * moved if used else _NONE).quantize(place)
    both = at_old_terms.quantize(place)
    price = at_new_terms.quantize(place)
    return Change(
        before=first,
        after=last,
        usage=usage,
        mix=both - usage,
        price=price,
        method=last - first - both - price,
    )
