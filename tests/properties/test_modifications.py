"""What a modification may change and what it must leave alone (606-10-25-10 to 25-13)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.properties.profiles import examples
from tests.properties.runs import FAR, Run, run
from tests.strategies import COUNTED, add_months, scenarios

Told = dict[str, Any]

DAY = timedelta(days=1)
START = date(2025, 1, 31)
END = date(2026, 1, 30)
GRID = [START + timedelta(days=n) for n in range(-1, 420, 7)] + [FAR]

seldom = examples(commit=8, torture=200)
six_each = examples(commit=8, torture=200)
"""Six contracts each, accounted for together."""

cents = st.integers(0, 10**7).map(lambda n: f"{n // 100}.{n % 100:02}")
changes = st.integers(-(10**6), 10**6).map(lambda n: str(Decimal(n).scaleb(-2)))
rises = st.integers(0, 10**6).map(lambda n: str(Decimal(n).scaleb(-2)))
timed = st.sampled_from(["days", "even_months"])
measures = st.sampled_from(["days", "even_months", "units", "usage"])
days_in_term = st.dates(START + DAY, END - DAY)
days_of_progress = st.lists(days_in_term, max_size=4)


def six(*of_one: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Six cases of these parameters."""
    return st.lists(st.tuples(*of_one), min_size=6, max_size=6)


def contract(name: str, price: str, *obligations: Told, **told: object) -> Told:
    """A contract of one year with one price."""
    return {
        "id": name,
        "customer": "K",
        "currency": "USD",
        "inception": START,
        "end": END,
        "obligations": list(obligations),
        "consideration": [{"id": "fee", "kind": "fixed", "amount": price}],
    } | told


def obligation(measure: str, name: str = "o", **told: object) -> Told:
    """A promise of a measure, of ten units where it is counted, with a selling price."""
    terms: Told = {"id": name, "product": "p", "measure": measure}
    terms["standalone_selling_price"] = "7"
    if measure == "units":
        terms["quantity"] = "10"
    if measure == "usage":
        terms["usage"] = {"entitled": "10"}
    return terms | told


def modification(of: str, on: date, change: str, **told: object) -> Told:
    """A modification of the contract with a price change."""
    event = {"kind": "modification", "id": f"{of}-m-{on}", "contract": of, "on": on}
    return event | {"price_change": change} | told


def progress(of: str, name: str, days: list[date]) -> list[Told]:
    """A unit delivered and a unit used on each day."""
    told: list[Told] = []
    for number, day in enumerate(days):
        event = {"contract": of, "on": day, "quantity": "1"}
        number_of = f"{of}-{name}-{number}"
        told.append({"kind": "delivery", "id": number_of, "obligation": name, **event})
        told.append({"kind": "usage", "meter": name, **event})
    return told


def account_for(contracts: list[Told], events: list[Told], days: list[date] = GRID) -> Run:
    """The contracts at the days; none may be refused."""
    got = run({"contracts": contracts, "events": events}, days)
    assert {} == got.accounting.refused
    return got


def of(got: Run, name: str) -> dict[tuple[str, str, date], int]:
    """Revenue to date of a contract by obligation, component and day."""
    return {(*place[1:], day): n for (place, day), n in got.revenue.items() if place[0] == name}


@seldom
@given(scenarios(size=10))
def test_a_modification_leaves_the_past_unchanged(scenario: Told) -> None:
    """Before it is approved and its terms begin, every part earns what it earned without it."""
    before, effects = _without_last_modifications(scenario)
    with_all, without = run(scenario), run(before)

    for name, effect in effects.items():
        if name in with_all.refused | without.refused:
            continue
        past = {
            key: amount
            for key, amount in with_all.revenue.items()
            if key[0][0] == name and key[1] < effect
        }
        assert past == {
            key: amount
            for key, amount in without.revenue.items()
            if key[0][0] == name and key[1] < effect and key[1] in with_all.dates
        }


def _without_last_modifications(scenario: Told) -> tuple[Told, dict[str, date]]:
    """The scenario without each contract's last modification, and the day that one took effect."""
    last: dict[str, tuple[date, str]] = {}
    gone: set[tuple[str, str]] = set()
    for each in scenario["events"]:
        if each["kind"] == "modification":
            effect = max(each["on"], each.get("new_terms_from", each["on"]) - DAY)
            last[each["contract"]] = max(
                last.get(each["contract"], (date.min, "")), (effect, each["id"])
            )
    for each in scenario["events"]:
        if each.get("id") == last.get(each["contract"], ("", ""))[1]:
            for told in (*each.get("adds", ()), *each.get("adds_consideration", ())):
                gone.add((each["contract"], told["id"]))
    kept = [
        each
        for each in scenario["events"]
        if each.get("id") != last.get(each["contract"], ("", ""))[1]
        and (each["contract"], each.get("obligation")) not in gone
        and (each["contract"], each.get("consideration")) not in gone
    ]
    return {**scenario, "events": kept}, {name: effect for name, (effect, _) in last.items()}


@six_each
@given(six(cents, st.lists(st.tuples(measures, days_of_progress), min_size=1, max_size=3),
           days_in_term, rises))  # fmt: skip
def test_a_prospective_modification_moves_nothing_on_the_last_day_of_the_old_terms(
    cases: list[tuple[str, list[tuple[str, list[date]]], date, str]],
) -> None:
    """What was recognised at the cut-off stays, whatever the new price (25-13a)."""
    contracts, events, changed = [], [], []
    for number, (price, promised, first, rise) in enumerate(cases):
        name = f"C{number}"
        obligations = [obligation(measure, f"o{n}") for n, (measure, _) in enumerate(promised)]
        contracts.append(contract(name, price, *obligations))
        for n, (_, days) in enumerate(promised):
            events += progress(name, f"o{n}", days)
        changed.append(modification(name, START, rise, new_terms_from=first))
    cuts = sorted({first - n * DAY for _, _, first, _ in cases for n in (1, 2)})

    before = account_for(contracts, events, cuts)
    after = account_for(contracts, events + changed, cuts)

    for number, (_, _, first, _) in enumerate(cases):
        old, new = of(before, f"C{number}"), of(after, f"C{number}")
        assert {key: n for key, n in old.items() if key[2] < first} == {
            key: n for key, n in new.items() if key[2] < first
        }


@six_each
@given(six(cents, timed, days_in_term, changes, st.integers(1, 30)))
def test_a_prospective_modification_is_the_end_of_one_contract_and_the_start_of_another(
    cases: list[tuple[str, str, date, str, int]],
) -> None:
    """Old revenue to the cut-off, and a new contract for the rest of the price (25-13a)."""
    old = [contract(f"C{n}", case[0], obligation(case[1])) for n, case in enumerate(cases)]
    days = sorted({*GRID, *(case[2] - DAY for case in cases)})
    before = account_for(old, [], days)
    fresh, changed, kept = [], [], []
    for number, (price, measure, first, change, months) in enumerate(cases):
        name = f"C{number}"
        kept.append(before.revenue_of(name, first - DAY))
        terms = obligation(measure, end=add_months(first, months) - DAY)
        left = Decimal(price) - Decimal(kept[-1]).scaleb(-2) + Decimal(change)
        fresh.append(contract(name, str(max(left, 0)), terms | {"start": first}, inception=first))
        changed.append(modification(name, first, change, revises=[terms]))
        if left < 0:
            changed[-1]["price_change"] = str(Decimal(kept[-1]).scaleb(-2) - Decimal(price))

    after, modified = account_for(fresh, [], days), account_for(old, changed, days)

    for number, (_, _, first, _, _) in enumerate(cases):
        name = f"C{number}"
        assert [modified.revenue_of(name, day) for day in days] == [
            before.revenue_of(name, day)
            if day < first
            else kept[number] + after.revenue_of(name, day)
            for day in days
        ]


@six_each
@given(six(cents, st.sampled_from(["days", "even_months", *COUNTED, "usage"]),
           st.lists(days_in_term, max_size=6),
           st.lists(st.tuples(days_in_term, changes), min_size=1, max_size=3,
                    unique_by=lambda each: each[0])))  # fmt: skip
def test_a_catch_up_is_remeasurement_times_progress(
    cases: list[tuple[str, str, list[date], list[tuple[date, str]]]],
) -> None:
    """As if the contract had always been at its new price (25-13b)."""
    contracts, fresh, events, changed = [], [], [], []
    for number, (price, measure, days, repriced) in enumerate(cases):
        name, total = f"C{number}", Decimal(price)
        single = obligation(measure, distinct_increments=False)
        if measure in {"milestones", "costs"}:
            single["quantity"] = "7"
        for day, change in sorted(repriced):
            change_of_price = max(Decimal(change), -total)
            total += change_of_price
            changed.append(modification(name, day, str(change_of_price)))
        contracts.append(contract(name, price, single))
        fresh.append(contract(name, str(total), single))
        events += progress(name, "o", days)

    modified, anew = account_for(contracts, events + changed), account_for(fresh, events)

    for number, (_, _, _, repriced) in enumerate(cases):
        last = max(day for day, _ in repriced)
        for day in GRID:
            if day >= last:
                name = f"C{number}"
                assert anew.revenue_of(name, day) == modified.revenue_of(name, day)


@seldom
@given(scenarios(size=10), st.integers(0, 900))
def test_a_paper_that_changes_nothing_moves_no_cent(scenario: Told, after: int) -> None:
    """Neither scope nor price: no modification, whatever it is called."""
    papers = [
        modification(each["id"], each["inception"] + timedelta(days=after), "0")
        for each in scenario["contracts"]
    ]
    empty = {**scenario, "events": [*scenario["events"], *papers]}
    dates = run(scenario).dates

    assert run(scenario, dates).revenue == run(empty, dates).revenue


@six_each
@given(six(cents, st.lists(measures, min_size=1, max_size=3), days_of_progress, days_in_term,
           cents, measures))  # fmt: skip
def test_a_separate_contract_touches_nothing(
    cases: list[tuple[str, list[str], list[date], date, str, str]],
) -> None:
    """Goods added at their selling price leave the first contract to the cent (25-12)."""
    contracts, events, changed = [], [], []
    for number, (price, promised, days, on, added_price, added) in enumerate(cases):
        name = f"C{number}"
        obligations = [obligation(measure, f"o{n}") for n, measure in enumerate(promised)]
        contracts.append(contract(name, price, *obligations))
        events += progress(name, "o0", days)
        new = obligation(added, "a", end=END + 90 * DAY)
        told = {"adds": [new], "at_standalone_selling_prices": True}
        changed.append(modification(name, on, added_price, **told))

    alone, both = account_for(contracts, events), account_for(contracts, events + changed)

    assert alone.revenue == {key: n for key, n in both.revenue.items() if key[0][1] != "a"}


@six_each
@given(six(cents, st.lists(measures, min_size=2, max_size=3), days_of_progress, days_in_term,
           st.integers(0, 2)))  # fmt: skip
def test_what_is_withdrawn_earns_nothing_more(
    cases: list[tuple[str, list[str], list[date], date, int]],
) -> None:
    """It keeps what it had earned when the old terms ended; the rest of its price moves on.

    One promise of time always remains: with nothing left to transfer the rest were earned at once.
    """
    contracts, events = [], []
    for number, (price, promised, days, on, gone) in enumerate(cases):
        name = f"C{number}"
        obligations = [obligation(measure, f"o{n}") for n, measure in enumerate(promised)]
        contracts.append(contract(name, price, *obligations, obligation("days", "rest")))
        events += progress(name, "o0", days)
        withdrawn = [f"o{min(gone, len(promised) - 1)}"]
        events.append(modification(name, on, "0", withdraws=withdrawn))
    days_asked = sorted({*GRID, *(case[3] - DAY for case in cases)})

    got = account_for(contracts, events, days_asked)

    for number, (_, promised, _, on, gone) in enumerate(cases):
        place = (f"C{number}", f"o{min(gone, len(promised) - 1)}", "fixed")
        kept = got.revenue.get((place, on - DAY), 0)
        assert {kept} == {got.revenue.get((place, day), 0) for day in days_asked if day >= on}
