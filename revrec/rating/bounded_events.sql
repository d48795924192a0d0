-- Transactions whose amount has a least or a largest value: what the fee and the bounds come to
-- beside the usage in `rated`. Their price is one piece without packages (see `taken_apart`).
-- Reads `transaction`, `piece`, `line`, `rated`.
insert into rated by name
with priced as (
    select t.*, p.rate, l.denominator, l.quantum, l.rounds,
           whole_of(abs(t.quantity), 0, p.rate, 0, 0, l.denominator) as whole_usage,
           rest_of(abs(t.quantity), 0, p.rate, 0, l.denominator) as rest_usage
    from transaction t
    join line l using (line)
    join piece p using (line)
    where t.quantity <> 0 and (t.least_amount is not null or t.most is not null)
),
bounded as (
    select *,
           case when quantity < 0 then -whole_usage
                when whole_usage + fee < least_amount then least_amount
                when whole_usage + fee >= most then most
                else whole_usage + fee end as whole_bounded,
           case when quantity < 0 then -rest_usage
                when whole_usage + fee < least_amount or whole_usage + fee >= most then 0
                else rest_usage end as rest_bounded
    from priced
),
summed as (
    select *, sum(whole_bounded) over running as whole_sum,
           sum(rest_bounded) over running as rest_sum
    from bounded
    window running as (partition by counter, window_first order by day, used, event
                       rows unbounded preceding)
),
carried as (
    select *, whole_sum + rest_sum // denominator - 1 as whole_to,
           rest_sum % denominator + denominator as rest_to
    from summed
),
rounded_sums as (
    select *, case when whole_to + rest_to // denominator < 0 then 0
                   else rounded(whole_to + rest_to // denominator, rest_to % denominator,
                                denominator, quantum, rounds) end as amount_to
    from carried
),
usage_amounts as (
    select counter, window_first, day, used, event, sum(gross) as amount
    from rated
    where charge = 'usage'
    group by all
),
owed as (
    select s.*, amount_to - coalesce(lag(amount_to) over running, 0) - coalesce(u.amount, 0)
               as amount
    from rounded_sums s
    left join usage_amounts u using (counter, window_first, day, used, event)
    window running as (partition by s.counter, s.window_first order by s.day, s.used, s.event)
)
select used, day, event, counter, line, 'event' as charge, null as tier, window_first,
       window_last, before, after, 0 as quantity, amount as gross, amount
from owed
where amount <> 0
