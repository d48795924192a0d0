"""Data sets kept as files, and read again a part at a time.

Each is the Parquet twin of its rows, beside one file that tells names, columns and counts. Who
reads a page or all rows holds one row group of them, however many there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Context, Decimal, Inexact
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from reports.columns import CURRENCY
from reports.parquet_twin import BATCH, schema_of, write_rows
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import minor_digits

CONTENTS = "datasets.json"
_EXACT = frozenset({ColumnType.QUANTITY, ColumnType.PRICE, ColumnType.RATIO})
_ALL_DIGITS = Context(prec=100, traps=[Inexact])
"""More than a Parquet decimal has, so that nothing is rounded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A data set whose rows are in a file."""

    told: DataSet
    """Its name and columns, without rows."""
    count: int
    """Of its rows."""
    path: Path

    def schema(self) -> pa.Schema:
        """The Arrow types of all its rows."""
        return pq.read_schema(self.path)

    def page(self, start: int, stop: int) -> DataSet:
        """Rows from one place up to another, from 0."""
        rows: list[Sequence[object]] = []
        with pq.ParquetFile(self.path) as file:
            for group in range(start // BATCH, min(-(-stop // BATCH), file.num_row_groups)):
                skipped = group * BATCH
                found = file.read_row_group(group)[max(0, start - skipped) : stop - skipped]
                rows += _rows_of(self.told, found)
        return replace(self.told, rows=rows)

    def parts(self) -> Iterator[DataSet]:
        """All rows, a row group at a time; one part at least."""
        with pq.ParquetFile(self.path) as file:
            if file.num_row_groups == 0:
                yield self.told
            for group in range(file.num_row_groups):
                yield replace(self.told, rows=_rows_of(self.told, file.read_row_group(group)))

    def chosen(self, choose: Callable[[DataSet], DataSet]) -> Iterator[DataSet]:
        """What is chosen of each part, in parts as long as those of all rows; one at least."""
        rows: list[Sequence[object]] = []
        is_first = True
        for part in self.parts():
            rows += choose(part).rows
            if len(rows) >= BATCH:
                yield replace(self.told, rows=rows[:BATCH])
                rows, is_first = rows[BATCH:], False
        if rows or is_first:
            yield replace(self.told, rows=rows)


def store(folder: Path, datasets: Iterable[DataSet]) -> None:
    """Write data sets into an empty folder; ``ReportError`` if a figure is not exact."""
    contents = []
    for data in datasets:
        write_rows(folder / f"{data.name}.parquet", schema_of(data), [data])
        contents.append({**asdict(replace(data, rows=())), "count": len(data.rows)})
    (folder / CONTENTS).write_text(json.dumps(contents), encoding="utf-8")


@lru_cache(maxsize=8)
def stored(folder: Path) -> Mapping[str, Stored]:
    """The data sets of a folder by name, in the order in which they were written.

    What a folder of one name holds never changes.
    """
    found = {}
    for each in json.loads((folder / CONTENTS).read_text(encoding="utf-8")):
        count, path = each.pop("count"), folder / f"{each['name']}.parquet"
        columns = [
            Column(**{**told, "type": ColumnType(told["type"]), "parts": tuple(told["parts"])})
            for told in each.pop("columns")
        ]
        told = DataSet(**{**each, "columns": columns, "rows": ()})
        found[told.name] = Stored(told=told, count=count, path=path)
    return found


def _rows_of(data: DataSet, table: pa.Table) -> list[Sequence[object]]:
    """Rows as a data set has them: money in minor units, numbers without zeros at their end."""
    named = {column.name: table[column.name].to_pylist() for column in data.columns}
    currencies = named.get(CURRENCY) or [data.currency] * table.num_rows
    columns = [_values(column, named[column.name], currencies) for column in data.columns]
    return list(zip(*columns, strict=True))


def _values(column: Column, values: Sequence[object], currencies: Sequence[object]) -> list[object]:
    if column.type is ColumnType.MONEY:
        units = {each: Decimal(10 ** minor_digits(str(each))) for each in set(currencies)}
        return [
            None if value is None else int(_ALL_DIGITS.multiply(_number(value), units[currency]))
            for value, currency in zip(values, currencies, strict=True)
        ]
    if column.type in _EXACT:
        return [None if value is None else _plain(_number(value)) for value in values]
    if column.type is ColumnType.INTEGER:
        return [None if value is None else int(_number(value)) for value in values]
    return list(values)


def _number(value: object) -> Decimal:
    assert isinstance(value, Decimal | int), "a column of numbers holds numbers"
    return Decimal(value)


def _plain(value: Decimal) -> Decimal:
    """The same number with no more places than it needs."""
    least = _ALL_DIGITS.normalize(value)
    return least if int(least.as_tuple().exponent) <= 0 else _ALL_DIGITS.quantize(least, Decimal(1))
