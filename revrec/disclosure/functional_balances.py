"""Balances of contracts in the functional currency, with what exchange rates moved (ASC 830)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import connect
from revrec.disclosure import columns as c
from revrec.model.dataset import DataSet, TieOut
from revrec.model.policy import Account
from revrec.money import from_minor
from revrec.periods import Period

_ACCOUNTS = (
    Account.RECEIVABLE,
    Account.CONTRACT_ASSET,
    Account.CONTRACT_LIABILITY,
    Account.NON_CURRENT_CONTRACT_ASSET,
    Account.NON_CURRENT_CONTRACT_LIABILITY,
    Account.NON_CURRENT_CONTRACT_COST_ASSET,
    Account.REFUND_LIABILITY,
    Account.DEPOSIT_LIABILITY,
    Account.CONTRACT_COST_ASSET,
    Account.RETURN_ASSET,
)
"""Balances of contracts; what is settled elsewhere stands in the trial balance alone."""
_MOVEMENTS = {
    "taken_over": "Taken over",
    "billed": "Billed and credited",
    "earned": "Earned",
    "settled": "Paid and refunded",
    "written_off": "Written off",
    "moved": "Other movements",
    "exchange": "Exchange differences",
}
_MOVED_BY = """
case when starts_with(event, 'opening_') or event = 'cutover_adjustment' then 'taken_over'
     when event in ('billing', 'credit_memo', 'tax', 'for_principal') then 'billed'
     when event in ('satisfaction', 'breakage') then 'earned'
     when event in ('payment', 'refund') then 'settled'
     when event = 'write_off' then 'written_off'
     when starts_with(event, 'exchange_') then 'exchange'
     else 'moved' end
"""
"""Of a posting: which column it moves."""
_SQL = """
with valued as (
    select *, {moved_by} as movement,
           coalesce(functional, case when currency = $functional then amount else 0 end) as value
    from posted where account in (select unnest($accounts))
)
select any_value(customer) as customer, contract, account, any_value(currency) as currency,
       coalesce(sum(amount), 0)::bigint as standing,
       coalesce(sum(value) filter (period < $first), 0)::bigint as opening,
       {movements},
       sum(value)::bigint as closing
from valued group by contract, account
having opening <> 0 or count(*) filter (period >= $first and value <> 0) > 0
order by contract, account
"""


@cites("830-20-35-1", "830-20-35-2", "606-10-50-8", "606-10-50-10")
def functional_balances(
    posted: pa.Table, functional: str, *, first: Period, entity: int
) -> DataSet:
    """Each balance of each contract over the report, in the functional currency.

    ``posted`` is posting detail up to the report's end.
    """
    with connect() as database:
        database.register("posted", posted)
        movements = ", ".join(
            "coalesce(sum(value) filter "
            f"(period >= $first and movement = '{name}'), 0)::bigint as {name}"
            for name in _MOVEMENTS
        )
        sql = _SQL.format(movements=movements, moved_by=_MOVED_BY)
        values = {"functional": functional, "first": str(first), "accounts": list(_ACCOUNTS)}
        found = database.execute(sql, values).fetchall()
    return DataSet(
        name="functional_balances",
        title="Balances in functional currency",
        columns=[
            c.ENTITY,
            c.CUSTOMER,
            c.CONTRACT,
            c.text("account", "Ledger account"),
            c.text("contract_currency", "Currency of the contract"),
            c.quantity("standing", "Closing in it"),
            c.CURRENCY,
            *c.rolled(
                {
                    "opening": "Opening (debit positive)",
                    **_MOVEMENTS,
                    "closing": "Closing (debit positive)",
                }
            ),
            c.ROW_KEY,
        ],
        rows=[
            (
                entity,
                customer,
                contract,
                account,
                currency,
                from_minor(standing, currency),
                functional,
                *amounts,
                c.key_of(contract, account),
            )
            for customer, contract, account, currency, standing, *amounts in found
        ],
        note="Contract liabilities keep the rate of the day they arose; receivables, contract "
        "assets, refund liabilities and deposits are remeasured (830-10-45-18, 830-20-35-2). "
        "Taken over: balances of contracts of another system or of an entity acquired. Written "
        "off: credit losses (326-20). Other movements: between balances of a contract, financing, "
        "costs.",
    )


def functional_tie_outs(data: DataSet, standing: Counter[str]) -> Iterator[TieOut]:
    """Opening, movements and exchange give closing, and closing is the trial balance's.

    ``standing`` is what the trial balance holds by ledger account, in the functional currency.
    """
    names = [each.name for each in data.columns]
    places = [names.index(name) for name in ("opening", *_MOVEMENTS, "closing")]
    sums: Counter[str] = Counter()
    added = closing = 0
    currency = ""
    for row in data.rows:
        *parts, last = (int(str(row[place])) for place in places)
        added, closing = added + sum(parts), closing + last
        sums[str(row[names.index("account")])] += last
        currency = str(row[names.index("currency")])
    if not data.rows:
        return
    off = {account: sums[account] - standing[account] for account in _ACCOUNTS}
    for name, left_name, left, right_name, right, mark in (
        ("opening and movements", "Opening, movements, exchange", added, "Closing", closing, "F"),
        (
            "account by account", "Differences to the trial balance, without signs",
            sum(map(abs, off.values())), "Nothing", 0, "TB",
        ),
    ):  # fmt: skip
        yield TieOut(
            name=f"{data.title}, {name}",
            left_name=left_name,
            left=left,
            right_name=right_name,
            right=right,
            currency=currency,
            mark=mark,
        )
