"""How far counted usage was rated: the versions and the day up to which nothing has to be again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from psycopg.types.json import Jsonb

from revrec.store.transaction import Transaction

_COLUMNS = "counted_version, fact_seq, rated_through, zone, engine_version, unpriced"


@dataclass(frozen=True, slots=True, kw_only=True)
class RatingMark:
    """What the usage ledger holds the ratings of."""

    counted_version: int
    """Version of the counted usage; 0 while there is none."""
    fact_seq: int
    """Facts 1 to this sequence number were known."""
    through: date
    """Windows that ended by this day were charged what they owe beside usage."""
    zone: str
    """The time zone by which events have days."""
    engine_version: str
    unpriced: tuple[str, ...]
    """Contracts with usage that no price holds for; they are looked at until they have one."""


def last(tx: Transaction) -> RatingMark | None:
    """The last mark of the entity; None before the first rating."""
    row = tx.connection.execute(
        f"select {_COLUMNS} from records.rating_mark where entity_id = %s order by id desc limit 1",
        [tx.entity],
    ).fetchone()
    if row is None:
        return None
    counted_version, fact_seq, through, zone, engine_version, unpriced = row
    return RatingMark(
        counted_version=counted_version,
        fact_seq=fact_seq,
        through=through,
        zone=zone,
        engine_version=engine_version,
        unpriced=tuple(unpriced),
    )


def put(tx: Transaction, mark: RatingMark) -> None:
    """Record a mark, unless it is the last one again."""
    if last(tx) == mark:
        return
    tx.connection.execute(
        f"insert into records.rating_mark (entity_id, {_COLUMNS}, marked_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            tx.entity,
            mark.counted_version,
            mark.fact_seq,
            mark.through,
            mark.zone,
            mark.engine_version,
            Jsonb(list(mark.unpriced)),
            tx.now,
        ],
    )
