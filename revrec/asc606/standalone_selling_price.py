"""Step 4: standalone selling prices (606-10-32-31 to 32-35)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from revrec.citations import cites
from revrec.errors import MissingSellingPrice, UnsupportedTerm
from revrec.model.contract import (
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
    SellingPriceMethod,
    SellingPriceRange,
)
from revrec.model.policy import Policy, StandaloneSellingPrice
from revrec.money import minor_digits
from revrec.periods import months_of

_ONE = Fraction(1)
_MONTHS = {"month": 1, "year": 12}
"""Months in what an entry of the book is priced for."""


@dataclass(frozen=True, slots=True)
class Books:
    """What is chosen, not told by the contract: selling prices, policy, and how far to look."""

    selling_prices: Sequence[StandaloneSellingPrice]
    policy: Policy
    until: date = date.min
    """Last day asked about: service that renews as time passes is accounted for up to it."""


class PriceAlone(NamedTuple):
    """What an obligation is sold for alone, and where that comes from."""

    amount: Fraction | int
    """Minor units."""
    source: str
    """For readers: the method, and the entry of the book."""


@cites("606-10-32-31", "606-10-32-33", "606-10-32-43")
def standalone_selling_price(
    obligation: PerformanceObligation,
    contract: Contract,
    books: Books,
    *,
    on: date,
    first_day: date,
    last_day: date | None,
) -> Fraction | int:
    """The price of the whole obligation sold alone, in minor units, as of ``on``.

    Raises MissingSellingPrice when there is none or it is not above zero.
    """
    service = (first_day, last_day)
    return price_alone(obligation, contract, books, on=on, service=service).amount


@cites("606-10-32-31", "606-10-32-32", "606-10-32-33", "606-10-32-43", "606-10-55-44")
def price_alone(
    obligation: PerformanceObligation,
    contract: Contract,
    books: Books,
    *,
    on: date,
    service: tuple[date, date | None],
) -> PriceAlone:
    """The price of the whole obligation sold alone as of ``on``, with its source.

    An option is worth its discount beyond what anyone gets times the likelihood of use; of a range
    policy chooses the point; then comes the contract's own price, then the book, which may give a
    range too. Raises MissingSellingPrice when there is none or it is not above zero.
    """
    option, bounds = obligation.option, obligation.selling_price_range
    price: Fraction | Decimal
    if option is not None:
        beyond = Fraction(option.discount) - Fraction(option.offered_to_all)
        price = beyond * Fraction(option.purchase) * Fraction(option.likelihood)
        source = "discount beyond what anyone gets, times its likelihood"
        if option.value is not None:
            price, source = option.value, "value of the right"
    elif bounds is not None:
        price = _point_in_range(obligation, contract, bounds, books.policy)
        source = f"range {bounds.low} to {bounds.high} of the contract"
    elif obligation.standalone_selling_price is not None:
        price, source = obligation.standalone_selling_price, ""
    else:
        entry = entry_in_force(obligation, contract, books.selling_prices, on)
        units = _units(entry, obligation, service)
        source = f"{entry.method.replace('_', ' ')}, entry {entry.id}"
        if entry.bounds is None:
            price = Fraction(entry.amount) * units
        else:
            price = _point_in_range(obligation, contract, entry.bounds, books.policy, units)
            source += f", range {entry.bounds.low} to {entry.bounds.high}"
    if price <= 0:
        raise _missing(obligation, contract, f"is {Fraction(price)}; it must be above zero")
    numerator, denominator = price.as_integer_ratio()
    numerator *= 10 ** minor_digits(contract.currency)
    whole, rest = divmod(numerator, denominator)
    return PriceAlone(Fraction(numerator, denominator) if rest else whole, source)


@cites("606-10-32-33")
def _point_in_range(
    obligation: PerformanceObligation,
    contract: Contract,
    bounds: SellingPriceRange,
    policy: Policy,
    units: Fraction = _ONE,
) -> Fraction:
    """The point of a range, of so many units: the stated price inside it, or what policy elects."""
    stated = [
        each.amount
        for each in contract.consideration
        if each.obligation == obligation.id and each.kind is ConsiderationKind.FIXED
    ]
    if not bounds.low <= bounds.midpoint <= bounds.high:
        told = f"ranges from {bounds.low} over {bounds.midpoint} to {bounds.high}"
        raise _missing(obligation, contract, told)
    low, middle, high = (
        Fraction(each) * units for each in (bounds.low, bounds.midpoint, bounds.high)
    )
    price = Fraction(sum(stated, Decimal(0))) if stated else None
    if price is not None and low <= price <= high:
        within = policy.value("selling_price_in_range") == "stated_price"
        return price if within else middle
    if price is None or policy.value("selling_price_out_of_range") == "midpoint":
        return middle
    return low if price < low else high


@cites("606-10-32-32", "606-10-32-33")
def entry_in_force(
    obligation: PerformanceObligation,
    contract: Contract,
    book: Sequence[StandaloneSellingPrice],
    on: date,
) -> StandaloneSellingPrice:
    """The entry of the book for an obligation on a day.

    Of the entries for its product and currency that are for everyone or for its region, segment
    and volume, the one narrowed by most of these comes first, then the latest. Raises
    MissingSellingPrice where there is none, UnsupportedTerm where two such entries of the same day
    give different prices, or the entry is one for which no price is kept.
    """
    volume = _volume(obligation)
    candidates = [
        entry
        for entry in book
        if entry.product == obligation.product
        and entry.currency == contract.currency
        and entry.effective_from <= on
        and entry.region in ("", contract.region)
        and entry.segment in ("", contract.segment)
        and (entry.quantity_from is None or entry.quantity_from <= volume)
        and (entry.quantity_to is None or volume <= entry.quantity_to)
    ]
    if not candidates:
        raise _missing(
            obligation,
            contract,
            f"is not in the book for {contract.currency} and a volume of {volume} on {on}",
        )
    foremost = max(map(_precedence, candidates))
    first, *others = [entry for entry in candidates if _precedence(entry) == foremost]
    if any(_price(entry) != _price(first) for entry in others):
        names = ", ".join(sorted(entry.id for entry in (first, *others)))
        raise _contradiction(obligation, contract, f"is told by {names}, which differ")
    if first.per.removeprefix("unit_") not in {"contract", "unit", *_MONTHS}:
        raise _contradiction(obligation, contract, f"is per {first.per!r} in {first.id}")
    if first.method is SellingPriceMethod.RESIDUAL:
        raise _contradiction(obligation, contract, f"is a residual by {first.id} of the book")
    return first


def _precedence(entry: StandaloneSellingPrice) -> tuple[int, date]:
    """How narrow an entry is, then from when."""
    by_volume = entry.quantity_from is not None or entry.quantity_to is not None
    return bool(entry.region) + bool(entry.segment) + by_volume, entry.effective_from


def _price(entry: StandaloneSellingPrice) -> tuple[object, ...]:
    return entry.amount, entry.low, entry.high, entry.per, entry.method


def _volume(obligation: PerformanceObligation) -> Decimal:
    """Units bought: the entitlement of what is used up, else the quantity."""
    entitled = obligation.usage.entitled if obligation.measure is Measure.USAGE else None
    return obligation.quantity if entitled is None else entitled


def _units(
    entry: StandaloneSellingPrice,
    obligation: PerformanceObligation,
    service: tuple[date, date | None],
) -> Fraction:
    """How many times the entry's price is sold: units, months or years of service, or both."""
    units = Fraction(obligation.quantity) if entry.per.startswith("unit") else _ONE
    if entry.per in ("contract", "unit"):
        return units
    first_day, last_day = service
    if last_day is None:
        raise UnsupportedTerm(
            f"Selling price {entry.id} is per {entry.per}, but {obligation.id} has no end.",
            citation="606-10-32-31",
            remedy="Give the obligation an `end`, or price it per contract or unit.",
            field=f"obligations.{obligation.id}.end",
        )
    return (
        units
        * months_of(first_day, last_day)
        * Fraction(1, _MONTHS[entry.per.removeprefix("unit_")])
    )


def _contradiction(
    obligation: PerformanceObligation, contract: Contract, what: str
) -> UnsupportedTerm:
    return UnsupportedTerm(
        f"The standalone selling price of {obligation.id} ({obligation.product}) in contract "
        f"{contract.id} {what}.",
        citation="606-10-32-33",
        remedy="Correct the book, or tell `standalone_selling_price` or `residual` here.",
        contract=contract.id,
        field=f"obligations.{obligation.id}.standalone_selling_price",
    )


def _missing(
    obligation: PerformanceObligation, contract: Contract, what: str
) -> MissingSellingPrice:
    return MissingSellingPrice(
        f"The standalone selling price of {obligation.id} ({obligation.product}) in contract "
        f"{contract.id} {what}.",
        citation="606-10-32-31",
        remedy="Give `standalone_selling_price` on the obligation or add the product to the book.",
        contract=contract.id,
        field=f"obligations.{obligation.id}.standalone_selling_price",
    )
