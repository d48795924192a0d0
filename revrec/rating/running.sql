-- Usage with the running totals of its window before and after it.
-- Reads `measured`, `counter`, `opening`, `begun_with`. A day's usage counts in the order of contract,
-- labels and meter, days in theirs. Where fewer units are included than the price tells, the total
-- begins as if the others were used (`begun`).
create or replace table running as
with opened as (
    select c.counter, o.window_first, o.quantity
    from opening o join counter c using (scope, name, counted)
)
select p.*, coalesce(g.quantity, 0) as begun,
       begun + coalesce(o.quantity, 0) + sum(p.quantity) over running - p.quantity as before,
       begun + coalesce(o.quantity, 0) + sum(p.quantity) over running as after,
       begun + coalesce(o.quantity, 0) + sum(p.quantity) over total as total
from measured p
left join opened o
  on o.counter = p.counter and o.window_first = p.window_first and p.part = ''
left join begun_with g on g.counter = p.counter and g.window_first = p.window_first
window total as (partition by p.counter, p.window_first, p.part),
       running as (partition by p.counter, p.window_first, p.part
                   order by p.day, p.used, p.event rows unbounded preceding)
