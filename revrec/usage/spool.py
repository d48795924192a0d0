"""The well-formed rows of one batch on disk, written as they come and read back day by day.

Each block of rows is written at once, sorted by day, and a day is read as its stretch of each
block, straight from the file: a day's rows are in memory while they are looked at, and no longer.
Texts that are few travel as numbers, with one list of texts for the whole spool; a column with
more than a few thousand of them is told as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from revrec.usage.columns import ROW_NUMBER, WELL_FORMED

TEXTS_MAX = 2**13
"""Most different texts of a column that travel as numbers."""
SPAN_ROWS = 2**19
"""Days are looked at together while they have no more rows than this."""
IDENTITIES_AT_ONCE = 2**23
"""About how many numbers of identities are held in memory, of 16 bytes with their rows."""
IDENTITY = "identity"
_FEW = ("source", "contract", "meter", "unit", "currency", "labels")
_OPTIONAL = frozenset(field.name for field in WELL_FORMED if field.nullable)
_EPOCH = date(1970, 1, 1)
_NUMBERS = 2**64

Identities = tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]
"""Numbers of identities, and the numbers of their rows."""


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where rows of one day lie: a block of the file, and rows of the block."""

    offset: int
    length: int
    first: int
    rows: int


class Spool:
    """Rows of ``WELL_FORMED`` in a file of its own, each with a number for its identity.

    Rows with one identity have one number of 64 bits; rows with one number nearly always have one
    identity.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pa.OSFile(str(path), "wb")
        self._stretches: dict[date, list[_Stretch]] = {}
        self._texts: dict[str, pa.Array] = {name: pa.array([], pa.string()) for name in _FEW}
        self._many: set[str] = set()

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
        self._path.unlink()

    def add(self, rows: pa.RecordBatch, identities: pa.Array) -> None:
        """Write rows, of which those of a day keep their order."""
        names = [name for name in rows.schema.names if _is_told(name, rows.column(name))]
        arrays = [self._told(name, rows.column(name)) for name in names]
        block = pa.RecordBatch.from_arrays([*arrays, identities], [*names, IDENTITY])
        days = rows.column("day").cast(pa.int32()).to_numpy()
        if (days[1:] < days[:-1]).any():
            order = np.argsort(days, kind="stable")
            block, days = block.take(pa.array(order)), days[order]
        offset = self._file.tell()
        with pa.ipc.new_stream(self._file, block.schema) as writer:
            writer.write_batch(block)
        length = self._file.tell() - offset
        firsts = [0, *(np.flatnonzero(np.diff(days)) + 1).tolist()]
        for first, end in zip(firsts, [*firsts[1:], len(days)], strict=True):
            day = _EPOCH + timedelta(days=int(days[first]))
            stretch = _Stretch(offset, length, first, end - first)
            self._stretches.setdefault(day, []).append(stretch)

    def days(self) -> list[date]:
        """The days with rows, in order."""
        return sorted(self._stretches)

    def spans(self) -> Iterator[list[date]]:
        """The days with rows, in order; several together where they have few rows."""
        span: list[date] = []
        rows = 0
        for day in self.days():
            count = self._count(day)
            if span and rows + count > SPAN_ROWS:
                yield span
                span, rows = [], 0
            span.append(day)
            rows += count
        if span:
            yield span

    def rows(self) -> Iterator[pa.RecordBatch]:
        """All rows, day by day."""
        for day in self.days():
            yield from self.rows_of(day)

    def rows_of(self, *days: date) -> Iterator[pa.RecordBatch]:
        """The rows of each day as they were added, texts that are few as dictionaries."""
        for rows in self._blocks_of(days):
            yield self._restored(pa.concat_batches([rows]))

    def identities_of(self, days: Sequence[date]) -> Iterator[Identities]:
        """The identities of the days' rows; those of one number are told together."""
        parts = 1 + sum(map(self._count, days)) // IDENTITIES_AT_ONCE
        width = -(-_NUMBERS // parts)
        for part in range(parts):
            last = min((part + 1) * width, _NUMBERS) - 1
            found = list(self._identities_within(days, part * width, last))
            numbers, rows = zip(*found, strict=True)
            yield np.concatenate(numbers), np.concatenate(rows)

    def _count(self, day: date) -> int:
        return sum(stretch.rows for stretch in self._stretches[day])

    def _identities_within(
        self, days: Sequence[date], first: int, last: int
    ) -> Iterator[Identities]:
        for block in self._blocks_of(days):
            numbers, rows = block.column(IDENTITY).to_numpy(), block.column(ROW_NUMBER).to_numpy()
            within = (numbers >= np.uint64(first)) & (numbers <= np.uint64(last))
            yield numbers[within], rows[within]

    def _blocks_of(self, days: Sequence[date]) -> Iterator[pa.RecordBatch]:
        """The rows of each day as they were written, each block mapped by itself.

        They are to be copied before the next: pages of the file count as memory while they are
        mapped, and those around them too.
        """
        self._file.flush()
        for stretch in chain.from_iterable(self._stretches[day] for day in days):
            with pa.memory_map(str(self._path)) as file:
                file.seek(stretch.offset)
                with pa.ipc.open_stream(file.read_buffer(stretch.length)) as reader:
                    block = reader.read_next_batch()
            yield block.slice(stretch.first, stretch.rows)

    def _told(self, name: str, column: pa.Array) -> pa.Array:
        """The column as it is written: texts that are few as their numbers."""
        if name in _FEW and name not in self._many:
            encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            texts, known = encoded.dictionary, self._texts[name]
            new = texts.filter(pc.is_null(pc.index_in(texts, known))).unique()
            if len(new):
                known = self._texts[name] = pa.concat_arrays([known, new])
            if len(known) <= TEXTS_MAX:
                return pc.index_in(texts, known).take(encoded.indices)
            self._many.add(name)
        return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column

    def _restored(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The rows in the columns of ``WELL_FORMED``."""
        arrays = []
        for field in WELL_FORMED:
            if field.name not in rows.schema.names:
                arrays.append(pa.nulls(len(rows), field.type))
                continue
            column = rows.column(field.name)
            if pa.types.is_int32(column.type):
                column = pa.DictionaryArray.from_arrays(column, self._texts[field.name])
                column = column.cast(pa.string()) if field.name in self._many else column
            arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, names=WELL_FORMED.names)


def _is_told(name: str, column: pa.Array) -> bool:
    """Whether the column holds something; one that may not and does not is left out."""
    return name not in _OPTIONAL or column.null_count < len(column)
