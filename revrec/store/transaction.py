"""A transaction as the store's functions see it, and the locks it may ask for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from psycopg.rows import TupleRow


@dataclass(frozen=True, slots=True, order=True)
class Lock:
    """An advisory lock of PostgreSQL. Sorting locks gives the order in which they are taken."""

    rank: int
    """Place in the documented order; see ``revrec.store.locks``."""
    entity: int
    name: str
    shared: bool = False
    """Several transactions may hold it shared; one alone may hold it exclusively."""
    waits: bool = True
    """Whether to wait for it; otherwise its holder's presence is the answer."""

    @property
    def key(self) -> int:
        """The 64-bit key, from a hash, so that any name is a lock."""
        text = f"{self.rank}:{self.entity}:{self.name}".encode()
        return int.from_bytes(hashlib.sha256(text).digest()[:8], "big", signed=True)

    def covers(self, other: Lock) -> bool:
        """Whether holding this lock is enough for one who asks for ``other``."""
        return self.key == other.key and (other.shared or not self.shared)


class LockNeeded(Exception):
    """The transaction must begin again with this lock held; ``Database.run`` sees to it."""

    def __init__(self, lock: Lock) -> None:
        super().__init__(f"lock {lock.name} must be held before the transaction's snapshot")
        self.lock = lock


@dataclass(slots=True)
class LockBook:
    """Which locks are held since before the snapshot, which were asked for, which is missing."""

    held: tuple[Lock, ...] = ()
    asked: list[Lock] = field(default_factory=list)
    missing: Lock | None = None

    def holds(self, lock: Lock) -> bool:
        """Whether the lock is held since before the snapshot."""
        return any(held.covers(lock) for held in self.held)

    def require(self, lock: Lock) -> Lock:
        """Note that the transaction cannot commit without the lock, and return it."""
        self.missing = lock
        return lock


def in_order(locks: Iterable[Lock]) -> tuple[Lock, ...]:
    """The locks sorted in the documented order, one per key, exclusive where any asks for it."""
    by_key: dict[int, Lock] = {}
    for lock in locks:
        known = by_key.get(lock.key)
        if known is None or lock.covers(known):
            by_key[lock.key] = lock
    return tuple(sorted(by_key.values()))


@dataclass(frozen=True, slots=True)
class Transaction:
    """One SERIALIZABLE transaction of one entity, by one actor, at one moment."""

    connection: psycopg.Connection[TupleRow]
    entity: int
    actor: str
    now: datetime
    locks: LockBook = field(default_factory=LockBook, repr=False, compare=False)


@contextmanager
def taken_back(tx: Transaction) -> Iterator[None]:
    """Undo what the block records when it ends: for what would be, never for the lake."""
    with tx.connection.transaction() as savepoint:
        # Whoever may read may try; the database commits nothing that was recorded so.
        tx.connection.execute("set local revrec.trial = 'on'")
        yield
        raise psycopg.Rollback(savepoint)
