"""Rights to buy more that a contract gives: at a discount, or to renew (606-10-55-41 to 55-45)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerOption:
    """A right to buy later at a discount that others do not get (606-10-55-42, 55-44).

    Its selling price is the discount beyond what anyone gets, times the purchase and its
    likelihood, or a ``value`` estimated in another way.
    """

    __pydantic_config__ = _STRICT

    discount: Decimal = Decimal(0)
    """The discount, as a share of the price: 0.30."""
    offered_to_all: Decimal = Decimal(0)
    """The part of it that any customer gets; none if ``discount`` is beyond that (55-44a)."""
    purchase: Decimal = Decimal(0)
    """What the customer is expected to buy with it, at the price without discount."""
    likelihood: Decimal = Decimal(1)
    """How likely the option is used, from 0 to 1; judged at inception, never updated (55-44b)."""
    value: Decimal | None = None
    """The right's selling price, where it is observed or estimated in another way (55-44)."""
    expires: date | None = None
    """Last day of the right; what is deferred then is revenue (55-42)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A right to renew, priced by what is expected to be bought with it (606-10-55-45).

    The obligation tells the goods: their service, selling price and, as ``quantity``, how many
    renewals there are. They are outside the contract's price until an ``exercise`` tells them.
    """

    __pydantic_config__ = _STRICT

    consideration: Decimal
    """What will be charged for all of them together."""
    likelihood: Decimal = Decimal(1)
    """The share of them that is expected, from 0 to 1; judged at inception."""
    expires: date | None = None
    """Last day of the right; what is deferred then is revenue."""
