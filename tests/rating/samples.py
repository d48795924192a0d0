"""Random price lists and usage, and the small books they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from revrec.model.contract import Contract
from revrec.model.rating import (
    Anchor,
    IncludedUnits,
    Packages,
    Price,
    PriceAgreement,
    RateCard,
    Reset,
    RoundedAt,
    Rounding,
    RoundingMode,
    Tier,
    TierMode,
    UsageCommitment,
)
from revrec.rating.catalogue import Told
from tests.rating.naive import Row

JAN_15 = date(2026, 1, 15)
JUN_30 = date(2026, 6, 30)
TERM = JAN_15, JUN_30
WITHIN_DAY = (Reset.EVENT, Reset.HOUR)
CUSTOMERS = ("acme", "globex")


def contract(name: str = "acme", currency: str = "USD") -> Contract:
    """A contract of 15 January to 30 June 2026; rating reads no more of it."""
    return Contract(
        id=name,
        customer=name,
        currency=currency,
        inception=JAN_15,
        end=JUN_30,
        obligations=(),
        consideration=(),
    )


def told(
    *prices: Price,
    rounding: Rounding | None = None,
    pool: str = "",
    overrides: Sequence[Price] = (),
    currency: str = "USD",
) -> Told:
    """One edition that prices both customers."""
    card = RateCard(
        id="list-1",
        card="list",
        currency=currency,
        effective_from=JAN_15,
        prices=prices,
        rounding=rounding or Rounding(),
    )
    agreements = [
        PriceAgreement(
            id=f"agreement {name}",
            contract=name,
            on=JAN_15,
            card="list",
            pool=pool,
            overrides=tuple(overrides),
        )
        for name in CUSTOMERS
    ]
    return Told(
        cards=[(card, 1)],
        agreements=agreements,
        contracts={name: contract(name, currency) for name in CUSTOMERS},
    )


def used(
    quantity: str | int,
    *,
    meter: str = "tokens",
    day: date = JAN_15,
    customer: str = "acme",
    labels: str = "{}",
    event: str = "",
) -> Row:
    """A row of usage."""
    return customer, meter, day, labels, event, Decimal(quantity)


amounts = st.decimals(0, 50, places=3)
quantities = st.one_of(
    st.integers(1, 40).map(Decimal),
    st.decimals("0.000000001", 40, places=9),
    st.sampled_from([Decimal(5), Decimal(10), Decimal(15)]),
)


@st.composite
def prices(draw: st.DrawFn, at: RoundedAt = RoundedAt.LINE) -> Price:
    """A price of ``tokens`` with whatever a rate card can say together."""
    per = draw(st.sampled_from([Decimal(1), Decimal(3), Decimal(1000)]))
    rows: list[Tier] = []
    if draw(st.booleans()):
        bounds = sorted(draw(st.sets(st.sampled_from([5, 10, 15, 30, 60]), max_size=3)))
        rows = [
            Tier(up_to=Decimal(bound), unit_amount=draw(amounts), flat_amount=draw(amounts))
            for bound in bounds
        ]
        rows.append(Tier(unit_amount=draw(amounts), flat_amount=draw(amounts)))
    whole = draw(st.sampled_from(Packages))
    commitment = None
    maximum = None
    if at is RoundedAt.LINE:
        maximum = draw(st.none() | st.sampled_from([Decimal("12.34"), Decimal(100)]))
        factor = draw(st.sampled_from([Decimal(1), Decimal("1.5"), Decimal("0.7")]))
        if draw(st.booleans()):
            commitment = UsageCommitment(amount=draw(amounts), overage_factor=factor)
        elif whole is Packages.FRACTION and draw(st.booleans()):
            commitment = UsageCommitment(quantity=Decimal(12), overage_factor=factor)
    return Price(
        id="tokens",
        meter="tokens",
        mode=draw(st.sampled_from(TierMode)),
        unit_amount=Decimal(0) if rows else draw(amounts),
        per=per,
        packages=whole,
        tiers=tuple(rows),
        multiplier=draw(st.sampled_from([Decimal(1), Decimal("0.1")])),
        discount_percent=draw(st.sampled_from([Decimal(0), Decimal("12.5")])),
        included=draw(st.sampled_from([Decimal(0), Decimal(7), Decimal("20.5")])),
        included_units=draw(st.sampled_from(IncludedUnits))
        if at is RoundedAt.LINE
        else IncludedUnits.BEFORE_TIERS,
        commitment=commitment,
        maximum=maximum,
        resets=draw(st.sampled_from([each for each in Reset if each not in WITHIN_DAY])),
        anchor=draw(st.sampled_from(Anchor)),
        counted_by=draw(st.sampled_from([(), ("model",)])),
    )


@st.composite
def roundings(draw: st.DrawFn) -> Rounding:
    """Any place, mode and scale."""
    return Rounding(
        at=draw(st.sampled_from(RoundedAt)),
        mode=draw(st.sampled_from(RoundingMode)),
        decimals=draw(st.sampled_from([None, 0, 12])),
    )


@st.composite
def usage(draw: st.DrawFn) -> list[Row]:
    """Rows of two customers and two models, one for each of their days."""
    days = draw(st.lists(st.integers(0, 166), min_size=1, max_size=6))
    return [
        used(
            str(draw(quantities)),
            day=JAN_15 + timedelta(days=offset),
            customer=draw(st.sampled_from(CUSTOMERS)),
            labels=draw(st.sampled_from(['{"model":"a"}', '{"model":"b"}'])),
        )
        for offset in days
    ]
