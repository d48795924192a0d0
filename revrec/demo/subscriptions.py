"""Seats of a workspace for a term, and terms that are changed before they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from revrec.demo.catalogue import WORKSPACES, local
from revrec.demo.deals import (
    USAGE_FIRST,
    Customer,
    Deal,
    Fee,
    agreement,
    days_after,
    draw_start,
    draw_tax_rate,
    fixed,
    instalments,
    last_day_of,
)
from revrec.demo.dice import Dice
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.events import Modification

_PLANS = {
    "small-business": ("workspace-team", 5, 40),
    "mid-market": ("workspace-business", 40, 250),
    "enterprise": ("workspace-enterprise", 200, 900),
}
_SIX_MONTHS_FROM = date(2025, 7, 1)


def subscription(dice: Dice, customer: Customer) -> Deal:
    """Seats for a term, billed in advance."""
    plan, fewest, most = _PLANS[customer.segment]
    months = dice.weighted({12: 68, 24: 10, 36: 6, 6: 16})
    start = draw_start(dice)
    if months == 6:
        start = days_after(_SIX_MONTHS_FROM, dice.between(0, 190))
        start = start.replace(day=min(start.day, 28))
    every = {6: 6, 12: dice.pick((12, 3, 1)), 24: 12, 36: 12}[months]
    seats = dice.between(fewest, most)
    percent = 100 - dice.pick((0, 0, 5, 10, 20))
    yearly = local(seats * WORKSPACES[plan] * percent // 100, customer.currency, 12)
    even = start.day == 1 and dice.chance(600)
    total = yearly * months // 12
    return Deal(
        sold_as="subscription",
        contract=agreement(
            customer,
            inception=days_after(start, -dice.between(2, 20)),
            start=start,
            end=last_day_of(start, months),
            obligations=(
                PerformanceObligation(
                    id="workspace",
                    product=plan,
                    measure=Measure.EVEN_MONTHS if even else Measure.DAYS,
                ),
            ),
            consideration=(fixed("fee", total, "workspace"),),
            terms={
                "plan": f"{plan}, {seats} seats",
                "billing": f"every {every} months in advance",
                "instalment": str(yearly * every // 12),
            },
        ),
        fees=instalments(
            start=start,
            months=months,
            every=every,
            total=total,
            obligation="workspace",
            consideration="fee",
        ),
        tax_rate=draw_tax_rate(dice, customer),
    )


def changed_in_mid_term(dice: Dice, customer: Customer) -> Deal:
    """A workspace with support that is upgraded, extended by seats or cut before its end."""
    start = days_after(_SIX_MONTHS_FROM, dice.between(0, 170))
    start = start.replace(day=min(start.day, 28))
    end = last_day_of(start, 12)
    seats = dice.between(30, 300)
    yearly = {
        "workspace": local(seats * WORKSPACES["workspace-business"], customer.currency, 12),
        "support": local(seats * 90, customer.currency, 12),
    }
    products = {"workspace": "workspace-business", "support": "premium-support"}
    contract = agreement(
        customer,
        inception=days_after(start, -dice.between(2, 20)),
        start=start,
        end=end,
        obligations=tuple(
            PerformanceObligation(
                id=name,
                product=products[name],
                measure=Measure.DAYS,
                standalone_selling_price=Decimal(amount),
            )
            for name, amount in yearly.items()
        ),
        consideration=tuple(fixed(f"{name}-fee", yearly[name], name) for name in yearly),
        terms={
            "plan": f"workspace-business with premium support, {seats} seats",
            "billing": "annually in advance",
        },
    )
    change, later = _change(dice, contract, yearly["workspace"])
    return Deal(
        sold_as="changed in mid-term",
        contract=contract,
        fees=(
            *(
                Fee(
                    on=start,
                    amount=Decimal(amount),
                    obligation=name,
                    consideration=f"{name}-fee",
                    service_from=start,
                    service_to=end,
                )
                for name, amount in yearly.items()
            ),
            later,
        ),
        events=(change,),
        tax_rate=draw_tax_rate(dice, customer),
    )


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of change: its price and the selling price of what goes on, of what remained."""

    obligation: str
    product: str
    price_per_mille: int
    selling_price_per_mille: int
    reason: str


_KINDS = {
    "upgrade": _Kind(
        "workspace",
        "workspace-enterprise",
        500,
        1600,
        "Upgrade from Business to Enterprise; support goes on unchanged.",
    ),
    "seats": _Kind(
        "added-seats",
        "workspace-business",
        200,
        200,
        "A fifth more seats at the published price.",
    ),
    "downgrade": _Kind(
        "workspace",
        "workspace-business",
        -300,
        700,
        "Fewer seats for the service to come; no concession for the past.",
    ),
}


def _change(dice: Dice, contract: Contract, yearly: int) -> tuple[Modification, Fee]:
    """The modification, and the invoice or credit that goes with it."""
    first = days_after(USAGE_FIRST, dice.between(10, 85))
    end = last_day_of(contract.first_day, 12)
    kind = _KINDS[dice.weighted({"upgrade": 6, "seats": 3, "downgrade": 3})]
    remained = yearly * ((end - first).days + 1) // ((end - contract.first_day).days + 1)
    price = remained * abs(kind.price_per_mille) // 1000
    price = price if kind.price_per_mille > 0 else -price
    service = PerformanceObligation(
        id=kind.obligation,
        product=kind.product,
        measure=Measure.DAYS,
        start=first,
        end=end,
        standalone_selling_price=Decimal(remained * kind.selling_price_per_mille // 1000),
    )
    adds = kind.obligation == "added-seats"
    change = Modification(
        id=f"MOD-{contract.id}",
        contract=contract.id,
        on=days_after(first, -dice.between(0, 9)),
        new_terms_from=first,
        adds=(service,) if adds else (),
        revises=() if adds else (service,),
        price_change=Decimal(price),
        at_standalone_selling_prices=adds,
        reason=kind.reason,
    )
    return change, Fee(
        on=first,
        amount=Decimal(price),
        obligation=service.id,
        consideration=None if adds else "workspace-fee",
        service_from=first,
        service_to=end,
    )
