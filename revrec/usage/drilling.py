"""Looking into the usage ledger: from totals to days to rows, now or as it once was.

Totals come from what was rolled up, of the months asked for alone; rows from the files of the days
asked for. Both may be asked as of a committed version of the ledger or of what was known at a
moment.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds

from revrec.columnar import connect
from revrec.errors import FeedError
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from revrec.usage.columns import RECORDED_AT
from revrec.usage.ledger import TABLE
from revrec.usage.owners import owners

LABEL = "label:"
"""Marks a grain that is a label of the usage: ``label:region``."""
GRAINS: Mapping[str, str] = {
    "customer": "coalesce(customer, cell.contract)",
    "contract": "cell.contract",
    "meter": "meter",
    "source": "source",
    "month": "strftime(usage_date, '%Y-%m')",
    "day": "strftime(usage_date, '%Y-%m-%d')",
}
"""What totals may be told by, besides labels: name -> SQL."""
_COLUMNS = ["usage_date", "source", "contract", "meter", "unit", "currency", "quantity", "amount"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which usage is looked at; what is left out does not narrow it."""

    first: date | None = None
    last: date | None = None
    customer: str | None = None
    contract: str | None = None
    meter: str | None = None
    source: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    version: int | None = None
    """As of this committed version of the usage ledger; the last if left out."""
    known_at: datetime | None = None
    """Of it, what had been recorded by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalOf:
    """A total, always of one unit and one currency."""

    by: tuple[str | None, ...]
    """Its place in each grain that was asked for; none where usage has no such label."""
    unit: str
    currency: str
    rows: int
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Totals as of a version of the usage ledger, in order of their places."""

    version: int | None
    """None while the ledger is empty."""
    by: tuple[str, ...]
    totals: tuple[TotalOf, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of the usage ledger, some of those that were asked for."""

    version: int | None
    found: int
    """How many rows there are."""
    rows: pa.Table
    """Those shown, in the ledger's columns, by day, source and usage id."""


def totals(
    tx: Transaction, lake: Lake, by: Sequence[str], span: Span, *, rolled: bool = True
) -> Totals:
    """Exact totals by the grains named, such as ``("contract", "month", "label:region")``.

    ``rolled`` false sums the rows themselves, which gives the same. Raises FeedError for a grain
    there is not, NotFound for a version that was never committed.
    """
    grains = [grain_sql(name) for name in by]
    version = lake.committed_version(tx, TABLE) if span.version is None else span.version
    held = rollup.cells(tx, lake, span.version, rolled=rolled)
    if held is None:
        return Totals(version=None, by=tuple(by), totals=())
    labelled = bool(span.labels) or any(name.startswith(LABEL) for name in by)
    columns = [*_COLUMNS, *(["dimensions"] if labelled else [])]
    with connect() as bench:
        rollup.put(bench, held, columns, conditions(held, span))
        bench.register("owner", owners(tx, span.known_at))
        told = "".join(f"{sql}, " for sql in grains)
        found = bench.execute(
            f"""
            select {told} unit, currency, sum(rows)::bigint, sum(quantity), sum(amount)
            from cell left join owner on owner.contract = cell.contract
            where {narrowing(span)}
            group by all order by all
            """,
            narrowed_to(span),
        ).fetchall()
    return Totals(
        version=version,
        by=tuple(by),
        totals=tuple(
            TotalOf(
                by=tuple(row[: len(grains)]),
                **dict(
                    zip(("unit", "currency", "rows", "quantity", "amount"), row[len(grains) :],
                        strict=True)
                ),
            )
            for row in found
        ),
    )  # fmt: skip


def rows(tx: Transaction, lake: Lake, span: Span, *, limit: int = 100, after: int = 0) -> Rows:
    """The rows that totals of the span sum, ``limit`` of them after so many.

    Raises NotFound for a version that was never committed.
    """
    version = lake.committed_version(tx, TABLE) if span.version is None else span.version
    held = lake.dataset(tx, TABLE, span.version)
    if held is None:
        return Rows(version=None, found=0, rows=pa.table({}))
    with connect() as bench:
        rollup.put(bench, held, held.schema.names, conditions(held, span))
        bench.register("owner", owners(tx, span.known_at))
        bench.execute(
            f"""
            create table found as
            select cell.* exclude (rows) from cell left join owner on owner.contract = cell.contract
            where {narrowing(span)}
            """,
            narrowed_to(span),
        )
        (count,) = bench.execute("select count(*) from found").fetchall()
        table = bench.sql(
            "from found order by usage_date, source, usage_id limit $limit offset $after",
            params={"limit": limit, "after": after},
        ).to_arrow_table()
    return Rows(version=version, found=count[0], rows=table)


def grain_sql(name: str) -> str:
    """SQL of a grain; FeedError for one there is not."""
    if name.startswith(LABEL) and name != LABEL:
        label = name.removeprefix(LABEL).replace("'", "''")
        return f"json_extract_string({rollup.LABELS}, {_path(label)})"
    if name not in GRAINS:
        raise FeedError(
            f"There are no totals by {name!r}.",
            remedy=f"Ask by {', '.join(GRAINS)} or {LABEL}NAME.",
            field="by",
        )
    return GRAINS[name]


def _path(label: str) -> str:
    """SQL: where DuckDB finds a label; quoted, so that a dot is part of its name."""
    return "'$.\"" + label.replace('"', '\\"') + "\"'"


def conditions(held: ds.Dataset, span: Span) -> list[pc.Expression]:
    """What keeps files from being read: days, contract and meter; and what was known."""
    found = rollup.within(held, span.first, span.last)
    if span.known_at is not None:
        found.append(pc.field("recorded_at") <= pa.scalar(span.known_at, RECORDED_AT))
    for name in ("contract", "meter", "source"):
        value = getattr(span, name)
        if value is not None:
            found.append(pc.field(name) == value)
    return found


def narrowing(span: Span) -> str:
    """SQL: what is narrowed after reading."""
    found = ["true"]
    if span.customer is not None:
        found.append(f"{GRAINS['customer']} = $customer")
    found += [
        f"{grain_sql(LABEL + name)} = $label{number}" for number, name in enumerate(span.labels)
    ]
    return " and ".join(found)


def narrowed_to(span: Span) -> dict[str, str]:
    """Values of the parameters of ``narrowing``."""
    values = {f"label{number}": value for number, value in enumerate(span.labels.values())}
    return values | ({} if span.customer is None else {"customer": span.customer})
