"""Data sets as the caller wants them: a page of JSON, or all rows as lines, CSV, Arrow, Parquet.

All forms hold the same figures: money as decimals of its currency, quantities with all their
digits, days as days. They are written batch by batch, so that what is in memory beside the rows
does not grow with them.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc

from api.problems import NotAcceptable
from reports.csv_twin import lines
from reports.digits import plain
from reports.parquet_twin import BATCH, Row, batches, rows_of, schema_of, write_rows
from revrec.errors import FeedError
from revrec.model.dataset import ColumnType, DataSet

JSON = "application/json"


def told(data: DataSet, row: Row) -> dict[str, str | int | None]:
    """A row as JSON: decimals and days are text."""
    money = {each.name for each in data.columns if each.type is ColumnType.MONEY}
    return {name: _text(value, money=name in money) for name, value in row.items()}


def _text(value: object, *, money: bool) -> str | int | None:
    match value:
        case None | int():
            return value
        case Decimal():
            return f"{value:f}" if money else plain(value)
        case date():
            return value.isoformat()
        case _:
            return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A column that is to hold a value, as JSON writes it."""

    column: str
    value: str


def among(data: DataSet, conditions: Sequence[Condition]) -> DataSet:
    """The rows that hold every value told; FeedError for a column there is not."""
    if not conditions:
        return data
    names = [column.name for column in data.columns]
    for each in conditions:
        if each.column not in names:
            raise FeedError(
                f"{data.name} has no column {each.column!r}.",
                remedy=f"It has: {', '.join(names)}.",
            )
    shown = (told(data, row) for row in rows_of(data, 0, len(data.rows)))
    kept = [
        row
        for row, by_name in zip(data.rows, shown, strict=True)
        if all(str(by_name[each.column]) == each.value for each in conditions)
    ]
    return replace(data, rows=kept)


Parts = Iterable[DataSet]
"""Rows of the same columns, part by part; one part at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What is sent in a form."""

    parts: Parts
    schema: pa.Schema | None = None
    """Arrow types of all of them; of the first part if left out."""

    def typed(self) -> tuple[pa.Schema, Parts]:
        """The types, and all parts."""
        if self.schema is not None:
            return self.schema, self.parts
        remaining = iter(self.parts)
        first = next(remaining)
        return schema_of(first), chain([first], remaining)


def _ndjson(sent: Rows) -> Iterator[bytes]:
    """A record a line."""
    for data in sent.parts:
        for start in range(0, len(data.rows), BATCH):
            found = (told(data, row) for row in rows_of(data, start, start + BATCH))
            yield "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in found).encode()


def _comma_separated(sent: Rows) -> Iterator[bytes]:
    """The CSV twin of a sheet."""
    for number, data in enumerate(sent.parts):
        found = islice(lines(data), int(number > 0), None)
        while batch := list(islice(found, BATCH)):
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\r\n").writerows(batch)
            yield text.getvalue().encode()


def _arrow_stream(sent: Rows) -> Iterator[bytes]:
    """The stream form of Arrow IPC."""
    schema, parts = sent.typed()
    sink = io.BytesIO()
    with pyarrow.ipc.new_stream(sink, schema) as writer:
        for batch in chain.from_iterable(batches(data, schema) for data in parts):
            writer.write_batch(batch)
            yield sink.getvalue()
            sink.seek(0)
            sink.truncate()
    yield sink.getvalue()


def _parquet(sent: Rows) -> Iterator[bytes]:
    """A Parquet file, first on disk: its directory comes last."""
    schema, parts = sent.typed()
    with tempfile.TemporaryDirectory(prefix="revrec-") as folder:
        path = Path(folder) / "rows.parquet"
        write_rows(path, schema, parts)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                yield block


FORMS: Mapping[str, Callable[[Rows], Iterator[bytes]]] = {
    "application/x-ndjson": _ndjson,
    "text/csv": _comma_separated,
    "application/vnd.apache.arrow.stream": _arrow_stream,
    "application/vnd.apache.parquet": _parquet,
}
"""Media types in which all rows are sent."""
BINARY = {each: {"schema": {"type": "string", "format": "binary"}} for each in FORMS}
"""How they are described."""


def accepted(header: str) -> str:
    """The media type to answer in, by an Accept header; JSON if any will do.

    Raises NotAcceptable when none of those wanted is to be had.

    >>> accepted("text/html;q=0.9, text/csv;q=0.5, */*;q=0.1")
    'text/csv'
    """
    wanted = [_range(each) for each in (header or "*/*").split(",")]
    best, most = "", Decimal(0)
    for media_type in (JSON, *FORMS):
        within = {media_type, f"{media_type.partition('/')[0]}/*", "*/*"}
        # The range that names a type most closely says how much it is wanted.
        fits = sorted((name.count("*"), weight) for name, weight in wanted if name in within)
        if fits and fits[0][1] > most:
            best, most = media_type, fits[0][1]
    if not best:
        raise NotAcceptable(
            f"The answer is not to be had as {header!a}.",
            remedy=f"Accept one of: {', '.join((JSON, *FORMS))}.",
        )
    return best


def _range(text: str) -> tuple[str, Decimal]:
    """A media range with its weight, 1 if it has none that is a number."""
    named, *told_ = (each.strip().lower() for each in text.split(";"))
    weights = [each.removeprefix("q=") for each in told_ if each.startswith("q=")]
    is_number = bool(weights) and weights[0].isascii() and weights[0].replace(".", "", 1).isdigit()
    return named, Decimal(weights[0]) if is_number else Decimal(1)
