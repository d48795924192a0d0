"""What other systems counted: totals of a meter and a day for a contract or a customer.

A gateway, a model server or the billing system counts the same usage on its own. Its totals are
kept beside the ledger and never enter it; ``comparison`` holds the two against each other. A total
told again with another quantity is its next version; the last one counts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
from psycopg.types.json import Jsonb

from revrec.columnar import connect
from revrec.errors import FeedError, IdempotencyMismatch
from revrec.money import QUANTITY_SCALE
from revrec.store import audit_log, locks
from revrec.store.transaction import Transaction
from revrec.usage import doors
from revrec.usage.columns import Form
from revrec.usage.rules import QUANTITY_MAX, TEXT_BYTES_MAX, readable_day, readable_decimal

COUNTS = Form(
    name="counts",
    required=("meter", "usage_date", "quantity"),
    optional=("contract", "customer"),
    table="",
)
"""The columns of a file of counts; ``contract`` or ``customer`` says for whom it was counted."""
ROWS_MAX = 10_000_000
"""Most rows of a file of counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A row of counts that could not be read."""

    row: int
    """Its place among the data rows of the file, from 1."""
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CountsRecorded:
    """What became of a file of counts: received = new + corrected + unchanged + refused."""

    source: str
    batch: str
    received: int
    new: int
    """Totals that were not known."""
    corrected: int
    """Totals told before with another quantity; the new one counts."""
    unchanged: int
    refused: tuple[Refused, ...]


def recording(
    tx: Transaction, path: Path, *, name: str, source: str, batch: str | None = None
) -> CountsRecorded:
    """Record a file of counts by a source within a transaction of the caller's.

    The batch, the SHA-256 of the file if left out, counts once for its source: again, it gives
    the first answer. A row that cannot be read is refused and stops no other.

    Raises FeedError if the file cannot be told apart into rows or the source has no usable name,
    IdempotencyMismatch if the batch was recorded with other content.
    """
    _check_name("source", source)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    batch = batch or sha256
    locks.recording(tx)
    first = recorded(tx, source, batch)
    if first is not None:
        _check_same(tx, first, sha256)
        return first
    with connect() as bench:
        received = _read(bench, doors.read_texts(path, name, COUNTS, rows_max=ROWS_MAX))
        refused = [
            Refused(row=row, message=message)
            for row, message in bench.execute(
                "select row_number, fault from judged where fault is not null order by row_number"
            ).fetchall()
        ]
        new, corrected = _insert(tx, bench, source, batch)
    told = CountsRecorded(
        source=source,
        batch=batch,
        received=received,
        new=new,
        corrected=corrected,
        unchanged=received - new - corrected - len(refused),
        refused=tuple(refused),
    )
    _insert_batch(tx, told, name, sha256)
    figures = {"received": received, "new": new, "corrected": corrected, "refused": len(refused)}
    audit_log.write(tx, "usage.count", f"{source} {batch}", {"name": name, **figures})
    return told


def recorded(tx: Transaction, source: str, batch: str) -> CountsRecorded | None:
    """What became of a batch of counts, if it was recorded."""
    row = tx.connection.execute(
        "select received_rows, new_rows, corrected_rows, unchanged_rows, refused"
        " from records.usage_count_batch where entity_id = %s and source = %s and batch = %s",
        [tx.entity, source, batch],
    ).fetchone()
    if row is None:
        return None
    received, new, corrected, unchanged, refused = row
    return CountsRecorded(
        source=source,
        batch=batch,
        received=received,
        new=new,
        corrected=corrected,
        unchanged=unchanged,
        refused=tuple(Refused(**each) for each in refused),
    )


def _check_name(what: str, text: str) -> None:
    if not text or text != text.strip() or len(text.encode()) > TEXT_BYTES_MAX:
        raise FeedError(
            f"The {what} is {text[:40]!r}.",
            remedy=f"Name the {what} in 1 to {TEXT_BYTES_MAX} bytes without spaces around.",
            field=what,
        )


def _check_same(tx: Transaction, first: CountsRecorded, sha256: str) -> None:
    row = tx.connection.execute(
        "select from records.usage_count_batch"
        " where entity_id = %s and source = %s and batch = %s and sha256 = %s",
        [tx.entity, first.source, first.batch, sha256],
    ).fetchone()
    if row is None:
        raise IdempotencyMismatch(
            f"The batch {first.batch!r} of {first.source} was recorded with other content.",
            remedy="Send new content under a new batch id.",
            batch=first.batch,
        )


_NO_QUANTITY = f"no number of at most {QUANTITY_SCALE} decimals up to {QUANTITY_MAX}"
_RULES: Sequence[tuple[str, str]] = (
    ("unread is not null", "'The row cannot be read: ' || quoted(unread)"),
    (
        "(contract is null) = (customer is null)",
        "'The row names a contract and a customer, or neither: name one of them'",
    ),
    ("meter is null", "'The column meter is empty'"),
    (f"strlen(party) > {TEXT_BYTES_MAX} or strlen(meter) > {TEXT_BYTES_MAX}",
     f"'A name is longer than {TEXT_BYTES_MAX} bytes'"),
    ("day is null", "'The usage date ' || quoted(usage_date) || ' is no day as 2026-01-31'"),
    (
        "counted is null",
        f"'The quantity ' || quoted(quantity) || ' is {_NO_QUANTITY}'",
    ),
    ("counted < 0", "'The quantity ' || quoted(quantity) || ' is negative: a total is not'"),
    (
        "turn > 1",
        "'The total of ' || party || ', ' || meter || ', ' || usage_date || ' is told twice'",
    ),
)  # fmt: skip
"""What a row of counts must keep, in order of precedence, and what is said when it does not."""


def _read(bench: duckdb.DuckDBPyConnection, rows: Iterable[pa.RecordBatch]) -> int:
    """Make ``judged``: every row with its values or its fault; gives their number."""
    columns = ("contract", "customer", "meter", "usage_date", "quantity")
    texts = ", ".join(f"nullif({column}, '') as {column}" for column in columns)
    told = ", ".join(f"{column} varchar" for column in columns)
    bench.execute(f"create table told (row_number bigint, {told}, unread varchar)")
    for batch in rows:
        bench.register("arrived", pa.Table.from_batches([batch]))
        bench.execute(f"insert into told select row_number, {texts}, fault_value from arrived")
        bench.unregister("arrived")
    bench.execute("create macro quoted(told) as chr(39) || left(coalesce(told, ''), 80) || chr(39)")
    faults = " ".join(f"when {broken} then {message} || '.'" for broken, message in _RULES)
    bench.execute(
        f"""
        create table judged as
        select *, case {faults} end as fault
        from (
            select *, row_number() over (
                       partition by for_whom, party, meter, day order by row_number
                   ) as turn
            from (
                select *, coalesce(contract, customer) as party,
                       case when contract is null then 'customer' else 'contract' end as for_whom,
                       {readable_day("usage_date")} as day,
                       {readable_decimal("quantity", QUANTITY_SCALE, 19, QUANTITY_MAX)} as counted
                from told
            )
        )
        """
    )
    (row,) = bench.execute("select count(*) from judged").fetchall()
    return int(row[0])


def _insert(
    tx: Transaction, bench: duckdb.DuckDBPyConnection, source: str, batch: str
) -> tuple[int, int]:
    """Insert totals that are new or changed; gives the numbers of both."""
    tx.connection.execute(
        "create temporary table counts_arriving ("
        " for_whom text, party text, meter text, usage_date date, quantity numeric(38,9)"
        ") on commit drop"
    )
    rows = bench.execute(
        "select for_whom, party, meter, day, counted from judged where fault is null"
    )
    with tx.connection.cursor().copy("copy counts_arriving from stdin") as copy:
        while chunk := rows.fetchmany(10_000):
            for row in chunk:
                copy.write_row(row)
    found = tx.connection.execute(_APPEND, {"entity": tx.entity, "source": source, "batch": batch,
                                            "now": tx.now}).fetchone()  # fmt: skip
    return (0, 0) if found is None else (found[0], found[1])


_APPEND = """
    with added as (
        insert into records.usage_count (
            entity_id, source, counted_for, party, meter, usage_date, version, quantity, batch,
            recorded_at
        )
        select %(entity)s, %(source)s, told.for_whom, told.party, told.meter, told.usage_date,
               coalesce(last.version, 0) + 1, told.quantity, %(batch)s, %(now)s
        from counts_arriving told
        left join lateral (
            select version, quantity from records.usage_count held
            where held.entity_id = %(entity)s and held.source = %(source)s
              and held.counted_for = told.for_whom and held.party = told.party
              and held.meter = told.meter and held.usage_date = told.usage_date
            order by version desc limit 1
        ) last on true
        where last.version is null or last.quantity <> told.quantity
        returning version
    )
    select count(*) filter (where version = 1), count(*) filter (where version > 1) from added
"""


def _insert_batch(tx: Transaction, told: CountsRecorded, name: str, sha256: str) -> None:
    refused = [{"row": each.row, "message": each.message} for each in told.refused]
    row: Mapping[str, object] = {
        "entity_id": tx.entity,
        "source": told.source,
        "batch": told.batch,
        "name": name,
        "sha256": sha256,
        "recorded_at": tx.now,
        "recorded_by": tx.actor,
        "received_rows": told.received,
        "new_rows": told.new,
        "corrected_rows": told.corrected,
        "unchanged_rows": told.unchanged,
        "refused_rows": len(told.refused),
        "refused": Jsonb(refused),
    }
    tx.connection.execute(
        f"insert into records.usage_count_batch ({', '.join(row)})"
        f" values ({', '.join(['%s'] * len(row))})",
        list(row.values()),
    )
