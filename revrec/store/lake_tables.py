"""The tables of the lake: columns, partitions, and the settings Delta keeps for all of them."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

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
        pa.field("entry_seq", pa.int64(), _REQUIRED),
        pa.field("line_no", pa.int64(), _REQUIRED),
        pa.field("decisions", pa.string(), _REQUIRED),
        pa.field("paragraphs", pa.string(), _REQUIRED),
        pa.field("facts_digest", pa.string(), _REQUIRED),
    ]
)
"""Posting detail; amounts in minor units, debit positive."""

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

TABLES: Mapping[str, tuple[pa.Schema, list[str]]] = {
    "metered": (METERED, ["entity_id", "usage_date"]),
    "posting": (POSTING, ["entity_id", "period"]),
    "rollup": (ROLLUP, ["entity_id", "usage_month"]),
    "usage": (USAGE, ["entity_id", "usage_date"]),
}
"""Name -> schema and partition columns."""

CONFIGURATION = {
    "delta.appendOnly": "true",
    "delta.dataSkippingNumIndexedCols": "0",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
"""Append-only, a log that is kept for ever, no column statistics; see ``revrec.store.lake``."""
