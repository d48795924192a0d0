"""Bills, credits and cash of all contracts as columns, in minor units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pyarrow as pa

from revrec.citations import cites
from revrec.model.contract import Contract
from revrec.model.events import InvoiceLine
from revrec.model.history import ContractHistory
from revrec.money import to_minor

BILLING = pa.schema(
    [
        ("contract", pa.string()),
        ("day", pa.date32()),
        ("event", pa.string()),
        ("document", pa.string()),
        ("amount", pa.int64()),
        ("tax", pa.int64()),
    ]
)
"""One row per document; credit memos are negative."""

_Row = tuple[str, date, str, str, int, int]


@cites("606-10-45-4", "606-10-32-2A")
def billing_table(histories: Iterable[ContractHistory]) -> pa.Table:
    """A bill is an unconditional right; tax collected for others is kept apart from it."""
    rows = [row for history in histories for row in _documents(history)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(BILLING)
    arrays = [pa.array(column, f.type) for column, f in zip(columns, BILLING, strict=True)]
    return pa.table(arrays, schema=BILLING)


def _documents(history: ContractHistory) -> Iterator[_Row]:
    contract = history.contract
    for invoice in history.invoices:
        amount, tax = _sum(contract, invoice.lines)
        yield contract.id, invoice.on, "billing", invoice.id, amount, tax
    for memo in history.credit_memos:
        amount, tax = _sum(contract, memo.lines)
        yield contract.id, memo.on, "credit_memo", memo.id, -amount, -tax
    for payment in history.payments:
        amount = to_minor(payment.amount, contract.currency)
        yield contract.id, payment.on, "payment", payment.id, amount, 0


def _sum(contract: Contract, lines: Iterable[InvoiceLine]) -> tuple[int, int]:
    amount = tax = 0
    for line in lines:
        amount += to_minor(line.amount, contract.currency)
        tax += to_minor(line.tax, contract.currency)
    return amount, tax
