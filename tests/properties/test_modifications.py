"""What a modification may change and what it must leave alone (606-10-25-10 to 25-13)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.properties.profiles import examples
from tests.properties.runs import FAR, Run, run
from tests.strategies import add_months, scenarios

Told = dict[str, Any]

DAY = timedelta(days=1)
START = date(2025, 1, 31)
END = date(2026, 1, 30)
GRID = [START + timedelta(days=n) for n in range(-1, 420, 7)] + [FAR]

seldom = examples(commit=12, torture=1_000)
each_alone = examples(commit=40, torture=4_000)

cents = st.integers(0, 10**7).map(lambda n: f"{n // 100}.{n % 100:02}")
changes = st.integers(-(10**6), 10**6).map(lambda n: str(Decimal(n).scaleb(-2)))
timed = st.sampled_from(["days", "even_months"])
measures = st.sampled_from(["days", "even_months", "units", "usage"])
days_in_term = st.dates(START + DAY, END - DAY)


def contract(price: str, *obligations: Told, **told: object) -> Told:
    """A contract of one year with one price."""
    return {
        "id": "C",
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


def modification(on: date, change: str, **told: object) -> Told:
    """A modification of the contract with a price change."""
    return {
        "kind": "modification", "id": f"m-{on}", "contract": "C", "on": on, "price_change": change,
    } | told  # fmt: skip


def progress(name: str, days: list[date]) -> list[Told]:
    """A unit delivered and a unit used on each day."""
    told: list[Told] = []
    for number, day in enumerate(days):
        event = {"contract": "C", "on": day, "quantity": "1"}
        told.append({"kind": "delivery", "id": f"{name}-{number}", "obligation": name, **event})
        told.append({"kind": "usage", "meter": name, **event})
    return told


def account_for(told: Told, events: list[Told]) -> Run:
    """One contract at all days of the grid; it must not be refused."""
    got = run({"contracts": [told], "events": events}, GRID)
    assert {} == got.accounting.refused
    return got


def by_day(got: Run) -> list[int]:
    """Revenue to date of the contract at the days of the grid."""
    return [got.revenue_of("C", day) for day in GRID]


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


@each_alone
@given(cents, st.lists(st.tuples(measures, st.lists(days_in_term, max_size=4)), min_size=1,
                       max_size=3), days_in_term, st.integers(0, 10**6))  # fmt: skip
def test_a_prospective_modification_moves_nothing_on_the_last_day_of_the_old_terms(
    price: str, promised: list[tuple[str, list[date]]], first: date, raised: int
) -> None:
    """What was recognised at the cut-off stays, whatever the new price (25-13a)."""
    obligations = [obligation(measure, f"o{n}") for n, (measure, _) in enumerate(promised)]
    events = [e for n, (_, days) in enumerate(promised) for e in progress(f"o{n}", days)]
    change = modification(START, str(Decimal(raised).scaleb(-2)), new_terms_from=first)
    told = {"contracts": [contract(price, *obligations)]}
    days = [first - 2 * DAY, first - DAY]

    before = run({**told, "events": events}, days)
    after = run({**told, "events": [*events, change]}, days)

    assert before.revenue == after.revenue


@each_alone
@given(cents, timed, days_in_term, changes, st.integers(1, 30))
def test_a_prospective_modification_is_the_end_of_one_contract_and_the_start_of_another(
    price: str, measure: str, first: date, change: str, months: int
) -> None:
    """Old revenue to the cut-off, and a new contract for the rest of the price (25-13a)."""
    end = add_months(first, months) - DAY
    revised = obligation(measure, end=end)
    old = account_for(contract(price, obligation(measure)), [])
    earned = run({"contracts": [contract(price, obligation(measure))], "events": []}, [first - DAY])
    kept = earned.revenue_of("C", first - DAY)
    left = Decimal(price) - Decimal(kept).scaleb(-2) + Decimal(change)
    assume(left >= 0)

    new = account_for(
        contract(str(left), obligation(measure, start=first, end=end), inception=first), []
    )
    modified = account_for(
        contract(price, obligation(measure)), [modification(first, change, revises=[revised])]
    )

    assert by_day(modified) == [
        old.revenue_of("C", day) if day < first else kept + new.revenue_of("C", day) for day in GRID
    ]


@each_alone
@given(cents, st.sampled_from(["days", "even_months", "units", "milestones", "costs", "usage"]),
       st.lists(days_in_term, max_size=6),
       st.lists(st.tuples(days_in_term, changes), min_size=1, max_size=3,
                unique_by=lambda each: each[0]))  # fmt: skip
def test_a_catch_up_is_remeasurement_times_progress(
    price: str, measure: str, days: list[date], repriced: list[tuple[date, str]]
) -> None:
    """As if the contract had always been at its new price (25-13b)."""
    single = obligation(measure, distinct_increments=False)
    if measure in {"milestones", "costs"}:
        single["quantity"] = "7"
    total = Decimal(price)
    for _, change in sorted(repriced):
        total += Decimal(change)
        assume(total >= 0)
    events = progress("o", days)
    last = max(day for day, _ in repriced)

    modified = run(
        {
            "contracts": [contract(price, single)],
            "events": events + [modification(day, change) for day, change in repriced],
        },
        GRID,
    )
    fresh = account_for(contract(str(total), single), events)

    assert {} == modified.accounting.refused
    assert [fresh.revenue_of("C", day) for day in GRID if day >= last] == [
        modified.revenue_of("C", day) for day in GRID if day >= last
    ]


@seldom
@given(scenarios(size=10), st.integers(0, 900))
def test_a_paper_that_changes_nothing_moves_no_cent(scenario: Told, after: int) -> None:
    """Neither scope nor price: no modification, whatever it is called."""
    papers = [
        modification(each["inception"] + timedelta(days=after), "0", contract=each["id"], id="z")
        for each in scenario["contracts"]
    ]
    empty = {**scenario, "events": [*scenario["events"], *papers]}
    dates = run(scenario).dates

    assert run(scenario, dates).revenue == run(empty, dates).revenue


@each_alone
@given(cents, st.lists(measures, min_size=1, max_size=3), st.lists(days_in_term, max_size=4),
       days_in_term, cents, measures)  # fmt: skip
def test_a_separate_contract_touches_nothing(
    price: str, promised: list[str], days: list[date], on: date, added_price: str, added: str
) -> None:
    """Goods added at their selling price leave the first contract to the cent (25-12)."""
    obligations = [obligation(measure, f"o{n}") for n, measure in enumerate(promised)]
    new = obligation(added, "a", end=END + 90 * DAY)
    events = progress("o0", days)
    change = modification(on, added_price, adds=[new], at_standalone_selling_prices=True)

    alone = account_for(contract(price, *obligations), events)
    both = account_for(contract(price, *obligations), [*events, change])

    assert alone.revenue == {key: n for key, n in both.revenue.items() if key[0][1] != "a"}


@each_alone
@given(cents, st.lists(measures, min_size=2, max_size=3), st.lists(days_in_term, max_size=4),
       days_in_term, st.data())  # fmt: skip
def test_what_is_withdrawn_earns_nothing_more(
    price: str, promised: list[str], days: list[date], on: date, data: st.DataObject
) -> None:
    """It keeps what it had earned when the old terms ended; the rest of its price moves on."""
    obligations = [obligation(measure, f"o{n}") for n, measure in enumerate(promised)]
    gone = data.draw(st.sampled_from([each["id"] for each in obligations]))
    change = modification(on, "0", withdraws=[gone])
    grid = [on - DAY, *(day for day in GRID if day >= on)]

    got = run(
        {"contracts": [contract(price, *obligations)], "events": [*progress("o0", days), change]},
        grid,
    )

    place = ("C", gone, "fixed")
    kept = got.revenue.get((place, on - DAY), 0)
    left = [each for each in obligations if each["id"] != gone]
    done = all(got.price.get((("C", each["id"], "fixed"), on), 0) == got.revenue.get(
        (("C", each["id"], "fixed"), on - DAY), 0) for each in left)  # fmt: skip
    assume(not done)  # with nothing left to transfer the rest is revenue at once
    assert {kept} == {got.revenue.get((place, day), 0) for day in grid}
