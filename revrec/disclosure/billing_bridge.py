"""From revenue to what was billed, contract by contract: the bridge of deferred and unbilled."""

from __future__ import annotations

from collections.abc import Iterator

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.checks import IN_REPORT, Check, Data, entered, sums
from revrec.disclosure.frame import Frame
from revrec.model.dataset import DataSet

_ACCOUNTS = {
    "liability_change": "contract_liability",
    "asset_change": "contract_asset",
    "refund_change": "refund_liability",
    "deposit_change": "deposit_liability",
}
LINES = {
    "revenue": "Revenue",
    "liability_change": "Deferred: contract liabilities",
    "asset_change": "Unbilled: contract assets",
    "refund_change": "Refund liabilities",
    "deposit_change": "Deposits",
    "not_yet_due": "Cash before a bill, and bills not due",
    "other": "Interest, payments to customers and others",
    "billed": "Billed, less credited",
}


@cites("606-10-50-8", "606-10-50-9", "606-10-45-4")
def billing_bridge(frame: Frame) -> DataSet:
    """Revenue of the report and changes of balances to what was billed before tax, less credits.

    Balances that rise on the credit side add. The lines before the last give it.
    """
    changes = ", ".join(
        f"coalesce(-sum(amount) filter (account = '{account}'), 0)::bigint as {name}"
        for name, account in _ACCOUNTS.items()
    )
    told = " + ".join(["revenue", *_ACCOUNTS, "not_yet_due"])
    return frame.data_set(
        "billing_bridge",
        "Revenue to billings",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.CURRENCY,
            *c.rolled(LINES), c.ROW_KEY,
        ],
        f"""
        with moved as (
            select contract, currency,
                   coalesce(-sum(amount) filter (account = 'revenue'), 0)::bigint as revenue,
                   {changes},
                   coalesce(-sum(amount) filter (
                       account = 'receivable' and event in ('cash_in_advance', 'conditional_bill')
                   ), 0)::bigint as not_yet_due,
                   coalesce(sum(amount) filter (
                       account = 'receivable' and event in ('billing', 'credit_memo')
                   ), 0)::bigint as billed
            from posted where month <> '' group by contract, currency
        )
        select {frame.entity} as entity, coalesce(t.customer, '') as customer, contract,
               m.currency, revenue, {", ".join(_ACCOUNTS)}, not_yet_due,
               (billed - ({told}))::bigint as other, billed, key_of([contract]) as row_key
        from moved m left join contract t using (contract)
        where revenue <> 0 or billed <> 0 or ({told}) <> 0
        order by customer, contract
        """,
        note=(
            "As posted. What is deferred is billed and not earned, what is unbilled is earned and "
            "not billed (606-10-45-2, 45-3). Tax, cash and write-offs move receivables alone and "
            "stand in their rollforward."
        ),
    )  # fmt: skip


def bridge_tie_outs(frame: Frame, data: Data) -> Iterator[Check]:
    """The bridge from the journal's revenue to the bills of the rollforward of receivables."""
    bridge, receivables = data["billing_bridge"], data["receivables"]
    yield Check(
        "Revenue to billings, revenue", "TB", "Revenue to billings: revenue",
        sums(bridge, ["revenue"]), "Journal: revenue", entered(frame, "revenue", -1, IN_REPORT),
    )  # fmt: skip
    yield Check(
        "Revenue to billings, billed", "CF", "Revenue to billings: billed",
        sums(bridge, ["billed"]), "Receivables: invoices and credit memos",
        sums(receivables, ["invoices", "credit_memos"]),
    )  # fmt: skip
    other = entered(frame, "contract_liability", 1, f"{IN_REPORT} and {_OTHER}")
    yield Check(
        "Revenue to billings, others", "TB", "Revenue to billings: interest and others",
        sums(bridge, ["other"]), "Journal: contract liabilities by other events", other,
    )  # fmt: skip


_OTHER = (
    "event not in ('satisfaction', 'breakage', 'billing', 'credit_memo', 'cash_in_advance', "
    "'conditional_bill', 'deposit', 'refund_due', 'netting', 'opening_balance', "
    "'cutover_adjustment')"
)
