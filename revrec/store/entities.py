"""Reporting entities: name and functional currency."""

from __future__ import annotations

from dataclasses import dataclass

from revrec.errors import CurrencyMismatch
from revrec.money import minor_digits
from revrec.store import audit_log
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A reporting entity."""

    id: int
    name: str
    functional_currency: str


def register(tx: Transaction, name: str, functional_currency: str) -> Entity:
    """Create the transaction's entity, or rename it.

    Raises CurrencyMismatch for another functional currency than the one it has: balances in the
    books are in it. Raises FeedError for what is no currency.
    """
    minor_digits(functional_currency)
    known = get(tx)
    if known is not None and known.functional_currency != functional_currency:
        raise CurrencyMismatch(
            f"Entity {tx.entity} keeps its books in {known.functional_currency}, "
            f"not {functional_currency}.",
            remedy="Register another entity for books in another currency.",
        )
    tx.connection.execute(
        "insert into work.entity (id, name, functional_currency) values (%s, %s, %s)"
        " on conflict (id) do update set name = excluded.name",
        [tx.entity, name, functional_currency],
    )
    if known is None or known.name != name:
        before = None if known is None else known.name
        audit_log.write(
            tx, "entity.register", name, {"before": before, "currency": functional_currency}
        )
    return Entity(id=tx.entity, name=name, functional_currency=functional_currency)


def get(tx: Transaction) -> Entity | None:
    """The transaction's entity, if it was registered."""
    row = tx.connection.execute(
        "select id, name, functional_currency from work.entity where id = %s", [tx.entity]
    ).fetchone()
    return None if row is None else Entity(id=row[0], name=row[1], functional_currency=row[2])
