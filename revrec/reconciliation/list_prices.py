"""What usage would cost at the price of the list, where its customers show one."""

from __future__ import annotations

import duckdb

_UNIT = 10**9
"""Units in which prices are kept: atoms of amount for so many atoms of quantity."""

_LISTED = f"""
create temp table asked as
select number, contract, consideration, month from open_cases
where lines > 0 and q_billed = q_low;

create temp table paid as
select c.currency, m.month, m.meter, m.contract,
       amount_atoms(sum(m.amount)) * {_UNIT} // quantity_atoms(sum(m.quantity)) as price
from metered m
join contracts c using (contract)
where m.moves = 'units' and m.month in (select month from asked)
group by all
having sum(m.quantity) > 0;

create temp table listed as
with payers as (
    select currency, month, meter, price, count(*) as payers from paid group by all
)
select currency, month, meter, arg_max(price, payers) as price
from payers
group by all
having max(payers) >= getvariable('list_price_contracts_min')
   and 2 * max(payers) > sum(payers);

create temp table at_list as
select p.number,
       half_even(sum(p.atoms * l.price), any_value(c.unit)::hugeint * {_UNIT}) as amount
from (
    select a.number, a.contract, a.month, r.meter, quantity_atoms(sum(r.quantity)) as atoms
    from asked a
    join charge_terms t using (contract, consideration)
    join readings r
      on r.contract = a.contract and r.obligation = t.obligation and r.month = a.month
    where not t.above and r.known and r.moves = 'units' and r.day >= t.from_day
    group by all
) p
join contracts c using (contract)
left join listed l on l.currency = c.currency and l.month = p.month and l.meter = p.meter
group by p.number
having bool_and(l.price is not null);

drop table asked;
drop table paid;
drop table listed
"""


def find_list_prices(database: duckdb.DuckDBPyConnection) -> None:
    """``at_list``: open cases billed for the units used, with what these cost by the list.

    The price of a meter is of the list where more than half of those who used it in the month pay
    it in their currency, and at least ``LIST_PRICE_CONTRACTS_MIN``.
    """
    database.execute(_LISTED)
