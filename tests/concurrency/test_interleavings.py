"""Two operations, every interleaving of their steps: the books hold in each."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import pytest

from revrec.errors import CloseInProgress, PeriodClosed, PeriodNotReady
from revrec.store import facts, journal, locks, periods
from revrec.store.periods import PeriodStatus, Pins
from tests.concurrency.watching import Schedule, outcome
from tests.store.samples import JANUARY, certificate, close, entry, fact

REFUSALS = (CloseInProgress, PeriodClosed, PeriodNotReady)
SCHEDULES = sorted({"".join(order) for order in itertools.permutations("AAABBB")})


def post(tx):
    """Post one entry to January."""
    journal.append(tx, [entry(1)])


def close_january(tx):
    """Close January on pins; the certificate says how many facts and entries it saw."""
    locks.period_exclusive(tx, JANUARY)
    locks.facts_exclusive(tx)
    pin = facts.last_seq(tx)
    periods.begin_closing(tx, JANUARY, Pins(fact_seq=pin, usage_version=None, known_at=tx.now))
    seq, head = journal.head(tx)
    totals = {"facts": len(facts.read(tx, through_seq=pin))}
    periods.finish_closing(
        tx,
        certificate(tx, JANUARY, fact_seq=pin, chain_seq=seq, chain_head=head, totals=totals),
    )


def reopen(tx):
    """Reopen January."""
    periods.reopen(tx, JANUARY, requested_by="preparer", approved_by="approver", reason="x")


def record(tx):
    """Tell two facts; the second time one of them is a correction."""
    known = facts.last_seq(tx)
    facts.record(tx, [fact("A", price=f"{known}.00"), fact(f"K{known}")])


PAIRS = [
    # First operation, second, whether January starts out closed.
    (post, close_january, False),
    (close_january, close_january, False),
    (post, post, False),
    (record, close_january, False),
    (record, record, False),
    (record, post, False),
    (reopen, post, True),
    (reopen, reopen, True),
    (reopen, close_january, True),
]


@pytest.mark.parametrize(
    "pair", PAIRS, ids=[f"{one.__name__}-{two.__name__}" for one, two, _ in PAIRS]
)
def test_every_interleaving_leaves_the_books_in_order(database, watch, entity, pair):
    """Snapshot, work and commit of two operations in all twenty orders."""
    first, second, starts_closed = pair
    for number, order in enumerate(SCHEDULES):
        books = entity * 1_000 + number

        def run(operation, books=books):
            return database.run(operation, entity=books, actor="preparer")

        run(lambda tx: periods.open_period(tx, JANUARY))
        run(lambda tx: facts.record(tx, [fact("A")]))
        if starts_closed:
            run(lambda tx: close(tx, JANUARY))
        schedule = Schedule(order, watch)

        def session(name, operation, run=run, schedule=schedule):
            def stepwise(tx):
                schedule.step(name, 1)
                tx.connection.execute("select from work.period")  # the snapshot is of now
                schedule.step(name, 2)
                operation(tx)
                schedule.step(name, 3)

            try:
                return outcome(lambda: run(stepwise), *REFUSALS)
            finally:
                schedule.end(name)

        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(session, "AB", (first, second)))

        # Of two that start on a closed January, one may find it closed and hold off the other.
        assert "done" in outcomes or starts_closed, order
        check_books(run, order)


def check_books(run, order):
    """What must hold whatever happened."""
    closes, reopenings = run(periods.closes), run(periods.reopenings)
    closed = run(lambda tx: periods.status(tx, JANUARY)) is PeriodStatus.CLOSED
    entries = run(journal.read)
    head = run(journal.verify)
    versions = sorted(
        (known.fact.key, known.version) for known in run(facts.read) if known.fact.key == "A"
    )

    assert closed == (len(closes) == len(reopenings) + 1), order
    assert len(entries) == head[0], order
    if closed and closes[-1].chain_head != "0" * 64:
        assert closes[-1].chain_seq >= max(one.seq for one in entries), order
    for made in closes:
        if "facts" in made.totals:
            known = run(lambda tx, made=made: facts.read(tx, through_seq=made.fact_seq))
            assert made.totals["facts"] == len(known), order
    assert versions in ([("A", 1)], [("A", 2)], [("A", 3)]), order
