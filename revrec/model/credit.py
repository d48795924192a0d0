"""Credits a customer holds: granted, corrected, shared by several contracts, given to one of them.

Days are whole: a grant pays for use of its first and of its last day. Amounts are in the currency
of the contract, or in units of the meters that are paid for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from revrec.drawing.draw import Beyond
from revrec.model.contract import _STRICT, CountedIn
from revrec.model.proration import GrantProration


class DrawFirst(StrEnum):
    """What makes one grant be drawn before another; several are asked in turn."""

    LOWEST_PRIORITY = "lowest_priority"
    """The lower number."""
    EARLIEST_EXPIRY = "earliest_expiry"
    """The one that expires first; those that never expire come last."""
    EARLIEST_EFFECTIVE = "earliest_effective"
    EARLIEST_CREATED = "earliest_created"
    FREE = "free"
    """What was given before what was paid for."""
    LOWEST_COST = "lowest_cost"
    """What was paid least for."""
    FEWEST_PRODUCTS = "fewest_products"
    """The narrower one; those for every product come last."""
    LIMITED = "limited"
    """Those for some products before those for all."""
    ROLLED_OVER = "rolled_over"
    """What was carried over from before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollover:
    """What of a balance goes on when its days are over: a percentage, a floor, within a cap."""

    __pydantic_config__ = _STRICT

    percent: Decimal = Decimal(100)
    """Of what is left."""
    floor: Decimal = Decimal(0)
    """What it is brought up to at least, within the cap."""
    cap: Decimal | None = None
    """Most that goes on ..."""
    cap_percent: Decimal | None = None
    """... or most of it as a percentage of what was granted: 20 from month to month."""
    months: int = 1
    """How many months it goes on for ..."""
    until: date | None = None
    """... or its last day then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """The same again after some months; each time lasts until the next."""

    __pydantic_config__ = _STRICT

    every_months: int
    until: date
    """No further time begins after this day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditGrant:
    """Credits to be used by a contract, or by all of its pool: bought, topped up, or given."""

    __pydantic_config__ = _STRICT

    kind: Literal["credit_grant"] = "credit_grant"
    id: str
    contract: str
    """The contract under which they were granted, which pays for them."""
    on: date
    """First day of use they pay for."""
    last_day: date | None = None
    """Last day of use they pay for; never over if left out, at the next time if it recurs."""
    amount: Decimal
    counted_in: CountedIn = CountedIn.AMOUNT
    """Money drawn by rated amounts, or units drawn by quantities."""
    paid: Decimal = Decimal(0)
    """What was paid for all of it, their cost basis; nothing for promotional credits."""
    priority: int = 0
    """The lower number is drawn first."""
    created: date | None = None
    """When they were bought, where that decides the order; the first day if left out."""
    meters: tuple[str, ...] = ()
    """Meters whose use they pay for; those of ``products`` and all if left out."""
    products: tuple[str, ...] = ()
    """Products whose use they pay for."""
    rollover: Rollover | None = None
    recurs: Recurrence | None = None
    """Such as a monthly allowance; each time is named by the id and its first day."""
    prorated: GrantProration | None = None
    """What is granted where it begins within a period; all of it if left out."""
    obligation: str | None = None
    """The obligation of the contract that is performed as they are used (606-10-55-46)."""
    consideration: str | None = None
    """The consideration of the contract under which they are billed."""
    reason: str = ""

    @property
    def promotional(self) -> bool:
        """Whether they were given and not bought."""
        return not self.paid


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUpRule:
    """Credits bought as soon as less than a threshold is left."""

    __pydantic_config__ = _STRICT

    kind: Literal["top_up_rule"] = "top_up_rule"
    id: str
    contract: str
    on: date
    """First day on which it holds."""
    until: date | None = None
    """Last day."""
    threshold: Decimal
    """What is left below which credits are bought."""
    amount: Decimal
    """What is bought each time."""
    counted_in: CountedIn = CountedIn.AMOUNT
    paid: Decimal
    """What is paid each time."""
    months: int = 12
    """How long the credits last."""
    times_in_a_month_max: int = 31
    """Most times in a calendar month."""
    priority: int = 0
    obligation: str | None = None
    """The obligation of the contract that is performed as they are used."""
    consideration: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditAdjustment:
    """A correction of a grant from a day on; what was drawn before stands."""

    __pydantic_config__ = _STRICT

    kind: Literal["credit_adjustment"] = "credit_adjustment"
    id: str
    contract: str
    on: date
    grant: str
    """What it corrects."""
    amount: Decimal | None = None
    """Added, or taken away and then at most what is left; left out, the grant is void."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPool:
    """Contracts that draw on each other's credits and commitments, and how; it may be one alone."""

    __pydantic_config__ = _STRICT

    kind: Literal["credit_pool"] = "credit_pool"
    id: str
    on: date
    contracts: tuple[str, ...]
    order: tuple[DrawFirst, ...] = ()
    """What is drawn first; by priority and as policy elects if left out."""
    beyond: Beyond = Beyond.INVOICED
    """What becomes of use that nothing covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTransfer:
    """A balance set aside for one contract of a pool, or given by one to another.

    What is given is at most what the giver has left on that day.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["credit_transfer"] = "credit_transfer"
    id: str
    on: date
    pool: str
    giver: str = ""
    """The contract that gives of its part; of what all share if left out."""
    taker: str = ""
    """The contract for which it is set aside; back to what all share if left out."""
    amount: Decimal
    counted_in: CountedIn = CountedIn.AMOUNT
    grants: tuple[str, ...] = ()
    """Grants of which it is given; any, in the order in which they are drawn, if left out."""
    reason: str = ""
