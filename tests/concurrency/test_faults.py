"""A fault at every statement: the state before or the state after, nothing between."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest
from psycopg import errors as pg

from revrec.errors import StoreError
from revrec.store import audit_log, facts, idempotency, journal, periods
from revrec.store.periods import Pins
from tests.store.samples import JANUARY, certificate, entry, fact
from tests.store.test_lake import usage

STATEMENTS_MAX = 60
"""More than any operation here has; reached only when a fault never stops firing."""


class Fault:
    """Breaks one statement of an operation, once."""

    def __init__(self, kind, at, superuser):
        self.kind, self.at, self.superuser = kind, at, superuser
        self.seen = 0
        self.fired = False

    def before(self, connection):
        """Called before each statement; fires at the one that was chosen."""
        self.seen += 1
        if self.fired or self.seen != self.at:
            return
        self.fired = True
        match self.kind:
            case "connection lost":
                pid = connection.info.backend_pid
                self.superuser.execute("select pg_terminate_backend(%s, 5000)", [pid])
            case "serialization failure":
                raise pg.SerializationFailure("injected")
            case "deadlock":
                raise pg.DeadlockDetected("injected")
            case "timeout":
                raise pg.QueryCanceled("injected")
            case "unique violation":
                raise pg.UniqueViolation("injected")


@contextmanager
def broken(tx, fault):
    """The transaction's connection, with the fault before one of its statements."""

    class Breaking:
        def execute(self, *arguments, **options):
            fault.before(self.connection)
            return super().execute(*arguments, **options)

        def executemany(self, *arguments, **options):
            fault.before(self.connection)
            return super().executemany(*arguments, **options)

        def copy(self, *arguments, **options):
            fault.before(self.connection)
            return super().copy(*arguments, **options)

    connection = tx.connection
    connection.cursor_factory = type("Client", (Breaking, psycopg.Cursor), {})
    connection.server_cursor_factory = type("Server", (Breaking, psycopg.ServerCursor), {})
    try:
        yield
    finally:
        connection.cursor_factory = psycopg.Cursor
        connection.server_cursor_factory = psycopg.ServerCursor


def record_few(tx, _lake):
    """Facts by plain inserts."""
    facts.record(tx, [fact("A"), fact("B")])


def record_many(tx, _lake):
    """Facts by COPY."""
    facts.record(tx, [fact(f"K{n}") for n in range(facts.FEW + 1)])


def post(tx, _lake):
    """An entry in a period that is open."""
    journal.append(tx, [entry(1), entry(2)])


def answer(tx, _lake):
    """A request with a key."""
    if idempotency.recall(tx, "k", "d") is None:
        audit_log.write(tx, "effect", "s", {})
        idempotency.remember(tx, "k", "d", status=201, body="b")


def close(tx, _lake):
    """A whole close."""
    periods.begin_closing(tx, JANUARY, Pins(fact_seq=0, usage_version=None, known_at=tx.now))
    periods.finish_closing(tx, certificate(tx, JANUARY))


def append(tx, lake):
    """One batch of usage."""
    lake.append(tx, "usage", usage(tx.entity, "1"), "b", {})


def state(tx, lake):
    """Everything the operations may change, as far as readers see it."""
    dataset = lake.dataset(tx, "usage")
    return (
        len(facts.read(tx)),
        journal.verify(tx)[0],
        len(audit_log.read(tx)),
        str(periods.status(tx, JANUARY)),
        len(periods.closes(tx)),
        0 if dataset is None else dataset.count_rows(),
    )


BEFORE = (0, 0, 0, "open", 0, 0)
OPERATIONS = {
    record_few: (2, 0, 0, "open", 0, 0),
    record_many: (facts.FEW + 1, 0, 0, "open", 0, 0),
    post: (0, 2, 0, "open", 0, 0),
    answer: (0, 0, 1, "open", 0, 0),
    close: (0, 0, 0, "closed", 1, 0),
    append: (0, 0, 0, "open", 0, 1),
}
RETRIED = {"serialization failure", "deadlock", "unique violation"}
KINDS = [*sorted(RETRIED), "connection lost", "timeout"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.__name__)
def test_a_fault_leaves_all_or_nothing(database, lake, superuser, entity, operation, kind):
    """Fail statement 1, 2, ... until it runs clean; what may be retried succeeds by itself."""
    after = OPERATIONS[operation]
    for at in range(1, STATEMENTS_MAX):
        books = entity * 1_000 + at

        def run(work, books=books):
            return database.run(work, entity=books, actor="a")

        run(lambda tx: periods.open_period(tx, JANUARY))
        fault = Fault(kind, at, superuser)

        def faulty(tx, fault=fault):
            with broken(tx, fault):
                operation(tx, lake)

        try:
            run(faulty)
            failed = False
        except StoreError:
            failed = True

        assert (fault.fired and kind not in RETRIED) == failed, at
        assert (BEFORE if failed else after) == run(lambda tx: state(tx, lake)), at
        if failed:
            run(lambda tx: operation(tx, lake))
            assert after == run(lambda tx: state(tx, lake)), at
        run(lake.verify)
        if not fault.fired:
            break

    assert 3 <= at < STATEMENTS_MAX - 1
