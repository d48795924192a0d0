"""What can be asked of prices, credits, invoices and parts of periods without any books.

A question names all that decides its answer; every option has the default the rest of the program
has. ``revrec.rating.answers`` answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from revrec.drawing.draw import Beyond
from revrec.errors import FeedError
from revrec.model.contract import _STRICT
from revrec.model.credit import DrawFirst
from revrec.model.proration import ChangeDay, ProratedBy
from revrec.model.rating import Aggregation, Price, PromotionalCredit, Rounding, Tier, TierMode
from revrec.model.span import Span
from revrec.rating.grants import Grant, Use
from revrec.rating.settlement import Coupon, InvoiceStep, SpendingCommitment


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTold:
    """Usage to be priced."""

    __pydantic_config__ = _STRICT

    meter: str
    quantity: Decimal
    on: date | None = None
    """Its day ..."""
    at: AwareDatetime | None = None
    """... or its moment with zone; days and hours are counted in UTC."""
    labels: Mapping[str, str] = field(default_factory=dict)
    event: str = ""
    """Tells transactions apart, where prices are per event; each row is one if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePrice:
    """What usage costs by the lines of a rate card."""

    __pydantic_config__ = _STRICT

    kind: Literal["usage_price"] = "usage_price"
    currency: str
    prices: tuple[Price, ...]
    usage: tuple[UsageTold, ...] = ()
    rounding: Rounding = field(default_factory=Rounding)
    start: date | None = None
    """First day of the agreement; the first of the month of the first usage if left out."""
    until: date | None = None
    """Last day of the agreement; open if left out."""
    through: date | None = None
    """Windows that ended by this day owe fees and minimums; the end of the month of the last usage
    if left out."""
    before: Mapping[str, Decimal] = field(default_factory=dict)
    """Line -> running total that the first window begins with: what was rated before."""
    credits: tuple[PromotionalCredit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnDown:
    """Which credits pay for which use, and what is left at a moment."""

    __pydantic_config__ = _STRICT

    kind: Literal["burn_down"] = "burn_down"
    grants: tuple[Grant, ...]
    uses: tuple[Use, ...] = ()
    as_of: AwareDatetime
    order: tuple[DrawFirst, ...] = (DrawFirst.LOWEST_PRIORITY, DrawFirst.EARLIEST_EXPIRY)
    beyond: Beyond = Beyond.INVOICED
    resets: tuple[AwareDatetime, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLineTold:
    """A line before coupons, taxes and credits."""

    __pydantic_config__ = _STRICT

    id: str
    amount: Decimal
    counts_to: str | tuple[str, ...] = ()
    """The commitment it is spending of, if any; of several, each in turn until it is met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditTold:
    """Credits that may pay."""

    __pydantic_config__ = _STRICT

    id: str
    amount: Decimal
    pays: tuple[str, ...] = ()
    """Lines it may pay; all if left out."""


class SettledAt(StrEnum):
    """Where an invoice is rounded."""

    LINE = "line"
    """Each line, each coupon and each tax, then summed."""
    INVOICE = "invoice"
    """The sums alone; what they are made of keeps twelve decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an invoice comes to: maximum, true-ups, then coupons, taxes and credits in an order."""

    __pydantic_config__ = _STRICT

    kind: Literal["settlement"] = "settlement"
    currency: str
    lines: tuple[InvoiceLineTold, ...]
    rounding: Rounding = field(default_factory=Rounding)
    """Its place within a line does not matter here."""
    rounded_at: SettledAt = SettledAt.LINE
    maximum: Decimal | None = None
    """Most that lines come to, cut in their order ..."""
    charged_before: Decimal = Decimal(0)
    """... with what was charged before."""
    commitments: tuple[SpendingCommitment, ...] = ()
    """What is missing to each is a line of its own."""
    coupons: tuple[Coupon, ...] = ()
    chained: bool = True
    """Whether a percentage is of what coupons before it left."""
    tax_percents: tuple[Decimal, ...] = ()
    compounding: bool = False
    """Whether each tax is also on those before it."""
    credits: tuple[CreditTold, ...] = ()
    in_proportion: bool = False
    """Whether credits are shared by lines in proportion instead of in order."""
    order: tuple[InvoiceStep, ...] = (InvoiceStep.COUPON, InvoiceStep.TAX, InvoiceStep.CREDIT)
    taxed_before_credits: bool = True
    """Whether credits that come before tax leave what is taxed as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdUse:
    """Rated use of a day."""

    __pydantic_config__ = _STRICT

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdBilling:
    """Which invoices use of days brings about."""

    __pydantic_config__ = _STRICT

    kind: Literal["threshold_billing"] = "threshold_billing"
    usage: tuple[ThresholdUse, ...]
    thresholds: tuple[Decimal, ...]
    recurring: Decimal | None = None
    """Further amount beyond the last threshold that fires again."""
    fresh: bool = False
    """Whether the one threshold is counted anew after each invoice, instead of once in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proration:
    """A part of a fee (``amount``), or a change from one price to another (``old``, ``new``)."""

    __pydantic_config__ = _STRICT

    kind: Literal["proration"] = "proration"
    currency: str
    period: Span
    by: ProratedBy = ProratedBy.DAYS
    days_in_period: Decimal | None = None
    """Days the price is for, such as 30, 365 or 30.4375; those of the period if left out."""
    amount: Decimal | None = None
    first: Annotated[date | None, Field(alias="from")] = None
    """First day of the part of the fee; the period's if left out."""
    last: Annotated[date | None, Field(alias="to")] = None
    """Last day of it, on which the service is used; the period's if left out."""
    last_day_counts: bool = True
    """Whether the last day counts as used."""
    old: Decimal | None = None
    new: Decimal | None = None
    on: date | None = None
    """The day of the change ..."""
    at: AwareDatetime | None = None
    """... or its moment with zone, where seconds count."""
    change_day: ChangeDay = ChangeDay.NEW
    net_first: bool = False
    """Whether the net of a change is rounded, and not its lines."""
    credits_unused: bool = True
    """Whether what is unused of the old price is given back."""
    tax_percents: tuple[Decimal, ...] = ()
    """On each line, rounded by itself; a credit gives its tax back."""
    rounding: Rounding = field(default_factory=Rounding)


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """A change of a level: seats added, or with a negative one removed."""

    __pydantic_config__ = _STRICT

    change: Decimal
    on: date | None = None
    """Its day ..."""
    at: AwareDatetime | None = None
    """... or its moment with zone, where seconds count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelPrice:
    """What a level that rises and falls costs, each change for the part of a period it holds."""

    __pydantic_config__ = _STRICT

    kind: Literal["level_price"] = "level_price"
    currency: str
    period: Span
    by: ProratedBy = ProratedBy.DAYS
    mode: TierMode = TierMode.GRADUATED
    tiers: tuple[Tier, ...]
    carried: Decimal = Decimal(0)
    """The level the period begins with."""
    changes: tuple[LevelChange, ...] = ()
    removed_day_counts: bool = True
    """Whether what is removed on a day is used on it, where days count."""
    rounding: Rounding = field(default_factory=Rounding)


class Repeated(StrEnum):
    """What counts of an event told twice with other values; the same one told again is nothing."""

    REFUSED = "refused"
    FIRST = "first"
    LAST = "last"


class LevelsTold(StrEnum):
    """What the events of a level tell."""

    CHANGES = "changes"
    """By how much it rises or falls."""
    LEVELS = "levels"
    """What it is from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventTold:
    """A metering event of a window."""

    __pydantic_config__ = _STRICT

    at: AwareDatetime
    value: str = "1"
    """A number, or what is to be told apart."""
    id: str = ""
    """By which the same event told again is known; each is one of its own if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metering:
    """What events of a window come to as a quantity."""

    __pydantic_config__ = _STRICT

    kind: Literal["metering"] = "metering"
    how: Aggregation
    begins: AwareDatetime
    ends: AwareDatetime
    """The first moment that is not of the window."""
    events: tuple[EventTold, ...] = ()
    repeated: Repeated = Repeated.REFUSED
    levels_told: LevelsTold = LevelsTold.CHANGES
    carried: Decimal = Decimal(0)
    """The level the window begins with."""
    priced_for_hours: int | None = None
    """Hours a level is priced for, such as 730; the whole window if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityTier:
    """A price for all that stays within limits."""

    __pydantic_config__ = _STRICT

    limits: Mapping[str, Decimal] = field(default_factory=dict)
    """Unit -> the largest peak, included; no limit if left out."""
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What peaks of several units cost: the one price of the lowest tier that holds them all."""

    __pydantic_config__ = _STRICT

    kind: Literal["capacity"] = "capacity"
    tiers: tuple[CapacityTier, ...]
    peaks: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanUse:
    """Usage of a window that a plan may cover."""

    __pydantic_config__ = _STRICT

    id: str
    quantity: Decimal
    plan_price: Decimal
    """Of a unit that the plan covers."""
    list_price: Decimal
    """Of any other unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountedPlan:
    """Spending committed for each window, drawn at discounted prices; not used, it is lost.

    Usage with the largest discount in percent is covered first, then that with the lowest plan
    price, each down to a part of a unit.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["discounted_plan"] = "discounted_plan"
    currency: str
    commitment: Decimal
    """Of one window."""
    uses: tuple[PlanUse, ...] = ()
    rounding: Rounding = field(default_factory=Rounding)


Question = Annotated[
    UsagePrice
    | BurnDown
    | Settlement
    | ThresholdBilling
    | Proration
    | LevelPrice
    | Metering
    | Capacity
    | DiscountedPlan,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Figures by name, and the rows they are made of, by table; amounts are decimal text."""

    kind: str
    figures: Mapping[str, str]
    tables: Mapping[str, tuple[Mapping[str, str], ...]]


def contradicts(what: str, why: str, remedy: str) -> FeedError:
    """The refusal of a question that says two things or nothing."""
    return FeedError(f"{what[0].upper()}{what[1:]} {why}.", remedy=remedy)


def plain(amount: Decimal) -> str:
    """Decimal text without an exponent; digits beyond the sixth only where they say something.

    >>> plain(Decimal("320.00")), plain(Decimal("0.248000000000"))
    ('320.00', '0.248')
    """
    told = f"{amount:f}"
    _, _, decimals = told.partition(".")
    return told.rstrip("0").rstrip(".") if len(decimals) > _MONEY_DECIMALS_MAX else told


_MONEY_DECIMALS_MAX = 6
