"""A contract as signed (606-10-25-1): promises, consideration, term.

Amounts are decimals in the contract's currency; quantities are decimals in the meter's unit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from revrec.model.assessment import Criterion
from revrec.model.financing import Financing
from revrec.model.payable import NonCash, Payable
from revrec.model.performance import HANDED_OVER, Control, License, Repurchase, ServicePart
from revrec.model.price import ReturnRight, Royalty, Tier, TierBasis
from revrec.model.right import CustomerOption, Renewal
from revrec.model.term import Charged, PriceStep, TerminationRight

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


class Measure(StrEnum):
    """Measures of progress (606-10-25-31 to 25-37, 55-16 to 55-21)."""

    AS_PRODUCT = "as_product"
    """As the product catalogue says on the day of the promise."""
    DAYS = "days"
    """Time elapsed in days; the default for a stand-ready series."""
    EVEN_MONTHS = "even_months"
    """Equal amount for each month of service, by days inside a partial month."""
    HALF_MONTH = "half_month"
    """Equal months; half a month for the first, whatever the start day, and half for the last."""
    CALENDAR_MONTHS = "calendar_months"
    """Equal amount for each calendar month; part of a month by the days of that month."""
    WHOLE_MONTHS = "whole_months"
    """Equal calendar months, each counted at its end: the one service begins in, not the last."""
    PRORATED_MONTHS = "prorated_months"
    """Parts of months by their share of the time; the whole months between share the rest."""
    SECONDS = "seconds"
    """Time elapsed between two moments, to the millisecond."""
    TIME_ELAPSED = "time_elapsed"
    """Time elapsed, in the grain that policy elects."""
    LICENSE = "license"
    """As the nature of the license has it: at a point in time, or over its term (55-58)."""
    RIGHT_TO_INVOICE = "right_to_invoice"
    """What may be invoiced for each part of the schedule, as its weight is its amount (55-18)."""
    SCHEDULE = "schedule"
    """Stated parts of an uneven service, each by its weight and even by days within (25-33)."""
    USAGE = "usage"
    """Usage consumed of the usage expected (output, 55-17)."""
    UNITS = "units"
    """Units delivered of the units promised (output, 55-17)."""
    MILESTONES = "milestones"
    """Weight of milestones reached of all milestone weight (output, 55-17)."""
    COSTS = "costs"
    """Costs incurred of costs expected (input, 55-20)."""
    POINT_IN_TIME = "point_in_time"
    """All at once, on delivery (25-30)."""


class ConsiderationKind(StrEnum):
    """How an amount of consideration comes about (606-10-32-2 to 32-9)."""

    FIXED = "fixed"
    """An amount known at inception."""
    USAGE = "usage"
    """Rated usage that belongs to the day it was used (32-40)."""
    VARIABLE = "variable"
    """An estimate, after the constraint, allocated like the fixed price (32-5 to 32-14)."""


class CountedIn(StrEnum):
    """What usage is counted in."""

    QUANTITY = "quantity"
    """Units of the meter: tokens, credits, documents."""
    AMOUNT = "amount"
    """The rated value in the contract's currency, as in a spending commitment."""


class Role(StrEnum):
    """Whether the entity provides a good itself or arranges for another to (606-10-55-36)."""

    PRINCIPAL = "principal"
    """It controls the good before the customer does: revenue is gross (55-37B)."""
    AGENT = "agent"
    """It does not: revenue is what it keeps (55-38)."""


class Warranty(StrEnum):
    """What a warranty gives (606-10-55-30 to 55-35)."""

    NONE = "none"
    ASSURANCE = "assurance"
    """That the product is as agreed: no obligation, its cost is accrued (55-32)."""
    SERVICE = "service"
    """A service beyond that: an obligation of its own (55-31, 55-34)."""


class SellingPriceMethod(StrEnum):
    """How a standalone selling price was found (606-10-32-32 to 32-34)."""

    OBSERVABLE = "observable"
    """The price at which it is sold alone (32-32)."""
    ADJUSTED_MARKET = "adjusted_market"
    """What customers in the market would pay (32-34a)."""
    COST_PLUS_MARGIN = "cost_plus_margin"
    """Expected cost and an appropriate margin (32-34b)."""
    RESIDUAL = "residual"
    """What the others leave of the price (32-34c)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTerms:
    """Entitlement to usage bought in advance: a commitment or prepaid credits (606-10-55-46)."""

    __pydantic_config__ = _STRICT

    counted_in: CountedIn = CountedIn.QUANTITY
    """Whether the entitlement is a quantity or a rated value."""
    entitled: Decimal | None = None
    """What the fixed price buys from ``start`` on, in units or in the contract's currency; restated
    with a start before its new terms, use since then counts (25-13)."""
    expected: Decimal | None = None
    """What the customer is expected to use of it, when breakage can be estimated (55-48)."""
    lapses: date | None = None
    """Last day of the entitlement; what is unused then is breakage revenue."""
    rolls_over: Decimal = Decimal(0)
    """How much of what is unused on that day may still be used ..."""
    rolls_over_until: date | None = None
    """... until this day."""
    unclaimed_property: Decimal = Decimal(0)
    """Share of what is unused that must be remitted to a state, from 0 to 1 (55-49)."""
    lot_of: str = ""
    """Name of the pool of which this is a lot: a unit used is drawn from one lot only."""
    drawn_rank: int = 0
    """Lots of lower rank are drawn first, whatever policy elects."""


NO_USAGE = UsageTerms()
"""No entitlement; one for all the obligations that tell none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SellingPriceRange:
    """The range of prices at which a good is sold alone (606-10-32-33)."""

    __pydantic_config__ = _STRICT

    low: Decimal
    """Lowest price still considered a standalone selling price."""
    high: Decimal
    """Highest price still considered one."""
    mid: Decimal | None = None
    """The point taken as the middle; halfway between the ends if left out."""

    @property
    def midpoint(self) -> Decimal:
        """The middle: the one told, else halfway between the ends."""
        return (self.low + self.high) * Decimal("0.5") if self.mid is None else self.mid


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """Goods regularly sold together, with the price they are sold for (606-10-32-37)."""

    __pydantic_config__ = _STRICT

    obligations: tuple[str, ...]
    """Ids of the obligations the bundle is made of."""
    price: Decimal
    """The bundle's observable price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A possible amount of variable consideration, with its probability (606-10-32-8)."""

    __pydantic_config__ = _STRICT

    amount: Decimal
    probability: Decimal
    """From 0 to 1; the outcomes of a consideration sum to 1."""


class EstimationMethod(StrEnum):
    """How variable consideration is estimated from its outcomes (606-10-32-8)."""

    EXPECTED_VALUE = "expected_value"
    """The sum of amounts weighted by probability (32-8a)."""
    MOST_LIKELY_AMOUNT = "most_likely_amount"
    """The single most likely amount (32-8b)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PerformanceObligation:
    """A promise of distinct goods or services, or a series (606-10-25-14)."""

    __pydantic_config__ = _STRICT

    id: str
    """Name within the contract."""
    product: str
    """Product of the catalogue; revenue accounts and selling prices are kept by product."""
    measure: Measure = Measure.AS_PRODUCT
    """Measure of progress, one for the obligation's life (25-32); the product's if left out."""
    start: date | None = None
    """First day of service; the contract's start if left out."""
    end: date | None = None
    """Last day of service; the contract's end if left out."""
    starts_at: datetime | None = None
    """The moment service begins, with its zone, in place of ``start``."""
    ends_at: datetime | None = None
    """The moment service has ended, in place of ``end``; whole days leave out the day it is in."""
    schedule: tuple[ServicePart, ...] = ()
    """Parts of the service, for the measures ``schedule`` and ``right_to_invoice``."""
    license: License | None = None
    """The nature of a license, for the measure ``license``."""
    control: Control = field(default_factory=lambda: HANDED_OVER)
    """When control of goods passes (25-30)."""
    repurchase: Repurchase | None = None
    """An agreement to repurchase what is sold (55-66)."""
    uninstalled_materials: Decimal = Decimal(0)
    """Costs: the part of ``quantity`` for materials at zero margin (55-21b), judged."""
    quantity: Decimal = Decimal(1)
    """Units promised, total milestone weight or total expected cost; 1 for a single delivery."""
    standalone_selling_price: Decimal | None = None
    """Price of the whole obligation sold alone (32-31); looked up in the book if left out."""
    selling_price_range: SellingPriceRange | None = None
    """Range of that price, where policy chooses the point; also bounds a residual (32-33)."""
    residual: bool = False
    """Judged: sold at highly variable or uncertain prices, so it gets the residual (32-34c)."""
    option: CustomerOption | None = None
    """A material right: its selling price is the discount times the likelihood of use (55-44)."""
    renewal: Renewal | None = None
    """A material right to renew, by the practical alternative of 55-45."""
    distinct_increments: bool = True
    """Whether what remains is distinct from what was transferred (25-13), as in a series."""
    series: bool | None = None
    """The same, where the contract differs from the product's catalogue entry."""
    part_of: str | None = None
    """Judged: not distinct from this obligation, which it is a part of (25-21, 25-22)."""
    transfers_nothing: bool | None = None
    """Set-up work that transfers nothing, so no obligation (25-17); as the product if left out."""
    shipping: bool = False
    """Shipping and handling after the customer has control of the goods (25-18B)."""
    warranty: Warranty | None = None
    """Whether it is a warranty, and of which kind (55-30); as the product if left out."""
    role: Role | None = None
    """Principal or agent (55-36); as the product if left out."""
    because: str = ""
    """Reasons for the judgments told here."""
    meters: tuple[str, ...] = ()
    """Usage meters that count towards the obligation; the product's, else its id, if left out."""
    usage: UsageTerms = field(default_factory=lambda: NO_USAGE)
    """Entitlement, for obligations measured by usage."""

    @property
    def counted_meters(self) -> tuple[str, ...]:
        """The meters named, else the one of its pool or its own."""
        return self.meters or (self.usage.lot_of or self.id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consideration:
    """An amount the customer promises (606-10-32-2)."""

    __pydantic_config__ = _STRICT

    id: str
    """Name within the contract."""
    kind: ConsiderationKind
    """Fixed, usage or variable."""
    amount: Decimal = Decimal(0)
    """Fixed: the amount. Variable: the estimate at inception that passes the constraint."""
    outcomes: tuple[Outcome, ...] = ()
    """Variable: the possible amounts, from which the estimate is made by ``method``."""
    method: EstimationMethod = EstimationMethod.EXPECTED_VALUE
    """Variable: the method that better predicts the amount, one for the contract's life."""
    obligation: str | None = None
    """Usage: the obligation whose days it prices (32-40). Fixed: the line's stated price.
    Variable: the only one it relates to."""
    obligations: tuple[str, ...] = ()
    """Variable: the obligations it relates to, where they are some but not all (32-40)."""
    service_from: date | None = None
    """Variable: first day of the increments of a series that it relates to (32-40) ..."""
    service_to: date | None = None
    """... and the last."""
    basis: str = ""
    """Variable: why it relates to these alone, and why the result is fair (32-40)."""
    retained_share: Decimal | None = None
    """As an agent: the share of the amount that is kept; the rest is the principal's (55-38)."""
    retained_amount: Decimal | None = None
    """As an agent: the same as an amount, for a fixed or variable amount."""
    above_entitlement: bool = False
    """Usage: only what exceeds the obligation's entitlement is charged (overage)."""
    royalty: Royalty | None = None
    """Usage: a royalty for a license; without ``obligation`` shared by selling prices (55-65)."""
    noncash: NonCash | None = None
    """Given in another form than cash; ``amount`` is its fair value at inception (32-21)."""
    payable: Payable | None = None
    """Variable: ``amount`` is what the customer is promised, which comes off the price (32-25)."""
    returns: ReturnRight | None = None
    """Variable: what is expected to be paid back for returned units of ``obligation``."""
    per_unit: bool = False
    """Variable: the amount, and each estimate of it, is for one unit of ``obligation``."""
    tiers: tuple[Tier, ...] = ()
    """Variable: prices per unit of ``obligation`` by volume, from the lowest volume up."""
    tiers_price: TierBasis = TierBasis.ALL_UNITS
    """Variable: whether the tier reached prices all units or each tier its own."""
    material_right: bool = False
    """Tiers, judged: lower tiers cost less than such customers pay anyway (55-42)."""
    expected_units: Decimal | None = None
    """Variable with tiers: the volume expected at inception that passes the constraint."""
    charged: Charged | None = None
    """Fixed: how the amount follows the term; the total of the stated term if left out."""
    steps: tuple[PriceStep, ...] = ()
    """Fixed and recurring: other amounts from later days on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """An agreement with a customer, as signed."""

    __pydantic_config__ = _STRICT

    id: str
    """Unique within the entity."""
    customer: str
    """The customer's id."""
    currency: str
    """ISO 4217 code; every amount of the contract is in it."""
    inception: date
    """The day the contract was approved; standalone selling prices are of this day (32-43)."""
    start: date | None = None
    """First day of the term; inception if left out."""
    end: date | None = None
    """Last day of the term as written; none for an open-ended contract. How much of it is
    enforceable follows from ``termination`` (25-3)."""
    cancellable: bool = False
    """The customer may leave without penalty: a bill is no right before it pays (45-4)."""
    customer_group: str = ""
    """Name shared by related parties, whose contracts may have to be combined (25-9)."""
    customer_name: str = ""
    """Name for readers."""
    segment: str = ""
    """Customer segment, for selling prices and disaggregation."""
    region: str = ""
    """Region, for selling prices and disaggregation."""
    obligations: tuple[PerformanceObligation, ...]
    """The promises."""
    consideration: tuple[Consideration, ...]
    """What the customer promises."""
    termination: tuple[TerminationRight, ...] = ()
    """Rights to end the contract early; they may shorten the enforceable term (25-3)."""
    unmet_criteria: tuple[Criterion, ...] = ()
    """Judged at inception: what keeps the agreement from being a contract (25-1); an
    ``assessment`` tells from when it is one. What is received meanwhile is a deposit (25-8)."""
    collection_probability: Decimal | None = None
    """Judged at inception, from 0 to 1: how likely substantially all will be collected, in place
    of ``collectibility`` among the criteria; the policy says what is enough (25-1e)."""
    bundles: tuple[Bundle, ...] = ()
    """Observable bundle prices that may prove to which obligations a discount belongs (32-37)."""
    financing: Financing | None = None
    """Terms of payment that finance one of the parties (32-15)."""
    terms: Mapping[str, str] = field(default_factory=dict)
    """Commercial terms carried for readers (price list, plan); the engine does not read them."""

    @property
    def first_day(self) -> date:
        return self.start or self.inception
