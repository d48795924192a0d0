"""Promotional credits: amounts of rated usage given for nothing (606-10-32-5, a lower price)."""

from __future__ import annotations

from operator import attrgetter

import duckdb

from revrec.model.rating import PromotionalCredit
from revrec.money import AMOUNT_SCALE, atoms
from revrec.rating.catalogue import Told


def draw(connection: duckdb.DuckDBPyConnection, told: Told) -> None:
    """Make ``priced_lines``: all lines with what promotional credits take off each.

    A contract's credits are drawn in the order of their last days, each from the lines of its
    days in the order of day, line, labels and tier, until it is used up or its days are over.
    """
    connection.execute(_LINES)
    by_contract: dict[str, list[PromotionalCredit]] = {}
    for agreement in told.agreements:
        by_contract.setdefault(agreement.contract, []).extend(agreement.credits)
    rows = [
        (
            *(contract, rank, credit.first_day, credit.last_day),
            *(atoms(credit.amount, AMOUNT_SCALE), list(credit.prices)),
        )
        for contract, listed in sorted(by_contract.items())
        for rank, credit in enumerate(sorted(listed, key=attrgetter("last_day", "id")), 1)
    ]
    if not rows:
        connection.execute("create or replace view priced_lines as from all_lines")
        return
    connection.execute("create or replace table credited_line as from all_lines")
    connection.execute("create or replace view priced_lines as from credited_line")
    connection.execute(
        "create or replace table promotion (contract varchar, rank integer, first_day date,"
        " last_day date, amount hugeint, names varchar[])"
    )
    connection.executemany("insert into promotion values ($1, $2, $3, $4, $5, $6)", rows)
    for rank in range(1, max(len(listed) for listed in by_contract.values()) + 1):
        connection.execute(_DRAW, {"rank": rank})


_LINES = """
create or replace view all_lines as
select *, 0::hugeint as credited from (
    select k.contract, k.meter, k.labels, c.scope, c.name, c.counted,
           r.* exclude (used, counter)
    from rated r join usage_key k using (used) join counter c using (counter)
    union all by name
    select contract, meter, day, '{}' as labels, '' as event, scope, line, name, '' as counted,
           charge, null as tier, window_first, window_last, 0::hugeint as before,
           0::hugeint as after, 0::hugeint as quantity, amount as gross, amount from charged
)
"""
_DRAW = """
create or replace table credited_line as
with numbered as (select *, row_number() over () as number from credited_line),
covered as (
    select n.number, p.amount as credit, n.amount - n.credited as owed,
           sum(n.amount - n.credited) over (
               partition by n.contract
               order by n.day, n.name, n.labels, n.event, n.charge, n.tier, n.meter
               rows unbounded preceding
           ) as running
    from numbered n join promotion p
      on p.contract = n.contract and p.rank = $rank and n.day between p.first_day and p.last_day
     and (len(p.names) = 0 or list_contains(p.names, n.name))
)
select n.* exclude (number) replace (
    n.credited + coalesce(
        greatest(least(c.running, c.credit), 0) - greatest(least(c.running - c.owed, c.credit), 0),
        0
    ) as credited
)
from numbered n left join covered c using (number)
"""
