"""Rules over a part of a usage fee's month, which leave the rest to other rules."""

from __future__ import annotations

import duckdb

from revrec.reconciliation.tables import any_row


def billed_after_end(database: duckdb.DuckDBPyConnection) -> None:
    """Invoice lines for service that lies wholly outside the obligation's term."""
    database.execute(
        """
        create temp table taken_out as
        select k.number, b.amount, b.quantity,
               b.document || ' bills ' || b."first" || ' to ' || b."last"
               || ', outside the term ' || s.first_day || ' to ' || s.last_day as note
        from usage_bills b
        join open_cases k using (contract, consideration, month)
        join spans s on s.contract = b.contract and s.obligation = b.obligation
        where not b.credit and not b.cancelled
          and (b."first" > s.last_day or b."last" < s.first_day)
        """
    )
    _take_out(database, "billed_after_end")


def billed_twice(database: duckdb.DuckDBPyConnection) -> None:
    """Lines of the same service, amount and quantity, of a month billed above its charge.

    Without them the month must not be billed short of what was known.
    """
    database.execute(
        """
        create temp table taken_out as
        with copies as (
            select *, row_number() over (
                       partition by contract, consideration, month, "first", "last", amount,
                                    quantity
                       order by "on", document, position
                   ) as copy
            from usage_bills where not credit and not cancelled
        ),
        repeated as (
            select contract, consideration, month, sum(amount) as amount
            from copies where copy > 1 group by all
        )
        select k.number, c.amount, c.quantity,
               c.document || ' of ' || c."on" || ' bills again what was billed before' as note
        from copies c
        join repeated r using (contract, consideration, month)
        join open_cases k using (contract, consideration, month)
        where c.copy > 1 and k.billed - k.c_now > k.lines
          and k.billed - r.amount >= least(k.c_now, k.c_low) - k.lines
        """
    )
    _take_out(database, "billed_twice")


def _take_out(database: duckdb.DuckDBPyConnection, reason: str) -> None:
    """Name the lines of ``taken_out`` and compare their cases without them."""
    if not any_row(database, "taken_out"):
        database.execute("drop table taken_out")
        return
    database.execute(
        f"""
        insert into explained
        select number, '{reason}', -amount, 0, amount, 0, quantity, note from taken_out;
        update cases set billed = billed - t.out_amount, gross = gross - t.out_amount,
                         q_billed = q_billed - t.out_quantity, lines = lines - t.out_lines
        from (select number, sum(amount)::bigint as out_amount, sum(quantity) as out_quantity,
                     count(*) as out_lines from taken_out group by number) t
        where cases.number = t.number;
        drop table taken_out;
        """
    )


def billed_in_part(database: duckdb.DuckDBPyConnection) -> None:
    """The bills of a month end before it does, as where billing months begin on the 15th.

    What was used on later days waits for the next bill, and is missing once that is overdue; the
    days billed are judged on their own.
    """
    if not any_row(database, "open_cases where billed_to < period_last(month)"):
        return
    database.execute(
        """
        create temp table tails as
        select k.number, in_minor(sum(d.d_now), any_value(c.unit)) as t_now,
               in_minor(sum(d.d_low), any_value(c.unit)) as t_low,
               in_minor(sum(d.d_high), any_value(c.unit)) as t_high,
               in_minor(sum(d.d_early), any_value(c.unit)) as t_early,
               in_minor(sum(d.d_same), any_value(c.unit)) as t_same,
               in_minor(sum(d.d_owed), any_value(c.unit)) as t_owed,
               sum(d.quantity) as tq_now, sum(d.q_low) as tq_low, sum(d.q_high) as tq_high
        from open_cases k
        join contracts c using (contract)
        join charges_by_day d
          on d.contract = k.contract and d.consideration = k.consideration
         and d.month = k.month and d.day > k.billed_to
        where k.billed_to < period_last(k.month)
        group by k.number;
        insert into explained
        select number, case when due < getvariable('as_of') then 'not_billed'
                            else 'timing_unbilled' end,
               t_now, t_now, 0, tq_now, 0, 'billed to ' || billed_to
        from open_cases join tails using (number)
        where t_now <> 0;
        update cases set c_now = c_now - t_now, c_low = c_low - t_low, c_high = c_high - t_high,
                         c_early = c_early - t_early, c_same = c_same - t_same,
                         c_owed = c_owed - t_owed, q_now = q_now - tq_now,
                         q_low = q_low - tq_low, q_high = q_high - tq_high
        from tails where cases.number = tails.number;
        drop table tails;
        """
    )


def rerated_tier(database: duckdb.DuckDBPyConnection) -> None:
    """Of what is late, the units that were told before and are priced anew since."""
    if not any_row(database, "explained where reason = 'late_event'"):
        return
    database.execute(
        """
        create temp table priced_anew as
        select number, c_now - c_same as amount from cases
        where c_now <> c_same and number in (
            select number from explained where reason = 'late_event'
        );
        insert into explained
        select number, 'late_event', -amount, null, null, null, null, '' from priced_anew
        union all
        select number, 'rerated_tier', amount, null, null, null, null, '' from priced_anew;
        drop table priced_anew;
        """
    )
