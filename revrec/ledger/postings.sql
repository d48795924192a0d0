-- What each economic month should hold, as known now, less what was posted for it: the postings
-- of the open period. Both legs of an event share their key, so every difference balances.
-- Reads segments, recognised, accrued_segments, accrued, billing, kind, months (origin, day,
-- before), positions, posted (sums of what closed periods hold) and the variable `period`.
with earned as (
    select m.origin, s.contract, s.obligation, s.component, s.product,
           sum(case when r.day = m.day then r.revenue else -r.revenue end) as revenue,
           sum(case when r.day = m.day then r.breakage else -r.breakage end) as breakage
    from recognised r
    join segments s using (segment)
    join months m on r.day = m.day or r.day = m.before
    group by all
),
flows as (
    -- Performance: consideration promised becomes revenue (606-10-25-30, 25-31).
    select origin, contract, obligation, component, product, 'satisfaction' as event,
           revenue - breakage as amount
    from earned
    union all
    select origin, contract, obligation, component, product, 'breakage', breakage
    from earned
    union all
    select m.origin, s.contract, s.obligation, s.component, s.product, s.stream,
           sum(case when r.day = m.day then r.revenue else -r.revenue end)
    from accrued r
    join accrued_segments s using (segment)
    join months m on r.day = m.day or r.day = m.before
    group by all
    union all
    select strftime(day, '%Y-%m'), contract, '', '', '', event, amount
    from billing
    union all
    select getvariable('period'), contract, '', '', '', event, amount
    from (
        unpivot (
            select contract, cash_in_advance, conditional_bill, deposit_liability as deposit,
                   refund_liability as refund_due, contract_asset as netting
            from positions
        )
        on cash_in_advance, conditional_bill, deposit, refund_due, netting
        into name event value amount
    )
),
legs as (
    select f.* exclude (amount), side.account, side.sign * f.amount as amount
    from flows f
    join (
        select event, debit as account, 1 as sign from kind
        union all
        select event, credit, -1 from kind
    ) side using (event)
    where f.origin <= getvariable('period')
    union all
    -- What is presented is a balance: all of it, whenever posted, is compared with what is
    -- needed now.
    select case when k.presents then getvariable('period') else p.origin end,
           p.contract, p.obligation, p.component, p.product, event, p.account, -p.amount
    from posted p join kind k using (event)
)
select origin, contract, obligation, component, product, event, account,
       sum(amount)::bigint as amount
from legs
group by all
having sum(amount) <> 0
order by origin, event, contract, obligation, component, account
