"""What holds for every contract whatever its terms, and what does not change the numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from revrec.engine import account
from revrec.model.decision import Progress, Segment
from revrec.money import from_minor, minor_digits, to_minor
from revrec.periods import FOREVER
from tests.oracle.prices import first_estimate
from tests.oracle.promises import Facts
from tests.properties.books import to_book
from tests.properties.profiles import examples
from tests.properties.runs import FAR, Place, Run, month_ends, run
from tests.strategies import DECIMALS, moved, scenarios

Told = dict[str, Any]

seldom = examples(commit=5, torture=200)
"""Ten contracts each, and two or more runs of the engine."""
_PRICED = {"fixed", "variable"}


@examples(commit=15, torture=500)
@given(scenarios(size=10))
def test_what_is_always_true(scenario: Told) -> None:
    """Price, bounds, life and breakage of every contract at every month's end."""
    got = run(scenario)

    assert [] == [
        *_price_is_not_what_was_promised(scenario, got),
        *_earned_outside_its_bounds(got),
        *_not_all_earned_over_life(got),
        *_earned_before_there_was_a_contract(got),
    ]


def _price_is_not_what_was_promised(scenario: Told, got: Run) -> Iterator[str]:
    """Shares sum to the transaction price: fixed, estimated and changed by then."""
    components = {
        f"{told['id']}{suffix}"
        for each in (*scenario["contracts"], *scenario["events"])
        for told in (*each.get("consideration", ()), *each.get("adds_consideration", ()))
        if isinstance(told, dict) and (told.get("per_unit") or told.get("tiers"))
        for suffix in ("", ".rebate")
    }
    prices = _by_contract(
        {key: amount for key, amount in got.price.items() if key[0][2] not in components}
    )
    for contract in scenario["contracts"]:
        name = contract["id"]
        if name in got.refused:
            continue
        for day in got.dates:
            allocated = prices[name, day]
            expected = _promised(contract, scenario["events"], day)
            if allocated != expected:
                yield f"{name} on {day}: {allocated} is allocated of {expected}"


def _promised(contract: Told, events: Sequence[Told], day: date) -> int:
    """The transaction price as the facts tell it, in minor units; usage and units left out."""
    if day < contract["inception"]:
        return 0
    own = [each for each in events if each["contract"] == contract["id"]]
    price = Decimal(0)
    promised = list(contract["consideration"])
    for each in own:
        first = each.get("new_terms_from") or each["on"]
        if each["kind"] == "modification" and max(each["on"], first - timedelta(days=1)) <= day:
            price += Decimal(each["price_change"])
            promised += each.get("adds_consideration", [])
    for each in promised:
        if each.get("per_unit") or each.get("tiers"):
            continue  # priced by the unit: it enters the price as units are transferred
        estimates = [
            (known["on"], known["id"], known["amount"])
            for known in own
            if known.get("consideration") == each["id"] and known["on"] <= day
        ]
        if each["kind"] in _PRICED and (estimates or "amount" in each):
            price += Decimal(max(estimates)[2] if estimates else each["amount"])
        elif each["kind"] in _PRICED:
            price += from_minor(
                first_estimate(Facts.of(contract, [], [], {}), each), contract["currency"]
            )
    return to_minor(price, contract["currency"])


def _earned_outside_its_bounds(got: Run) -> Iterator[str]:
    """Between nothing and the price; breakage is a part of it."""
    for row in got.accounting.recognised.table.to_pylist():
        segment = got.accounting.recognised.segments[row["segment"]]
        earned, price, breakage = row["revenue"], segment.price, row["breakage"]
        # Units have no end: more of them than were expected earn more than their expected price.
        without_end = segment.as_used or (counted(segment) and segment.shape.cap is None)
        least, most = sorted((0, earned if without_end else price))
        # A price cut may take back revenue that ended terms had earned, breakage first or last.
        beyond = not segment.kept_breakage and not (0 <= breakage * earned <= earned * earned)
        if not least <= earned <= most or beyond:
            yield f"{segment} on {row['day']}: {earned} earned, {breakage} of it breakage"


def counted(segment: Segment) -> bool:
    """Whether progress is counted from facts."""
    return segment.shape.progress is Progress.COUNTED


def _not_all_earned_over_life(got: Run) -> Iterator[str]:
    """What runs by time or lapses is earned to the last unit in the end."""
    for row in got.accounting.recognised.table.to_pylist():
        segment = got.accounting.recognised.segments[row["segment"]]
        ends = not counted(segment) or segment.shape.lapses is not None
        stands_still = FOREVER in {segment.shape.starts, segment.shape.lapses}
        if row["day"] == FAR and ends and not stands_still and row["revenue"] != segment.price:
            yield f"{segment}: {row['revenue']} earned of {segment.price} over life"


def _earned_before_there_was_a_contract(got: Run) -> Iterator[str]:
    for (place, day), amount in got.revenue.items():
        if day < got.book.histories[place[0]].contract.inception and amount:
            yield f"{place} earned {amount} on {day}, before inception"


@seldom
@given(scenarios(size=10), st.lists(st.integers(0, 2500), max_size=30))
def test_any_grid_of_days_sums_alike(scenario: Told, offsets: list[int]) -> None:
    """Revenue to a day does not depend on the other days one asks about."""
    ends = month_ends(scenario)
    others = {ends[0] + timedelta(days=offset) for offset in offsets}

    by_month, mixed = run(scenario, ends), run(scenario, {*ends, *others})

    assert by_month.revenue == {
        key: amount for key, amount in mixed.revenue.items() if key[1] in set(ends)
    }


@seldom
@given(scenarios(size=10), st.integers(0, 9))
def test_a_contract_alone_is_accounted_for_as_among_others(scenario: Told, number: int) -> None:
    """Contracts do not touch each other, whatever they are computed with."""
    name = scenario["contracts"][number]["id"]
    ends = month_ends(scenario)
    alone = {
        **scenario,
        "contracts": [scenario["contracts"][number]],
        "events": [each for each in scenario["events"] if each["contract"] == name],
    }

    assert _of(run(scenario, ends), name) == _of(run(alone, ends), name)


@seldom
@given(scenarios(size=10))
def test_the_same_facts_give_the_same_segments_and_numbers(scenario: Told) -> None:
    """Twice, with one thread and with two: the same segments, decisions and rows."""
    book, ends = to_book(scenario), month_ends(scenario)
    one, other = (account(book, ends, threads=threads) for threads in (1, 2))

    assert one.contracts == other.contracts
    assert one.recognised.table.equals(other.recognised.table)


@seldom
@given(scenarios(size=10))
def test_a_calendar_later_everything_is_a_calendar_later(scenario: Told) -> None:
    """After 28 years weekdays, month lengths and leap days return, and so do the numbers."""
    now = run(scenario)
    later = run(moved(scenario, 28), [day.replace(year=day.year + 28) for day in now.dates])

    assert now.refused == later.refused
    assert {
        (place, day.replace(year=day.year + 28)): amount
        for (place, day), amount in now.revenue.items()
    } == later.revenue


@seldom
@given(scenarios(size=10))
def test_another_currency_is_another_place_of_the_point(scenario: Told) -> None:
    """The same minor units in yen, dollars and dinars earn the same minor units."""
    ends = month_ends(scenario)
    for each in scenario["events"]:
        if each["kind"] == "usage":
            each["amount"] = format(round(Decimal(each["amount"]), 9), "f")
    results = [run(_in_currency(scenario, currency), ends).revenue for currency in DECIMALS]

    assert results[0] == results[1] == results[2]


@seldom
@given(scenarios(size=10), st.sampled_from([2, 3, 7]))
def test_k_fold_prices_earn_k_fold_revenue_within_rounding(scenario: Told, k: int) -> None:
    """Only rounding, one unit a part and a modification, keeps revenue from being linear."""
    plain = _plainly_priced(scenario)
    once, many = run(plain), run(_mapped(plain, lambda told: _times(told, k)))

    assert once.refused == many.refused
    small, great = _of_price(once), _of_price(many)
    for contract in scenario["contracts"]:
        name = contract["id"]
        modified = 2 + len(once.book.histories[name].modifications)
        parts = modified * (len(contract["obligations"]) + modified)
        parts *= len(contract["consideration"]) + modified
        for day in once.dates:
            off = great[name, day] - k * small[name, day]
            assert abs(off) <= (k + 1) * parts


@seldom
@given(scenarios(size=10))
def test_the_negative_of_a_contract_earns_the_negative(scenario: Told) -> None:
    """A contract that takes another back, price for price, takes its revenue back to the unit."""
    plain = _never_modified(_plainly_priced(scenario))
    original = run(plain)
    reversal = run(_mapped(plain, lambda told: _times(told, -1)))

    # Only estimates may not take a price below nothing.
    refused = original.refused | reversal.refused
    assert {
        key: -amount for key, amount in original.revenue.items() if key[0][0] not in refused
    } == {key: amount for key, amount in reversal.revenue.items() if key[0][0] not in refused}


@seldom
@given(scenarios(size=10), st.integers(0, 50_000))
def test_a_tighter_constraint_never_raises_revenue(scenario: Told, less: int) -> None:
    """Lower estimates earn no more, but for the units that apportionment moves."""
    plain = _plainly_priced(scenario)
    before, after = run(plain), run(_mapped(plain, lambda told: _lowered(told, less)))

    for contract in scenario["contracts"]:
        if contract["id"] in after.refused:
            continue  # an estimate may not take a price below nothing
        units = 8 * (1 + len(contract["obligations"])) * (1 + len(contract["consideration"]))
        for day in before.dates:
            name = contract["id"]
            assert after.revenue_of(name, day) <= before.revenue_of(name, day) + units


@seldom
@given(scenarios(size=10), st.integers(2, 9))
def test_a_day_of_usage_told_in_parts_is_a_day_of_usage(scenario: Told, parts: int) -> None:
    """Rows of a day are summed before anything is rounded."""
    events: list[Told] = []
    for each in scenario["events"]:
        if each["kind"] != "usage":
            events.append(each)
            continue
        part = {name: round(Decimal(each[name]) / parts, 9) for name in ("quantity", "amount")}
        rest = {name: Decimal(each[name]) - (parts - 1) * part[name] for name in part}
        events += [{**each, **{name: str(part[name]) for name in part}}] * (parts - 1)
        events += [{**each, **{name: str(rest[name]) for name in rest}}]

    assert run(scenario).revenue == run({**scenario, "events": events}).revenue


def _of(got: Run, contract: str) -> dict[tuple[Place, date], int]:
    return {key: amount for key, amount in got.revenue.items() if key[0][0] == contract}


def _of_price(got: Run) -> Mapping[tuple[str, date], int]:
    """Revenue to date of fixed and estimated price, by contract and day."""
    return _by_contract({key: amount for key, amount in got.revenue.items() if key in got.price})


def _by_contract(amounts: Mapping[tuple[Place, date], int]) -> Mapping[tuple[str, date], int]:
    """Sums by contract and day; nothing is zero."""
    sums: defaultdict[tuple[str, date], int] = defaultdict(int)
    for (place, day), amount in amounts.items():
        sums[place[0], day] += amount
    return sums


def _plainly_priced(scenario: Told) -> Told:
    """Weights that do not depend on the price: no residual, bundle, range or likeliest outcome."""

    def plain(told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        kept = {k: v for k, v in told.items() if k not in {"residual", "selling_price_range"}}
        if "outcomes" in kept:
            kept |= {"amount": kept.pop("outcomes")[0]["amount"]}
        return kept

    def plainly(told: Told) -> Told:
        lists = ("obligations", "consideration", "adds", "revises", "adds_consideration")
        return {
            name: [plain(each) for each in value]
            if name in lists and isinstance(value, list)
            else value
            for name, value in told.items()
            if name != "bundles"
        }

    return {
        **scenario,
        "contracts": [plainly(each) for each in scenario["contracts"]],
        "events": [plainly(each) for each in scenario["events"]],
    }


def _never_modified(scenario: Told) -> Told:
    """Without modifications, estimates of what they added, and usage."""
    added = {
        told["id"]
        for each in scenario["events"]
        for told in (*each.get("adds", ()), *each.get("adds_consideration", ()))
    }
    kept = [
        each
        for each in scenario["events"]
        if each["kind"] not in {"modification", "usage"}
        and not {each.get("consideration"), each.get("obligation")} & added
    ]
    return {**scenario, "events": kept}


def _mapped(scenario: Told, change: Any) -> Told:
    """Every consideration, modification and estimate changed."""
    contracts = [
        {**each, "consideration": [change(told) for told in each["consideration"]]}
        for each in scenario["contracts"]
    ]
    events = []
    for each in scenario["events"]:
        new = change(each) if each["kind"] in {"modification", "estimate"} else each
        if "adds_consideration" in new:
            new = {**new, "adds_consideration": [change(t) for t in new["adds_consideration"]]}
        events.append(new)
    return {**scenario, "contracts": contracts, "events": events}


def _times(told: Told, k: int) -> Told:
    """Amounts of price k-fold, those of tiers too."""
    prices = {"amount", "price_change", "unit_price"}
    return {
        name: str(Decimal(value) * k)
        if name in prices
        else [_times(tier, k) for tier in value]
        if name == "tiers"
        else value
        for name, value in told.items()
    }


def _obligations(scenario: Told) -> list[Told]:
    promised = [told for each in scenario["contracts"] for told in each["obligations"]]
    for each in scenario["events"]:
        promised += [*each.get("adds", ()), *each.get("revises", ())]
    return promised


def _lowered(told: Told, less: int) -> Told:
    """A variable amount or its estimate some minor units lower; prices per unit stay."""
    if told.get("consideration", told["id"]).startswith("u-"):
        return told
    if told["kind"] == "variable" or (told["kind"] == "estimate" and "amount" in told):
        amount = Decimal(told["amount"])
        return {**told, "amount": str(amount - Decimal(less).scaleb(amount.as_tuple().exponent))}  # type: ignore[arg-type]
    return told


def _in_currency(scenario: Told, currency: str) -> Told:
    """The same minor units of another currency: every amount's point moved."""
    own = {each["id"]: each["currency"] for each in scenario["contracts"]}

    def shift(told: Any, by: int, counted_in_amount: bool) -> Any:
        if isinstance(told, list):
            return [shift(each, by, counted_in_amount) for each in told]
        if not isinstance(told, Mapping):
            return told
        in_amount = counted_in_amount or told.get("counted_in") == "amount"
        moves = {"amount", "tax", "price_change", "standalone_selling_price"}
        moves |= {"low", "high", "purchase", "price", "unit_price"}
        moves |= {"entitled", "expected"} if in_amount else set()
        return {
            name: format(Decimal(value).scaleb(by), "f")
            if name in moves and isinstance(value, str)
            else shift(value, by, in_amount)
            for name, value in told.items()
        }

    def by_of(name: str) -> int:
        return minor_digits(own[name]) - minor_digits(currency)

    in_amount = {
        (name, told["id"])
        for name in own
        for told in _obligations_of(scenario, name)
        if told.get("usage", {}).get("counted_in") == "amount"
    }
    contracts = [
        {**shift(each, by_of(each["id"]), False), "currency": currency}
        for each in scenario["contracts"]
    ]
    events = [
        shift(
            each,
            by_of(each["contract"]),
            (each["contract"], each.get("obligation")) in in_amount,
        )
        for each in scenario["events"]
    ]
    prices = [
        {**shift(each, minor_digits(each["currency"]) - minor_digits(currency), False),
         "currency": currency}
        for each in scenario["standalone_selling_prices"]
        if each["currency"] == "JPY"
    ]  # fmt: skip
    return {
        **scenario, "contracts": contracts, "events": events, "standalone_selling_prices": prices
    }  # fmt: skip


def _obligations_of(scenario: Told, contract: str) -> list[Told]:
    return _obligations(
        {
            "contracts": [each for each in scenario["contracts"] if each["id"] == contract],
            "events": [each for each in scenario["events"] if each["contract"] == contract],
        }
    )
