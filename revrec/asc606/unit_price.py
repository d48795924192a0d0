"""Step 3 where the price is so much per unit: volume rebates, tiers, an average (606-10-32-5).

The estimate is a price per unit, or a volume from which tiers give one. It holds for every unit
transferred to date, so a changed estimate catches up on the units before it (32-14, 32-43).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from revrec.citations import cites
from revrec.errors import MissingEstimate, UnsupportedTerm
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.decision import Decision, Shape, Told
from revrec.model.events import Estimate
from revrec.model.price import Tier, TierBasis
from revrec.money import QUANTITY_SCALE, atoms, minor_digits, round_ratio

REBATE = ".rebate"
"""Ends the name of the component that takes back part of the first tier's price."""
_TIER = ".tier-"
"""With the tier's number, ends the name of the component of a later tier's units."""
_RATE_MAX = 10**13
"""Largest numerator of a price per unit: times any count it stays within 128 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitPrice:
    """A price for counted units: ``price`` minor units for every ``whole`` atoms of quantity."""

    component: str
    price: int
    whole: int
    expected: bool = False
    """The price is that of all units expected, and so part of the transaction price."""
    above: int = 0
    """Atoms of quantity before the first unit that has this price ..."""
    up_to: int | None = None
    """... and up to the last one; no end if none."""

    def of(self, counted: int) -> int:
        """How many of the first ``counted`` atoms have this price.

        Corrections may bring a count below nothing, but not the units of a tier.
        """
        if not self.above and self.up_to is None:
            return counted
        last = counted if self.up_to is None else min(counted, self.up_to)
        return max(last - self.above, 0)

    def left(self, shape: Shape, counted: int) -> Shape:
        """A count of units that begins after ``counted``, of those that have this price."""
        if not self.above and self.up_to is None:
            return shape
        cap = None if self.up_to is None else max(self.up_to - max(self.above, counted), 0)
        return shape._replace(baseline=max(self.above - counted, 0), cap=cap)


@cites("606-10-32-5")
def priced_by_unit(consideration: Consideration) -> bool:
    """Whether what varies is the number of units, or the price of each."""
    return consideration.per_unit or bool(consideration.tiers)


@cites("606-10-32-5", "606-10-32-10")
def unit_components(consideration: Consideration) -> dict[str, bool]:
    """Every component that a price per unit may have, and whether it is priced as it is used.

    If not, it is the price of all units expected, and part of the transaction price.
    """
    name, tiers = consideration.id, consideration.tiers
    if not tiers:
        return {name: True}
    if consideration.tiers_price is TierBasis.OPTIONS:
        later = range(2, len(tiers) + 1)
        return {name: True} | {f"{name}{_TIER}{number}": True for number in later}
    if consideration.tiers_price is TierBasis.NEXT_UNITS:
        return {name: False}
    return {name: True, name + REBATE: True}


@cites("606-10-32-5", "606-10-32-10", "606-10-32-11", "606-10-55-17")
def unit_prices(consideration: Consideration, contract: Contract) -> tuple[UnitPrice, ...]:
    """What each unit earns under the estimate in force.

    Where the tier reached prices all units, they are charged at the first tier's price until it
    is; what is expected to go back is a component of its own, the rebate (32-10). Where each
    tier prices its own units, all that are expected earn the average, but if later tiers are
    options, whose units earn what is charged for them. Raises MissingEstimate
    where tiers have no expected volume, UnsupportedTerm where the terms are unclear.
    """
    _refuse_unclear(consideration, contract)
    name, tiers = consideration.id, consideration.tiers
    if not tiers:
        return (_each_unit(name, Fraction(consideration.amount), contract),)
    if consideration.tiers_price is TierBasis.OPTIONS:
        return tuple(_each_tier(name, tiers, contract))
    units = consideration.expected_units
    if units is None:
        raise MissingEstimate(
            f"Consideration {name} of contract {contract.id} has tiers but no expected volume.",
            citation="606-10-32-5",
            remedy="Give `expected_units`: the volume that passes the constraint (32-11).",
            contract=contract.id,
            field=f"consideration.{name}.expected_units",
        )
    if consideration.tiers_price is TierBasis.NEXT_UNITS:
        charge = _charge(tiers, units) * 10 ** minor_digits(contract.currency)
        price = round_ratio(charge.numerator, charge.denominator)
        whole = atoms(units, QUANTITY_SCALE)
        return (UnitPrice(component=name, price=price, whole=whole, expected=True),)
    listed = Fraction(tiers[0].unit_price)
    reached = next(tier for tier in tiers if tier.up_to is None or units <= tier.up_to)
    rebate = Fraction(reached.unit_price) - listed
    charged = _each_unit(name, listed, contract)
    return (charged, _each_unit(name + REBATE, rebate, contract)) if rebate else (charged,)


@cites("606-10-32-14", "606-10-32-42", "606-10-32-43")
def estimate_per_unit(
    consideration: Consideration, estimate: Estimate, contract: Contract
) -> Consideration:
    """The consideration under a new estimate: of its price per unit, or of the volume for tiers.

    Raises UnsupportedTerm where the estimate is not of what the terms are estimated from.
    """
    if consideration.tiers and estimate.expected is not None and estimate.amount is None:
        return replace(consideration, expected_units=estimate.expected)
    if not consideration.tiers and estimate.amount is not None and estimate.expected is None:
        return replace(consideration, amount=estimate.amount)
    wanted = "`expected`, in units" if consideration.tiers else "`amount`, a price per unit"
    raise UnsupportedTerm(
        f"Estimate {estimate.id} of contract {contract.id} is not of what {consideration.id} is "
        "estimated from.",
        citation="606-10-32-14",
        remedy=f"Give {wanted}, alone.",
        contract=contract.id,
        field=f"estimate {estimate.id}",
    )


@cites("606-10-32-5", "606-10-32-11", "606-10-32-14", "606-10-32-43")
def explain_unit_price(
    consideration: Consideration, contract: Contract, estimate: Estimate | None
) -> Decision:
    """The price per unit in force, as a decision."""
    on = contract.inception if estimate is None else estimate.on
    scale = 10 ** (QUANTITY_SCALE - minor_digits(contract.currency))
    rate = sum(
        (Fraction(each.price * scale, each.whole) for each in unit_prices(consideration, contract)),
        Fraction(0),
    )
    told = f"{_decimal(rate)} {contract.currency}"
    as_options = consideration.tiers_price is TierBasis.OPTIONS and bool(consideration.tiers)
    if as_options:
        told = ", then ".join(f"{each.unit_price}" for each in consideration.tiers)
        told += f" {contract.currency}"
    volume = consideration.expected_units
    inputs = {"consideration": consideration.id, "unit": consideration.obligation or ""}
    if volume is not None:
        inputs["expected_units"] = str(volume)
    if estimate is not None:
        inputs |= {"estimate": estimate.id, "basis": estimate.basis}
    expecting = f", with {volume} units expected" if volume is not None else ""
    return Decision(
        contract=contract.id,
        on=on,
        step=3,
        rule="unit_prices",
        paragraphs=("606-10-32-5", "606-10-32-11", "606-10-32-14", "606-10-32-43"),
        told=Told(
            inputs=inputs,
            outcome=f"{told} a unit",
            sentence=(
                f"{consideration.id} is {told} by volume: later units of "
                f"{consideration.obligation} are bought by options that are no material right, and "
                "earn what is charged for them."
                if as_options
                else f"From {on} {consideration.id} is {told} for every unit of "
                f"{consideration.obligation}{expecting}; it also counts for the units transferred "
                "before."
            ),
        ),
    )


def _each_unit(component: str, rate: Fraction, contract: Contract) -> UnitPrice:
    """A price of one unit, in whole minor units for as many units as that takes."""
    exact = rate * 10 ** minor_digits(contract.currency)
    if abs(exact.numerator) > _RATE_MAX:
        raise UnsupportedTerm(
            f"The price per unit of {component} in contract {contract.id}, {_decimal(rate)}, is "
            "beyond exact arithmetic.",
            citation="606-10-32-5",
            remedy="Check the unit, or give fewer decimals.",
            contract=contract.id,
            field=f"consideration.{component}",
        )
    whole = exact.denominator * 10**QUANTITY_SCALE
    return UnitPrice(component=component, price=exact.numerator, whole=whole)


def _each_tier(name: str, tiers: Iterable[Tier], contract: Contract) -> Iterator[UnitPrice]:
    """A price for the units of each tier; tiers after the first are components of their own."""
    above = 0
    for number, tier in enumerate(tiers, start=1):
        up_to = None if tier.up_to is None else atoms(tier.up_to, QUANTITY_SCALE)
        component = name if number == 1 else f"{name}{_TIER}{number}"
        price = _each_unit(component, Fraction(tier.unit_price), contract)
        yield replace(price, above=above, up_to=up_to)
        above = up_to or 0


def _charge(tiers: Iterable[Tier], units: Decimal) -> Fraction:
    """What the units cost when each tier prices its own, in the currency."""
    charge, below = Fraction(0), Fraction(0)
    for tier in tiers:
        last = Fraction(units) if tier.up_to is None else min(Fraction(units), Fraction(tier.up_to))
        charge += Fraction(tier.unit_price) * max(last - below, Fraction(0))
        below = max(below, last)
    return charge


def _refuse_unclear(consideration: Consideration, contract: Contract) -> None:
    bounds = [tier.up_to for tier in consideration.tiers]
    closed = [bound for bound in bounds[:-1] if bound is not None]
    volume = consideration.expected_units
    for unclear, what, field in (
        (consideration.kind is not ConsiderationKind.VARIABLE, "not variable", "kind"),
        (consideration.obligation is None, "of no obligation whose units count", "obligation"),
        (bool(consideration.outcomes), "a list of outcomes of a total", "outcomes"),
        (
            bool(bounds)
            and (
                bounds[-1] is not None
                or len(closed) < len(bounds) - 1
                or any(
                    low >= high for low, high in zip([Decimal(0), *closed], closed, strict=False)
                )
            ),
            "in tiers that do not rise from the lowest volume to an open end",
            "tiers",
        ),
        (
            volume is not None and (volume < 0 or (not volume and _averaged(consideration))),
            f"estimated from {volume} units",
            "expected_units",
        ),
    ):
        if unclear:
            raise UnsupportedTerm(
                f"The price per unit {consideration.id} of contract {contract.id} is {what}.",
                citation="606-10-32-5",
                remedy="Give a variable price per unit of an obligation, with rising tiers if any.",
                contract=contract.id,
                field=f"consideration.{consideration.id}.{field}",
            )


def _averaged(consideration: Consideration) -> bool:
    return consideration.tiers_price is TierBasis.NEXT_UNITS


def _decimal(rate: Fraction) -> str:
    """A price per unit for a reader: all its decimals, or the first twelve."""
    told = Decimal(round_ratio(rate.numerator * 10**12, rate.denominator)).scaleb(-12).normalize()
    return f"{told:f}"
