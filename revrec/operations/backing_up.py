"""Backing up both stores together, and restoring them to books that verify."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from revrec.errors import InvariantViolated
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.runtime.clock import clock_of
from revrec.runtime.settings import Settings
from revrec.store import backup as backups
from revrec.store import journal
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.manifest import EntityKept, Manifest
from revrec.store.restore import restored


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A backup that was restored, and what was verified of each entity."""

    manifest: Manifest
    verified: dict[int, list[str]]


def back_up(settings: Settings, folder: Path) -> Manifest:
    """Write a backup of both stores into a folder; whoever works goes on working."""
    return backups.backup(settings, folder)


def restore(settings: Settings, folder: Path, *, digest: str = "") -> Restored:
    """Restore a backup onto empty stores and verify every entity's books.

    ``digest`` is that of the manifest ``back_up`` gave, if it was kept. Raises StoreError for
    stores that are not empty or a backup that is not whole, LedgerBroken if the books that come
    out are not those that went in.
    """
    found = {}
    with (
        restored(settings, folder, digest=digest) as manifest,
        Database.open(settings, clock_of(settings.clock)) as database,
    ):
        database.migrate()
        for kept in manifest.entities:
            workspace = Workspace(
                database=database,
                lake=Lake(settings.lake_root),
                entity=kept.entity,
                actor="restore",
            )
            _check_head(workspace, kept)
            found[kept.entity] = verify(workspace)
    return Restored(manifest=manifest, verified=found)


def _check_head(workspace: Workspace, kept: EntityKept) -> None:
    head = workspace.run(journal.head, read_only=True)
    if head != (kept.entries, kept.chain_head):
        raise InvariantViolated(
            f"The journal of entity {kept.entity} ends at entry {head[0]}, {head[1]}; the backup "
            f"at {kept.entries}, {kept.chain_head}.",
            remedy="Restore again to an empty home; keep this one for inspection.",
        )
