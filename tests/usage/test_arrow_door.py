"""Arrow IPC gives the same rows as every other door, and nothing that is not exact."""

from __future__ import annotations

import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from revrec.errors import FeedError
from revrec.usage import doors
from tests.usage.samples import as_parquet, told

ROWS = [told(usage_id=f"u-{number}", quantity=f"{number}.5") for number in range(1, 8)]


def as_arrow(table: pa.Table, *, stream: bool, rows: int = 3) -> bytes:
    """The table as Arrow IPC in batches of some rows."""
    sink = io.BytesIO()
    new = pa.ipc.new_stream if stream else pa.ipc.new_file
    with new(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=rows)
    return sink.getvalue()


def table() -> pa.Table:
    """The rows, figures as DECIMAL and dates as DATE."""
    return pq.read_table(io.BytesIO(as_parquet(ROWS)))


def read(content: bytes, folder: Path) -> list[dict[str, object]]:
    """What the doors make of the bytes."""
    path = folder / "usage"
    path.write_bytes(content)
    return [row for batch in doors.read(path, "usage.arrows") for row in batch.to_pylist()]


@pytest.mark.parametrize("stream", [True, False])
def test_the_same_rows_as_parquet(tmp_path: Path, *, stream: bool) -> None:
    """Row by row, numbered through all batches."""
    rows = read(as_arrow(table(), stream=stream), tmp_path)

    assert rows == read(as_parquet(ROWS), tmp_path)
    assert [row["row_number"] for row in rows] == list(range(1, 8))
    assert Decimal(str(rows[1]["quantity"])) == Decimal("2.5")


@pytest.mark.parametrize("stream", [True, False])
def test_binary_fractions_are_refused(tmp_path: Path, *, stream: bool) -> None:
    """A float is not the decimal it shows."""
    inexact = table().set_column(
        table().schema.get_field_index("amount"), "amount", pa.array([0.1] * len(ROWS))
    )

    with pytest.raises(FeedError, match="Binary floating point"):
        read(as_arrow(inexact, stream=stream), tmp_path)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("cut", [5, 50, 500, -5])
def test_a_stream_cut_short_is_refused_whole(tmp_path: Path, cut: int, *, stream: bool) -> None:
    """Whatever is missing, nothing of it counts."""
    whole = as_arrow(table(), stream=stream)
    if stream and cut < 0:
        # The mark of the end may be left out; without its last batch's bytes nothing is whole.
        cut = len(whole) - 100

    with pytest.raises(FeedError):
        read(whole[:cut], tmp_path)
