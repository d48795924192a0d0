"""Where untrusted files of usage come in: bytes to batches of rows, nothing lost on the way.

CSV and NDJSON (plain, ``.gz`` or ``.zst``) give texts, Parquet and Arrow IPC their own types; as
texts, all give the same rows in the same columns. A file that cannot be told apart into rows is
refused whole with ``FeedError``; a row that cannot be told apart into columns comes through with
a reason in ``fault`` and ends in quarantine. What a value means is for ``plain`` and
``validation``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

import pyarrow as pa

from revrec.errors import FeedError
from revrec.usage import arrow_door, csv_door, ndjson_door, parquet_door
from revrec.usage.columns import RATED, Form
from revrec.usage.lines import Bytes

ROWS_MAX = 100_000_000
"""Most rows of one file: their totals still fit DECIMAL(38), and no archive unpacks for ever."""

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"
_COMPRESSIONS = {".gz": ("gzip", _GZIP), ".zst": ("zstd", _ZSTD)}
_Door = Callable[[Bytes, str, Form], Iterator[pa.RecordBatch]]
_TEXT_DOORS: dict[str, _Door] = {
    ".csv": csv_door.read,
    ".ndjson": ndjson_door.read,
    ".jsonl": ndjson_door.read,
    ".json": ndjson_door.read,
}
_ACCEPTED = "Parquet, Arrow IPC, CSV or NDJSON; CSV and NDJSON also as .gz or .zst"


def read(
    path: Path, file: str, form: Form = RATED, *, rows_max: int = ROWS_MAX
) -> Iterator[pa.RecordBatch]:
    """The rows of the file at ``path``, which came under the name ``file``.

    Batches have the schema ``columns.ARRIVED``, of typed files the number of the row and their own
    columns. They come in the order of the file, except that within a batch's span of rows the
    faults come last. Memory is bounded by the size of a block,
    whatever the size of the file. Raises ``FeedError`` naming the file, and the column where one
    is at fault; until it is raised, batches may have been given.
    """
    count = 0
    with _readable(file):
        for batch in _batches(path, file, form):
            count += batch.num_rows
            if count > rows_max:
                raise FeedError(
                    f"{file}: more than {rows_max} rows.",
                    remedy="Send it in several files.",
                    file=file,
                )
            yield batch


def read_texts(
    path: Path, file: str, form: Form = RATED, *, rows_max: int = ROWS_MAX
) -> Iterator[pa.RecordBatch]:
    """As ``read``, every batch in the schema ``columns.ARRIVED``."""
    with _readable(file):
        for rows in read(path, file, form, rows_max=rows_max):
            yield from parquet_door.as_text(rows)


def _batches(path: Path, file: str, form: Form) -> Iterator[pa.RecordBatch]:
    with path.open("rb") as stream:
        magic = stream.read(4)
    suffixes = [suffix.lower() for suffix in PurePath(file).suffixes]
    if magic == _PARQUET:
        yield from parquet_door.read(path, file, form)
        return
    if magic in {arrow_door.FILE_MAGIC, arrow_door.STREAM_MAGIC}:
        yield from arrow_door.read(path, file, form)
        return
    if magic == _ZIP or ".parquet" in suffixes:
        raise FeedError(
            f"{file}: the content is "
            + ("a workbook or zip archive." if magic == _ZIP else "not Parquet."),
            remedy=f"Send {_ACCEPTED}.",
            file=file,
            accepted=_ACCEPTED,
        )
    compression = next(
        (name for name, mark in _COMPRESSIONS.values() if magic[:4].startswith(mark)), None
    )
    named = next((_COMPRESSIONS[suffix][0] for suffix in suffixes if suffix in _COMPRESSIONS), None)
    if named and compression != named:
        raise FeedError(
            f"{file}: the name says {named}, the content is not.",
            remedy="Send the file again, or name it for what it is.",
            file=file,
            accepted=_ACCEPTED,
        )
    with pa.input_stream(str(path), compression=compression) as text:
        door = next((_TEXT_DOORS[suffix] for suffix in suffixes if suffix in _TEXT_DOORS), None)
        yield from (door or _door_by_content(path, compression))(text, file, form)


def _door_by_content(path: Path, compression: str | None) -> _Door:
    """An unnamed text is NDJSON if it begins with a brace, else CSV."""
    with pa.input_stream(str(path), compression=compression) as text:
        head = text.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    return ndjson_door.read if head.startswith(b"{") else csv_door.read


@contextmanager
def _readable(file: str) -> Iterator[None]:
    """Turn what the readers raise on damaged bytes into ``FeedError``."""
    try:
        yield
    except (pa.ArrowException, OSError, zlib.error) as error:
        raise FeedError(
            f"{file}: the file is damaged or cut short ({error}).",
            remedy="Send the file again; nothing of it was recorded.",
            file=file,
        ) from error
