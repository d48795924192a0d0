-- Usage with its price and its window.
-- Reads `metered` (contract, meter, day, labels, event, quantity), `agreed`, `matched`, `line`,
-- `span`. What is counted together has a number (`counter`), so that few texts are sorted. Where
-- totals start again with each hour or event, `part` tells them apart within their day.
create or replace table usage_key as
select row_number() over (order by contract, labels, meter)::integer as used, contract, meter,
       labels
from (select distinct contract, meter, labels from metered);

create or replace table route as
select k.used, a.first_day, a.last_day, l.line,
       dense_rank() over (order by a.scope, l.name, t.counted)::integer as counter,
       a.scope, l.name, t.counted,
       case l.counted_from when 'calendar' then l.resets
                           when 'term' then 'term@' || a.scope
                           else l.resets || '@' || a.scope end as span_key
from usage_key k
join agreed a on a.contract = k.contract
join matched t on t.price_set = a.price_set and t.meter = k.meter and t.labels = k.labels
join line l on l.line = t.line;

create or replace table counter as
select distinct counter, scope, name, counted from route;

create or replace table span_day as
select key, first_day, last_day, unnest(generate_series(
           greatest(first_day, first_used), least(last_day, last_used), interval 1 day
       ))::date as day
from span, (select min(day) as first_used, max(day) as last_used from metered);

create or replace view routed as
select r.used, m.day, m.event, r.counter, r.line, s.first_day as window_first,
       s.last_day as window_last, (m.quantity * 1000000000)::hugeint as quantity,
       case l.resets when 'event' then r.used || ' ' || m.event
                     when 'hour' then left(m.event, 19) else '' end as part
from metered m
join usage_key k using (contract, meter, labels)
join route r on r.used = k.used and m.day between r.first_day and r.last_day
join span_day s on s.key = r.span_key and s.day = m.day
join line l on l.line = r.line
where (m.quantity <> 0 or l.zero_tells)
  and (l.resets <> 'hour' or trim(left(m.event, 19)) <> '');
