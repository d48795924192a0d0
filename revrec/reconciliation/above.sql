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
part as (
    select t.contract, consideration, obligation, version, month, unit, at_now as at_full,
           kept_of(at_now, kept) as at_now, kept_of(at_low, kept) as at_low,
           kept_of(at_high, kept) as at_high, kept_of(at_early, kept) as at_early,
           kept_of(at_same, kept) as at_same
    from to_date t join contracts c using (contract)
    join charge_terms using (contract, consideration, obligation)
),
minor as (
    select contract, consideration, obligation, version, month,
           in_minor(at_now, unit) as at_now, in_minor(at_low, unit) as at_low,
           in_minor(at_high, unit) as at_high, in_minor(at_early, unit) as at_early,
           in_minor(at_same, unit) as at_same, in_minor(at_full, unit) as at_full
    from part
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
