-- What each economic period should hold, as known now, less what was posted for it: the postings
-- of the open period. Both legs of an event share their key, so every difference balances, in the
-- currency of the contract and in the functional currency.
-- Reads parts, moves (what each month moved and is worth), kind, abroad (contracts in other
-- currencies than the functional one), posted (sums of what closed periods hold) and the variable
-- `period`. Texts become numbers, and come back for what differs.
with accounts as (
    select account, row_number() over () as account_no
    from (select debit as account from kind union select credit from kind
          union select account from posted)
),
events as (
    select event, presents, row_number() over () as event_no from kind
),
sides as (
    select event, event_no, account_no, sign
    from (
        select event, debit as account, 1 as sign from kind
        union all
        select event, credit, -1 from kind
    )
    join events using (event)
    join accounts using (account)
),
legs as (
    select origin, part, event_no, account_no, sign * amount as amount,
           sign * functional as functional
    from moves join sides using (event)
    union all
    -- What is presented is a balance: all of it, whenever posted, is compared with what is
    -- needed now.
    select case when presents then getvariable('period') else origin end,
           part, event_no, account_no, -amount, coalesce(-functional, 0)
    from posted
    join parts using (contract, obligation, component, product)
    join events using (event)
    join accounts using (account)
),
differing as (
    select origin, part, event_no, account_no, sum(amount)::bigint as amount,
           sum(functional)::bigint as functional
    from legs
    group by all
    having sum(amount) <> 0 or sum(functional) <> 0
)
select origin, contract, obligation, component, product, event, account, amount,
       case when abroad.contract is not null then functional end as functional
from differing
join parts using (part)
join events using (event_no)
join accounts using (account_no)
left join abroad using (contract)
