-- From what was rated to what was billed to what is revenue: every difference by its reasons.
-- Reads metered, charges, cases, explained, usage_bills, bills, fixed_bills, fee_differences,
-- revenue, components, shares, services, contracts, readings, charge_terms.

create table posted as
select r.contract, r.obligation, r.month,
       coalesce(sum(r.amount), 0)::bigint as revenue,
       coalesce(sum(r.amount) filter (where c.side = 'usage'), 0)::bigint as for_usage,
       coalesce(sum(r.amount) filter (where c.side = 'variable'), 0)::bigint as estimated,
       coalesce(sum(r.amount) filter (where c.side is null), 0)::bigint as for_fixed,
       coalesce(sum(r.amount) filter (where c.side is null and r.event = 'breakage'), 0)::bigint
           as breakage
from revenue r
left join components c using (contract, component)
group by r.contract, r.obligation, r.month;

-- The fixed price of an obligation to date: what should have been billed, what was earned at the
-- price as billed, and the position between the two. Earned above the price is no accrual.
create table fixed_to_date as
with flows as (
    select contract, obligation, month, sum(amount)::bigint as billed, count(*) as lines,
           0 as found, 0 as earned, 0 as breakage
    from fixed_bills group by contract, obligation, month
    union all
    select contract, obligation, month, 0, 0, sum(amount)::bigint, 0, 0
    from fee_differences group by contract, obligation, month
    union all
    select contract, obligation, month, 0, 0, 0, for_fixed, breakage from posted
    union all
    select contract, obligation, period_first(ends), 0, 0, 0, 0, 0
    from services
    where ends <= getvariable('through_last')
),
by_month as (
    select contract, obligation, month, sum(billed)::bigint as billed, sum(lines) as lines,
           sum(found)::bigint as found, sum(earned)::bigint as earned,
           sum(breakage)::bigint as breakage
    from flows
    group by contract, obligation, month
),
to_date as (
    select contract, obligation, month, billed, found, earned,
           sum(billed - found) over up as due_to_date, sum(lines) over up + 2 as tolerance,
           sum(earned) over up as earned_to_date, sum(breakage) over up as breakage_to_date
    from by_month
    window up as (partition by contract, obligation order by month)
),
as_billed as (
    select t.*, s.stated, coalesce(s.modified, true) as modified,
           case when coalesce(s.earned, 0) = 0 then earned_to_date
                else half_even(earned_to_date * s.stated, s.earned) end as stated_to_date,
           case when coalesce(s.earned, 0) = 0 then earned_to_date
                else half_even(earned_to_date * s.allocated, s.earned) end as allocated_to_date,
           case when coalesce(s.earned, 0) = 0 then breakage_to_date
                else half_even(breakage_to_date * s.stated, s.earned) end as unused_to_date
    from to_date t
    left join shares s using (contract, obligation)
),
above as (
    select *, case when modified or stated_to_date - stated <= tolerance then 0
                   else stated_to_date - stated end as above_to_date
    from as_billed
)
select *, due_to_date - (stated_to_date - above_to_date) as position from above;

-- What is left at the end of all that is known: a credit may follow the end of the service.
create table fixed_at_last as
select contract, obligation, max_by(position, month) as position, max(tolerance) as tolerance
from fixed_to_date group by all;

create table fixed_reasons as
with moved as (
    select contract, obligation, month, earned, tolerance, position,
           billed - found as due,
           stated_to_date - lag(stated_to_date, 1, 0) over up as stated,
           allocated_to_date - lag(allocated_to_date, 1, 0) over up as allocated,
           unused_to_date - lag(unused_to_date, 1, 0) over up as unused,
           above_to_date - lag(above_to_date, 1, 0) over up as above,
           least(position, 0) - lag(least(position, 0), 1, 0) over up as accrued
    from fixed_to_date
    window up as (partition by contract, obligation order by month)
),
consumed as (
    select m.*, s.drawdown,
           case when s.drawdown is null then 0
                else -(stated - above - unused) - least(accrued, 0) end as drawn,
           case when not coalesce(s.over, false)
                     or m.month <> period_first(s.ends) then 0
                when abs(m.position) <= m.tolerance then m.position
                when l.position <= l.tolerance then 0
                else least(greatest(m.position, 0), l.position) end as left_over
    from moved m
    join fixed_at_last l using (contract, obligation)
    left join services s using (contract, obligation)
),
named as (
    select contract, obligation, month, 'allocation' as reason, stated - allocated as amount
    from consumed
    union all select contract, obligation, month, 'interest', allocated - earned from consumed
    union all select contract, obligation, month, 'breakage', -unused from consumed
    union all select contract, obligation, month, drawdown, drawn from consumed
    union all
    select contract, obligation, month, 'accrual',
           accrued - case when left_over < 0 then left_over else 0 end
    from consumed
    union all
    select contract, obligation, month, 'deferral',
           due - stated + above + unused - drawn - accrued
           - case when left_over > 0 then left_over else 0 end
    from consumed
    union all
    select contract, obligation, month, 'rounding', left_over
    from consumed where abs(left_over) <= tolerance
    union all
    select contract, obligation, month, 'unexplained', left_over
    from consumed where abs(left_over) > tolerance
    union all select contract, obligation, month, 'unexplained', -above from consumed
)
select contract, obligation, month, reason, sum(amount)::bigint as amount
from named
where amount <> 0 and month between getvariable('first') and getvariable('through')
group by all
having sum(amount) <> 0;

-- The three systems side by side.
create table lines as
with measures as (
    select contract, obligation, month, quantity as metered_quantity,
           case when amount <> 0 then quantity else 0 end as rated_quantity, amount as rated_exact,
           null::decimal(38, 9) as billed_quantity, 0 as billed, 0 as revenue
    from metered
    union all
    select contract, obligation, month, 0, 0, 0, quantity, amount, 0 from usage_bills
    union all
    select contract, obligation, month, 0, 0, 0, null, amount, 0 from fixed_bills
    union all
    select contract, obligation, month, 0, 0, 0, quantity, amount, 0
    from bills where side = 'variable'
    union all
    select contract, obligation, month, 0, 0, 0, null, 0, revenue from posted
    union all
    select contract, obligation, month, 0, 0, 0, null, 0, 0 from fixed_reasons
    union all
    select contract, obligation, month, 0, 0, 0, null, 0, 0 from fee_differences
)
select contract, obligation, month, sum(metered_quantity) as metered_quantity,
       sum(rated_quantity) as rated_quantity, sum(rated_exact) as rated_exact,
       in_minor(sum(rated_exact), any_value(c.unit)) as rated,
       sum(billed_quantity) as billed_quantity, sum(billed)::bigint as billed,
       sum(revenue)::bigint as revenue
from measures
join contracts c using (contract)
where month between getvariable('first') and getvariable('through')
group by contract, obligation, month;

-- Usage of a month: rated, less what is charged by use, is paid for otherwise or not at all.
create table uncharged as
with charged as (
    select contract, obligation, month, sum(c_now) filter (where consideration <> '') as charged,
           sum(c_now) filter (where consideration = '') as beyond, sum(c_full - c_now) as others
    from charges group by all
),
rest as (
    select l.contract, l.obligation, l.month, s.drawdown, s.charged_by_use,
           l.rated - coalesce(c.charged, 0) - coalesce(c.others, 0) as rest,
           coalesce(c.beyond, 0) as beyond, coalesce(c.others, 0) as others
    from lines l
    join services s using (contract, obligation)
    left join charged c using (contract, obligation, month)
)
select contract, obligation, month, 'rounding' as reason, rest as amount
from rest where charged_by_use and drawdown is null and abs(rest) <= 1
union all
select contract, obligation, month, 'free_grant', rest
from rest where charged_by_use and drawdown is null and rest > 1
union all
select contract, obligation, month, 'for_principal', others from rest where others <> 0
union all
select contract, obligation, month, 'free_grant', beyond
from rest where drawdown is not null
union all
select contract, obligation, month, coalesce(drawdown, 'commitment_drawdown'), rest - beyond
from rest where drawdown is not null or not charged_by_use;

-- A royalty is charged by one license. What others earn of it is allocated to them, and what was
-- charged before the last license is transferred waits until then (606-10-55-65).
create table royalty_reasons as
with earned as (
    select t.contract, t.consideration, t.obligation as home, t.transferred, r.obligation, r.month,
           sum(r.amount)::bigint as amount
    from charge_terms t
    join revenue r on r.contract = t.contract and r.component = t.consideration
    where t.royalty
    group by all
),
flows as (
    select contract, consideration, obligation as home, transferred, month, c_now as amount
    from charges join charge_terms using (contract, consideration, obligation)
    where royalty
    union all
    select contract, consideration, home, transferred, month, -amount from earned
    union all
    select contract, consideration, obligation, transferred,
           period_first(transferred), 0
    from charge_terms where royalty and transferred < getvariable('through_last')
),
by_month as (
    select contract, consideration, home, transferred, month, sum(amount)::bigint as amount
    from flows group by all
),
waiting as (
    select contract, consideration, home, month,
           case when period_last(month) < transferred then greatest(sum(amount) over up, 0)
                else 0 end as waits
    from by_month
    window up as (partition by contract, consideration order by month)
)
select contract, obligation, month, 'allocation' as reason, -amount as amount
from earned where obligation <> home
union all
select contract, home, month, 'allocation', amount from earned where obligation <> home
union all
select contract, home, month, 'deferral', (waits - lag(waits, 1, 0) over up)::bigint
from waiting
window up as (partition by contract, consideration order by month);

-- The charge for usage against revenue from it, less what royalties explain.
create table usage_off as
with charged as (
    select contract, obligation, month, sum(c_now)::bigint as charged, count(*) as fees
    from charges where consideration <> '' group by all
),
named as (
    select contract, obligation, month, sum(amount)::bigint as named
    from royalty_reasons group by all
)
select contract, obligation, month,
       coalesce(c.charged, 0) - coalesce(p.for_usage, 0) - coalesce(n.named, 0) as amount,
       greatest(coalesce(c.fees, 1), 1) as fees
from charged c
full join posted p using (contract, obligation, month)
full join named n using (contract, obligation, month);

-- What is charged while the criteria of a contract are not met waits, and is made up for in the
-- month in which they are (606-10-25-6 to 25-8).
create table waits_for_contract as
with waiting as (
    select o.contract, o.obligation, o.month, s.first_day,
           case when period_last(o.month) between s.first_day and s.last_day
                then greatest(sum(o.amount) over up, 0) else 0 end as waits
    from usage_off o
    join no_contract s on s.contract = o.contract and period_last(o.month) >= s.first_day
    window up as (partition by o.contract, o.obligation, s.first_day order by o.month)
),
moved as (
    select contract, obligation, month, (waits - lag(waits, 1, 0) over up)::bigint as amount
    from waiting
    window up as (partition by contract, obligation, first_day order by month)
)
select contract, obligation, month, sum(amount)::bigint as amount from moved
group by all having sum(amount) <> 0;

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
