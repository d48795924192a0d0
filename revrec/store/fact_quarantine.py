"""Records that are no facts: set aside, listed, resolved; never changed, never deleted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from revrec.errors import Conflict, NotFound
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A record that is no fact, as it is kept."""

    digest: str
    """SHA-256 of what was sent: the same record is set aside once."""
    place: str
    kind: str
    """Nothing if it is of no kind there is."""
    reason: str
    message: str
    fields: Sequence[str]
    sent: str
    """As JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedFact:
    """A record that was set aside, and what became of it."""

    id: int
    source: str
    """Where it was told: the key of a request, the name of a file."""
    place: str
    kind: str
    reason: str
    message: str
    fields: Sequence[str]
    sent: Any
    fact_seq: int
    """The last fact before it was told."""
    told_at: datetime
    told_by: str
    outcome: str | None
    """``released`` or ``dismissed``; none while it is open."""
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


def add(tx: Transaction, refused: Sequence[Refused], *, source: str, fact_seq: int) -> list[int]:
    """Set records aside, those that are there already no second time; gives their numbers."""
    known = _numbers(tx, refused)
    new = list({each.digest: each for each in refused if each.digest not in known}.values())
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            "insert into records.quarantined_fact (entity_id, digest, source, place, kind, reason,"
            " message, fields, sent, fact_seq, told_at, told_by)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                [
                    *(tx.entity, each.digest, source, each.place, each.kind, each.reason),
                    *(each.message, Jsonb(list(each.fields)), each.sent),
                    *(fact_seq, tx.now, tx.actor),
                ]
                for each in new
            ],
        )
    if new:
        known |= _numbers(tx, new)
    return [known[each.digest] for each in refused]


def _numbers(tx: Transaction, refused: Sequence[Refused]) -> dict[str, int]:
    rows = tx.connection.execute(
        "select digest, id from records.quarantined_fact where entity_id = %s and digest = any(%s)",
        [tx.entity, [each.digest for each in refused]],
    )
    return dict(rows.fetchall())


def page(
    tx: Transaction,
    *,
    kind: str | None = None,
    reason: str | None = None,
    resolved: bool | None = False,
    known_at: datetime | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[QuarantinedFact]:
    """Records with a number above ``after`` in order, at most ``limit``.

    ``resolved`` false gives open ones, true resolved ones, none both; as they stood at a moment.
    """
    rows = tx.connection.execute(
        _SELECT
        + """
          and kept.id > %(after)s
          and (%(known_at)s::timestamptz is null or kept.told_at <= %(known_at)s)
          and (%(kind)s::text is null or kept.kind = %(kind)s)
          and (%(reason)s::text is null or kept.reason = %(reason)s)
          and (%(resolved)s::boolean is null or (done.id is not null) = %(resolved)s)
        order by kept.id limit %(limit)s
        """,
        {
            "entity": tx.entity,
            "after": after,
            "kind": kind,
            "reason": reason,
            "resolved": resolved,
            "known_at": known_at,
            "limit": limit,
        },
    )
    return [_quarantined(row) for row in rows]


def find(tx: Transaction, number: int) -> QuarantinedFact:
    """One of them; NotFound if there is none of the number."""
    row = tx.connection.execute(
        _SELECT + " and kept.id = %(id)s",
        {"entity": tx.entity, "known_at": None, "id": number},
    ).fetchone()
    if row is None:
        raise _unknown(number)
    return _quarantined(row)


def open_ones(tx: Transaction, numbers: Sequence[int]) -> list[QuarantinedFact]:
    """Those of the numbers, in order, none of them resolved.

    Raises NotFound for a number there is not, Conflict for one that is resolved.
    """
    found = tx.connection.execute(
        _SELECT + " and kept.id = any(%(ids)s) order by kept.id",
        {"entity": tx.entity, "known_at": None, "ids": list(numbers)},
    )
    kept = [_quarantined(row) for row in found]
    missing = sorted(set(numbers) - {each.id for each in kept})
    if missing:
        raise _unknown(missing[0])
    done = next((each for each in kept if each.outcome is not None), None)
    if done is not None:
        raise Conflict(
            f"The quarantined record {done.id} was {done.outcome} by {done.resolved_by}.",
            remedy="Leave out what is resolved.",
            record=done.id,
        )
    return kept


def resolve(tx: Transaction, numbers: Sequence[int], outcome: str, note: str) -> None:
    """Append what became of records."""
    tx.connection.execute(
        """
        insert into records.quarantined_fact_resolution (
            entity_id, id, resolved_at, resolved_by, outcome, note
        )
        select %s, unnest(%s::bigint[]), %s, %s, %s, %s
        """,
        [tx.entity, list(numbers), tx.now, tx.actor, outcome, note],
    )


def outstanding(tx: Transaction) -> Mapping[str, int]:
    """How many are open, by reason."""
    rows = tx.connection.execute(
        """
        select reason, count(*) from records.quarantined_fact as kept
        where entity_id = %s and not exists (
            select from records.quarantined_fact_resolution as done
            where done.entity_id = kept.entity_id and done.id = kept.id
        )
        group by reason order by reason
        """,
        [tx.entity],
    )
    return dict(rows.fetchall())


_SELECT = """
    select kept.id, kept.source, kept.place, kept.kind, kept.reason, kept.message, kept.fields,
           kept.sent, kept.fact_seq, kept.told_at, kept.told_by,
           done.outcome, done.resolved_at, done.resolved_by, done.note
    from records.quarantined_fact as kept
    left join records.quarantined_fact_resolution as done
      on done.entity_id = kept.entity_id and done.id = kept.id
      and (%(known_at)s::timestamptz is null or done.resolved_at <= %(known_at)s)
    where kept.entity_id = %(entity)s
"""
_FIELDS = tuple(QuarantinedFact.__dataclass_fields__)


def _quarantined(row: tuple[Any, ...]) -> QuarantinedFact:
    told = dict(zip(_FIELDS, row, strict=True))
    return QuarantinedFact(**told | {"sent": json.loads(told["sent"])})


def _unknown(number: int) -> NotFound:
    return NotFound(
        f"There is no quarantined record {number}.",
        remedy="List those there are: `revrec refused list`.",
        record=number,
    )
