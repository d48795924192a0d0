-- Usage with its price, its window and the running totals before and after it.
-- Reads `metered` (contract, meter, day, labels, event, quantity), `agreed`, `matched`, `line`,
-- `span`, `opening`. A day's usage counts in the order of contract and labels, days in theirs.
create or replace table running as
with priced as (
    select m.contract, m.meter, m.day, m.labels, m.event, a.scope, a.price_set,
           t.line, t.counted, l.name, s.first_day as window_first, s.last_day as window_last,
           (m.quantity * 1000000000)::hugeint as quantity
    from metered m
    join agreed a on a.contract = m.contract and m.day between a.first_day and a.last_day
    join matched t on t.price_set = a.price_set and t.meter = m.meter and t.labels = m.labels
    join line l on l.line = t.line
    asof join span s
      on s.key = case l.counted_from
                     when 'calendar' then l.resets
                     when 'term' then 'term@' || a.scope
                     else l.resets || '@' || a.scope end
     and m.day >= s.first_day
    where m.quantity <> 0
)
select p.*,
       coalesce(o.quantity, 0) + sum(p.quantity) over running - p.quantity as before,
       coalesce(o.quantity, 0) + sum(p.quantity) over running as after,
       coalesce(o.quantity, 0) + sum(p.quantity) over total as total
from priced p
left join opening o
  on o.scope = p.scope and o.name = p.name and o.counted = p.counted
 and o.window_first = p.window_first
window total as (partition by p.scope, p.name, p.counted, p.window_first),
       running as (partition by p.scope, p.name, p.counted, p.window_first
                   order by p.day, p.contract, p.labels, p.meter, p.event
                   rows unbounded preceding)
