"""What the billing system knows of the usage: by obligation, month of use and month of arrival."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from revrec.demo.deals import Deal
from revrec.demo.dirt import ACCEPTED, Files
from revrec.demo.usage import Row
from revrec.model.contract import Consideration, ConsiderationKind
from revrec.money import AMOUNT_SCALE, from_minor, minor_digits, round_ratio
from revrec.periods import Month


@dataclass(slots=True)
class Tally:
    """Units used and their rated amount, in units of 10**-12."""

    quantity: int = 0
    amount: int = 0

    def add(self, row: Row) -> None:
        """Count a row in."""
        self.quantity += row.quantity
        self.amount += row.amount


@dataclass(slots=True)
class Metering:
    """Accepted usage of every contract's obligations."""

    by_month: dict[tuple[str, str], dict[tuple[Month, Month], Tally]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Tally))
    )
    """(contract, obligation) -> (month of use, month of delivery) -> what was used."""
    by_day: dict[tuple[str, str], dict[date, Tally]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Tally))
    )
    """(contract, obligation) -> day -> what was used and told on time."""

    def used(self, contract: str, obligation: str, month: Month, known_by: Month) -> Tally:
        """Usage of the month in the files delivered up to ``known_by``."""
        total = Tally()
        for (of, arrived), tally in self.by_month[contract, obligation].items():
            if of == month and arrived <= known_by:
                total.quantity += tally.quantity
                total.amount += tally.amount
        return total

    def used_to(self, contract: str, obligation: str, month: Month, known_by: Month) -> int:
        """Rated amount from the start to the end of the month, as known."""
        return sum(
            tally.amount
            for (of, arrived), tally in self.by_month[contract, obligation].items()
            if of <= month and arrived <= known_by
        )


def meter_usage(deals: Sequence[Deal], files: Files) -> Metering:
    """Sum what ingestion will accept of the files."""
    obligations = {
        (deal.contract.id, meter.name): meter.obligation for deal in deals for meter in deal.meters
    }
    metering = Metering()
    for (_, arrived), rows in files.items():
        for told in rows:
            if told.label not in ACCEPTED:
                continue
            row = told.row
            key = (row.contract, obligations[row.contract, row.meter])
            month = Month.of(row.usage_date)
            metering.by_month[key][month, arrived].add(row)
            if arrived == month:
                metering.by_day[key][row.usage_date].add(row)
    return metering


@dataclass(frozen=True, slots=True)
class Billable:
    """What a month's usage comes to on an invoice; overage has no quantity of its own."""

    quantity: Decimal | None
    amount: Decimal


def billable(
    metering: Metering, deal: Deal, consideration: Consideration, month: Month, known_by: Month
) -> Billable:
    """The month's charge for a usage consideration, rounded once to the minor unit."""
    contract, obligation = deal.contract.id, consideration.obligation
    if consideration.kind is not ConsiderationKind.USAGE or obligation is None:
        raise AssertionError("only usage considerations are billed from usage")
    currency = deal.contract.currency
    if not consideration.above_entitlement:
        used = metering.used(contract, obligation, month, known_by)
        return Billable(Decimal(used.quantity), rounded(used.amount, currency))
    entitled = deal.contract.obligations[0].usage.entitled or Decimal(0)
    above = [
        max(0, metering.used_to(contract, obligation, to, known_by) - int(entitled) * 10**12)
        for to in (month.previous, month)
    ]
    return Billable(None, rounded(above[1], currency) - rounded(above[0], currency))


def rounded(amount: int, currency: str) -> Decimal:
    """An amount in units of 10**-12 in the currency's minor unit, half to even."""
    digits = minor_digits(currency)
    return from_minor(round_ratio(amount, 10 ** (AMOUNT_SCALE - digits)), currency)
