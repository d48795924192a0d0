"""Four ratios that say how well the three systems agree."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from revrec.reconciliation.limits import RATIO_PLACES
from revrec.reconciliation.reasons import MISTAKES


@dataclass(frozen=True, slots=True)
class Scores:
    """Each between 0 and 1; cut after six places, so that 1 means all."""

    cleared: Decimal
    complete: Decimal
    timely: Decimal
    explained: Decimal


def scores(database: duckdb.DuckDBPyConnection) -> Scores:
    """The scores of a computed reconciliation.

    Cleared: of the larger of charge and bill of every usage fee and month, and of every fixed
    fee's bill, what is neither mistaken nor unexplained. Complete: of usage months and fees that
    had to be billed by now, those billed; rows of unknown contracts count as missing. Timely: of
    the ledger's rows, those recorded by the day their month was expected on an invoice.
    Explained: of the amounts of all reasons, those with a name. Amounts of several currencies are
    added as they stand: the ratios weigh, they do not convert.
    """
    mistakes = ", ".join(f"'{reason.value}'" for reason in sorted(MISTAKES))
    return Scores(
        cleared=_less(database, _CLEARED.format(mistakes=mistakes)),
        complete=_less(database, _COMPLETE),
        timely=_less(database, _TIMELY),
        explained=_less(database, _EXPLAINED),
    )


_CLEARED = """
select (select coalesce(sum(greatest(abs(charged), abs(gross))), 0) from cases)
       + (select coalesce(sum(abs(amount)), 0) from fixed_bills
          where month between getvariable('first') and getvariable('through')) as whole,
       (select coalesce(sum(abs(amount)), 0) from reasons
        where difference = 'invoiced_less_revenue' and reason in ({mistakes}, 'unexplained')) as off
"""
_COMPLETE = """
with due as (
    select count(*) as expected, count(*) filter (where lines = 0) as missing
    from cases where c_high <> 0 and due < getvariable('as_of')
    union all
    select count(*), count(*) filter (where reason = 'not_billed') from (
        select 'billed' as reason from fixed_bills
        where month between getvariable('first') and getvariable('through')
        union all
        select reason from fee_differences
        where reason = 'not_billed'
          and month between getvariable('first') and getvariable('through')
    )
    union all
    select coalesce(sum(told_rows), 0), coalesce(sum(told_rows), 0) from strays
)
select sum(expected) as whole, sum(missing) as off from due
"""
_TIMELY = """
select coalesce(sum(m.told_rows), 0) as whole,
       coalesce(sum(m.told_rows) filter (
           where m.recorded
                 > coalesce(e.due, period_last(m.month) + getvariable('invoice_days')::integer)
       ), 0) as off
from metered m
left join expected e using (contract, month)
where m.month between getvariable('first') and getvariable('through')
"""
_EXPLAINED = """
select coalesce(sum(abs(amount)), 0) as whole,
       coalesce(sum(abs(amount)) filter (where reason = 'unexplained'), 0) as off
from reasons
"""


def _less(database: duckdb.DuckDBPyConnection, sql: str) -> Decimal:
    """One less the part that is off; 1 where there is nothing, never below 0."""
    row = database.execute(f"select whole::varchar, off::varchar from ({sql})").fetchone()
    whole, off = (int(str(each)) for each in row or ("0", "0"))
    if whole <= off:
        return Decimal(0 if off else 1)
    cut = (whole - off) * 10**RATIO_PLACES // whole
    return Decimal(cut).scaleb(-RATIO_PLACES)
