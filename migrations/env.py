"""Alembic's entry: runs on the connection that ``revrec.store.migration`` hands over."""

from __future__ import annotations

from alembic import context

from revrec.store.migration import SCHEMAS
from revrec.store.tables import SQLModel


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in SCHEMAS


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    version_table_schema="migrations",
    include_schemas=True,
    include_name=_is_ours,
    compare_server_default=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
