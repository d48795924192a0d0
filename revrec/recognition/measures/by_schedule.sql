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
