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
-- Packages are parted into multiples of the denominator and a rest, so that no product is too
-- large; the parts are found once, as a division costs more than all else.
divided as (
    select *, packages_from // denominator as times_from, packages_to // denominator as times_to
    from measured
),
multiplied as (
    select *,
           (packages_from - times_from * denominator) * rate + flat_rest * in_from as parts_from,
           (packages_to - times_to * denominator) * rate + flat_rest * in_to as parts_to
    from divided
),
summed as (
    select *, parts_from // denominator as more_from, parts_to // denominator as more_to
    from multiplied
),
-- Rests are within (0, 3) denominators here, and amounts one short for it.
valued as (
    select *,
           times_from * rate + flat * in_from + more_from - whole_origin + added - 1 as whole_from,
           parts_from - more_from * denominator - rest_origin + added_rest + denominator
               as rest_from,
           times_to * rate + flat * in_to + more_to - whole_origin + added - 1 as whole_to,
           parts_to - more_to * denominator - rest_origin + added_rest + denominator as rest_to,
           2 * denominator as twice
    from summed
),
carried as (
    select * replace (
        whole_from + (rest_from >= denominator)::int + (rest_from >= twice)::int as whole_from,
        rest_from - case when rest_from >= twice then twice
                         when rest_from >= denominator then denominator else 0 end as rest_from,
        whole_to + (rest_to >= denominator)::int + (rest_to >= twice)::int as whole_to,
        rest_to - case when rest_to >= twice then twice
                       when rest_to >= denominator then denominator else 0 end as rest_to
    )
    from valued
),
charged as (
    select * replace (
        beyond_whole(whole_from, rest_from, denominator, committed, factor, factor_of)
            as whole_from,
        beyond_rest(whole_from, rest_from, denominator, committed, factor, factor_of)
            as rest_from,
        beyond_whole(whole_to, rest_to, denominator, committed, factor, factor_of) as whole_to,
        beyond_rest(whole_to, rest_to, denominator, committed, factor, factor_of) as rest_to,
        denominator * factor_of as denominator
    )
    from carried
),
quantized as (
    select *, whole_from // quantum as quanta_from, whole_to // quantum as quanta_to from charged
),
amounts as (
    select *,
           rounded_from(quanta_from, whole_from - quanta_from * quantum, rest_from, denominator,
                        quantum, rounds) as amount_from,
           rounded_from(quanta_to, whole_to - quanta_to * quantum, rest_to, denominator,
                        quantum, rounds) as amount_to
    from quantized
)
select used, day, event, counter, line, 'usage' as charge, tier, window_first,
       window_last, before - begun as before, after - begun as after,
       part_to - part_from as quantity,
       amount_to - amount_from as gross,
       case when largest is null then amount_to - amount_from
            else least(amount_to, largest) - least(amount_from, largest) end as amount
from amounts
