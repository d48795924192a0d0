"""Step 4: standalone selling prices (606-10-32-31 to 32-35)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.citations import cites
from revrec.errors import MissingSellingPrice, UnsupportedTerm
from revrec.model.contract import (
    ConsiderationKind,
    Contract,
    PerformanceObligation,
    SellingPriceRange,
)
from revrec.model.policy import Policy, StandaloneSellingPrice
from revrec.money import minor_digits
from revrec.periods import months_of

_MONTHS_PER_YEAR = 12


@cites("606-10-32-31", "606-10-32-32", "606-10-32-33", "606-10-32-43", "606-10-55-44")
def standalone_selling_price(
    obligation: PerformanceObligation,
    contract: Contract,
    books: Books,
    *,
    on: date,
    first_day: date,
    last_day: date | None,
) -> Fraction:
    """The price of the whole obligation sold alone, in minor units, as of ``on``.

    An option is worth its discount beyond what anyone gets times the likelihood of use; a range
    gives the point that policy chooses; then comes the contract's own price, then the book entry in
    force for the product and currency, the one for the customer's region and segment before a
    general one.
    Raises MissingSellingPrice when there is none or it is not above zero.
    """
    option, bounds = obligation.option, obligation.selling_price_range
    if option is not None:
        beyond = Fraction(option.discount) - Fraction(option.offered_to_all)
        price: Fraction | Decimal = beyond * Fraction(option.purchase) * Fraction(option.likelihood)
    elif bounds is not None:
        price = _point_in_range(obligation, contract, bounds, books.policy)
    elif obligation.standalone_selling_price is not None:
        price = obligation.standalone_selling_price
    else:
        entry = _in_force(obligation, contract, books.selling_prices, on)
        price = Fraction(entry.amount) * _units(entry, obligation, first_day, last_day)
    if price <= 0:
        raise _missing(obligation, contract, f"is {Fraction(price)}; it must be above zero")
    numerator, denominator = price.as_integer_ratio()
    return Fraction(numerator * 10 ** minor_digits(contract.currency), denominator)


@dataclass(frozen=True, slots=True)
class Books:
    """What is chosen, not told by the contract: selling prices, policy, and how far to look."""

    selling_prices: Sequence[StandaloneSellingPrice]
    policy: Policy
    until: date = date.min
    """Last day asked about: service that renews as time passes is accounted for up to it."""


@cites("606-10-32-33")
def _point_in_range(
    obligation: PerformanceObligation,
    contract: Contract,
    bounds: SellingPriceRange,
    policy: Policy,
) -> Decimal:
    """The point of a range: the stated price inside it, or what policy elects outside."""
    stated = [
        each.amount
        for each in contract.consideration
        if each.obligation == obligation.id and each.kind is ConsiderationKind.FIXED
    ]
    if bounds.low > bounds.high:
        raise _missing(obligation, contract, f"ranges from {bounds.low} to {bounds.high}")
    price = sum(stated, Decimal(0)) if stated else None
    if price is not None and bounds.low <= price <= bounds.high:
        within = policy.value("selling_price_in_range") == "stated_price"
        return price if within else bounds.midpoint
    if price is None or policy.value("selling_price_out_of_range") == "midpoint":
        return bounds.midpoint
    return bounds.low if price < bounds.low else bounds.high


def _in_force(
    obligation: PerformanceObligation,
    contract: Contract,
    book: Sequence[StandaloneSellingPrice],
    on: date,
) -> StandaloneSellingPrice:
    candidates = [
        entry
        for entry in book
        if entry.product == obligation.product
        and entry.currency == contract.currency
        and entry.effective_from <= on
        and entry.region in ("", contract.region)
        and entry.segment in ("", contract.segment)
    ]
    if not candidates:
        raise _missing(obligation, contract, f"is not in the book for {contract.currency} on {on}")
    return max(
        candidates,
        key=lambda entry: (
            bool(entry.region) + bool(entry.segment),
            entry.effective_from,
            entry.id,
        ),
    )


def _units(
    entry: StandaloneSellingPrice,
    obligation: PerformanceObligation,
    first_day: date,
    last_day: date | None,
) -> Fraction:
    if entry.per == "contract":
        return Fraction(1)
    if entry.per == "unit":
        return Fraction(obligation.quantity)
    if last_day is None:
        raise UnsupportedTerm(
            f"Selling price {entry.id} is per {entry.per}, but {obligation.id} has no end.",
            citation="606-10-32-31",
            remedy="Give the obligation an `end`, or price it per contract or unit.",
            field=f"obligations.{obligation.id}.end",
        )
    months = months_of(first_day, last_day)
    return months if entry.per == "month" else months * Fraction(1, _MONTHS_PER_YEAR)


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
