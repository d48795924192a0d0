"""The reconciliation by day: each month's amounts and reasons on the days they belong to.

Usage is of the day it was used on. A bill for usage tells no days: it stands where the usage was
that it is for, and what is wrong with it where the rule that found it says. Fees stand on the day
of their bill, within the month. What was posted for a period is split as the engine earns it by
the day. Days add up to their month exactly, amount by amount and reason by reason; only
``day_split``, which is nothing of a month, and what is deferred on one day and released on another
are of days alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import pyarrow as pa

from revrec import engine
from revrec.column_rows import ColumnRows
from revrec.columnar import connect
from revrec.model.dataset import DataSet, TieOut
from revrec.model.history import Book
from revrec.recognition.counts import usage_by_obligation
from revrec.reconciliation.datasets import (
    ROW_KEY,
    SUBJECT_BY_DAY,
    money,
    named,
    quantity,
    reasons,
    text,
)
from revrec.reconciliation.tables import load, run


@dataclass(frozen=True, slots=True, kw_only=True)
class ByDay:
    """The days of a reconciliation."""

    lines: DataSet
    """Contract x obligation x day."""
    reasons: DataSet
    """One row per reason of a day's difference; they add up to it exactly."""
    tie_outs: Sequence[TieOut]
    """The days against the months."""


def by_day(
    database: duckdb.DuckDBPyConnection,
    book: Book,
    usage: pa.Table | None,
    *,
    first: date,
    last: date,
) -> ByDay:
    """The days ``first`` to ``last`` of a reconciliation whose months are in the database."""
    load(database, "earned", _earned(book, usage, first, last))
    run(database, "by_day")
    return ByDay(
        lines=_lines(database),
        reasons=reasons(database, by_day=True),
        tie_outs=_tie_outs(database, book),
    )


def _earned(book: Book, usage: pa.Table | None, first: date, last: date) -> pa.Table:
    """Revenue of fixed and variable prices as the engine earns it, in minor units by day."""
    days = [first + timedelta(days=n) for n in range(-1, (last - first).days + 1)]
    counts = [] if usage is None else [usage_by_obligation(usage, book.histories.values())]
    recognised = engine.account(book, days, usage=counts).recognised
    with connect() as bench:
        bench.register("segments", recognised.columns)
        bench.register("recognised", recognised.table)
        return bench.sql(
            """
            with to_date as (
                select s.contract, s.obligation, s.component, r.day, sum(r.revenue) as amount
                from recognised r join segments s using (segment)
                group by all
            ),
            by_day as (
                select * replace (
                    (amount - lag(amount, 1, 0) over (
                        partition by contract, obligation, component order by day
                    ))::bigint as amount
                )
                from to_date
            )
            select * from by_day where day >= $first and amount <> 0
            """,
            params={"first": first},
        ).to_arrow_table()


def _lines(database: duckdb.DuckDBPyConnection) -> DataSet:
    found = database.sql(
        f"""
        with named as (
            select contract, obligation, day,
                   {named("rated_less_invoiced")} as rated,
                   {named("invoiced_less_revenue")} as invoiced
            from day_reasons join contracts using (contract) group by contract, obligation, day
        ),
        used as (
            select contract, obligation, day, sum(quantity) as quantity, sum(amount) as amount
            from metered group by all
        )
        select c.customer, c.customer_name, l.contract, l.obligation, l.day,
               period_name(l.month) as service_month, c.currency, u.quantity, u.amount, l.rated,
               l.billed, l.revenue, l.rated - l.billed, coalesce(n.rated, ''),
               l.billed - l.revenue, coalesce(n.invoiced, ''),
               concat_ws('/', marked(l.contract), marked(l.obligation), l.day)
        from day_lines l
        join contracts c using (contract)
        left join named n using (contract, obligation, day)
        left join used u using (contract, obligation, day)
        where l.rated <> 0 or l.billed <> 0 or l.revenue <> 0 or u.amount <> 0
           or n.contract is not null
        order by c.customer, l.contract, l.obligation, l.day
        """
    ).to_arrow_table()
    return DataSet(
        name="reconciliation_by_day",
        title="Usage to billing to revenue by day",
        columns=[
            *SUBJECT_BY_DAY,
            quantity("metered_quantity", "Metered"),
            quantity("rated_exact", "Rated, exact"),
            money("rated", "Rated"),
            money("invoiced", "Invoiced"),
            money("revenue", "Revenue"),
            money("rated_less_invoiced", "Rated less invoiced"),
            text("why_rated_less_invoiced", "Why"),
            money("invoiced_less_revenue", "Invoiced less revenue"),
            text("why_invoiced_less_revenue", "Why"),
            ROW_KEY,
        ],
        rows=ColumnRows.of(found),
        note="A bill for usage stands on the days of the usage that it is for, a fee on the day "
        "of its bill within the month, revenue on the days it is earned. Days add up to the month.",
    )


def _tie_outs(database: duckdb.DuckDBPyConnection, book: Book) -> list[TieOut]:
    """By currency: what the days of all months, contracts and obligations are off, unsigned."""
    off = dict(
        database.execute(
            """
            with parts as (
                select contract, obligation, month, m.measure, m.amount from day_lines
                cross join lateral (values ('rated', rated), ('billed', billed),
                                           ('revenue', revenue)) m (measure, amount)
                union all
                select contract, obligation, month, difference || reason, amount
                from day_reasons where reason <> 'day_split'
                union all
                select contract, obligation, month, m.measure, -m.amount from lines
                cross join lateral (values ('rated', rated), ('billed', billed),
                                           ('revenue', revenue)) m (measure, amount)
                union all
                select contract, obligation, month, difference || reason, -amount from reasons
            ),
            off as (
                select contract, abs(sum(amount)) as amount from parts
                group by contract, obligation, month, measure
            )
            select currency, sum(amount)::bigint from off join contracts using (contract)
            group by currency
            """
        ).fetchall()
    )
    return [
        TieOut(
            name="Days are the month",
            left_name="Amounts and reasons by day less those by month, unsigned",
            left=off.get(currency, 0),
            right_name="None allowed",
            right=0,
            currency=currency,
            mark="CF",
        )
        for currency in sorted({each.contract.currency for each in book.histories.values()})
    ]
