"""Bills, credits and cash of all contracts as columns, in minor units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date

import pyarrow as pa

from revrec.asc606.openings import taken_over
from revrec.citations import cites
from revrec.columnar import table_of
from revrec.model.contract import ConsiderationKind, Contract
from revrec.model.events import (
    CustomerPayment,
    InvoiceLine,
    Payment,
    Refund,
    WriteOff,
)
from revrec.model.history import ContractHistory
from revrec.model.opening import OpeningBalance
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

Row = tuple[str, date, str, str, str, int]
"""Of ``BILLING``."""


def _told(line: InvoiceLine) -> str:
    return line.consideration or ""


@cites("606-10-45-4", "606-10-32-2A", "606-10-32-10", "606-10-32-25", "606-10-55-38")
def billing_table(histories: Iterable[ContractHistory]) -> pa.Table:
    """A bill is an unconditional right; what is collected for others is kept apart from it."""
    rows = [row for history in histories for row in documents(history)]
    return table_of(rows, BILLING)


def documents(
    history: ContractHistory, component: Callable[[InvoiceLine], str] = _told
) -> Iterator[Row]:
    """Rows of ``BILLING`` of a contract; ``component`` names what a line bills."""
    contract = history.contract
    told = taken_over(history)
    if told is not None:
        yield from _taken_over(contract, told)
    for invoice in history.invoices:
        yield from _lines(contract, invoice.on, "billing", invoice.id, invoice.lines, component)
    for memo in history.credit_memos:
        for row in _lines(contract, memo.on, "credit_memo", memo.id, memo.lines, component):
            yield (*row[:-1], -row[-1])
    others: list[Payment | Refund | WriteOff | CustomerPayment] = [
        *history.payments,
        *history.refunds,
        *history.write_offs,
        *history.customer_payments,
    ]
    for each in others:
        amount = to_minor(each.amount, contract.currency)
        settles = each.consideration if isinstance(each, CustomerPayment) else None
        yield contract.id, each.on, each.kind, each.id, settles or "", amount


def _taken_over(contract: Contract, told: OpeningBalance) -> Iterator[Row]:
    """What another system had billed, collected and written off by the day of cutover."""
    for event, amount in (
        ("billing", told.billed),
        ("tax", told.billed_for_others),
        ("payment", told.paid),
        ("write_off", told.written_off),
    ):
        if amount:
            yield contract.id, told.on, event, told.id, "", to_minor(amount, contract.currency)


def _lines(  # noqa: PLR0917 - the columns of a row, and how to name one
    contract: Contract,
    on: date,
    event: str,
    document: str,
    lines: Iterable[InvoiceLine],
    component: Callable[[InvoiceLine], str],
) -> Iterator[Row]:
    """Amounts by consideration, then tax and what is for principals."""
    amounts: dict[tuple[str, str], int] = {}
    for line in lines:
        for kind, named, told in (
            (event, component(line), line.amount),
            ("tax", "", line.tax),
            ("for_principal", "", line.for_principal),
        ):
            key = kind, named
            amounts[key] = amounts.get(key, 0) + to_minor(told, contract.currency)
    for (kind, named), amount in amounts.items():
        if amount or kind == event:
            yield contract.id, on, kind, document, named, amount


def usage_charges(history: ContractHistory) -> Mapping[str, str]:
    """Usage consideration by its id, and by the obligation of which it is the only one."""
    told = history.consideration
    by_use = [each for each in told if each.kind is ConsiderationKind.USAGE]
    charges = {each.id: each.id for each in by_use}
    for each in by_use:
        if sum(other.obligation == each.obligation for other in told) == 1:
            charges[f"of {each.obligation}"] = each.id
    return charges


def charge_of(line: InvoiceLine, charges: Mapping[str, str]) -> str:
    """The usage charge that a line bills; empty if it bills something else."""
    return charges.get(line.consideration or f"of {line.obligation}", "")
