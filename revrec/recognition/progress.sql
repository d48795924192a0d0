-- Progress of every point (a shape at the end of a day) as an exact ratio numerator/denominator.
-- Reads `points` (point, contract, obligation, day, and the columns of a shape) and `counts`
-- (contract, obligation, day, quantity, amount: cumulative atoms). 606-10-25-31 to 25-37.
with counted as (
    select
        p.*,
        case p.counted_in when 'quantity' then coalesce(c.quantity, 0) - coalesce(b.quantity, 0)
                          when 'amount' then coalesce(c.amount, 0) - coalesce(b.amount, 0)
                          else 0 end as count
    from points p
    asof left join counts c
        on p.contract = c.contract and p.obligation = c.obligation and p.day >= c.day
    asof left join counts b
        on p.contract = b.contract and p.obligation = b.obligation and p.counts_from > b.day
),
elapsed as (
    select
        *,
        case when day < counts_from then 0 else greatest(count - baseline, 0) end as used,
        -- Service runs [starts, ends]; half-open: [starts, past) with past = the day after.
        least(day, ends) + 1 as past,
        ends + 1 as finish
    from counted
),
months as (
    select
        *,
        -- Whole months of service since the anchor day, clamped at month ends.
        date_diff('month', starts, past)
            - (starts + to_months(date_diff('month', starts, past)::integer) > past)::integer
            as whole_months,
        date_diff('month', starts, finish)
            - (starts + to_months(date_diff('month', starts, finish)::integer) > finish)::integer
            as term_months
    from elapsed
),
parts as (
    select
        *,
        past - (starts + to_months(whole_months::integer))::date as part_days,
        (starts + to_months((whole_months + 1)::integer))::date
            - (starts + to_months(whole_months::integer))::date as part_of,
        finish - (starts + to_months(term_months::integer))::date as term_part_days,
        (starts + to_months((term_months + 1)::integer))::date
            - (starts + to_months(term_months::integer))::date as term_part_of
    from months
)
select
    point,
    used,
    case
        when progress = 'complete' then 1
        when progress = 'counted' then
            case when day >= lapses or used >= entitled then whole
                 when cap is null then used
                 else least(used, cap) end
        when day < starts then 0
        when day >= ends and progress <> 'half_month' then 1
        when progress = 'days' then (past - starts)
        when progress = 'even_months' then
            (whole_months * part_of + part_days)::hugeint * term_part_of
        when progress = 'half_month' then
            least(2 * date_diff('month', starts, day) + 1, 2 * term_months)
    end::hugeint as numerator,
    case
        when progress = 'complete' then 1
        when progress = 'counted' then whole
        when day < starts then 1
        when day >= ends and progress <> 'half_month' then 1
        when progress = 'days' then (finish - starts)
        when progress = 'even_months' then
            part_of::hugeint * (term_months * term_part_of + term_part_days)
        when progress = 'half_month' then 2 * term_months
    end::hugeint as denominator
from parts
