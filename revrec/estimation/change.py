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

    def at(self, quantity: Decimal) -> Decimal:
        """What the terms give for a quantity."""
        if self.payoff is None:
            return self.included
        worth = float(self.payoff.of(np.array([float(quantity)]))[0])
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
def explain_change(before: Mapping[str, Held], after: Mapping[str, Held]) -> Change:
    """Split the change of estimates that stand on both sides, or on one."""
    one = Held(quantity=_NONE, included=_NONE)
    pairs = [
        (before.get(name, one), after.get(name, one)) for name in sorted(before.keys() | after)
    ]
    worth = sum((old.at(old.quantity) for old, _ in pairs if old.payoff), _NONE)
    used = sum((old.quantity for old, _ in pairs if old.payoff), _NONE)
    average = worth / used if used else _NONE
    moved = sum((new.quantity - old.quantity for old, new in pairs if old.payoff), _NONE)
    at_old_terms = sum(
        (old.at(new.quantity) - old.at(old.quantity) for old, new in pairs if old.payoff), _NONE
    )
    at_new_terms = sum(
        (
            new.at(new.quantity) - old.at(new.quantity)
            for old, new in pairs
            if old.payoff and new.payoff
        ),
        _NONE,
    )
    first = sum((old.included for old, _ in pairs), _NONE)
    last = sum((new.included for _, new in pairs), _NONE)
    usage = (average * moved).quantize(Decimal("0.01"))
    mix = (at_old_terms - average * moved).quantize(Decimal("0.01"))
    price = at_new_terms.quantize(Decimal("0.01"))
    return Change(
        before=first,
        after=last,
        usage=usage,
        mix=mix,
        price=price,
        method=last - first - usage - mix - price,
    )
