-- What each economic period moved, as known now. Reads segments, recognised, accrued_segments,
-- accrued, billing, contracts, periods (origin, day, before), positions, posted (sums of what closed
-- periods hold), cutover and the variable `period`.

-- A part is what is posted of: an obligation and component of a contract, or the contract as a whole.
-- Parts are numbered, so that amounts are summed by number.
create or replace table parts as
select row_number() over () as part, *
from (
    select contract, obligation, component, product from segments
    union
    select contract, obligation, component, product from accrued_segments
    union
    select contract, obligation, component, product from posted
    union
    select contract, '', '', '' from contracts
    union
    select contract, obligation, '', '' from segments semi join cutover using (contract)
);

create or replace temp view wholes as
select part, contract from parts where obligation = '' and component = '' and product = '';

-- What moves nothing is left out, but of contracts taken over: their obligations are compared.
create or replace table flows as
with ends as (
    select origin, day, 1 as sign from periods
    union all
    select origin, before, -1 from periods
),
earned as (
    select e.origin, p.part, sum(e.sign * r.revenue) as revenue, sum(e.sign * r.breakage) as breakage
    from recognised r
    join ends e using (day)
    join segments s using (segment)
    join parts p using (contract, obligation, component, product)
    group by all
),
flows as (
    -- Performance: consideration promised becomes revenue (606-10-25-30, 25-31).
    select origin, part, 'satisfaction' as event, revenue - breakage as amount
    from earned
    union all
    select origin, part, 'breakage', breakage
    from earned
    union all
    select e.origin, p.part, s.stream, sum(e.sign * r.revenue)
    from accrued r
    join ends e using (day)
    join accrued_segments s using (segment)
    join parts p using (contract, obligation, component, product)
    group by all
    union all
    select p.origin, w.part, b.event, b.amount
    from billing b
    asof join periods p on b.day > p.before
    join wholes w using (contract)
    where b.day <= p.day
    union all
    select getvariable('period'), part, event, amount
    from (
        unpivot (
            select w.part, cash_in_advance, conditional_bill, deposit_liability as deposit,
                   refund_liability as refund_due, contract_asset as netting,
                   non_current_liability, non_current_asset, non_current_cost
            from positions join wholes w using (contract)
        )
        on cash_in_advance, conditional_bill, deposit, refund_due, netting,
            non_current_liability, non_current_asset, non_current_cost
        into name event value amount
    )
)
select *
from flows
where origin <= getvariable('period')
    and (amount <> 0 or part in (select part from parts semi join cutover using (contract)));
