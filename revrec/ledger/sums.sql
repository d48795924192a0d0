-- What is posted, summed once for all that is asked of it: by contract and month in `monthly`, and
-- by contract in `balances`, beside the positions; an account with what of it is non-current.
-- Reads lines (what is posted), positions, kind and accruing (events of streams). Debits are positive.
create table monthly as
select contract, origin, sum(amount) as amount, sum(functional) as functional,
       sum(amount) filter (account = 'receivable') as receivable,
       sum(amount) filter (account in ('contract_asset', 'non_current_contract_asset'))
           as contract_asset,
       sum(amount) filter (account in ('contract_liability', 'non_current_contract_liability'))
           as contract_liability,
       sum(amount) filter (account = 'refund_liability') as refund_liability,
       sum(amount) filter (account = 'deposit_liability') as deposit_liability,
       -- What another system recognised of a contract taken over is to date, too.
       sum(amount) filter (
           account = 'revenue'
           or event in ('opening_satisfaction', 'opening_breakage', 'cutover_adjustment')
              and account not in ('contract_liability', 'non_current_contract_liability')
       ) as revenue
from lines
group by contract, origin;

create table balances as
select p.*,
       coalesce(s.receivable, 0) as posted_receivable,
       coalesce(s.contract_asset, 0) as posted_contract_asset,
       coalesce(s.contract_liability, 0) as posted_contract_liability,
       coalesce(s.refund_liability, 0) as posted_refund_liability,
       coalesce(s.deposit_liability, 0) as posted_deposit_liability,
       coalesce(s.revenue, 0) as posted_revenue
from positions p
left join (
    select contract, sum(receivable) as receivable, sum(contract_asset) as contract_asset,
           sum(contract_liability) as contract_liability,
           sum(refund_liability) as refund_liability, sum(deposit_liability) as deposit_liability,
           sum(revenue) as revenue
    from monthly
    group by contract
) s using (contract);

-- Events of streams as they were posted, before a cutover too; one leg of each is read.
create table streams as
select event, debit, regexp_replace(event, '^opening_', '') as stream
from kind
where stream in (select event from accruing);
