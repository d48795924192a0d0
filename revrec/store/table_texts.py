"""Tables of PostgreSQL as text and back: one snapshot out, one transaction in.

The text is that of COPY, in the order of the primary key and in one form of times, so that the
same rows have the same bytes on every server. Going in, the guards that keep rows from being
written by anyone but the service rest for the transaction, and stand again with its commit:
what comes in is compared, byte for byte, with what had gone out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, LiteralString

import psycopg
import zstandard
from psycopg import sql
from psycopg.rows import TupleRow

from revrec.errors import InvariantViolated, StoreError
from revrec.store.manifest import EntityKept, TableKept, durably
from revrec.store.migration import LOCK_TIMEOUT, SCHEMAS

Connection = psycopg.Connection[TupleRow]
_PIECE = 1 << 20
_LEVEL = 3
_FORMS = ("set timezone = 'UTC'", "set datestyle = 'ISO'", "set row_security = off")
"""How values are written; and rows that a policy hides are an error, never left out."""


def prepare(connection: Connection) -> None:
    """Put the forms of text in force for the connection."""
    for form in _FORMS:
        connection.execute(form)


def file_of(table: str) -> str:
    """Name of a table's file."""
    return f"{table}.copy.zst"


def names(connection: Connection) -> list[str]:
    """Every table of facts, records and work, with its schema."""
    found = connection.execute(
        "select schemaname || '.' || tablename from pg_tables"
        " where schemaname = any(%s) order by 1",
        [list(SCHEMAS)],
    )
    return [name for (name,) in found]


def entities(connection: Connection) -> tuple[EntityKept, ...]:
    """The journals' heads, by entity; an entity without entries counts by its facts."""
    rows = connection.execute(
        "select entity_id, coalesce(seq, 0), coalesce(digest, repeat('0', 64)) from ("
        " select distinct entity_id from facts.fact"
        " union select distinct entity_id from records.journal_entry"
        " union select distinct entity_id from records.lake_commit) as known"
        " left join lateral (select seq, digest from records.journal_entry"
        " where entity_id = known.entity_id order by seq desc limit 1) as last on true"
        " order by 1"
    )
    return tuple(
        EntityKept(entity=entity, entries=seq, chain_head=head) for entity, seq, head in rows
    )


def write(connection: Connection, table: str, folder: Path) -> TableKept:
    """A table as a compressed file of text."""
    columns = _columns(connection, table)
    packer = zstandard.ZstdCompressor(level=_LEVEL)
    with (
        durably(folder / file_of(table)) as file,
        packer.stream_writer(file, closefd=False) as packed,
    ):
        rows, sha256 = _read(connection, table, columns, packed)
    return TableKept(name=table, columns=tuple(columns), rows=rows, sha256=sha256)


def measured(connection: Connection, table: str) -> TableKept:
    """What a backup would keep of a table, without writing it."""
    columns = _columns(connection, table)
    rows, sha256 = _read(connection, table, columns, None)
    return TableKept(name=table, columns=tuple(columns), rows=rows, sha256=sha256)


def occupied(connection: Connection) -> str | None:
    """A table that has rows; None for an empty database."""
    found: list[str] = []
    with connection.transaction(force_rollback=True):
        found += _resting(connection)
    return found[0] if found else None


def load(connection: Connection, kept: Iterable[TableKept], folder: Path) -> bool:
    """Fill empty tables in one transaction; false if they hold the very rows already.

    Raises StoreError, changing nothing, when a table holds other rows.
    """
    tables = tuple(kept)
    prepare(connection)
    with connection.transaction():
        with_rows = _resting(connection)
        if with_rows:
            _check_same(connection, tables, with_rows)
        else:
            for table in tables:
                _fill(connection, table, folder)
        for name in names(connection):
            _set_guards(connection, name, "enable trigger user", "force row level security")
    return not with_rows


def _resting(connection: Connection) -> list[str]:
    """The tables that have rows; the guards of all rest for the transaction."""
    connection.execute("select set_config('lock_timeout', %s, true)", [LOCK_TIMEOUT])
    connection.execute("set local role revrec_owner")
    with_rows = []
    for name in names(connection):
        _set_guards(connection, name, "disable trigger user", "no force row level security")
        row = connection.execute(sql.SQL("select from {} limit 1").format(_table(name)))
        if row.fetchone() is not None:
            with_rows.append(name)
    return with_rows


def _set_guards(connection: Connection, table: str, *settings: LiteralString) -> None:
    for setting in settings:
        statement = sql.SQL("alter table {} " + setting).format(_table(table))
        connection.execute(statement)


def _read(
    connection: Connection, table: str, columns: Iterable[str], to: BinaryIO | None
) -> tuple[int, str]:
    """Rows and SHA-256 of a table's text, written to a file if there is one."""
    digest, rows = hashlib.sha256(), 0
    statement = sql.SQL("copy (select {} from {} order by {}) to stdout").format(
        _identifiers(columns), _table(table), _identifiers(_key(connection, table))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copied:
        for block in copied:
            digest.update(block)
            rows += bytes(block).count(b"\n")
            if to is not None:
                to.write(block)
    return rows, digest.hexdigest()


def _fill(connection: Connection, kept: TableKept, folder: Path) -> None:
    """Rows into a table, and the numbers it gives go on after them."""
    statement = sql.SQL("copy {} ({}) from stdin").format(
        _table(kept.name), _identifiers(kept.columns)
    )
    with (
        (folder / file_of(kept.name)).open("rb") as file,
        zstandard.ZstdDecompressor().stream_reader(file) as text,
        connection.cursor() as cursor,
        cursor.copy(statement) as copied,
    ):
        while piece := text.read(_PIECE):
            copied.write(piece)
    found = _read(connection, kept.name, kept.columns, None)
    if found != (kept.rows, kept.sha256):
        raise InvariantViolated(
            f"{kept.name} came back as other rows than were backed up.",
            remedy="Nothing was restored; restore to a server of the version that was backed up.",
        )
    for column, identity in connection.execute(
        "select a.attname, pg_get_serial_sequence(%s, a.attname) from pg_attribute as a"
        " where a.attrelid = %s::regclass and a.attidentity <> ''",
        [kept.name, kept.name],
    ).fetchall():
        last = sql.SQL("select setval({}, max({name})) from {} having max({name}) is not null")
        connection.execute(
            last.format(sql.Literal(identity), _table(kept.name), name=sql.Identifier(column))
        )


def _check_same(connection: Connection, tables: Iterable[TableKept], with_rows: list[str]) -> None:
    """Rows that are there are those of the backup, or the database is not empty."""
    for kept in tables:
        if _read(connection, kept.name, kept.columns, None) != (kept.rows, kept.sha256):
            raise StoreError(
                f"The database is not empty: {with_rows[0]} has rows.",
                remedy="Restore to an empty home or database; what is there is never overwritten.",
                table=with_rows[0],
            )


def _columns(connection: Connection, table: str) -> list[str]:
    """Columns that are written; what the database makes of them it makes again."""
    found = connection.execute(
        "select attname from pg_attribute where attrelid = %s::regclass and attnum > 0"
        " and not attisdropped and attgenerated = '' order by attnum",
        [table],
    )
    return [name for (name,) in found]


def _key(connection: Connection, table: str) -> list[str]:
    found = connection.execute(
        "select a.attname from pg_index as i, unnest(i.indkey) with ordinality as k (attnum, at),"
        " pg_attribute as a where i.indrelid = %s::regclass and i.indisprimary"
        " and a.attrelid = i.indrelid and a.attnum = k.attnum order by k.at",
        [table],
    )
    return [name for (name,) in found]


def _identifiers(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _table(name: str) -> sql.Identifier:
    return sql.Identifier(*name.split("."))
