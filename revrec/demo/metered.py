"""Contracts priced by use: as you go, out of a commitment, or out of credits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.demo.catalogue import local
from revrec.demo.deals import (
    USAGE_FIRST,
    USAGE_LAST,
    Customer,
    Deal,
    Fee,
    Meter,
    agreement,
    days_after,
    draw_tax_rate,
    fixed,
    instalments,
    last_day_of,
)
from revrec.demo.dice import Dice
from revrec.demo.meters import SPEND, by_model, charged_as_used, draw_meters, price_list
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    CountedIn,
    Measure,
    PerformanceObligation,
    UsageTerms,
)
from revrec.model.events import Estimate

_CREDITS_PER_DOLLAR = 100


def pay_as_you_go(dice: Dice, customer: Customer) -> Deal:
    """Tokens at published or negotiated prices, without a minimum."""
    start = _start_of_usage(dice)
    spend = dice.heavy_tail(*SPEND[customer.segment])
    discount = dice.pick((0, 0, 0, 5, 8, 12)) if customer.segment != "small-business" else 0
    meters = draw_meters(
        dice, customer, start=start, last=USAGE_LAST, spend=spend, discount=discount
    )
    return Deal(
        sold_as="pay as you go",
        contract=agreement(
            customer,
            inception=days_after(start, -dice.between(0, 10)),
            start=start,
            end=last_day_of(start, 12) if dice.chance(400) else None,
            obligations=by_model(meters),
            consideration=charged_as_used(meters),
            terms={"plan": price_list(discount), "billing": "monthly in arrears"},
        ),
        meters=meters,
        tax_rate=draw_tax_rate(dice, customer),
        discount=discount,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Commitment:
    """What is committed to: amounts in whole units of the currency."""

    start: date
    months: int
    every: int
    entitled: int
    price: int
    expected: int | None
    """What use is expected to come to, where there is a history."""


def commitment(dice: Dice, customer: Customer) -> Deal:
    """A commitment to spend, used or not, and overage above it."""
    start = _start_of_usage(dice)
    months = dice.weighted({12: 70, 3: 20, 2: 10}) if start.month == 1 else 12
    least, most = SPEND[customer.segment]
    spend = dice.heavy_tail(least * 2, most)
    committed = _commit(dice, customer, start, months, spend)
    meters = draw_meters(
        dice,
        customer,
        start=start,
        last=min(USAGE_LAST, last_day_of(start, months)),
        spend=spend,
        discount=0,
        obligation="inference",
    )
    contract = _commitment_agreement(dice, customer, committed, meters)
    return Deal(
        sold_as="committed spend with overage",
        contract=contract,
        fees=instalments(
            start=start,
            months=months,
            every=committed.every,
            total=committed.price,
            obligation="inference",
            consideration="commitment",
        ),
        meters=meters,
        events=_expected_use(dice, contract, committed.entitled) if committed.expected else (),
        tax_rate=draw_tax_rate(dice, customer),
    )


def _commit(dice: Dice, customer: Customer, start: date, months: int, spend: int) -> _Commitment:
    """About what the customer will use; some outgrow their commitment within weeks."""
    outgrown = months == 12 and dice.chance(300)
    percent = dice.between(9, 14) if outgrown else dice.between(75, 135)
    entitled = _round_figure(local(spend * months * 30 * percent // 100, customer.currency))
    discount = 0 if customer.currency == "JPY" else dice.pick((0, 0, 5, 10))
    history = months == 12 and not outgrown and dice.chance(350)
    return _Commitment(
        start=start,
        months=months,
        every=dice.pick((12, 3)) if months == 12 else months,
        entitled=entitled,
        price=entitled * (100 - discount) // 100,
        expected=entitled * 80 // 100 if history else None,
    )


def _commitment_agreement(
    dice: Dice, customer: Customer, committed: _Commitment, meters: tuple[Meter, ...]
) -> Contract:
    end = last_day_of(committed.start, committed.months)
    expected = committed.expected
    return agreement(
        customer,
        inception=days_after(committed.start, -dice.between(1, 20)),
        start=committed.start,
        end=end,
        obligations=(
            PerformanceObligation(
                id="inference",
                product="inference-commitment",
                measure=Measure.USAGE,
                meters=tuple(meter.name for meter in meters),
                usage=UsageTerms(
                    counted_in=CountedIn.AMOUNT,
                    entitled=Decimal(committed.entitled),
                    expected=None if expected is None else Decimal(expected),
                    lapses=end,
                ),
            ),
        ),
        consideration=(
            fixed("commitment", committed.price, "inference"),
            Consideration(
                id="overage",
                kind=ConsiderationKind.USAGE,
                obligation="inference",
                above_entitlement=True,
            ),
        ),
        terms={
            "plan": f"commitment of {committed.entitled} at list prices for {committed.price}",
            "billing": f"every {committed.every} months in advance, overage monthly in arrears",
            "instalment": str(Decimal(committed.price) * committed.every / committed.months),
        },
    )


def prepaid_credits(dice: Dice, customer: Customer) -> Deal:
    """Credits bought in advance, some with a promotional grant, that lapse."""
    start = _start_of_usage(dice)
    days = dice.weighted({60: 3, 90: 3, 180: 3, 365: 4})
    end = days_after(start, days - 1)
    dollars = dice.pick((1_000, 2_500, 5_000, 10_000, 25_000, 50_000))
    bought = dollars * _CREDITS_PER_DOLLAR
    entitled = bought * (100 + dice.pick((0, 0, 5, 10))) // 100
    history = days >= 180 and dice.chance(600)
    price = local(dollars, customer.currency)
    contract = agreement(
        customer,
        inception=start,
        start=start,
        end=end,
        obligations=(
            PerformanceObligation(
                id="credits",
                product="credits",
                measure=Measure.USAGE,
                usage=UsageTerms(
                    entitled=Decimal(entitled),
                    expected=Decimal(entitled * 85 // 100) if history else None,
                    lapses=end,
                ),
            ),
        ),
        consideration=(fixed("purchase", price, "credits"),),
        terms={
            "plan": f"{bought} credits and {entitled - bought} granted, lapse after {days} days",
            "billing": "in advance",
        },
    )
    daily = entitled * dice.between(60, 115) // (100 * days)
    return Deal(
        sold_as="prepaid credits with expiry",
        contract=contract,
        fees=(
            Fee(
                on=start,
                amount=Decimal(price),
                obligation="credits",
                consideration="purchase",
                service_from=start,
                service_to=end,
            ),
        ),
        meters=(_credit_meter(start, min(end, USAGE_LAST), daily, entitled),),
        events=_expected_use(dice, contract, entitled) if history else (),
        tax_rate=draw_tax_rate(dice, customer),
    )


def _credit_meter(start: date, last: date, daily: int, entitled: int) -> Meter:
    return Meter(
        name="credits",
        obligation="credits",
        unit="credit",
        agreed=0,
        published=0,
        daily=daily,
        first_day=start,
        last_day=last,
        most=entitled,
    )


def _expected_use(dice: Dice, contract: Contract, entitled: int) -> tuple[Estimate, ...]:
    """A new estimate of use at a month's end, for half of those who have used for some weeks."""
    on = dice.pick((date(2026, 2, 28), date(2026, 3, 31)))
    if dice.chance(500) or on < days_after(contract.first_day, 21):
        return ()
    return (
        Estimate(
            id=f"EST-{contract.id}-1",
            contract=contract.id,
            on=on,
            obligation=contract.obligations[0].id,
            expected=Decimal(entitled * dice.between(78, 95) // 100),
            basis="Quarterly study of use: run rate of the first months, packs and commitments "
            "that ended in 2025.",
        ),
    )


def _start_of_usage(dice: Dice) -> date:
    """New Year's Day for most, otherwise a day up to mid March."""
    return USAGE_FIRST if dice.chance(550) else days_after(USAGE_FIRST, dice.between(1, 70))


def _round_figure(amount: int) -> int:
    """Down to two significant digits, at least 1,000: what people commit to."""
    amount = max(amount, 1_000)
    unit = int(10 ** (len(str(amount)) - 2))
    return amount // unit * unit
