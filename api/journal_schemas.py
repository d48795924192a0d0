"""What goes over the wire of the journal."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from api.schemas import Amount, Count, Digest, PeriodText, Wire
from revrec.ledger.entries import PostedEntry
from revrec.money import Money


class JournalLine(Wire):
    """A debit (positive) or credit (negative)."""

    account: str = Field(examples=["revenue"])
    product: str = Field(examples=["platform"])
    gl_code: str = Field(examples=["4000"])
    gl_name: str = Field(examples=["Revenue"])
    amount: Amount


class JournalEntry(Wire):
    """A posted entry with its place in the chain."""

    seq: Count
    """Gapless from 1."""
    period: PeriodText
    """The month it was posted to."""
    origin: PeriodText
    """The month it belongs to economically."""
    event: str = Field(examples=["satisfaction"])
    memo: str
    posted_at: datetime
    posted_by: str
    previous: Digest
    """Digest of the entry before."""
    digest: Digest
    """Digest of this entry."""
    lines: list[JournalLine]
    """They sum to nothing in each currency."""

    @classmethod
    def of(cls, posted: PostedEntry) -> JournalEntry:
        """The wire form of an entry."""
        return cls(
            seq=posted.seq,
            period=str(posted.entry.period),
            origin=str(posted.entry.origin),
            event=posted.entry.event,
            memo=posted.entry.memo,
            posted_at=posted.posted_at,
            posted_by=posted.posted_by,
            previous=posted.previous,
            digest=posted.digest,
            lines=[
                JournalLine(
                    account=line.account,
                    product=line.product,
                    gl_code=line.gl_code,
                    gl_name=line.gl_name,
                    amount=Amount.of(Money(line.amount, line.currency)),
                )
                for line in posted.entry.lines
            ],
        )


class PostedLine(JournalLine):
    """A line with the entry it is of, for the forms that have columns."""

    seq: Count
    """Of the entry, gapless from 1."""
    line: Count
    """Within the entry, from 1."""
    period: PeriodText
    """The month the entry was posted to."""
    origin: PeriodText
    """The month it belongs to economically."""
    event: str
    memo: str
    posted_at: datetime
    posted_by: str
    digest: Digest
    """Digest of the entry."""

    @classmethod
    def of(cls, posted: PostedEntry) -> list[PostedLine]:
        """The lines of an entry."""
        told = JournalEntry.of(posted)
        names = ("seq", "period", "origin", "event", "memo", "posted_at", "posted_by", "digest")
        entry = {name: getattr(told, name) for name in names}
        return [
            cls(line=number, **entry, **dict(line))
            for number, line in enumerate(told.lines, start=1)
        ]
