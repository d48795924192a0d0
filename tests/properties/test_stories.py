"""What is never false of contracts that mix all that the model knows.

Rights of return beside a pause, an agent's commission beside a doubtful customer: no figure is
known beforehand, but what these tests say holds of every one of them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from revrec.engine import Accounting, account
from revrec.errors import RevrecError
from revrec.feeds.book import book_of
from revrec.ledger.detail import detail, journal_entries
from revrec.ledger.invariants import violations
from revrec.ledger.kinds import PRESENTATION
from revrec.ledger.subledger import POSTED, Subledger, first_period
from revrec.model.decision import Segment
from revrec.model.history import Book
from revrec.periods import MONTHS, Period
from revrec.recognition.arithmetic import Recognised
from tests.properties.books import read_book, read_facts
from tests.properties.profiles import examples
from tests.properties.runs import month_ends
from tests.properties.test_ledger import on_chart
from tests.strategies import stories

Told = dict[str, Any]
Amounts = Mapping[tuple[Any, ...], Sequence[int]]

seldom = examples(commit=6, torture=300)

BY_MONTH = ("contract", "obligation", "component", "origin", "event", "account")
MOVE_NO_PRICE = frozenset(
    {"pause", "resumption", "delivery", "usage", "payment", "write_off", "contract_cost",
     "contract_cost_review", "invoice", "repurchase"}
)  # fmt: skip


@seldom
@given(stories(size=8))
def test_what_cannot_be_accounted_for_is_refused_in_full(scenario: Told) -> None:
    """A refusal names its contract, the field, the paragraph and what to do."""
    book = read_book(scenario)

    for name, error in account(book, month_ends(scenario)).refused.items():
        assert name == error.attributes.get("contract"), error
        assert error.attributes.get("field"), error
        assert error.citation, error
        assert error.remedy, error


@seldom
@given(stories(size=6))
def test_contracts_do_not_influence_each_other(scenario: Told) -> None:
    """Segments, decisions and refusals of a contract alone are those it has among others."""
    days = month_ends(scenario)
    together = account(read_book(scenario), days)

    for contract in scenario["contracts"]:
        name = contract["id"]
        alone = account(read_book(only(scenario, {name})), days)
        assert alone.contracts.get(name) == together.contracts.get(name)
        assert _words(alone.refused) == _words(
            {of: error for of, error in together.refused.items() if of == name}
        )


def only(scenario: Told, names: set[str]) -> Told:
    """The scenario with some of its contracts."""
    return {
        **scenario,
        "contracts": [each for each in scenario["contracts"] if each["id"] in names],
        "events": [each for each in scenario["events"] if each["contract"] in names],
    }


def _words(refused: Mapping[str, RevrecError]) -> dict[str, str]:
    return {name: str(error) for name, error in refused.items()}


@seldom
@given(stories(size=8), st.integers(0, 2**32))
def test_facts_in_any_order_of_arrival_are_the_same_books(scenario: Told, seed: int) -> None:
    """Whichever fact is read first: the same digests, segments, decisions and cents."""
    book, days = read_book(scenario), month_ends(scenario)
    facts, usage = read_facts(scenario), list(book.usage)
    shuffled = random.Random(seed)
    shuffled.shuffle(facts)
    shuffled.shuffle(usage)
    other, unknown = book_of(facts, policy=book.policy, usage=usage)

    one, again = account(book, days), account(other, days)

    assert [] == unknown
    assert {name: each.digest for name, each in book.histories.items()} == {
        name: each.digest for name, each in other.histories.items()
    }
    assert one.contracts == again.contracts
    assert one.recognised.table.equals(again.recognised.table)
    assert one.accrued.table.equals(again.accrued.table)


@seldom
@given(stories(size=8))
def test_other_names_move_no_cent(scenario: Told) -> None:
    """Contracts, promises, considerations, costs, rights and events under longer names."""
    days = month_ends(scenario)
    before = account(read_book(scenario), days)
    after = account(read_book(renamed(with_meters(scenario))), days)

    assert {f"zz{name}" for name in before.refused} == set(after.refused)
    for one, other in (
        (before.recognised, after.recognised),
        (before.accrued, after.accrued),
    ):
        assert {
            (f"zz{contract}", f"zz{obligation}" if obligation else "", *rest): found
            for (contract, obligation, *rest), found in amounts(one).items()
        } == amounts(other)


_NAMES = frozenset(
    {"id", "contract", "obligation", "obligations", "consideration", "invoice", "withdraws",
     "right", "pause", "adjusts", "costs", "part_of"}
)  # fmt: skip
_OF_THE_ENTITY = frozenset({"policy", "products", "standalone_selling_prices"})


def renamed(told: Any, key: str = "") -> Any:
    """With longer names, whose order is the same."""
    if isinstance(told, dict):
        return {
            name: value if name in _OF_THE_ENTITY else renamed(value, name)
            for name, value in told.items()
        }
    if isinstance(told, list):
        return [renamed(each, key) for each in told]
    named = key in _NAMES and isinstance(told, str) and told[:1].isalpha()
    return f"zz{told}" if named else told


def with_meters(told: Any) -> Any:
    """Meters told, as they are named after the obligation otherwise."""
    if isinstance(told, list):
        return [with_meters(each) for each in told]
    if not isinstance(told, dict):
        return told
    anew = {name: with_meters(value) for name, value in told.items()}
    is_promise = "product" in told and "currency" not in told and "effective_from" not in told
    return anew | {"meters": told.get("meters") or [told["id"]]} if is_promise else anew


def amounts(recognised: Recognised) -> Amounts:
    """Amounts to date by contract, obligation, stream and day, whatever components are called."""
    found: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in recognised.table.to_pylist():
        segment: Segment = recognised.segments[row["segment"]]
        place = segment.contract, segment.obligation, segment.stream, row["day"]
        found[place][segment.component] += row["revenue"]
    return {
        place: sorted(amount for amount in by_component.values() if amount)
        for place, by_component in found.items()
        if any(by_component.values())
    }


@seldom
@given(stories(size=8), st.integers(0, 10**6))
def test_a_modification_that_changes_nothing_moves_no_cent(scenario: Told, days: int) -> None:
    """Approved on any day: revenue and what accrues stay as they are."""
    idle = [
        {
            "kind": "modification",
            "id": f"{each['id']}-idle",
            "contract": each["id"],
            "on": each["inception"] + timedelta(days=days % 500),
        }
        for each in scenario["contracts"]
    ]
    ends = month_ends(scenario)
    before = account(read_book(scenario), ends)
    after = account(read_book({**scenario, "events": [*scenario["events"], *idle]}), ends)

    for one, other in (
        (amounts(before.recognised), amounts(after.recognised)),
        (amounts(before.accrued), amounts(after.accrued)),
    ):
        assert other == {key: value for key, value in one.items() if key[0] not in after.refused}
    assert {"606-10-25-10"} >= {
        error.citation for name, error in after.refused.items() if name not in before.refused
    }


@seldom
@given(stories(size=8))
def test_what_moves_progress_or_cash_moves_no_price(scenario: Told) -> None:
    """Transaction prices without pauses, deliveries, use, bills and costs are the same."""
    kept = [each for each in scenario["events"] if each["kind"] not in MOVE_NO_PRICE]
    days = month_ends(scenario)
    whole = account(read_book(scenario), days)
    bare = account(read_book({**scenario, "events": kept}), days)
    refused = {*whole.refused, *bare.refused, *_without_price(scenario)}

    assert prices(whole, refused) == prices(bare, refused)


def _without_price(scenario: Told) -> set[str]:
    """Contracts whose price is what was received, or follows from what came back."""
    return {
        each["contract"] for each in scenario["events"] if each["kind"] in {"assessment", "return"}
    }


def prices(accounting: Accounting, refused: set[str]) -> dict[tuple[str, date], int]:
    """Price in force by contract and day, without what is priced as it is used."""
    found: dict[tuple[str, date], int] = defaultdict(int)
    for row in accounting.recognised.table.to_pylist():
        segment = accounting.recognised.segments[row["segment"]]
        if not segment.as_used and segment.contract not in refused:
            found[segment.contract, row["day"]] += segment.price
    return {key: price for key, price in found.items() if price}


@examples(commit=3, torture=200)
@given(stories(size=8), st.randoms(use_true_random=False))
def test_closing_while_facts_come_in_late(scenario: Told, chance: random.Random) -> None:
    """Every truth holds at each of four closes, and they add up to one close that knew it all."""
    months = [MONTHS.of(day) for day in month_ends(scenario)[:-1]]
    periods = sorted({months[(n + 1) * (len(months) - 1) // 4] for n in range(4)})
    learned = [
        max(_first_close(periods, each["on"]), chance.choice([0, 0, 0, *range(len(periods))]))
        for each in scenario["events"]
    ]
    books = [
        read_book({
            **scenario,
            "events": [
                each for each, close in zip(scenario["events"], learned, strict=True)
                if close <= number
            ],
        })
        for number in range(len(periods))
    ]  # fmt: skip
    refused = {name for book in books for name in account(book, [periods[-1].last]).refused}
    names = {each["id"] for each in scenario["contracts"]} - refused

    posted = POSTED.empty_table()
    for period, book in zip(periods, books, strict=True):
        posted = close(_of(book, names), period, posted)
    last = _of(books[-1], names)
    at_once = close(last, periods[-1], POSTED.empty_table())

    assert flows(at_once) == flows(posted)
    assert summed(at_once, "contract", "account") == summed(posted, "contract", "account")
    assert posted.num_rows == close(last, periods[-1], posted).num_rows


def _first_close(periods: Sequence[Period], day: date) -> int:
    return next((n for n, period in enumerate(periods) if day <= period.last), len(periods) - 1)


def _of(book: Book, names: set[str]) -> Book:
    """The book of these contracts."""
    histories = {name: each for name, each in book.histories.items() if name in names}
    return Book(
        policy=book.policy,
        histories=histories,
        selling_prices=book.selling_prices,
        products=book.products,
        usage=[each for each in book.usage if each.contract in names],
    )


def close(book: Book, period: Period, posted: pa.Table) -> pa.Table:
    """Everything posted after a close of the period, every truth checked; nothing else moves."""
    months = list(first_period(book, period).through(period))
    days = [months[0].previous.last, *(month.last for month in months)]
    accounting = account(book, days)
    with Subledger(book, accounting) as subledger:
        postings = subledger.postings(period, months, posted)
        everything = pa.concat_tables([posted, postings])
        tables = {
            "posted": everything,
            "positions": subledger.positions([period.last]),
            "segments": subledger.query("select * from segments"),
            "recognised": subledger.query("select * from recognised"),
            "accrual": subledger.query("select * from accrual"),
        }
    assert [] == [str(each) for each in violations(tables, period.last)]
    assert {} == summed(postings, "contract", "origin", "event", "obligation", "component")
    for entry in journal_entries(on_chart(postings, book, period), book, period):
        entry.check()
    _says_why(postings, book, accounting, period)
    return everything


def _says_why(postings: pa.Table, book: Book, accounting: Accounting, period: Period) -> None:
    """Every posting names its paragraphs and facts; what is earned also why and for what."""
    mapped = on_chart(postings, book, period)
    for row in detail(mapped, book, accounting, [], period=period, entity=1).to_pylist():
        assert row["paragraphs"]
        assert row["facts_digest"] == book.histories[row["contract"]].digest != ""
        known = accounting.contracts[row["contract"]].decisions
        named = [int(position) for position in row["decisions"].split()]
        assert all(0 <= position < len(known) for position in named)
        of_performance = row["event"] in {"satisfaction", "breakage"}
        if of_performance and row["origin"] == str(period):
            assert row["obligation"]
            assert named


def summed(table: pa.Table, *columns: str) -> dict[tuple[str, ...], int]:
    """Amounts by the columns, without zeros."""
    sums: dict[tuple[str, ...], int] = defaultdict(int)
    for row in table.to_pylist():
        sums[tuple(row[name] for name in columns)] += row["amount"]
    return {key: amount for key, amount in sums.items() if amount}


def flows(posted: pa.Table) -> dict[tuple[str, ...], int]:
    """Postings by economic month; what is presented is a balance of the month closed instead."""
    return {
        key: amount
        for key, amount in summed(posted, *BY_MONTH).items()
        if key[4] not in PRESENTATION
    }
