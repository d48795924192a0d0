"""An entry is whole or absent, in a gapless chain, in a period that is not closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from revrec.errors import (
    ChainBroken,
    InvariantViolated,
    PeriodClosed,
    PeriodNotReady,
    UnbalancedEntry,
)
from revrec.ledger import chain
from revrec.store import journal, periods
from tests.store.samples import FEBRUARY, JANUARY, close, entry, insert, line


@pytest.fixture
def january(run):
    """January is open."""
    run(lambda tx: periods.open_period(tx, JANUARY))


def post(tx, *entries):
    """Entries are given one after another."""
    return journal.append(tx, entries)


def lines_of(entity, seq, *amounts, first=1, currency="USD"):
    """Raw rows of journal lines."""
    return [
        {
            "entity_id": entity,
            "entry_seq": seq,
            "line_no": number,
            "account": "cash",
            "product": "",
            "gl_code": "1",
            "gl_name": "Cash",
            "currency": currency,
            "amount": amount,
        }
        for number, amount in enumerate(amounts, start=first)
    ]


def header_of(entity, seq, *, line_count=2, previous=chain.GENESIS, period="2026-01"):
    """A raw row of a journal entry."""
    return {
        "entity_id": entity,
        "seq": seq,
        "period": period,
        "origin": period,
        "event": "billing",
        "currency": "USD",
        "memo": "",
        "posted_at": "2026-02-01 09:00Z",
        "posted_by": "a",
        "line_count": line_count,
        "lines_digest": "",
        "previous": previous,
        "digest": f"{seq:064d}",
    }


@pytest.mark.usefixtures("january")
def test_what_was_appended_is_read_again(run, entity, clock):
    """Entries come back as they were posted, with the actor and the clock's time."""
    posted = run(lambda tx: post(tx, entry(100, memo="one"), entry(250, memo="two")))
    read = run(journal.read)

    assert posted == read
    assert [(1, "one"), (2, "two")] == [(one.seq, one.entry.memo) for one in read]
    assert [(entity, clock.now(), "preparer")] * 2 == [
        (one.entity, one.posted_at, one.posted_by) for one in read
    ]


@pytest.mark.usefixtures("january")
def test_seq_is_gapless_and_the_chain_goes_on(run):
    """Each append continues where the last ended; an append that failed leaves no gap."""

    def fail(tx):
        post(tx, entry(1))
        raise RuntimeError("the operation stops")

    run(lambda tx: post(tx, entry(1), entry(2)))
    with pytest.raises(RuntimeError):
        run(fail)
    run(lambda tx: post(tx, entry(3)))
    read = run(journal.read)

    assert [1, 2, 3] == [one.seq for one in read]
    assert [chain.GENESIS, read[0].digest, read[1].digest] == [one.previous for one in read]
    assert (3, read[2].digest) == run(journal.head) == run(journal.verify)


def test_an_empty_journal_has_a_head(run):
    """Before the first entry the head is the genesis."""
    assert (0, "0" * 64) == run(journal.head) == run(journal.verify)
    assert [] == run(journal.read) == run(post)


def test_entries_are_read_by_period(run):
    """One period's entries, with their lines."""
    run(lambda tx: [periods.open_period(tx, period) for period in (JANUARY, FEBRUARY)])
    run(lambda tx: post(tx, entry(1), entry(2, period=FEBRUARY), entry(3)))

    assert [1, 3] == [one.seq for one in run(lambda tx: journal.read(tx, JANUARY))]
    assert [entry(2, period=FEBRUARY)] == [
        one.entry for one in run(lambda tx: journal.read(tx, FEBRUARY))
    ]


@pytest.mark.usefixtures("january")
@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ((line("cash", 100), line("revenue", -99)), "debits exceed credits by 1 USD"),
        ((line("cash", 100), line("revenue", -103)), "credits exceed debits by 3 USD"),
        ((line("cash", 5), line("revenue", -5, currency="EUR")), "by 5 EUR"),
        ((line("cash", 0), line("revenue", 0)), "the line on cash is zero"),
        ((), "has no lines"),
    ],
)
def test_an_entry_that_does_not_balance_is_refused(run, lines, message):
    """The message says which side is off, by how much, in which currency."""
    with pytest.raises(UnbalancedEntry, match=message):
        run(lambda tx: post(tx, entry(1), replace(entry(), lines=lines)))

    assert (0, chain.GENESIS) == run(journal.head)


@pytest.mark.usefixtures("january")
@pytest.mark.parametrize(
    ("amounts", "message"),
    [([100, -99], "Entry 1: more debits, by 1 USD"), ([100, -101], "more credits, by 1 USD")],
)
def test_the_database_checks_the_balance_too(run, entity, amounts, message):
    """Whatever the client writes, debits equal credits in each currency of an entry."""

    def write(tx):
        insert(tx.connection, "records.journal_entry", header_of(entity, 1))
        insert(tx.connection, "records.journal_line", *lines_of(entity, 1, *amounts))

    with pytest.raises(UnbalancedEntry, match=message):
        run(write)


@pytest.mark.usefixtures("january")
def test_balance_holds_per_currency_in_the_database(run, entity):
    """Dollars do not balance euros."""

    def write(tx):
        insert(tx.connection, "records.journal_entry", header_of(entity, 1))
        insert(
            tx.connection,
            "records.journal_line",
            *lines_of(entity, 1, 5),
            *lines_of(entity, 1, -5, first=2, currency="EUR"),
        )

    with pytest.raises(UnbalancedEntry, match="more credits, by 5 EUR"):
        run(write)


@pytest.mark.usefixtures("january")
def test_nothing_is_added_to_an_old_entry(run, entity):
    """Two balanced lines for an entry of an earlier transaction are refused."""
    run(lambda tx: post(tx, entry(1)))

    with pytest.raises(InvariantViolated, match="Entry 1 was not made by this transaction"):
        run(
            lambda tx: insert(
                tx.connection, "records.journal_line", *lines_of(entity, 1, 7, -7, first=3)
            )
        )
    with pytest.raises(InvariantViolated, match="Entry 9 was not made by this transaction"):
        run(lambda tx: insert(tx.connection, "records.journal_line", *lines_of(entity, 9, 7, -7)))


@pytest.mark.usefixtures("january")
@pytest.mark.parametrize("written", [0, 2, 4])
def test_the_number_of_lines_is_checked_at_commit(run, entity, written):
    """A header that promises three lines commits with three and no other number."""

    def write(tx):
        insert(tx.connection, "records.journal_entry", header_of(entity, 1, line_count=3))
        if written:
            amounts = [1, -1] * (written // 2)
            insert(tx.connection, "records.journal_line", *lines_of(entity, 1, *amounts))

    with pytest.raises(InvariantViolated, match=f"says it has 3 lines and has {written}"):
        run(write)


@pytest.mark.usefixtures("january")
def test_an_entry_may_be_made_under_a_savepoint(run):
    """The header counts as the transaction's own inside a nested block too."""

    def write(tx):
        with tx.connection.transaction():
            post(tx, entry(1))
        return post(tx, entry(2))

    run(write)

    assert 2 == run(journal.verify)[0]


@pytest.mark.usefixtures("january")
@pytest.mark.parametrize(
    ("seq", "previous"), [(1, "1" * 64), (2, chain.GENESIS), (2, "1" * 64), (5, chain.GENESIS)]
)
def test_the_database_refuses_a_fork_or_a_gap(run, entity, seq, previous):
    """An entry names the digest of the one before it, and no number is left out."""

    def write(tx):
        insert(tx.connection, "records.journal_entry", header_of(entity, seq, previous=previous))

    with pytest.raises(ChainBroken, match=f"Entry {seq} does not continue the chain"):
        run(write)


@pytest.mark.usefixtures("january")
def test_a_closed_period_takes_no_entry(run):
    """Closed in January stays closed; the same entry may be posted to February."""
    run(lambda tx: close(tx, JANUARY))

    with pytest.raises(PeriodClosed, match="2026-01 is closed; nothing can be posted to it"):
        run(lambda tx: post(tx, entry(1)))
    run(lambda tx: periods.open_period(tx, FEBRUARY))
    run(lambda tx: post(tx, replace(entry(1), period=FEBRUARY)))

    assert [(FEBRUARY, JANUARY)] == [(e.entry.period, e.entry.origin) for e in run(journal.read)]


@pytest.mark.usefixtures("january")
def test_the_database_guards_closed_periods_too(run, entity):
    """A header written around the program is refused by the trigger."""
    run(lambda tx: close(tx, JANUARY))

    with pytest.raises(PeriodClosed, match="2026-01 is closed"):
        run(lambda tx: insert(tx.connection, "records.journal_entry", header_of(entity, 1)))


def test_a_period_must_have_been_opened(run, entity):
    """A posting to a period nobody opened is a mistake, in the program and in the database."""
    with pytest.raises(PeriodNotReady, match="2026-01 is not open"):
        run(lambda tx: post(tx, entry(1)))
    with pytest.raises(PeriodNotReady, match="2026-01 is not open"):
        run(lambda tx: insert(tx.connection, "records.journal_entry", header_of(entity, 1)))


@pytest.mark.usefixtures("january")
def test_a_reopened_period_takes_entries_again(run):
    """Reopening is approved, leaves a row, and lets the correction in."""
    run(lambda tx: close(tx, JANUARY))
    run(
        lambda tx: periods.reopen(
            tx, JANUARY, requested_by="preparer", approved_by="approver", reason="late invoice"
        )
    )
    run(lambda tx: post(tx, entry(1)))

    assert 1 == run(journal.head)[0]


@pytest.mark.usefixtures("january")
def test_times_are_kept_to_the_microsecond(run, clock):
    """The digest covers the time as stored, so reading must give it back exactly."""
    clock.advance(timedelta(microseconds=123_456))
    posted = run(lambda tx: post(tx, entry(1)))

    assert clock.now() == run(journal.read)[0].posted_at
    assert (1, posted[0].digest) == run(journal.verify)


@pytest.mark.usefixtures("january")
def test_many_entries_go_in_as_one_statement(run):
    """Bulk loads take the same way and the same checks."""
    posted = run(lambda tx: journal.append(tx, [entry(n, memo=f"{n}") for n in range(1, 3001)]))

    assert (3000, posted[-1].digest) == run(journal.verify)
    assert posted == run(journal.read)


def test_the_owner_is_held_to_the_guards(database_url, entity):
    """Even a superuser's INSERT of lines without a header is refused."""
    with (
        psycopg.connect(database_url) as connection,
        pytest.raises(psycopg.Error, match="was not made by this transaction"),
    ):
        insert(connection, "records.journal_line", *lines_of(entity, 1, 1, -1))
