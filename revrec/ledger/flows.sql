-- What each economic period moved, as known now. Reads segments, recognised, accrued_segments,
-- accrued, billing, periods (origin, day, before), positions and the variable `period`.
create or replace table flows as
with earned as (
    select p.origin, s.contract, s.obligation, s.component, s.product,
           sum(case when r.day = p.day then r.revenue else -r.revenue end) as revenue,
           sum(case when r.day = p.day then r.breakage else -r.breakage end) as breakage
    from recognised r
    join segments s using (segment)
    join periods p on r.day = p.day or r.day = p.before
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
    select p.origin, s.contract, s.obligation, s.component, s.product, s.stream,
           sum(case when r.day = p.day then r.revenue else -r.revenue end)
    from accrued r
    join accrued_segments s using (segment)
    join periods p on r.day = p.day or r.day = p.before
    group by all
    union all
    select p.origin, b.contract, '', '', '', b.event, b.amount
    from billing b
    asof join periods p on b.day > p.before
    where b.day <= p.day
    union all
    select getvariable('period'), contract, '', '', '', event, amount
    from (
        unpivot (
            select contract, cash_in_advance, conditional_bill, deposit_liability as deposit,
                   refund_liability as refund_due, contract_asset as netting,
                   non_current_liability, non_current_asset, non_current_cost
            from positions
        )
        on cash_in_advance, conditional_bill, deposit, refund_due, netting,
            non_current_liability, non_current_asset, non_current_cost
        into name event value amount
    )
)
select * from flows where origin <= getvariable('period');
