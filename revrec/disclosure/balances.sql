-- Balances of every contract over every stretch, as posted. Reads posted, stretch and drawn (what
-- was earned out of opening liabilities).
-- Liabilities are credits and shown positive; assets and receivables are debits.
create table balance as
with flow as (
    select contract, currency, month, account, event, late, as_used, sum(amount) as amount
    from posted
    where account in ('contract_liability', 'contract_asset', 'receivable', 'refund_liability')
    group by all
),
moved as (
    select
        t.label,
        f.contract,
        f.currency,
        f.event,
        f.late,
        f.as_used,
        f.month < t.starts as before,
        case when f.account = 'contract_liability' then -f.amount else 0 end as liability,
        case when f.account = 'contract_asset' then f.amount else 0 end as asset,
        case when f.account = 'receivable' then f.amount else 0 end as receivable,
        case when f.account = 'refund_liability' then -f.amount else 0 end as refund
    from flow f
    join stretch t on f.month <= t.ends
),
summed as (
    select
        label,
        contract,
        currency,
        sum(case when before then liability else 0 end) as opening,
        sum(case when not before and event = 'billing' then liability else 0 end) as billings,
        sum(case when not before and event = 'credit_memo' then liability else 0 end)
            as credit_memos,
        sum(case when not before and event = 'satisfaction' and not late then liability else 0 end)
            as performed,
        sum(case when not before and event = 'breakage' and not late then liability else 0 end)
            as breakage,
        sum(case when not before and event in ('satisfaction', 'breakage') and late
            then liability else 0 end) as catch_up,
        sum(case when not before and event in ('cash_in_advance', 'conditional_bill', 'deposit')
            then liability else 0 end) as cash_in_advance,
        sum(case when not before and event = 'refund_due' then liability else 0 end) as refunds,
        sum(case when not before and event in ('interest_expense', 'interest_income',
            'repurchase', 'customer_payment') then liability else 0 end) as financing,
        sum(case when not before and event = 'netting' then liability else 0 end) as reclassified,
        sum(liability) as closing,
        sum(case when before then asset else 0 end) as asset_opening,
        sum(asset) as asset_closing,
        sum(case when before then receivable else 0 end) as receivable_opening,
        sum(case when not before and event = 'billing' then receivable else 0 end) as invoices,
        sum(case when not before and event = 'tax' then receivable else 0 end) as tax,
        sum(case when not before and event = 'credit_memo' then receivable else 0 end)
            as receivable_credit_memos,
        sum(case when not before and event = 'for_principal' then receivable else 0 end)
            as for_principal,
        sum(case when not before and event in ('payment', 'refund') then receivable else 0 end)
            as cash,
        sum(case when not before and event = 'write_off' then receivable else 0 end)
            as written_off,
        -- What was credited or paid back: it uses up what was owed back (606-10-32-10).
        sum(case when not before and event = 'credit_memo' then -receivable
                 when not before and event = 'refund' then receivable else 0 end) as given_back,
        sum(case when not before and event in ('cash_in_advance', 'conditional_bill')
            then receivable else 0 end) as not_yet_due,
        sum(receivable) as receivable_closing,
        sum(case when before then refund else 0 end) as refund_opening,
        sum(refund) as refund_closing
    from moved
    group by all
),
-- Refund liabilities month by month: used as far as something was given back, then what was
-- owed anew or is no longer owed. All of the report is the sum of its months.
returned as (
    select label, contract,
           -least(greatest(refund_opening, 0), greatest(given_back, 0)) as used,
           refund_closing - refund_opening as change
    from summed where label <> ''
),
refunds as (
    select coalesce(label, '') as label, contract, sum(used) as refund_used,
           sum(greatest(change - used, 0)) as refund_accrued,
           sum(least(change - used, 0)) as refund_released
    from returned group by grouping sets ((label, contract), (contract))
),
split as (
    select
        s.*,
        coalesce(u.refund_used, 0) as refund_used,
        coalesce(u.refund_accrued, 0) as refund_accrued,
        coalesce(u.refund_released, 0) as refund_released,
        -coalesce(d.from_opening, 0) as from_opening,
        coalesce(d.included_in_opening, 0) as included_in_opening,
        -- A bill makes the right unconditional: the asset becomes a receivable (606-10-45-4).
        -least(greatest(asset_opening, 0), greatest(billings + credit_memos, 0)) as transferred
    from summed s
    left join drawn d using (label, contract)
    left join refunds u using (label, contract)
)
select
    b.label,
    b.contract,
    coalesce(c.customer, '') as customer,
    b.currency,
    opening::bigint as opening,
    billings::bigint as billings,
    credit_memos::bigint as credit_memos,
    from_opening::bigint as revenue_from_opening,
    (performed - from_opening)::bigint as other_revenue,
    breakage::bigint as breakage,
    catch_up::bigint as catch_up,
    cash_in_advance::bigint as cash_in_advance,
    refunds::bigint as refunds,
    financing::bigint as financing,
    reclassified::bigint as reclassified,
    closing::bigint as closing,
    included_in_opening::bigint as included_in_opening,
    asset_opening::bigint as asset_opening,
    (asset_closing - asset_opening - transferred)::bigint as revenue_over_billings,
    transferred::bigint as transferred,
    asset_closing::bigint as asset_closing,
    receivable_opening::bigint as receivable_opening,
    invoices::bigint as invoices,
    tax::bigint as tax,
    receivable_credit_memos::bigint as receivable_credit_memos,
    for_principal::bigint as for_principal,
    cash::bigint as cash,
    written_off::bigint as written_off,
    not_yet_due::bigint as not_yet_due,
    receivable_closing::bigint as receivable_closing,
    refund_opening::bigint as refund_opening,
    refund_accrued::bigint as refund_accrued,
    refund_used::bigint as refund_used,
    refund_released::bigint as refund_released,
    refund_closing::bigint as refund_closing
from split b
left join contract c using (contract);
