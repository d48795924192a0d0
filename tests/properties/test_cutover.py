"""A contract taken over in flight goes on as if it had never been elsewhere."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from revrec import engine
from revrec.feeds.scenario import scenario_of
from tests.properties.profiles import examples

Told = dict[str, Any]
START, END = date(2025, 1, 15), date(2026, 1, 14)
ENDS = [date(2025, month + 1, 1) - date.resolution for month in range(1, 12)]
ENDS += [date(2025, 12, 31), date(2026, 1, 31)]
MEASURES = ("days", "even_months", "calendar_months", "units", "point_in_time", "entitled", "used")
COUNTED = {"units", "point_in_time", "entitled"}

cents = st.integers(1, 10**7)
parts = st.lists(st.tuples(st.sampled_from(MEASURES), cents), min_size=1, max_size=3)
happened = st.lists(
    st.tuples(st.integers(0, 2), st.dates(START, END), st.integers(1, 4)), max_size=8
)
changes = st.none() | st.tuples(st.dates(date(2025, 2, 1), END), st.integers(-(10**4), 10**4))
contracts = st.lists(
    st.tuples(parts, cents, happened, st.sampled_from(ENDS[:-2]), changes), min_size=6, max_size=6
)


def obligation(number: int, measure: str, price: int) -> Told:
    """A promise with a selling price; of ten units or units of use where it is counted."""
    told: Told = {"id": f"o{number}", "product": measure, "measure": measure}
    told["standalone_selling_price"] = amount(price)
    if measure == "units":
        told["quantity"] = "10"
    if measure == "entitled":
        told |= {"measure": "usage", "usage": {"entitled": "10"}}
    if measure == "used":
        told |= {"measure": "usage"}
    return told


def amount(cents: int) -> str:
    """Minor units of a dollar as told."""
    return str(Decimal(cents).scaleb(-2))


def signed(name: str, promised: list[tuple[str, int]], price: int) -> Told:
    """A contract of a year for one price, and use priced as it is used."""
    fees = [{"id": "fee", "kind": "fixed", "amount": amount(price)}]
    fees += [
        {"id": f"use{number}", "kind": "usage", "obligation": f"o{number}"}
        for number, (measure, _) in enumerate(promised)
        if measure == "used"
    ]
    return {
        "id": name,
        "customer": "k",
        "currency": "USD",
        "inception": START,
        "end": END,
        "obligations": [obligation(n, *each) for n, each in enumerate(promised)],
        "consideration": fees if {"used"} != {each for each, _ in promised} else fees[1:],
    }


def events(name: str, promised: list[tuple[str, int]], told: list[Any]) -> list[Told]:
    """What was delivered and used."""
    found: list[Told] = []
    for number, (which, on, quantity) in enumerate(told):
        at = which % len(promised)
        common = {"contract": name, "on": on, "quantity": str(quantity)}
        if promised[at][0] in {"units", "point_in_time"}:
            event = {"kind": "delivery", "id": f"{name}-{number}", "obligation": f"o{at}"}
            found.append(common | event)
        elif promised[at][0] in {"entitled", "used"}:
            rated = amount(quantity * 333)
            found.append(common | {"kind": "usage", "meter": f"o{at}", "amount": rated})
    return found


def revenue(contracts: list[Told], told: list[Told]) -> dict[tuple[str, str, date], int]:
    """Revenue to date by contract, obligation and month end; nothing may be refused."""
    expected = [{"as_of": END, "measure": "receivable", "amount": "0"}]
    document = {"title": "t", "cites": ["606-10-25-31"], "contracts": contracts}
    book = scenario_of(document | {"events": told, "expected": expected}).book()
    accounting = engine.account(book, ENDS)
    assert not accounting.refused
    sums: dict[tuple[str, str, date], int] = defaultdict(int)
    for row in accounting.recognised.table.to_pylist():
        segment = accounting.recognised.segments[row["segment"]]
        sums[segment.contract, segment.obligation, row["day"]] += row["revenue"]
    return sums


def opening(name: str, promised: Any, on: date, before: list[Told], true: Any) -> Told:
    """What an honest system would hand over at the end of the day."""
    obligations = []
    for number, (measure, _) in enumerate(promised):
        key = f"o{number}"
        told: Told = {"obligation": key, "recognized": amount(true[name, key, on])}
        if measure in COUNTED:
            of_it = [e for e in before if key in {e.get("obligation"), e.get("meter")}]
            told["quantity"] = str(sum(int(e["quantity"]) for e in of_it))
        obligations.append(told)
    return {
        "kind": "opening_balance",
        "id": f"{name}-open",
        "contract": name,
        "on": on,
        "currency": "USD",
        "obligations": obligations,
        "billed": "0",
        "paid": "0",
    }


@given(contracts)
@examples(commit=12, torture=1_000)
def test_a_cutover_at_any_month_changes_no_later_month(drawn: list[Any]) -> None:
    """From true balances every later month of every obligation is the same to the cent.

    Modified after the cutover or not, by price alone or not.
    """
    whole: list[Told] = []
    later: list[Told] = []
    told = [(f"C{n}", *each) for n, each in enumerate(drawn)]
    agreed = [signed(name, promised, price) for name, promised, price, *_ in told]
    for name, promised, _, what, on, change in told:
        happened_to = events(name, promised, what)
        if change is not None and change[0] > on and promised[0][0] == "days":
            happened_to.append(
                {"kind": "modification", "id": f"{name}-m", "contract": name, "on": change[0],
                 "price_change": amount(change[1])}
            )  # fmt: skip
        whole += happened_to
        later += [each for each in happened_to if each["on"] > on]
    true = revenue(agreed, whole)
    for name, promised, _, _, on, _ in told:
        before = [each for each in whole if each["contract"] == name and each["on"] <= on]
        later.append(opening(name, promised, on, before, true))

    taken_over = revenue(agreed, later)

    cutover = {name: on for name, _, _, _, on, _ in told}
    assert {key: each for key, each in true.items() if each and key[2] >= cutover[key[0]]} == {
        key: each for key, each in taken_over.items() if each and key[2] >= cutover[key[0]]
    }


shares = st.integers(0, 100)
timed = st.sampled_from(["days", "even_months", "calendar_months"])
otherwise = st.lists(
    st.tuples(timed, cents, shares, st.sampled_from(ENDS[:-2]), changes), min_size=6, max_size=6
)


@given(otherwise)
@examples(commit=10, torture=1_000)
def test_revenue_told_stands_and_the_price_is_earned_in_the_end(drawn: list[Any]) -> None:
    """Whatever part of the price was recognised: as told at cutover, all of it at the end.

    A later rise of the price is added. What was ahead is rounded apart from the price, so that
    revenue to date may step back, by a minor unit at the most.
    """
    agreed: list[Told] = []
    told: list[Told] = []
    for number, (measure, price, share, on, change) in enumerate(drawn):
        name, promised = f"C{number}", [(measure, price)]
        agreed.append(signed(name, promised, price))
        true = {(name, "o0", on): price * share // 100}
        told.append(opening(name, promised, on, [], true))
        if change is not None and change[0] > on:
            told.append(
                {"kind": "modification", "id": f"{name}-m", "contract": name, "on": change[0],
                 "price_change": amount(abs(change[1]))}
            )  # fmt: skip

    made = revenue(agreed, told)

    for number, (_, price, share, on, change) in enumerate(drawn):
        to_date = [made[f"C{number}", "o0", day] for day in ENDS if day >= on]
        added = abs(change[1]) if change is not None and change[0] > on else 0
        assert (to_date[0], to_date[-1]) == (price * share // 100, price + added)
        assert all(later >= earlier - 1 for earlier, later in pairwise(to_date))
