"""Chance from a seed, in integers, so that every machine draws alike."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

_Item = TypeVar("_Item")
_UNIT = 10**6


class Dice:
    """Draws that depend on the names given and on nothing else.

    >>> Dice(606, "names").between(1, 6) == Dice(606, "names").between(1, 6)
    True
    """

    def __init__(self, *names: object) -> None:
        self._random = random.Random("/".join(map(str, names)))

    def between(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return self._random.randrange(low, high + 1)

    def chance(self, per_mille: int) -> bool:
        """True in so many cases of a thousand."""
        return self.between(1, 1000) <= per_mille

    def pick(self, items: Sequence[_Item]) -> _Item:
        """One of the items."""
        return items[self.between(0, len(items) - 1)]

    def weighted(self, weights: Mapping[_Item, int]) -> _Item:
        """One of the keys, as often as its weight says."""
        left = self.between(1, sum(weights.values()))
        for item, weight in weights.items():
            left -= weight
            if left <= 0:
                return item
        raise AssertionError("the draw lies within the sum of the weights")

    def some(self, items: Sequence[_Item], count: int) -> list[_Item]:
        """So many different items, in the order in which they stand; all if there are fewer."""
        positions = list(range(len(items)))
        for place in range(min(count, len(items))):
            other = self.between(place, len(items) - 1)
            positions[place], positions[other] = positions[other], positions[place]
        return [items[position] for position in sorted(positions[:count])]

    def heavy_tail(self, smallest: int, largest: int) -> int:
        """Pareto with index one: twice the size is half as frequent; cut off at ``largest``."""
        return min(smallest * _UNIT // self.between(1, _UNIT), largest)

    def jitter(self, value: int) -> int:
        """The value under three independent influences, roughly lognormal around it."""
        for _ in range(3):
            value = value * self.between(830, 1180) // 1000
        return value
