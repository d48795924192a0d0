"""How usage is priced: rate cards, and which card prices a contract since when.

Prices are decimals in the card's currency, quantities decimals in the meter's unit. Every choice
that price lists make differently is a field with a default, never implied by a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from revrec.model.contract import _STRICT


class TierMode(StrEnum):
    """What the tier reached decides."""

    GRADUATED = "graduated"
    """Each unit has the price of the tier it lies in."""
    VOLUME = "volume"
    """All units of the window have the price of the tier its total reaches."""


class Packages(StrEnum):
    """How a part of ``per`` units counts."""

    FRACTION = "fraction"
    """As the part it is: the price is linear."""
    UP = "up"
    """As a whole package once it is begun."""
    DOWN = "down"
    """Not at all until it is full."""
    HALF_UP = "half_up"
    """As a whole package from its half on."""


class IncludedUnits(StrEnum):
    """Where the units included without charge stand."""

    BEFORE_TIERS = "before_tiers"
    """They are taken off first: every bound moves up by them."""
    IN_TIERS = "in_tiers"
    """They fill the first tier and cost nothing: the bounds stay."""


class Aggregation(StrEnum):
    """How the usage of a window makes the quantity that is priced.

    All but a sum look at single events, or at days where usage is told by the day. An event that
    was corrected counts with what is left of it, at its own moment.
    """

    SUM = "sum"
    """What all of it comes to."""
    COUNT = "count"
    """How many events there were of more than nothing."""
    MAX = "max"
    """The largest of them: a peak."""
    LATEST = "latest"
    """The last of them, by its moment."""
    DISTINCT = "distinct"
    """How many values of the label ``distinct_of`` there were with more than nothing."""
    LEVEL = "level"
    """The mean over time of a level: each event tells the level of its labels from its moment on,
    until the next one tells another, into later windows too."""


class Reset(StrEnum):
    """When the running total starts again."""

    EVENT = "event"
    """With each metering event: every one is priced alone."""
    HOUR = "hour"
    """With each hour of the clock by which days are counted. Usage told without a moment lies in
    no hour, and has no price."""
    DAY = "day"
    WEEK = "week"
    """With each Monday; by the contract, with each seventh day from its first."""
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    TERM = "term"
    """Never within the agreement's contract."""


class Anchor(StrEnum):
    """From which day weeks, months, quarters and years are counted."""

    CALENDAR = "calendar"
    CONTRACT = "contract"
    """From the first day of the contract; a day the month has not becomes its last."""


class RoundingMode(StrEnum):
    """What becomes of a half, or of any part."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    UP = "up"
    """Any part is one more."""
    DOWN = "down"
    """No part counts."""


class RoundedAt(StrEnum):
    """What is rounded once; whatever is finer gets differences of rounded running totals."""

    LINE = "line"
    """The total of a price in a window."""
    TIER = "tier"
    """The total of a tier in a window."""
    DAY = "day"
    """What a tier has of a day."""


class Editions(StrEnum):
    """Which edition of the card holds."""

    BY_USAGE_DATE = "by_usage_date"
    """The one in force on the day of the usage."""
    BY_MONTH_END = "by_month_end"
    """The one in force on the last day of the usage's month, when the month is billed."""
    AT_AGREEMENT = "at_agreement"
    """The one in force when the agreement took effect, for as long as it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """Where, how and to what an amount is rounded."""

    __pydantic_config__ = _STRICT

    at: RoundedAt = RoundedAt.LINE
    mode: RoundingMode = RoundingMode.HALF_EVEN
    decimals: int | None = None
    """Decimal places, 0 to 12; those of the currency's minor unit if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A range of the running total, in units. Its end is told in one of three ways.

    By ``up_to``, by ``width``, or by the ``first_unit`` of the next tier. The last tier goes on
    without end if it tells none.
    """

    __pydantic_config__ = _STRICT

    up_to: Decimal | None = None
    """Last quantity of the tier; what exceeds it by any part lies in the next."""
    width: Decimal | None = None
    """How many units the tier takes; with whole packages, a multiple of ``per``."""
    first_unit: Decimal | None = None
    """Ordinal of the unit that is the first at this price: 30 leaves 29 to the tiers before."""
    unit_amount: Decimal = Decimal(0)
    """Price of ``per`` units."""
    percent: Decimal | None = None
    """Instead of ``unit_amount``: percent of the quantity, which is money."""
    flat_amount: Decimal = Decimal(0)
    """Owed once a window: on entering the tier, or (volume) for the tier reached alone."""
    per: Decimal | None = None
    """Units in a package of this tier; the price's own if left out."""
    packages: Packages | None = None
    """How a part of them counts in this tier; as in the price if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageCommitment:
    """Usage the customer commits to for each window, and the price of what exceeds it."""

    __pydantic_config__ = _STRICT

    quantity: Decimal | None = None
    """Committed units, the last one included ..."""
    amount: Decimal | None = None
    """... or committed spending, drawn at the price of this line."""
    overage_factor: Decimal = Decimal(1)
    """What exceeds the commitment costs so many times the price."""
    overage_unit_amount: Decimal | None = None
    """Instead: what exceeds it costs this per ``per`` units, as a list price; unit prices only."""
    true_up: bool = True
    """Whether the window is charged with what was committed and not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerEvent:
    """Charges on single transactions: each row of usage is one, its quantity is money.

    A correction at the moment of the row it corrects belongs to its transaction; told at another
    moment it is a transaction of its own, without fee or bounds if it takes money back.

    ``minimum`` and ``maximum`` bound what a transaction costs that is not wholly free, its fee
    included. They need one price for all units, in parts of units, rounded at the line. What they
    add or take off stands with the fee, in the line charged as ``event``; it is rounded so that the
    window's total is rounded once.
    """

    __pydantic_config__ = _STRICT

    fee: Decimal = Decimal(0)
    """Charged for each transaction that is not wholly free."""
    free_events: int | None = None
    """Transactions free of charge ..."""
    free_amount: Decimal | None = None
    """... and money free of charge; the limit reached first ends both."""
    minimum: Decimal | None = None
    """Least amount of a transaction of more than 0 ..."""
    maximum: Decimal | None = None
    """... and its largest; not below the least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """One line of a rate card: what a meter's usage costs, for some of its labels.

    In order: included units off, price by tier, discount, commitment, maximum, minimum.
    """

    __pydantic_config__ = _STRICT

    id: str
    """Name of the line within the card."""
    meter: str
    """The meter whose usage it prices; what a window owes beside usage stands under it."""
    meters: tuple[str, ...] = ()
    """Further meters it prices, in the same unit: one running total, allowance and commitment.

    Within a day the usage of a contract counts in the order of labels, then of meters."""
    when: Mapping[str, str] = field(default_factory=dict)
    """Labels the usage must carry. Of several prices the one that asks for most of them holds."""
    aggregation: Aggregation = Aggregation.SUM
    """How the usage of a window makes the quantity that is priced."""
    distinct_of: str | None = None
    """The label whose values are counted; usage without it has no price."""
    level_hours: Decimal | None = None
    """Hours a level is priced for, such as 730; those of the window if left out."""
    mode: TierMode = TierMode.GRADUATED
    unit_amount: Decimal = Decimal(0)
    """Price of ``per`` units, up to 12 decimals."""
    percent: Decimal | None = None
    """Instead of ``unit_amount``: percent of the quantity, which is money."""
    per: Decimal = Decimal(1)
    """Units the price is for: 1, 1000, 1000000; the size of a package."""
    packages: Packages = Packages.FRACTION
    """How a part of ``per`` units counts."""
    tiers: tuple[Tier, ...] = ()
    """Prices by the running total of the window, lowest first; instead of the unit amount."""
    last_tier_goes_on: bool = True
    """Whether a last tier that tells its end prices what exceeds it; else that has no price."""
    multiple_of: str | None = None
    """A price of the card of which this is a multiple; explicit prices go before multiples."""
    multiplier: Decimal = Decimal(1)
    """Times which the price is charged: a cached read at 0.1 of the input."""
    discount_percent: Decimal = Decimal(0)
    """Taken off the price, after the units included."""
    included: Decimal = Decimal(0)
    """Units of each window without charge."""
    included_units: IncludedUnits = IncludedUnits.BEFORE_TIERS
    included_prorated: bool = False
    """Whether a window the agreement covers in part includes units for its days only."""
    per_event: PerEvent | None = None
    commitment: UsageCommitment | None = None
    minimum: Decimal | None = None
    """Least amount of a window; what is missing is charged on its last day."""
    minimum_prorated: bool = False
    """Whether a window the agreement covers in part owes the minimum for its days only."""
    maximum: Decimal | None = None
    """Largest amount of a window."""
    fee: Decimal = Decimal(0)
    """An amount for each window, whatever the usage."""
    fee_prorated: bool = False
    """Whether a window the agreement covers in part owes the fee for its days only."""
    flat_at_zero_usage: bool = False
    """Whether a window without usage owes the flat amount of the first tier."""
    package_at_zero_usage: bool = False
    """Whether a window without usage owes what its first begun package costs, flat amount and all.

    Needs packages that count once begun, and nothing else that says what no usage costs."""
    resets: Reset = Reset.MONTH
    resets_every: int = 1
    """After how many of them: 6 months, 2 weeks, 30 days; by the calendar counted from 2000-01-01,
    weeks from the Monday after."""
    anchor: Anchor = Anchor.CALENDAR
    counted_by: tuple[str, ...] = ()
    """Labels of which each value has a running total of its own."""
    rounding: Rounding | None = None
    """The card's if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """An edition of a price list. A correction is a new version of the same fact."""

    __pydantic_config__ = _STRICT

    id: str
    """Name of this edition: ``list-2026-01``."""
    card: str
    """Name of the price list, which its editions share."""
    currency: str
    """ISO 4217 code; only contracts in it can be priced."""
    effective_from: date
    """First day of this edition; it holds until the next edition of the card."""
    prices: tuple[Price, ...]
    rounding: Rounding = field(default_factory=Rounding)


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionalCredit:
    """An amount of rated usage given for nothing; it lowers the price and is no payment."""

    __pydantic_config__ = _STRICT

    id: str
    amount: Decimal
    first_day: date
    last_day: date
    """Last day whose usage it covers; what is left then is lost."""
    prices: tuple[str, ...] = ()
    """Lines it covers; all if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceAgreement:
    """Which card prices a contract's usage from a day on, with what was agreed apart.

    The latest agreement of the contract holds, until its last day or the next agreement.
    """

    __pydantic_config__ = _STRICT

    id: str
    contract: str
    on: date
    """First day of usage it prices."""
    until: date | None = None
    """Last day; open if left out."""
    card: str
    """The price list."""
    editions: Editions = Editions.BY_USAGE_DATE
    overrides: tuple[Price, ...] = ()
    """Prices agreed apart: each replaces the card's line of the same id, or adds one."""
    pool: str = ""
    """Contracts naming the same pool share running totals, allowances and commitments."""
    credits: tuple[PromotionalCredit, ...] = ()
    """Promotional credits, drawn in the order of their last days."""
