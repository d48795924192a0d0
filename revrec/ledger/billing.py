"""Bills, credits and cash of all contracts as columns, in minor units."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

import pyarrow as pa

from revrec.citations import cites
from revrec.model.contract import Contract
from revrec.model.events import (
    CustomerPayment,
    InvoiceLine,
    Payment,
    Refund,
    WriteOff,
)
from revrec.model.history import ContractHistory
from revrec.money import to_minor

BILLING = pa.schema(
    [
        ("contract", pa.string()),
        ("day", pa.date32()),
        ("event", pa.string()),
        ("document", pa.string()),
        ("component", pa.string()),
        ("amount", pa.int64()),
    ]
)
"""One row per amount of a document, an event of ``ledger.kinds``; credit memos are negative.

``component`` is the consideration billed, where the document says it.
"""

_Row = tuple[str, date, str, str, str, int]


@cites("606-10-45-4", "606-10-32-2A", "606-10-32-10", "606-10-32-25", "606-10-55-38")
def billing_table(histories: Iterable[ContractHistory]) -> pa.Table:
    """A bill is an unconditional right; what is collected for others is kept apart from it."""
    rows = [row for history in histories for row in _documents(history)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(BILLING)
    arrays = [pa.array(column, f.type) for column, f in zip(columns, BILLING, strict=True)]
    return pa.table(arrays, schema=BILLING)


def _documents(history: ContractHistory) -> Iterator[_Row]:
    contract = history.contract
    for invoice in history.invoices:
        yield from _lines(contract, invoice.on, "billing", invoice.id, invoice.lines)
    for memo in history.credit_memos:
        for row in _lines(contract, memo.on, "credit_memo", memo.id, memo.lines):
            yield (*row[:-1], -row[-1])
    others: list[Payment | Refund | WriteOff | CustomerPayment] = [
        *history.payments,
        *history.refunds,
        *history.write_offs,
        *history.customer_payments,
    ]
    for each in others:
        amount = to_minor(each.amount, contract.currency)
        component = each.consideration if isinstance(each, CustomerPayment) else None
        yield contract.id, each.on, each.kind, each.id, component or "", amount


def _lines(
    contract: Contract, on: date, event: str, document: str, lines: Iterable[InvoiceLine]
) -> Iterator[_Row]:
    """Amounts by consideration, then tax and what is for principals."""
    amounts: dict[tuple[str, str], int] = {}
    for line in lines:
        for kind, component, told in (
            (event, line.consideration or "", line.amount),
            ("tax", "", line.tax),
            ("for_principal", "", line.for_principal),
        ):
            key = kind, component
            amounts[key] = amounts.get(key, 0) + to_minor(told, contract.currency)
    for (kind, component), amount in amounts.items():
        if amount or kind == event:
            yield contract.id, on, kind, document, component, amount
