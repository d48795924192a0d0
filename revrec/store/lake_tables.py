"""The tables of the lake: columns, partitions, and the settings Delta keeps for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.dataset

from revrec.ledger.decided import DECIDED as CONTRACT

if TYPE_CHECKING:
    from deltalake import DeltaTable

_REQUIRED, _OPTIONAL = False, True  # pyarrow's ``nullable``

USAGE = pa.schema(
    [
        pa.field("entity_id", pa.int32(), _REQUIRED),
        pa.field("usage_date", pa.date32(), _REQUIRED),
        pa.field("source", pa.string(), _REQUIRED),
        pa.field("usage_id", pa.string(), _REQUIRED),
        pa.field("contract", pa.string(), _REQUIRED),
        pa.field("meter", pa.string(), _REQUIRED),
        pa.field("quantity", pa.decimal128(38, 9), _REQUIRED),
        pa.field("unit", pa.string(), _REQUIRED),
        pa.field("amount", pa.decimal128(38, 12), _REQUIRED),
        pa.field("currency", pa.string(), _REQUIRED),
        pa.field("dimensions", pa.string(), _REQUIRED),
        pa.field("corrects", pa.string(), _OPTIONAL),
        pa.field("batch", pa.string(), _REQUIRED),
        pa.field("recorded_at", pa.timestamp("us", "UTC"), _REQUIRED),
    ]
)
"""Accepted usage rows."""

METERED = pa.schema(
    [
        *USAGE,
        pa.field("occurred_at", pa.timestamp("us", "UTC"), _OPTIONAL),
        pa.field("customer", pa.string(), _OPTIONAL),
    ]
)
"""Accepted rows of usage to be rated: days, and events with the moment they occurred at and the
customer they named in the place of a contract."""

POSTING = pa.schema(
    [
        pa.field("entity_id", pa.int32(), _REQUIRED),
        pa.field("period", pa.string(), _REQUIRED),
        *(
            pa.field(name, pa.string(), _REQUIRED)
            for name in (
                "origin contract customer obligation component product event account currency"
            ).split()
        ),
        pa.field("amount", pa.int64(), _REQUIRED),
        pa.field("functional_currency", pa.string(), _OPTIONAL),
        pa.field("functional", pa.int64(), _OPTIONAL),
        pa.field("gl_code", pa.string(), _OPTIONAL),
        pa.field("gl_name", pa.string(), _OPTIONAL),
        pa.field("entry_seq", pa.int64(), _REQUIRED),
        pa.field("line_no", pa.int64(), _REQUIRED),
        pa.field("decisions", pa.string(), _REQUIRED),
        pa.field("paragraphs", pa.string(), _REQUIRED),
        pa.field("facts_digest", pa.string(), _REQUIRED),
    ]
)
"""Posting detail; amounts in minor units, debit positive."""

SECOND_POSTING = pa.schema([*POSTING, pa.field("book", pa.string(), _REQUIRED)])
"""The same of books kept beside the first."""

ROLLUP = pa.schema(
    [
        pa.field("entity_id", pa.int32(), _REQUIRED),
        pa.field("usage_month", pa.string(), _REQUIRED),
        pa.field("usage_date", pa.date32(), _REQUIRED),
        *(
            pa.field(name, pa.string(), _REQUIRED)
            for name in "source contract meter unit currency dimensions".split()
        ),
        pa.field("quantity", pa.decimal128(38, 9), _REQUIRED),
        pa.field("amount", pa.decimal128(38, 12), _REQUIRED),
        pa.field("rows", pa.int64(), _REQUIRED),
        pa.field("recorded_at", pa.timestamp("us", "UTC"), _REQUIRED),
    ]
)
"""Accepted usage summed by day and labels, each version of the usage ledger by itself."""

DECIDED = pa.schema(
    [
        pa.field("entity_id", pa.int32(), _REQUIRED),
        pa.field("through_seq", pa.int64(), _REQUIRED),
        *CONTRACT,
    ]
)
"""Contracts as they were decided from the facts up to a seq; a later row of one takes its place."""

TABLES: Mapping[str, tuple[pa.Schema, list[str]]] = {
    "decided": (DECIDED, ["entity_id"]),
    "metered": (METERED, ["entity_id", "usage_date"]),
    "posting": (POSTING, ["entity_id", "period"]),
    "second_posting": (SECOND_POSTING, ["entity_id", "period"]),
    "rollup": (ROLLUP, ["entity_id", "usage_month"]),
    "usage": (USAGE, ["entity_id", "usage_date"]),
}
"""Name -> schema and partition columns."""

BY_CONTRACT = frozenset({"posting", "second_posting", "rollup"})
"""Tables whose files are in order of contract: one contract is read out of many of them."""

CONFIGURATION = {
    "delta.appendOnly": "true",
    "delta.dataSkippingNumIndexedCols": "0",
    "delta.dataSkippingStatsColumns": "contract",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
"""Append-only, a log that is kept for ever, statistics of contracts; see ``revrec.store.lake``."""


def with_later_columns(delta: DeltaTable, table: str) -> pyarrow.dataset.Dataset:
    """The table with the columns that were thought of after it was made; empty in its rows."""
    stored = delta.to_pyarrow_dataset()
    later = _later(table, stored.schema)
    return stored.replace_schema(pa.schema([*stored.schema, *later])) if later else stored


def bring_up_to_date(delta: DeltaTable, table: str) -> None:
    """Give a table what was thought of after it was made: settings, and columns of rows to come."""
    from deltalake import Field, Schema

    later_settings = dict(CONFIGURATION.items() - delta.metadata().configuration.items())
    if later_settings:
        delta.alter.set_table_properties(later_settings)
    later = _later(table, pa.schema(delta.schema().to_arrow()))
    if later:
        fields: list[Field] = Schema.from_arrow(pa.schema(later)).fields
        delta.alter.add_columns(fields)


def _later(table: str, stored: pa.Schema) -> list[pa.Field]:
    schema, _ = TABLES[table]
    return [field for field in schema if field.name not in stored.names]
