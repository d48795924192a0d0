"""Rows of usage as a sender writes them, the terms they are held against, and a bare workbench."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.dataset as ds
import zstandard

from revrec.store.lake_tables import USAGE
from revrec.usage import ledger, validation
from revrec.usage.columns import ARRIVED, COLUMNS, REQUIRED, ROW_NUMBER
from revrec.usage.staging import receive, workbench
from revrec.usage.terms import TERMS

Told = dict[str, str]
ENTITY = 7
RECORDED_AT = datetime(2026, 2, 1, 9, tzinfo=UTC)


def told(**changes: str | None) -> Told:
    """A row that keeps every rule, with changes; None leaves a column out."""
    row: dict[str, str | None] = {
        "source": "metering",
        "usage_id": "u-1",
        "contract": "acme",
        "meter": "tokens",
        "usage_date": "2026-01-15",
        "quantity": "1000",
        "unit": "token",
        "amount": "0.25",
        "currency": "USD",
    }
    return {name: value for name, value in (row | changes).items() if value is not None}


def terms(*rows: tuple[str, str, str, str, date, date]) -> pa.Table:
    """Terms of contracts; two customers by default."""
    known = rows or (
        ("acme", "tokens", "inference", "USD", date(2026, 1, 1), date(2026, 12, 31)),
        ("acme", "seats", "platform", "USD", date(2026, 1, 1), date(2026, 6, 30)),
        ("globex", "tokens", "inference", "EUR", date(2026, 1, 1), date(9999, 12, 31)),
    )
    columns = zip(*known, strict=True)
    return pa.Table.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, TERMS, strict=True)],
        schema=TERMS,
    )


@dataclass(frozen=True)
class Judgement:
    """What became of the rows of one batch."""

    accepted: pa.Table
    fates: dict[int, str]
    """Row number -> ``accepted``, ``duplicate`` or the reason of its quarantine."""
    messages: dict[int, str]


def judge(
    rows: Sequence[Mapping[str, str]],
    *,
    held: pa.Table | None = None,
    allowed: pa.Table | None = None,
    batch: str = "b",
) -> Judgement:
    """Run the rules on rows, against a ledger held in memory; no store takes part."""
    columns: dict[str, list[object]] = {
        name: [row.get(name) for row in rows] for name in ARRIVED.names
    }
    columns[ROW_NUMBER] = list(range(1, len(rows) + 1))
    with workbench() as bench:
        arrived = pa.RecordBatch.from_pydict(columns, schema=ARRIVED)
        receive(bench, lambda: [arrived])
        dataset = None if held is None else ds.dataset(held)
        known = terms() if allowed is None else allowed
        ledger.suspect(bench, dataset, entity=ENTITY)
        ledger.suspect_context(bench, known)
        ledger.recall(bench, dataset, entity=ENTITY)
        validation.judge_context(bench.database, known)
        ledger.settle(bench, dataset, entity=ENTITY)
        table = pa.concat_tables(
            [
                pa.Table.from_batches([part])
                .append_column("entity_id", pa.repeat(pa.scalar(ENTITY, pa.int32()), len(part)))
                .append_column(
                    "usage_date",
                    pa.repeat(pa.scalar(date.fromisoformat(values["usage_date"])), len(part)),
                )
                .select(USAGE.names)
                .cast(USAGE)
                for values, parts in ledger.accepted(
                    bench, {}, batch=batch, recorded_at=RECORDED_AT, table="usage"
                )
                for part in parts
            ]
            or [USAGE.empty_table()]
        )
        bench.show("SELECT row_number FROM verdict WHERE reason <> 'duplicate'")
        verdict = bench.database.execute("SELECT row_number, reason FROM verdict").fetchall()
        fates = dict.fromkeys(range(1, len(rows) + 1), "accepted") | dict(verdict)
        messages = {row[0]: row[2] for row in validation.explained(bench.database).fetchall()}
    return Judgement(table, fates, messages)


def as_csv(rows: Iterable[Mapping[str, str]], columns: Sequence[str] = COLUMNS) -> bytes:
    """The rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_ndjson(rows: Iterable[Mapping[str, str]]) -> bytes:
    """The rows as NDJSON, every value a text."""
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def as_parquet(rows: Sequence[Mapping[str, str]]) -> bytes:
    """The rows as Parquet, figures as DECIMAL and dates as DATE."""
    import pyarrow.parquet as pq

    arrays = {
        name: pa.array([row.get(name) for row in rows], pa.string())
        for name in COLUMNS
        if name in REQUIRED or any(name in row for row in rows)
    }
    arrays["usage_date"] = pa.array([date.fromisoformat(row["usage_date"]) for row in rows])
    for name, kind in (("quantity", pa.decimal128(38, 9)), ("amount", pa.decimal128(38, 12))):
        arrays[name] = pa.array([Decimal(row[name]) for row in rows], kind)
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink)
    return sink.getvalue()


def gzipped(content: bytes) -> bytes:
    """The bytes as .gz."""
    return gzip.compress(content, mtime=0)


def zstandarded(content: bytes) -> bytes:
    """The bytes as .zst, with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)
