"""What was told, resource by resource, a page at a time, as known at a moment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from revrec.errors import NotFound
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.model.fact import FactKind, RecordedFact
from revrec.operations.known import pins_at
from revrec.operations.workspace import Workspace
from revrec.store import fact_pages
from revrec.store.fact_pages import Customer, Wanted
from revrec.store.transaction import Transaction

ROWS = 5_000
"""Rows of a part when all are read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page begins: after a key, in what was known by a seq."""

    through: int
    after: str = ""


def beginning(workspace: Workspace, known_at: datetime | None) -> Place:
    """The beginning of what was known at a moment, or is now; FeedError without a zone."""
    pins = workspace.run(lambda tx: pins_at(tx, workspace.lake, known_at), read_only=True)
    return Place(through=pins.fact_seq)


def list_facts(
    workspace: Workspace, wanted: Wanted, place: Place, limit: int
) -> Sequence[RecordedFact]:
    """Facts of a kind after a place, at most so many, in order of their keys."""

    def read(tx: Transaction) -> Sequence[RecordedFact]:
        return fact_pages.page(tx, wanted, through=place.through, after=place.after, limit=limit)

    return workspace.run(read, read_only=True)


def list_customers(workspace: Workspace, place: Place, limit: int) -> Sequence[Customer]:
    """Customers of the contracts after a place, at most so many, in order of their ids."""

    def read(tx: Transaction) -> Sequence[Customer]:
        return fact_pages.customers(tx, through=place.through, after=place.after, limit=limit)

    return workspace.run(read, read_only=True)


def customer_of(workspace: Workspace, name: str, *, known_at: datetime | None = None) -> Customer:
    """A customer, as its contracts tell of it by a moment; NotFound if it has none."""

    def read(tx: Transaction) -> Customer | None:
        through = pins_at(tx, workspace.lake, known_at).fact_seq
        return fact_pages.customer(tx, name, through=through)

    found = workspace.run(read, read_only=True)
    if found is None:
        raise NotFound(
            f"No contract is told of a customer {name!r}.", remedy="List them: /v1/customers."
        )
    return found


def versions_of(
    workspace: Workspace, kind: FactKind, key: str, *, known_at: datetime | None = None
) -> Sequence[RecordedFact]:
    """Every version of a fact told by a moment, the first one first; NotFound if there is none."""

    def read(tx: Transaction) -> Sequence[RecordedFact]:
        through = pins_at(tx, workspace.lake, known_at).fact_seq
        return fact_pages.versions(tx, kind, key, through=through)

    found = workspace.run(read, read_only=True)
    if not found:
        raise NotFound(
            f"No {kind.value} {key!r} was told.",
            remedy=f"List what was: /v1/facts/{kind.value}.",
        )
    return found


def facts_data(workspace: Workspace, wanted: Wanted, place: Place) -> Iterator[DataSet]:
    """All facts of a kind after a place as rows, part by part; one part at least."""
    while True:
        found = list_facts(workspace, wanted, place, ROWS)
        yield _facts(wanted.kind, found)
        if len(found) < ROWS:
            return
        place = Place(through=place.through, after=found[-1].fact.key)


def customers_data(workspace: Workspace, place: Place) -> Iterator[DataSet]:
    """All customers after a place as rows, part by part; one part at least."""
    while True:
        found = list_customers(workspace, place, ROWS)
        yield _customers(found)
        if len(found) < ROWS:
            return
        place = Place(through=place.through, after=found[-1].customer)


def _facts(kind: FactKind, found: Sequence[RecordedFact]) -> DataSet:
    return DataSet(
        name=f"{kind.value}_facts",
        title=f"Facts of the kind {kind.value}",
        columns=[
            *(_column(name) for name in ("kind", "key")),
            _column("version", ColumnType.INTEGER),
            _column("contract"),
            _column("effective_on", ColumnType.DATE),
            *(_column(name) for name in ("recorded_at", "recorded_by", "record")),
        ],
        rows=[
            (
                each.fact.kind.value,
                each.fact.key,
                each.version,
                each.fact.contract,
                each.fact.effective_on,
                each.recorded_at.isoformat(),
                each.recorded_by,
                json.dumps(each.fact.body, ensure_ascii=False, sort_keys=True),
            )
            for each in found
        ],
        note="The latest version of each; `record` is what was told, as JSON.",
    )


def _customers(found: Sequence[Customer]) -> DataSet:
    return DataSet(
        name="customers",
        title="Customers",
        columns=[
            *(_column(name) for name in ("customer", "name", "group")),
            _column("contracts", ColumnType.INTEGER),
            *(_column(name, ColumnType.DATE) for name in ("first_inception", "last_inception")),
        ],
        rows=[
            (each.customer, each.name, each.group, each.contracts, each.first, each.last)
            for each in found
        ],
        note="As their contracts tell of them.",
    )


def _column(name: str, kind: ColumnType = ColumnType.TEXT) -> Column:
    return Column(name=name, title=name.replace("_", " ").capitalize(), type=kind)
