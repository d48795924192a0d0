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
