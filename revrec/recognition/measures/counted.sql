-- Counted: what was consumed or delivered, of the whole (output and input measures, 55-17, 55-20).
select
    point,
    done,
    done_of,
    used,
    case when day >= coalesce(rollover_ends, lapses) or used >= entitled then whole
         when day >= lapses
             then least(greatest(at_lapse, entitled - rollover) + used - at_lapse, cap)
         when cap is null then used
         else least(used, cap) end::hugeint,
    whole::hugeint
from (
    select
        p.*,
        -- Corrections may bring fees of days to less than nothing; an entitlement or what
        -- exceeds one cannot be used less than not at all.
        case when p.cap is null and p.baseline = 0 then counted
             else greatest(counted - p.baseline, 0) end::hugeint as used,
        greatest(coalesce(l.at_lapse, 0), 0) as at_lapse
    from (
        select
            q.*,
            case when q.counted_day < q.counts_from then 0
                 when q.counted_in = 'quantity'
                     then coalesce(c.quantity, 0) - coalesce(b.quantity, 0)
                 else coalesce(c.amount, 0) - coalesce(b.amount, 0) end as counted
        from (
            select *, least(day, coalesce(counts_to, day)) as counted_day
            from points
            where progress = 'counted'
        ) q
        asof left join counts c
            on q.contract = c.contract and q.counter = c.obligation and q.counted_day >= c.day
        asof left join counts b
            on q.contract = b.contract and q.counter = b.obligation and q.counts_from > b.day
    ) p
    -- What was used when the rest lapsed, for the few whose unused rights roll over.
    left join (
        select
            q.point,
            case when q.counted_in = 'quantity'
                     then coalesce(c.quantity, 0) - coalesce(b.quantity, 0)
                 else coalesce(c.amount, 0) - coalesce(b.amount, 0) end as at_lapse
        from (select * from points where rollover is not null) q
        asof left join counts c
            on q.contract = c.contract and q.counter = c.obligation and q.lapses >= c.day
        asof left join counts b
            on q.contract = b.contract and q.counter = b.obligation and q.counts_from > b.day
    ) l using (point)
)
