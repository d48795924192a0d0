"""What was metered against what the usage ledger holds rated, by contract, meter and day or month.

Three steps, each with its reasons, which add up to the step exactly::

    metered_less_rated   units counted, less units the ledger holds rated
    rated_since          what the ledger holds, less what it was first rated at
    to_be_rated          what today's prices make of today's counts, less what the ledger holds

Usage that another system told with its amount is metered as it was rated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import duckdb
import pyarrow.compute as pc

from revrec.model.dataset import DataSet
from revrec.reconciliation.datasets import ROW_KEY, key_of, quantity, text
from revrec.reconciliation.reasons import Code
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import rollup
from revrec.usage.ledger import TABLE, rows_of
from revrec.usage.owners import owners
from revrec.usage.rerating import compared
from revrec.usage.rules import RATED_HERE


class Grain(StrEnum):
    """How finely usage is compared."""

    DAY = "day"
    MONTH = "month"


class RatingReason(StrEnum):
    """Why what was metered is not in the ledger as it was first rated; stable and public."""

    NO_PRICE = "no_price"
    """No price holds for it."""
    NOT_SUMMED = "not_summed"
    """Its price is of a peak, a level or distinct values, which is no sum of units."""
    NOT_RATED_YET = "not_rated_yet"
    """Nothing of the day is rated; the next rating brings it."""
    LATE_EVENT = "late_event"
    """Counted or corrected after the day had been rated."""
    RERATED_TIER = "rerated_tier"
    """The total before it changed, and with it the tier or the allowance."""
    PRICE_CORRECTED = "price_corrected"
    """The card or the agreement was corrected or replaced."""
    UNEXPLAINED = "unexplained"
    """No rule explains it; there must be none."""


CODES: Mapping[RatingReason, Code] = {
    RatingReason.NO_PRICE: Code.UNBILLED,
    RatingReason.NOT_SUMMED: Code.FREE_GRANT,
    RatingReason.NOT_RATED_YET: Code.TIMING,
    RatingReason.LATE_EVENT: Code.LATE,
    RatingReason.RERATED_TIER: Code.RERATED_TIER,
    RatingReason.PRICE_CORRECTED: Code.RERATED_TIER,
    RatingReason.UNEXPLAINED: Code.UNEXPLAINED,
}
"""The code of each reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeteredToRated:
    """The leg of a span of days."""

    lines: DataSet
    """One row per contract, meter and day or month."""
    reasons: DataSet
    """One row per reason of a step."""


def metered_to_rated(
    tx: Transaction, lake: Lake, *, first: date, last: date, grain: Grain = Grain.MONTH
) -> MeteredToRated:
    """Compare the days ``first`` to ``last`` as told by now; reads what is committed.

    Days are those on which usage counts. Quantities are in units of the meter, amounts exact.
    """
    with compared(tx, lake, last, everything=True) as bench:
        _put_ledger(bench, tx, lake, first, last)
        bench.register("owner", owners(tx))
        for name, day in (("first_day", first), ("last_day", last)):
            bench.execute(f"set variable {name} = $1", [day])
        bench.execute(_LEGS)
        for name, sql in (("step_reason", _REASONS), ("leg", _LINES)):
            told = "strftime(day, '%Y-%m')" if grain is Grain.MONTH else "day::varchar"
            bench.execute(f"create table {name} as {sql.format(service=told)}")
        return MeteredToRated(lines=_lines(bench), reasons=_reasons(bench))


def _put_ledger(
    bench: duckdb.DuckDBPyConnection, tx: Transaction, lake: Lake, first: date, last: date
) -> None:
    """Make ``ledger_row``: rows of the usage ledger on the days, with why each was appended."""
    bench.execute(
        "create table ledger_row (contract varchar, meter varchar, day date, currency varchar,"
        " rated_here boolean, why varchar, quantity decimal(38,9), amount decimal(38,12),"
        " recorded_at timestamptz, batch varchar)"
    )
    dataset = lake.dataset(tx, TABLE)
    if dataset is None:
        return
    condition = pc.field("entity_id") == tx.entity
    for further in rollup.within(dataset, first, last):
        condition &= further
    columns = "source contract meter usage_date currency corrects dimensions quantity amount"
    columns += " recorded_at batch"
    bench.register("told", rows_of(dataset, columns.split(), condition))
    bench.execute(
        """
        insert into ledger_row
        select contract, meter, usage_date, currency, source = $here,
               case when source = $here and corrects is not null
                    then coalesce(json_extract_string(dimensions, '$.rating.reason'), '')
                    else '' end,
               quantity, amount, recorded_at, batch
        from told
        """,
        {"here": RATED_HERE},
    )
    bench.unregister("told")


_LEGS = f"""
-- A line of a day that had been rated before is there because something else moved.
create or replace table ledger_row as
select contract, meter, day, currency, rated_here, quantity, amount,
       case when why <> '' or not rated_here
                 or (recorded_at = min(recorded_at) over of_day
                     and not bool_or(why <> '') over of_batch) then why
            when sum(quantity) over of_batch = 0 then 'the running total before it changed'
            else 'usage of the day was added or corrected' end as why
from ledger_row
window of_day as (partition by contract, meter, day, rated_here),
       of_batch as (partition by contract, meter, day, rated_here, batch);
create macro named(why) as case why
    when 'the price was corrected or replaced' then '{RatingReason.PRICE_CORRECTED}'
    when 'usage of the day was added or corrected' then '{RatingReason.LATE_EVENT}'
    when 'the running total before it changed' then '{RatingReason.RERATED_TIER}'
    else '{RatingReason.UNEXPLAINED}' end;
create table quantities as
select contract, meter, day, sum(metered)::decimal(38,9) as metered,
       sum(rated)::decimal(38,9) as rated, bool_or(held) as held
from (
    select contract, meter, day, quantity as metered, 0 as rated, false as held from metered
    union all
    select contract, meter, day, case when rated_here then 0 else quantity end, quantity,
           rated_here and quantity <> 0
    from ledger_row
)
where day between getvariable('first_day') and getvariable('last_day')
group by all;
create table amounts as
select contract, meter, day, currency,
       coalesce(sum(amount) filter (where why = ''), 0)::decimal(38,12) as first_rated,
       sum(amount)::decimal(38,12) as rated_amount
from ledger_row group by all;
create table shift as
select contract, meter, day, currency, sum(quantity)::decimal(38,9) as quantity,
       sum(amount)::decimal(38,12) as amount,
       case when reason = '' then '' else named(reason) end as reason
from change where day between getvariable('first_day') and getvariable('last_day') group by all;
create table moved as
select contract, meter, day, sum(quantity) as by_day from shift group by all;
create table lacking as
select contract, meter, day, '{RatingReason.NO_PRICE}' as reason,
       sum(quantity)::decimal(38,9) as quantity
from unpriced where day between getvariable('first_day') and getvariable('last_day') group by all
union all
select contract, meter, day, '{RatingReason.NOT_SUMMED}', sum(quantity)::decimal(38,9)
from not_added where day between getvariable('first_day') and getvariable('last_day') group by all
"""
_REASONS = f"""
with of_quantity as (
    select contract, meter, day, reason, quantity from lacking
    union all
    select q.contract, q.meter, q.day,
           case when q.held then '{RatingReason.LATE_EVENT}'
                else '{RatingReason.NOT_RATED_YET}' end,
           sum(s.quantity)
    from shift s join quantities q using (contract, meter, day)
    group by all
),
rest as (
    select q.contract, q.meter, q.day,
           q.metered - q.rated - coalesce(sum(o.quantity), 0) as quantity
    from quantities q left join of_quantity o using (contract, meter, day)
    group by q.contract, q.meter, q.day, q.metered, q.rated
),
steps as (
    select contract, meter, day, '' as currency, 'metered_less_rated' as step, reason, quantity,
           0 as amount
    from of_quantity
    union all
    select contract, meter, day, '', 'metered_less_rated', '{RatingReason.UNEXPLAINED}',
           quantity, 0
    from rest
    union all
    select contract, meter, day, currency, 'rated_since', named(why), 0, amount
    from ledger_row where why <> ''
    union all
    select s.contract, s.meter, s.day, s.currency, 'to_be_rated',
           case when s.reason <> '' then s.reason
                when not coalesce(q.held, false) then '{RatingReason.NOT_RATED_YET}'
                when m.by_day = 0 then '{RatingReason.RERATED_TIER}'
                else '{RatingReason.LATE_EVENT}' end,
           0, s.amount
    from shift s
    join moved m using (contract, meter, day)
    left join quantities q using (contract, meter, day)
)
select contract, meter, {{service}} as service, currency, step, reason,
       sum(quantity)::decimal(38,9) as quantity, sum(amount)::decimal(38,12) as amount
from steps group by all having sum(quantity) <> 0 or sum(amount) <> 0
"""
_LINES = """
with measures as (
    select contract, meter, day, '' as currency, metered, rated, 0 as first_rated,
           0 as rated_amount, 0 as to_be_rated
    from quantities
    union all
    select contract, meter, day, currency, 0, 0, first_rated, rated_amount, 0 from amounts
    union all
    select contract, meter, day, currency, 0, 0, 0, 0, amount from shift
)
select contract, meter, {service} as service, max(currency) as currency,
       sum(metered)::decimal(38,9) as metered, sum(rated)::decimal(38,9) as rated,
       sum(first_rated)::decimal(38,12) as first_rated,
       sum(rated_amount)::decimal(38,12) as rated_amount,
       sum(to_be_rated)::decimal(38,12) as to_be_rated
from measures group by contract, meter, service
"""


def _lines(bench: duckdb.DuckDBPyConnection) -> DataSet:
    rows = bench.execute(
        """
        select coalesce(owner.customer, ''), l.contract, l.meter, l.service, l.currency,
               l.metered, l.rated, l.metered - l.rated, l.first_rated, l.rated_amount,
               l.rated_amount - l.first_rated, l.to_be_rated,
               coalesce(string_agg(distinct r.reason, ', ' order by r.reason), '')
        from leg l
        left join owner on owner.contract = l.contract
        left join step_reason r
          on r.contract = l.contract and r.meter = l.meter and r.service = l.service
        group by all order by 1, 2, 3, 4
        """
    ).fetchall()
    return DataSet(
        name="metered_to_rated",
        title="Metered to rated",
        columns=[
            *_SUBJECT,
            text("currency", "Currency"),
            quantity("metered", "Metered"),
            quantity("rated", "Rated"),
            quantity("metered_less_rated", "Metered less rated"),
            quantity("first_rated", "First rated, exact"),
            quantity("rated_amount", "Rated, exact"),
            quantity("rated_since", "Rated since, exact"),
            quantity("to_be_rated", "To be rated, exact"),
            text("reason", "Reasons"),
            ROW_KEY,
        ],
        rows=[(*row, key_of(*row[1:4])) for row in rows],
        note="Usage that another system told with its amount is metered as it was rated.",
    )


def _reasons(bench: duckdb.DuckDBPyConnection) -> DataSet:
    rows = bench.execute(
        """
        select coalesce(owner.customer, ''), r.contract, r.meter, r.service, r.currency, r.step,
               r.reason, r.quantity, r.amount
        from step_reason r left join owner on owner.contract = r.contract
        order by 1, 2, 3, 4, 6, 7, 5
        """
    ).fetchall()
    return DataSet(
        name="metered_to_rated_reasons",
        title="Reasons from metered to rated",
        columns=[
            *_SUBJECT,
            text("currency", "Currency"),
            text("difference", "Difference"),
            text("reason", "Reason"),
            text("code", "Code"),
            quantity("quantity", "Quantity"),
            quantity("amount", "Amount, exact"),
            ROW_KEY,
        ],
        rows=[
            (*row[:7], CODES[RatingReason(row[6])].value, *row[7:], key_of(*row[1:7]))
            for row in rows
        ],
    )


_SUBJECT = (
    text("customer", "Customer"),
    text("contract", "Contract"),
    text("meter", "Meter"),
    text("service", "Service"),
)
