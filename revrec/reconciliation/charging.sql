-- What usage should have been invoiced, month by month, and what was.
-- Reads metered, charge_terms, versions, cuts, loaded_afterwards, bills, contracts, expected.
-- Five readings of every charge: now; low, from rows surely known when the invoices were made;
-- high, with rows that were known in part; early, from rows recorded before that day; same, at the
-- prices of then. And owed: what of high is owed for no use.
create view readings as
select m.*, k.known, l.month is not null or c.cut is null or m.recorded < c.cut as early,
       k.known or m.moves <> 'price' as same,
       not k.known and coalesce(m.first_recorded <= c.cut, m.told_rows > 1) as partly
from metered m
join cuts c using (contract)
left join loaded_afterwards l on l.month = m.month
cross join lateral (
    select l.month is not null or c.cut is null or m.recorded <= c.cut as known
) k;
