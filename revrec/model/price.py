"""Terms of a price that is not one amount: by volume, for goods that may come back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


class TierBasis(StrEnum):
    """Which units the price of a tier is for."""

    ALL_UNITS = "all_units"
    """The tier that the volume reaches prices every unit, also those before it."""
    NEXT_UNITS = "next_units"
    """Each tier prices its own units; in one contract all units earn the average (55-17)."""
    OPTIONS = "options"
    """Each tier prices its own units, bought by options that are no material right (55-43)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A range of volume with its price per unit."""

    __pydantic_config__ = _STRICT

    up_to: Decimal | None = None
    """Last unit of the tier; none for the highest tier."""
    unit_price: Decimal
    """Price of one unit, of any number of decimals; negative for a rebate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnRight:
    """A right to return goods for what was paid (606-10-55-22 to 55-29); no swap, no warranty."""

    __pydantic_config__ = _STRICT

    expected: Decimal
    """Units of the obligation expected to come back, so many that more will probably not."""
    refund: Decimal | None = None
    """Paid back or credited for a unit; the obligation's price for a unit if left out."""
    restocking_fee: Decimal = Decimal(0)
    """Kept of the refund of a unit."""
    recovery_cost: Decimal = Decimal(0)
    """Expected cost to recover a unit, with any loss of its value to the entity (55-27)."""
    last_day: date | None = None
    """Last day of the right; what is not back then is sold, from the day after."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Royalty:
    """A royalty for a license, by the customer's sales or usage (606-10-55-65 to 55-65B)."""

    __pydantic_config__ = _STRICT

    minimum: Decimal = Decimal(0)
    """Guaranteed, and told as a fixed amount; only what is sold or used above it counts here."""
