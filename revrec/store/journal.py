"""The journal: entries appended in a gapless, hash-chained sequence per entity.

The database checks again what is asserted here: balance, chain, number of lines, lines only with
their header, no closed period (``migrations/sql/0001_journal.sql``).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any

from psycopg import sql

from revrec.errors import PeriodClosed, PeriodNotReady
from revrec.ledger import chain
from revrec.ledger.entries import JournalEntry, JournalLine, PostedEntry
from revrec.periods import Period
from revrec.store import calendars, locks, periods
from revrec.store.periods import PeriodStatus
from revrec.store.transaction import Transaction

READ_ROWS = 5_000
"""Rows fetched at once; bounds the memory of a verification."""

_NO_LINES: tuple[int, Iterator[Any]] = (2**63, iter(()))
"""Stands for the lines of an entry after the last."""

_ENTRY_COLUMNS = (
    "entity_id, seq, period, origin, event, currency, memo, posted_at, posted_by, line_count, "
    "lines_digest, previous, digest, book"
)
_ENTRY_TYPES = ("int4", "int8", *["text"] * 5, "timestamptz", "text", "int4", *["text"] * 4)
_LINE_COLUMNS = (
    "entity_id, entry_seq, line_no, account, product, gl_code, gl_name, currency, amount, "
    "functional_currency, functional_amount"
)
_LINE_TYPES = ("int4", "int8", "int4", *["text"] * 5, "int8", "text", "int8")


def append(tx: Transaction, entries: Sequence[JournalEntry]) -> list[PostedEntry]:
    """Post entries in the order given, as the transaction's actor at its time.

    Takes the locks of their periods shared, then the journal's. Raises UnbalancedEntry,
    PeriodClosed, PeriodNotReady for a period that was never opened.
    """
    for period in sorted({entry.period for entry in entries}):
        locks.period_shared(tx, period)
        _require_open(period, periods.status(tx, period))
    locks.journal(tx)
    posted = chain.link(entries, head(tx), entity=tx.entity, posted_at=tx.now, by=tx.actor)
    if posted:
        _insert(tx, "journal_entry", _ENTRY_COLUMNS, _ENTRY_TYPES, map(_entry_row, posted))
        lines = (row for entry in posted for row in _line_rows(entry))
        _insert(tx, "journal_line", _LINE_COLUMNS, _LINE_TYPES, lines)
    return posted


def read(
    tx: Transaction,
    period: Period | None = None,
    *,
    after: int = 0,
    limit: int | None = None,
    book: str = "",
    known_at: datetime | None = None,
) -> list[PostedEntry]:
    """Entries of a book in order of seq, of one period or of all: so many above ``after``.

    Of those that were posted by a moment, if one is told.
    """
    return list(_entries(tx, period, after=after, limit=limit, book=book, known_at=known_at))


def read_all(tx: Transaction) -> list[PostedEntry]:
    """The whole chain, of all books."""
    return list(_entries(tx, None))


def books(tx: Transaction) -> list[str]:
    """Books that have entries beside the first, by name."""
    found = tx.connection.execute(
        "select distinct book from records.journal_entry"
        " where entity_id = %s and book <> '' order by book",
        [tx.entity],
    ).fetchall()
    return [name for (name,) in found]


def head(tx: Transaction) -> chain.Head:
    """The last entry's seq and digest; (0, GENESIS) for an empty journal."""
    row = tx.connection.execute(
        "select seq, digest from records.journal_entry where entity_id = %s"
        " order by seq desc limit 1",
        [tx.entity],
    ).fetchone()
    return (0, chain.GENESIS) if row is None else (row[0], row[1])


def verify(tx: Transaction, *, anchor: chain.Head | None = None) -> chain.Head:
    """Check the whole chain as it is stored and return its head.

    Raises ChainBroken naming the first bad seq. ``anchor`` is a head kept outside.
    """
    # Closed here: left to the garbage collector, its cursors would be closed at any moment, in
    # the middle of another statement on the same connection.
    with closing(_entries(tx, None)) as entries:
        return chain.verify(entries, anchor=anchor)


def _require_open(period: Period, status: PeriodStatus | None) -> None:
    if status is None:
        raise PeriodNotReady(
            f"Period {period} is not open; nothing can be posted to it.",
            remedy="Open the period first.",
            period=str(period),
        )
    if status is PeriodStatus.SOFT_CLOSED:
        raise PeriodClosed(
            f"Period {period} is soft-closed; nothing can be posted to it.",
            remedy="Have its cut-off moved.",
            period=str(period),
        )
    if status is PeriodStatus.CLOSED:
        raise PeriodClosed(
            f"Period {period} is closed; nothing can be posted to it.",
            remedy="Post to the open period, naming this one as origin, or have it reopened.",
            period=str(period),
        )


def _insert(
    tx: Transaction,
    table: str,
    columns: str,
    types: Sequence[str],
    rows: Iterator[tuple[object, ...]],
) -> None:
    """One INSERT for all rows, so that statement triggers see whole entries.

    Through a staging table: PostgreSQL has no COPY into a table under row-level security.
    """
    target, staging = sql.Identifier("records", table), sql.Identifier(f"staged_{table}")
    names = sql.SQL(columns)
    with tx.connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("create temporary table {} on commit drop as select {} from {} limit 0").format(
                staging, names, target
            )
        )
        statement = sql.SQL("copy {} ({}) from stdin (format binary)").format(staging, names)
        with cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            sql.SQL("insert into {} ({}) select {} from {}").format(target, names, names, staging)
        )
        cursor.execute(sql.SQL("drop table {}").format(staging))


def _entry_row(posted: PostedEntry) -> tuple[object, ...]:
    entry = posted.entry
    return (
        posted.entity,
        posted.seq,
        str(entry.period),
        str(entry.origin),
        entry.event,
        entry.currency,
        entry.memo,
        posted.posted_at,
        posted.posted_by,
        posted.line_count,
        posted.lines_digest,
        posted.previous,
        posted.digest,
        entry.book,
    )


def _line_rows(posted: PostedEntry) -> Iterator[tuple[object, ...]]:
    for line_no, line in enumerate(posted.entry.lines, start=1):
        names = (line.account, line.product, line.gl_code, line.gl_name, line.currency)
        functional = (line.functional_currency, line.functional)
        yield (posted.entity, posted.seq, line_no, *names, line.amount, *functional)


def _entries(
    tx: Transaction,
    period: Period | None,
    *,
    after: int = 0,
    limit: int | None = None,
    book: str | None = None,
    known_at: datetime | None = None,
) -> Generator[PostedEntry, None, None]:
    """Entries with their lines, in order of seq, a few thousand rows in memory at a time.

    Headers and lines are read side by side and matched here; a line without its header is as
    wrong as a header without its lines.
    """
    whole = (period, after, limit, book, known_at) == (None, 0, None, None, None)
    parse = cache(calendars.calendar(tx).parse)
    values = {
        "entity": tx.entity,
        "period": period and str(period),
        "after": after,
        "limit": limit,
        "book": book,
        "known_at": known_at,
    }
    narrow = "and seq > %(after)s" + ("" if period is None else " and period = %(period)s")
    narrow += "" if book is None else " and book = %(book)s"
    narrow += "" if known_at is None else " and posted_at <= %(known_at)s"
    chosen = f"where entity_id = %(entity)s {narrow} order by seq limit %(limit)s"
    headers = f"select {_ENTRY_COLUMNS} from records.journal_entry {chosen}"
    picked = f"and entry_seq in (select seq from records.journal_entry {chosen})"
    lines = f"""
        select {_LINE_COLUMNS} from records.journal_line
        where entity_id = %(entity)s {"" if whole else picked} order by entry_seq, line_no
    """
    with (
        tx.connection.cursor("read_entries", binary=True) as header_cursor,
        tx.connection.cursor("read_lines", binary=True) as line_cursor,
    ):
        header_cursor.itersize = line_cursor.itersize = READ_ROWS
        header_cursor.execute(headers, values)
        line_cursor.execute(lines, values)
        by_entry = groupby(line_cursor, key=lambda row: int(row[1]))
        line_seq, rows = next(by_entry, _NO_LINES)
        for header in header_cursor:
            seq = header[1]
            if line_seq < seq:
                break
            yield _posted(header, list(rows) if line_seq == seq else [], parse)
            if line_seq == seq:
                line_seq, rows = next(by_entry, _NO_LINES)
    if line_seq != _NO_LINES[0]:
        raise chain.broken_at(line_seq, "it has lines and no header")


def _posted(
    header: Sequence[Any], rows: Sequence[Sequence[Any]], parse: Callable[[str], Period]
) -> PostedEntry:
    """Put an entry together; ChainBroken when its lines are not numbered from 1."""
    entity, seq, period, origin, event, currency, memo, *rest = header
    posted_at, posted_by, line_count, lines_digest, previous, digest, book = rest
    if [row[2] for row in rows] != list(range(1, len(rows) + 1)):
        raise chain.broken_at(seq, "its lines are not numbered from 1")
    lines = tuple(
        JournalLine(
            account=account,
            product=product,
            gl_code=gl_code,
            gl_name=gl_name,
            currency=line_currency,
            amount=amount,
            functional_currency=functional_currency,
            functional=functional,
        )
        for _, _, _, account, product, gl_code, gl_name, line_currency, amount,
        functional_currency, functional in rows
    )  # fmt: skip
    return PostedEntry(
        entity=entity,
        seq=seq,
        entry=JournalEntry(
            period=parse(period),
            origin=parse(origin),
            event=event,
            currency=currency,
            memo=memo,
            lines=lines,
            book=book,
        ),
        posted_at=posted_at,
        posted_by=posted_by,
        line_count=line_count,
        lines_digest=lines_digest,
        previous=previous,
        digest=digest,
    )
