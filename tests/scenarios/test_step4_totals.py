"""Whatever happens to rights and to amounts for some days, the price is earned once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.profiles import examples
from tests.scenarios.telling import Told, as_of, contract, event, fixed, measured, scenario

CENTS = st.integers(-3_000, 20_000).map(lambda cents: Decimal(cents).scaleb(-2))
PRICE_ALONE = st.integers(1_000, 90_000).map(lambda cents: str(Decimal(cents).scaleb(-2)))
RIGHTS = st.sampled_from(
    [
        {"option": {"value": "40.00"}, "measure": "point_in_time"},
        {"renewal": {"consideration": "30.00"}, "measure": "days"},
        {"renewal": {"consideration": "30.00", "likelihood": "0.6"}, "measure": "days"},
    ]
)


def promised(alone: list[str], right: Told) -> list[Told]:
    """A series, a good, and a right of ten uses beside them."""
    price_alone = "standalone_selling_price"
    return [
        {"id": "series", "product": "s", "measure": "even_months", price_alone: alone[0]},
        {"id": "good", "product": "g", "measure": "point_in_time", price_alone: alone[1]},
        {"id": "right", "product": "r", "quantity": "10", price_alone: "35.00",
         "start": "2027-01-01", "end": "2027-12-31"} | right,
    ]  # fmt: skip


@examples(commit=25, torture=2_000)
@given(
    st.lists(PRICE_ALONE, min_size=2, max_size=2),
    RIGHTS,
    st.lists(CENTS, min_size=5, max_size=5),
    st.lists(st.integers(3, 330), min_size=5, max_size=5, unique=True).map(sorted),
    st.sampled_from(["1", "3.5", "10"]),
)
def test_in_the_end_everything_promised_is_earned(
    alone: list[str], right: Told, cents: list[Decimal], days: list[int], quantity: str
) -> None:
    """Fixed, bonus for some days, what is charged with the right: all of it, and nothing twice."""
    first, last, change, settled, charged = cents
    on = [str(date(2026, 1, 1) + timedelta(days=day)) for day in days]
    bonus = {"id": "bonus", "kind": "variable", "amount": str(first), "obligation": "series",
             "service_from": "2026-05-03", "service_to": "2026-06-20"}  # fmt: skip
    later = {"id": "later", "kind": "variable", "amount": str(last)}
    bought = {"id": "bought", "product": "b", "measure": "days", "start": on[2],
              "end": "2027-06-30"}  # fmt: skip
    events = [
        event("delivery", on[0], obligation="good"),
        event("modification", on[1], price_change=str(change)),
        event("exercise", on[2], right="right", quantity=quantity, price=str(charged),
              buys=[bought]),
        event("estimate", on[3], consideration="bonus", amount=str(settled)),
        *([event("lapse", on[4], right="right")] if quantity != "10" else []),
    ]  # fmt: skip
    told = scenario(contract(promised(alone, right), [fixed("1500.00"), bonus, later]), events)

    found = measured(
        told,
        as_of("cumulative_revenue", "2028-12-31"),
        as_of("allocated_price", "2028-12-31"),
        as_of("rpo", "2028-12-31"),
    )

    whole = Decimal(1500) + last + change + settled + charged
    assert found == [whole, whole, 0]
