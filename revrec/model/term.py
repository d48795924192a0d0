"""How long a contract binds, and how what it costs follows from that (606-10-25-3, 25-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


class Party(StrEnum):
    """Who may end a contract."""

    CUSTOMER = "customer"
    ENTITY = "entity"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminationRight:
    """A right to end the contract before its last day (606-10-25-3)."""

    __pydantic_config__ = _STRICT

    by: Party = Party.CUSTOMER
    """Who may leave."""
    notice_days: int = 0
    """Days of notice; counted in whole months of service, a month for every 31 days begun."""
    leaves_from: date | None = None
    """First day without the contract at the earliest; any month end if left out."""
    every_months: int = 1
    """Months between the days on which one may leave: 12 for a contract renewed by the year."""
    penalty: Decimal = Decimal(0)
    """What leaving costs beyond what was used, for the reader."""
    substantive: bool = False
    """Judged: leaving costs so much that the right does not shorten the term."""


class Charged(StrEnum):
    """How a fixed amount follows the term."""

    ONCE = "once"
    """One amount, for what is promised first; it does not grow with the term."""
    MONTHLY = "monthly"
    """The amount for every month of service."""
    QUARTERLY = "quarterly"
    """The amount for every three months of service."""
    YEARLY = "yearly"
    """The amount for every twelve months of service."""
    OVER_TERM = "over_term"
    """The amount is for the whole stated term; who leaves early pays in proportion to time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceStep:
    """Another amount of a recurring charge, from the first day of one of its months on."""

    __pydantic_config__ = _STRICT

    from_day: date
    amount: Decimal
