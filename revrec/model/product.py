"""The product catalogue: what is judged once of a product rather than of each contract.

A product is effective-dated; contracts take the version in force on the day a promise was made and
may tell otherwise promise by promise. ``asc606.catalogue`` says which came from where.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.model.contract import (
    _STRICT,
    CountedIn,
    Measure,
    Role,
    SellingPriceMethod,
    Warranty,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A good or service as the entity sells it, from a day on (606-10-25-14 to 25-22)."""

    __pydantic_config__ = _STRICT

    id: str
    """The version's id, unique within the entity: ``seats-2026``."""
    product: str
    """The product that contracts and selling prices name."""
    effective_from: date
    """First day on which promises are read with this version."""
    name: str = ""
    """Name for readers."""
    measure: Measure
    """Measure of progress of a promise of it (25-31)."""
    distinct: bool = True
    """Judged: customers benefit from it by itself and it is separately identifiable (25-19)."""
    distinct_because: str = ""
    """The reasons for that judgment (25-20, 25-21)."""
    part_of: str = ""
    """Not distinct: the product whose obligation it belongs to (25-22)."""
    transfers_nothing: bool = False
    """Set-up and administration: work that transfers nothing to the customer (25-17)."""
    series: bool = True
    """Whether a promise of it is a series of distinct increments (25-14b, 25-15)."""
    role: Role = Role.PRINCIPAL
    """Whether the entity controls it before the customer does (55-37)."""
    role_because: str = ""
    """The indicators of control (55-39)."""
    retained_share: Decimal | None = None
    """As an agent: the share of what the customer pays that is kept (55-38)."""
    warranty: Warranty = Warranty.NONE
    """Whether it is a warranty, and of which kind (55-30 to 55-35)."""
    meters: tuple[str, ...] = ()
    """Usage meters that count towards it."""
    counted_in: CountedIn | None = None
    """What an entitlement to it is counted in."""
    selling_price_method: SellingPriceMethod = SellingPriceMethod.OBSERVABLE
    """How its standalone selling price is found; ``residual`` needs no price (32-34)."""
