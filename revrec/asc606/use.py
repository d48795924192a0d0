"""Consideration priced as it is used: each day's fee, each unit's price, royalties (32-40)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm

import msgspec

from revrec.asc606.agent import share_of_use
from revrec.asc606.performance_obligations import COMPLETE
from revrec.asc606.segments import APART, LIVE, Key, Layer
from revrec.asc606.unit_price import priced_by_unit, unit_prices
from revrec.asc606.weighing import InForce
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Consideration, Contract, Measure, PerformanceObligation
from revrec.model.decision import Answer, Earlier, Shape
from revrec.money import round_ratio
from revrec.periods import FOREVER, next_day

_ALL, _NONE = Fraction(1), Fraction(0)


class AsUsed(msgspec.Struct):
    """Consideration priced for each day of use, or for each unit."""

    consideration: Consideration
    obligation: str
    shape: Shape
    decision: int
    upto: Fraction = _ALL
    """What of it this obligation and those before it get, where a royalty is shared ..."""
    before: Fraction = _NONE
    """... and those before it: each gets the difference of two rounded parts of the whole."""
    counted: dict[int, int] = {}
    """Restart -> atoms counted under terms that ended with it."""
    live: bool = True
    begins: date = date.min
    """First day of the terms in force ..."""
    ends: date | None = None
    """... and the last that its obligation tells, if it tells one."""

    @property
    def by_unit(self) -> bool:
        """Whether it is a price per unit that is estimated."""
        return priced_by_unit(self.consideration)

    @property
    def price(self) -> int:
        """Minor units for each ``shape.whole`` of rated amount: 1, or what an agent keeps."""
        return share_of_use(self.consideration).numerator


@dataclass(frozen=True, slots=True)
class Ended:
    """What was counted under terms that ended, with what it stays with."""

    counted: int
    """Atoms."""
    product: str
    earlier: Earlier | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Terms that count from a day before they began, and how far they were then."""

    terms: Shape
    answer: Answer

    @property
    def part(self) -> Fraction:
        """Progress when the terms began."""
        return Fraction(self.answer.numerator, self.answer.denominator)

    @property
    def used_up(self) -> bool:
        """Whether the new terms leave nothing to use."""
        return self.answer.numerator >= self.answer.denominator


@cites("606-10-32-40")
def used_before(counted: Counted | None, now: Shape) -> int:
    """Atoms used before its new terms of what is counted by ``now``; none if it counts afresh."""
    if counted is None or now.counts_from != counted.terms.counts_from:
        return 0
    return counted.answer.used


@cites("606-10-32-40")
def entitlement_over(overage: Consideration, contract: Contract) -> UnsupportedTerm:
    """Refuses to charge overage of what was over under earlier terms, and is counted no more."""
    return UnsupportedTerm(
        f"Consideration {overage.id} of contract {contract.id} is for use above the entitlement of "
        f"{overage.obligation}, which is over under earlier terms or has none.",
        citation="606-10-32-40",
        remedy="Add an obligation for what may be used from now on, with its own overage.",
        contract=contract.id,
        field=f"consideration.{overage.id}.above_entitlement",
    )


@cites("606-10-32-28")
def nothing_to_price(contract: Contract, name: str, unknown: Collection[str]) -> UnsupportedTerm:
    """Refuses consideration without an obligation that it prices, or with unknown ones."""
    missing = ", ".join(sorted(unknown))
    what = f"obligation {missing}, which is priced by use" if unknown else "no obligation to price"
    return UnsupportedTerm(
        f"Consideration {name} of contract {contract.id} has {what}.",
        citation="606-10-32-28",
        remedy="Add the obligation the amount is for, or leave out its usage fee.",
        contract=contract.id,
        field=f"consideration.{name}",
    )


@cites("606-10-32-40", "606-10-55-46", "606-10-55-48")
def shapes_of_use(
    each: AsUsed,
    held: InForce | None,
    known: Mapping[str, PerformanceObligation],
    written_end: date | None,
    last_day: date | None,
) -> tuple[Shape, ...]:
    """How use is counted on the days of its obligation: of overage also after the rights lapsed.

    Use after an end of its own is not the obligation's; after the contract's it still is. Rights
    that lapsed unused pay for nothing used later, which is charged whole, unless another
    obligation counts it then. ``held`` is the entitlement as it stands, ``last_day`` the term's.
    """
    over = known[each.obligation]
    if each.by_unit or each.consideration.royalty is not None:
        return (each.shape,)
    own = each.ends if each.ends and each.ends < (written_end or FOREVER) else None
    if not each.consideration.above_entitlement:
        return (each.shape if own is None else each.shape._replace(counts_to=own),)
    until = FOREVER if written_end is None else max(written_end, last_day or written_end)
    lapses = over.usage.lapses if held is None else (held.used_until or held.shape).lapses
    if lapses is None or lapses >= until or over.usage.rolls_over:
        return (each.shape,)
    within = each.shape._replace(counts_to=lapses)
    if (own and own <= lapses) or _followed(over, lapses, known):
        return (within,)
    since = max(next_day(lapses), each.begins, each.shape.counts_from or each.begins)
    return within, each.shape._replace(counts_from=since, counts_to=own, baseline=0)


def _followed(
    over: PerformanceObligation, lapses: date, known: Mapping[str, PerformanceObligation]
) -> bool:
    """Whether another obligation counts use of the same meters when the rights have lapsed."""
    meters = {*over.counted_meters}
    return any(
        each.measure is Measure.USAGE
        and (each.usage.lapses or each.end or FOREVER) > lapses
        and meters & {*each.counted_meters}
        for each in known.values()
        if each.id != over.id
    )


@cites("606-10-32-28", "606-10-32-40", "606-10-55-65")
def layers_of_use(
    each: AsUsed,
    shapes: Sequence[Shape],
    ended: Mapping[int, Ended],
    product: str,
    because: tuple[int, ...],
) -> dict[Key, Layer]:
    """The rated amount of each day, or the part of it that is the entity's or the license's.

    Parts of a shared royalty add up to the whole, however each is rounded (32-28).
    """
    name, component = each.obligation, each.consideration.id
    whole, upto, before = each.shape.whole, each.price, 0
    if each.before or each.upto != 1:
        whole *= lcm(each.upto.denominator, each.before.denominator)
        upto, before = (
            each.price * part.numerator * (whole // (each.shape.whole * part.denominator))
            for part in (each.upto, each.before)
        )
    layers: dict[Key, Layer] = {}
    for number, told in ended.items():
        share = round_ratio(told.counted * upto, whole) - round_ratio(told.counted * before, whole)
        if share:
            layers[name, component, number] = Layer(
                share, COMPLETE, told.product, because, as_used=True, earlier=told.earlier
            )
    if each.live:
        shape, *after = (
            shape if shape.whole == whole else shape._replace(whole=whole) for shape in shapes
        )
        layers[name, component, LIVE] = Layer(upto, shape, product, because, as_used=True)
        if before:
            layers[name, component, APART] = Layer(-before, shape, product, because, as_used=True)
        for later in after:
            layers[name, component, APART] = Layer(upto, later, product, because, as_used=True)
    return layers


@cites("606-10-32-5", "606-10-32-14", "606-10-32-45")
def layers_by_unit(
    each: AsUsed,
    ended: Mapping[int, Ended],
    contract: Contract,
    product: str,
    because: tuple[int, ...],
) -> dict[Key, Layer]:
    """All units at the price estimated now, those of terms that ended apart from the rest."""
    name = each.obligation
    layers: dict[Key, Layer] = {}
    for of in unit_prices(each.consideration, contract):
        price, whole, so_far = of.price, of.whole, 0
        for number, before in ended.items():
            units = of.of(so_far + before.counted) - of.of(so_far)
            so_far += before.counted
            share = round_ratio(units * of.price, of.whole)
            if of.expected and whole > before.counted:
                price, whole = price - share, whole - before.counted
            if share:
                layers[name, of.component, number] = Layer(
                    share,
                    COMPLETE,
                    before.product,
                    because,
                    as_used=not of.expected,
                    earlier=before.earlier,
                )
        if each.live and price:
            shape = of.left(each.shape, so_far)._replace(whole=whole)
            layers[name, of.component, LIVE] = Layer(
                price, shape, product, because, as_used=not of.expected
            )
    return layers
