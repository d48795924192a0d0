"""How a promise is satisfied, where its measure of progress needs more than dates and a quantity.

The terms of licenses, repurchase rights, control and uneven service (606-10-25-30 to 25-37,
55-54 to 55-88). Conclusions that the Topic leaves to judgment are told here, not derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePart:
    """Part of a service with its weight in the whole; even by days within (606-10-25-33)."""

    __pydantic_config__ = _STRICT

    first: date
    """First day of the part."""
    last: date
    """Last day of the part; the first for what happens on one day."""
    weight: Decimal
    """What the part counts for: effort, cost or value, in any one unit."""
