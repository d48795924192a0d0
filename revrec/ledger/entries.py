"""Journal entries: what is posted, and what the journal keeps of it.

Amounts are integers in minor units of the line's currency, debit positive. An entry balances in
each currency; that is asserted where it is made and again by the database.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from revrec.errors import UnbalancedEntry
from revrec.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """A debit (positive) or credit (negative) on one account; never zero in both currencies."""

    account: str
    """Ledger account, a value of ``revrec.model.policy.Account``."""
    product: str
    """Product of the catalogue, empty where the account is not kept by product."""
    gl_code: str
    """Code in the entity's chart of accounts."""
    gl_name: str
    """Name in the entity's chart of accounts."""
    currency: str
    """ISO 4217 code."""
    amount: int
    """Minor units, debit positive."""
    functional_currency: str = ""
    """The entity's; empty where it is the line's own, or none was told."""
    functional: int | None = None
    """The amount in minor units of the functional currency, debit positive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A balanced entry, not yet posted."""

    period: Period
    """The open period it is posted to."""
    origin: Period
    """The economic period it belongs to; earlier than ``period`` for what was learned late."""
    event: str
    """What happened: billing, payment, tax, satisfaction, netting."""
    currency: str
    """Currency of the entry."""
    memo: str
    """For the reader."""
    lines: tuple[JournalLine, ...]
    book: str = ""
    """The book it is of: a ``revrec.model.books.Framework``; empty for the first."""

    def check(self) -> None:
        """Raise UnbalancedEntry unless debits equal credits per currency and no line is zero.

        In the functional currency too, where lines have an amount in it.
        """
        sums: defaultdict[str, int] = defaultdict(int)
        for line in self.lines:
            sums[line.currency] += line.amount
            if line.functional is not None:
                sums[f"{line.functional_currency}, functional"] += line.functional
            if line.amount == 0 and not line.functional:
                raise UnbalancedEntry(
                    f"{self._name}: the line on {line.account} is zero.",
                    remedy="Leave zero lines out.",
                )
        for currency, off in sorted(sums.items()):
            if off:
                side = "debits exceed credits" if off > 0 else "credits exceed debits"
                raise UnbalancedEntry(
                    f"{self._name}: {side} by {abs(off)} {currency} (minor units).",
                    currency=currency,
                    difference=off,
                )
        if not self.lines:
            raise UnbalancedEntry(f"{self._name} has no lines.")

    @property
    def _name(self) -> str:
        return f"Entry {self.event} of {self.origin} in {self.period}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedEntry:
    """An entry with its place in the journal and in the chain, as the journal keeps it."""

    entity: int
    seq: int
    """Gapless per entity, from 1."""
    entry: JournalEntry
    posted_at: datetime
    posted_by: str
    line_count: int
    """As stored in the header; the chain's verification compares it with the lines."""
    lines_digest: str
    """SHA-256 of the lines."""
    previous: str
    """Digest of the entry before; ``chain.GENESIS`` for the first."""
    digest: str
    """SHA-256 of ``previous`` and the canonical bytes."""
