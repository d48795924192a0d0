"""Balances of a contract computed once more from sums to date, each step a line (606-10-45)."""

from __future__ import annotations

from collections.abc import Mapping

from revrec.audit.standing import Standing
from revrec.audit.workings import Operand, Sheet, Working

BALANCES = {
    "cash_in_advance": "Cash beyond the bills (606-10-45-2)",
    "conditional_bill": "Bills that are no right yet (606-10-45-4)",
    "deposit": "Received without a contract and not earned before (606-10-25-8)",
    "refund_due": "Refund liability (606-10-32-10)",
    "netting": "Contract asset (606-10-45-3)",
}
"""Event of presentation -> what it holds."""


def balances(standing: Standing) -> Working:
    """The contract's balances at the end of the period, net position last."""
    sheet = Sheet()
    lines = balance_lines(sheet, standing)
    sheet.sum(
        "Net position: contract liability less contract asset",
        lines["position"],
        less=[lines["refund_due"]],
    )
    return sheet.working(f"Balances on {standing.day}", standing.currency)


_SUMS = {
    "billed": "Billed less credited, to date",
    "taxed": "Sales tax billed",
    "for_principal": "Billed on behalf of principals",
    "paid": "Paid less returned",
    "paid_to_customer": "Paid to the customer",
    "written_off": "Written off",
    "recognised": "Revenue to date",
    "accrued": "Interest and other streams to date",
    "price_to_date": "Price, as used where it is priced so",
    "rebate_owed": "Rebates earned and not yet credited",
    "reductions": "Price reductions to date",
}


def balance_lines(sheet: Sheet, standing: Standing) -> dict[str, int]:
    """The lines of every balance, by event of presentation (606-10-45-1 to 45-4)."""
    told = standing.balances
    line = {
        name: sheet.told(title, int(told[name]), f"sum of facts to {standing.day}")
        for name, title in _SUMS.items()
    }
    zero = sheet.told("Nothing", 0)
    line["open_bills"] = sheet.sum(
        "Open bills", line["billed"], line["taxed"], line["for_principal"],
        less=[line["paid"], line["written_off"]],
    )  # fmt: skip
    line["net"] = sheet.sum(
        "Received and billed beyond revenue", line["billed"], line["accrued"],
        less=[line["recognised"], line["paid_to_customer"]],
    )  # fmt: skip
    at = Operand(line=zero)
    open_bills, net = Operand(line=line["open_bills"]), Operand(line=line["net"])
    if told["is_contract"]:
        line["cash_in_advance"] = sheet.greatest(
            BALANCES["cash_in_advance"], Operand(line=line["open_bills"], sign=-1), at
        )
        refusable = zero
        if told["cancellable"]:
            least = sheet.least("Bills not earned that may still be refused", open_bills, net)
            refusable = sheet.greatest(BALANCES["conditional_bill"], Operand(line=least), at)
        line["conditional_bill"] = refusable
        line["deposit"] = zero
    else:
        beyond = sheet.sum("Open bills not earned", line["open_bills"], less=[line["net"]])
        least = sheet.least("A claim at most", open_bills, Operand(line=beyond))
        claim = sheet.greatest("Claim for what was earned", Operand(line=least), at)
        line["cash_in_advance"] = sheet.sum(
            "Bills that are no right without a contract (606-10-25-8)", claim,
            less=[line["open_bills"]],
        )  # fmt: skip
        line["conditional_bill"] = zero
        excess = sheet.sum("Received and not earned", line["net"], less=[line["open_bills"]])
        line["deposit"] = sheet.greatest(BALANCES["deposit"], Operand(line=excess), at)
    line["position"] = sheet.sum(
        "Position", line["net"], line["cash_in_advance"],
        less=[line["conditional_bill"], line["deposit"]],
    )  # fmt: skip
    line["refund_due"] = _refund(sheet, line, zero) if told["is_contract"] else zero
    shortfall = sheet.sum(
        "Refunds beyond the position", line["refund_due"], less=[line["position"]]
    )
    line["netting"] = sheet.greatest(BALANCES["netting"], Operand(line=shortfall), at)
    rest = sheet.sum("Position less refunds", line["position"], less=[line["refund_due"]])
    line["contract_liability"] = sheet.greatest("Contract liability", Operand(line=rest), at)
    return line


def _refund(sheet: Sheet, line: Mapping[str, int], zero: int) -> int:
    """What was received or billed beyond the price is owed back as far as it was reduced."""
    billed = sheet.sum("Billed for good", line["billed"], less=[line["conditional_bill"]])
    paid = sheet.sum("Paid for it", line["paid"], less=[line["taxed"], line["for_principal"]])
    most = sheet.greatest("Billed or paid", Operand(line=billed), Operand(line=paid))
    beyond = sheet.sum("Beyond the price", most, less=[line["price_to_date"]])
    reduced = sheet.least(
        "As far as the price was reduced", Operand(line=beyond), Operand(line=line["reductions"])
    )
    owed = sheet.greatest("Owed back", Operand(line=line["rebate_owed"]), Operand(line=reduced))
    held = sheet.least("Of what is held", Operand(line=line["position"]), Operand(line=owed))
    return sheet.greatest(BALANCES["refund_due"], Operand(line=held), Operand(line=zero))
