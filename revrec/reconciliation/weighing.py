"""How a bill of usage is read, and which rows of usage it could have been made without."""

from __future__ import annotations

import duckdb

from revrec.reconciliation import limits

_RATE = 1_000_000_000
"""Units in which rates are kept: atoms of amount for so many atoms of quantity."""
COHERENT = "number in (select number from coherent)"
"""True of the cases that ``find_coherent`` found."""


_CHOSEN = f"""
create temp table chosen as
with windows as (
    select k.number, min(rate(m.amount, m.quantity)) as low,
           max(rate(m.amount, m.quantity)) + 1 as high,
           case when sum(m.quantity) <> 0 then rate(sum(m.amount), sum(m.quantity)) end
               as average
    from (select * from open_cases join cuts using (contract)) k
    join charge_terms t using (contract, consideration)
    join metered m
      on m.contract = k.contract and m.obligation = t.obligation
     and (m.month = k.month or (t.above and m.month < k.month))
    where m.recorded > k.cut and coalesce(m.first_recorded <= k.cut, m.told_rows > 1)
      and m.quantity <> 0
      and m.month not in (select month from loaded_afterwards)
    group by k.number
),
lines as (
    select k.number, k.billed, b.amount, c.discount, c.currency
    from open_cases k
    join usage_bills b using (contract, consideration, month)
    join contracts c using (contract)
    where not b.credit and not b.cancelled
    qualify row_number() over (
        partition by k.number
        order by b.quantity desc nulls last, b.amount desc, b.place
    ) = 1
),
readings as (
    select number, 0 as kind, billed as amount, 0 as slack, '' as said
    from open_cases where lines > 0
    union all
    select number, 1, billed - amount + half_even(amount * (100 - discount), 100), 1,
           'billed without the agreed discount of '
           || rtrim(rtrim(discount::varchar, '0'), '.') || '%'
    from lines where discount is not null
    union all
    select l.number, 2,
           billed - amount + half_even(amount::hugeint * denominator, numerator),
           1 + denominator // numerator, said
    from lines l join slips using (currency)
    where least(abs(amount), abs(half_even(amount::hugeint * denominator, numerator)))
          >= getvariable('named_ratio_minor_min')
),
judged as (
    select r.number, r.kind, r.amount::bigint as amount, r.said, k.q_billed, k.q_low,
           k.c_low as known,
           w.low is not null as open, (r.slack + k.lines) * c.unit as slack,
           (r.amount::hugeint - k.c_low) * c.unit as off,
           (greatest(k.c_low, k.c_high)::hugeint - k.c_low) * c.unit as widest,
           (least(k.c_low, k.c_high)::hugeint - k.c_low) * c.unit as least_off,
           w.low * quantity_atoms(k.q_billed - k.q_low) // {_RATE} as one,
           w.high * quantity_atoms(k.q_billed - k.q_low) // {_RATE} as other,
           w.average * quantity_atoms(k.q_billed - k.q_low) // {_RATE} as usual
    from readings r
    join open_cases k using (number)
    join contracts c using (contract)
    left join windows w using (number)
),
fitting as (
    select *, coalesce(abs(off - usual), 0) as deviation from judged
    where case
        when not open then abs(off) <= slack and coalesce(q_billed = q_low, true)
        when q_billed is null then off >= least_off - slack
                                   and (kind = 0 or off <= widest + slack)
        when q_billed = q_low then abs(off) <= slack
        else q_billed > q_low
             and off between least(one, other) - slack and greatest(one, other) + slack
        end
)
select number, kind, case when open then amount else known end as amount, said from fitting
qualify row_number() over (
    partition by number
    order by case kind when 0 then deviation // {limits.CLEARLY_NEARER} else deviation end, kind
) = 1
"""


def weigh(database: duckdb.DuckDBPyConnection) -> None:
    """``chosen``: for each open case with a bill, the reading of the bill that fits the usage.

    Kind 0 reads it as it stands, 1 with the agreed discount on its largest line, 2 with that line
    at the ratio of two price lists. A reading fits if, beyond what was surely known, it is at
    rates of the rows known in part; without such rows it must be what was known. The reading as it
    stands is taken unless another is ``CLEARLY_NEARER`` times nearer to the average of those rates.
    """
    database.execute(_CHOSEN)


def find_coherent(
    database: duckdb.DuckDBPyConnection,
    *,
    rows: str,
    must: str,
    cases: str,
    reference: tuple[str, str],
) -> None:
    """Cases that differ from a reference by a quantity of certain rows of usage, at their rates.

    Rates are kept as integers, rounded down; one unit more is allowed above. A bill without a
    quantity differs by the rows if there are any. ``must`` is fulfilled by one of the rows.
    """
    amount, quantity = reference
    database.execute(
        f"""
        create or replace temp table coherent as
        with touched as (
            select k.number, min(rate(m.amount, m.quantity)) as low,
                   max(rate(m.amount, m.quantity)) + 1 as high,
                   any_value({amount}) as amount, any_value({quantity}) as quantity
            from (select * from open_cases join cuts using (contract)) k
            join charge_terms t using (contract, consideration)
            join metered m
              on m.contract = k.contract and m.obligation = t.obligation
             and (m.month = k.month or (t.above and m.month < k.month))
            where {cases} and {rows} and m.quantity <> 0
            group by k.number
            having bool_or({must})
        ),
        bounds as (
            select k.number, k.q_billed, t.quantity, k.lines * c.unit as slack,
                   (k.billed - t.amount)::hugeint * c.unit as off,
                   t.low * quantity_atoms(k.q_billed - t.quantity) // {_RATE} as one,
                   t.high * quantity_atoms(k.q_billed - t.quantity) // {_RATE} as other
            from open_cases k join touched t using (number) join contracts c using (contract)
        )
        select number from bounds
        where q_billed is null
           or (q_billed <> quantity
               and off between least(one, other) - slack and greatest(one, other) + slack)
        """
    )


_CREDITED = """
delete from coherent where number in (
    with corrected as (
        select k.number, k.billed <> k.gross as credited, k.q_billed - k.q_low as excess,
               m.recorded, sum(m.quantity) as net,
               sum(m.quantity) filter (where m.quantity < 0) as taken_back,
               bool_and(coalesce(m.first_recorded = m.recorded, false)) as told_apart
        from (select * from open_cases join cuts using (contract)) k
        join coherent using (number)
        join charge_terms t using (contract, consideration)
        left join metered m
          on m.contract = k.contract and m.obligation = t.obligation and m.month = k.month
         and m.recorded > k.first_on and m.recorded <= k.cut
        group by all
    )
    select number from corrected
    group by number, credited, excess
    having case when bool_and(told_apart) and excess is not null
                then sum(net) <> -excess and sum(taken_back) <> -excess
                     and not bool_or(net = -excess or coalesce(taken_back = -excess, false))
                else credited end
)
"""


def keep_exact_corrections(database: duckdb.DuckDBPyConnection) -> None:
    """Leave among the coherent cases those whose corrections are what they are billed too much.

    Corrections that the roll-up does not tell apart stay, unless the month was credited.
    """
    database.execute(_CREDITED)
