"""Rows set aside: seen, released or rejected; never changed, never deleted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import cast

import pyarrow as pa

from revrec.errors import Conflict, FeedError, NotFound
from revrec.model.fact import digest_of
from revrec.store import audit_log
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.columns import ARRIVED, COLUMNS, EVENT_COLUMNS, FORMS, RATED, ROW_NUMBER, Form
from revrec.usage.days import day_zone
from revrec.usage.staging import receive, workbench
from revrec.usage.totals import ControlTotals


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRow:
    """A row of usage that was set aside."""

    id: int
    batch: str
    row_number: int
    """Its place among the data rows of the batch, from 1."""
    reason: str
    """Code of the rule it broke, see ``rules``."""
    message: str
    usage_date: date | None
    """None if the date could not be read."""
    payload: Mapping[str, str]
    """What was sent, by column; the whole line under ``text`` if it could not be read apart."""
    payload_digest: str
    outcome: str | None
    """``released`` or ``rejected``; none while it is open."""
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


def list_quarantine(
    tx: Transaction,
    *,
    batch: str | None = None,
    reason: str | None = None,
    resolved: bool | None = False,
    known_at: datetime | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[QuarantinedRow]:
    """Quarantined rows with an id above ``after`` in order of id, at most ``limit``.

    ``resolved`` false gives open rows, true resolved ones, none both; at a moment, or now.
    """
    rows = tx.connection.execute(
        _SELECT
        + """
          and kept.id > %(after)s
          and (%(batch)s::text is null or kept.batch = %(batch)s)
          and (%(reason)s::text is null or kept.reason = %(reason)s)
          and (%(resolved)s::boolean is null or (done.id is not null) = %(resolved)s)
          and (%(known_at)s::timestamptz is null or exists (
            select from records.usage_batch batched where batched.entity_id = kept.entity_id
              and batched.batch = kept.batch and batched.recorded_at <= %(known_at)s))
        order by kept.id limit %(limit)s
        """,
        {
            "entity": tx.entity,
            "after": after,
            "batch": batch,
            "reason": reason,
            "resolved": resolved,
            "known_at": known_at,
            "limit": limit,
        },
    ).fetchall()
    return [_row(row) for row in rows]


def outstanding(tx: Transaction, *, through: date | None = None) -> dict[str, int]:
    """Open rows by reason, up to a usage date; rows without a readable date always count."""
    rows = tx.connection.execute(
        """
        select reason, count(*) from records.quarantined_row kept
        where kept.entity_id = %(entity)s
          and (%(through)s::date is null or usage_date is null or usage_date <= %(through)s)
          and not exists (
              select from records.quarantine_resolution done
              where done.entity_id = kept.entity_id and done.id = kept.id
          )
        group by reason order by reason
        """,
        {"entity": tx.entity, "through": through},
    ).fetchall()
    return {str(reason): cast("int", count) for reason, count in rows}


def outstanding_amounts(tx: Transaction, *, through: date) -> dict[str, Decimal]:
    """Amounts of open rows by currency, without their signs, up to a usage date.

    What cannot be read as an amount, and what is not rated, has none.
    """
    rows = tx.connection.execute(
        """
        select coalesce(payload ->> 'currency', ''), sum(abs((payload ->> 'amount')::numeric))
        from records.quarantined_row kept
        where kept.entity_id = %(entity)s
          and (usage_date is null or usage_date <= %(through)s)
          and payload ->> 'amount' ~ '^-?[0-9]{1,16}([.][0-9]{1,12})?$'
          and not exists (
              select from records.quarantine_resolution done
              where done.entity_id = kept.entity_id and done.id = kept.id
          )
        group by 1 order by 1
        """,
        {"entity": tx.entity, "through": through},
    ).fetchall()
    return {str(currency): cast("Decimal", amount) for currency, amount in rows}


def batch_of(rows: Sequence[int], corrections: Mapping[int, Mapping[str, str]]) -> str:
    """The batch under which the rows are judged again: the same release is the same batch."""
    told = sorted((row, dict(columns)) for row, columns in corrections.items())
    return "release-" + digest_of([sorted(set(rows)), told])


def released(
    tx: Transaction, rows: Sequence[int], corrections: Mapping[int, Mapping[str, str]]
) -> ControlTotals | None:
    """The control totals of the release, if it was done."""
    return batches.recorded(tx, batch_of(rows, corrections))


def corrected(
    rows: Iterable[QuarantinedRow], corrections: Mapping[int, Mapping[str, str]]
) -> list[dict[str, str]]:
    """What was sent, with the corrections of a release."""
    return [{**row.payload, **corrections.get(row.id, {})} for row in rows]


def judge_again(
    tx: Transaction,
    lake: Lake,
    rows: Sequence[int],
    *,
    note: str,
    corrections: Mapping[int, Mapping[str, str]],
    details: Mapping[str, object],
) -> ControlTotals:
    """Judge open rows again, as a batch of their own, and give its control totals.

    Whether one person may is for ``releases``. A row that is still at fault goes back to
    quarantine under its new reason, in the new batch, so it is never lost. The same release again
    changes nothing and gives the first totals.

    Raises NotFound for an id that is not known, Conflict for a row already resolved, FeedError
    for rows of two forms.
    """
    ids = sorted(set(rows))
    batch = batch_of(ids, corrections)
    form = _form(tx, ids)
    batches.take_locks(tx, form.table)
    first = batches.recorded(tx, batch)
    if first is not None:
        return first
    told = corrected(_resolve(tx, ids, "released", note), corrections)
    with workbench() as bench:
        receive(bench, lambda: [_arrived(told)], form=form, zone=day_zone(tx))
        return batches.record(
            tx,
            lake,
            bench,
            batch=batch,
            name=f"release of {len(ids)} quarantined rows",
            details={"released": ids, "note": note, **details},
        )


def reject(tx: Transaction, rows: Sequence[int], *, note: str) -> int:
    """Resolve quarantined rows as rejected: they will not count. Gives their number.

    Raises ``NotFound`` for an id that is not known, ``Conflict`` for a row already resolved.
    """
    ids = sorted(set(rows))
    _resolve(tx, ids, "rejected", note)
    audit_log.write(
        tx, "usage.reject", f"{len(ids)} quarantined rows", {"rejected": ids, "note": note}
    )
    return len(ids)


def open_rows(tx: Transaction, rows: Sequence[int]) -> list[QuarantinedRow]:
    """The rows, in order of id, none of them resolved.

    Raises ``NotFound`` for an id that is not known, ``Conflict`` for a row already resolved.
    """
    found = tx.connection.execute(
        _SELECT + " and kept.id = any(%(ids)s) order by kept.id",
        {"entity": tx.entity, "ids": list(rows), "known_at": None},
    ).fetchall()
    kept = [_row(row) for row in found]
    missing = sorted(set(rows) - {row.id for row in kept})
    if missing:
        raise NotFound(
            f"There is no quarantined row {missing[0]}.",
            remedy="List the quarantine for the ids of its rows.",
            rows=missing,
        )
    done = [row for row in kept if row.outcome is not None]
    if done:
        raise Conflict(
            f"The quarantined row {done[0].id} was {done[0].outcome} by {done[0].resolved_by}.",
            remedy="Leave out the rows that are resolved.",
            rows=[row.id for row in done],
        )
    return kept


_SELECT = """
    select kept.id, kept.batch, kept.row_number, kept.reason, kept.message, kept.usage_date,
           kept.payload, kept.payload_digest,
           done.outcome, done.resolved_at, done.resolved_by, done.note
    from records.quarantined_row kept
    left join records.quarantine_resolution done
      on done.entity_id = kept.entity_id and done.id = kept.id
      and (%(known_at)s::timestamptz is null or done.resolved_at <= %(known_at)s)
    where kept.entity_id = %(entity)s
"""
_FIELDS = tuple(QuarantinedRow.__dataclass_fields__)


def _row(row: tuple[object, ...]) -> QuarantinedRow:
    return QuarantinedRow(**dict(zip(_FIELDS, row, strict=True)))  # type: ignore[arg-type]


def _resolve(tx: Transaction, ids: Sequence[int], outcome: str, note: str) -> list[QuarantinedRow]:
    """Append a resolution for each row; gives the rows in order of id."""
    rows = open_rows(tx, ids)
    tx.connection.execute(
        """
        insert into records.quarantine_resolution (
            entity_id, id, resolved_at, resolved_by, outcome, note
        )
        select %s, unnest(%s::bigint[]), %s, %s, %s, %s
        """,
        [tx.entity, list(ids), tx.now, tx.actor, outcome, note],
    )
    return rows


def _form(tx: Transaction, ids: Sequence[int]) -> Form:
    """The form the rows were told in; rows of two forms are two releases."""
    rows = tx.connection.execute(
        "select distinct coalesce(payload ->> 'form', %s) from records.quarantined_row"
        " where entity_id = %s and id = any(%s) order by 1",
        [RATED.name, tx.entity, list(ids)],
    ).fetchall()
    names = [str(name) for (name,) in rows]
    if len(names) > 1:
        raise FeedError(
            f"The rows were told in different forms: {', '.join(names)}.",
            remedy="Release the rows of each form by themselves.",
            forms=names,
        )
    return FORMS[names[0]] if names else RATED


def check_corrections(rows: Sequence[int], corrections: Mapping[int, Mapping[str, str]]) -> None:
    """Raise FeedError for corrections of rows that are not released, or of no column of usage."""
    stray = sorted(set(corrections) - set(rows))
    if stray:
        raise FeedError(
            f"A correction is given for row {stray[0]}, which is not released.",
            remedy="Release the row too, or leave the correction out.",
            row=stray[0],
        )
    for row, columns in corrections.items():
        for column in columns:
            if column not in COLUMNS + EVENT_COLUMNS:
                raise FeedError(
                    f"The correction of row {row} names {column!r}, which is no column of usage.",
                    remedy=f"The columns are {', '.join(COLUMNS)}.",
                    row=row,
                    column=column,
                )


def _arrived(told: Sequence[Mapping[str, str]]) -> pa.RecordBatch:
    columns: dict[str, list[object]] = {
        name: [row.get(name) for row in told] for name in ARRIVED.names
    }
    columns[ROW_NUMBER] = list(range(1, len(told) + 1))
    return pa.RecordBatch.from_pydict(columns, schema=ARRIVED)
