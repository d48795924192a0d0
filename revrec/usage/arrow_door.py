"""Arrow IPC, as a stream or a file, as batches of its own types; numbers must be exact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from revrec.errors import FeedError
from revrec.usage import parquet_door
from revrec.usage.columns import RATED, Form

FILE_MAGIC = b"ARRO"
STREAM_MAGIC = b"\xff\xff\xff\xff"
_BATCH_BYTES_MAX = 2**30


def read(path: Path, file: str, form: Form = RATED) -> Iterator[pa.RecordBatch]:
    """The rows of an Arrow IPC stream or file, numbered, values in their own types.

    Batches are taken one at a time, as they were written. Each is checked in full before it is
    read: offsets of a hostile sender must not lead outside of it.
    """
    count = 0
    with pa.OSFile(str(path)) as source:
        for batch in _batches(source, file, form):
            if batch.nbytes > _BATCH_BYTES_MAX:
                raise FeedError(
                    f"{file}: a batch holds {batch.nbytes:,} bytes.",
                    remedy="Write batches of some ten thousand rows.",
                    file=file,
                )
            batch.validate(full=True)
            yield parquet_door.with_numbers(batch, count + 1)
            count += batch.num_rows


def _batches(source: pa.NativeFile, file: str, form: Form) -> Iterator[pa.RecordBatch]:
    magic = source.read(len(FILE_MAGIC))
    source.seek(0)
    if magic == FILE_MAGIC:
        with pa.ipc.open_file(source) as reader:
            parquet_door.check_schema(reader.schema, file, form)
            for number in range(reader.num_record_batches):
                yield reader.get_batch(number)
        return
    with pa.ipc.open_stream(source) as reader:
        parquet_door.check_schema(reader.schema, file, form)
        yield from reader
