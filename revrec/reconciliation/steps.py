"""The statements of a reconciliation in their order; what there is nothing for is not planned.

To plan a statement takes longer than to run it over the rows of a small book.
"""

from __future__ import annotations

import duckdb

from revrec.reconciliation.tables import any_row, run

_NOTHING_ABOVE = """
create table above_to_date (
    contract varchar, consideration varchar, obligation varchar, version integer, month date,
    day date, at_now decimal(38, 12), at_low decimal(38, 12), at_high decimal(38, 12),
    at_early decimal(38, 12), at_same decimal(38, 12)
);
create table charges_above (
    contract varchar, consideration varchar, obligation varchar, month date, c_now bigint,
    c_low bigint, c_high bigint, c_early bigint, c_same bigint, c_full bigint
);
"""
_NOT_SPREAD = "create view usage_bills as select * from bills where side = 'usage'"
_NO_ROYALTIES = """
create table royalty_reasons (
    contract varchar, obligation varchar, month date, reason varchar, amount bigint
)
"""
_NOTHING_WAITS = """
create table waits_for_contract (
    contract varchar, obligation varchar, month date, amount bigint
)
"""


def charge(database: duckdb.DuckDBPyConnection) -> None:
    """``cases``: what was charged for use against what was billed, by fee and month."""
    for name in ("metering", "timing", "charging"):
        run(database, name)
    if any_row(database, "charge_terms where above"):
        run(database, "above")
    else:
        database.execute(_NOTHING_ABOVE)
    run(database, "charges")
    of_several = 'period_first("first") < period_first("last")'
    if any_row(database, f"bills where side = 'usage' and {of_several}"):
        run(database, "spread")
    else:
        database.execute(_NOT_SPREAD)
    run(database, "cases")


def bridge(database: duckdb.DuckDBPyConnection) -> None:
    """``lines`` and ``reasons``: from rated over billed to revenue, every difference named."""
    if any_row(database, "charge_terms where royalty"):
        run(database, "royalties")
    else:
        database.execute(_NO_ROYALTIES)
    run(database, "bridge")
    if any_row(database, "no_contract"):
        run(database, "waits")
    else:
        database.execute(_NOTHING_WAITS)
    run(database, "reasons")
