"""What was agreed with a customer, with what it will bill and use: more than the contract tells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from revrec.demo.dice import Dice
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    PerformanceObligation,
)
from revrec.model.events import Delivery, Estimate, Modification
from revrec.periods import Month, day_before

USAGE_FIRST = date(2026, 1, 1)
"""First day of usage in the sample books."""
USAGE_LAST = date(2026, 3, 31)
"""Last day of anything in the sample books."""

_FIRST_START = date(2025, 7, 1)
_DAYS_OF_STARTS = 258
_TAX_RATES = (Decimal("0.08875"), Decimal("0.0725"), Decimal("0.0625"))
_JAPANESE_CONSUMPTION_TAX = Decimal("0.10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who buys: where, in which currency, how large."""

    number: int
    name: str
    country: str
    region: str
    currency: str
    segment: str

    @property
    def id(self) -> str:
        """The customer's id, as the seller's systems write it."""
        return f"CUS-{self.number:04d}"

    @property
    def contract(self) -> str:
        """The id of the customer's contract."""
        return f"CT-{self.number:04d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """An instalment of a fixed price; a negative one is credited."""

    on: date
    amount: Decimal
    obligation: str
    consideration: str | None
    service_from: date | None = None
    service_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """What a customer uses: the rate it pays, and how much on an ordinary day."""

    name: str
    obligation: str
    unit: str
    agreed: int
    """Price per million units, in millionths of the currency; none if the use is paid for."""
    published: int
    """The same without the customer's discount."""
    daily: int
    """Units on an ordinary day."""
    first_day: date
    last_day: date
    most: int | None = None
    """Units there are to use, where they were bought in advance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """A contract with the facts that will follow from it."""

    contract: Contract
    sold_as: str
    fees: tuple[Fee, ...] = ()
    meters: tuple[Meter, ...] = ()
    events: tuple[Delivery | Estimate | Modification, ...] = ()
    tax_rate: Decimal = Decimal(0)
    discount: int = 0
    """What the customer's rates are below the published ones, in percent."""


def agreement(
    customer: Customer,
    *,
    inception: date,
    start: date,
    end: date | None,
    obligations: tuple[PerformanceObligation, ...],
    consideration: tuple[Consideration, ...],
    terms: dict[str, str],
) -> Contract:
    """The customer's contract."""
    return Contract(
        id=customer.contract,
        customer=customer.id,
        customer_name=customer.name,
        segment=customer.segment,
        region=customer.region,
        currency=customer.currency,
        inception=inception,
        start=start,
        end=end,
        obligations=obligations,
        consideration=consideration,
        terms={**terms, "country": customer.country},
    )


def fixed(name: str, amount: int | Decimal, obligation: str) -> Consideration:
    """A fixed amount, as quoted for an obligation."""
    return Consideration(
        id=name, kind=ConsiderationKind.FIXED, amount=Decimal(amount), obligation=obligation
    )


def draw_start(dice: Dice) -> date:
    """A first day of service from July 2025 to mid March 2026, as often as not a month's first."""
    day = days_after(_FIRST_START, dice.between(0, _DAYS_OF_STARTS))
    return day.replace(day=1 if dice.chance(500) else min(day.day, 28))


def draw_tax_rate(dice: Dice, customer: Customer) -> Decimal:
    """Sales tax where the seller collects it; elsewhere the customer accounts for it."""
    if customer.currency == "JPY":
        return _JAPANESE_CONSUMPTION_TAX
    if customer.country == "US" and dice.chance(220):
        return dice.pick(_TAX_RATES)
    return Decimal(0)


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or the month's last if it has no such day."""
    month = Month.of(day).plus(months)
    return month.last if day.day > month.last.day else month.first.replace(day=day.day)


def last_day_of(start: date, months: int) -> date:
    """Last day of a term of so many months."""
    return day_before(add_months(start, months))


def instalments(
    *, start: date, months: int, every: int, total: int, obligation: str, consideration: str
) -> tuple[Fee, ...]:
    """Equal parts of a price, each billed on the first day of what it is for."""
    count = months // every
    return tuple(
        Fee(
            on=add_months(start, every * part),
            amount=Decimal(total) / count,
            obligation=obligation,
            consideration=consideration,
            service_from=add_months(start, every * part),
            service_to=day_before(add_months(start, every * (part + 1))),
        )
        for part in range(count)
    )


def in_sample(day: date) -> bool:
    """Whether the sample books reach this day."""
    return day <= USAGE_LAST


def days_after(day: date, days: int) -> date:
    """So many calendar days later."""
    return day + timedelta(days=days)
