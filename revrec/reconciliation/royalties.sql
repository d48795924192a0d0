-- A royalty is charged by one license. What others earn of it is allocated to them, and what was
-- charged before the last license is transferred waits until then (606-10-55-65).
create table royalty_reasons as
with earned as (
    select t.contract, t.consideration, t.obligation as home, t.transferred, r.obligation, r.month,
           sum(r.amount)::bigint as amount
    from charge_terms t
    join revenue r on r.contract = t.contract and r.component = t.consideration
    where t.royalty
    group by all
),
flows as (
    select contract, consideration, obligation as home, transferred, month, c_now as amount
    from charges join charge_terms using (contract, consideration, obligation)
    where royalty
    union all
    select contract, consideration, home, transferred, month, -amount from earned
    union all
    select contract, consideration, obligation, transferred,
           period_first(transferred), 0
    from charge_terms where royalty and transferred < getvariable('through_last')
),
by_month as (
    select contract, consideration, home, transferred, month, sum(amount)::bigint as amount
    from flows group by all
),
waiting as (
    select contract, consideration, home, month,
           case when period_last(month) < transferred then greatest(sum(amount) over up, 0)
                else 0 end as waits
    from by_month
    window up as (partition by contract, consideration order by month)
)
select contract, obligation, month, 'allocation' as reason, -amount as amount
from earned where obligation <> home
union all
select contract, home, month, 'allocation', amount from earned where obligation <> home
union all
select contract, home, month, 'deferral', (waits - lag(waits, 1, 0) over up)::bigint
from waiting
window up as (partition by contract, consideration order by month);
