-- When usage is expected on an invoice, and what was known when the invoices were made.
-- Reads bills, contracts, charge_terms, metered, calendar and the thresholds.
create table first_bills as
select contract, month, min("on") as first_on
from bills
where side = 'usage' and not credit and "on" > period_last(month)
group by all;

-- An invoice run of a month: several contracts billed for it soon after its end.
create table runs as
select month, min(first_on) as began
from first_bills
where first_on <= period_last(month) + getvariable('run_within_days')::integer
group by month
having count(*) >= getvariable('run_contracts_min');

create table rhythms as
select contract, min(date_diff('day', period_last(month), first_on)) as lag
from first_bills
group by contract;

-- When a month's usage is invoiced, and the day after which what is on no invoice is missing from
-- it: by the customer's own rhythm, else by the month's run, else by the days that invoicing takes.
create table expected as
with billed_through as (
    select c.contract, m.month, r.lag, c.usage_months,
           case when c.usage_months = 1 then m.month
                else (date_trunc('month', c.first_day)
                      + to_months(((date_diff('month', c.first_day, period_last(m.month)) // c.usage_months + 1)
                                   * c.usage_months - 1)::integer))::date
           end as through
    from (select distinct contract from charge_terms)
    join contracts c using (contract)
    cross join calendar m
    left join rhythms r using (contract)
)
select b.contract, b.month,
       case when r.began is not null and b.usage_months = 1 then r.began
            else period_last(b.through) + coalesce(b.lag, 0)::integer
       end as begins,
       case when b.lag is not null
                then period_last(b.through) + (b.lag + getvariable('run_days'))::integer
            when r.began is not null and b.usage_months = 1
                then r.began + getvariable('run_days')::integer
            else period_last(b.through) + getvariable('invoice_days')::integer
       end as due
from billed_through b
left join runs r on r.month = b.month;

-- What was recorded by the last invoice for usage, or when invoicing of the last finished month
-- began, should be on an invoice. Without either, everything should.
create table cuts as
with finished as (
    select contract, max(begins) as began from expected
    where due < getvariable('as_of') group by contract
),
invoiced as (
    select contract, max("on") as last_on from bills where side = 'usage' group by contract
)
select contract, greatest(i.last_on, f.began) as cut
from (select distinct contract from charge_terms)
left join invoiced i using (contract)
left join finished f using (contract);

-- Months whose usage was recorded after it had been invoiced, for most contracts: a history that
-- was loaded afterwards. When a row was recorded says nothing then, and no row counts as late.
create table loaded_afterwards as
with seen as (
    select f.contract, f.month,
           count(*) filter (where m.recorded <= f.first_on) > 0 as known
    from first_bills f
    join charge_terms t on t.contract = f.contract
    join metered m
      on m.contract = f.contract and m.obligation = t.obligation and m.month = f.month
    group by all
)
select month from seen group by month having 2 * count(*) filter (where known) < count(*);
