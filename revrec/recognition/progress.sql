-- Progress of every point (a shape at the end of a day) as an exact ratio numerator/denominator.
-- Reads `points` (point, contract, day, and the columns of a shape) and `counts` (contract,
-- obligation, day, quantity, amount: cumulative atoms). 606-10-25-31 to 25-37.
-- Where part was done before the shape begins, the shape measures what was left then.
select
    point,
    used,
    case when done_of is null then numerator
         else done * denominator + (done_of - done) * numerator end as numerator,
    case when done_of is null then denominator else done_of * denominator end as denominator
from (

-- Earned before, or by days: service runs [starts, ends].
select
    point,
    done,
    done_of,
    0::hugeint as used,
    case when progress = 'complete' then 1
         when day < starts then 0
         else least(day, ends) - starts + 1 end::hugeint as numerator,
    case when progress = 'complete' then 1 else ends - starts + 1 end::hugeint as denominator
from points
where progress in ('complete', 'days')

union all

-- Counted: what was consumed or delivered, of the whole (output and input measures, 55-17, 55-20).
select
    point,
    done,
    done_of,
    used,
    case when day >= coalesce(rollover_ends, lapses) or used >= entitled then whole
         when day >= lapses
             then least(greatest(at_lapse, entitled - rollover) + used - at_lapse, cap)
         when cap is null then used
         else least(used, cap) end::hugeint,
    whole::hugeint
from (
    select
        p.*,
        -- Corrections may bring fees of days to less than nothing; an entitlement or what
        -- exceeds one cannot be used less than not at all.
        case when p.cap is null and p.baseline = 0 then counted
             else greatest(counted - p.baseline, 0) end::hugeint as used,
        greatest(coalesce(l.at_lapse, 0), 0) as at_lapse
    from (
        select
            q.*,
            case when q.counted_day < q.counts_from then 0
                 when q.counted_in = 'quantity'
                     then coalesce(c.quantity, 0) - coalesce(b.quantity, 0)
                 else coalesce(c.amount, 0) - coalesce(b.amount, 0) end as counted
        from (
            select *, least(day, coalesce(counts_to, day)) as counted_day
            from points
            where progress = 'counted'
        ) q
        asof left join counts c
            on q.contract = c.contract and q.counter = c.obligation and q.counted_day >= c.day
        asof left join counts b
            on q.contract = b.contract and q.counter = b.obligation and q.counts_from > b.day
    ) p
    -- What was used when the rest lapsed, for the few whose unused rights roll over.
    left join (
        select
            q.point,
            case when q.counted_in = 'quantity'
                     then coalesce(c.quantity, 0) - coalesce(b.quantity, 0)
                 else coalesce(c.amount, 0) - coalesce(b.amount, 0) end as at_lapse
        from (select * from points where rollover is not null) q
        asof left join counts c
            on q.contract = c.contract and q.counter = c.obligation and q.lapses >= c.day
        asof left join counts b
            on q.contract = b.contract and q.counter = b.obligation and q.counts_from > b.day
    ) l using (point)
)

union all

-- By months of service, anchored at the start day and clamped at month ends. Half-open: service
-- runs [starts, finish) and has run [starts, past).
select
    point,
    done,
    done_of,
    0::hugeint,
    case when day < starts then 0
         when progress = 'half_month' then
             least(2 * date_diff('month', starts, day) + 1, 2 * term_months)
         when day >= ends then 1
         else (whole_months * part_of + part_days)::hugeint * term_part_of end::hugeint,
    case when day < starts then 1
         when progress = 'half_month' then 2 * term_months
         when day >= ends then 1
         else part_of::hugeint * (term_months * term_part_of + term_part_days) end::hugeint
from (
    select
        *,
        past - (starts + to_months(whole_months::integer))::date as part_days,
        (starts + to_months((whole_months + 1)::integer))::date
            - (starts + to_months(whole_months::integer))::date as part_of,
        finish - (starts + to_months(term_months::integer))::date as term_part_days,
        (starts + to_months((term_months + 1)::integer))::date
            - (starts + to_months(term_months::integer))::date as term_part_of
    from (
        select
            *,
            date_diff('month', starts, past)
                - (starts + to_months(date_diff('month', starts, past)::integer) > past)::integer
                as whole_months,
            date_diff('month', starts, finish)
                - (starts + to_months(date_diff('month', starts, finish)::integer) > finish)::integer
                as term_months
        from (
            select *, least(day, ends) + 1 as past, ends + 1 as finish
            from points
            where progress in ('even_months', 'half_month')
        )
    )
)

union all

-- By calendar months: part of a month by its days, or each month at its end but the one in which
-- service ends. A month is 377,580 atoms: every length of a month divides it.
select
    point,
    done,
    done_of,
    0::hugeint,
    case when day < starts then 0
         when progress = 'calendar_months' then months(past) - months(starts)
         when day >= ends then month_ends
         else least(month_of(past) - month_of(starts), month_ends) end::hugeint,
    case when progress = 'calendar_months' then months(finish) - months(starts)
         else month_ends end::hugeint
from (
    select *, greatest(month_of(finish) - month_of(starts), 1) as month_ends
    from (
        select *, least(day, ends) + 1 as past, ends + 1 as finish
        from points
        where progress in ('calendar_months', 'whole_months')
    )
)

union all

-- By milliseconds; or parts of months by milliseconds, and the rest evenly by the whole months
-- between, which run [first_month, last_month).
select
    point,
    done,
    done_of,
    0::hugeint,
    case when progress = 'seconds' or whole_months <= 0 then elapsed::hugeint
         when past <= first_month then elapsed::hugeint * whole_months * months_atoms
         when past >= last_month then elapsed::hugeint * whole_months * months_atoms
         else before::hugeint * whole_months * months_atoms
              + (term - before - after)::hugeint * (months(past) - months(first_month)) end,
    case when progress = 'seconds' or whole_months <= 0 then term::hugeint
         else term::hugeint * whole_months * months_atoms end
from (
    select
        *,
        377580 as months_atoms,
        month_of(last_month) - month_of(first_month) as whole_months,
        (first_month - starts) * 86400000 - late as before,
        (finish - last_month) * 86400000 - early as after
    from (
        select
            *,
            least(day, ends) + 1 as past,
            ends + 1 as finish,
            (ends + 1 - starts) * 86400000 - late - early as term,
            case when day < starts then 0
                 else least((least(day, ends) + 1 - starts) * 86400000 - late,
                            (ends + 1 - starts) * 86400000 - late - early) end as elapsed,
            case when date_part('day', starts) = 1 and late = 0 then starts
                 else (date_trunc('month', starts) + to_months(1))::date end as first_month,
            date_trunc('month', case when early = 0 then ends + 1 else ends end)::date
                as last_month
        from points
        where progress in ('seconds', 'prorated_months')
    )
)

union all

-- By a schedule: what was reached at the last knot, and the way to the next one by days.
select
    point,
    any_value(done),
    any_value(done_of),
    0::hugeint,
    case when min(knot.day) filter (knot.day > day) is null then any_value(whole)
         when max(knot.day) filter (knot.day <= day) is null then 0
         else max(knot.reached::hugeint) filter (knot.day <= day)
                  * (min(knot.day) filter (knot.day > day) - max(knot.day) filter (knot.day <= day))
              + (min(knot.reached::hugeint) filter (knot.day > day)
                  - max(knot.reached::hugeint) filter (knot.day <= day))
                  * (any_value(day) - max(knot.day) filter (knot.day <= day)) end::hugeint,
    case when min(knot.day) filter (knot.day > day) is null
              or max(knot.day) filter (knot.day <= day) is null then any_value(whole)
         else any_value(whole)
              * (min(knot.day) filter (knot.day > day)
                  - max(knot.day) filter (knot.day <= day)) end::hugeint
from (select *, unnest(knots) as knot from points where progress = 'schedule')
group by point

)
