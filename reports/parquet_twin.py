"""The Parquet twin of a sheet: the columns and rows of its CSV twin, with their types.

Money is a decimal of its currency, quantities have all their digits, days are dates, times are in
UTC, and text is text: no apostrophe disarms what only a spreadsheet would run. The same rows give
the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reports.columns import Currencies, Part, are_ordinary, part_of, told, values_of
from reports.csv_twin import FileRecord, record
from reports.files import atomically
from reports.text import printable
from reports.totals import as_decimal, day, exact, totals
from revrec.column_rows import Values, objects_of
from revrec.errors import ReportError
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.money import minor_digits

BATCH = 10_000
"""Rows in memory as Arrow at once."""
_MONEY_SCALE = 4
"""Decimals that no currency exceeds."""
_DIGITS, _DIGITS_WIDE = 38, 76
_SCALE = 12
"""Decimals of a quantity or a ratio at least."""
_INTEGER_MAX = 2**63 - 1
_MONEY = pa.decimal128(_DIGITS, _MONEY_SCALE)
Row = Mapping[str, object]


def write_parquet(path: Path, data: DataSet) -> FileRecord:
    """Write the twin of a data set; ``ReportError`` if a figure is not exact."""
    sums = totals(data)
    with atomically(path) as target:
        write_rows(target, schema_of(data), [data])
    return record(path, [(data, sums)])


def write_rows(path: Path, schema: pa.Schema, parts: Iterable[DataSet]) -> None:
    """Write all rows of the parts, batch by batch; ``ReportError`` if a figure is not exact."""
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for data in parts:
            for batch in batches(data, schema):
                writer.write_batch(batch)


def rows_of(data: DataSet, start: int, stop: int) -> Iterator[Row]:
    """Rows by column: decimals exact, money in its currency, nothing rounded.

    Raises ``ReportError`` if a figure is not exact.
    """
    names = [column.name for column in data.columns]
    part = part_of(data, start, stop)
    exact_ones = [_exact_ones(data, place, part, start + 1) for place in range(len(data.columns))]
    for row in zip(*exact_ones, strict=True):
        yield dict(zip(names, row, strict=True))


def _exact_ones(data: DataSet, place: int, part: Part, first: int) -> Sequence[object]:
    """A column's values, each exact; of rows from number ``first`` on."""
    column, values = data.columns[place], part.columns[place]
    if column.type is ColumnType.TEXT and part.is_so(place, are_ordinary):
        return objects_of(values)

    def value_of(number: int, value: object, currency: str | None) -> object:
        return _exact(data, column, number, value, currency)

    return told(column, values, part.currencies, value_of, first)


def _exact(
    data: DataSet, column: Column, number: int, value: object, currency: str | None
) -> object:
    if value is None:
        return None
    match column.type:
        case ColumnType.TEXT:
            return printable(str(value))
        case ColumnType.DATE:
            return day(data, column, number, value)
        case ColumnType.MONEY | ColumnType.QUANTITY | ColumnType.PRICE | ColumnType.RATIO:
            return as_decimal(column, exact(data, column, number, value), currency)
        case ColumnType.INTEGER:
            return exact(data, column, number, value)


def schema_of(data: DataSet) -> pa.Schema:
    """Arrow types of the columns; exact decimals get as many places as the rows need."""
    return pa.schema(
        [
            pa.field(column.name, _type_of(data, column, values_of(data, place)))
            for place, column in enumerate(data.columns)
        ]
    )


def _type_of(data: DataSet, column: Column, values: Values) -> pa.DataType:
    match column.type:
        case ColumnType.TEXT:
            return pa.string()
        case ColumnType.DATE if isinstance(values, pa.Array):
            return pa.date32()
        case ColumnType.DATE:
            has_times = any(isinstance(each, datetime) for each in set(values))
            return pa.timestamp("us", tz="UTC") if has_times else pa.date32()
        case ColumnType.INTEGER:
            numbers = _numbers(values)
            fits = all(abs(each) <= _INTEGER_MAX for each in numbers)
            return pa.int64() if fits else _decimals(data, column, numbers, 0)
        case ColumnType.MONEY:
            return _decimals(data, column, _numbers(values), _MONEY_SCALE)
        case ColumnType.QUANTITY | ColumnType.PRICE | ColumnType.RATIO:
            return _decimals(data, column, _numbers(values), _SCALE)


def _numbers(values: Values) -> list[Decimal]:
    """The numbers among the values; of whole ones the least and the greatest.

    Those too of a column of Arrow, whose numbers have the same places. Of others each object
    once: equal decimals may differ in their places.
    """
    if isinstance(values, pa.Array):
        bounds = pc.min_max(values).as_py().values()
        return [Decimal(each) for each in bounds if each is not None]
    whole = set(filter(None, values)) if set(map(type, values)) <= {int, type(None)} else None
    if whole is not None:
        return [Decimal(each) for each in (min(whole), max(whole))] if whole else []
    distinct = {id(each): each for each in values}.values()
    return [Decimal(each) for each in distinct if isinstance(each, int | Decimal)]


def _decimals(data: DataSet, column: Column, numbers: Sequence[Decimal], scale: int) -> pa.DataType:
    """The narrowest type with that scale, or a greater one if the numbers need it.

    Money counts in minor units here, which only makes room for more digits than it has.
    """
    whole = max(0, *(each.adjusted() + 1 for each in (*numbers, Decimal(0))))
    scale = max(scale, *(-int(each.as_tuple().exponent) for each in (*numbers, Decimal(0))))
    if whole + scale > _DIGITS_WIDE:
        raise ReportError(
            f"{column.name} of {data.name} needs {whole} digits before the point and {scale} "
            f"after it; a Parquet decimal keeps {_DIGITS_WIDE} in all.",
            remedy="Record the quantity in a larger unit or with fewer decimals.",
            column=column.name,
        )
    if whole + scale > _DIGITS:
        return pa.decimal256(_DIGITS_WIDE, scale)
    return pa.decimal128(_DIGITS, scale)


def batches(data: DataSet, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """All rows as Arrow, a batch at a time; ``ReportError`` if a figure is not exact."""
    for start in range(0, len(data.rows), BATCH):
        part = part_of(data, start, start + BATCH)
        arrays = [
            _array(data, place, part, start + 1, each.type) for place, each in enumerate(schema)
        ]
        yield pa.record_batch(arrays, schema=schema)


def _array(data: DataSet, place: int, part: Part, first: int, kind: pa.DataType) -> pa.Array:
    column, values = data.columns[place], part.columns[place]
    if isinstance(values, pa.Array) and column.type is not ColumnType.MONEY:
        if column.type is not ColumnType.TEXT or part.is_so(place, are_ordinary):
            return values.cast(kind)
    elif isinstance(values, pa.Array) and kind == _MONEY:
        with suppress(pa.ArrowInvalid):  # beyond 64 bits, told one by one
            return _money(values, part.currencies)
    return pa.array(_exact_ones(data, place, part, first), type=kind)


def _money(values: pa.Int64Array, currencies: Currencies) -> pa.Array:
    """Minor units as decimals of their currencies."""
    places = {each: 10 ** (_MONEY_SCALE - minor_digits(str(each))) for each in set(currencies)}
    units = (
        pa.scalar(*places.values(), pa.int64())
        if len(places) == 1
        else pa.array([places[each] for each in currencies], pa.int64())
    )
    whole = pc.multiply_checked(values, units)
    return whole.cast(pa.decimal128(_DIGITS, 0)).view(_MONEY)
