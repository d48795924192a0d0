-- Charges by fee and month, in minor units, and by day.
-- Reads readings, charge_terms, contracts, above_to_date, charges_above.
create table charges as
with priced as (
    select r.*, t.consideration, kept_of(r.amount, t.kept) as charged
    from readings r
    join charge_terms t using (contract, obligation)
    where not t.above and r.day >= t.from_day
),
summed as (
    select contract, consideration, obligation, month,
           sum(charged) as now,
           coalesce(sum(charged) filter (where known), 0) as low,
           coalesce(sum(charged) filter (where known or partly), 0) as high,
           coalesce(sum(charged) filter (where early), 0) as early,
           coalesce(sum(charged) filter (where same), 0) as same,
           coalesce(sum(charged) filter (where moves = 'owed' and (known or partly)), 0) as owed,
           sum(amount) as rated,
           sum(quantity) as q_now,
           coalesce(sum(quantity) filter (where known), 0) as q_low,
           coalesce(sum(quantity) filter (where known or partly), 0) as q_high
    from priced
    group by contract, consideration, obligation, month
)
select contract, consideration, obligation, month,
       in_minor(now, unit) as c_now, in_minor(low, unit) as c_low, in_minor(high, unit) as c_high,
       in_minor(early, unit) as c_early, in_minor(same, unit) as c_same,
       in_minor(owed, unit) as c_owed, in_minor(rated, unit) as c_full, q_now, q_low, q_high
from summed join contracts using (contract)
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
