-- What every economic period moved and what that is worth, where what happened before a cutover is
-- of the period of the cutover, against what the other system had posted.
-- Reads parts, moved (what is known to have moved, and what it is worth), kind, posted, periods,
-- cutover and settled (contracts whose cutover earlier periods posted).
create or replace temp table moves as
with taken as (
    select c.*, p.origin as cutover from cutover c join periods p using (day)
),
placed as (
    select
        w.* replace (case when before then c.cutover else w.origin end as origin),
        before and not (known and c.history and s.contract is not null) as opens
    from (
        select w.*, coalesce(w.origin <= c.cutover and not k.presents, false) as before,
               o.debit <> o.credit as known
        from (
            select m.*, p.* exclude (part)
            from moved m join parts p using (part) semi join taken using (contract)
        ) w
        join kind k using (event)
        left join kind o on o.event = 'opening_' || w.event
        join taken c using (contract)
    ) w
    join taken c using (contract)
    left join settled s using (contract)
),
-- By how much revenue to date differs from what the other system had, where that is adjusted.
differing as (
    select c.contract, c.cutover, r.obligation, r.amount - coalesce(t.told, 0) as amount
    from taken c
    join (
        select contract, obligation, sum(amount) as amount from placed
        where opens and event in ('satisfaction', 'breakage') group by all
    ) r using (contract)
    left join (select contract, unnest(recognised, recursive := true) from cutover) t
        on t.contract = c.contract and t.obligation = r.obligation
    where c.adjusts
),
-- What a cutover posted stays. What is learned of the time before it later is posted as it is.
settling as (
    select p.*
    from posted p
    join kind k on k.event = p.event and k.debit = p.account and k.debit <> k.credit
    join taken c on c.contract = p.contract and c.history
    join settled s on s.contract = p.contract
    where starts_with(p.event, 'opening_') or p.event = 'cutover_adjustment'
)
select origin, part, event, amount, functional
from moved
where part not in (select part from parts semi join taken using (contract))
union all
select origin, part, case when opens then 'opening_' || event else event end, amount, functional
from placed
union all
select d.cutover, p.part, side.event, side.sign * d.amount, 0
from differing d
join parts p on p.contract = d.contract and p.obligation = d.obligation
    and p.component = '' and p.product = '',
    (values ('opening_satisfaction', -1), ('cutover_adjustment', 1)) side (event, sign)
union all
select origin, part, event, amount, coalesce(functional, 0)
from settling join parts using (contract, obligation, component, product)
union all
select origin, part,
       case when event = 'cutover_adjustment' then 'satisfaction'
            else regexp_replace(event, '^opening_', '') end,
       -amount, -coalesce(functional, 0)
from settling join parts using (contract, obligation, component, product);
