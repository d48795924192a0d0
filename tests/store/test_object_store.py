"""A lake at a URL: versions are whole, count once, and are taken back if nobody names them.

A folder's URL stands in for an object store. REVREC_TEST_LAKE names a real one, such as
``s3://bucket/prefix``, with what Delta reads from the environment to reach it.
"""

from __future__ import annotations

import os
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from revrec.store.lake import Lake
from revrec.store.lake_tables import USAGE
from revrec.store.transaction import Transaction
from tests.conftest import Run

STORE = os.environ.get("REVREC_TEST_LAKE", "")


class Died(Exception):
    """Between the two commits."""


@pytest.fixture(
    params=[
        "folder",
        pytest.param(
            "store",
            marks=pytest.mark.skipif(not STORE, reason="REVREC_TEST_LAKE names no object store"),
        ),
    ]
)
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Lake:
    """An empty lake at a URL."""
    root = tmp_path.as_uri() if request.param == "folder" else f"{STORE}/{uuid.uuid4()}"
    return Lake(root)


def usage(entity: int, first: int) -> pa.Table:
    """Three rows of two days, of 1, 2, 3 units after the first."""
    return pa.Table.from_pylist(
        [
            {
                "entity_id": entity,
                "usage_date": date(2026, 1, 1 + number % 2),
                "source": "meter",
                "usage_id": f"u-{number}",
                "contract": "C",
                "meter": "tokens",
                "quantity": Decimal(number),
                "unit": "token",
                "amount": Decimal(number),
                "currency": "USD",
                "dimensions": "{}",
                "corrects": None,
                "batch": "b",
                "recorded_at": datetime(2026, 2, 1, 9, tzinfo=UTC),
            }
            for number in range(first + 1, first + 4)
        ],
        schema=USAGE,
    )


def test_versions_are_whole_and_count_once(lake: Lake, run: Run, entity: int) -> None:
    """Appended, told again, compacted, died and recovered; each version stays readable."""

    def append(tx: Transaction, batch: str, first: int) -> int:
        return lake.append(tx, "usage", usage(entity, first), batch, {})

    def units(version: int | None = None) -> list[int]:
        held = run(lambda tx: lake.dataset(tx, "usage", version).to_table())
        return sorted(int(told) for told in held["quantity"].to_pylist())

    def die(tx: Transaction) -> None:
        append(tx, "died", 100)
        raise Died

    first = run(lambda tx: append(tx, "one", 0))
    second = run(lambda tx: append(tx, "two", 3))
    again = run(lambda tx: append(tx, "two", 3))
    compacted = run(lambda tx: lake.compact(tx, "usage"))
    with pytest.raises(Died):
        run(die)

    assert second == again
    assert (4, 2, 6) == (compacted.files_before, compacted.files_after, compacted.rows)
    assert [1, 2, 3, 4, 5, 6] == units()
    assert ["usage"] == run(lake.recover)
    assert [] == run(lake.recover)
    run(lambda tx: append(tx, "three", 6))
    assert [1, 2, 3, 4, 5, 6, 7, 8, 9] == units()
    assert [[1, 2, 3], [1, 2, 3, 4, 5, 6]] == [units(first), units(second)]
    run(lake.verify)
