"""Facts as columns, their bodies as they are stored: read whole, to be handed on unread.

A close of many contracts reads facts here and lets whoever decides a contract read its bodies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pyarrow as pa
import pyarrow.csv as pcsv

from revrec.columnar import table_of
from revrec.model.fact import Fact, FactKind
from revrec.store.facts import LATEST_THROUGH, NO_LIMIT
from revrec.store.transaction import Transaction

TOLD = pa.schema(
    [
        ("kind", pa.string()),
        ("key", pa.string()),
        ("contract", pa.string()),
        ("effective_on", pa.date32()),
        ("party", pa.string()),
        ("body", pa.string()),
    ]
)
"""A fact; ``party`` is whom a contract is with, with its related parties, and its currency."""

_OF_PARTY = pa.schema(
    [("contract", pa.string()), ("party", pa.string()), ("inception", pa.date32())]
)
_PARTY = (
    "concat_ws(' ', body ->> 'currency', coalesce(body ->> 'customer_group', body ->> 'customer'))"
)
_COLUMNS = f"""
kind, key, contract, effective_on, case when kind = 'contract' then {_PARTY} end as party,
body::text
"""
_CHUNK_BYTES = 32 << 20


def read(
    tx: Transaction, *, through_seq: int | None = None, among: Collection[str] | None = None
) -> Iterator[pa.Table]:
    """The latest version of every fact as of ``through_seq``, in no order, a block at a time.

    ``among`` narrows to the facts of the contracts named and those of no contract.
    """
    values: dict[str, object] = {
        "entity": tx.entity,
        "through": NO_LIMIT if through_seq is None else through_seq,
    }
    narrow = ""
    if among is not None:
        narrow = "and (contract is null or contract = any(%(among)s))"
        values["among"] = sorted(among)
    query = f"copy (select {_COLUMNS} {LATEST_THROUGH} {narrow}) to stdout (format csv)"
    with tx.connection.cursor() as cursor, cursor.copy(query, values) as copy:
        held, size = [], 0
        for row in copy:
            held.append(row)
            size += len(row)
            if size >= _CHUNK_BYTES:
                yield _parsed(held)
                held, size = [], 0
    if held:
        yield _parsed(held)


def parties(tx: Transaction, *, through_seq: int, among: Collection[str]) -> pa.Table:
    """Whom contracts are with, and since when: contract, party, inception."""
    values = {"entity": tx.entity, "through": through_seq, "among": sorted(among)}
    rows = tx.connection.execute(
        f"select key, {_PARTY}, effective_on {LATEST_THROUGH}"
        " and kind = 'contract' and contract = any(%(among)s)",
        values,
    ).fetchall()
    return table_of(rows, _OF_PARTY)


def facts_of(told: pa.Table) -> Iterator[Fact]:
    """The facts of a table of ``TOLD``."""
    from pydantic_core import from_json

    kinds = {kind.value: kind for kind in FactKind}
    columns = (told[name].to_pylist() for name in ("kind", "key", "contract", "effective_on"))
    for kind, key, contract, effective_on, body in zip(
        *columns, told["body"].to_pylist(), strict=True
    ):
        yield Fact(
            kind=kinds[kind],
            key=key,
            contract=contract,
            effective_on=effective_on,
            body=from_json(body, cache_strings="keys"),
        )


def _parsed(rows: Iterable[bytes | bytearray | memoryview]) -> pa.Table:
    return pcsv.read_csv(
        pa.BufferReader(b"".join(rows)),
        read_options=pcsv.ReadOptions(column_names=TOLD.names, use_threads=False),
        parse_options=pcsv.ParseOptions(newlines_in_values=True),
        convert_options=pcsv.ConvertOptions(
            column_types=TOLD,
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        ),
    )
