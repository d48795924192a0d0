"""In-memory DuckDB databases, all opened alike, and decimals of columns as integers."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import islice

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

# DuckDB 2.0.0 ends some joins of dictionary-encoded text with an internal error ("dict-surviving
# cache: global dictionary column changed identity", duckdb issue 24807); results are never wrong.
# Without this optimizer it does not occur, and the plans here do not need it.
DISABLED_OPTIMIZERS = "statistics_propagation"
"""What every instance of DuckDB here goes without."""


_NUMBERS = itertools.count(1)
_LOCK = threading.Lock()


@contextmanager
def connect() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory database, gone with its context.

    All are of one instance of DuckDB: to start another takes longer than a small close computes.
    """
    with _LOCK:
        name = f"database_{next(_NUMBERS)}"
        session = _instance(os.getpid()).cursor()
    try:
        session.execute("set enable_progress_bar = false")
        session.execute(f"attach ':memory:' as {name}")
        session.execute(f"use {name}")
        yield session
    finally:
        session.close()
        with _LOCK:
            _instance(os.getpid()).execute(f"detach database if exists {name}")


@contextmanager
def connect_apart(config: Mapping[str, str | int]) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty in-memory database with settings of its own, such as ``threads``."""
    database = duckdb.connect(config=dict(config))
    try:
        database.execute("set enable_progress_bar = false")
        database.execute(f"set disabled_optimizers = '{DISABLED_OPTIMIZERS}'")
        yield database
    finally:
        database.close()


@cache
def _instance(_process: int) -> duckdb.DuckDBPyConnection:
    """DuckDB in this process: threads do not survive a fork.

    Of one thread in a process that another started beside its like: they share the processors.
    """
    alone = multiprocessing.parent_process() is None
    database = duckdb.connect(config={} if alone else {"threads": 1})
    database.execute(f"set disabled_optimizers = '{DISABLED_OPTIMIZERS}'")
    return database


@contextmanager
def as_written(database: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Joins are done in the order they are written, the right side held in memory or spilled.

    For a database of ``connect_apart``.
    """
    of_joins = "join_order,build_side_probe_side"
    database.execute(f"set disabled_optimizers = '{DISABLED_OPTIMIZERS},{of_joins}'")
    try:
        yield
    finally:
        database.execute(f"set disabled_optimizers = '{DISABLED_OPTIMIZERS}'")


_LOW, _HALF = (1 << 64) - 1, 63


def atoms_of(column: pa.ChunkedArray) -> list[int]:
    """Decimals of 128 bits as integers of their last kept place; there are no nulls.

    >>> from decimal import Decimal
    >>> atoms_of(pa.chunked_array([pa.array([Decimal("-0.25")], pa.decimal128(38, 12))]))
    [-250000000000]
    """
    found: list[int] = []
    for chunk in column.chunks:
        halves = memoryview(chunk.buffers()[1]).cast("q")[2 * chunk.offset :]
        pairs = zip(halves[::2].tolist(), halves[1::2].tolist(), strict=True)
        found += [
            low if high == low >> _HALF else high << 64 | low & _LOW
            for low, high in islice(pairs, len(chunk))
        ]
    return found


def table_of(rows: Iterable[Sequence[object]], schema: pa.Schema) -> pa.Table:
    """Rows of Python values as columns; there may be none.

    >>> table_of([("a", 1)], pa.schema([("code", pa.string()), ("n", pa.int64())])).to_pylist()
    [{'code': 'a', 'n': 1}]
    """
    columns = list(zip(*rows, strict=True)) or [()] * len(schema)
    arrays = [pa.array(column, each.type) for column, each in zip(columns, schema, strict=True)]
    return pa.table(arrays, schema=schema)


def looked_up(
    table: pa.Table,
    by: Sequence[str],
    find: Callable[..., tuple[str | None, ...]],
    names: Sequence[str],
) -> pa.Table:
    """The table with columns of text that ``find`` gives for texts of ``by``, asked once for each.

    >>> rows = pa.table({"code": ["a", "b", "a"]})
    >>> looked_up(rows, ["code"], lambda code: (code.upper(),), ["name"])["name"].to_pylist()
    ['A', 'B', 'A']
    """
    places, texts = coded(table, by)
    told = list(map(find, *texts)) or [(None,) * len(names)]
    added = zip(*told, strict=True)
    return _with(table, names, [pa.array(values, pa.string()).take(places) for values in added])


def coded(table: pa.Table, by: Sequence[str]) -> tuple[pa.Array, list[list[str]]]:
    """What columns of text hold together, as places in lists of their distinct texts.

    >>> rows = pa.table({"code": ["a", "b", "a"], "of": ["x", "x", "x"]})
    >>> places, texts = coded(rows, ["code", "of"])
    >>> places.to_pylist(), texts
    ([0, 1, 0], [['a', 'b'], ['x', 'x']])
    """
    keys, columns = _numbered(table, by)
    found = keys.dictionary_encode()
    return found.indices, _texts(found.dictionary, columns)


def keys_of(by: Sequence[str], *tables: pa.Table) -> list[pa.Int64Array]:
    """What columns of text hold together, as numbers that are the same in all the tables.

    >>> first, second = pa.table({"code": ["a", "b"]}), pa.table({"code": ["b"]})
    >>> [keys.to_pylist() for keys in keys_of(["code"], first, second)]
    [[0, 1], [1]]
    """
    rows = pa.concat_tables([each.select(list(by)) for each in tables])
    places, _ = _numbered(rows, by)
    found, start = [], 0
    for each in tables:
        found.append(places.slice(start, each.num_rows))
        start += each.num_rows
    return found


def _numbered(
    table: pa.Table, by: Sequence[str]
) -> tuple[pa.Int64Array, Sequence[pa.DictionaryArray]]:
    """A number for each row, made of places in the lists of distinct texts of its columns."""
    columns = [encoded(table[name]) for name in by]
    keys = columns[0].indices.cast(pa.int64())
    for column in columns[1:]:
        keys = pc.add_checked(
            pc.multiply_checked(keys, len(column.dictionary)), column.indices.cast(pa.int64())
        )
    return keys, columns


def encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """A column of text as places in a list of distinct ones."""
    coded = column.combine_chunks().dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        return coded.unify_dictionaries().combine_chunks()
    return coded


def _texts(keys: pa.Int64Array, columns: Sequence[pa.DictionaryArray]) -> list[list[str]]:
    """What numbers made of places in several lists stand for, list by list."""
    found = []
    for column in reversed(columns):
        rest = pc.divide(keys, len(column.dictionary))
        places = pc.subtract(keys, pc.multiply(rest, len(column.dictionary)))
        found.append(column.dictionary.take(places).to_pylist())
        keys = rest
    return found[::-1]


def _with(table: pa.Table, names: Sequence[str], columns: Sequence[pa.Array]) -> pa.Table:
    for name, column in zip(names, columns, strict=True):
        table = table.append_column(pa.field(name, pa.string()), column)
    return table
