"""Who waits for whom: advisory locks, always taken in one order.

::

    order   lock              shared by                exclusive for
    1       idempotency key   -                        a request; a second one is refused
    2       period            posting to it            its close; refused when not free
    3       facts             recording facts, usage   a close, the instant it pins the facts
    4       recording         -                        recording facts, one batch at a time
    5       lake table        -                        appending to it
    6       journal           -                        appending to it
    7       exports           -                        recording exports and references
    8       job               -                        doing it, over its transactions
    9       findings          -                        raising, clearing and settling them
    10      delivery          -                        sending it, over its transactions
    11      checks            -                        running them, over their transactions

Take every lock at the start of an operation, in this order, before reading. Two reasons:

* A SERIALIZABLE transaction sees the database as of its first statement. A lock it had to wait
  for guards a state it cannot see. So a lock that is not free is never waited for inside the
  transaction: ``LockNeeded`` stops it, ``Database.run`` waits for the lock and begins again with
  the lock held before the snapshot. The order makes those waits free of deadlock.
* What is done before is then done twice.

Locks that PostgreSQL cannot check again (``facts_exclusive`` guards rows not yet written,
``lake_table`` guards files) must be held before the snapshot in any case, so the first attempt
always begins again. For the others a snapshot that is too old is caught by the database: the
unique keys of the journal, the share lock on the period's row that the posting trigger takes.

The locks end with the transaction. SERIALIZABLE stays on beside them; neither is the only guard.
"""

from __future__ import annotations

from revrec.errors import CloseInProgress, RequestInProgress
from revrec.periods import Period
from revrec.store.transaction import Lock, LockNeeded, Transaction


def idempotency_key(tx: Transaction, key: str) -> None:
    """Claim a request's key; raises RequestInProgress while another one with the key runs."""
    if not _taken(tx, Lock(1, tx.entity, key, waits=False)):
        raise RequestInProgress(
            f"A request with the key {key!r} is being worked on.",
            remedy="Wait for its answer, then repeat with the same key to read it.",
            key=key,
            retry_after=1,
        )


def period_shared(tx: Transaction, period: Period) -> None:
    """Held by postings to the period; waits while the period is being closed."""
    _take(tx, Lock(2, tx.entity, str(period), shared=True))


def period_exclusive(tx: Transaction, period: Period) -> None:
    """Held by the close of the period; raises CloseInProgress instead of waiting."""
    if not _taken(tx, Lock(2, tx.entity, str(period), waits=False)):
        raise CloseInProgress(
            f"Period {period} is being closed or posted to by another operation.",
            remedy="Wait until it has ended, look at the period's status, then try again.",
            period=str(period),
        )


def facts_shared(tx: Transaction) -> None:
    """Held while facts or usage are recorded; waits for the instant a close pins the facts."""
    _take(tx, Lock(3, tx.entity, "facts", shared=True))


def facts_exclusive(tx: Transaction) -> None:
    """Wait until every recording under way has ended, so that each seq up to the last is seen."""
    _take_before_snapshot(tx, Lock(3, tx.entity, "facts"))


def recording(tx: Transaction) -> None:
    """Held while facts get their versions, so that batches of one entity do not collide."""
    _take(tx, Lock(4, tx.entity, "recording"))


def lake_table(tx: Transaction, table: str) -> None:
    """Held from before a Delta commit until the PostgreSQL commit that names its version."""
    _take_before_snapshot(tx, Lock(5, tx.entity, table))


def journal(tx: Transaction) -> None:
    """Held while entries are appended: ``seq`` is gapless and the chain has one end."""
    _take(tx, Lock(6, tx.entity, "journal"))


def exporting(tx: Transaction) -> None:
    """Held while exports to a general ledger and its references are recorded."""
    _take(tx, Lock(7, tx.entity, "exports"))


def findings(tx: Transaction) -> None:
    """Held while findings are raised, cleared or settled."""
    _take(tx, Lock(9, tx.entity, "findings"))


def checking(entity: int) -> Lock:
    """Held while checks are run, so that what one saw never comes after what a later one saw."""
    return Lock(11, entity, "checks", waits=False)


def _take(tx: Transaction, lock: Lock) -> None:
    if not _taken(tx, lock):
        raise LockNeeded(tx.locks.require(lock))


def _take_before_snapshot(tx: Transaction, lock: Lock) -> None:
    if not tx.locks.holds(lock):
        raise LockNeeded(tx.locks.require(lock))


def _taken(tx: Transaction, lock: Lock) -> bool:
    """Whether the lock is held now, without waiting."""
    if tx.locks.holds(lock):
        return True
    tx.locks.asked.append(lock)
    function = "pg_try_advisory_xact_lock_shared" if lock.shared else "pg_try_advisory_xact_lock"
    row = tx.connection.execute(f"select {function}(%s)", [lock.key]).fetchone()
    return row is not None and bool(row[0])
