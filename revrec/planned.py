"""Statements over few rows, planned once: asked again, they are given other rows to read.

To plan one of the statements of the ledger takes DuckDB several times as long as to run it over
the rows of one contract. A statement is prepared over tables whose rows are handed in anew each
time it is asked; none of its plan rests on what they hold. What is planned is kept by the
statement and the columns of its tables, in one instance of DuckDB a process, of one thread.
"""

from __future__ import annotations

import atexit
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

from revrec.columnar import DISABLED_OPTIMIZERS

FEW = 1_000
"""Up to this many rows, to plan a statement takes longer than to run it."""
_KEPT_MAX = 64
"""Statements that are kept: of each of them as many as were asked at once."""
_TYPES = {
    "BIGINT": pa.int64(),
    "BOOLEAN": pa.bool_(),
    "DATE": pa.date32(),
    "DECIMAL(38,9)": pa.decimal128(38, 9),
    "DECIMAL(38,12)": pa.decimal128(38, 12),
    "INTEGER": pa.int32(),
    "VARCHAR": pa.string(),
}
_Key = tuple[int, str, str, tuple[tuple[str, pa.Schema], ...]]


class _Rows:
    """What a statement reads under a name: the rows of the moment."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table

    def __arrow_c_schema__(self) -> object:
        return self.table.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self.table.__arrow_c_stream__(requested_schema)


class _Planned:
    """A statement that is prepared; asked by one thread at a time."""

    def __init__(self, sql: str, tables: Mapping[str, pa.Table], macros: str) -> None:
        self._session = _instance(os.getpid()).cursor()
        self._session.execute(f"set enable_progress_bar = false; set TimeZone = 'UTC'; {macros}")
        self._rows = {name: _Rows(table) for name, table in tables.items()}
        for name, rows in self._rows.items():
            self._session.register(name, rows)
        self._session.execute(f"prepare planned as {sql}")

    def ask(self, tables: Mapping[str, pa.Table]) -> duckdb.DuckDBPyConnection:
        for name, table in tables.items():
            self._rows[name].table = table
        return self._session.execute("execute planned")

    def close(self) -> None:
        self._session.close()


_lock = Lock()
os.register_at_fork(
    before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
)
_idle: OrderedDict[_Key, list[_Planned]] = OrderedDict()


def asked(sql: str, tables: Mapping[str, pa.Table], *, macros: str = "") -> pa.Table:
    """The rows of a statement over tables of few rows, which it reads by their names.

    ``macros`` are created before it is planned, as temporary ones.
    """
    with _planned(sql, tables, macros) as planned:
        told = planned.ask(tables)
        fields = [(name, _TYPES[str(kind)]) for name, kind, *_ in told.description or ()]
        # Columnar output would plan the statement anew, which few rows are not worth.
        columns = list(zip(*told.fetchall(), strict=True)) or [()] * len(fields)
    arrays = [pa.array(column, kind) for column, (_, kind) in zip(columns, fields, strict=True)]
    return pa.table(arrays, schema=pa.schema(fields))


def asked_rows(
    sql: str, tables: Mapping[str, pa.Table], *, macros: str = ""
) -> list[tuple[Any, ...]]:
    """The same as Python values."""
    with _planned(sql, tables, macros) as planned:
        return planned.ask(tables).fetchall()


@contextmanager
def _planned(sql: str, tables: Mapping[str, pa.Table], macros: str) -> Iterator[_Planned]:
    key = os.getpid(), macros, sql, tuple((name, each.schema) for name, each in tables.items())
    with _lock:
        idle = _idle.get(key)
        planned = idle.pop() if idle else None
    planned = planned or _Planned(sql, tables, macros)
    yield planned
    # One that failed is not asked again.
    with _lock:
        _idle.setdefault(key, []).append(planned)
        _idle.move_to_end(key)
        while len(_idle) > _KEPT_MAX:
            _idle.popitem(last=False)


@atexit.register
def _let_go() -> None:
    """Close what is planned while DuckDB is still there to close it."""
    with _lock:
        for planned in [
            each for key, idle in _idle.items() if key[0] == os.getpid() for each in idle
        ]:
            planned.close()
        _idle.clear()


@cache
def _instance(_process: int) -> duckdb.DuckDBPyConnection:
    """DuckDB in this process: threads do not survive a fork."""
    database = duckdb.connect(config={"threads": 1})
    database.execute(f"set disabled_optimizers = '{DISABLED_OPTIMIZERS}'")
    return database
