"""The journal: entries appended in a gapless, hash-chained sequence per entity."""

from __future__ import annotations

from collections.abc import Sequence

from revrec.ledger.entries import JournalEntry, PostedEntry
from revrec.periods import Period
from revrec.store.transaction import Transaction


def append(tx: Transaction, entries: Sequence[JournalEntry]) -> list[PostedEntry]:
    """Post entries in the order given; takes the periods' locks shared and the journal's."""
    raise NotImplementedError


def read(tx: Transaction, period: Period | None = None) -> list[PostedEntry]:
    """Entries in order of seq, of one period or of all."""
    raise NotImplementedError


def head(tx: Transaction) -> tuple[int, str]:
    """The last entry's seq and digest; (0, GENESIS) for an empty journal."""
    raise NotImplementedError


def verify(tx: Transaction, *, anchor: tuple[int, str] | None = None) -> tuple[int, str]:
    """Check the whole chain and return its head; ChainBroken names the first bad seq."""
    raise NotImplementedError
