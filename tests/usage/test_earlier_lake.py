"""Usage goes on in a lake that release 0.1.0 began."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pytest

from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.lake_tables import TABLES
from tests.usage.conftest import Send
from tests.usage.samples import judge, told


def test_what_an_earlier_release_holds_is_not_told_again(
    database: Database,
    lake: Lake,
    books: int,
    send: Send,
    held: Callable[[], pa.Table],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """0.1.0 kept a digest of each row, which nobody reads now: rows are compared as told."""
    schema, partitions = TABLES["usage"]
    digest = pa.field("digest", pa.string(), nullable=False)
    rows = judge([told(usage_id="u-1"), told(usage_id="u-2")]).accepted
    rows = rows.set_column(0, schema.field("entity_id"), pa.array([books] * 2, pa.int32()))
    with monkeypatch.context() as patch:
        patch.setitem(TABLES, "usage", (pa.schema([*schema, digest]), partitions))
        before = rows.append_column(digest, pa.array(["d" * 64, "e" * 64]))
        database.run(
            lambda tx: lake.append(tx, "usage", before, "0.1.0", {}), entity=books, actor="m"
        )

    totals = send([told(usage_id="u-1"), told(usage_id="u-2", quantity="1"), told(usage_id="u-3")])

    assert (1, 1, 1) == (totals.duplicate.rows, totals.quarantined.rows, totals.accepted.rows)
    assert [("u-1", "d" * 64), ("u-2", "e" * 64), ("u-3", "")] == list(
        zip(held()["usage_id"].to_pylist(), held()["digest"].to_pylist(), strict=True)
    )
