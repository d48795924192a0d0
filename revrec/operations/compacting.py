"""Compaction of the lake: fewer files, the same rows."""

from __future__ import annotations

from collections.abc import Sequence

from revrec.errors import NotFound
from revrec.operations.workspace import Workspace
from revrec.store import audit_log, locks
from revrec.store.compaction import Compacted
from revrec.store.lake import Lake
from revrec.store.lake_tables import TABLES
from revrec.store.transaction import Transaction


def compact(workspace: Workspace, tables: Sequence[str] = ()) -> list[Compacted]:
    """Join the small files of the tables named, of all tables if none is; see ``compacting``."""
    return workspace.run(lambda tx: compacting(tx, workspace.lake, tables))


def compacting(tx: Transaction, lake: Lake, tables: Sequence[str] = ()) -> list[Compacted]:
    """Join small files within a transaction of the caller's; tables with none are left out.

    No total, no version that a close pinned and no identity of a row changes. Appends to the
    tables wait meanwhile. Raises NotFound for a table the lake has not.
    """
    unknown = sorted(set(tables) - TABLES.keys())
    if unknown:
        raise NotFound(
            f"The lake has no table {unknown[0]!r}.", remedy=f"It has: {', '.join(sorted(TABLES))}."
        )
    wanted = sorted(set(tables) or TABLES)
    for table in wanted:
        locks.lake_table(tx, table)
    done = [found for table in wanted if (found := lake.compact(tx, table)) is not None]
    for each in done:
        audit_log.write(
            tx,
            "lake.compact",
            each.table,
            {
                "version": each.version,
                "files_before": each.files_before,
                "files_after": each.files_after,
                "rows": each.rows,
                "totals": each.totals,
            },
        )
    return done
