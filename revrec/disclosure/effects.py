"""What a change of facts does: two computations of the same books, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect
from revrec.disclosure import columns as c
from revrec.engine import Accounting
from revrec.model.dataset import DataSet
from revrec.model.history import Book
from revrec.periods import Period

BALANCES = (
    *("billed", "paid", "recognised", "unrecognised", "receivable"),
    *("contract_asset", "contract_liability", "refund_liability", "deposit_liability"),
)
"""Balances and sums to date of a contract that are shown."""
_SIDES = ("before", "after")
_OF_A_SIDE = """
select '{side}' as side, s.contract, s.obligation, s.currency, m.period, m.sign * r.revenue as flow
from {side}_recognised r join {side}_segments s using (segment) join months m using (day)
"""
_REVENUE = f"""
select contract, obligation, currency, period,
       sum(case side when 'before' then flow else 0 end)::bigint as before,
       sum(case side when 'after' then flow else 0 end)::bigint as after
from ({" union all ".join(_OF_A_SIDE.format(side=side) for side in _SIDES)})
group by all having before <> after order by all
"""
_ENTRIES = """
select event, account, contract, sum(before)::bigint as before, sum(after)::bigint as after
from (
    select event, account, contract, amount as before, 0 as after from before_postings
    union all
    select event, account, contract, 0 as before, amount as after from after_postings
)
group by all having sum(before) <> sum(after) order by all
"""
_OF_BALANCES = ", ".join(BALANCES)
_POSITIONS = f"""
select contract, balance, period,
       sum(case side when 'before' then amount else 0 end)::bigint as before,
       sum(case side when 'after' then amount else 0 end)::bigint as after
from (
    unpivot (select 'before' as side, contract, day, {_OF_BALANCES} from before_positions
             union all
             select 'after' as side, contract, day, {_OF_BALANCES} from after_positions)
    on {_OF_BALANCES} into name balance value amount
) join ends using (day)
group by all having before <> after order by all
"""


@cites("606-10-25-10", "606-10-32-14", "606-10-32-42")
def revenue_effect(
    before: Accounting, after: Accounting, book: Book, periods: Sequence[Period]
) -> DataSet:
    """Revenue by contract, obligation and economic period that differs, in minor units.

    ``periods`` follow each other; their ends, and the day before the first, are recognised in both.
    """
    days = [(each.last, str(each), 1) for each in periods]
    days += [(each.previous.last, str(each), -1) for each in periods]
    with connect() as database:
        for side, accounting in zip(_SIDES, (before, after), strict=True):
            database.register(f"{side}_segments", accounting.recognised.columns)
            database.register(f"{side}_recognised", accounting.recognised.table)
        database.register(
            "months",
            pa.table(
                {
                    "day": pa.array([day for day, _, _ in days], pa.date32()),
                    "period": [period for _, period, _ in days],
                    "sign": [sign for _, _, sign in days],
                }
            ),
        )
        found = database.execute(_REVENUE).fetchall()
    rows = [
        (
            *(book.known(contract).contract.customer, contract, obligation, currency, period),
            *(old, new, new - old, c.key_of(contract, obligation, period)),
        )
        for contract, obligation, currency, period, old, new in found
    ]
    return DataSet(
        name="revenue_effect",
        title="Effect on revenue",
        columns=[
            *(c.CUSTOMER, c.CONTRACT, c.OBLIGATION, c.CURRENCY),
            c.text("period", "Economic month"),
            *_BOTH,
        ],
        rows=rows,
    )


@cites("606-10-45-1", "606-10-45-4", "606-10-50-13")
def balance_effect(
    before: pa.Table, after: pa.Table, book: Book, periods: Sequence[Period]
) -> DataSet:
    """Balances and sums to date by contract and end of a period that differ, in minor units.

    ``unrecognised`` is what of the transaction price is not revenue yet.
    """
    with connect() as database:
        database.register("before_positions", before)
        database.register("after_positions", after)
        ends = {
            "day": pa.array([each.last for each in periods], pa.date32()),
            "period": [str(each) for each in periods],
        }
        database.register("ends", pa.table(ends))
        found = database.execute(_POSITIONS).fetchall()
    rows = []
    for contract, balance, period, old, new in found:
        known = book.known(contract).contract
        rows.append(
            (
                *(known.customer, contract, balance, known.currency, period),
                *(old, new, new - old, c.key_of(contract, balance, period)),
            )
        )
    return DataSet(
        name="balance_effect",
        title="Effect on balances",
        columns=[
            *(c.CUSTOMER, c.CONTRACT),
            c.text("balance", "Balance"),
            c.CURRENCY,
            c.text("period", "At the end of"),
            *_BOTH,
        ],
        rows=rows,
    )


def entry_effect(before: pa.Table, after: pa.Table, book: Book) -> DataSet:
    """Postings that the close of a period would make otherwise, by event, account and contract."""
    with connect() as database:
        _register(database, before, after)
        found = database.execute(_ENTRIES).fetchall()
    rows = [
        (
            *(event, account, book.known(contract).contract.currency, contract),
            *(old, new, new - old, c.key_of(event, account, contract)),
        )
        for event, account, contract, old, new in found
    ]
    return DataSet(
        name="entry_effect",
        title="Effect on the entries of the period",
        columns=[
            c.text("event", "Event"),
            c.text("account", "Account"),
            *(c.CURRENCY, c.CONTRACT),
            *_BOTH,
        ],
        rows=rows,
        note="Debits are positive.",
    )


def _register(database: duckdb.DuckDBPyConnection, *tables: pa.Table) -> None:
    for side, table in zip(_SIDES, tables, strict=True):
        database.register(f"{side}_postings", table)


_BOTH = (
    c.money("before", "Before"),
    c.money("after", "After"),
    c.money("change", "Change"),
    c.ROW_KEY,
)
