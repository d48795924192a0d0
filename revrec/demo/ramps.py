"""Flat fees with a true-up, and ramps: prices that move while the service does not, or does."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from revrec.demo.catalogue import MODELS, SEAT_YEAR, local
from revrec.demo.deals import (
    USAGE_FIRST,
    USAGE_LAST,
    Customer,
    Deal,
    Fee,
    Meter,
    add_months,
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
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.events import Estimate

_FLAT_FEES = (60_000, 96_000, 120_000, 180_000, 240_000)
_MONTHLY_PRICES = (3_000, 5_000, 8_000, 12_000)


def flat_fee(dice: Dice, customer: Customer) -> Deal:
    """A flat fee for use up to a yearly ceiling, and a true-up above it that is estimated."""
    start = draw_start(dice).replace(day=1)
    dollars = dice.pick(_FLAT_FEES)
    yearly = local(dollars, customer.currency, 12)
    every = dice.pick((1, 3))
    model = dice.pick(("aurora-large", "aurora-small"))
    meters = _included_meters(dice, model, dollars, start)
    contract = agreement(
        customer,
        inception=days_after(start, -dice.between(5, 25)),
        start=start,
        end=last_day_of(start, 12),
        obligations=(
            PerformanceObligation(
                id="platform",
                product="platform-flat",
                measure=Measure.DAYS,
                meters=tuple(meter.name for meter in meters),
            ),
        ),
        consideration=(
            fixed("fee", yearly, "platform"),
            Consideration(id="true-up", kind=ConsiderationKind.VARIABLE, obligation="platform"),
        ),
        terms={
            "plan": f"flat fee for {dollars * 3 // 1_000} thousand million tokens a year of "
            f"{model}, true-up above",
            "billing": f"every {every} months in advance",
            "instalment": str(yearly * every // 12),
        },
    )
    return Deal(
        sold_as="flat fee with true-up",
        contract=contract,
        fees=instalments(
            start=start,
            months=12,
            every=every,
            total=yearly,
            obligation="platform",
            consideration="fee",
        ),
        meters=meters,
        events=_true_up_estimates(dice, contract, yearly),
        tax_rate=draw_tax_rate(dice, customer),
    )


def _included_meters(dice: Dice, model: str, dollars: int, start: date) -> tuple[Meter, ...]:
    """Tokens that the flat fee pays for: counted, not charged."""
    return tuple(
        Meter(
            name=f"{model}.{kind}",
            obligation="platform",
            unit="token",
            agreed=0,
            published=0,
            daily=dollars * dice.between(20, 90) * 40,
            first_day=max(start, USAGE_FIRST),
            last_day=USAGE_LAST,
        )
        for kind in MODELS[model]
    )


def _true_up_estimates(dice: Dice, contract: Contract, yearly: int) -> tuple[Estimate, ...]:
    """After each quarter of service, the amount that passes the constraint (606-10-32-11)."""
    estimates: list[Estimate] = []
    amount = 0
    for quarter in range(1, 4):
        on = last_day_of(contract.first_day, 3 * quarter)
        if not in_sample(on):
            break
        amount = max(0, amount + dice.between(-2, 6) * yearly // 100)
        estimates.append(
            Estimate(
                id=f"EST-{contract.id}-{quarter}",
                contract=contract.id,
                on=on,
                consideration="true-up",
                amount=Decimal(amount),
                basis=f"Most likely excess, seen after {3 * quarter} months; like contracts of "
                "the last two years ended within a tenth of the estimate.",
            )
        )
    return tuple(estimates)


def ramp(dice: Dice, customer: Customer) -> Deal:
    """Free months and price steps for the same service, or more seats each year."""
    return _seat_ramp(dice, customer) if dice.chance(350) else _price_ramp(dice, customer)


def _price_ramp(dice: Dice, customer: Customer) -> Deal:
    start = draw_start(dice).replace(day=1)
    years, free = dice.pick((2, 3)), dice.pick((1, 2, 3, 3))
    monthly = local(dice.pick(_MONTHLY_PRICES), customer.currency, 10)
    prices = [monthly * percent // 100 for percent in (100, 110, 130)[:years]]
    by_month = [0] * free + [prices[month // 12] for month in range(free, 12 * years)]
    fees = [
        Fee(
            on=last_day_of(start, month + 3),
            amount=Decimal(sum(by_month[month : month + 3])),
            obligation="platform",
            consideration="fee",
            service_from=add_months(start, month),
            service_to=last_day_of(start, month + 3),
        )
        for month in range(0, 12 * years, 3)
    ]
    return Deal(
        sold_as="ramp with free months",
        contract=agreement(
            customer,
            inception=days_after(start, -dice.between(5, 30)),
            start=start,
            end=last_day_of(start, 12 * years),
            obligations=(
                PerformanceObligation(
                    id="platform", product="platform-enterprise", measure=Measure.EVEN_MONTHS
                ),
            ),
            consideration=(fixed("fee", sum(by_month), "platform"),),
            terms={
                "plan": f"{free} months free, then {', '.join(map(str, prices))} a month by year",
                "billing": "quarterly in arrears",
            },
        ),
        fees=tuple(fee for fee in fees if fee.amount),
        tax_rate=draw_tax_rate(dice, customer),
    )


def _seat_ramp(dice: Dice, customer: Customer) -> Deal:
    start = draw_start(dice).replace(day=1)
    seats = dice.between(20, 120)
    price = local(SEAT_YEAR * dice.pick((100, 90, 85)) // 100, customer.currency)
    fees = [
        Fee(
            on=add_months(start, 12 * year),
            amount=Decimal(seats * (year + 1) * price),
            obligation=f"seats-{year + 1}",
            consideration=f"fee-{year + 1}",
            service_from=add_months(start, 12 * year),
            service_to=last_day_of(start, 12 * year + 12),
        )
        for year in range(3)
    ]
    return Deal(
        sold_as="ramp with free months",
        contract=agreement(
            customer,
            inception=days_after(start, -dice.between(5, 30)),
            start=start,
            end=last_day_of(start, 36),
            obligations=tuple(
                PerformanceObligation(
                    id=fee.obligation,
                    product="seats",
                    measure=Measure.EVEN_MONTHS,
                    start=fee.service_from,
                    end=fee.service_to,
                    quantity=Decimal(seats * year),
                )
                for year, fee in enumerate(fees, 1)
            ),
            consideration=tuple(
                fixed(f"fee-{year}", fee.amount, fee.obligation) for year, fee in enumerate(fees, 1)
            ),
            terms={
                "plan": f"{seats}, {2 * seats}, {3 * seats} seats by year at {price}",
                "billing": "annually in advance",
            },
        ),
        fees=tuple(fees),
        tax_rate=draw_tax_rate(dice, customer),
    )
