"""Columns of the tables that the reconciliation reads."""

from __future__ import annotations

import pyarrow as pa

TEXT, DAY, INT, FLAG = pa.string(), pa.date32(), pa.int64(), pa.bool_()
QUANTITY, AMOUNT = pa.decimal128(38, 9), pa.decimal128(38, 12)

CONTRACTS = pa.schema(
    [
        ("contract", TEXT),
        ("customer", TEXT),
        ("customer_name", TEXT),
        ("currency", TEXT),
        ("unit", INT),
        ("first_day", DAY),
        ("usage_months", INT),
        ("discount", pa.decimal128(5, 2)),
    ]
)
"""``unit``: atoms of rated amount in one minor unit. ``usage_months``: between usage invoices."""
VERSIONS = pa.schema(
    [
        ("contract", TEXT),
        ("obligation", TEXT),
        ("version", INT),
        ("first_day", DAY),
        ("last_day", DAY),
        ("entitled", AMOUNT),
        ("counts_from", DAY),
    ]
)
"""Obligations by set of terms; ``entitled`` where a rated value was bought, which is used up from
``counts_from`` on: before the first day where it was stated anew from an earlier one."""
METERS = pa.schema(
    [
        ("contract", TEXT),
        ("meter", TEXT),
        ("obligation", TEXT),
        ("version", INT),
        ("first_day", DAY),
        ("last_day", DAY),
        ("charged", FLAG),
    ]
)
NO_CONTRACT = pa.schema([("contract", TEXT), ("first_day", DAY), ("last_day", DAY)])
"""Spans in which the criteria of a contract are not met."""
SERVICES = pa.schema(
    [
        ("contract", TEXT),
        ("obligation", TEXT),
        ("meters", TEXT),
        ("charged_by_use", FLAG),
        ("drawdown", TEXT),
        ("ends", DAY),
        ("over", FLAG),
    ]
)
"""Obligations over all their terms. ``drawdown``: the reason that names usage paid for before.
``over``: the service ended and nothing more is expected of its fixed price."""
CHARGE_TERMS = pa.schema(
    [
        ("contract", TEXT),
        ("consideration", TEXT),
        ("obligation", TEXT),
        ("above", FLAG),
        ("from_day", DAY),
        ("kept", pa.decimal128(10, 9)),
        ("royalty", FLAG),
        ("transferred", DAY),
    ]
)
"""Usage fees, with the part of the rated amount that an agent keeps, else 1.

``transferred`` is the day on which the last license of a royalty is, if it waits for one.

An empty consideration stands for usage beyond what was bought, at no charge.
"""
COMPONENTS = pa.schema([("contract", TEXT), ("component", TEXT), ("side", TEXT)])
SHARES = pa.schema(
    [
        ("contract", TEXT),
        ("obligation", TEXT),
        ("stated", INT),
        ("allocated", INT),
        ("earned", INT),
        ("modified", FLAG),
    ]
)
BILLS = pa.schema(
    [
        ("place", INT),
        ("contract", TEXT),
        ("document", TEXT),
        ("corrects", TEXT),
        ("credit", FLAG),
        ("on", DAY),
        ("position", INT),
        ("side", TEXT),
        ("consideration", TEXT),
        ("obligation", TEXT),
        ("amount", INT),
        ("quantity", QUANTITY),
        ("first", DAY),
        ("last", DAY),
        ("month", DAY),
        ("cancelled", FLAG),
    ]
)
"""Lines of documents; ``month`` is the first day of the month they are compared in."""
FIXED_BILLS = pa.schema(
    [
        ("contract", TEXT),
        ("obligation", TEXT),
        ("month", DAY),
        ("day", DAY),
        ("amount", INT),
    ]
)
"""``day``: of the document, whatever month it is compared in."""
FEE_DIFFERENCES = pa.schema(
    [
        ("contract", TEXT),
        ("obligation", TEXT),
        ("month", DAY),
        ("day", DAY),
        ("reason", TEXT),
        ("amount", INT),
    ]
)
SLIPS = pa.schema([("currency", TEXT), ("numerator", INT), ("denominator", INT), ("said", TEXT)])
USAGE = pa.schema(
    [
        ("place", INT),
        ("contract", TEXT),
        ("meter", TEXT),
        ("day", DAY),
        ("quantity", QUANTITY),
        ("amount", AMOUNT),
        ("told_rows", INT),
        ("recorded", DAY),
        ("first_recorded", DAY),
    ]
)
"""The usage ledger by contract, meter and day. ``recorded``: the day of the last of its rows;
``first_recorded``: of the first, where that is told."""
REVENUE = pa.schema(
    [
        ("contract", TEXT),
        ("obligation", TEXT),
        ("component", TEXT),
        ("month", DAY),
        ("event", TEXT),
        ("amount", INT),
    ]
)
