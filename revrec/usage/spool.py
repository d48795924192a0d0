"""The well-formed rows of one batch on disk, in stretches of one day each, read back day by day.

Texts that are few travel as numbers, with one list of texts for the whole spool; a column with
more than a few thousand of them is told as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa

from revrec.usage.columns import WELL_FORMED

TEXTS_MAX = 2**13
"""Most different texts of a column that travel as numbers."""
_FEW = ("source", "contract", "meter", "unit", "currency", "labels")
_OPTIONAL = frozenset(field.name for field in WELL_FORMED if field.nullable)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where rows of one day lie in the file."""

    offset: int
    length: int


class Spool:
    """Rows of ``WELL_FORMED`` in a file of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = pa.OSFile(str(path), "wb")
        self._stretches: dict[date, list[_Stretch]] = {}
        self._numbers: dict[str, dict[str, int]] = {name: {} for name in _FEW}
        self._many: set[str] = set()

    def close(self) -> None:
        """Give the space back."""
        self._file.close()
        self._path.unlink()

    def add(self, rows: pa.RecordBatch) -> None:
        """Write rows, of which those of a day keep their order."""
        names = [name for name in rows.schema.names if _is_told(name, rows.column(name))]
        arrays = [self._told(name, rows.column(name)) for name in names]
        rows = pa.RecordBatch.from_arrays(arrays, names)
        days = rows.column("day").cast(pa.int32()).to_numpy()
        if (days != days[:1]).any():
            order = np.argsort(days, kind="stable")
            rows, days = rows.take(pa.array(order)), days[order]
        ends = [*(np.flatnonzero(np.diff(days)) + 1).tolist(), len(days)]
        start = 0
        for end in ends:
            self._write(rows.slice(start, end - start))
            start = end

    def days(self) -> list[date]:
        """The days with rows, in order."""
        return sorted(self._stretches)

    def rows(self) -> Iterator[pa.RecordBatch]:
        """All rows, day by day."""
        for day in self.days():
            yield from self.rows_of(day)

    def rows_of(self, day: date) -> Iterator[pa.RecordBatch]:
        """The rows of a day as they were added, texts that are few as dictionaries."""
        self._file.flush()
        texts = {name: pa.array(list(known), pa.string()) for name, known in self._numbers.items()}
        with pa.OSFile(str(self._path), "rb") as file:
            for stretch in self._stretches[day]:
                file.seek(stretch.offset)
                with pa.ipc.open_stream(file.read_buffer(stretch.length)) as reader:
                    yield self._restored(reader.read_next_batch(), texts)

    def _write(self, rows: pa.RecordBatch) -> None:
        """Write rows of one day."""
        offset = self._file.tell()
        with pa.ipc.new_stream(self._file, rows.schema) as writer:
            writer.write_batch(rows)
        day = cast("date", rows.column("day")[0].as_py())
        stretch = _Stretch(offset, self._file.tell() - offset)
        self._stretches.setdefault(day, []).append(stretch)

    def _told(self, name: str, column: pa.Array) -> pa.Array:
        """The column as it is written: texts that are few as their numbers."""
        if name in _FEW and name not in self._many:
            encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
            known, texts = self._numbers[name], encoded.dictionary.to_pylist()
            for text in texts:
                known.setdefault(text, len(known))
            if len(known) <= TEXTS_MAX:
                numbers = np.fromiter((known[text] for text in texts), np.int32, len(texts))
                return pa.array(numbers[encoded.indices.to_numpy()])
            self._many.add(name)
        return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column

    def _restored(self, rows: pa.RecordBatch, texts: dict[str, pa.Array]) -> pa.RecordBatch:
        """The rows in the columns of ``WELL_FORMED``."""
        arrays = []
        for field in WELL_FORMED:
            if field.name not in rows.schema.names:
                arrays.append(pa.nulls(len(rows), field.type))
                continue
            column = rows.column(field.name)
            if pa.types.is_int32(column.type):
                column = pa.DictionaryArray.from_arrays(column, texts[field.name])
                column = column.cast(pa.string()) if field.name in self._many else column
            arrays.append(column)
        return pa.RecordBatch.from_arrays(arrays, names=WELL_FORMED.names)


def _is_told(name: str, column: pa.Array) -> bool:
    """Whether the column holds something; one that may not and does not is left out."""
    return name not in _OPTIONAL or column.null_count < len(column)
