"""Facts: append-only, in versions; what was known at any point can be read again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from revrec.model.fact import Fact, RecordedFact
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of a batch of facts: ``new + unchanged + corrected`` is their number."""

    new: int
    """First versions."""
    unchanged: int
    """Facts equal to their latest version; nothing was written."""
    corrected: int
    """Further versions."""


def record(tx: Transaction, facts: Iterable[Fact]) -> Recorded:
    """Record facts: unknown ones as version 1, changed ones as the next version."""
    raise NotImplementedError


def read(
    tx: Transaction, *, through_seq: int | None = None, contract: str | None = None
) -> list[RecordedFact]:
    """The latest version of every fact as of ``through_seq``, ordered by (kind, key)."""
    raise NotImplementedError


def last_seq(tx: Transaction) -> int:
    """The highest seq recorded for the entity; 0 when there is none."""
    raise NotImplementedError
