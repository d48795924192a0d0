-- Rated, invoiced and revenue of each day, and the reasons of the differences, so that the days of
-- a month add up to it exactly. Reads lines, reasons, metered, charges_by_day, charge_terms, cases,
-- explained, fixed_bills, fee_differences, bills, revenue, components, usage_revenue, posted,
-- contracts, earned. What a month has as a whole is split by weights of its days, to date, so that
-- no unit is lost; what no day is known of stands on the month's last day.
create macro day_in(day, month) as
    least(greatest(day, month), period_last(month), getvariable('through_last'))::date;

create table day_weights as
with charged as (
    select d.contract, k.obligation, d.month, d.day, k.number,
           sum(d.d_now) as now, sum(d.d_now - d.d_low) as late, sum(d.d_owed) as owed,
           coalesce(sum(d.d_now) filter (where d.day > k.billed_to), 0) as tail
    from charges_by_day d
    join cases k using (contract, consideration, month)
    group by all
)
select number, contract, obligation, month, day, w.kind,
       abs(amount_atoms(w.amount)) // getvariable('weight_atoms')::hugeint as weight
from charged
cross join lateral (
    values ('charged', now), ('late', late), ('owed', owed), ('tail', tail)
) w (kind, amount)
union all
select 0, contract, obligation, month, day, 'as charged',
       abs(amount_atoms(sum(now))) // getvariable('weight_atoms')::hugeint
from charged group by all
union all
select 0, contract, obligation, month, day, 'uncharged',
       abs(amount_atoms(sum(amount))) // getvariable('weight_atoms')::hugeint
from (
    select contract, obligation, month, day, amount from metered
    union all
    select c.contract, c.obligation, c.month, c.day, -c.now
    from charged c join cases using (number) where consideration <> ''
)
group by all
union all
select 0, contract, obligation, period_first(day), day, 'earned: ' || component, sum(amount)::hugeint
from earned group by all
union all
select 0, contract, obligation, period_first(day), day, 'earned', abs(sum(amount))::hugeint
from earned group by all;

create table weighed as
select * exclude (weight), sum(weight) over up as upto, sum(weight) over up - weight as before,
       sum(weight) over (partition by number, contract, obligation, month, kind) as whole
from day_weights
window up as (partition by number, contract, obligation, month, kind order by day);

-- Amounts of a month that are split by the weights of a kind, of a fee where it has a number.
create table to_split as
select number, contract, obligation, month, 'charged' as kind, 'charged' as measure,
       '' as reason, charged as amount
from cases where consideration <> ''
union all
select k.number, k.contract, k.obligation, k.month,
       case when e.reason in ('late_event', 'rerated_tier') then 'late'
            when e.note like 'billed to %' then 'tail'
            when e.reason = 'minimum_not_billed' then 'owed' else 'charged' end,
       'explained', e.reason, e.amount
from explained e join cases k using (number)
union all
select 0, contract, obligation, month, 'uncharged', 'rated_less_invoiced', reason, amount
from uncharged where month between getvariable('first') and getvariable('through')
union all
select 0, contract, obligation, month, 'as charged', 'revenue', '', for_usage
from posted where month between getvariable('first') and getvariable('through')
union all
select 0, contract, obligation, month, 'as charged', 'invoiced_less_revenue', reason, amount
from usage_revenue where reason in ('not_posted', 'late_event', 'rerated_tier')
union all
select 0, r.contract, r.obligation, r.month, 'earned: ' || r.component, 'revenue', '',
       sum(r.amount)::bigint
from revenue r
left join components c using (contract, component)
where coalesce(c.side, '') <> 'usage'
  and r.month between getvariable('first') and getvariable('through')
group by all;

create table split as
select t.number, t.contract, t.obligation, t.month, w.day, t.measure, t.reason,
       (half_even(t.amount::hugeint * w.upto, w.whole)
        - half_even(t.amount::hugeint * w.before, w.whole))::bigint as amount
from to_split t
join weighed w using (number, contract, obligation, month, kind)
where w.whole <> 0
union all
select t.number, t.contract, t.obligation, t.month, day_in(period_last(t.month), t.month),
       t.measure, t.reason, t.amount
from to_split t
where not exists (
    select 1 from weighed w
    where (w.number, w.contract, w.obligation, w.month, w.kind)
          = (t.number, t.contract, t.obligation, t.month, t.kind) and w.whole <> 0
);

-- Usage fees: billed is what was charged less what explains the difference, day by day.
create table day_parts as
with used as (
    select contract, obligation, month, day, sum(amount) as amount from metered group by all
),
rated as (
    select contract, obligation, month, day, unit,
           sum(amount) over (partition by contract, obligation, month order by day) as to_date
    from used join contracts using (contract)
)
select contract, obligation, month, day, 'rated' as measure, '' as reason,
       in_minor(to_date, unit) - coalesce(lag(in_minor(to_date, unit)) over (
           partition by contract, obligation, month order by day
       ), 0) as amount
from rated
union all
select contract, obligation, month, day, 'billed', '',
       case measure when 'charged' then amount else -amount end
from split where measure in ('charged', 'explained')
union all
select contract, obligation, month, day, 'revenue', '', amount
from split where measure = 'revenue'
union all
select contract, obligation, month, day, d.difference, reason, amount * d.sign
from split
cross join (values ('rated_less_invoiced', 1), ('invoiced_less_revenue', -1))
    d (difference, sign)
where measure = 'explained'
union all
select contract, obligation, month, day, measure, reason, amount
from split where measure in ('rated_less_invoiced', 'invoiced_less_revenue')
union all
select contract, obligation, month, day_in(day, month), p.measure, p.reason, amount * p.sign
from fixed_bills
cross join (values ('billed', '', 1), ('rated_less_invoiced', 'fixed_fee', -1))
    p (measure, reason, sign)
union all
select contract, obligation, month, day_in(day, month), p.measure,
       case p.reason when 'own' then f.reason else p.reason end, amount * p.sign
from fee_differences f
cross join (values ('rated_less_invoiced', 'own', -1), ('rated_less_invoiced', 'fixed_fee', 1),
                   ('invoiced_less_revenue', 'own', 1)) p (measure, reason, sign)
union all
select contract, obligation, month, day_in("on", month), p.measure, p.reason, amount * p.sign
from bills
cross join (values ('billed', '', 1), ('rated_less_invoiced', 'estimate', -1),
                   ('invoiced_less_revenue', 'estimate', 1)) p (measure, reason, sign)
where side = 'variable';

delete from day_parts where month not between getvariable('first') and getvariable('through');

-- What of the month is on no day yet: of measures on its last day, of reasons as revenue was earned.
create table month_parts as
select contract, obligation, month, m.measure, '' as reason, m.amount
from lines
cross join lateral (values ('rated', rated), ('billed', billed), ('revenue', revenue))
    m (measure, amount)
union all
select contract, obligation, month, difference, reason, amount from reasons;

create table fixed_months as
select distinct contract, obligation, month from fixed_bills
union
select contract, obligation, month from posted where for_fixed <> 0
union
select contract, obligation, month from reasons where reason in ('deferral', 'accrual');

create table rest as
select m.contract, m.obligation, m.month, m.measure, m.reason,
       (sum(m.amount) - coalesce(any_value(d.amount), 0))::bigint as amount
from month_parts m
left join (
    select contract, obligation, month, measure, reason, sum(amount)::bigint as amount
    from day_parts group by all
) d using (contract, obligation, month, measure, reason)
group by all
having sum(m.amount) <> coalesce(any_value(d.amount), 0);

insert into day_parts
select contract, obligation, month, day_in(period_last(month), month), measure, reason, amount
from rest
where measure in ('rated', 'billed', 'revenue')
   or not exists (
       select 1 from weighed w
       where (w.contract, w.obligation, w.month) = (rest.contract, rest.obligation, rest.month)
         and w.kind = 'earned' and w.whole <> 0
   ) or reason in ('rounding', 'unexplained', 'month_split');

insert into day_parts
select r.contract, r.obligation, r.month, w.day, r.measure, r.reason,
       (half_even(r.amount::hugeint * w.upto, w.whole)
        - half_even(r.amount::hugeint * w.before, w.whole))::bigint
from rest r
join weighed w using (contract, obligation, month)
where w.kind = 'earned' and w.whole <> 0
  and r.measure not in ('rated', 'billed', 'revenue')
  and r.reason not in ('rounding', 'unexplained', 'month_split');

-- A day is what was invoiced on it less what was earned on it: of fixed prices the difference is
-- deferred, and released on other days; of others it is how the month is split.
delete from day_parts
where measure = 'invoiced_less_revenue' and reason = 'deferral'
  and (contract, obligation, month) in (select (contract, obligation, month) from fixed_months);

create table day_lines as
select contract, obligation, month, day,
       coalesce(sum(amount) filter (where measure = 'rated'), 0)::bigint as rated,
       coalesce(sum(amount) filter (where measure = 'billed'), 0)::bigint as billed,
       coalesce(sum(amount) filter (where measure = 'revenue'), 0)::bigint as revenue
from day_parts
group by all;

create table day_reasons as
with named as (
    select contract, obligation, month, day, measure as difference, reason, amount
    from day_parts where measure not in ('rated', 'billed', 'revenue')
),
off as (
    select l.contract, l.obligation, l.month, l.day, d.difference,
           (d.amount - coalesce(sum(n.amount), 0))::bigint as amount
    from day_lines l
    cross join lateral (values ('rated_less_invoiced', rated - billed),
                               ('invoiced_less_revenue', billed - revenue)) d (difference, amount)
    left join named n
      on (n.contract, n.obligation, n.day, n.difference)
         = (l.contract, l.obligation, l.day, d.difference)
    group by l.contract, l.obligation, l.month, l.day, d.difference, d.amount
)
select contract, obligation, month, day, difference, reason, sum(amount)::bigint as amount
from (
    select * from named
    union all
    select o.contract, o.obligation, o.month, o.day, o.difference,
           case when f.contract is not null and o.difference = 'invoiced_less_revenue'
                then 'deferral' else 'day_split' end,
           o.amount
    from off o left join fixed_months f using (contract, obligation, month)
)
group by all
having sum(amount) <> 0;
