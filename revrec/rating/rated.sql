-- Running totals cut by the pieces of their price, each part with its exact amount rounded as
-- the line says. Reads `running`, `line`, `piece`, `day_start`.
create or replace table rated as
with parts as (
    select r.* exclude (quantity), p.*,
           l.rounded_at, l.rounds, l.quantum, l.denominator, l.committed, l.factor, l.factor_of,
           l.largest,
           clipped(r.before, p.counts_from, p.high) as part_from,
           clipped(r.after, p.counts_from, p.high) as part_to,
           l.rounded_at = 'day' as by_day, clipped(d.before, p.low, p.high) as part_origin
    from running r
    join line l using (line)
    join (select * rename (line as of_line) from piece) p on p.of_line = r.line
    left join day_start d
      on d.counter = r.counter and d.window_first = r.window_first and d.day = r.day and l.rounded_at = 'day'
    where greatest(r.total, 0) > p.reached_above
      and (p.reached_up_to is null or greatest(r.total, 0) <= p.reached_up_to)
),
measured as (
    select *, greatest(part_from, low) as x_from, greatest(part_to, low) as x_to,
           (x_from > low)::int as in_from, (x_to > low)::int as in_to,
           packages_in(x_from - low, package, carry) as packages_from,
           packages_in(x_to - low, package, carry) as packages_to,
           case when by_day then whole_of(
               packages_in(part_origin - low, package, carry), (part_origin > low)::int,
               rate, flat, flat_rest, denominator
           ) else 0 end as whole_origin,
           case when by_day then rest_of(
               packages_in(part_origin - low, package, carry), (part_origin > low)::int,
               rate, flat_rest, denominator
           ) else 0 end as rest_origin,
           case when rounded_at = 'line' then base else 0 end as added,
           case when rounded_at = 'line' then base_rest else 0 end as added_rest
    from parts
    where part_from <> part_to
),
valued as (
    select *,
           whole_of(packages_from, in_from, rate, flat, flat_rest, denominator)
               - whole_origin + added - 1 as whole_from,
           rest_of(packages_from, in_from, rate, flat_rest, denominator)
               - rest_origin + added_rest + denominator as rest_from,
           whole_of(packages_to, in_to, rate, flat, flat_rest, denominator)
               - whole_origin + added - 1 as whole_to,
           rest_of(packages_to, in_to, rate, flat_rest, denominator)
               - rest_origin + added_rest + denominator as rest_to
    from measured
),
carried as (
    select * replace (
        whole_from + rest_from // denominator as whole_from, rest_from % denominator as rest_from,
        whole_to + rest_to // denominator as whole_to, rest_to % denominator as rest_to
    )
    from valued
),
amounts as (
    select *,
           rounded(
               beyond_whole(whole_from, rest_from, denominator, committed, factor, factor_of),
               beyond_rest(whole_from, rest_from, denominator, committed, factor, factor_of),
               denominator * factor_of, quantum, rounds
           ) as amount_from,
           rounded(
               beyond_whole(whole_to, rest_to, denominator, committed, factor, factor_of),
               beyond_rest(whole_to, rest_to, denominator, committed, factor, factor_of),
               denominator * factor_of, quantum, rounds
           ) as amount_to
    from carried
)
select used, day, event, counter, line, 'usage' as charge, tier, window_first,
       window_last, before - begun as before, after - begun as after,
       part_to - part_from as quantity,
       amount_to - amount_from as gross,
       case when largest is null then amount_to - amount_from
            else least(amount_to, largest) - least(amount_from, largest) end as amount
from amounts
