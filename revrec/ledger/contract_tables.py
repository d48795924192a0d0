"""What the ledger reads of contracts, as columns: the documents, and what of the terms it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from revrec.asc606.modification import takes_effect
from revrec.columnar import table_of
from revrec.engine import Accounting
from revrec.ledger.billing import billing_table
from revrec.ledger.cutover import cutover_table
from revrec.model.history import Book, ContractHistory
from revrec.money import to_minor

TERMS = pa.schema(
    [
        ("contract", pa.string()),
        ("customer", pa.string()),
        ("currency", pa.string()),
        ("cancellable", pa.bool_()),
    ]
)
"""A contract that is accounted for."""
REDUCTION = pa.schema([("contract", pa.string()), ("day", pa.date32()), ("amount", pa.int64())])
"""By how much and from which day a modification reduced the price, in minor units."""
SPANS = pa.schema([("contract", pa.string()), ("first", pa.date32()), ("last", pa.date32())])
"""First and last days of spans in which there is no contract (606-10-25-1)."""


def contract_tables(book: Book, accounting: Accounting) -> Mapping[str, pa.Table]:
    """Columns of contracts that are not refused, by the names under which SQL reads them.

    ``contracts`` (``TERMS``), ``billing``, ``reduction``, ``cutover``, ``without_contract``
    (``SPANS``).
    """
    names = sorted(name for name in book.histories if name not in accounting.refused)
    histories = [book.histories[name] for name in names]
    contracts = [each.contract for each in histories]
    spans = [
        (each.id, first, last)
        for each in contracts
        for first, last in accounting.contracts[each.id].without_contract
    ]
    terms = [(each.id, each.customer, each.currency, each.cancellable) for each in contracts]
    return {
        "contracts": _table(terms, TERMS),
        "billing": billing_table(histories),
        "reduction": _table(_reductions(histories), REDUCTION),
        "cutover": cutover_table(histories),
        "without_contract": _table(spans, SPANS),
    }


def _reductions(histories: Iterable[ContractHistory]) -> Iterable[tuple[object, ...]]:
    for history in histories:
        for each in history.modifications:
            if each.price_change < 0:
                amount = -to_minor(each.price_change, history.contract.currency)
                yield history.contract.id, takes_effect(each), amount


def _table(rows: Iterable[tuple[object, ...]], schema: pa.Schema) -> pa.Table:
    return table_of(rows, schema)
