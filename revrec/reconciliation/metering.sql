-- Usage at home: every row of the ledger at the one obligation it is compared in.
-- Reads usage, meters, contracts. Where several obligations count a meter, the row belongs to the
-- one in service on its day, priced by use before others, then the earlier one: a row is compared
-- once, so that totals tie to the ledger.
create table homes as select contract, meter, count(*) as homes from meters group by all;

create table at_home as
select u.place, u.contract, m.obligation, m.version, u.meter, u.day, period_first(u.day) as month,
       u.quantity, u.amount, u.told_rows, u.recorded, u.first_recorded
from usage u
join meters m using (contract, meter)
join homes h using (contract, meter)
where h.homes = 1
union all
select place, contract, obligation, version, meter, day, period_first(day),
       quantity, amount, told_rows, recorded, first_recorded
from (
    select u.*, m.obligation, m.version,
           row_number() over (
               partition by u.place
               order by u.day between m.first_day and m.last_day desc, m.charged desc,
                        m.first_day, m.obligation, m.version desc
           ) as choice
    from usage u
    join meters m using (contract, meter)
    join homes h using (contract, meter)
    where h.homes > 1
)
where choice = 1
union all
select u.place, u.contract, '', 0, u.meter, u.day, period_first(u.day),
       u.quantity, u.amount, u.told_rows, u.recorded, u.first_recorded
from usage u
join contracts c using (contract)
where (u.contract, u.meter) not in (select (contract, meter) from homes);

-- A row that moves an amount and no units prices anew what was told of its day before; else it is
-- owed for no use, as what is missing to a minimum or a fee of the price.
create table priced_anew as
select distinct z.place
from at_home z
join at_home u using (contract, meter, day)
where z.quantity = 0 and u.quantity <> 0 and u.recorded < z.recorded;

create table metered as
select * exclude (place),
       case when quantity <> 0 then 'units'
            when place in (select place from priced_anew) then 'price'
            else 'owed' end as moves
from at_home;

create table strays as
select u.contract, u.meter, period_first(u.day) as month,
       sum(u.quantity) as quantity, sum(u.amount) as amount, sum(u.told_rows)::bigint as told_rows
from usage u anti join contracts c using (contract)
group by all;
