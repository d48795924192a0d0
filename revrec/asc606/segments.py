"""From what is in force after each change to segments with their days of validity."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

import msgspec
from msgspec import structs

from revrec.asc606.pricing import Opened
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract
from revrec.model.decision import Earlier, Progress, Segment, Shape, Stream
from revrec.periods import FOREVER, day_before

PRODUCT_MAX = 10**37
"""Largest product of price and count: half of what 128 bits hold, with a digit to spare."""
_TERM_MAX = {
    Progress.PRORATED_MONTHS: 10**22,
    Progress.SECONDS: 10**14,
    Progress.CALENDAR_MONTHS: 10**10,
    Progress.EVEN_MONTHS: 10**7,
    Progress.SCHEDULE: 10**6,
}
"""Largest count of time in a term of two centuries, for grains finer than a day."""
LIVE = -1
"""In place of a restart's number: the layer is still being earned."""
APART = -2
"""In place of a restart's number: a part of the price that is earned apart from the rest."""
AHEAD, MADE_UP = -3, -4
"""What was recognised before a cutover beyond the measure, and what makes up for it later."""
Key = tuple[str, str, int]
"""Obligation, component, and the restart that ended the layer."""


class Layer(msgspec.Struct, frozen=True):
    """What a segment holds apart from its contract and days."""

    price: int
    shape: Shape
    product: str
    decisions: tuple[int, ...]
    as_used: bool = False
    kept_breakage: int = 0
    earlier: Earlier | None = None


@cites("606-10-25-35")
def layers_opened(
    opened: Opened, shape: Shape, product: str, decisions: tuple[int, ...]
) -> dict[int, Layer]:
    """What was ahead of the measure at cutover, and what makes up for it until the end."""
    done = shape.done or Fraction(0)
    rest = shape._replace(done=Fraction(done - opened.done, 1 - opened.done))
    if rest.rollover is None:
        rest = rest._replace(entitled=None)
    return {
        AHEAD: Layer(opened.ahead, Shape(progress=Progress.COMPLETE), product, decisions),
        MADE_UP: Layer(-opened.ahead, rest, product, decisions),
    }


class Timeline:
    """Layers in force, and the segments of those that were replaced."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._open: dict[Key, tuple[date, Layer]] = {}
        self._closed: list[Segment] = []

    def publish(self, day: date, layers: Mapping[Key, Layer]) -> None:
        """From ``day`` on these layers are in force; unchanged ones go on as they are.

        Raises UnsupportedTerm where step 5's 128-bit product of price and progress could overflow.
        """
        ended = [
            (key, since, layer)
            for key, (since, layer) in self._open.items()
            if not _goes_on(layer, layers.get(key), key)
        ]
        for key, since, layer in ended:
            if since < day:
                self._closed.append(self._segment(key, layer, since, day_before(day)))
            del self._open[key]
        for key, layer in layers.items():
            if key not in self._open:
                self._check_size(key, layer)
                self._open[key] = (day, layer)

    def segments(self) -> tuple[Segment, ...]:
        """All segments, those still in force last."""
        in_force = [
            self._segment(key, layer, since, FOREVER) for key, (since, layer) in self._open.items()
        ]
        return (*self._closed, *in_force)

    def _check_size(self, key: Key, layer: Layer) -> None:
        if abs(layer.price) * _largest_count(layer.shape) > PRODUCT_MAX:
            obligation, component, _ = key
            raise UnsupportedTerm(
                f"The price {layer.price:,} (minor units) of {obligation}, {component}, in "
                f"contract {self._contract.id} times its count is beyond exact arithmetic.",
                citation="606-10-25-31",
                remedy="Check the units: a quantity or an amount is too large to be meant.",
                contract=self._contract.id,
                field=f"obligations.{obligation}",
            )

    def _segment(self, key: Key, layer: Layer, since: date, last: date) -> Segment:
        # By position, in the order of its fields: names take as long again.
        obligation, component, _ = key
        return Segment(
            self._contract.id,
            obligation,
            component,
            layer.product,
            self._contract.currency,
            since,
            last,
            layer.price,
            layer.shape,
            Stream.REVENUE,
            layer.kept_breakage,
            layer.earlier,
            layer.as_used,
            layer.decisions,
        )


def _largest_count(shape: Shape) -> int:
    """Largest numerator or denominator that step 5 may give the shape."""
    count = max(shape.whole, shape.entitled or 1) * _TERM_MAX.get(shape.progress, 1)
    return count if shape.done is None else count * shape.done.denominator


def _goes_on(before: Layer, now: Layer | None, key: Key) -> bool:
    """Whether a layer is unchanged; what was earned for good rests on what it rested on then."""
    if now is None or key[2] == LIVE:
        return before == now
    return before == structs.replace(now, decisions=before.decisions)
