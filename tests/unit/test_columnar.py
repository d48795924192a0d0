"""Databases in memory: each by itself, and gone when they are left."""

from __future__ import annotations

from contextlib import suppress

import duckdb

from revrec.columnar import connect


def names(database: duckdb.DuckDBPyConnection) -> set[str]:
    """The databases there are for whoever asks."""
    rows = database.execute("select database_name from duckdb_databases() where not internal")
    return {name for (name,) in rows.fetchall()}


def test_databases_see_nothing_of_each_other() -> None:
    """Tables of a name, variables and settings are of one of them."""
    with connect() as one, connect() as other:
        one.execute("create table kept as select 1 as n")
        one.execute("set variable first = 'a'")
        one.execute("set TimeZone = 'Asia/Tokyo'")
        other.execute("create table kept as select 2 as n")

        assert [(1,)] == one.execute("from kept").fetchall()
        assert [(2,)] == other.execute("from kept").fetchall()
        told = other.execute("select getvariable('first'), current_setting('TimeZone')").fetchone()
        assert told is not None
        assert told[0] is None
        assert told[1] != "Asia/Tokyo"


def test_a_database_is_gone_when_it_is_left() -> None:
    """Also by an error, with a result not read to its end: no memory is held by it."""
    with connect() as database:
        before = names(database)
    with suppress(ZeroDivisionError), connect() as database:
        database.execute("create table kept as from range(100000)")
        database.execute("from kept").fetchone()
        raise ZeroDivisionError

    with connect() as database:
        assert len(before) == len(names(database))
