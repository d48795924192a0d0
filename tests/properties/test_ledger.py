"""Balances and postings: double entry, once, and to the month they belong to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from revrec.engine import account
from revrec.feeds.policies import with_elections
from revrec.ledger.chart import charted
from revrec.ledger.detail import DETAIL, journal_entries
from revrec.ledger.kinds import PRESENTATION
from revrec.ledger.maturity import split_by_maturity
from revrec.ledger.subledger import POSTED, Subledger, first_period
from revrec.model.history import Book
from revrec.periods import MONTHS, Period
from tests.oracle.oracle import Oracle, balances
from tests.oracle.service_time import NotStated
from tests.properties.books import to_book
from tests.properties.profiles import examples
from tests.properties.runs import month_ends
from tests.strategies import scenarios

Told = dict[str, Any]
Sums = dict[tuple[str, ...], int]

seldom = examples(commit=5, torture=200)
_NONE_POSTED: pa.Table = POSTED.empty_table()


def post(book: Book, periods: Iterable[Period], posted: pa.Table = _NONE_POSTED) -> list[pa.Table]:
    """Close the periods one after another on the same facts; gives what each posted."""
    closed = []
    first, last = first_period(book, max(periods)), max(periods)
    months = list(first.through(last))
    ends = [first.previous.last, *(month.last for month in months)]
    with Subledger(book, account(book, ends)) as subledger:
        for period in periods:
            until = [month for month in months if month <= period]
            closed.append(subledger.postings(period, until, posted))
            posted = pa.concat_tables([posted, closed[-1]])
    return closed


def on_chart(postings: pa.Table, book: Book, period: Period) -> pa.Table:
    """Postings on the chart of accounts of the policy."""
    return charted(postings, DETAIL.empty_table(), book, period)


def summed(table: pa.Table, *columns: str) -> Sums:
    """Amounts by the columns, without zeros."""
    sums: Sums = defaultdict(int)
    for row in table.to_pylist():
        sums[tuple(row[name] for name in columns)] += row["amount"]
    return {key: amount for key, amount in sums.items() if amount}


def some_periods(scenario: Told, number: int) -> list[Period]:
    """Periods spread over the months in which something happens."""
    months = [MONTHS.of(day) for day in month_ends(scenario)[:-1]]
    return sorted({months[(n + 1) * (len(months) - 1) // number] for n in range(number)})


UNTOLD = {
    "contract",
    "day",
    "for_principal",
    "paid_to_customer",
    "written_off",
    "accrued",
    "conditional_bill",
    "deposit_liability",
}
"""Columns the drawn scenarios do not move."""


@seldom
@given(scenarios(size=10))
def test_positions_are_the_oracles(scenario: Told) -> None:
    """Bills, tax, cash, receivable, liability or asset, price and what is left of it.

    Net per contract, and the net is what was billed less what was earned (606-10-45-1).
    """
    book, days, oracle = to_book(scenario), month_ends(scenario), Oracle(scenario)
    accounting = account(book, days)
    with Subledger(book, accounting) as subledger:
        rows = subledger.positions(days).to_pylist()

    assert {row["contract"] for row in rows} == set(book.histories) - set(accounting.refused)
    for row in rows:
        assert 0 == min(row["contract_asset"], row["contract_liability"])
        net = row["contract_liability"] - row["contract_asset"] + row["refund_liability"]
        assert row["billed"] + row["cash_in_advance"] - row["recognised"] == net
        try:
            expected = oracle.position(row["contract"], row["day"])
        except NotStated:
            continue
        assert {
            "billed": expected.billed,
            "taxed": expected.tax,
            "paid": expected.paid,
            "recognised": expected.recognised,
            "breakage": sum(expected.breakage.values()),
            "unrecognised": expected.rpo,
            "transaction_price": expected.transaction_price,
            "cash_in_advance": expected.cash_in_advance,
            "receivable": expected.receivable,
            "refund_liability": expected.refund_liability,
            "contract_liability": expected.contract_liability,
            "contract_asset": expected.contract_asset,
        } == {name: value for name, value in row.items() if name not in UNTOLD}
        assert {0} == {row[name] for name in UNTOLD - {"contract", "day"}}


@seldom
@given(scenarios(size=10))
def test_postings_balance_and_lead_to_the_oracles_balances(scenario: Told) -> None:
    """What was posted by the end of a period is the balance of every account then.

    It balances by contract, month and event, in journal entries by currency, and never by a zero
    line; posting is the difference to what is posted, so running again posts nothing.
    """
    book, oracle = to_book(scenario), Oracle(scenario)
    periods = some_periods(scenario, 3)
    *closed, again = post(book, [*periods, periods[-1]])
    refused = account(book, []).refused

    assert 0 == again.num_rows
    for number, (period, table) in enumerate(zip(periods, closed, strict=True), 1):
        posted = summed(pa.concat_tables(closed[:number]), "contract", "account")
        for contract in set(oracle.contracts) - set(refused):
            expected = balances(oracle.position(contract, period.last))
            assert {name: amount for name, amount in expected.items() if amount} == {
                name: amount for (of, name), amount in posted.items() if of == contract
            }
        assert {} == summed(table, "contract", "origin", "event", "obligation", "component")
        assert all(row["amount"] for row in table.to_pylist())
        for entry in journal_entries(on_chart(table, book, period), book, period):
            entry.check()
            assert {entry.currency} == {line.currency for line in entry.lines}


@seldom
@given(scenarios(size=10))
def test_closing_month_by_month_or_at_once_posts_the_same_months(scenario: Told) -> None:
    """How often one closes moves nothing between economic months."""
    book, periods = to_book(scenario), some_periods(scenario, 4)
    columns = ("contract", "obligation", "component", "origin", "event", "account")

    stepwise = summed(pa.concat_tables(post(book, periods)), *columns)
    (table,) = post(book, periods[-1:])

    # What is presented is a balance of the day shown, so it belongs to the month closed.
    assert {key: n for key, n in stepwise.items() if key[4] not in PRESENTATION} == {
        key: n for key, n in summed(table, *columns).items() if key[4] not in PRESENTATION
    }
    assert summed(table, "contract", "account") == _by_account(stepwise)


def _by_account(sums: Sums) -> Sums:
    by_account: Sums = defaultdict(int)
    for (contract, *_, name), amount in sums.items():
        by_account[contract, name] += amount
    return {key: amount for key, amount in by_account.items() if amount}


@seldom
@given(scenarios(size=10), st.integers(2, 5))
def test_what_is_learned_late_names_the_month_it_belongs_to(scenario: Told, every: int) -> None:
    """A close without some facts, then one with all: together what all would have posted."""
    early, late = some_periods(scenario, 2)[0], some_periods(scenario, 2)[-1]
    known = [e for n, e in enumerate(scenario["events"]) if n % every or e["kind"] != "usage"]
    some, everything = to_book({**scenario, "events": known}), to_book(scenario)
    columns = ("contract", "obligation", "component", "origin", "event", "account")

    (first,) = post(some, [early])
    (second,) = post(everything, [late], first)
    (at_once,) = post(everything, [late])

    together = summed(pa.concat_tables([first, second]), *columns)
    assert {key: n for key, n in together.items() if key[4] not in PRESENTATION} == {
        key: n for key, n in summed(at_once, *columns).items() if key[4] not in PRESENTATION
    }
    assert {} == summed(second, "contract", "origin", "event")


@seldom
@given(scenarios(size=10))
def test_a_credit_memo_in_full_undoes_its_invoice(scenario: Told) -> None:
    """Each invoice credited in full: no receivable, no tax, nothing billed, revenue untouched."""
    bills = [each for each in scenario["events"] if each["kind"] == "invoice"]
    others = [
        each
        for each in scenario["events"]
        if each["kind"] not in {"invoice", "credit_memo", "payment"}
    ]
    memos = [
        {**bill, "kind": "credit_memo", "id": f"{bill['id']}-c", "invoice": bill["id"]}
        for bill in bills
    ]
    days = month_ends(scenario)
    rows = []
    for events in (others, [*others, *bills, *memos]):
        book = to_book({**scenario, "events": events})
        with Subledger(book, account(book, days)) as subledger:
            rows.append(subledger.positions(days).to_pylist())

    assert rows[0] == rows[1]


@seldom
@given(scenarios(size=10), st.integers(1, 20))
def test_an_invoice_in_parts_is_the_invoice(scenario: Told, days_later: int) -> None:
    """Lines on one document or on two of the same day: the same balances."""
    split: list[Told] = []
    for each in scenario["events"]:
        if each["kind"] != "invoice" or len(each["lines"]) == 1:
            split.append(each)
            continue
        one, *rest = each["lines"]
        split += [{**each, "lines": [one]}, {**each, "id": f"{each['id']}-b", "lines": rest}]
    days = sorted({*month_ends(scenario), *(
        each["on"] + timedelta(days=days_later) for each in scenario["events"]
        if each["kind"] == "invoice")})  # fmt: skip
    rows = []
    for events in (scenario["events"], split):
        book = to_book({**scenario, "events": events})
        with Subledger(book, account(book, days)) as subledger:
            rows.append(subledger.positions(days).to_pylist())

    assert rows[0] == rows[1]


@examples(commit=2, torture=100)
@given(scenarios(size=6))
def test_the_split_by_maturity_that_is_posted_is_the_schedule(scenario: Told) -> None:
    """At every close; account by account the whole is what it is where the split is presented."""
    book = to_book(scenario)
    split = {"current_and_non_current": "posted"}
    posts = replace(book, policy=with_elections(book.policy, split))
    periods = some_periods(scenario, 3)
    plain = post(book, periods)
    *closed, again = post(posts, [*periods, periods[-1]])

    assert 0 == again.num_rows
    for number, period in enumerate(periods, 1):
        held = summed(pa.concat_tables(closed[:number]), "contract", "account")
        later = {key: amount for key, amount in held.items() if "non_current_" in key[1]}
        assert later == scheduled_later(posts, period)
        whole: Sums = defaultdict(int)
        for (contract, account_name), amount in held.items():
            whole[contract, account_name.removeprefix("non_current_")] += amount
        presented = summed(pa.concat_tables(plain[:number]), "contract", "account")
        assert presented == {key: amount for key, amount in whole.items() if amount}


def scheduled_later(book: Book, period: Period) -> Sums:
    """What the schedule shows as non-current, debit positive, by contract and account."""
    accounting = account(book, [period.last])
    with Subledger(book, accounting) as subledger:
        positions = subledger.positions([period.last])
        table = split_by_maturity(subledger.query, accounting, book.policy, positions, period)
    return {
        (row["contract"], f"non_current_{row['account']}"): row["non_current"]
        * (-1 if row["account"] == "contract_liability" else 1)
        for row in table.to_pylist()
        if row["non_current"]
    }
