"""Daily rated usage as it happened: heavy tails, weeks, growth, two outages.

Quantities are integers. A rate is given in millionths of the currency per million units, so a
quantity times a rate is the rated amount in units of 10**-12: exact in DECIMAL(38,12).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from revrec.demo.deals import USAGE_FIRST, USAGE_LAST, Deal, Meter
from revrec.demo.dice import Dice

BATCH_SOURCE = "batch"
_GATEWAYS = {"AMER": "gateway-us", "EMEA": "gateway-eu", "APAC": "gateway-eu"}
_PREFIXES = {"gateway-us": "us", "gateway-eu": "eu", BATCH_SOURCE: "bt"}
SOURCES = tuple(_PREFIXES)

_WEEK = {
    "small-business": (100, 104, 106, 103, 96, 62, 58),
    "mid-market": (104, 110, 112, 108, 98, 40, 34),
    "enterprise": (106, 112, 114, 110, 100, 30, 26),
}
"""Use on Monday to Sunday, in percent of an ordinary day."""
_TWO_WORKSPACES_FROM = 400_000_000
"""Units a day from which a customer keeps production and staging apart."""


class Row(NamedTuple):
    """One row of daily rated usage; ``amount`` in units of 10**-12 of the currency."""

    source: str
    usage_id: str
    contract: str
    meter: str
    usage_date: date
    quantity: int
    unit: str
    amount: int
    currency: str
    workspace: str
    corrects: str | None = None


@dataclass(frozen=True, slots=True)
class Outage:
    """A day on which a source served only part of what was asked for."""

    source: str
    on: date
    served_per_mille: int


OUTAGES = (
    Outage("gateway-us", date(2026, 1, 21), 350),
    Outage("gateway-us", date(2026, 2, 24), 120),
    Outage("gateway-eu", date(2026, 2, 24), 90),
)
"""Two outages: one of a gateway, one of both."""


def draw_usage(seed: int, deals: Sequence[Deal]) -> list[Row]:
    """All usage of the quarter, by source and day, with ids that each source numbers by day."""
    unnumbered = [
        row
        for deal in deals
        if deal.meters
        for meter in deal.meters
        for row in _meter(Dice(seed, "usage", deal.contract.id, meter.name), deal, meter)
    ]
    unnumbered.sort(key=lambda row: (row.source, row.usage_date))
    rows: list[Row] = []
    previous: tuple[str, date] | None = None
    number = 0
    for row in unnumbered:
        day = (row.source, row.usage_date)
        number = number + 1 if day == previous else 1
        previous = day
        stamp = f"{_PREFIXES[row.source]}-{row.usage_date:%Y%m%d}-{number:06d}"
        rows.append(row._replace(usage_id=stamp))
    return rows


def source_of(deal: Deal, meter: Meter) -> str:
    """Batch jobs have a source of their own; the rest goes through the region's gateway."""
    if meter.name.endswith(".batch_tokens"):
        return BATCH_SOURCE
    return _GATEWAYS[deal.contract.region]


def _meter(dice: Dice, deal: Deal, meter: Meter) -> Iterator[Row]:
    source = source_of(deal, meter)
    served = {outage.on: outage.served_per_mille for outage in OUTAGES if outage.source == source}
    week = _WEEK[deal.contract.segment]
    growth = dice.between(-2, 6)
    split = meter.daily >= _TWO_WORKSPACES_FROM
    left = meter.most
    on = max(meter.first_day, USAGE_FIRST)
    while on <= min(meter.last_day, USAGE_LAST):
        volume = meter.daily * week[on.weekday()] // 100
        volume = volume * (1000 + growth * (on - USAGE_FIRST).days) // 1000
        volume = dice.jitter(volume) * served.get(on, 1000) // 1000
        if dice.chance(8):
            volume *= dice.between(3, 7)
        if left is not None:
            volume = min(volume, left)
            left -= volume
        staging = volume * dice.between(20, 90) // 1000 if split else 0
        for workspace, quantity in (("production", volume - staging), ("staging", staging)):
            if quantity:
                yield Row(
                    source=source,
                    usage_id="",
                    contract=deal.contract.id,
                    meter=meter.name,
                    usage_date=on,
                    quantity=quantity,
                    unit=meter.unit,
                    amount=quantity * meter.agreed,
                    currency=deal.contract.currency,
                    workspace=workspace,
                )
        on += timedelta(days=1)
