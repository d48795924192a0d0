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
