-- What each economic period should hold, as known now, less what was posted for it: the postings
-- of the open period. Both legs of an event share their key, so every difference balances, in the
-- currency of the contract and in the functional currency.
-- Reads moves (what each month moved and is worth), kind, abroad (contracts in other currencies than
-- the functional one), posted (sums of what closed periods hold) and the variable `period`.
with legs as (
    select f.origin, f.contract, f.obligation, f.component, f.product, f.event, side.account,
           side.sign * f.amount as amount, side.sign * f.functional as functional
    from moves f
    join (
        select event, debit as account, 1 as sign from kind
        union all
        select event, credit, -1 from kind
    ) side using (event)
    union all
    -- What is presented is a balance: all of it, whenever posted, is compared with what is
    -- needed now.
    select case when k.presents then getvariable('period') else p.origin end,
           p.contract, p.obligation, p.component, p.product, event, p.account, -p.amount,
           coalesce(-p.functional, 0)
    from posted p join kind k using (event)
)
select origin, contract, obligation, component, product, event, account,
       sum(amount)::bigint as amount,
       case when bool_or(a.contract is not null) then sum(functional)::bigint end as functional
from legs left join abroad a using (contract)
group by all
having sum(amount) <> 0 or sum(functional) <> 0
order by origin, event, contract, obligation, component, account, product
