-- What windows owe beside their usage: fees, flat amounts without usage, and what is missing to
-- a commitment or a minimum. Only windows that have ended by `through` owe it.
-- Reads `agreed`, `line`, `span`, `owed`, `counter`, `rated`, `running`.
create or replace table charged as
with ended as (
    select a.scope, l.name, s.first_day as window_first, s.last_day as window_last,
           min(a.contract) as contract, arg_max(l.line, (a.first_day, a.contract)) as line,
           least(s.last_day, max(a.last_day)) - greatest(s.first_day, min(a.first_day)) + 1 as days,
           least(s.last_day, max(a.last_day)) as day
    from agreed a
    join line l on l.price_set = a.price_set
    join owed using (line)
    join span s
      on s.key = case l.counted_from
                     when 'calendar' then l.resets
                     when 'term' then 'term@' || a.scope
                     else l.resets || '@' || a.scope end
     and s.first_day <= a.last_day and s.last_day >= a.first_day
    where least(s.last_day, a.last_day) <= $through
    group by a.scope, l.name, s.first_day, s.last_day
),
used as (
    select scope, name, window_first, sum(amount) as amount
    from rated join counter using (counter) group by all
),
counted as (
    select scope, name, window_first, sum(quantity) as quantity
    from running join counter using (counter) group by all
),
due as (
    select e.*, o.*  exclude (line), l.meter, l.quantum, l.rounds,
           coalesce(u.amount, 0) as used,
           case when coalesce(c.quantity, 0) = 0 then o.zero_usage else 0 end as flat,
           (e.window_last - e.window_first + 1)::hugeint as window_days
    from ended e
    join owed o using (line)
    join line l using (line)
    left join used u
      on u.scope = e.scope and u.name = e.name and u.window_first = e.window_first
    left join counted c
      on c.scope = e.scope and c.name = e.name and c.window_first = e.window_first
),
rounded_due as (
    select *,
           case when fee_prorated then
                    rounded((fee * days) // window_days + flat, (fee * days) % window_days,
                            window_days, quantum, rounds)
                else rounded(fee + flat, 0, 1, quantum, rounds) end as fixed,
           rounded(committed_due, 0, 1, quantum, rounds) as least_committed,
           case when prorated then
                    rounded((minimum * days) // window_days, (minimum * days) % window_days,
                            window_days, quantum, rounds)
                else rounded(minimum, 0, 1, quantum, rounds) end as least_minimum
    from due
),
kinds as (
    select *, 'fee' as charge, fixed as amount from rounded_due
    union all
    select *, 'commitment', greatest(least_committed - used, 0) from rounded_due
    union all
    select *, 'minimum',
           greatest(least_minimum - fixed - greatest(used, least_committed), 0)
    from rounded_due
)
select contract, meter, day, scope, line, name, charge, window_first, window_last,
       amount::hugeint as amount
from kinds
where amount <> 0
