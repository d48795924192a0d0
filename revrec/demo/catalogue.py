"""What the sample company sells: models by the token, workspaces by the seat, work by the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.model.contract import SellingPriceMethod
from revrec.model.policy import StandaloneSellingPrice

SELLER = "Aurora Foundry, Inc."

MODELS: Mapping[str, Mapping[str, int]] = {
    "aurora-large": {
        "input_tokens": 3_000_000,
        "output_tokens": 15_000_000,
        "cached_input_tokens": 300_000,
        "batch_tokens": 4_500_000,
    },
    "aurora-small": {
        "input_tokens": 600_000,
        "output_tokens": 3_000_000,
        "cached_input_tokens": 75_000,
        "batch_tokens": 900_000,
    },
    "aurora-mini": {
        "input_tokens": 100_000,
        "output_tokens": 400_000,
        "cached_input_tokens": 25_000,
        "batch_tokens": 125_000,
    },
    "vela-embed": {"input_tokens": 80_000, "batch_tokens": 40_000},
}
"""Published prices per million tokens, in millionths of a dollar: 600,000 is 0.60."""

SHARE_OF_SPEND = {
    "input_tokens": 42,
    "output_tokens": 40,
    "cached_input_tokens": 6,
    "batch_tokens": 12,
}
"""What part of its spending on a model a customer spends on each meter, in percent."""

_LOCAL_PER_THOUSAND = {"USD": 1_000, "EUR": 920, "GBP": 790, "JPY": 150_000}
"""The price lists abroad, per thousand dollars of the American one."""

WORKSPACES = {"workspace-team": 360, "workspace-business": 600, "workspace-enterprise": 960}
"""Dollars per seat and year."""

PLATFORM_FEES = {"small-business": 24_000, "mid-market": 60_000, "enterprise": 120_000}
"""Dollars per year of platform-enterprise, by segment."""

IMPLEMENTATION_DAY = 1_500
TRAINING = 6_000
SEAT_YEAR = 480

_PRICE_BOOKS = ((date(2025, 1, 1), 100), (date(2026, 1, 1), 105))
"""Each book of selling prices: the day it took effect and its percentage of the first."""


def local(dollars: int, currency: str, multiple_of: int = 1) -> int:
    """An amount in whole units of the currency's price list, down to a round multiple."""
    return dollars * _LOCAL_PER_THOUSAND[currency] // 1_000 // multiple_of * multiple_of


def in_dollars(amount: Decimal, currency: str) -> Decimal:
    """What the American price list would have asked for the same."""
    return amount * 1_000 / _LOCAL_PER_THOUSAND[currency]


@dataclass(frozen=True, slots=True)
class Rate:
    """A price per million units in millionths of the currency, agreed and published."""

    agreed: int
    published: int


def rate(model: str, meter: str, currency: str, discount: int) -> Rate:
    """The rate of a model's meter after a negotiated discount in percent."""
    published = local(MODELS[model][meter], currency)
    return Rate(agreed=published * (100 - discount) // 100, published=published)


def selling_prices() -> list[StandaloneSellingPrice]:
    """The books of standalone selling prices, for every product that shares a fixed price."""
    return [
        price
        for effective_from, percent in _PRICE_BOOKS
        for currency in _LOCAL_PER_THOUSAND
        for price in _book(effective_from, percent, currency)
    ]


def _book(effective_from: date, percent: int, currency: str) -> list[StandaloneSellingPrice]:
    def price(
        product: str, dollars: int, per: str, segment: str = "", method: str = "observable"
    ) -> StandaloneSellingPrice:
        parts = (product, segment, currency, str(effective_from.year))
        return StandaloneSellingPrice(
            id="-".join(part.lower() for part in parts if part),
            product=product,
            currency=currency,
            amount=Decimal(local(dollars * percent // 100, currency)),
            per=per,
            effective_from=effective_from,
            segment=segment,
            method=SellingPriceMethod(method),
        )

    return [
        *(
            price("platform-enterprise", fee, "year", segment)
            for segment, fee in PLATFORM_FEES.items()
        ),
        price("implementation", IMPLEMENTATION_DAY, "unit", method="cost_plus_margin"),
        price("training", TRAINING, "contract", method="adjusted_market"),
        price("seats", SEAT_YEAR, "unit"),
    ]
