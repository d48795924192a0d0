"""Restoring a backup onto an empty home or an empty database and lake.

Files of the lake come first, then all tables in one transaction, which makes them count. From the
first file on a marker in the lake's folder says that a restore is under way; while it stands, no
other command works on these stores. A restore that was killed is resumed by the same command with
the same backup, and refused with any other.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import psycopg
from psycopg.rows import TupleRow

from revrec.errors import StoreError
from revrec.runtime.settings import Settings
from revrec.store import failures, manifest, migration, table_texts
from revrec.store.database import owner_url
from revrec.store.manifest import LAKE, TABLES, Manifest

MARKER = ".restoring"
"""Holds the digest of the backup's manifest while a restore is under way ..."""
_LOADED = b"loaded\n"
"""... and this when both stores are filled and are brought up to date and verified."""


@contextmanager
def restored(settings: Settings, folder: Path, *, digest: str = "") -> Iterator[Manifest]:
    """Restore a backup; the marker goes when the block, which may verify the books, ends.

    ``digest`` is the manifest's, if it was kept outside. Raises StoreError for a backup that is
    not whole, of a later program or damaged, and for stores that are not empty; nothing is
    overwritten then.
    """
    kept = manifest.read(folder)
    if not migration.knows(kept.migration):
        raise StoreError(
            f"The backup is of migration {kept.migration}, which this program does not know.",
            remedy="Restore with the version of revrec that made it, or a later one.",
        )
    if digest not in {"", kept.digest}:
        raise StoreError(
            f"The manifest in {folder} has the digest {kept.digest}, not the one expected.",
            remedy="Someone changed the backup, or it is another one; nothing was changed.",
        )
    lake = _local(settings)
    manifest.check_files(folder, kept)
    try:
        with _claimed(settings, lake, kept) as marker:
            if marker.readline() != _LOADED:
                _fill_lake(lake, folder, kept)
                _fill_tables(settings, folder, kept)
                marker.write(_LOADED)
                marker.flush()
            yield kept
    except OSError as error:
        raise StoreError(
            f"The restore to {lake} failed: {error.strerror or error}.",
            remedy="Free space or correct permissions, then restore again.",
            path=str(lake),
        ) from error


def _local(settings: Settings) -> Path:
    if "://" in settings.lake_root:
        raise StoreError(
            f"The lake {settings.lake_root} is an object store, to which nothing is restored.",
            remedy="Restore to a folder, copy it to the store with the store's own tools, and set "
            "REVREC_LAKE to where it is.",
        )
    return Path(settings.lake_root)


def check_finished(lake_root: str) -> None:
    """Refuse to work on stores that a restore has not finished; StoreError."""
    if "://" not in lake_root and (Path(lake_root) / MARKER).exists():
        raise StoreError(
            f"A restore to {lake_root} is under way, or was killed.",
            remedy="Wait for it, or run `revrec restore` again with the same backup. Books that do "
            f"not verify can be inspected when {MARKER} is removed from the lake.",
            path=lake_root,
        )


@contextmanager
def _claimed(settings: Settings, lake: Path, kept: Manifest) -> Iterator[BinaryIO]:
    """The lake's folder is this restore's: empty, or left by one of the same backup."""
    marker = lake / MARKER
    if not marker.exists():
        _check_empty(settings, lake)
        with manifest.durably(marker) as file:
            file.write(f"{kept.digest}\n".encode())
        manifest.settle([lake])
    with marker.open("r+b") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"Another restore to {lake} is running.", remedy="Wait.") from error
        if held.readline().decode().strip() != kept.digest:
            raise StoreError(
                f"A restore of another backup to {lake} was not finished.",
                remedy="Finish it with that backup, or remove the home and begin anew.",
                path=str(lake),
            )
        yield held
        marker.unlink()


def _fill_lake(lake: Path, folder: Path, kept: Manifest) -> None:
    """Every file of the lake that is not there yet."""
    folders = {lake}
    for each in kept.files:
        top, _, path = each.path.partition("/")
        if top != LAKE:
            continue
        target = lake / path
        if not target.exists() or manifest.fingerprint(target) != (each.size, each.sha256):
            with (folder / each.path).open("rb") as given:
                manifest.copy(given, target)
        folders.update(parent for parent in target.parents if lake in parent.parents)
    manifest.settle(sorted(folders))


def _check_empty(settings: Settings, lake: Path) -> None:
    """Refuse stores that hold anything, before anything is written."""
    if lake.exists() and any(lake.iterdir()):
        raise _not_empty(f"The lake {lake} is not empty.")
    with _connected(settings) as connection:
        known = migration.current(connection) is not None
        table = table_texts.occupied(connection) if known else None
    if table is not None:
        raise _not_empty(f"The database is not empty: {table} has rows.")


def _not_empty(message: str) -> StoreError:
    return StoreError(
        message,
        remedy="Restore to an empty home, or an empty database and lake; "
        "what is there is never overwritten.",
    )


def _fill_tables(settings: Settings, folder: Path, kept: Manifest) -> None:
    """The tables at the backup's migration, filled."""
    with _connected(settings) as connection:
        at = migration.current(connection) or ""
        if at <= kept.migration:
            with _told():
                migration.upgrade(owner_url(settings), to=kept.migration)
        elif table_texts.occupied(connection) is None:
            raise StoreError(
                f"The database is at migration {at}, the backup at {kept.migration}.",
                remedy="Restore to a database that was never migrated; it is brought up to date.",
            )
        table_texts.load(connection, kept.tables, folder / TABLES)


@contextmanager
def _connected(settings: Settings) -> Iterator[psycopg.Connection[TupleRow]]:
    with (
        _told(),
        psycopg.connect(
            owner_url(settings), autocommit=True, application_name="revrec restore"
        ) as connection,
    ):
        yield connection


@contextmanager
def _told() -> Iterator[None]:
    """What PostgreSQL refuses, in words."""
    try:
        yield
    except psycopg.Error as error:
        if error.sqlstate is None:
            raise failures.unreachable(error, "the database") from error
        raise failures.explain(error) from error
