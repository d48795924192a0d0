"""The chain: each entry's digest covers the one before, so no entry can change unnoticed.

``digest = sha256(previous + canonical bytes)``, where ``previous`` is the digest of the entry
before in hexadecimal and the canonical bytes hold everything of the entry, its ``seq`` and its
entity included: an entry cannot be moved within a journal or to another entity's. The bytes are
made by one function and begin with the encoding's name, so that another encoding can follow one
day without doubt about the old entries.

Cutting off the tail leaves a chain that is whole. Only an anchor kept outside, the head on a
close's certificate, shows it; give it to ``verify``.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO

from revrec.errors import ChainBroken
from revrec.ledger.entries import JournalEntry, JournalLine, PostedEntry

GENESIS = "0" * 64
"""The ``previous`` of the first entry."""
ENCODING = "revrec-journal-1"
"""Name and version of the canonical bytes."""
FUNCTIONAL_ENCODING = "revrec-journal-2"
"""The same with the functional currency and amount after each line's amount, for entries that
have some."""

BOOK_ENCODING = "revrec-journal-3"
"""As the others, with the name of its book at the end, for entries of a second book."""

_JSON = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)

Head = tuple[int, str]
"""Seq and digest of an entry; ``(0, GENESIS)`` before the first."""

CSV_COLUMNS = (
    "entity,seq,period,origin,event,currency,memo,posted_at,posted_by,line_count,lines_digest,"
    "previous,digest,book,line_no,account,product,gl_code,gl_name,line_currency,amount,"
    "functional_currency,functional_amount"
).split(",")
"""Columns of the export: an entry's header is repeated on each of its lines."""


def digest_of_lines(lines: Sequence[JournalLine]) -> str:
    """SHA-256 of the lines in their order, amounts in minor units as text."""
    rows = [
        [line.account, line.product, line.gl_code, line.gl_name, line.currency, str(line.amount)]
        for line in lines
    ]
    if _is_functional(lines):
        for row, line in zip(rows, lines, strict=True):
            row += [line.functional_currency, _text(line.functional)]
    return hashlib.sha256(_encoded(rows)).hexdigest()


def canonical_bytes(posted: PostedEntry) -> bytes:
    """Everything of the entry but its digests of the chain; the lines through their digest."""
    entry = posted.entry
    encoding = FUNCTIONAL_ENCODING if _is_functional(entry.lines) else ENCODING
    return _encoded(
        [
            BOOK_ENCODING if entry.book else encoding,
            str(posted.entity),
            str(posted.seq),
            str(entry.period),
            str(entry.origin),
            entry.event,
            entry.currency,
            entry.memo,
            timestamp(posted.posted_at),
            posted.posted_by,
            str(posted.line_count),
            posted.lines_digest,
            *([entry.book] if entry.book else []),
        ]
    )


def digest_of(posted: PostedEntry) -> str:
    """The entry's digest, from what it holds now."""
    return hashlib.sha256(posted.previous.encode() + canonical_bytes(posted)).hexdigest()


def timestamp(moment: datetime) -> str:
    """A moment in UTC to the microsecond, as it is hashed and exported."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def link(
    entries: Iterable[JournalEntry], after: Head, *, entity: int, posted_at: datetime, by: str
) -> list[PostedEntry]:
    """Give entries their place after the head: seq, digests. Raises UnbalancedEntry."""
    seq, previous = after
    linked: list[PostedEntry] = []
    for entry in entries:
        entry.check()
        seq += 1
        posted = PostedEntry(
            entity=entity,
            seq=seq,
            entry=entry,
            posted_at=posted_at,
            posted_by=by,
            line_count=len(entry.lines),
            lines_digest=digest_of_lines(entry.lines),
            previous=previous,
            digest="",
        )
        previous = digest_of(posted)
        linked.append(replace(posted, digest=previous))
    return linked


def verify(entries: Iterable[PostedEntry], *, anchor: Head | None = None) -> Head:
    """Check a whole journal in order of seq and return its head.

    Raises ChainBroken naming the first bad seq. ``anchor`` is a head kept outside: the entry
    with that seq must be there with that digest.
    """
    head: Head = (0, GENESIS)
    entity: int | None = None
    anchored = 0 if anchor is None else anchor[0]
    for posted in entries:
        expected = head[0] + 1
        entity = posted.entity if entity is None else entity
        wrong = _wrong(posted, head, entity)
        if not wrong and expected == anchored and (expected, posted.digest) != anchor:
            wrong = "its digest is not the one kept outside"
        if wrong:
            raise broken_at(expected, wrong)
        head = (expected, posted.digest)
    if head[0] < anchored:
        raise broken_at(head[0] + 1, f"it is missing; {anchored} entries were there")
    return head


def _wrong(posted: PostedEntry, before: Head, entity: int) -> str:
    """What is wrong with an entry that should follow ``before``; empty if nothing is."""
    if posted.seq != before[0] + 1:
        return f"entry {posted.seq} stands in its place"
    if posted.entity != entity:
        return f"it belongs to entity {posted.entity}, not {entity}"
    if posted.previous != before[1]:
        return "it does not name the digest of the entry before"
    if posted.line_count != len(posted.entry.lines):
        return f"it has {len(posted.entry.lines)} lines instead of {posted.line_count}"
    if posted.lines_digest != digest_of_lines(posted.entry.lines):
        return "its lines changed"
    return "" if posted.digest == digest_of(posted) else "its header changed"


def export_csv(entries: Iterable[PostedEntry], file: IO[str]) -> None:
    """Write the journal for an auditor; ``verify_chain.py`` checks the file without revrec."""
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for posted in entries:
        entry = posted.entry
        header = [posted.entity, posted.seq, entry.period, entry.origin, entry.event]
        header += [entry.currency, entry.memo, timestamp(posted.posted_at), posted.posted_by]
        header += [posted.line_count, posted.lines_digest, posted.previous, posted.digest]
        header.append(entry.book)
        for line_no, line in enumerate(entry.lines, start=1):
            detail = [line_no, line.account, line.product, line.gl_code, line.gl_name]
            functional = [line.functional_currency, _text(line.functional)]
            writer.writerow([*header, *detail, line.currency, line.amount, *functional])


def broken_at(seq: int, why: str) -> ChainBroken:
    """The error that names the first bad entry and what is wrong with it."""
    return ChainBroken(
        f"The journal is broken at entry {seq}: {why}.",
        remedy="Stop posting, keep the database as it is, compare with a backup and the anchors.",
        seq=seq,
    )


def _is_functional(lines: Sequence[JournalLine]) -> bool:
    return any(line.functional is not None for line in lines)


def _text(amount: int | None) -> str:
    return "" if amount is None else str(amount)


def _encoded(value: Sequence[object]) -> bytes:
    """JSON without spaces, in UTF-8: every piece is text, so there is one way to write it."""
    return _JSON.encode(value).encode()
