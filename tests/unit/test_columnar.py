"""Databases in memory: each by itself, and gone when they are left."""

from __future__ import annotations

from contextlib import suppress

import duckdb
import pyarrow as pa

from revrec.columnar import connect, looked_up


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


def test_what_is_looked_up_is_asked_once_whatever_is_in_the_names() -> None:
    """Names may hold any character, also those that stand between things elsewhere."""
    names = ["a", "a\x1fb", "", "b", "\x1f"]
    pairs = [(one, other) for one in names for other in names] * 2
    table = pa.table({"one": [one for one, _ in pairs], "other": [other for _, other in pairs]})
    asked = []

    def find(one: str, other: str) -> tuple[str, str | None]:
        asked.append((one, other))
        return repr((one, other)), None if one == "b" else other

    found = looked_up(pa.concat_tables([table, table]), ["one", "other"], find, ["both", "some"])

    assert len(asked) == len(set(asked)) == 25
    assert [repr(pair) for pair in pairs * 2] == found["both"].to_pylist()
    assert [None if one == "b" else other for one, other in pairs * 2] == found["some"].to_pylist()
