-- Revenue from usage against the charge: alike to the rounding, not posted yet, or behind by what
-- was recorded after the month.
create table usage_revenue as
with differing as (
    select contract, obligation, month,
           o.amount - coalesce(w.amount, 0) as amount, fees
    from usage_off o
    left join waits_for_contract w using (contract, obligation, month)
    where month between getvariable('first') and getvariable('through')
      and o.amount <> coalesce(w.amount, 0)
),
recorded_after as (
    select d.contract, d.obligation, d.month, sum(abs(m.amount)) as amount,
           bool_or(m.quantity <> 0) as of_units
    from differing d
    join metered m
      on m.contract = d.contract and m.obligation = d.obligation and m.month <= d.month
     and m.recorded > period_last(m.month)
    where abs(d.amount) > d.fees
    group by all
)
select d.contract, d.obligation, d.month, d.amount,
       case when abs(d.amount) <= d.fees then 'rounding'
            when d.month > getvariable('posted_through') then 'not_posted'
            when in_minor(r.amount, c.unit) >= abs(d.amount) - d.fees
                then case when r.of_units then 'late_event' else 'rerated_tier' end
       end as reason
from differing d
join contracts c using (contract)
left join recorded_after r using (contract, obligation, month);

create table reasons as
with named as (
    select contract, obligation, month, 'rated_less_invoiced' as difference, reason, amount
    from uncharged
    union all
    select k.contract, k.obligation, k.month, d.difference, e.reason, e.amount * d.sign
    from explained e
    join cases k using (number)
    cross join (values ('rated_less_invoiced', 1), ('invoiced_less_revenue', -1))
        d (difference, sign)
    union all
    select contract, obligation, month, d.difference, reason, amount * d.sign
    from fee_differences
    cross join (values ('rated_less_invoiced', -1), ('invoiced_less_revenue', 1))
        d (difference, sign)
    union all
    select contract, obligation, month, 'rated_less_invoiced', 'fixed_fee', found - billed
    from fixed_to_date
    union all
    select contract, obligation, month, 'rated_less_invoiced', 'estimate', -amount
    from bills where side = 'variable'
    union all
    select contract, obligation, month, 'invoiced_less_revenue', 'estimate', amount
    from bills where side = 'variable'
    union all
    select contract, obligation, month, 'invoiced_less_revenue', 'estimate', -estimated from posted
    union all
    select contract, obligation, month, 'invoiced_less_revenue', reason, amount from fixed_reasons
    union all
    select contract, obligation, month, 'invoiced_less_revenue', reason, amount
    from usage_revenue where reason is not null
    union all
    select contract, obligation, month, 'invoiced_less_revenue', reason, amount
    from royalty_reasons
    union all
    select contract, obligation, month, 'invoiced_less_revenue', 'no_contract', amount
    from waits_for_contract
),
summed as (
    select contract, obligation, month, difference, reason, sum(amount)::bigint as amount
    from named
    where month between getvariable('first') and getvariable('through')
    group by all
),
-- What the reasons leave of a difference has none.
left_over as (
    select l.contract, l.obligation, l.month, d.difference,
           (case d.difference when 'rated_less_invoiced' then rated - billed
                              else billed - revenue end
            - coalesce(s.amount, 0))::bigint as amount
    from lines l
    cross join (values ('rated_less_invoiced'), ('invoiced_less_revenue')) d (difference)
    left join (
        select contract, obligation, month, difference, sum(amount)::bigint as amount
        from summed group by all
    ) s on (s.contract, s.obligation, s.month, s.difference)
         = (l.contract, l.obligation, l.month, d.difference)
)
select contract, obligation, month, difference, reason, sum(amount)::bigint as amount
from (
    select * from summed
    union all
    select contract, obligation, month, difference, 'unexplained', amount from left_over
)
group by all
having sum(amount) <> 0;
