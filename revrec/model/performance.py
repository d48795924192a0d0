"""How a promise is satisfied, where its measure of progress needs more than dates and a quantity.

The terms of licenses, repurchase rights, control and uneven service (606-10-25-30 to 25-37,
55-54 to 55-88). Conclusions that the Topic leaves to judgment are told here, not derived.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """Service stands still from a day on, at the customer's wish or ours (606-10-25-31)."""

    __pydantic_config__ = _STRICT

    kind: Literal["pause"] = "pause"
    id: str
    contract: str
    on: date
    """First day without service."""
    until: date | None = None
    """Last day without service; not known yet if left out."""
    obligations: tuple[str, ...] = ()
    """Obligations that stand still; all that run by time and all entitlements if left out."""
    extends: bool = False
    """Whether the end moves by as many days as service stood still."""
    end: date | None = None
    """New last day of service, where it is not the old one nor moved by days."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """Service goes on after a pause whose end was open, or sooner than was told."""

    __pydantic_config__ = _STRICT

    kind: Literal["resumption"] = "resumption"
    id: str
    contract: str
    on: date
    """First day of service again."""
    pause: str
    """The pause that is over."""
    end: date | None = None
    """New last day of service, where it is not the old one nor moved by days."""
    reason: str = ""


class Nature(StrEnum):
    """What a license of intellectual property gives (606-10-55-59)."""

    FUNCTIONAL = "functional"
    """Use of what has standalone functionality, as it is when granted (55-59a)."""
    SYMBOLIC = "symbolic"
    """Access to what lives from the licensor's ongoing activities: brands, names (55-59b)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """A license of intellectual property, for the measure ``license`` (606-10-55-54 to 55-65)."""

    __pydantic_config__ = _STRICT

    nature: Nature
    """Judged."""
    available: date | None = None
    """Day from which the customer can obtain it: a copy, a key; told by a delivery if left out."""
    must_update: bool = False
    """Functional, but changed by us in substance while the customer must use the newest (55-62)."""
    hosted_only: bool = False
    """The customer cannot take the software and run it elsewhere without much loss (55-54A)."""
    activities_affect: bool | None = None
    """Judged under IFRS 15.B58: the customer is exposed to what we go on doing to it, which no
    other promise transfers; as its nature says if left out."""
    renews: bool = False
    """It extends a license that the customer uses already (55-58C)."""


class RepurchaseKind(StrEnum):
    """Who may or must sell the asset back (606-10-55-66)."""

    FORWARD = "forward"
    """We must repurchase it."""
    CALL = "call"
    """We may repurchase it."""
    PUT = "put"
    """The customer may make us repurchase it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repurchase:
    """An agreement to repurchase what is sold (606-10-55-66 to 55-78)."""

    __pydantic_config__ = _STRICT

    kind: RepurchaseKind
    price: Decimal
    """What will be paid to have it back."""
    last: date
    """Last day of the right, or the day of a forward."""
    economic_incentive: bool = False
    """Judged of a put: the customer has a significant incentive to use it (55-72 to 55-75)."""
    above_market: bool = False
    """Judged of a put: the price exceeds the market value expected then (55-76)."""
    adjusted_price: Decimal | None = None
    """The repurchase price for the comparison, where the time value of money matters (55-69)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RepurchaseOutcome:
    """A repurchase right was used, or given up before its last day."""

    __pydantic_config__ = _STRICT

    kind: Literal["repurchase"] = "repurchase"
    id: str
    contract: str
    on: date
    obligation: str
    exercised: bool
    """Whether the asset came back; otherwise the right lapsed."""


class Acceptance(StrEnum):
    """What a clause of customer acceptance means (606-10-55-85 to 55-88)."""

    NONE = "none"
    """There is none."""
    FORMALITY = "formality"
    """We can tell objectively that the goods meet the specification (55-86)."""
    SUBSTANTIVE = "substantive"
    """Only the customer can tell, or it has the goods on trial (55-87, 55-88)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """When the customer obtains control of goods (606-10-25-30, 55-79 to 55-88)."""

    __pydantic_config__ = _STRICT

    on_shipment: bool = False
    """Title and risk pass when goods leave us, not when they arrive."""
    bill_and_hold: bool = False
    """Judged: all criteria of 55-83 are met for goods kept at the customer's request."""
    dealer_controls: bool = False
    """Judged: goods placed with a dealer are its own; else ours until it sells them (55-80)."""
    acceptance: Acceptance = Acceptance.NONE


HANDED_OVER = Control()
"""Control passes when goods are handed over; one for all the obligations that tell nothing."""


class Step(StrEnum):
    """What happened to goods: not every step gives the customer control (606-10-25-30)."""

    TRANSFER = "transfer"
    """Handed over; performance that needs no further step."""
    SHIPMENT = "shipment"
    """Left us."""
    HOLD = "hold"
    """Ready, billed, and kept by us for the customer (55-81)."""
    CONSIGNMENT = "consignment"
    """Placed with a dealer (55-79)."""
    SALE = "sale"
    """Sold on by the dealer, or drawn from consigned stock (55-80)."""
    ACCEPTANCE = "acceptance"
    """Accepted by the customer (55-85)."""


class CountedAs(StrEnum):
    """What a cost incurred tells of progress (606-10-55-21)."""

    PROGRESS = "progress"
    """It depicts performance."""
    UNINSTALLED_MATERIALS = "uninstalled_materials"
    """Materials whose control passes before they are installed: revenue equal to cost (55-21b)."""
    INEFFICIENCY = "inefficiency"
    """Waste that the price does not reflect: expensed, but no progress (55-21a)."""
