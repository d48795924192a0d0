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
