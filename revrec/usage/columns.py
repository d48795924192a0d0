"""The columns of usage on arrival, by form; those of the ledgers are in ``lake``."""

from __future__ import annotations

from dataclasses import dataclass

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
EVENT_COLUMNS = ("time", "customer")
"""What a metering event tells that a day's usage does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form in which usage is told."""

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    table: str
    """The table of the lake that holds it."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns a file of the form may have."""
        return self.required + self.optional


RATED = Form(name="rated", required=REQUIRED, optional=OPTIONAL, table="usage")
"""A day's usage with its amount: what recognition reads."""
COUNTED = Form(
    name="counted",
    required=tuple(name for name in REQUIRED if name not in {"amount", "currency"}),
    optional=OPTIONAL,
    table="metered",
)
"""A day's usage that is rated here."""
EVENTS = Form(
    name="events",
    required=("source", "usage_id", "time", "meter", "quantity", "unit"),
    optional=(*OPTIONAL, "contract", "customer"),
    table="metered",
)
"""Single metering events, each with its time and its contract or customer, rated here by the
day. ``usage_id`` is the event's id."""
FORMS = {form.name: form for form in (RATED, COUNTED, EVENTS)}
SHARED = ("source", "contract", "meter", "unit", "currency", "dimensions")
"""Columns in which rows share their texts."""
NO_AMOUNT, NO_CURRENCY = "0", "XXX"
"""What stands in the place of the amount of usage that is not rated: ISO 4217 has a code for it."""

ROW_NUMBER = "row_number"
FAULT = "fault"
FAULT_VALUE = "fault_value"

ARRIVED = pa.schema(
    [
        pa.field(ROW_NUMBER, pa.int64(), nullable=False),
        *(pa.field(name, pa.string()) for name in COLUMNS + EVENT_COLUMNS),
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

WELL_FORMED = pa.schema(
    [
        pa.field(ROW_NUMBER, pa.int64(), nullable=False),
        pa.field("day", pa.date32(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("usage_id", pa.string(), nullable=False),
        pa.field("contract", pa.string(), nullable=False),
        pa.field("meter", pa.string(), nullable=False),
        pa.field("quantity", QUANTITY, nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("amount", AMOUNT, nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("labels", pa.string(), nullable=False),
        pa.field("corrects", pa.string()),
        pa.field("occurred_at", RECORDED_AT),
        pa.field("customer", pa.string()),
    ]
)
"""What a row means that keeps every rule a row can keep alone. ``day`` identifies it: of an event
that of its time in UTC. ``labels`` are the dimensions in canonical JSON. ``customer`` is told in
the place of a contract; ``contract`` then stands for it until the contract is found."""
OF_CUSTOMER = "customer:"
"""Stands before the customer in the place of a contract that is still to be found."""
