"""Rows that are held by column: of a million rows, what few columns of Arrow need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import TypeAlias, TypeVar, overload

import pyarrow as pa

Row = tuple[object, ...]
Values: TypeAlias = pa.Array | Sequence[object]
"""Of one column: of Arrow, or objects of Python where Arrow would not keep them as they are."""
Found = TypeVar("Found")
_MANY = 1_000
"""Rows from which on it is worth to look whether texts are repeated ..."""
_OFTEN = 4
"""... and how often at least, on average."""
_BLOCK = 10_000
"""Rows that are objects of Python at once, while rows are read one after another."""


class ColumnRows(Sequence[Row]):
    """Rows in their order, each made when it is asked for; equal to the same rows in a list.

    Cut, they share the columns of the whole.

    >>> rows = ColumnRows([pa.array(["a", "b"]), [1, None]], 2)
    >>> list(rows), rows[-1], list(rows[:1])
    ([('a', 1), ('b', None)], ('b', None), [('a', 1)])
    """

    __hash__ = None  # type: ignore[assignment] # as a list has none

    def __init__(
        self, columns: Sequence[Values], count: int, *, whole: _Whole | None = None
    ) -> None:
        self.columns = columns
        self._count = count
        self._whole = whole or _Whole(columns)

    @classmethod
    def of(cls, table: pa.Table) -> ColumnRows:
        """The rows of a table."""
        columns = [compact(_whole(column)) for column in table.columns]
        return cls(columns, table.num_rows)

    def values(self, place: int) -> Sequence[object]:
        """One column in objects of Python; equal texts and days are one object."""
        return objects_of(self.columns[place])

    def found(self, place: int, find: Callable[[Values], Found]) -> Found:
        """What there is to find of a column of all rows these were cut from; found once."""
        return self._whole.found(place, find)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Row]:
        blocks = (self[start : start + _BLOCK] for start in range(0, self._count, _BLOCK))
        return chain.from_iterable(map(_made, blocks))

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> ColumnRows: ...

    def __getitem__(self, place: int | slice) -> Row | ColumnRows:
        if isinstance(place, slice):
            start, stop, step = place.indices(self._count)
            assert step == 1, "rows are cut in their order"
            count = max(0, stop - start)
            columns = [each[start : start + count] for each in self.columns]
            return ColumnRows(columns, count, whole=self._whole)
        at = range(self._count)[place]
        return _made(self[at : at + 1])[0]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __repr__(self) -> str:
        return repr(list(self))


class _Whole:
    """The columns that rows were cut from, and what was found of each."""

    def __init__(self, columns: Sequence[Values]) -> None:
        self._columns = columns
        self._known: dict[tuple[int, object], object] = {}

    def found(self, place: int, find: Callable[[Values], Found]) -> Found:
        key = place, find
        if key not in self._known:
            self._known[key] = find(self._columns[place])
        return self._known[key]  # type: ignore[return-value] # it was found by the same


def _made(rows: ColumnRows) -> list[Row]:
    if not rows.columns:
        return [()] * len(rows)
    return list(zip(*map(rows.values, range(len(rows.columns))), strict=True))


def _whole(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    if isinstance(whole, pa.ChunkedArray):
        whole = pa.concat_arrays(whole.chunks) if whole.num_chunks else pa.array([], column.type)
    return whole


def compact(column: pa.Array) -> pa.Array:
    """A column of texts of which most stand in it several times as places in a list of them."""
    if len(column) < _MANY or not pa.types.is_string(column.type):
        return column
    few = column[:_MANY].dictionary_encode().dictionary
    if len(few) * _OFTEN > _MANY:
        return column
    coded = column.dictionary_encode()
    return coded if len(coded.dictionary) * _OFTEN <= len(column) else column


def objects_of(column: Values) -> Sequence[object]:
    """The values of a column in objects of Python; equal texts and days are one object."""
    if not isinstance(column, pa.Array):
        return column
    if pa.types.is_integer(column.type) and not column.null_count:
        values: list[object] = column.to_numpy().tolist()
        return values
    encoded = column if isinstance(column, pa.DictionaryArray) else column.dictionary_encode()
    shared = [*encoded.dictionary.to_pylist(), None]
    places = encoded.indices.fill_null(len(shared) - 1).to_numpy().tolist()
    return [shared[place] for place in places]
