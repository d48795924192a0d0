"""An operation is one transaction: whole, retried when it collided, or without a trace."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from revrec.errors import (
    Conflict,
    FeedError,
    InvariantViolated,
    PeriodClosed,
    RevrecError,
    StoreError,
)
from revrec.runtime.metrics import TRANSACTION_RETRIES
from revrec.runtime.settings import Settings
from revrec.store import audit_log, locks
from revrec.store.database import RETRIES_MAX, Database
from tests.conftest import with_database
from tests.store.samples import JANUARY


def write(tx, subject="s"):
    """The smallest effect."""
    audit_log.write(tx, "test", subject, {})


def subjects(run):
    """What was committed."""
    return [event.subject for event in run(audit_log.read)]


def retries(reason):
    """How often the metric says transactions were begun again."""
    return TRANSACTION_RETRIES.labels(reason)._value.get()


def raises(sqlstate, times):
    """An operation that fails with the SQLSTATE for the first so many attempts."""
    attempts = []

    def operation(tx):
        attempts.append(tx)
        write(tx, f"attempt {len(attempts)}")
        if len(attempts) <= times:
            tx.connection.execute(
                f"do $$ begin raise exception 'collided' using errcode = '{sqlstate}'; end $$"
            )
        return len(attempts)

    return operation


def test_an_operation_commits_what_it_did(run):
    """Its result is returned, its effect stays."""
    assert "result" == run(lambda tx: write(tx) or "result")
    assert ["s"] == subjects(run)


def test_an_operation_that_raises_leaves_nothing(run):
    """Whatever it raised."""

    def operation(tx):
        write(tx)
        raise PeriodClosed("closed")

    with pytest.raises(PeriodClosed):
        run(operation)
    assert [] == subjects(run)


def test_an_operation_runs_as_the_service(run, entity, clock):
    """SERIALIZABLE, for one entity, in UTC, as revrec_app; RESET ROLE changes nothing."""

    def operation(tx):
        tx.connection.execute("reset role")
        settings = "transaction_isolation", "revrec.entity_id", "timezone"
        return (
            *tx.connection.execute("select current_user").fetchone(),
            *(
                tx.connection.execute("select current_setting(%s)", [name]).fetchone()[0]
                for name in settings
            ),
            (tx.entity, tx.actor, tx.now),
        )

    expected = ("revrec_app", "serializable", str(entity), "UTC")
    assert (*expected, (entity, "preparer", clock.now())) == run(operation)


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
@pytest.mark.parametrize("times", [1, RETRIES_MAX])
def test_a_collision_is_retried(settings, clock, entity, sqlstate, times):
    """Up to five times; only the last attempt leaves anything, and the metric counts."""
    pauses = iter([0.0] * times)
    before = retries(sqlstate)
    with Database.open(settings, clock, jitter=lambda: next(pauses)) as database:
        attempts = database.run(raises(sqlstate, times), entity=entity, actor="a")
        found = database.run(audit_log.read, entity=entity, actor="a")

    assert times + 1 == attempts
    assert [f"attempt {times + 1}"] == [event.subject for event in found]
    assert times == retries(sqlstate) - before


def test_collisions_end(run):
    """After five retries the caller hears of it."""
    with pytest.raises(StoreError, match="kept colliding with others"):
        run(raises("40001", RETRIES_MAX + 1))
    assert [] == subjects(run)


@pytest.mark.parametrize(
    ("sqlstate", "message"),
    [
        ("53100", "disk is full"),
        ("53300", "no further connections"),
        ("53200", "short of resources"),
        ("55P03", "lock was not free"),
        ("57014", "cancelled or took too long"),
        ("57P01", "shutting down"),
        ("58030", "cannot use its files"),
        ("XX001", "reports damage"),
        ("25006", "read-only"),
        ("42501", "refused the role"),
        ("42P01", "Run `revrec migrate`"),
    ],
)
def test_other_failures_are_explained_once(run, sqlstate, message):
    """One attempt, no trace, and a message that says what to do."""
    operation = raises(sqlstate, 1)
    with pytest.raises(StoreError, match=message) as caught:
        run(operation)

    assert caught.value.remedy
    assert [] == subjects(run)
    assert 2 == run(operation)


def test_a_bug_of_ours_looks_like_one(run):
    """An unknown column is no operator's problem and keeps its own error."""
    with pytest.raises(psycopg.errors.UndefinedColumn):
        run(lambda tx: tx.connection.execute("select nonsense from records.audit_event"))


def test_a_value_that_cannot_be_kept_is_named(run):
    """PostgreSQL's text holds no NUL."""
    with pytest.raises(FeedError, match=r"cannot keep a value.*NUL"):
        run(lambda tx: write(tx, "a\0b"))


def test_a_broken_connection_changes_nothing(run, superuser):
    """Cut off before the commit: the message says so, and the next operation works."""

    def cut(tx):
        write(tx)
        superuser.execute("select pg_terminate_backend(%s)", [tx.connection.info.backend_pid])
        write(tx)

    with pytest.raises(StoreError, match="Nothing was changed; try again"):
        run(cut)
    assert [] == subjects(run)


def test_a_commit_without_an_answer_is_said_to_be_unknown(run, superuser):
    """Cut off at the commit: the effect is unknown, the key makes a repetition safe."""

    def cut_at_commit(tx):
        write(tx)
        superuser.execute("select pg_terminate_backend(%s)", [tx.connection.info.backend_pid])

    with pytest.raises(StoreError, match=r"not known\. Repeat it with the same idempotency key"):
        run(cut_at_commit)


def test_a_swallowed_failure_does_not_pass_for_success(run):
    """PostgreSQL would turn the commit into a rollback and say nothing."""

    def swallow(tx):
        write(tx)
        try:
            tx.connection.execute("select 1 / 0")
        except psycopg.Error:
            return "fine"

    with pytest.raises(InvariantViolated, match="went on after a statement"):
        run(swallow)
    assert [] == subjects(run)


def test_a_failure_under_a_savepoint_may_be_handled(run):
    """What was rolled back to the savepoint is gone, the rest stays."""

    def fail(tx):
        with tx.connection.transaction():
            write(tx, "inside")
            tx.connection.execute("select 1 / 0")

    def handle(tx):
        write(tx, "before")
        with pytest.raises(psycopg.errors.DivisionByZero):
            fail(tx)
        write(tx, "after")

    run(handle)
    assert ["before", "after"] == subjects(run)


def test_an_operation_cannot_commit_by_itself(run):
    """All or nothing is the runner's decision."""
    with pytest.raises(psycopg.ProgrammingError, match="forbidden"):
        run(lambda tx: tx.connection.commit())


def test_a_read_only_operation_writes_nothing(database, entity):
    """Reports cannot change the books, whatever they call."""
    with pytest.raises(StoreError, match="read-only"):
        database.run(write, entity=entity, actor="reader", read_only=True)
    database.run(write, entity=entity, actor="writer")


def test_a_unique_row_of_another_transaction_is_seen_by_a_second_attempt(run, database_url, entity):
    """The row came after our snapshot: an attempt with a fresh one finds it."""
    key = "insert into records.idempotent_answer values (%s, 'k', '', 200, '', now())"
    attempts = []

    def operation(tx):
        found = tx.connection.execute("select count(*) from records.idempotent_answer").fetchone()
        attempts.append(found[0])
        if len(attempts) == 1:
            with psycopg.connect(database_url) as other:
                other.execute(key, [entity])
        if not found[0]:
            tx.connection.execute(key, [tx.entity])

    run(operation)

    assert [0, 1] == attempts


def test_a_row_that_is_there_for_good_is_a_conflict(run):
    """The second attempt tells the two cases apart."""
    operation = "insert into records.idempotent_answer values (%s, 'k', '', 200, '', now())"
    run(lambda tx: tx.connection.execute(operation, [tx.entity]))

    with pytest.raises(Conflict, match="idempotent_answer has this already"):
        run(lambda tx: tx.connection.execute(operation, [tx.entity]))


def test_a_lock_that_guards_the_unseen_is_held_before_the_snapshot(run):
    """The first attempt only says which lock is needed."""
    attempts = []

    def operation(tx):
        attempts.append(len(tx.locks.held))
        locks.facts_exclusive(tx)
        locks.lake_table(tx, "usage")

    run(operation)

    assert [0, 1, 2] == attempts


def test_a_swallowed_need_for_a_lock_is_not_forgotten(run):
    """An operation that catches everything begins again all the same."""
    attempts = []

    def operation(tx):
        attempts.append(tx)
        try:
            locks.lake_table(tx, "usage")
        except Exception:  # noqa: BLE001 - what careless code does
            return "without the lock"
        return "with the lock"

    assert "with the lock" == run(operation)
    assert 2 == len(attempts)


def test_locks_end_with_the_operation(run, database_url):
    """Held by the transaction or since before it, nothing stays on the pooled connection."""

    def operation(tx):
        locks.period_exclusive(tx, JANUARY)
        locks.facts_exclusive(tx)

    run(operation)
    with psycopg.connect(database_url) as connection:
        held = connection.execute(
            "select count(*) from pg_locks join pg_database on oid = database "
            "where locktype = 'advisory' and datname = current_database()"
        )

        assert (0,) == held.fetchone()


UNREACHABLE = [
    ("postgresql://revrec@127.0.0.1:1/revrec", "No connection to PostgreSQL at 127.0.0.1/revrec"),
    ("postgresql://u:secret@no-such-host.invalid/revrec", "at no-such-host.invalid/revrec"),
    ("this is no url", "REVREC_DATABASE_URL is not a PostgreSQL URL"),
]


@pytest.mark.parametrize(("url", "message"), UNREACHABLE)
def test_an_unreachable_database_is_explained(clock, url, message):
    """Where it was looked for, why it failed, what to do; never the password."""
    settings = Settings(database_url=url, connect_timeout_seconds=2)

    with pytest.raises(StoreError, match=message) as caught:
        Database.open(settings, clock)

    assert "secret" not in str(caught.value)
    assert caught.value.remedy


def test_a_missing_database_is_explained(clock, database_url):
    """The server is there, the database is not."""
    settings = Settings(database_url=with_database(database_url, "no_such_database"))

    with pytest.raises(StoreError, match='"no_such_database" does not exist'):
        Database.open(settings, clock)


def test_a_pool_in_full_use_says_so(settings, clock, entity):
    """The wait for a connection has an end, and the reason is told apart from a dead server."""
    few = settings.model_copy(update={"connections_max": 1, "connect_timeout_seconds": 1})
    with Database.open(few, clock) as database:

        def outer(_):
            database.run(write, entity=entity, actor="a")

        with pytest.raises(StoreError, match="All 1 database connections were in use"):
            database.run(outer, entity=entity, actor="a")


def test_options_of_the_url_are_kept(settings, clock, entity, database_url):
    """The role is added to what the operator set."""
    given = conninfo_to_dict(database_url).get("options") or ""
    url = make_conninfo(database_url, options=f"{given} -c statement_timeout=12345")
    with Database.open(settings.model_copy(update={"database_url": _secret(url)}), clock) as other:
        seen = other.run(
            lambda tx: tx.connection.execute(
                "select current_setting('statement_timeout'), current_user"
            ).fetchone(),
            entity=entity,
            actor="a",
        )

    assert ("12345ms", "revrec_app") == seen


def test_every_guard_of_the_database_is_an_error_of_ours(run):
    """Class RV: what a trigger refuses reads like what the program refuses."""
    for number in range(1, 8):
        with pytest.raises(RevrecError, match="collided"):
            run(raises(f"RV{number:03d}", 1))


def _secret(url):
    """The URL as settings hold it."""
    return Settings(database_url=url).database_url
