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
