"""Control totals, asked for: by batch, and by usage day over all batches.

Rows set aside and released later are received again, with the batch of their release.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from revrec.errors import NotFound
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.totals import ControlTotals, Fates, Total


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchListed:
    """A batch with its control totals."""

    batch: str
    name: str
    recorded_at: datetime
    recorded_by: str
    lake_version: int | None
    rules: str | None
    received: Total
    fates: Fates


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """Control totals of a usage day over all batches."""

    day: date | None
    """None for rows whose date cannot be read."""
    fates: Fates
    waiting: int
    """Rows set aside that are neither released nor rejected yet."""


def batch_of(tx: Transaction, batch: str) -> ControlTotals:
    """The control totals of a batch, by usage day too; NotFound if it was never recorded."""
    found = batches.recorded(tx, batch)
    if found is None:
        raise NotFound(f"There is no batch {batch!r}.", remedy="List the batches.", batch=batch)
    return found


def list_batches(
    tx: Transaction,
    *,
    since: datetime | None = None,
    known_at: datetime | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[BatchListed]:
    """Batches recorded at or after a moment and by another, the latest first.

    At most ``limit``, after so many.
    """
    rows = tx.connection.execute(
        f"""
        select batch, name, recorded_at, recorded_by, lake_version, rules,
               {", ".join(batches.FIGURES)}
        from records.usage_batch
        where entity_id = %(entity)s
          and (%(since)s::timestamptz is null or recorded_at >= %(since)s)
          and (%(known_at)s::timestamptz is null or recorded_at <= %(known_at)s)
        order by recorded_at desc, batch limit %(limit)s offset %(after)s
        """,
        {
            "entity": tx.entity,
            "since": since,
            "known_at": known_at,
            "limit": limit,
            "after": after,
        },
    ).fetchall()
    found = []
    for batch, name, recorded_at, recorded_by, version, rules, *figures in rows:
        totals = batches.totals_of(figures)
        received = totals.pop("received")
        found.append(
            BatchListed(
                batch=batch,
                name=name,
                recorded_at=recorded_at,
                recorded_by=recorded_by,
                lake_version=version,
                rules=rules,
                received=received,
                fates=Fates(**totals),
            )
        )
    return found


def list_days(
    tx: Transaction,
    *,
    first: date | None = None,
    last: date | None = None,
    known_at: datetime | None = None,
) -> list[DayTotals]:
    """Usage days of a span in order, then the rows whose date cannot be read.

    Of what was recorded and resolved by a moment, if one is told.
    """
    sums = ", ".join(f"sum({figure})::numeric as {figure}" for figure in batches.FIGURES)
    span = (
        "(usage_date is null or (%(first)s::date is null or usage_date >= %(first)s)"
        " and (%(last)s::date is null or usage_date <= %(last)s))"
    )
    known = (
        "(%(known_at)s::timestamptz is null or exists (select from records.usage_batch batched"
        " where batched.entity_id = told.entity_id and batched.batch = told.batch"
        " and batched.recorded_at <= %(known_at)s))"
    )
    rows = tx.connection.execute(
        f"""
        with told as (
            select usage_date, {sums} from records.usage_batch_day told
            where entity_id = %(entity)s and {span} and {known} group by usage_date
        ),
        waiting as (
            select usage_date, count(*) as rows from records.quarantined_row told
            where told.entity_id = %(entity)s and {span} and {known}
              and not exists (
                  select from records.quarantine_resolution done
                  where done.entity_id = told.entity_id and done.id = told.id
                    and (%(known_at)s::timestamptz is null or done.resolved_at <= %(known_at)s)
              )
            group by usage_date
        )
        select told.usage_date, coalesce(waiting.rows, 0), {", ".join(batches.FIGURES)}
        from told left join waiting on waiting.usage_date is not distinct from told.usage_date
        order by told.usage_date
        """,
        {"entity": tx.entity, "first": first, "last": last, "known_at": known_at},
    ).fetchall()
    found = []
    for day, waiting, *figures in rows:
        totals = batches.totals_of(figures)
        del totals["received"]
        found.append(DayTotals(day=day, fates=Fates(**totals), waiting=waiting))
    return found
