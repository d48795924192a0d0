"""Which usage a contract allows: its meters, and the days on which they may count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from revrec.asc606.catalogue import by_product
from revrec.asc606.reading import read_promises
from revrec.feeds.adapters import adapter_of
from revrec.model.contract import Contract, PerformanceObligation
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.model.product import Product
from revrec.periods import FOREVER, day_before
from revrec.store.transaction import Transaction

TERMS = pa.schema(
    [
        pa.field("contract", pa.string(), nullable=False),
        pa.field("meter", pa.string(), nullable=False),
        pa.field("obligation", pa.string(), nullable=False),
        pa.field("currency", pa.string(), nullable=False),
        pa.field("first_day", pa.date32(), nullable=False),
        pa.field("last_day", pa.date32(), nullable=False),
    ]
)
"""One row per obligation, meter and stretch of days, both ends included."""


@dataclass(slots=True)
class _Term:
    """An obligation as promised at one time; ``last_day`` none means the contract's end."""

    obligation: PerformanceObligation
    first_day: date
    last_day: date | None


def terms_table(contracts: Iterable[Contract], modifications: Iterable[Modification]) -> pa.Table:
    """The terms of the contracts as modified, in the columns of ``TERMS``, in a stable order.

    An obligation's service runs over its own dates, else the contract's; without an end it runs
    to 9999-12-31. A modification ends what it withdraws or revises on the day before its new
    terms, and what it adds or restates runs from their first day at the earliest, unless an added
    obligation says otherwise: late usage of the days before is still judged by the terms of then.
    """
    by_contract: dict[str, list[Modification]] = {}
    for modification in modifications:
        by_contract.setdefault(modification.contract, []).append(modification)
    rows = sorted(
        {row for contract in contracts for row in _rows(contract, by_contract.get(contract.id, []))}
    )
    columns = zip(*rows, strict=True) if rows else ((),) * len(TERMS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, TERMS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=TERMS)


def _rows(
    contract: Contract, modifications: list[Modification]
) -> Iterator[tuple[str, str, str, str, date, date]]:
    terms = [
        _Term(obligation, obligation.start or contract.first_day, obligation.end)
        for obligation in contract.obligations
    ]
    end = contract.end or FOREVER
    for modification in sorted(modifications, key=lambda told: (told.on, told.id)):
        _modify(terms, contract, modification, end)
        end = modification.end or end
    for term in terms:
        last_day = term.last_day or end
        if term.first_day <= last_day:
            for meter in term.obligation.counted_meters:
                yield (
                    contract.id,
                    meter,
                    term.obligation.id,
                    contract.currency,
                    term.first_day,
                    last_day,
                )


def _modify(terms: list[_Term], contract: Contract, modification: Modification, end: date) -> None:
    new_from = modification.new_terms_from or modification.on
    replaced = {*modification.withdraws, *(told.id for told in modification.revises)}
    for term in terms:
        if term.obligation.id in replaced:
            term.last_day = min(term.last_day or end, day_before(new_from))
    for told in modification.revises:
        first_day = max(told.start or contract.first_day, new_from)
        terms.append(_Term(told, first_day, told.end))
    terms.extend(_Term(told, told.start or new_from, told.end) for told in modification.adds)


def read_terms(tx: Transaction, contracts: Sequence[str]) -> pa.Table:
    """The terms of the named contracts as known now; those not known give no rows."""
    rows = tx.connection.execute(
        """
        select distinct on (kind, key) kind, body::text from facts.fact
        where entity_id = %(entity)s and (kind, key) in (
            select kind, key from facts.fact
            where entity_id = %(entity)s
              and (contract = any(%(contracts)s) and kind in ('contract', 'modification')
                   or kind = 'product')
        )
        order by kind, key, version desc
        """,
        {"entity": tx.entity, "contracts": list(contracts)},
    ).fetchall()
    told: dict[str, list[str]] = {kind: [] for kind in ("contract", "modification", "product")}
    for kind, body in rows:
        told[str(kind)].append(str(body))
    # The texts are read as they are: a batch may be of thousands of contracts.
    texts = {kind: f"[{','.join(bodies)}]" for kind, bodies in told.items()}
    contracts_told = adapter_of(list[Contract]).validate_json(texts["contract"])
    histories = {each.id: ContractHistory(each) for each in contracts_told}
    for each in adapter_of(list[Modification]).validate_json(texts["modification"]):
        if each.contract in histories:
            histories[each.contract].modifications.append(each)
    catalogue = by_product(adapter_of(list[Product]).validate_json(texts["product"]))
    for history in histories.values():
        read_promises(history, catalogue)
    return terms_table(
        [history.contract for history in histories.values()],
        [each for history in histories.values() for each in history.modifications],
    )
