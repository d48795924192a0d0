"""Prices of single transactions: what is free of them, and the fee of those that are not."""

from __future__ import annotations

from importlib.resources import files

import duckdb

from revrec.money import AMOUNT_SCALE, QUANTITY_SCALE, atoms
from revrec.rating.catalogue import Catalogue


def free(connection: duckdb.DuckDBPyConnection, found: Catalogue) -> None:
    """Take what is free of transactions out of ``running``; make ``event_part``.

    A transaction is free while both limits last: those before it are fewer than the free ones,
    and the money up to it is within the free money. One that the money splits is paid in part.
    ``event_part`` holds the free quantities and the fees.
    """
    rows = [
        (
            line.number,
            atoms(terms.fee, AMOUNT_SCALE),
            terms.free_events,
            None if terms.free_amount is None else atoms(terms.free_amount, QUANTITY_SCALE),
            None if terms.minimum is None else atoms(terms.minimum, AMOUNT_SCALE),
            None if terms.maximum is None else atoms(terms.maximum, AMOUNT_SCALE),
        )
        for line in found.lines
        if (terms := line.price.per_event) is not None
    ]
    connection.execute(
        "create or replace table event_price"
        " (line integer, fee hugeint, free_events bigint, free_amount hugeint,"
        " least_amount hugeint, most hugeint)"
    )
    if rows:
        connection.executemany("insert into event_price values ($1, $2, $3, $4, $5, $6)", rows)
        connection.execute(_SEPARATE)
    connection.execute(_PARTS if rows else _NO_PARTS)


def bound(connection: duckdb.DuckDBPyConnection) -> None:
    """Charge transactions with a least or largest amount what these add to or take off ``rated``.

    The line of an event is the rounded sum of the bounded amounts after it, less that before it
    and less its usage, so that a window sums to its rounded total.
    """
    found = connection.execute(
        "select 1 from event_price where least_amount is not null or most is not null limit 1"
    ).fetchone()
    if found is not None:
        connection.execute(
            files(__package__).joinpath("bounded_events.sql").read_text(encoding="utf-8")
        )


_SEPARATE = """
create or replace table transaction as
with told as (
    select r.*, p.fee, p.free_events, p.free_amount, p.least_amount, p.most,
           row_number() over ordered as ordinal
    from running r join event_price p using (line)
    window ordered as (partition by r.counter, r.window_first order by r.day, r.used, r.event)
)
select * replace (
    case when free_events is null and free_amount is null then quantity
         when ordinal > free_events then quantity
         when free_amount is null then 0
         else greatest(after - free_amount, 0) - greatest(before - free_amount, 0)
    end::hugeint as quantity
), quantity as whole from told;

delete from running where line in (select line from event_price);

insert into running by name
select * exclude (
    fee, free_events, free_amount, least_amount, most, ordinal, whole
) replace (
    sum(quantity) over running - quantity as before,
    sum(quantity) over running as after,
    sum(quantity) over total as total
)
from transaction
window total as (partition by counter, window_first),
       running as (partition by counter, window_first order by day, used, event
                   rows unbounded preceding)
qualify quantity <> 0;
"""
_PARTS = """
create or replace table event_part as
with paid as (
    select *, sum(case when quantity > 0 then 1 else 0 end) over (
               partition by counter, window_first order by day, used, event
               rows unbounded preceding
           )::hugeint as paid_events
    from transaction
)
select used, day, event, counter, line, 'usage' as charge, 0 as tier, window_first, window_last,
       before, after, whole - quantity as quantity, 0::hugeint as gross, 0::hugeint as amount
from paid where whole <> quantity
union all
select used, day, event, counter, line, 'event', null, window_first, window_last, before, after,
       0,
       rounded(fee * paid_events, 0, 1, quantum, rounds)
           - rounded(fee * (paid_events - 1), 0, 1, quantum, rounds) as gross, gross
from paid join (select line, quantum, rounds from line) using (line)
where quantity > 0 and fee > 0 and least_amount is null and most is null
"""
_NO_PARTS = """
create or replace table event_part as
select used, day, event, counter, line, '' as charge, 0 as tier, window_first, window_last, before,
       after, quantity, quantity as gross, quantity as amount
from running limit 0
"""
