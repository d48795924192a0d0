-- What usage should have been invoiced, month by month, and what was.
-- Reads metered, charge_terms, versions, cuts, loaded_afterwards, bills, contracts, expected.
-- Five readings of every charge: now; low, from rows surely known when the invoices were made;
-- high, with rows that were known in part; early, from rows recorded before that day; same, at the
-- prices of then. And owed: what of high is owed for no use.
create view readings as
select m.*, k.known, l.month is not null or c.cut is null or m.recorded < c.cut as early,
       k.known or m.moves <> 'price' as same,
       not k.known and coalesce(m.first_recorded <= c.cut, m.told_rows > 1) as partly
from metered m
join cuts c using (contract)
left join loaded_afterwards l on l.month = m.month
cross join lateral (
    select l.month is not null or c.cut is null or m.recorded <= c.cut as known
) k;

-- Above an entitlement: the running sum beyond it, version by version, less what was used beyond
-- it before the fee was promised (606-10-32-40). Of one that was stated anew from an earlier day,
-- what was used since then is used up.
create table above_to_date as
with day_charges as (
    select t.contract, t.consideration, t.obligation, r.version, r.month, t.from_day, r.day,
           sum(r.amount) as amount_now,
           coalesce(sum(r.amount) filter (where r.known), 0) as amount_low,
           coalesce(sum(r.amount) filter (where r.known or r.partly), 0) as amount_high,
           coalesce(sum(r.amount) filter (where r.early), 0) as amount_early,
           coalesce(sum(r.amount) filter (where r.same), 0) as amount_same
    from readings r
    join charge_terms t using (contract, obligation)
    where t.above
    group by all
),
unused as (
    select v.contract, v.obligation, v.version, t.consideration,
           greatest(v.entitled - coalesce(sum(u.amount_now), 0), 0) as left_now,
           greatest(v.entitled - coalesce(sum(u.amount_low), 0), 0) as left_low,
           greatest(v.entitled - coalesce(sum(u.amount_high), 0), 0) as left_high,
           greatest(v.entitled - coalesce(sum(u.amount_early), 0), 0) as left_early,
           greatest(v.entitled - coalesce(sum(u.amount_same), 0), 0) as left_same
    from versions v
    join charge_terms t using (contract, obligation)
    left join day_charges u
        on u.contract = v.contract and u.consideration = t.consideration
        and u.obligation = v.obligation and u.version < v.version and u.day >= v.counts_from
    where t.above and v.entitled is not null
    group by v.contract, v.obligation, v.version, t.consideration, v.entitled
),
run as (
    select d.*,
           greatest(sum(amount_now) over running - v.left_now, 0) as at_now,
           greatest(sum(amount_low) over running - v.left_low, 0) as at_low,
           greatest(sum(amount_high) over running - v.left_high, 0) as at_high,
           greatest(sum(amount_early) over running - v.left_early, 0) as at_early,
           greatest(sum(amount_same) over running - v.left_same, 0) as at_same
    from day_charges d
    join unused v using (contract, obligation, version, consideration)
    window running as (partition by d.contract, d.consideration, d.version order by d.day)
),
base as (
    select contract, consideration, version, max(at_now) as at_now, max(at_low) as at_low,
           max(at_high) as at_high, max(at_early) as at_early, max(at_same) as at_same
    from run where day < from_day group by all
)
select r.contract, r.consideration, r.obligation, r.version, r.month, r.day,
       r.at_now - coalesce(b.at_now, 0) as at_now, r.at_low - coalesce(b.at_low, 0) as at_low,
       r.at_high - coalesce(b.at_high, 0) as at_high,
       r.at_early - coalesce(b.at_early, 0) as at_early,
       r.at_same - coalesce(b.at_same, 0) as at_same
from run r
left join base b using (contract, consideration, version)
where r.day >= r.from_day;

create table charges_above as
with to_date as (
    select contract, consideration, obligation, version, month, max_by(at_now, day) as at_now,
           max_by(at_low, day) as at_low, max_by(at_high, day) as at_high,
           max_by(at_early, day) as at_early, max_by(at_same, day) as at_same
    from above_to_date group by all
),
minor as (
    select t.contract, consideration, obligation, version, month,
           in_minor(kept_of(at_now, kept), unit) as at_now,
           in_minor(kept_of(at_low, kept), unit) as at_low,
           in_minor(kept_of(at_high, kept), unit) as at_high,
           in_minor(kept_of(at_early, kept), unit) as at_early,
           in_minor(kept_of(at_same, kept), unit) as at_same,
           in_minor(at_now, unit) as at_full
    from to_date t join contracts c using (contract)
    join charge_terms using (contract, consideration, obligation)
)
select contract, consideration, obligation, month,
       at_now - lag(at_now, 1, 0) over months as c_now,
       at_low - lag(at_low, 1, 0) over months as c_low,
       at_high - lag(at_high, 1, 0) over months as c_high,
       at_early - lag(at_early, 1, 0) over months as c_early,
       at_same - lag(at_same, 1, 0) over months as c_same,
       at_full - lag(at_full, 1, 0) over months as c_full
from minor
window months as (partition by contract, consideration, version order by month);

create table charges as
select t.contract, t.consideration, t.obligation, r.month,
       in_minor(sum(kept_of(r.amount, t.kept)), any_value(c.unit)) as c_now,
       in_minor(coalesce(sum(kept_of(r.amount, t.kept)) filter (where r.known), 0),
                any_value(c.unit)) as c_low,
       in_minor(coalesce(sum(kept_of(r.amount, t.kept)) filter (where r.known or r.partly), 0),
                any_value(c.unit)) as c_high,
       in_minor(coalesce(sum(kept_of(r.amount, t.kept)) filter (where r.early), 0),
                any_value(c.unit)) as c_early,
       in_minor(coalesce(sum(kept_of(r.amount, t.kept)) filter (where r.same), 0),
                any_value(c.unit)) as c_same,
       in_minor(coalesce(sum(kept_of(r.amount, t.kept)) filter (
           where r.moves = 'owed' and (r.known or r.partly)
       ), 0), any_value(c.unit)) as c_owed,
       in_minor(sum(r.amount), any_value(c.unit)) as c_full,
       sum(r.quantity) as q_now,
       coalesce(sum(r.quantity) filter (where r.known), 0) as q_low,
       coalesce(sum(r.quantity) filter (where r.known or r.partly), 0) as q_high
from readings r
join charge_terms t using (contract, obligation)
join contracts c using (contract)
where not t.above and r.day >= t.from_day
group by t.contract, t.consideration, t.obligation, r.month
union all
select contract, consideration, obligation, month, sum(c_now)::bigint, sum(c_low)::bigint,
       sum(c_high)::bigint, sum(c_early)::bigint, sum(c_same)::bigint, 0, sum(c_full)::bigint, null, null, null
from charges_above
group by all;

-- Charges by day, for bills that do not begin and end with a month.
create view charges_by_day as
select t.contract, t.consideration, r.month, r.day, r.quantity,
       kept_of(r.amount, t.kept) as d_now,
       case when r.known then kept_of(r.amount, t.kept) else 0 end as d_low,
       case when r.known or r.partly then kept_of(r.amount, t.kept) else 0 end as d_high,
       case when r.early then kept_of(r.amount, t.kept) else 0 end as d_early,
       case when r.same then kept_of(r.amount, t.kept) else 0 end as d_same,
       case when r.moves = 'owed' and (r.known or r.partly)
            then kept_of(r.amount, t.kept) else 0 end as d_owed,
       case when r.known then r.quantity else 0 end as q_low,
       case when r.known or r.partly then r.quantity else 0 end as q_high
from readings r
join charge_terms t using (contract, obligation)
where not t.above and r.day >= t.from_day
union all
select contract, consideration, month, day, 0,
       kept_of(at_now - lag(at_now, 1, 0) over days, kept),
       kept_of(at_low - lag(at_low, 1, 0) over days, kept),
       kept_of(at_high - lag(at_high, 1, 0) over days, kept),
       kept_of(at_early - lag(at_early, 1, 0) over days, kept),
       kept_of(at_same - lag(at_same, 1, 0) over days, kept), 0, 0, 0
from above_to_date
join charge_terms using (contract, consideration, obligation)
window days as (partition by contract, consideration, version order by day);

-- A bill for usage in several months is split as the usage of its days was charged; it tells no
-- quantity by month.
create table usage_bills as
with wide as (
    select * from bills
    where side = 'usage' and period_first("first") < period_first("last")
),
in_months as (
    select w.place, d.month as in_month,
           abs(amount_atoms(sum(d.d_now))) // getvariable('weight_atoms')::hugeint as weight
    from wide w
    join charges_by_day d
      on d.contract = w.contract and d.consideration = w.consideration
     and d.day between w."first" and w."last"
    group by all
),
weighed as (
    select place, in_month, weight, sum(weight) over (partition by place order by in_month) as upto,
           sum(weight) over (partition by place) as whole
    from in_months
),
spread as (
    select w.* replace (
        i.in_month as month,
        null::decimal(38, 9) as quantity,
        (half_even(w.amount::hugeint * i.upto, i.whole)
         - half_even(w.amount::hugeint * (i.upto - i.weight), i.whole))::bigint as amount
    )
    from wide w join weighed i using (place)
    where i.whole <> 0
)
select * from bills where side = 'usage' and place not in (select place from spread)
union all
select * from spread;

-- One row per usage fee and month: what was charged against what was billed. Rules take parts out
-- of the readings; ``charged`` stays. ``should`` is what they compare the bills with, ``named`` that
-- a rule has explained the case.
create table cases as
with billed as (
    select contract, consideration, obligation, month, sum(amount)::bigint as billed,
           coalesce(sum(amount) filter (where not credit), 0)::bigint as gross,
           case when bool_and(quantity is not null) then sum(quantity) end as q_billed,
           count(*) as lines, min("on") filter (where not credit) as first_on,
           max("on") as last_on,
           max(least(coalesce("last", period_last(month)), period_last(month))) as billed_to
    from usage_bills
    group by contract, consideration, obligation, month
)
select row_number() over (order by contract, consideration, month) as number,
       contract, consideration, obligation, month, e.due,
       coalesce(c.c_now, 0) as c_now, coalesce(c.c_low, 0) as c_low,
       coalesce(c.c_high, 0) as c_high, coalesce(c.c_early, 0) as c_early,
       coalesce(c.c_same, 0) as c_same, coalesce(c.c_owed, 0) as c_owed,
       coalesce(c.q_now, 0) as q_now, coalesce(c.q_low, 0) as q_low,
       coalesce(c.q_high, 0) as q_high,
       coalesce(b.billed, 0) as billed, coalesce(b.gross, 0) as gross, b.q_billed,
       coalesce(b.lines, 0) as lines, b.first_on, b.last_on, b.billed_to,
       coalesce(c.c_now, 0) as charged, coalesce(c.q_now, 0) as q_charged,
       coalesce(c.c_now, 0) as should, 0::decimal(38, 9) as q_should, false as named
from charges c
full join billed b using (contract, consideration, obligation, month)
left join expected e using (contract, month)
where month between getvariable('first') and getvariable('through')
  and consideration <> '';
