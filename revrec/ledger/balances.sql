-- What the balances of every contract come from, at the end of every day asked for, in minor units:
-- the beginning of a query, which goes on with `positions` or selects from `returned`.
-- Reads dates, billing, segments, recognised, accrual (contract, stream, day, amount to date),
-- reduction (contract, day, amount), kind, contracts and without_contract (spans of days).
with days as (select distinct day from dates),
documents as (
    select d.day, b.contract,
           coalesce(sum(b.amount) filter (b.event in ('billing', 'credit_memo')), 0) as billed,
           coalesce(-sum(b.amount) filter (b.event = 'credit_memo'), 0) as credited,
           coalesce(sum(b.amount) filter (b.event = 'tax'), 0) as taxed,
           coalesce(sum(b.amount) filter (b.event = 'for_principal'), 0) as for_principal,
           coalesce(sum(b.amount) filter (b.event = 'payment'), 0)
           - coalesce(sum(b.amount) filter (b.event = 'refund'), 0) as paid,
           coalesce(sum(b.amount) filter (b.event = 'customer_payment'), 0) as paid_to_customer,
           coalesce(sum(b.amount) filter (b.event = 'write_off'), 0) as written_off
    from billing b join days d on b.day <= d.day
    group by all
),
components as (
    select r.day, s.contract, s.component, s.as_used,
           sum(r.revenue) as recognised, sum(r.breakage) as breakage, sum(s.price) as price
    from recognised r join days using (day) join segments s using (segment)
    group by all
),
earned as (
    select day, contract, sum(recognised) as recognised, sum(breakage) as breakage,
           sum(case when as_used then 0 else price - recognised end) as unrecognised,
           sum(case when as_used then 0 else price end) as transaction_price,
           sum(case when as_used then recognised else price end) as price_to_date,
           sum(case when as_used then 0 else greatest(-price, 0) end)
               filter (component <> 'fixed') as rebates
    from components
    group by all
),
-- A rebate is owed as far as it was earned and not yet credited (606-10-32-10).
rebate as (
    select day, contract, sum(greatest(-recognised - credited, 0)) as owed
    from (
        select e.day, e.contract, e.component, e.recognised,
               coalesce(-sum(b.amount), 0) as credited
        from components e
        left join billing b on b.contract = e.contract and b.component = e.component
            and b.event = 'credit_memo' and b.day <= e.day
        where e.recognised < 0 and e.component <> 'fixed'
        group by all
    )
    group by all
),
reduced as (
    select d.day, r.contract, sum(r.amount) as reduced
    from reduction r join days d on r.day <= d.day
    group by all
),
accruals as (
    select a.day, a.contract,
           coalesce(sum(a.amount) filter (k.credit = 'contract_liability'), 0)
           - coalesce(sum(a.amount) filter (k.debit = 'contract_liability'), 0) as accrued
    from accrual a join days using (day) join kind k on k.event = a.stream
    group by all
),
gross as (
    select
        c.contract,
        d.day,
        w.contract is null as is_contract,
        c.cancellable,
        coalesce(b.billed, 0) as billed,
        coalesce(b.credited, 0) as credited,
        coalesce(b.taxed, 0) as taxed,
        coalesce(b.for_principal, 0) as for_principal,
        coalesce(b.paid, 0) as paid,
        coalesce(b.paid_to_customer, 0) as paid_to_customer,
        coalesce(b.written_off, 0) as written_off,
        coalesce(e.recognised, 0) as recognised,
        coalesce(e.breakage, 0) as breakage,
        coalesce(e.unrecognised, 0) as unrecognised,
        coalesce(e.transaction_price, 0) as transaction_price,
        coalesce(e.price_to_date, 0) as price_to_date,
        coalesce(a.accrued, 0) as accrued,
        coalesce(o.owed, 0) as rebate_owed,
        coalesce(r.reduced, 0) + coalesce(e.rebates, 0) + coalesce(b.credited, 0) as reductions
    from contracts c
    cross join days d
    left join documents b on b.contract = c.contract and b.day = d.day
    left join earned e on e.contract = c.contract and e.day = d.day
    left join accruals a on a.contract = c.contract and a.day = d.day
    left join rebate o on o.contract = c.contract and o.day = d.day
    left join reduced r on r.contract = c.contract and r.day = d.day
    left join without_contract w on w.contract = c.contract and d.day between w.first and w.last
),
raw as (
    select
        *,
        billed + taxed + for_principal - paid - written_off as open_bills,
        billed - recognised + accrued - paid_to_customer as net
    from gross
),
-- Cash beyond the bills is received in advance (45-2); a bill that the customer may still refuse
-- is no right yet (45-4); without a contract what was received and not earned before is a deposit
-- (25-8), and of the bills only what was earned before remains a claim (25-5).
received as (
    select
        *,
        case when is_contract then greatest(-open_bills, 0) else claim - open_bills end
            as cash_in_advance,
        case when is_contract and cancellable then greatest(least(open_bills, net), 0) else 0 end
            as conditional_bill,
        case when is_contract then 0 else greatest(net - open_bills, 0) end as deposit_liability
    from (select *, greatest(least(open_bills, open_bills - net), 0) as claim from raw)
),
-- What was received or billed beyond the price is owed back as far as the price was reduced.
owed as (
    select
        *,
        net + cash_in_advance - conditional_bill - deposit_liability as position,
        greatest(billed - conditional_bill, paid - taxed - for_principal) - price_to_date
            as beyond_price
    from received
),
returned as (
    select
        *,
        case when is_contract
             then greatest(least(position, greatest(rebate_owed, least(beyond_price, reductions))),
                           0)
             else 0 end as refund_liability
    from owed
)
