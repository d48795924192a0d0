"""A price as pieces of its running total: what a statement over all usage at once needs.

A piece is a stretch of the running total with one price. The exact amount of the usage up to ``x``
is the sum over the pieces below ``x`` of ``flat + rate x (units of the piece up to x)``. Amounts
are counted in atoms of 10^-12 of the currency and quantities in atoms of 10^-9 of the unit; rates
are exact ratios over one denominator for each price, so that nothing is rounded before the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import lcm

from revrec.errors import FeedError
from revrec.model.rating import IncludedUnits, Packages, Price, Tier, TierMode
from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, atoms

QUANTITY_ATOM = 10**QUANTITY_SCALE
"""Atoms in a unit of quantity."""
AMOUNT_ATOM = 10**AMOUNT_SCALE
"""Atoms in a unit of the currency."""
_HUGE = 2**126
"""Products of the statement stay below; a price that could exceed it is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch ``(low, high]`` of the running total."""

    tier: int
    """Ordinal of the tier from 1; 0 for units included without charge."""
    low: int
    """In atoms of quantity."""
    high: int | None
    """In atoms of quantity; none goes on without end."""
    flat: Fraction
    """Owed when the piece is entered, in atoms of amount."""
    rate: Fraction
    """Atoms of amount for an atom of quantity, or for a package."""
    package: int
    """Atoms of quantity in a package; 1 where parts count as parts."""
    carry: int
    """Atoms added before full packages are counted, which makes parts count as they shall."""
    reached_above: int = -1
    """Volume: the piece counts in windows whose total is above this ..."""
    reached_up_to: int | None = None
    """... and at most this, in atoms of quantity; none without end."""
    base: Fraction = Fraction(0)
    """The pieces below it, filled, in atoms of amount."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """A price taken apart."""

    pieces: tuple[Piece, ...]
    denominator: int
    """A multiple of the denominators of all rates, flat amounts and bases."""
    committed: Fraction | None
    """The amount of the committed usage, in atoms."""
    overage: Fraction
    """Times which an amount beyond a committed amount is charged."""
    zero_usage: Fraction
    """Owed by a window without usage, in atoms."""


def taken_apart(price: Price, others: Mapping[str, Price], source: str) -> Pieces:
    """The pieces of a price of a card whose prices are ``others``.

    Raises FeedError for a price that says two things or nothing, named by ``source``.
    """
    terms = _with_multiple(price, others, source)
    tiers = _bounded(terms, source)
    scale = Fraction(terms.multiplier) * (100 - Fraction(terms.discount_percent)) * Fraction(1, 100)
    if scale < 0 or terms.per <= 0:
        raise _refused(source, "a price is not below 0 and is for more than 0 units")
    included = atoms(terms.included, QUANTITY_SCALE)
    shift = included if terms.included_units is IncludedUnits.BEFORE_TIERS else 0
    pieces: list[Piece] = []
    for number, (tier, low, high) in enumerate(tiers, 1):
        bounds = low + shift, high and high + shift
        pieces += _of_tier(terms, tier, number, bounds, scale)
    pieces = _free(pieces, terms, included)
    overage = _overage(terms, source)
    committed = None
    if terms.commitment is not None and terms.commitment.quantity is not None:
        mark = atoms(terms.commitment.quantity, QUANTITY_SCALE) + shift
        pieces = _dearer_above(pieces, mark, overage, source)
        committed = _value(pieces, mark)
        overage = Fraction(1)
    elif terms.commitment is not None:
        committed = Fraction(atoms(terms.commitment.amount or Decimal(0), AMOUNT_SCALE))
    based = tuple(_with_bases(pieces, terms.mode))
    _refuse_bounds(terms, based, source)
    return Pieces(
        pieces=based,
        denominator=_denominator(based, overage, source),
        committed=committed,
        overage=overage,
        zero_usage=_zero_usage(terms, based, _amount(tiers[0][0].flat_amount) * scale, source),
    )


def _refused(source: str, why: str) -> FeedError:
    return FeedError(
        f"{source}: {why}.", remedy="Correct the price in the rate card.", source=source
    )


def _refuse_bounds(price: Price, pieces: Sequence[Piece], source: str) -> None:
    """Refuse bounds of transactions of which it could not be told what one of them costs."""
    terms = price.per_event
    if terms is None or (terms.minimum is None and terms.maximum is None):
        return
    least = Decimal(0) if terms.minimum is None else terms.minimum
    if least < 0 or (terms.maximum is not None and terms.maximum < least):
        raise _refused(source, "the bounds of a transaction are not below 0 and rise")
    alone = len(pieces) == 1 and pieces[0].high is None and not pieces[0].flat
    whole = any(piece.package > 1 for piece in pieces)
    if not alone or whole or price.packages is not Packages.FRACTION:
        raise _refused(source, "bounds of a transaction need one price for all units, in parts")
    if price.commitment is not None or price.maximum is not None:
        raise _refused(source, "bounds of a transaction go with no commitment or maximum")


def _zero_usage(price: Price, pieces: Sequence[Piece], flat: Fraction, source: str) -> Fraction:
    """What a window without usage owes; ``flat`` is the amount of the first tier."""
    if not price.package_at_zero_usage:
        return flat if price.flat_at_zero_usage else Fraction(0)
    first = price.tiers[0].packages if price.tiers else None
    if (first or price.packages) is not Packages.UP:
        raise _refused(source, "a package at zero usage needs packages that count once begun")
    if price.included or price.per_event is not None:
        raise _refused(source, "a package at zero usage goes with no usage that is free")
    if price.flat_at_zero_usage or price.commitment is not None:
        raise _refused(source, "no usage owes a package, a flat amount or a commitment, not two")
    owed = _value(pieces, 1)
    return owed if price.maximum is None else min(owed, _amount(price.maximum))


def _with_multiple(price: Price, others: Mapping[str, Price], source: str) -> Price:
    """The price with the tiers it is a multiple of."""
    if price.multiple_of is None:
        return price
    base = others.get(price.multiple_of)
    if base is None or base.multiple_of is not None:
        raise _refused(source, f"{price.multiple_of!r} is no price of the card that tells amounts")
    if price.unit_amount or price.percent or price.tiers:
        raise _refused(source, "a multiple of another price tells no amount of its own")
    return replace(
        price,
        mode=base.mode,
        unit_amount=base.unit_amount,
        percent=base.percent,
        per=base.per,
        packages=base.packages,
        tiers=base.tiers,
        multiplier=price.multiplier * base.multiplier,
    )


def _bounded(price: Price, source: str) -> list[tuple[Tier, int, int | None]]:
    """Each tier with its bounds in atoms; the bounds rise, and only the last may be open."""
    tiers = price.tiers or (Tier(unit_amount=price.unit_amount, percent=price.percent),)
    if price.tiers and (price.unit_amount or price.percent is not None):
        raise _refused(source, "a price tells tiers or a unit amount, not both")
    bounded: list[tuple[Tier, int, int | None]] = []
    low = 0
    for tier, later in pairwise((*tiers, None)):
        assert tier is not None, "only the end is none"
        high = _end(tier, later, low)
        if high is None and later is not None:
            raise _refused(source, "a tier before the last has no end")
        if high is not None and high <= low:
            raise _refused(source, "the bounds of the tiers do not rise")
        if tier.unit_amount < 0 or tier.flat_amount < 0 or (tier.percent or 0) < 0:
            raise _refused(source, "a price is below 0")
        bounded.append((tier, low, high))
        low = high or low
    if price.last_tier_goes_on:
        tier, low, _ = bounded[-1]
        bounded[-1] = (tier, low, None)
    return bounded


def _end(tier: Tier, later: Tier | None, low: int) -> int | None:
    if tier.up_to is not None:
        return atoms(tier.up_to, QUANTITY_SCALE)
    if tier.width is not None:
        return low + atoms(tier.width, QUANTITY_SCALE)
    if later is not None and later.first_unit is not None:
        return atoms(later.first_unit - 1, QUANTITY_SCALE)
    return None


def _of_tier(
    price: Price, tier: Tier, number: int, bounds: tuple[int, int | None], scale: Fraction
) -> list[Piece]:
    """The pieces of one tier before what is free: itself; in volume mode from 0 without end."""
    low, high = bounds
    per = Fraction(tier.per or price.per)
    if tier.percent is not None:
        unit = Fraction(tier.percent) * AMOUNT_ATOM * Fraction(1, 100)
    else:
        unit = _amount(tier.unit_amount)
    size = atoms(tier.per or price.per, QUANTITY_SCALE)
    carries = {Packages.UP: size - 1, Packages.DOWN: 0, Packages.HALF_UP: size // 2}
    counts = tier.packages or price.packages
    whole = counts in carries
    piece = Piece(
        tier=number,
        low=low,
        high=high,
        flat=_amount(tier.flat_amount) * scale,
        rate=unit * scale * (1 if whole else Fraction(1, per * QUANTITY_ATOM)),
        package=size if whole else 1,
        carry=carries.get(counts, 0),
    )
    if price.mode is TierMode.GRADUATED:
        return [piece]
    reached_above = low if number > 1 else -1
    return [replace(piece, low=0, high=None, reached_above=reached_above, reached_up_to=high)]


def _free(pieces: Sequence[Piece], price: Price, included: int) -> list[Piece]:
    """The pieces with the units included free of charge.

    Taken off before tiers, they come before any flat amount; within tiers, they enter the first.
    """
    if not included:
        return list(pieces)
    before = price.included_units is IncludedUnits.BEFORE_TIERS
    if before and price.mode is TierMode.GRADUATED:
        return [_without_charge(pieces[0], 0, included), *pieces]
    found: list[Piece] = []
    for piece in pieces:
        below, above = _split(piece, included)
        if below is not None:
            free = _without_charge(below, below.low, below.high)
            found.append(free if before else replace(free, flat=below.flat))
        if above is not None:
            entered = below is not None and not before
            found.append(replace(above, flat=Fraction(0) if entered else above.flat))
    return found


def _without_charge(piece: Piece, low: int, high: int | None) -> Piece:
    nothing = Fraction(0)
    return replace(piece, tier=0, low=low, high=high, flat=nothing, rate=nothing)


def _split(piece: Piece, mark: int) -> tuple[Piece | None, Piece | None]:
    """What of the piece lies at or below the mark, and what above."""
    if piece.high is not None and piece.high <= mark:
        return piece, None
    if piece.low >= mark:
        return None, piece
    return replace(piece, high=mark), replace(piece, low=mark)


def _dearer_above(pieces: Sequence[Piece], mark: int, factor: Fraction, source: str) -> list[Piece]:
    """The pieces with ``factor`` times the price above the mark."""
    found: list[Piece] = []
    for piece in pieces:
        below, above = _split(piece, mark)
        parted = below is not None and above is not None and piece.package > 1
        if parted and (mark - piece.low) % piece.package:
            raise _refused(source, "the committed quantity ends inside packages; commit an amount")
        if below is not None:
            found.append(below)
        if above is not None:
            flat = above.flat * factor if below is None else Fraction(0)
            found.append(replace(above, rate=above.rate * factor, flat=flat))
    return found


def _overage(price: Price, source: str) -> Fraction:
    terms = price.commitment
    if terms is None:
        return Fraction(1)
    if (terms.quantity is None) == (terms.amount is None):
        raise _refused(source, "a commitment is a quantity or an amount")
    if terms.overage_unit_amount is None:
        return Fraction(terms.overage_factor)
    if price.tiers or not price.unit_amount:
        raise _refused(source, "an overage price needs a unit price to exceed")
    return Fraction(Fraction(terms.overage_unit_amount), Fraction(price.unit_amount))


def _with_bases(pieces: Sequence[Piece], mode: TierMode) -> list[Piece]:
    """Each piece with the sum of those below it; in volume mode, of the same tier reached."""
    found: list[Piece] = []
    base = Fraction(0)
    before: Piece | None = None
    for piece in pieces:
        apart = mode is TierMode.VOLUME and (
            before is None or before.reached_up_to != piece.reached_up_to
        )
        base = Fraction(0) if apart or before is None else base + _filled(before)
        found.append(replace(piece, base=base))
        before = piece
    return found


def _filled(piece: Piece) -> Fraction:
    assert piece.high is not None, "only the last piece goes on without end"
    return piece.flat + _part(piece, piece.high)


def _part(piece: Piece, quantity: int) -> Fraction:
    """What the units of the piece up to the quantity cost, the flat amount apart."""
    end = quantity if piece.high is None else min(quantity, piece.high)
    return piece.rate * ((end - piece.low + piece.carry) // piece.package)


def _value(pieces: Sequence[Piece], quantity: int) -> Fraction:
    """The exact amount of a running total that is the window's total too."""
    total = Fraction(0)
    for piece in pieces:
        top = piece.reached_up_to
        reached = piece.reached_above < quantity and (top is None or quantity <= top)
        if quantity > piece.low and reached:
            total += piece.flat + _part(piece, quantity)
    return total


def _denominator(pieces: Sequence[Piece], overage: Fraction, source: str) -> int:
    ratios = [ratio for each in pieces for ratio in (each.rate, each.flat, each.base)]
    denominator = lcm(*(ratio.denominator for ratio in ratios))
    largest = max(int(each.rate * denominator) for each in pieces) + 1
    widest = overage.denominator * (largest + overage.numerator + 4 * AMOUNT_ATOM)
    if denominator * widest >= _HUGE:
        raise _refused(source, "the price has more digits than can be computed with exactly")
    return denominator


def _amount(amount: Decimal) -> Fraction:
    return Fraction(atoms(amount, AMOUNT_SCALE))
