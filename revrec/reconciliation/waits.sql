-- What is charged while the criteria of a contract are not met waits, and is made up for in the
-- month in which they are (606-10-25-6 to 25-8).
create table waits_for_contract as
with waiting as (
    select o.contract, o.obligation, o.month, s.first_day,
           case when period_last(o.month) between s.first_day and s.last_day
                then greatest(sum(o.amount) over up, 0) else 0 end as waits
    from usage_off o
    join no_contract s on s.contract = o.contract and period_last(o.month) >= s.first_day
    window up as (partition by o.contract, o.obligation, s.first_day order by o.month)
),
moved as (
    select contract, obligation, month, (waits - lag(waits, 1, 0) over up)::bigint as amount
    from waiting
    window up as (partition by contract, obligation, first_day order by month)
)
select contract, obligation, month, sum(amount)::bigint as amount from moved
group by all having sum(amount) <> 0;
