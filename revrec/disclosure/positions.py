"""Contract positions: one asset or one liability for each contract, and receivables apart."""

from __future__ import annotations

from revrec.citations import cites
from revrec.disclosure import columns as c
from revrec.disclosure.frame import Frame
from revrec.model.dataset import DataSet

_SQL = """
with split as (
    select p.*, coalesce(m.current, 0) as current, coalesce(m.non_current, 0) as non_current
    from position p left join maturity m
        on m.contract = p.contract and m.account = 'contract_liability'
),
unbilled as (
    select contract, sum(amount) as amount from unbilled_use
    where period = getvariable('period') group by contract
)
select {entity} as entity, c.customer, contract, c.combined, c.currency, billed,
       recognised,
       contract_liability - contract_asset - billed + recognised as other,
       coalesce(-g.amount, 0)::bigint as asset_gross,
       (contract_liability - contract_asset + coalesce(g.amount, 0))::bigint
           as liability_gross,
       contract_liability - contract_asset as net,
       case when contract_liability > 0 then 'Contract liability'
            when contract_asset > 0 then 'Contract asset' else '' end as caption,
       contract_liability, current, non_current,
       contract_asset, refund_liability, deposit_liability, receivable,
       case when contract_liability > 0 then '606-10-45-1, 45-2'
            when contract_asset > 0 then '606-10-45-1, 45-3'
            else '606-10-45-1' end as paragraph,
       case when contract_liability > 0 then 'more was received or is due than was earned'
            when contract_asset > 0 then 'more was earned than was billed'
            else 'nothing is left between the two' end
       || case when c.combined <> '' then '; several contracts are one (606-10-25-9)'
               else '' end as reason,
       key_of([contract]) as row_key
from split join contract c using (contract) left join unbilled g using (contract)
where c.inception <= getvariable('last') or billed <> 0 or paid <> 0
order by c.customer, contract
"""


@cites("606-10-45-1", "606-10-45-2", "606-10-45-3", "606-10-45-4")
def contract_position(frame: Frame) -> DataSet:
    """What was received less what was earned for every contract at the report's end.

    The balances are computed from facts, not read from the journal; the tie-outs compare the two.
    What of a liability is current is as in ``maturity``, whose table is read.
    """
    return frame.data_set(
        "contract_position",
        "Contract position",
        [
            c.ENTITY, c.CUSTOMER, c.CONTRACT, c.text("combined", "Combined of"), c.CURRENCY,
            c.money("billed", "Billed to date"), c.money("recognised", "Recognised to date"),
            c.money("other", "Advances, interest, refunds due"),
            c.money("asset_gross", "Use not billed, before netting"),
            c.money("liability_gross", "All else, before netting"),
            c.money("net", "Net position", parts=("asset_gross", "liability_gross")),
            c.text("caption", "Caption"),
            c.money("contract_liability", "Contract liability", parts=("current", "non_current")),
            c.money("current", "Of which current"),
            c.money("non_current", "Of which non-current"),
            c.money("contract_asset", "Contract asset"),
            c.money("refund_liability", "Refund liability"),
            c.money("deposit_liability", "Deposit"),
            c.money("receivable", "Receivable"), c.text("paragraph", "Paragraph"),
            c.text("reason", "Reason"), c.ROW_KEY,
        ],
        _SQL.format(entity=frame.entity),
        note=(
            "One contract shows an asset or a liability, never both (606-10-45-1); receivables "
            "(45-4), refund liabilities (32-10) and deposits (25-8) stand apart. Advances are cash "
            "before a bill; bills that the customer may still refuse are left out. Before netting, "
            "use that was earned and not billed is a right (negative); with all else it gives the "
            "net position."
        ),
    )  # fmt: skip
