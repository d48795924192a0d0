-- Progress of every point (a shape at the end of a day) as an exact ratio numerator/denominator.
-- Reads `points` (point, contract, obligation, day, and the columns of a shape) and `counts`
-- (contract, obligation, day, quantity, amount: cumulative atoms). 606-10-25-31 to 25-37.

-- Earned before, or by days: service runs [starts, ends].
select
    point,
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
    used,
    case when day >= lapses or used >= entitled then whole
         when cap is null then used
         else least(used, cap) end::hugeint,
    whole::hugeint
from (
    select
        p.*,
        -- Corrections may bring fees of days to less than nothing; an entitlement or what
        -- exceeds one cannot be used less than not at all.
        case when p.cap is null and p.baseline = 0 then counted
             else greatest(counted - p.baseline, 0) end::hugeint as used
    from (
        select
            q.*,
            case when q.day < q.counts_from then 0
                 when q.counted_in = 'quantity'
                     then coalesce(c.quantity, 0) - coalesce(b.quantity, 0)
                 else coalesce(c.amount, 0) - coalesce(b.amount, 0) end as counted
        from (select * from points where progress = 'counted') q
        asof left join counts c
            on q.contract = c.contract and q.obligation = c.obligation and q.day >= c.day
        asof left join counts b
            on q.contract = b.contract and q.obligation = b.obligation and q.counts_from > b.day
    ) p
)

union all

-- By months of service, anchored at the start day and clamped at month ends. Half-open: service
-- runs [starts, finish) and has run [starts, past).
select
    point,
    0::hugeint,
    case when day < starts then 0
         when progress = 'half_month' then
             least(2 * date_diff('month', starts, day) + 1, 2 * term_months)
         when day >= ends then 1
         else (whole_months * part_of + part_days)::hugeint * term_part_of end::hugeint,
    case when progress = 'half_month' then 2 * term_months
         when day < starts or day >= ends then 1
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
