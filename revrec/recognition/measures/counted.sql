-- Counted: what was consumed or delivered, of the whole (output and input measures, 55-17, 55-20).
-- What counts up to a day is the sum of whole spans of 32 days before that of the day, and of what
-- counts within it: so neither many days nor many rows make more than a few sums of any.
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
    with asked as (
        select *, least(day, coalesce(counts_to, day)) as counted_day, counts_from - 1 as before,
               case when rollover is not null then lapses end as lapse
        from points
        where progress = 'counted'
    ),
    series as (
        select contract, counter, row_number() over () as series
        from (select distinct contract, counter from asked)
    ),
    placed as (select * from asked join series using (contract, counter)),
    days as (
        select series, day, (day - date '1970-01-01') // 32 as span
        from (
            select series, counted_day as day from placed
            union
            select series, before from placed
            union
            select series, lapse from placed
        )
    ),
    single as (
        select series, day, (day - date '1970-01-01') // 32 as span, quantity, amount
        from counts c join series s on s.contract = c.contract and s.counter = c.obligation
    ),
    spans as (
        select series, span, sum(quantity) as quantity, sum(amount) as amount
        from single
        group by all
    ),
    -- The digits of decimals are atoms: multiplying by a power of ten could overflow.
    reached as (
        select series, day, replace(sum(quantity)::varchar, '.', '')::hugeint as quantity,
               replace(sum(amount)::varchar, '.', '')::hugeint as amount
        from (
            select d.series, d.day, s.quantity, s.amount
            from days d join spans s on s.series = d.series and s.span < d.span
            union all
            select d.series, d.day, s.quantity, s.amount
            from days d join single s on s.series = d.series and s.span = d.span and s.day <= d.day
        )
        group by all
    )
    select
        q.*,
        -- Corrections may bring fees of days to less than nothing; an entitlement or what
        -- exceeds one cannot be used less than not at all.
        case when q.cap is null and q.baseline = 0 then counted
             else greatest(counted - q.baseline, 0) end::hugeint as used,
        greatest(case when lapse is null then 0 else at_the_lapse end, 0) as at_lapse
    from (
        select
            p.*,
            case when p.counted_day < p.counts_from then 0
                 when p.counted_in = 'quantity'
                     then coalesce(c.quantity, 0) - coalesce(b.quantity, 0)
                 else coalesce(c.amount, 0) - coalesce(b.amount, 0) end as counted,
            case when p.counted_in = 'quantity'
                     then coalesce(l.quantity, 0) - coalesce(b.quantity, 0)
                 else coalesce(l.amount, 0) - coalesce(b.amount, 0) end as at_the_lapse
        from placed p
        left join reached c on c.series = p.series and c.day = p.counted_day
        left join reached b on b.series = p.series and b.day = p.before
        left join reached l on l.series = p.series and l.day = p.lapse
    ) q
)
