"""Parquet as batches of its own types, and as text where a row is to be judged by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from revrec.errors import FeedError
from revrec.usage.columns import ARRIVED, RATED, ROW_NUMBER, SHARED, Form
from revrec.usage.csv_door import check_columns
from revrec.usage.lines import decoded, set_aside
from revrec.usage.ndjson_door import labels_as_text

_BATCH_ROWS = 2**17
_COUNTED = ("quantity", "amount")


def read(path: Path, file: str, form: Form = RATED) -> Iterator[pa.RecordBatch]:
    """The rows of a Parquet file, numbered, values in their own types."""
    with pq.ParquetFile(path) as parquet:
        schema = parquet.schema_arrow
        check_schema(schema, file, form)
    shared = [field.name for field in schema if field.name in SHARED and _is_text(field.type)]
    with pq.ParquetFile(path, read_dictionary=shared) as parquet:
        count = 0
        # Group by group, since a batch across groups leaves scraps of both.
        for group in range(parquet.num_row_groups):
            for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, row_groups=[group]):
                yield with_numbers(batch, count + 1)
                count += batch.num_rows


def check_schema(schema: pa.Schema, file: str, form: Form) -> None:
    """Refuse columns that are missing or not known, and types that do not hold figures exactly."""
    check_columns(schema.names, file, form)
    for field in schema:
        _check_type(field, file)


def _check_type(field: pa.Field, file: str) -> None:
    kind = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    if _is_text(kind) or pa.types.is_null(kind):
        return
    if field.name in _COUNTED:
        accepted, fits = "DECIMAL, integer or text", _is_exact(kind)
    elif field.name == "usage_date":
        accepted, fits = "DATE, or text as 2026-01-31", pa.types.is_date(kind)
    elif field.name == "time":
        accepted, fits = "TIMESTAMP with a time zone, or text", _is_instant(kind)
    elif field.name == "dimensions":
        accepted, fits = "text that holds a JSON object", False
    else:
        accepted, fits = "text or integer", pa.types.is_integer(kind)
    if fits:
        return
    why = (
        " Binary floating point does not hold decimal figures exactly."
        if pa.types.is_floating(kind)
        else ""
    )
    raise FeedError(
        f"{file}: the column {field.name!r} has the type {field.type}.{why}",
        remedy=f"Write it as {accepted}.",
        file=file,
        column=field.name,
        value=str(field.type),
        accepted=accepted,
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_instant(kind: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(kind) and kind.tz is not None)


def _is_exact(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_decimal(kind))


def with_numbers(batch: pa.RecordBatch, first: int) -> pa.RecordBatch:
    """The rows with their numbers, from ``first``."""
    numbers = pa.array(np.arange(first, first + len(batch), dtype=np.int64))
    return pa.RecordBatch.from_arrays([numbers, *batch.columns], [ROW_NUMBER, *batch.schema.names])


def as_text(rows: pa.RecordBatch) -> Iterator[pa.RecordBatch]:
    """Numbered rows as batches of text; those of ``ARRIVED`` are that already."""
    if rows.schema.equals(ARRIVED):
        yield rows
        return
    damaged: set[int] = set()
    given = {name: _text(rows.column(name), damaged) for name in rows.schema.names[1:]}
    given[ROW_NUMBER] = rows.column(ROW_NUMBER)
    blank = pa.nulls(len(rows), pa.string())
    told = pa.RecordBatch.from_arrays(
        [given.get(name, blank) for name in ARRIVED.names], schema=ARRIVED
    )
    if not damaged:
        yield told
        return
    faults = {}
    for position in sorted(damaged):
        shown = {name: given[name][position].as_py() for name in rows.schema.names[1:]}
        number = cast("int", given[ROW_NUMBER][position].as_py())
        faults[number] = ("unreadable-text", labels_as_text(shown))
    yield told.filter(pa.array([position not in damaged for position in range(len(rows))]))
    yield set_aside(faults)


def _text(values: pa.Array, damaged: set[int]) -> pa.Array:
    """The values as text; the positions of those whose bytes are not UTF-8 go into ``damaged``."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_decimal(values.type):
        return _plain_decimals(values)
    if pa.types.is_timestamp(values.type):
        moments = values.cast(pa.timestamp("us", "UTC"))
        return cast("pa.Array", pc.strftime(moments, "%Y-%m-%dT%H:%M:%SZ"))
    if not _is_text(values.type):
        return values.cast(pa.string())
    # Parquet readers take texts on trust; the detour over bytes makes Arrow check them.
    raw = values.cast(pa.large_string()).cast(pa.large_binary())
    try:
        return raw.cast(pa.string())
    except pa.ArrowInvalid:
        texts = [None if value is None else decoded(value) for value in raw.to_pylist()]
        for position, (text, value) in enumerate(zip(texts, raw.to_pylist(), strict=True)):
            if text is not None and text.encode() != value:
                damaged.add(position)
        return pa.array(texts, pa.string())


def _plain_decimals(values: pa.Array) -> pa.Array:
    """Decimals as digits; Arrow writes small ones with an exponent, which feeds do not take."""
    texts = values.cast(pa.string())
    if not pc.any(pc.match_substring(texts, "E")).as_py():
        return texts
    return cast(
        "pa.Array",
        pa.array(
            [None if value is None else f"{value:f}" for value in values.to_pylist()], pa.string()
        ),
    )
