"""What customers spend on models, and the meters, promises and charges that follow."""

from __future__ import annotations

from datetime import date

from revrec.demo.catalogue import MODELS, SHARE_OF_SPEND, rate
from revrec.demo.deals import Customer, Meter
from revrec.demo.dice import Dice
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Measure,
    PerformanceObligation,
)

SPEND = {"small-business": (6, 400), "mid-market": (40, 2_500), "enterprise": (250, 9_000)}
"""Dollars a day: the least, and the most, of a tail in which most are near the least."""


def draw_meters(
    dice: Dice,
    customer: Customer,
    *,
    start: date,
    last: date,
    spend: int,
    discount: int,
    obligation: str | None = None,
) -> tuple[Meter, ...]:
    """Meters of one to three models that together cost ``spend`` dollars on an ordinary day.

    Without ``obligation`` each model is one.
    """
    models = dice.some(tuple(MODELS), dice.weighted({1: 40, 2: 40, 3: 20}))
    meters: list[Meter] = []
    for model in models:
        for kind, published in MODELS[model].items():
            if kind == "batch_tokens" and not dice.chance(450):
                continue
            price = rate(model, kind, customer.currency, discount)
            share = spend * SHARE_OF_SPEND[kind] * 10**12 // (100 * len(models))
            meters.append(
                Meter(
                    name=f"{model}.{kind}",
                    obligation=obligation or model,
                    unit="token",
                    agreed=price.agreed,
                    published=price.published,
                    daily=share // published,
                    first_day=start,
                    last_day=last,
                )
            )
    return tuple(meters)


def by_model(
    meters: tuple[Meter, ...], start: date | None = None
) -> tuple[PerformanceObligation, ...]:
    """One obligation per model, a series of days of use."""
    return tuple(
        PerformanceObligation(
            id=model,
            product=model,
            measure=Measure.USAGE,
            start=start,
            meters=tuple(meter.name for meter in meters if meter.obligation == model),
        )
        for model in dict.fromkeys(meter.obligation for meter in meters)
    )


def charged_as_used(meters: tuple[Meter, ...]) -> tuple[Consideration, ...]:
    """Each model's use is charged for the days it belongs to."""
    return tuple(
        Consideration(id=f"{model}-tokens", kind=ConsiderationKind.USAGE, obligation=model)
        for model in dict.fromkeys(meter.obligation for meter in meters)
    )


def price_list(discount: int) -> str:
    """What the contract says about its rates."""
    return f"list prices of 2026 less {discount}%" if discount else "list prices of 2026"
