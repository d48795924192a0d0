-- Balances of every contract at the end of every day asked for, in minor units.
-- Contract asset or liability net per contract (606-10-45-1); receivables apart (45-4).
with days as (select distinct day from dates),
billed as (
    select d.day, b.contract,
           sum(b.amount) filter (b.event <> 'payment') as billed,
           sum(b.tax) as taxed,
           sum(b.amount) filter (b.event = 'payment') as paid
    from billing b join days d on b.day <= d.day
    group by all
),
earned as (
    select r.day, s.contract, sum(r.revenue) as recognised, sum(r.breakage) as breakage,
           sum(case when s.as_used then 0 else s.price - r.revenue end) as unrecognised,
           sum(case when s.as_used then 0 else s.price end) as transaction_price
    from recognised r join segments s using (segment)
    group by all
)
select
    c.contract,
    d.day,
    coalesce(b.billed, 0)::bigint as billed,
    coalesce(b.taxed, 0)::bigint as taxed,
    coalesce(b.paid, 0)::bigint as paid,
    coalesce(e.recognised, 0)::bigint as recognised,
    coalesce(e.breakage, 0)::bigint as breakage,
    coalesce(e.unrecognised, 0)::bigint as unrecognised,
    coalesce(e.transaction_price, 0)::bigint as transaction_price,
    (coalesce(b.billed, 0) + coalesce(b.taxed, 0) - coalesce(b.paid, 0))::bigint as receivable,
    greatest(coalesce(b.billed, 0) - coalesce(e.recognised, 0), 0)::bigint as contract_liability,
    greatest(coalesce(e.recognised, 0) - coalesce(b.billed, 0), 0)::bigint as contract_asset
from contracts c
cross join days d
left join billed b on b.contract = c.contract and b.day = d.day
left join earned e on e.contract = c.contract and e.day = d.day
