"""Rows that the ledger plainly holds already, word for word, found a column at a time.

A file sent again is nothing but such rows. What is said here is only ever enough: a row that is
not found here may still be held, or tell something else under an identity that is; ``ledger``
looks at it closely.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from revrec.usage.marks import Mask
from revrec.usage.spool import SPAN_ROWS
from revrec.usage.staging import Workbench, among, gathered, identities

MANY = 2**14
"""Fewer suspects are looked at closely at once."""

IDENTITY = {"source": "source", "usage_id": "usage_id", "day": "usage_date"}
"""What identifies a row -> what the ledger calls it."""
CONTENT = {
    name: name for name in "contract meter quantity unit amount currency corrects".split()
} | {"labels": "dimensions"}
"""What a row tells -> what the ledger calls it."""
OPTIONAL = ("occurred_at", "customer")
"""What only a table of counted usage holds."""

_Numbers = npt.NDArray[np.uint64]


def recall(
    bench: Workbench, days: Sequence[date], ledger: Callable[[], Iterable[pa.RecordBatch]]
) -> None:
    """Move suspects of the days that the ledger plainly holds to ``recalled``.

    ``ledger`` gives its rows of the days; it is asked once for each half a million suspects.
    """
    database = bench.database
    for rows in gathered(among(bench.suspects, bench.spool.rows_of(*days)), SPAN_ROWS):
        if len(rows) < MANY:
            return
        held = ((each, _numbers(bench, each, "usage_date")) for each in ledger() if len(each))
        found = told_before(rows, _numbers(bench, rows, "day"), held)
        if found.any():
            told = rows.filter(pa.array(found))
            database.register("arriving", pa.Table.from_batches([told]))
            database.execute(
                "INSERT INTO recalled"
                " SELECT row_number, 'duplicate', day, quantity, amount FROM arriving"
            )
            database.unregister("arriving")
            bench.suspects.remove(told.column("row_number").to_numpy())


def _numbers(bench: Workbench, rows: pa.RecordBatch, day: str) -> _Numbers:
    return cast("_Numbers", identities(bench.database, rows, day).to_numpy())


def told_before(
    rows: pa.RecordBatch,
    numbers: _Numbers,
    held: Iterable[tuple[pa.RecordBatch, _Numbers]],
) -> Mask:
    """Which rows are held as they are told; ``numbers`` are those of the identities of each."""
    found = np.zeros(len(rows), np.bool_)
    order = np.argsort(numbers)
    ordered = numbers[order]
    for ledger_rows, ledger_numbers in held:
        places = np.searchsorted(ordered, ledger_numbers) % max(len(ordered), 1)
        theirs = np.flatnonzero(ordered[places] == ledger_numbers)
        mine = order[places[theirs]]
        found[mine[_same(rows.take(pa.array(mine)), ledger_rows.take(pa.array(theirs)))]] = True
    return found


def _same(rows: pa.RecordBatch, ledger_rows: pa.RecordBatch) -> Mask:
    """Which of the rows are the ledger's, row by row and in every column."""
    pairs = [(name, its) for name, its in (IDENTITY | CONTENT).items()]
    same = np.ones(len(rows), np.bool_)
    for name, its in [*pairs, *((name, name) for name in OPTIONAL)]:
        mine = _plain(rows.column(name))
        if its in ledger_rows.schema.names:
            theirs = _plain(ledger_rows.column(its))
            equal = pc.fill_null(pc.equal(mine, theirs), fill_value=False)
            empty = pc.and_(pc.is_null(mine), pc.is_null(theirs))
            same &= pc.or_(equal, empty).to_numpy(zero_copy_only=False)
        else:
            same &= pc.is_null(mine).to_numpy(zero_copy_only=False)
    return same


def _plain(column: pa.Array) -> pa.Array:
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
