"""Two independent counts of the same usage: the ledger's, and what another system counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from revrec.columnar import connect
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from revrec.usage.columns import COUNTED, QUANTITY, RECORDED_AT
from revrec.usage.days import day_zone
from revrec.usage.elections import share
from revrec.usage.ledger import TABLE
from revrec.usage.owners import owners
from revrec.usage.rules import RATED_HERE

ELECTION = "drift_of_usage_counts"


class Drift(StrEnum):
    """How two counts of a customer's meter on a day fall apart."""

    MISSING_IN_LEDGER = "missing-in-ledger"
    """The source counted usage, the ledger holds none."""
    MISSING_IN_SOURCE = "missing-in-source"
    """The ledger holds usage, the source, which counts this meter and was awake, told none."""
    DIFFERS = "differs"
    """Both counted, and the difference is beyond the elected share of what the source counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drifted:
    """A customer's meter on a day that two systems counted otherwise."""

    source: str
    customer: str
    """The customer; the contract if it is not known, whose customer nobody knows then."""
    meter: str
    day: date
    drift: Drift
    ledger: Decimal
    counted: Decimal
    """What the source counted, in units of the meter."""

    @property
    def difference(self) -> Decimal:
        """Ledger less source: above zero the ledger has more."""
        return self.ledger - self.counted

    @property
    def relative(self) -> Fraction | None:
        """The difference as a share of what the source counted; none if it counted nothing."""
        return abs(Fraction(self.difference)) / Fraction(self.counted) if self.counted else None

    def __str__(self) -> str:
        more = "more" if self.difference > 0 else "less"
        share = self.relative
        told = "" if share is None else f" ({Decimal(round(share * 1_000_000)).scaleb(-4):f}%)"
        return (
            f"{self.drift}: {self.customer} on {self.meter}, {self.day}: the ledger holds "
            f"{self.ledger:,f}, {self.source} counted {self.counted:,f}; "
            f"{abs(self.difference):,f} {more}{told}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Ledger and sources over a span of days."""

    first: date
    last: date
    tolerance: Fraction
    """Largest share of a source's count that may be off."""
    compared: int
    """Customers' meters and days, per source, that were held against each other."""
    drifted: tuple[Drifted, ...]
    """In order of source, customer, meter and day."""


def compare(
    tx: Transaction,
    lake: Lake,
    *,
    first: date,
    last: date,
    source: str | None = None,
    known_at: datetime | None = None,
) -> Comparison:
    """Hold what sources counted against the usage the ledger was told, by customer and day.

    Of what was recorded by a moment, if one is told.
    Usage rated here is compared where it was counted, not again where it was rated. A source is
    held to the meters it counts, from the first to the last day it tells within the span.
    """
    tolerance = share(tx, ELECTION, known_at)
    span = _Span(first=first, last=last, source=source, known_at=known_at)
    with _sides(tx, lake, span) as bench:
        rows = bench.execute(_BOTH).fetchall()
    drifted = [
        Drifted(
            source=counting,
            customer=customer,
            meter=meter,
            day=day,
            drift=_drift(held, counted),
            ledger=held or Decimal(0),
            counted=counted or Decimal(0),
        )
        for counting, customer, meter, day, held, counted in rows
        if held != counted
    ]
    beyond = [
        each
        for each in drifted
        if abs(Fraction(each.difference)) > tolerance * Fraction(each.counted)
    ]
    return Comparison(
        first=first, last=last, tolerance=tolerance, compared=len(rows), drifted=tuple(beyond)
    )


def _drift(held: Decimal | None, counted: Decimal | None) -> Drift:
    if held is None:
        return Drift.MISSING_IN_LEDGER
    return Drift.MISSING_IN_SOURCE if counted is None else Drift.DIFFERS


_BOTH = """
with owner as (select contract, customer from signed),
ledger as (
    select coalesce(owner.customer, told.contract) as customer, told.meter, told.day,
           sum(told.quantity) as quantity
    from told left join owner using (contract) group by all
),
counted as (
    select source, coalesce(owner.customer, party) as customer, meter, day,
           sum(quantity) as quantity
    from counts left join owner on owner.contract = counts.contract group by all
),
scope as (
    select source, meter, min(day) as first_day, max(day) as last_day
    from counted group by all
),
held as (
    select scope.source, ledger.* from ledger join scope
      on scope.meter = ledger.meter and ledger.day between scope.first_day and scope.last_day
)
select coalesce(counted.source, held.source) as source,
       coalesce(counted.customer, held.customer) as customer,
       coalesce(counted.meter, held.meter) as meter, coalesce(counted.day, held.day) as day,
       held.quantity, counted.quantity
from counted full join held
  on held.source = counted.source and held.customer = counted.customer
 and held.meter = counted.meter and held.day = counted.day
order by all
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """What is held against each other."""

    first: date
    last: date
    source: str | None
    known_at: datetime | None


@contextmanager
def _sides(tx: Transaction, lake: Lake, span: _Span) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with ``told`` (the ledger), ``counts`` (the sources) and ``signed``."""
    with connect() as bench:
        bench.execute("set TimeZone = 'UTC'")
        bench.execute(
            "create table told (contract varchar, meter varchar, day date, quantity decimal(38,9))"
        )
        _put_told(bench, tx, lake, span)
        for name, table in (
            ("counts", _counts(tx, span)),
            ("signed", owners(tx, span.known_at)),
        ):
            bench.register(name, table)
        yield bench


def _put_told(bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake, span: _Span) -> None:
    """Usage as it was told: rated elsewhere, or counted to be rated here, on the day it counts."""
    zones_apart = timedelta(days=1)
    for table, day in (
        (TABLE, "usage_date"),
        (COUNTED.table, "coalesce(cast(occurred_at at time zone $zone as date), usage_date)"),
    ):
        dataset = rollup.cells(tx, lake) if table == TABLE else lake.dataset(tx, table)
        if dataset is None:
            continue
        columns = ["source", "contract", "meter", "usage_date", "quantity"]
        columns += ["occurred_at"] if table == COUNTED.table else []
        condition = pc.field("entity_id") == tx.entity
        for further in rollup.within(dataset, span.first - zones_apart, span.last + zones_apart):
            condition &= further
        if span.known_at is not None:
            condition &= pc.field("recorded_at") <= pa.scalar(span.known_at, RECORDED_AT)
        bench.register("held", dataset.scanner(columns=columns, filter=condition).to_reader())
        zone = {"zone": day_zone(tx)} if table == COUNTED.table else {}
        bench.execute(
            f"""
            insert into told
            select contract, meter, {day} as day, sum(quantity)
            from held where source <> $rated_here
            group by all having day between $first and $last
            """,
            {"rated_here": RATED_HERE, "first": span.first, "last": span.last, **zone},
        )
        bench.unregister("held")


def _counts(tx: Transaction, span: _Span) -> pa.Table:
    """The last version of every count of the span; ``contract`` is none for those by customer."""
    rows = tx.connection.execute(
        """
        select distinct on (source, counted_for, party, meter, usage_date)
               source, counted_for, party, meter, usage_date, quantity
        from records.usage_count
        where entity_id = %(entity)s and usage_date between %(first)s and %(last)s
          and (%(source)s::text is null or source = %(source)s)
          and (%(known_at)s::timestamptz is null or recorded_at <= %(known_at)s)
        order by source, counted_for, party, meter, usage_date, version desc
        """,
        {"entity": tx.entity, **asdict(span)},
    ).fetchall()
    return pa.table(
        {
            "source": pa.array([row[0] for row in rows], pa.string()),
            "contract": pa.array(
                [row[2] if row[1] == "contract" else None for row in rows], pa.string()
            ),
            "party": pa.array([row[2] for row in rows], pa.string()),
            "meter": pa.array([row[3] for row in rows], pa.string()),
            "day": pa.array([row[4] for row in rows], pa.date32()),
            "quantity": pa.array([row[5] for row in rows], QUANTITY),
        }
    )
