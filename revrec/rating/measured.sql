-- Usage whose window is more than the sum of it, as what each event adds to the quantity of its
-- window; so that all that follows goes by sums.
-- Reads `routed`, `route`, `usage_key`, `metered`, `aggregated` (line, how, distinct_of, divisor),
-- `span`. Levels are held day by day up to $through, days as in the zone.

-- Each telling of a level, until the next of the same labels.
create or replace table reading as
select m.used, m.told_at, m.quantity as level,
       coalesce(lead(m.told_at) over (partition by m.used order by m.told_at, m.event), m.ends) as until
from (
    select k.used, m.event, (m.quantity * 1000000000)::hugeint as quantity,
           coalesce(
               nullif(regexp_extract(m.event, $moment), '')::timestamptz,
               m.day::timestamp at time zone $zone
           ) as told_at,
           ($through::date + 1)::timestamp at time zone $zone as ends
    from metered m join usage_key k using (contract, meter, labels)
    where k.used in (select r.used from route r join aggregated a using (line)
                     where a.how = 'level')
) m;

-- Level times microseconds, by day.
create or replace table held_on as
with days as (
    select used, level, told_at, until, unnest(generate_series(
               (told_at at time zone $zone)::date,
               least((until at time zone $zone)::date, $through::date), interval 1 day
           ))::date as day
    from reading where until > told_at
)
select used, day, sum(level * (
           epoch_us(least(until, (day + 1)::timestamp at time zone $zone))
           - epoch_us(greatest(told_at, day::timestamp at time zone $zone))
       ))::hugeint as held
from days
where until > day::timestamp at time zone $zone
group by used, day;

-- The mean of a window up to each day, rounded there; a day has the difference.
create or replace table level_of as
with shared as (
    select h.used, h.day, r.counter, r.line, s.first_day as window_first,
           s.last_day as window_last, h.held,
           coalesce(
               a.divisor,
               epoch_us((s.last_day + 1)::timestamp at time zone $zone)
                   - epoch_us(s.first_day::timestamp at time zone $zone)
           )::hugeint as divisor
    from held_on h
    join route r on r.used = h.used and h.day between r.first_day and r.last_day
    join aggregated a on a.line = r.line and a.how = 'level'
    join span s on s.key = r.span_key and h.day between s.first_day and s.last_day
),
summed as (
    select *, sum(held) over (partition by counter, window_first order by day, used
                              rows unbounded preceding)::hugeint as total
    from shared
)
select *, rounded(total // divisor, total % divisor, divisor, 1, 'half_even') as mean
from summed;

create or replace table measured_apart as
with told as (
    select r.* exclude (quantity), a.how,
           case a.how
               when 'count' then case when r.quantity > 0 then 1000000000 else 0 end
               else r.quantity end as quantity,
           json_extract_string(k.labels, a.distinct_of) as value
    from routed r join aggregated a using (line) join usage_key k using (used)
    where a.how <> 'level'
),
added as (
    select * replace (case how
        when 'count' then quantity
        when 'max' then greatest(quantity - greatest(coalesce(max(quantity) over earlier, 0), 0), 0)
        when 'latest' then quantity - coalesce(lag(quantity) over in_order, 0)
        when 'distinct' then
            case when quantity > 0 and coalesce(max(quantity) over earlier_alike, 0) <= 0
                 then 1000000000 else 0 end
        end as quantity)
    from told
    window in_order as (partition by counter, window_first, part order by day, event, used),
           earlier as (partition by counter, window_first, part order by day, event, used
                       rows between unbounded preceding and 1 preceding),
           earlier_alike as (partition by counter, window_first, part, value
                             order by day, event, used
                             rows between unbounded preceding and 1 preceding)
)
select used, day, event, counter, line, window_first, window_last, quantity::hugeint as quantity,
       part
from added where quantity <> 0
union all by name
select used, day, '' as event, counter, line, window_first, window_last,
       (mean - coalesce(lag(mean) over (partition by counter, window_first order by day, used), 0)
       )::hugeint as quantity,
       '' as part
from level_of;

delete from measured_apart where quantity = 0;

create view measured as
from measured_apart
union all by name
from routed where line not in (select line from aggregated);
