"""Contract balances by when they turn around: current and non-current (210-10-45).

What is recognised, billed or amortised within the operating cycle after the balance sheet's day is
current, a year unless the policy elects a longer one. Lots are used first in, first out, so a
liability is current as far as it is earned within the cycle.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect
from revrec.engine import Accounting
from revrec.ledger.outlook import Query, in_force, scheduled
from revrec.model.decision import Segment
from revrec.model.policy import Policy
from revrec.periods import Period

MATURITY = pa.schema(
    [
        ("contract", pa.string()),
        ("account", pa.string()),
        ("balance", pa.int64()),
        ("current", pa.int64()),
        ("non_current", pa.int64()),
    ]
)
"""Balances that are not zero, in minor units and positive; ``account`` is that of the whole."""
_COSTS = """
    select s.segment, s.contract, s.price, s.price - r.revenue as remaining,
           coalesce(s.shape.lapses, s.shape.ends) as latest
    from accrued_segments s join accrued r using (segment)
    where s.stream = 'cost_amortized' and r.day = date '{day}'
    order by s.segment
"""
_CARRIED = """
    select contract,
           sum(case when debit = 'contract_cost_asset' then amount else -amount end)::bigint
               as balance
    from accrual join kind on event = stream
    where day = date '{day}' and 'contract_cost_asset' in (debit, credit)
    group by contract
"""
_LATER = """
    select contract, sum(remaining)::bigint as remaining,
           sum(case when r.segment is not null then price - r.revenue
                    when latest > date '{day}' then remaining
                    else 0 end)::bigint as later
    from standing left join reached r using (segment)
    group by contract
"""
_MATURITY = """
with standing as (
    select contract, 'contract_liability' as account, contract_liability as balance from positions
    union all
    select contract, 'contract_asset', contract_asset from positions
    union all
    select contract, 'contract_cost_asset', balance from carried
),
split as (
    select contract, account, balance,
           case account
               when 'contract_liability' then
                   least(greatest(balance - (coalesce(a.remaining, 0) - coalesce(a.later, 0)), 0),
                         greatest(coalesce(a.later, 0), 0))
               when 'contract_asset' then {assets}
               else least(coalesce(k.later, 0), balance)
           end::bigint as non_current
    from standing s left join ahead a using (contract) left join costs k using (contract)
    where balance <> 0
)
select contract, account, balance, balance - non_current as current, non_current from split
order by contract, account
"""
_ASSETS = {
    "operating_cycle": "0",
    "by_remaining_revenue": (
        "case when a.remaining > 0 and a.later > 0 then balance * a.later // a.remaining else 0 end"
    ),
}


def is_posted(policy: Policy, on: date) -> bool:
    """Whether the split of balances at the end of the day is posted, and not only presented."""
    election = policy.elections["current_and_non_current"]
    return election.value == "posted" and election.effective_from <= on


@cites("210-10-45-3")
def split_by_maturity(
    query: Query, accounting: Accounting, policy: Policy, positions: pa.Table, period: Period
) -> pa.Table:
    """Each contract's balances at the end of the period, current and non-current (``MATURITY``).

    ``positions`` are those of the period's last day, which has been recognised. What has no
    schedule is current; a contract asset is billed as what remains is earned, unless it is elected
    to belong to the operating cycle.
    """
    on = period.last
    day = period.plus(int(policy.value("operating_cycle").partition("_")[0])).last
    told = query(_COSTS.format(day=on.isoformat()))
    tables = {
        "positions": positions,
        "ahead": _later(accounting.recognised.segments, in_force(query, on), day),
        "costs": _later(accounting.accrued.segments, told, day),
        "carried": query(_CARRIED.format(day=on.isoformat())),
    }
    sql = _MATURITY.format(assets=_ASSETS[policy.value("contract_assets_turn_around")])
    with connect() as database:
        for name, table in tables.items():
            database.register(name, table)
        return database.sql(sql).to_arrow_table().cast(MATURITY)


def _later(segments: Sequence[Segment], standing: pa.Table, day: date) -> pa.Table:
    """What is left of segments, and what of it comes after the day, by contract."""
    with connect() as database:
        database.register("standing", standing)
        database.register("reached", scheduled(segments, standing, [day]))
        return database.sql(_LATER.format(day=day.isoformat())).to_arrow_table()
