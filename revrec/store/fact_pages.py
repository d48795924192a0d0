"""Facts a page at a time, by kind and key, and every version of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from revrec.model.fact import FactKind, RecordedFact
from revrec.store.facts import recorded_of
from revrec.store.transaction import Transaction

_COLUMNS = "seq, kind, key, version, contract, effective_on, recorded_at, recorded_by, body::text"
_LATEST = """
from facts.fact
where entity_id = %(entity)s and seq <= %(through)s
  and not exists (
    select from facts.fact as later
    where later.entity_id = fact.entity_id and later.kind = fact.kind and later.key = fact.key
      and later.version > fact.version and later.seq <= %(through)s
  )
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which facts: their kind, and what narrows them."""

    kind: FactKind
    contract: str | None = None
    customer: str | None = None
    """Of the contract that a fact of the kind ``contract`` tells."""
    first: date | None = None
    """Effective from this day on ..."""
    last: date | None = None
    """... until this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer, as contracts tell of it."""

    customer: str
    name: str
    group: str
    contracts: int
    first: date
    """Inception of its first contract ..."""
    last: date
    """... and of its last."""


def page(
    tx: Transaction, wanted: Wanted, *, through: int, after: str, limit: int
) -> list[RecordedFact]:
    """Latest versions as of a seq, above a key, in order of their keys; at most so many."""
    narrow = {
        # A customer is of contracts alone; said twice, the index of customers may not be taken.
        "kind = %(kind)s": wanted.kind if wanted.customer is None else None,
        "contract = %(contract)s": wanted.contract,
        "customer = %(customer)s": wanted.customer,
        "effective_on >= %(first)s": wanted.first,
        "effective_on <= %(last)s": wanted.last,
    }
    conditions = "".join(f" and {sql}" for sql, value in narrow.items() if value is not None)
    rows = tx.connection.execute(
        f"select {_COLUMNS} {_LATEST} and key > %(after)s {conditions}"
        " order by key limit %(limit)s",
        {
            "entity": tx.entity,
            "kind": wanted.kind.value,
            "through": through,
            "after": after,
            "limit": limit,
            "contract": wanted.contract,
            "customer": wanted.customer,
            "first": wanted.first,
            "last": wanted.last,
        },
    )
    return [recorded_of(*row) for row in rows]


def versions(tx: Transaction, kind: FactKind, key: str, *, through: int) -> list[RecordedFact]:
    """Every version of a fact as of a seq, the first one first."""
    rows = tx.connection.execute(
        f"select {_COLUMNS} from facts.fact where entity_id = %s and kind = %s and key = %s"
        " and seq <= %s order by version",
        [tx.entity, kind.value, key, through],
    )
    return [recorded_of(*row) for row in rows]


def customers(tx: Transaction, *, through: int, after: str, limit: int) -> list[Customer]:
    """Customers of the contracts as of a seq, above an id, in order of their ids."""
    found: list[Customer] = []
    while names := _names(tx, after, limit - len(found)):
        # Some of them have no contract any more, or none yet.
        found += _customers(tx, names, through)
        after = names[-1]
    return found


def customer(tx: Transaction, name: str, *, through: int) -> Customer | None:
    """A customer of the contracts as of a seq, if it has any."""
    return next(iter(_customers(tx, [name], through)), None)


def _names(tx: Transaction, after: str, limit: int) -> list[str]:
    """The next names in the index of customers, one look-up for each."""
    rows = tx.connection.execute(
        """
        with recursive named (customer) as (
            (select customer from facts.fact
             where entity_id = %(entity)s and customer > %(after)s order by customer limit 1)
            union all
            select (select customer from facts.fact
                    where entity_id = %(entity)s and customer > named.customer
                    order by customer limit 1)
            from named where named.customer is not null
        )
        select customer from named where customer is not null limit %(limit)s
        """,
        {"entity": tx.entity, "after": after, "limit": limit},
    )
    return [name for (name,) in rows]


def _customers(tx: Transaction, names: Sequence[str], through: int) -> list[Customer]:
    rows = tx.connection.execute(
        f"""
        select named.customer, told.*
        from unnest(%(names)s::text[]) with ordinality as named (customer, place)
        cross join lateral (
            select coalesce(max(body ->> 'customer_name'), ''),
                   coalesce(max(body ->> 'customer_group'), ''),
                   count(*) as contracts, min(effective_on), max(effective_on)
            {_LATEST} and customer = named.customer
        ) as told
        where contracts > 0 order by place
        """,
        {"entity": tx.entity, "through": through, "names": names},
    )
    return [
        Customer(
            customer=name, name=shown, group=group, contracts=contracts, first=first, last=last
        )
        for name, shown, group, contracts, first, last in rows
    ]
