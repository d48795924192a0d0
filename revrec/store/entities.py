"""Reporting entities: name and functional currency."""

from __future__ import annotations

from dataclasses import dataclass

from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """A reporting entity."""

    id: int
    name: str
    functional_currency: str


def register(tx: Transaction, name: str, functional_currency: str) -> Entity:
    """Create the transaction's entity, or rename it."""
    raise NotImplementedError


def get(tx: Transaction) -> Entity | None:
    """The transaction's entity, if it was registered."""
    raise NotImplementedError
