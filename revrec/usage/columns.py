"""The columns of a daily rated usage row on arrival; those of the ledger are ``lake.USAGE``."""

from __future__ import annotations

import pyarrow as pa

from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE

REQUIRED = (
    "source",
    "usage_id",
    "contract",
    "meter",
    "usage_date",
    "quantity",
    "unit",
    "amount",
    "currency",
)
"""Columns every feed of usage has."""
OPTIONAL = ("dimensions", "corrects")
"""Columns a feed may leave out: labels of the usage, and the row a correction corrects."""
COLUMNS = REQUIRED + OPTIONAL

ROW_NUMBER = "row_number"
FAULT = "fault"
FAULT_VALUE = "fault_value"

ARRIVED = pa.schema(
    [
        pa.field(ROW_NUMBER, pa.int64(), nullable=False),
        *(pa.field(name, pa.string()) for name in COLUMNS),
        pa.field(FAULT, pa.string()),
        pa.field(FAULT_VALUE, pa.string()),
    ]
)
"""What the doors give. Every value is the text that was sent, so that nothing passes through
binary floating point. ``row_number`` counts the data rows of the file from 1, blank lines and
the heading left out. ``fault`` is the reason code of a row the door could not read into columns,
``fault_value`` the text it could not read."""

QUANTITY = pa.decimal128(38, QUANTITY_SCALE)
AMOUNT = pa.decimal128(38, AMOUNT_SCALE)
RECORDED_AT = pa.timestamp("us", tz="UTC")
