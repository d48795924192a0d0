"""A platform for a year, implementation by the day, a workshop, and tokens as used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.demo.catalogue import IMPLEMENTATION_DAY, PLATFORM_FEES, TRAINING, local
from revrec.demo.deals import (
    USAGE_FIRST,
    USAGE_LAST,
    Customer,
    Deal,
    Fee,
    Meter,
    agreement,
    days_after,
    draw_start,
    draw_tax_rate,
    fixed,
    in_sample,
    instalments,
    last_day_of,
)
from revrec.demo.dice import Dice
from revrec.demo.meters import SPEND, by_model, charged_as_used, draw_meters, price_list
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.events import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class _Terms:
    """What is negotiated: amounts in whole units of the currency."""

    start: date
    discount: int
    yearly: int
    every: int
    days: int
    day_price: int
    training: int


def platform(dice: Dice, customer: Customer) -> Deal:
    """A platform with everything around it.

    Customers of 2025 had their tokens included until the end of that year.
    """
    terms = _draw_terms(dice, customer)
    meters = draw_meters(
        dice,
        customer,
        start=max(terms.start, USAGE_FIRST),
        last=USAGE_LAST,
        spend=dice.heavy_tail(*SPEND[customer.segment]),
        discount=terms.discount,
    )
    contract = _agreement(dice, customer, terms, meters)
    events, done = _deliveries(dice, contract.id, terms)
    return Deal(
        sold_as="platform, usage, implementation",
        contract=contract,
        fees=_fees(terms, done),
        meters=meters,
        events=events,
        tax_rate=draw_tax_rate(dice, customer),
        discount=terms.discount,
    )


def _draw_terms(dice: Dice, customer: Customer) -> _Terms:
    discount = dice.pick((0, 5, 10, 15, 25))
    fee = PLATFORM_FEES[customer.segment] * (100 - discount) // 100
    day = IMPLEMENTATION_DAY * dice.pick((100, 80, 70)) // 100
    training = TRAINING * dice.pick((100, 50)) // 100
    return _Terms(
        start=draw_start(dice),
        discount=discount,
        yearly=local(fee, customer.currency, 12),
        every=dice.pick((12, 3)),
        days=dice.pick((10, 20, 30, 40)),
        day_price=local(day, customer.currency, 2),
        training=local(training, customer.currency),
    )


def _agreement(
    dice: Dice, customer: Customer, terms: _Terms, meters: tuple[Meter, ...]
) -> Contract:
    tokens_from = USAGE_FIRST if terms.start < USAGE_FIRST else None
    return agreement(
        customer,
        inception=days_after(terms.start, -dice.between(5, 25)),
        start=terms.start,
        end=last_day_of(terms.start, 12),
        obligations=(
            PerformanceObligation(
                id="platform", product="platform-enterprise", measure=Measure.DAYS
            ),
            PerformanceObligation(
                id="implementation",
                product="implementation",
                measure=Measure.UNITS,
                quantity=Decimal(terms.days),
                distinct_increments=False,
            ),
            PerformanceObligation(id="training", product="training", measure=Measure.POINT_IN_TIME),
            *by_model(meters, start=tokens_from),
        ),
        consideration=(
            fixed("platform-fee", terms.yearly, "platform"),
            fixed("implementation-fee", terms.days * terms.day_price, "implementation"),
            fixed("training-fee", terms.training, "training"),
            *charged_as_used(meters),
        ),
        terms={
            "plan": f"platform with {terms.days} days of implementation, "
            + price_list(terms.discount),
            "billing": f"platform every {terms.every} months in advance, implementation half at "
            "start and half when done, tokens monthly in arrears",
            "instalment": str(terms.yearly * terms.every // 12),
        },
    )


def _fees(terms: _Terms, done: dict[str, date]) -> tuple[Fee, ...]:
    half = Decimal(terms.days * terms.day_price) / 2
    return (
        *instalments(
            start=terms.start,
            months=12,
            every=terms.every,
            total=terms.yearly,
            obligation="platform",
            consideration="platform-fee",
        ),
        *(
            Fee(
                on=on,
                amount=half,
                obligation="implementation",
                consideration="implementation-fee",
            )
            for on in (terms.start, done["implementation"])
        ),
        Fee(
            on=done["training"],
            amount=Decimal(terms.training),
            obligation="training",
            consideration="training-fee",
        ),
    )


def _deliveries(
    dice: Dice, contract: str, terms: _Terms
) -> tuple[tuple[Delivery, ...], dict[str, date]]:
    """Implementation in four parts and a workshop; with the day on which each is complete."""
    events: list[Delivery] = []
    on, left = terms.start, terms.days
    for part in range(4):
        on = days_after(on, dice.between(7, 24))
        done = left if part == 3 else min(left, terms.days * dice.between(15, 35) // 100)
        left -= done
        events.append(
            Delivery(
                id=f"DEL-{contract}-{part + 1}",
                contract=contract,
                on=on,
                obligation="implementation",
                quantity=Decimal(done),
            )
        )
    workshop = days_after(on, dice.between(3, 15))
    events.append(
        Delivery(id=f"DEL-{contract}-5", contract=contract, on=workshop, obligation="training")
    )
    told = tuple(event for event in events if in_sample(event.on))
    return told, {"implementation": on, "training": workshop}
