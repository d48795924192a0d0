-- One row per usage fee and month: what was charged against what was billed. Rules take parts out
-- of the readings; ``charged`` stays. ``should`` is what they compare the bills with, ``named`` that
-- a rule has explained the case.
create table cases as
with billed as (
    select contract, consideration, obligation, month, sum(amount)::bigint as billed,
           coalesce(sum(amount) filter (where not credit), 0)::bigint as gross,
           case when bool_and(quantity is not null) then sum(quantity) end as q_billed,
           count(*) as lines, min("on") filter (where not credit) as first_on,
           max("on") as last_on,
           max(least(coalesce("last", period_last(month)), period_last(month))) as billed_to
    from usage_bills
    group by contract, consideration, obligation, month
)
select row_number() over (order by contract, consideration, month) as number,
       contract, consideration, obligation, month, e.due,
       coalesce(c.c_now, 0) as c_now, coalesce(c.c_low, 0) as c_low,
       coalesce(c.c_high, 0) as c_high, coalesce(c.c_early, 0) as c_early,
       coalesce(c.c_same, 0) as c_same, coalesce(c.c_owed, 0) as c_owed,
       coalesce(c.q_now, 0) as q_now, coalesce(c.q_low, 0) as q_low,
       coalesce(c.q_high, 0) as q_high,
       coalesce(b.billed, 0) as billed, coalesce(b.gross, 0) as gross, b.q_billed,
       coalesce(b.lines, 0) as lines, b.first_on, b.last_on, b.billed_to,
       coalesce(c.c_now, 0) as charged, coalesce(c.q_now, 0) as q_charged,
       coalesce(c.c_now, 0) as should, 0::decimal(38, 9) as q_should, false as named
from charges c
full join billed b using (contract, consideration, obligation, month)
left join expected e using (contract, month)
where month between getvariable('first') and getvariable('through')
  and consideration <> '';
