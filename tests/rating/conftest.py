"""Books with two customers whose usage is counted and then rated."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from revrec.feeds.records import fact_of
from revrec.store import facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage.columns import COUNTED, Form
from revrec.usage.ingest import ingest
from revrec.usage.rerating import SOURCE, RatingRun, rate_usage
from revrec.usage.totals import ControlTotals
from tests.usage.customers import customers
from tests.usage.samples import as_csv

YEAR_END = date(2026, 12, 31)


@dataclass(frozen=True)
class Metering:
    """An entity's books, and what is done to them."""

    database: Database
    lake: Lake
    entity: int

    def tell(self, *records: Mapping[str, Any]) -> None:
        """Record facts."""
        told = [fact_of(dict(record), "test") for record in records]
        self.database.run(lambda tx: facts.record(tx, told), entity=self.entity, actor="pricing")

    def send(
        self, rows: Sequence[Mapping[str, str]], form: Form = COUNTED, batch: str | None = None
    ) -> ControlTotals:
        """Ingest rows as CSV in the columns of the form."""
        return ingest(
            self.database,
            self.lake,
            io.BytesIO(as_csv(rows, form.columns)),
            source_name="usage.csv",
            batch=batch,
            entity=self.entity,
            actor="metering",
            form=form,
        )

    def rate(
        self, through: date = YEAR_END, *, dry_run: bool = False, everything: bool = False
    ) -> RatingRun:
        """Rate what was counted: what changed since the last rating, or everything."""
        return self.database.run(
            lambda tx: rate_usage(
                tx, self.lake, through=through, dry_run=dry_run, everything=everything
            ),
            entity=self.entity,
            actor="rating",
        )

    def ledger(self) -> list[dict[str, Any]]:
        """Rated rows of the usage ledger, by day and id."""

        def read(tx: Transaction) -> list[dict[str, Any]]:
            dataset = self.lake.dataset(tx, "usage")
            rows = [] if dataset is None else dataset.to_table().to_pylist()
            return sorted(
                (row for row in rows if row["source"] == SOURCE),
                key=lambda row: (row["usage_date"], row["meter"], row["usage_id"]),
            )

        return self.database.run(read, entity=self.entity, actor="auditor", read_only=True)

    def amounts(self) -> dict[tuple[str, str, date], Decimal]:
        """Rated amount by contract, meter and day, where it is not 0."""
        sums: dict[tuple[str, str, date], Decimal] = {}
        for row in self.ledger():
            key = (row["contract"], row["meter"], row["usage_date"])
            sums[key] = sums.get(key, Decimal(0)) + row["amount"]
        return {key: amount for key, amount in sums.items() if amount}


@pytest.fixture
def books(database: Database, lake: Lake, entity: int) -> Metering:
    """The two customers of ``tests.usage.customers``, not priced yet."""
    database.run(lambda tx: facts.record(tx, customers()), entity=entity, actor="preparer")
    return Metering(database, lake, entity)


@pytest.fixture
def price(books: Metering) -> Callable[..., None]:
    """Records a card of one edition, and that it prices Acme."""

    def record(*prices: Mapping[str, Any], edition: str = "list-1", **card: Any) -> None:
        books.tell(
            {
                "kind": "rate_card",
                "id": edition,
                "card": "list",
                "currency": "USD",
                "effective_from": "2026-01-01",
                "prices": list(prices),
            }
            | card,
            {
                "kind": "price_agreement",
                "id": "acme-1",
                "contract": "acme",
                "on": "2026-01-01",
                "card": "list",
            },
        )

    return record
