-- What each economic month should hold, as known now, less what was posted for it: the postings
-- of the open period. Both legs of an event share their key, so every difference balances.
-- Reads segments, recognised, billing, contracts, months (origin, day, before), positions,
-- posted (sums of what closed periods hold) and the variable `period`.
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
           'contract_liability' as debit, 'revenue' as credit, revenue - breakage as amount
    from earned
    union all
    select origin, contract, obligation, component, product, 'breakage',
           'contract_liability', 'revenue', breakage
    from earned
    union all
    select strftime(day, '%Y-%m'), contract, '', '', '', event,
           case event when 'payment' then 'cash' else 'receivable' end,
           case event when 'payment' then 'receivable' else 'contract_liability' end,
           amount
    from billing
    union all
    select strftime(day, '%Y-%m'), contract, '', '', '', 'tax', 'receivable', 'tax_payable', tax
    from billing
    union all
    -- Presentation: a contract that owes us more than it was billed shows an asset (45-1).
    select getvariable('period'), contract, '', '', '', 'netting',
           'contract_asset', 'contract_liability', contract_asset
    from positions
),
legs as (
    select origin, contract, obligation, component, product, event, debit as account, amount
    from flows
    where origin <= getvariable('period')
    union all
    select origin, contract, obligation, component, product, event, credit, -amount
    from flows
    where origin <= getvariable('period')
    union all
    -- Netting is a balance: all of it, whenever posted, is compared with what is needed now.
    select case event when 'netting' then getvariable('period') else origin end,
           contract, obligation, component, product, event, account, -amount
    from posted
)
select origin, contract, obligation, component, product, event, account,
       sum(amount)::bigint as amount
from legs
group by all
having sum(amount) <> 0
order by origin, event, contract, obligation, component, account
