"""What never fails of contract costs, whatever happens to a contract (340-40)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from revrec import engine
from revrec.model.decision import Stream
from revrec.money import from_minor, minor_digits
from tests.costs import book
from tests.properties.profiles import examples

FIRST = date(2026, 1, 1)
LAST = date(2028, 12, 31)
LONG_AFTER = date(2060, 1, 1)
DAYS = st.integers(0, 1200).map(lambda days: FIRST + timedelta(days=days))
Told = dict[str, Any]
ToDate = Mapping[date, Mapping[tuple[str, Stream], int]]


def _amount(currency: str, least: int = 0) -> st.SearchStrategy[str]:
    most = 10 ** (6 + minor_digits(currency))
    return st.integers(least, most).map(lambda minor: str(from_minor(minor, currency)))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Told, list[Told], list[Told]]:
    """A contract, what happened to it, and what it cost."""
    currency = draw(st.sampled_from(["USD", "JPY", "KWD"]))
    measure = draw(st.sampled_from(["days", "even_months"]))
    contract = {
        "id": "C",
        "customer": "c",
        "currency": currency,
        "inception": FIRST,
        "end": LAST,
        "obligations": [
            {"id": "saas", "product": "saas", "measure": measure,
             "standalone_selling_price": "100"},
            {"id": "units", "product": "units", "measure": "units", "quantity": "100",
             "standalone_selling_price": "50"},
        ],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": draw(_amount(currency, 1))}],
    }  # fmt: skip
    return contract, _happened(draw), _costs(draw, currency)


def _happened(draw: st.DrawFn) -> list[Told]:
    events = [
        {"kind": "delivery", "id": f"D{number}", "contract": "C", "on": draw(DAYS),
         "obligation": "units", "quantity": str(draw(st.integers(1, 60)))}
        for number in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    on = draw(DAYS)
    change = {"kind": "modification", "id": "M", "contract": "C", "on": on}
    match draw(st.sampled_from(["nothing", "withdraw", "withdraw all", "shorten", "more units"])):
        case "withdraw":
            events.append({**change, "withdraws": [draw(st.sampled_from(["saas", "units"]))]})
        case "withdraw all":
            events.append({**change, "withdraws": ["saas", "units"]})
        case "shorten":
            terms = {"id": "saas", "product": "saas", "measure": "days", "start": on}
            terms |= {"standalone_selling_price": "100"}
            until = on + timedelta(days=draw(st.integers(0, 300)))
            events.append({**change, "revises": [terms], "end": until})
        case "more units":
            terms = {"id": "units", "product": "units", "measure": "units", "quantity": "80"}
            terms |= {"standalone_selling_price": "50"}
            events.append({**change, "revises": [terms]})
        case _:
            pass
    return events


def _costs(draw: st.DrawFn, currency: str) -> list[Told]:
    told: list[Told] = []
    for number in range(draw(st.integers(1, 3))):
        on, amount = draw(DAYS), draw(_amount(currency))
        cost = {"kind": "contract_cost", "id": f"K{number}", "contract": "C", "on": on}
        cost |= {"amount": amount, "incremental": draw(st.integers(0, 5)) > 0}
        cost["obligation"] = draw(st.sampled_from([None, "saas", "units"]))
        cost["pattern"] = draw(st.sampled_from([None, "days", "pattern_of_transfer"]))
        if on > LAST or draw(st.booleans()):
            cost["benefit_end"] = on + timedelta(days=draw(st.integers(0, 2000)))
        told.append(cost)
        if draw(st.booleans()):
            part = Decimal(amount).scaleb(-1).quantize(Decimal(1).scaleb(-minor_digits(currency)))
            sign = draw(st.sampled_from([1, -1]))
            later = on + timedelta(days=draw(st.integers(0, 900)))
            told.append(
                {"kind": "contract_cost", "id": f"A{number}", "contract": "C", "on": later,
                 "amount": str(sign * part), "adjusts": f"K{number}"}
            )  # fmt: skip
    for number in range(draw(st.integers(0, 2))):
        review: Told = {"kind": "contract_cost_review", "id": f"R{number}", "contract": "C"}
        review["on"] = draw(DAYS)
        if draw(st.booleans()):
            review["benefit_end"] = draw(DAYS)
        if draw(st.booleans()):
            review["expected_consideration"] = draw(_amount(currency))
        told.append(review)
    return told


def _account(contract: Told, events: list[Told], **policy: str) -> engine.Accounting:
    days = sorted({each["on"] + timedelta(days=d) for each in events for d in (-1, 0, 1, 200)})
    told = book([contract], events, **policy)
    accounting = engine.account(told, [*days, LONG_AFTER])
    assume("C" in accounting.contracts)
    return accounting


def _to_date(accounting: engine.Accounting) -> ToDate:
    found: defaultdict[date, defaultdict[tuple[str, Stream], int]] = defaultdict(
        lambda: defaultdict(int)
    )
    for row in accounting.accrued.table.to_pylist():
        segment = accounting.accrued.segments[row["segment"]]
        found[row["day"]][segment.component, segment.stream] += row["revenue"]
    return found


POLICIES = st.fixed_dictionaries(
    {
        "short_costs_to_obtain": st.sampled_from(["capitalized", "expensed"]),
        "contract_cost_amortization": st.sampled_from(["even_months", "pattern_of_transfer"]),
        "contract_cost_adjustments": st.sampled_from(["prospective", "catch_up"]),
    }
)


@examples(commit=20, torture=1_000)
@given(stories(), POLICIES)
def test_a_cost_is_carried_amortised_or_lost_to_the_last_cent(
    story: tuple[Told, list[Told], list[Told]], policy: dict[str, str]
) -> None:
    """Between nothing and what was capitalised is carried, on every day and for every cost.

    In the end what was incurred less what was given back is an expense; only what follows
    undelivered units is left.
    """
    contract, events, costs = story
    digits = minor_digits(contract["currency"])
    to_date = _to_date(_account(contract, [*events, *costs], **policy))

    for amounts in to_date.values():
        for name in {name for name, _ in amounts}:
            capitalized = amounts[name, Stream.COST_CAPITALIZED]
            gone = amounts[name, Stream.COST_AMORTIZED] + amounts[name, Stream.COST_IMPAIRED]
            assert 0 <= capitalized - gone <= capitalized
            assert amounts[name, Stream.COST_AMORTIZED] >= 0
            assert amounts[name, Stream.COST_IMPAIRED] >= 0
    amounts = to_date[LONG_AFTER]
    for cost in costs:
        if cost["kind"] == "contract_cost" and "adjusts" not in cost:
            whole = sum(
                Decimal(each["amount"])
                for each in costs
                if cost["id"] in (each["id"], each.get("adjusts"))
            )
            kept = amounts[cost["id"], Stream.COST_CAPITALIZED]
            assert int(whole.scaleb(digits)) == kept + amounts[cost["id"], Stream.COST_EXPENSED]
            elected = cost["pattern"] or policy["contract_cost_amortization"]
            if cost["obligation"] == "saas" or elected != "pattern_of_transfer":
                gone = amounts[cost["id"], Stream.COST_AMORTIZED]
                assert kept == gone + amounts[cost["id"], Stream.COST_IMPAIRED]


@examples(commit=8, torture=300)
@given(stories(), st.randoms())
def test_the_order_in_which_facts_are_told_does_not_matter(
    story: tuple[Told, list[Told], list[Told]], chance: Any
) -> None:
    """Facts have their days; the books do not care when they were typed."""
    contract, events, costs = story
    told = [*events, *costs]
    shuffled = chance.sample(told, len(told))

    assert _to_date(_account(contract, told)) == _to_date(_account(contract, shuffled))


@examples(commit=8, torture=300)
@given(stories())
def test_costs_change_nothing_of_revenue(story: tuple[Told, list[Told], list[Told]]) -> None:
    """Segments and decisions of the five steps are those of the contract without its costs."""
    contract, events, costs = story

    bare = engine.account(book([contract], events), []).contracts
    costly = _account(contract, [*events, *costs]).contracts["C"]
    assert bare["C"].segments == costly.segments
    assert bare["C"].decisions == costly.decisions[: len(bare["C"].decisions)]
