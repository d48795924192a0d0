-- Postings up to the report's last month, with what joins give them. Reads posted_rows, kind,
-- component, month and the variables `first` and `period`.
-- `month` is the month of posting, empty before the report; `late` is what was learned after the
-- month it belongs to was closed; `as_used` is what is priced as it is used: usage allocated to
-- its day (606-10-32-40), units at their price (32-5).
-- What was taken over at a cutover was posted by another system, on the accounts it would have had
-- here and before the report; `posted_to` is where it cleared. What is posted as non-current is part
-- of the balance it was split off: `posted_to` is its account.
create table posted as
select
    p.* replace (
        case when p.account = 'cutover_adjustment' then 'revenue'
             when starts_with(p.account, 'non_current_')
                 then regexp_replace(p.account, '^non_current_', '')
             when p.account <> 'opening_balance' then p.account
             when o.debit = 'opening_balance' then b.debit
             else b.credit end as account
    ),
    p.account as posted_to,
    o.takes_over,
    case when p.period < getvariable('first') or o.takes_over then '' else p.period end as month,
    p.origin < p.period as late,
    case when p.event = 'breakage' then 'breakage' else coalesce(k.category, 'fixed') end
        as category,
    coalesce(k.category in ('usage', 'overage', 'per_unit'), false) as as_used
from posted_rows p
join (
    select *, starts_with(event, 'opening_') or event = 'cutover_adjustment' as takes_over
    from kind
) o using (event)
left join kind b on b.event = regexp_replace(p.event, '^opening_', '')
left join component k using (contract, component)
where p.period <= getvariable('period');

drop table posted_rows;

-- Each month of the report, then all of it: the stretches of rollforwards.
create table stretch as
select period as label, period as starts, period as ends from month
union all
select '', min(period), max(period) from month;

-- What each segment in force still holds, by the periods from the report's last day in which it is
-- recognised at the latest. Reads standing, projected and the variables `last`, `last_3` to `last_36`.
-- Parts of a row key; a slash within a part is marked, so that two keys are never the same.
create macro key_of(parts) as array_to_string(
    list_transform(parts, lambda part: replace(replace(part, '\', '\\'), '/', '\/')), '/');

create table ahead as
select p.segment, p.day, p.revenue - s.recognised as amount
from projected p
join standing s using (segment);

create table outlook as
with reached as (
    select
        s.*,
        a.segment is not null as timed,
        coalesce(a.in_3, 0) as in_3,
        coalesce(a.in_12, 0) as in_12,
        coalesce(a.in_24, 0) as in_24,
        coalesce(a.in_36, 0) as in_36,
        -- What is used or delivered is placed where it is complete at the latest.
        case when s.latest > getvariable('last') then s.latest end as due
    from standing s
    left join (
        select
            segment,
            max(case when day = getvariable('last_3') then amount end) as in_3,
            max(case when day = getvariable('last_12') then amount end) as in_12,
            max(case when day = getvariable('last_24') then amount end) as in_24,
            max(case when day = getvariable('last_36') then amount end) as in_36
        from ahead group by segment
    ) a using (segment)
),
placed as (
    select
        * exclude (in_3, in_12, in_24, in_36),
        case when timed then in_3 when due <= getvariable('last_3') then remaining else 0 end as in_3,
        case when timed then in_12 when due <= getvariable('last_12') then remaining else 0 end as in_12,
        case when timed then in_24 when due <= getvariable('last_24') then remaining else 0 end as in_24,
        case when timed then in_36 when due <= getvariable('last_36') then remaining else 0 end as in_36,
        not timed and due is null as undated
    from reached
)
select
    * exclude (in_3, in_12, in_24, in_36, undated),
    in_3 as months_0_3,
    in_12 - in_3 as months_4_12,
    in_24 - in_12 as months_13_24,
    in_36 - in_24 as months_25_36,
    case when undated then 0 else remaining - in_36 end as months_over_36,
    case when undated then remaining else 0 end as no_date
from placed;

-- Postings of the report with the entry that carries them and its account in the chart; where
-- opposite amounts cancelled out and no line was needed, the account is today's. Reads line, mapped.
create table detail as
with header as (
    select distinct entry_seq, posted_at, posted_by from line
),
chart as (
    select entry_seq, account, product, any_value(gl_code) as gl_code, any_value(gl_name) as gl_name
    from line group by entry_seq, account, product
)
select
    p.* exclude (customer, gl_code, gl_name, posted_to) replace (p.posted_to as account),
    coalesce(c.customer, p.customer) as customer,
    coalesce(h.posted_at, '') as posted_at,
    coalesce(h.posted_by, '') as posted_by,
    coalesce(p.gl_code, a.gl_code, f.gl_code) as gl_code,
    coalesce(p.gl_name, a.gl_name, f.gl_name) as gl_name
from posted p
left join contract c using (contract)
left join header h on h.entry_seq = p.entry_seq
left join chart a
    on a.entry_seq = p.entry_seq and a.account = p.posted_to
    and a.product = case when p.posted_to = 'revenue' then p.product else '' end
left join mapped f on f.account = p.posted_to and f.product = p.product
where p.period >= getvariable('first');
