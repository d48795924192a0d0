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
