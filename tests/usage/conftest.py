"""Send usage to the module's stores as one entity of the test's own."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import pyarrow as pa
import pytest

from revrec.store import facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage.ingest import ingest
from revrec.usage.totals import ControlTotals
from tests.usage.customers import customers
from tests.usage.samples import as_csv


class Send(Protocol):
    """Ingest rows as CSV, or bytes as they are."""

    def __call__(
        self,
        told: Sequence[Mapping[str, str]] | bytes,
        *,
        name: str = "usage.csv",
        batch: str | None = None,
    ) -> ControlTotals:
        """The control totals."""


@pytest.fixture
def books(database: Database, entity: int) -> int:
    """The entity, with the two customers on record."""
    database.run(lambda tx: facts.record(tx, customers()), entity=entity, actor="preparer")
    return entity


@pytest.fixture
def send(database: Database, lake: Lake, books: int) -> Send:
    """Sends usage to the entity's books."""

    def run(
        told: Sequence[Mapping[str, str]] | bytes,
        *,
        name: str = "usage.csv",
        batch: str | None = None,
    ) -> ControlTotals:
        content = told if isinstance(told, bytes) else as_csv(told)
        return ingest(
            database,
            lake,
            io.BytesIO(content),
            source_name=name,
            batch=batch,
            entity=books,
            actor="metering",
        )

    return run


@pytest.fixture
def held(database: Database, lake: Lake, books: int) -> Callable[[], pa.Table]:
    """Reads the entity's usage ledger, in order of date, source and id."""

    def read(tx: Transaction) -> pa.Table:
        dataset = lake.dataset(tx, "usage")
        if dataset is None:
            return pa.table({"usage_id": pa.array([], pa.string())})
        order = [("usage_date", "ascending"), ("source", "ascending"), ("usage_id", "ascending")]
        return dataset.to_table().sort_by(order)

    return lambda: database.run(read, entity=books, actor="auditor", read_only=True)
