"""Contract balances by when they turn around: current and non-current (210-10-45).

What is recognised, billed or amortised within the operating cycle after the balance sheet's day is
current, a year unless the policy elects a longer one. Lots are used first in, first out, so a
liability is current as far as it is earned within the cycle.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import Check, Data, sums
from revrec.disclosure.frame import Frame
from revrec.disclosure.outlook import scheduled
from revrec.model.dataset import DataSet

_LATER = pa.schema([("contract", pa.string()), ("later", pa.int64())])
_COSTS = """
    select s.segment, s.contract, s.price, s.price - r.revenue as remaining,
           coalesce(s.shape.lapses, s.shape.ends) as latest
    from accrued_segments s join accrued r using (segment)
    where s.stream = 'cost_amortized' and r.day = date '{day}'
    order by s.segment
"""
_MATURITY = """
create table maturity as
with ahead as (
    select contract, sum(remaining)::bigint as remaining,
           (sum(months_over_36) {later})::bigint as later
    from outlook group by contract
),
standing as (
    select contract, 'contract_liability' as account, contract_liability as balance from position
    union all
    select contract, 'contract_asset', contract_asset from position
    union all
    select contract, 'contract_cost_asset', sum(amount)::bigint
    from posted where account = 'contract_cost_asset' group by contract
),
split as (
    select contract, account, balance,
           case account
               when 'contract_liability' then
                   least(greatest(balance - (coalesce(remaining, 0) - coalesce(a.later, 0)), 0),
                         greatest(coalesce(a.later, 0), 0))
               when 'contract_asset' then {assets}
               else least(coalesce(k.later, 0), balance)
           end::bigint as non_current
    from standing s left join ahead a using (contract) left join costs_later k using (contract)
    where balance <> 0
)
select contract, account, balance, balance - non_current as current, non_current from split
"""
_ASSETS = {
    "operating_cycle": "0",
    "by_remaining_revenue": (
        "case when remaining > 0 and a.later > 0 then balance * a.later // remaining else 0 end"
    ),
}
_BANDS = {12: "months_13_24", 24: "months_25_36"}
"""Months of the cycle from which on a band is later."""


@cites("210-10-45-3")
def split_by_maturity(frame: Frame) -> None:
    """Make the table ``maturity``: contract, account, balance, current, non_current.

    Minor units, positive. What has no schedule is current; a contract asset is billed as what
    remains is earned, unless it is elected to belong to the operating cycle.
    """
    policy = frame.inputs.book.policy
    months = int(policy.value("operating_cycle").partition("_")[0])
    bands = "".join(f" + sum({name})" for since, name in _BANDS.items() if months <= since)
    frame.load("costs_later", _costs_later(frame, months))
    assets = _ASSETS[policy.value("contract_assets_turn_around")]
    frame.execute(_MATURITY.format(later=bands, assets=assets))


def _costs_later(frame: Frame, months: int) -> pa.Table:
    """What of contract costs is amortised after the cycle, by contract."""
    inputs, span = frame.inputs, frame.span
    day = span.period.plus(months).last
    standing = inputs.subledger.query(_COSTS.format(day=span.last.isoformat()))
    table = scheduled(inputs.accounting.accrued.segments, standing, [span.last, day])
    reached = {
        row["segment"]: int(row["revenue"]) for row in table.to_pylist() if row["day"] == day
    }
    later: dict[str, int] = {}
    for row in standing.to_pylist():
        left = row["remaining"]
        if row["segment"] in reached:
            left = row["price"] - reached[row["segment"]]
        elif row["latest"] is None or row["latest"] <= day:
            left = 0
        later[row["contract"]] = later.get(row["contract"], 0) + left
    return pa.table([list(later), list(later.values())], schema=_LATER)


@cites("210-10-45-3", "606-10-45-1")
def by_maturity(frame: Frame) -> DataSet:
    """Every contract balance at the report's end, current and non-current."""
    return frame.data_set(
        "balances_by_maturity",
        "Current and non-current",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.text("account", "Ledger account"), c.CURRENCY,
            c.money("balance", "Balance"), c.money("current", "Current"),
            c.money("non_current", "Non-current"), c.ROW_KEY,
        ],
        f"""
        select {frame.entity} as entity, c.customer, contract, account, c.currency, balance,
               current, non_current, key_of([contract, account]) as row_key
        from maturity join contract c using (contract)
        order by account, c.customer, contract
        """,
        note=(
            "Liabilities are earned first in, first out; what has no schedule is current. Policy "
            "elects the operating cycle and how contract assets turn around."
        ),
    )  # fmt: skip


def maturity_tie_outs(data: Data) -> Iterator[Check]:
    """The split of each balance, and that it is the balance of its own schedule."""
    listed = data["balances_by_maturity"]
    yield Check(
        "Current and non-current", "F", "Current and non-current",
        sums(listed, ["current", "non_current"]), "Balances", sums(listed, ["balance"]),
    )  # fmt: skip
    for account, name, column in (
        ("contract_liability", "contract_balances", "closing"),
        ("contract_asset", "contract_assets", "closing"),
        ("contract_cost_asset", "contract_costs", "closing"),
    ):
        split = sums(listed, ["current", "non_current"], only=("account", [account]))
        title = data[name].title
        yield Check(
            f"{title}, by maturity", "CF", f"{listed.title}: {account}", split,
            f"{title}: closing", sums(data[name], [column]),
        )  # fmt: skip
