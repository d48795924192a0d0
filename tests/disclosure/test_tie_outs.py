from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from revrec.errors import InvariantViolated
from revrec.periods import Period
from tests.disclosure.cases import access, book_of, delivery, invoice, workshops
from tests.disclosure.closing import close_all, report, row, rows

JAN, FEB = Period(2026, 1), Period(2026, 2)


@pytest.fixture(scope="module")
def books():
    """Two contracts with a liability, one with an asset; January and February closed."""
    book = book_of(
        [workshops("A"), workshops("B"), access("C")],
        [
            invoice("A", "2026-01-05", "10000.00", "800.00"),
            invoice("B", "2026-01-05", "10000.00"),
            delivery("A", "2026-01-20", "2"),
            delivery("B", "2026-02-20", "3"),
        ],
    )
    return book, close_all(book, FEB)


def off(made) -> dict[str, int]:
    """Tie-outs that do not hold, by name, with their difference."""
    return {each.name: each.difference for each in made.differences}


def changed(posted: pa.Table, choose, **values) -> pa.Table:
    """Posting detail with some rows changed."""
    found = [
        each | {name: change(each) for name, change in values.items()} if choose(each) else each
        for each in posted.to_pylist()
    ]
    return pa.Table.from_pylist(found, schema=posted.schema)


def test_untouched_books_agree(books):
    """Without a plant nothing is found, so that what is found below was planted."""
    book, closed = books

    made = report(book, closed, JAN, FEB)

    assert {} == off(made)
    assert {"TB", "CF", "F", "T", "R", "PY"} == {each.mark for each in made.tie_outs}


def test_a_cent_too_much_in_the_detail_is_found(books):
    """Revenue in the detail that the journal does not hold."""
    book, closed = books
    posted = changed(
        closed.posted,
        lambda each: (each["contract"], each["account"]) == ("A", "revenue"),
        amount=lambda each: each["amount"] - 1,
    )

    found = off(report(book, replace(closed, posted=posted), JAN, FEB))

    assert 1 == found["Revenue of 2026-01"]
    assert 1 == found["Revenue by product"]
    assert 1 == found["Revenue to date"]
    assert 1 == found["Waterfall, row by row"]
    assert -1 == found["Detail: debits equal credits"]
    assert 1 == found["Detail supports the entries, account by account"]


def test_amounts_swapped_between_contracts_are_found_though_totals_tie(books):
    """A's revenue under B's name: every total is right and two contracts are wrong."""
    book, closed = books
    posted = changed(
        closed.posted,
        lambda each: (each["contract"], each["event"]) == ("A", "satisfaction"),
        contract=lambda _: "B",
    )

    found = off(report(book, replace(closed, posted=posted), JAN, FEB))

    assert {
        "Contract liabilities, contract by contract": 400_000,
        "Waterfall, row by row": 400_000,
    } == found


def test_an_entry_out_of_balance_is_found(books):
    """A line of the journal raised by five cents."""
    book, closed = books
    first = closed.entries[0]
    line = replace(first.entry.lines[0], amount=first.entry.lines[0].amount + 5)
    entry = replace(first.entry, lines=(line, *first.entry.lines[1:]))
    entries = [replace(first, entry=entry), *closed.entries[1:]]

    found = off(report(book, replace(closed, entries=entries), JAN, FEB))

    assert 5 == found["Every entry balances"]
    assert 5 == found["Debits equal credits"]
    assert 5 == found["Detail supports the entries, account by account"]


def test_an_entry_on_the_wrong_account_is_found(books):
    """Tax credited to contract liabilities: balanced, and wrong."""
    book, closed = books
    entries = [
        replace(
            each,
            entry=replace(
                each.entry,
                lines=tuple(
                    replace(line, account="contract_liability")
                    if line.account == "tax_payable"
                    else line
                    for line in each.entry.lines
                ),
            ),
        )
        for each in closed.entries
    ]

    found = off(report(book, replace(closed, entries=entries), JAN, FEB))

    assert {
        "Contract liabilities, closing": -80_000,
        "Sales tax billed to date": -80_000,
        "Detail supports the entries, account by account": 160_000,
        "Revenue to billings, others": 80_000,
    } == found


def test_a_lost_posting_is_found(books):
    """One leg of the detail missing, as after a lost file."""
    book, closed = books
    kept = closed.posted.slice(1)
    lost = closed.posted.slice(0, 1).to_pylist()[0]

    found = off(report(book, replace(closed, posted=kept), JAN, FEB))

    assert abs(lost["amount"]) == found["Detail supports the entries, account by account"]
    assert abs(lost["amount"]) == abs(found["Detail: debits equal credits"])


def test_facts_that_were_never_closed_are_found(books):
    """A bill in the facts that no close has posted."""
    _, closed = books
    later = book_of(
        [workshops("A"), workshops("B"), access("C")],
        [
            invoice("A", "2026-01-05", "10000.00", "800.00"),
            invoice("B", "2026-01-05", "10000.00"),
            invoice("B", "2026-02-25", "70.00"),
            delivery("A", "2026-01-20", "2"),
            delivery("B", "2026-02-20", "3"),
        ],
    )

    found = off(report(later, closed, JAN, FEB))

    assert -7_000 == found["Contract liabilities, from facts"]
    assert -7_000 == found["Receivables, from facts"]
    assert -7_000 == found["Contract liabilities less contract assets"]


def test_opening_balances_tie_to_the_journal_of_the_months_before(books):
    """A report of February opens with what January closed with."""
    book, closed = books

    made = report(book, closed, FEB, FEB)
    opening = [each for each in made.tie_outs if each.mark == "PY"]

    assert {} == off(made)
    assert [1_800_000, 31_000, 2_080_000, 0, 0] == [each.left for each in opening]
    assert 1_000_000 == row(made.datasets["contract_balances"], contract="B")["opening"]


def test_each_check_is_made_in_every_currency():
    """Two currencies give each check twice and are never added."""
    book = book_of(
        [access("A"), access("B", currency="JPY", consideration=[
            {"id": "fee", "kind": "fixed", "amount": "365000", "obligation": "seats"}])],
        [],
    )  # fmt: skip

    made = report(book, close_all(book, JAN), JAN, JAN)
    names = [(each.name, each.currency) for each in made.tie_outs]
    revenue = {each.currency: each.left for each in made.tie_outs if each.name == "Revenue to date"}

    assert len(set(names)) == len(names)
    assert {"JPY": 31_000, "USD": 31_000} == revenue
    assert ["JPY", "USD"] == sorted({each["currency"] for each in _cube(made)})


def _cube(made):
    return rows(made.datasets["disaggregated_revenue"])


def test_accounting_without_the_last_day_is_refused(books):
    """Revenue to date must be there on the day of the balances."""
    book, closed = books

    with pytest.raises(InvariantViolated, match="2026-03-31"):
        report(book, closed, JAN, Period(2026, 3))


def test_postings_of_two_entities_are_refused(books):
    """A report is of one entity."""
    book, closed = books
    posted = changed(closed.posted, lambda each: each["contract"] == "A", entity_id=lambda _: 8)

    with pytest.raises(InvariantViolated, match="7, 8"):
        report(book, replace(closed, posted=posted), JAN, FEB)
