"""Who waits for whom: postings share a period, a close has it alone, nothing is seen too late."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from revrec.errors import (
    CloseInProgress,
    PeriodClosed,
    RequestInProgress,
    RevrecError,
    StoreError,
)
from revrec.store import audit_log, facts, idempotency, journal, locks, periods
from revrec.store.database import Database
from revrec.store.periods import PeriodStatus
from tests.concurrency.watching import outcome
from tests.store.samples import JANUARY, as_role, close, entry, fact
from tests.store.test_journal import header_of
from tests.store.test_lake import usage

CLOSERS = 50


@pytest.fixture
def january(run):
    """January is open."""
    run(lambda tx: periods.open_period(tx, JANUARY))


@pytest.fixture
def together():
    """Runs callables at once and gives their results in order."""

    def run_all(*operations):
        with ThreadPoolExecutor(len(operations)) as pool:
            return [future.result() for future in [pool.submit(each) for each in operations]]

    return run_all


def test_fifty_closers_one_wins(run, together):
    """The winner keeps the lock until the 49 others were told that a close is in progress."""
    refused = threading.Semaphore(0)

    def operation(tx):
        locks.period_exclusive(tx, JANUARY)
        for _ in range(CLOSERS - 1):
            refused.acquire()

    def closer():
        result = outcome(lambda: run(operation), CloseInProgress)
        refused.release()
        return result

    outcomes = Counter(together(*[closer] * CLOSERS))

    assert {"done": 1, "CloseInProgress": CLOSERS - 1} == outcomes


@pytest.mark.parametrize("turn", range(5))
def test_fifty_whole_closes_make_one(run, together, turn):
    """However they fall: one certificate, the others hear that it runs or that it is done."""
    del turn
    closer = lambda: outcome(  # noqa: E731 - the same callable fifty times
        lambda: run(lambda tx: close(tx, JANUARY)), CloseInProgress, PeriodClosed
    )
    outcomes = Counter(together(*[closer] * CLOSERS))

    assert 1 == outcomes["done"]
    assert CLOSERS == outcomes.total()
    assert 1 == len(run(periods.closes))


@pytest.mark.usefixtures("january")
def test_a_posting_waits_for_the_close_and_then_sees_it(run, together, watch):
    """It asked while the period was open; it is answered by what the close left."""
    holding = threading.Event()

    def closing(tx):
        locks.period_exclusive(tx, JANUARY)
        holding.set()
        watch.until_waiting(1)
        close(tx, JANUARY)

    def posting():
        holding.wait()
        run(lambda tx: journal.append(tx, [entry(1)]))

    _, answer = together(lambda: run(closing), lambda: outcome(posting, PeriodClosed, RevrecError))

    assert "PeriodClosed" == answer
    assert [] == run(journal.read)


@pytest.mark.usefixtures("january")
def test_a_posting_that_waited_for_a_close_given_up_goes_through(run, together, watch):
    """The close was abandoned while the posting waited."""
    holding = threading.Event()

    def giving_up(tx):
        locks.period_exclusive(tx, JANUARY)
        holding.set()
        watch.until_waiting(1)
        raise CloseInProgress("given up")

    def posting():
        holding.wait()
        run(lambda tx: journal.append(tx, [entry(1)]))

    together(lambda: outcome(lambda: run(giving_up), CloseInProgress), posting)

    assert 1 == run(journal.verify)[0]


@pytest.mark.usefixtures("january")
def test_a_close_does_not_wait_for_a_posting(run, together):
    """It is refused at once and may be tried again."""
    posted, tried = threading.Event(), threading.Event()

    def posting(tx):
        journal.append(tx, [entry(1)])
        posted.set()
        tried.wait()

    def closing():
        posted.wait()
        result = outcome(lambda: run(lambda tx: close(tx, JANUARY)), CloseInProgress)
        tried.set()
        return result

    _, answer = together(lambda: run(posting), closing)

    assert "CloseInProgress" == answer
    run(lambda tx: close(tx, JANUARY))
    assert PeriodStatus.CLOSED is run(lambda tx: periods.status(tx, JANUARY))


def test_postings_share_the_period(run, together):
    """Neither waits for the other to end."""
    both = threading.Barrier(2)

    def operation(tx):
        locks.period_shared(tx, JANUARY)
        both.wait()

    together(lambda: run(operation), lambda: run(operation))


@pytest.mark.usefixtures("january")
def test_a_snapshot_from_before_the_close_does_not_help(run, database_url, entity):
    """Around every lock: a transaction that saw the period open meets the trigger."""
    with as_role(database_url, "revrec_app") as connection:
        connection.execute("begin isolation level serializable")
        connection.execute(f"set local revrec.entity_id = {entity}")
        seen = connection.execute("select status from work.period").fetchone()
        run(lambda tx: close(tx, JANUARY))
        with pytest.raises(psycopg.errors.SerializationFailure):
            _insert_header(connection, entity)

    assert ("open",) == seen


def _insert_header(connection, entity):
    """A posting written by hand."""
    row = header_of(entity, 1)
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(
        f"insert into records.journal_entry ({columns}) values ({places})", list(row.values())
    )


@pytest.mark.usefixtures("january")
def test_appends_at_once_make_one_chain(run, together):
    """Eight writers, no gap, no fork, nothing lost."""

    def writer(number):
        for turn in range(10):
            run(lambda tx, turn=turn: journal.append(tx, [entry(1, memo=f"{number}-{turn}")]))

    together(*[lambda number=number: writer(number) for number in range(8)])
    read = run(journal.read)

    assert 80 == run(journal.verify)[0]
    assert {f"{number}-{turn}" for number in range(8) for turn in range(10)} == {
        one.entry.memo for one in read
    }


def test_facts_recorded_at_once_lose_no_version(run, together):
    """Eight feeds tell the same facts with other prices: each price becomes one version."""

    def feed(number):
        told = [fact(f"K{n}", price=f"{number}.00") for n in range(5)]
        return run(lambda tx: facts.record(tx, told))

    done = together(*[lambda number=number: feed(number) for number in range(8)])
    latest = run(facts.read)

    assert (5, 35, 0) == tuple(
        sum(getattr(one, name) for one in done) for name in ("new", "corrected", "unchanged")
    )
    assert [8] * 5 == [known.version for known in latest]
    assert 1 == len({known.fact.body["amount"] for known in latest})


def test_a_pin_waits_for_recordings_under_way(run, together, watch):
    """Each seq up to the pin is committed and seen by the close that pins it."""
    recorded = threading.Event()

    def recording(tx):
        facts.record(tx, [fact("A"), fact("B")])
        recorded.set()
        watch.until_waiting(1)

    def pinning():
        recorded.wait()

        def pin(tx):
            locks.facts_exclusive(tx)
            last = facts.last_seq(tx)
            return last, len(facts.read(tx, through_seq=last))

        return run(pin)

    _, (last, seen) = together(lambda: run(recording), pinning)

    assert 2 == seen
    assert last == run(facts.last_seq)


def test_a_recording_waits_for_the_pin(run, together, watch):
    """What is recorded while a close pins gets a later seq."""
    run(lambda tx: facts.record(tx, [fact("A")]))
    pinned = threading.Event()

    def pinning(tx):
        locks.facts_exclusive(tx)
        pinned.set()
        watch.until_waiting(1)
        return facts.last_seq(tx)

    def recording():
        pinned.wait()
        run(lambda tx: facts.record(tx, [fact("B")]))

    pin, _ = together(lambda: run(pinning), recording)

    assert ["A"] == [known.fact.key for known in run(lambda tx: facts.read(tx, through_seq=pin))]
    assert ["A", "B"] == [known.fact.key for known in run(facts.read)]


def test_lake_appends_at_once_all_count(run, together, lake, entity):
    """Each is a version of its own; none takes another's for dangling."""

    def append(number):
        rows = usage(entity, str(number), day=number)
        return run(lambda tx: lake.append(tx, "usage", rows, f"b{number}", {}))

    versions = together(*[lambda number=number: append(number) for number in range(1, 7)])
    dataset = run(lambda tx: lake.dataset(tx, "usage"))

    assert [1, 2, 3, 4, 5, 6] == sorted(versions)
    assert [1, 2, 3, 4, 5, 6] == sorted(map(int, dataset.to_table()["amount"].to_pylist()))
    run(lake.verify)


def test_the_same_lake_batch_at_once_counts_once(run, together, lake, entity):
    """Whoever comes second gets the first one's version."""
    rows = usage(entity, "1")
    append = lambda: run(  # noqa: E731 - the same callable four times
        lambda tx: lake.append(tx, "usage", rows, "same", {})
    )
    versions = together(*[append] * 4)

    assert [1] * 4 == versions
    assert 1 == run(lambda tx: lake.dataset(tx, "usage")).count_rows()


def test_one_request_at_a_time_has_its_key(run, together):
    """Fifteen are told to wait while the first works; then all get the first answer."""
    refused = threading.Semaphore(0)

    def operation(tx):
        known = idempotency.recall(tx, "k", "d")
        if known is None:
            for _ in range(15):
                refused.acquire()
            audit_log.write(tx, "effect", "once", {})
            idempotency.remember(tx, "k", "d", status=201, body="first")
        return known

    def request():
        result = outcome(lambda: run(operation), RequestInProgress)
        refused.release()
        return result

    outcomes = Counter(together(*[request] * 16))

    assert {"done": 1, "RequestInProgress": 15} == outcomes
    assert "first" == run(operation).body
    assert 1 == len(run(audit_log.read))


def test_a_lock_is_not_waited_for_for_ever(settings, clock, run, together, entity):
    """The limit is a setting; the error says that nothing was changed."""
    holding, tried = threading.Event(), threading.Event()
    impatient = settings.model_copy(update={"lock_timeout_seconds": 1})

    def closing(tx):
        locks.period_exclusive(tx, JANUARY)
        holding.set()
        tried.wait()

    def posting():
        holding.wait()
        try:
            with Database.open(impatient, clock) as database:
                database.run(lambda tx: locks.period_shared(tx, JANUARY), entity=entity, actor="a")
        except StoreError as error:
            return str(error)
        finally:
            tried.set()

    _, message = together(lambda: run(closing), posting)

    assert "A lock was not free within the time allowed" in message
    assert "Nothing was changed; try again." in message
