"""The database: connections, and operations run as SERIALIZABLE transactions.

The service logs in with the login of its URL and at once takes the role ``revrec_app`` (libpq
option ``-c role=revrec_app``). That role reads everything of its entity, adds facts and records
and changes only operational state; it owns nothing. So what the service may do does not depend
on the login: a superuser's URL, as the private server's, gives it no more rights, and
``RESET ROLE`` falls back to revrec_app. Migrations use ``owner_database_url`` and the role
``revrec_owner``. ``migrations/sql/bootstrap.sql`` makes the roles; none of them can log in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, LiteralString, Self, TypeVar

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool, PoolTimeout

from revrec.errors import (
    AccessError,
    ApprovalError,
    InvariantViolated,
    RevrecError,
    StoreError,
)
from revrec.runtime.clock import Clock
from revrec.runtime.metrics import TRANSACTION_RETRIES
from revrec.runtime.settings import Settings
from revrec.store import audit_log, embedded, failures, migration
from revrec.store.transaction import Lock, LockBook, LockNeeded, Transaction, in_order

__all__ = ["Database", "Transaction"]

T = TypeVar("T")
Connection = psycopg.Connection[TupleRow]

_random = secrets.SystemRandom().random

RETRIES_MAX = 5
"""Times an operation is begun again after a serialization failure or a deadlock."""
RETRY_SECONDS = 0.01
"""First pause between two attempts; it doubles, and varies by half up or down."""
SERVER_VERSION_MIN = 160000
"""PostgreSQL 16: memberships that may be set but are not inherited."""


class Database:
    """Connections to one PostgreSQL database, as the role revrec_app. Safe to share by threads."""

    def __init__(
        self, url: str, settings: Settings, clock: Clock, *, jitter: Callable[[], float]
    ) -> None:
        self.url = url
        owner = settings.owner_database_url
        self._owner_url = url if owner is None else owner.get_secret_value()
        self._clock = clock
        self._jitter = jitter
        self._ready = False
        self._app_url = _as_app(url, settings)
        self._pool = ConnectionPool(
            self._app_url,
            kwargs={"autocommit": True},
            min_size=0,
            max_size=settings.connections_max,
            timeout=settings.connect_timeout_seconds,
            check=ConnectionPool.check_connection,
            configure=_configure,
            open=True,
        )

    @classmethod
    def open(
        cls,
        settings: Settings,
        clock: Clock,
        *,
        jitter: Callable[[], float] = _random,
    ) -> Self:
        """Connect; starts the private server when no URL is set.

        ``jitter`` gives numbers from 0 to 1 that spread the pauses between retries. Raises
        StoreError when the server does not answer or is too old. A database that was not
        migrated is opened too, so that it can be; running an operation on it is refused.
        """
        given = settings.database_url
        url = embedded.start(settings.home) if given is None else given.get_secret_value()
        with _connected(url, settings.connect_timeout_seconds) as connection:
            version = connection.info.server_version
        if version < SERVER_VERSION_MIN:
            raise StoreError(
                f"PostgreSQL {version // 10000} at {_place(url)} is too old.",
                remedy=f"Use version {SERVER_VERSION_MIN // 10000} or newer.",
            )
        return cls(url, settings, clock, jitter=jitter)

    def migrate(self) -> None:
        """Bring the database to the newest migration, as the owner; harmless when it is there."""
        login = conninfo_to_dict(self.url).get("user")
        logins = (str(login),) if login and self._owner_url != self.url else ()
        try:
            migration.upgrade(self._owner_url, logins=logins)
        except psycopg.Error as error:
            if error.sqlstate is None:
                raise failures.unreachable(error, _place(self._owner_url)) from error
            raise failures.explain(error) from error

    def run(
        self,
        operation: Callable[[Transaction], T],
        *,
        entity: int,
        actor: str,
        read_only: bool = False,
    ) -> T:
        """Run the operation in one SERIALIZABLE transaction and commit it.

        It is begun again, with a fresh snapshot and a new ``now``, when a lock has to be waited
        for and, at most five times, when it collided with another transaction. So it must not
        consume what it cannot read again, nor act outside the store. Nothing of it remains when
        it raises, but that it was denied, if it was, is in the audit log.
        """
        self._check_ready()
        try:
            return self._retried(operation, entity=entity, actor=actor, read_only=read_only)
        except (AccessError, ApprovalError) as denial:
            denied = _event_of(denial)
            self._retried(denied, entity=entity, actor=actor, read_only=False)
            raise

    def at_once(
        self, statement: LiteralString, values: Mapping[str, object]
    ) -> tuple[Any, ...] | None:
        """Run one statement in a transaction of its own, of no entity; its first row, if any."""
        self._check_ready()
        with self._connection() as connection:
            try:
                cursor = connection.execute(statement, values)
                return cursor.fetchone() if cursor.description else None
            except psycopg.Error as error:
                raise failures.explain(error) from error

    def url_of(self, schema: str) -> str:
        """Where and as whom the service connects, with the tables of a schema found by name."""
        options = conninfo_to_dict(self._app_url)["options"]
        return make_conninfo(self._app_url, options=f"{options} -c search_path={schema}")

    @contextmanager
    def alone(self, lock: Lock) -> Iterator[bool]:
        """Hold a lock while the block runs, over any transactions; False if another holds it.

        It is free again as soon as whoever holds it dies.
        """
        with self._connection() as connection:
            connection.read_only = True
            row = connection.execute("select pg_try_advisory_lock(%s)", [lock.key]).fetchone()
            is_held = row is not None and bool(row[0])
            try:
                yield is_held
            finally:
                if is_held and not connection.closed:
                    connection.execute("select pg_advisory_unlock(%s)", [lock.key])

    def close(self) -> None:
        """Give the connections back. The private server stops with its last process."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _retried(
        self,
        operation: Callable[[Transaction], T],
        *,
        entity: int,
        actor: str,
        read_only: bool,
    ) -> T:
        held: tuple[Lock, ...] = ()
        retries: dict[str, int] = {}
        while True:
            book = LockBook(held)
            try:
                return self._attempt(operation, book, entity=entity, actor=actor, ro=read_only)
            except LockNeeded as needed:
                held = in_order([*held, needed.lock])
                TRANSACTION_RETRIES.labels("lock").inc()
            except psycopg.Error as error:
                state = failures.sqlstate(error)
                if not _may_retry(state, retries):
                    raise failures.explain(error) from error
                # A lock that is not waited for is left to the operation: that it is not free
                # is an answer, such as that another close is running.
                held = tuple(lock for lock in in_order([*held, *book.asked]) if lock.waits)
                TRANSACTION_RETRIES.labels(state).inc()
                time.sleep(RETRY_SECONDS * 2 ** sum(retries.values()) * (self._jitter() + 0.5))

    def _attempt(
        self,
        operation: Callable[[Transaction], T],
        book: LockBook,
        *,
        entity: int,
        actor: str,
        ro: bool,
    ) -> T:
        committing = False
        with self._connection() as connection, _holding(connection, book.held):
            connection.read_only = ro
            try:
                with connection.transaction():
                    # No queries: the snapshot is taken by the operation's first statement.
                    connection.execute(f"set local revrec.entity_id = {entity:d}")
                    connection.execute(
                        sql.SQL("set local revrec.actor = {}").format(sql.Literal(actor))
                    )
                    tx = Transaction(connection, entity, actor, self._clock.now(), book)
                    result = operation(tx)
                    _check_may_commit(tx)
                    committing = True
            except psycopg.Error as error:
                if committing and failures.sqlstate(error) not in failures.RETRIED:
                    raise failures.explain(error, committing=True) from error
                raise
        return result

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            connection = self._pool.getconn()
        except PoolTimeout as error:
            # Either the server is gone, which a connection of our own shows, or all are in use.
            with _connected(self.url, seconds=self._pool.timeout):
                pass
            raise StoreError(
                f"All {self._pool.max_size} database connections were in use for "
                f"{self._pool.timeout:.0f} s.",
                remedy="Try again, or raise REVREC_CONNECTIONS_MAX.",
            ) from error
        try:
            yield connection
        finally:
            self._pool.putconn(connection)

    def _check_ready(self) -> None:
        """Refuse to work on a database that is not at this program's migration."""
        if self._ready:
            return
        try:
            with _connected(self.url, seconds=self._pool.timeout) as connection:
                at = migration.current(connection)
        except psycopg.Error as error:
            raise failures.explain(error) from error
        newest = migration.head()
        if at != newest:
            raise StoreError(
                f"The database at {_place(self.url)} is at migration {at or 'none'}, "
                f"this program needs {newest}.",
                remedy=failures.MIGRATE,
                current=at,
                head=newest,
            )
        self._ready = True


def owner_url(settings: Settings) -> str:
    """URL of the login that migrates; starts the private server when no URL is set."""
    given = settings.owner_database_url or settings.database_url
    return embedded.start(settings.home) if given is None else given.get_secret_value()


def _event_of(denial: RevrecError) -> Callable[[Transaction], None]:
    """What writes a denial into the audit log."""
    subject = str(denial.attributes.get("subject", ""))
    told = {"code": denial.code, "message": denial.message}
    return lambda tx: audit_log.write(tx, "access.denied", subject, told)


def _may_retry(state: str, retries: dict[str, int]) -> bool:
    """Count the retry and say whether it may be made.

    A unique violation may come from a snapshot too old to see the row of another transaction;
    a fresh snapshot sees it, so one more attempt tells the two cases apart.
    """
    allowed = 1 if state == failures.UNIQUE_VIOLATION else RETRIES_MAX
    if state not in failures.RETRIED and state != failures.UNIQUE_VIOLATION:
        return False
    retries[state] = retries.get(state, 0) + 1
    return retries[state] <= allowed and sum(retries.values()) <= RETRIES_MAX


def _check_may_commit(tx: Transaction) -> None:
    """An operation must not swallow what stopped it: PostgreSQL would roll back and say nothing."""
    if tx.locks.missing is not None:
        raise LockNeeded(tx.locks.missing)
    if tx.connection.info.transaction_status is not TransactionStatus.INTRANS:
        raise InvariantViolated(
            "The operation went on after a statement of its transaction had failed.",
            remedy="Let database errors pass through the operation.",
        )


@contextmanager
def _holding(connection: Connection, locks: tuple[Lock, ...]) -> Iterator[None]:
    """Hold the locks from before the transaction until after it, taken in the documented order."""
    try:
        for lock in locks:
            name = "pg_advisory_lock_shared" if lock.shared else "pg_advisory_lock"
            connection.execute(f"select {name}(%s)", [lock.key])
        yield
    finally:
        if locks and not connection.closed:
            connection.execute("select pg_advisory_unlock_all()")


def _configure(connection: Connection) -> None:
    connection.isolation_level = psycopg.IsolationLevel.SERIALIZABLE


def _as_app(url: str, settings: Settings) -> str:
    """The URL's server and login, in the role revrec_app, with times in UTC."""
    given = conninfo_to_dict(url)
    options = (
        f"{given.get('options') or ''} -c role=revrec_app -c timezone=UTC"
        f" -c lock_timeout={settings.lock_timeout_seconds}s"
    )
    return make_conninfo(
        url,
        options=options.strip(),
        application_name="revrec",
        connect_timeout=settings.connect_timeout_seconds,
    )


@contextmanager
def _connected(url: str, seconds: float) -> Iterator[Connection]:
    """A connection with the login's own role, or StoreError."""
    try:
        connection = psycopg.connect(url, connect_timeout=round(seconds), autocommit=True)
    except psycopg.Error as error:
        raise failures.unreachable(error, _place(url)) from error
    with connection:
        yield connection


def _place(url: str) -> str:
    """Where the URL points, without its password."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "an unreadable URL"
    return f"{given.get('host', 'localhost')}/{given.get('dbname', '')}"
