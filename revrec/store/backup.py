"""Backups of both stores together, while the service works.

The tables of PostgreSQL are read in one snapshot. Files of the lake that the snapshot names are
then copied: they never change and none is removed, so they are those of the snapshot whenever
they are copied. What the lake holds beyond it (a version that was being written) stays behind.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from urllib.parse import unquote

import psycopg
import pyarrow.fs as pafs
from psycopg import IsolationLevel

from revrec.errors import StoreError
from revrec.runtime.settings import Settings
from revrec.store import failures, manifest, migration, table_texts
from revrec.store.database import owner_url
from revrec.store.lake_files import file_system
from revrec.store.manifest import LAKE, TABLES, UNFINISHED, FileKept, Manifest

_VERSION = re.compile(r"(\d{20})\.(?:json|checkpoint(?:\.\d+\.\d+)?\.parquet)")
"""A step of a table's log, or its sum so far; not a file that is being written."""
_LOG = "_delta_log"
Commits = dict[int, list[tuple[str, int, str]]]
"""Version of a table of the lake -> files its commit added, with size and hash."""


def backup(settings: Settings, folder: Path) -> Manifest:
    """Write a backup into a folder that is new, empty, or left by a backup that was killed.

    Raises StoreError, leaving the folder as it is, for any other folder.
    """
    lake = file_system(settings.lake_root)
    try:
        with _claimed(folder):
            kept, made = _tables(settings, folder / TABLES)
            files = list(_tables_files(folder))
            for place, commits in kept.items():
                files += _lake_files(lake, folder, place, commits)
            whole = Manifest(
                made_at=made.made_at,
                migration=made.migration,
                entities=made.entities,
                tables=made.tables,
                files=tuple(sorted(files, key=lambda each: each.path)),
            )
            manifest.settle({(folder / each.path).parent for each in whole.files})
            with manifest.durably(folder / manifest.NAME) as file:
                file.write(whole.encoded)
            manifest.settle([folder])
    except OSError as error:
        raise StoreError(
            f"The backup to {folder} failed: {error.strerror or error}.",
            remedy="Free space or correct permissions, then back up to the folder again.",
            path=str(folder),
        ) from error
    return whole


@contextmanager
def _claimed(folder: Path) -> Iterator[None]:
    """The folder is this backup's alone; what a killed one left in it is removed."""
    marker = folder / UNFINISHED
    if folder.exists() and not marker.exists() and any(folder.iterdir()):
        what = "a backup" if (folder / manifest.NAME).exists() else "files"
        raise StoreError(
            f"{folder} holds {what}.",
            remedy="Name a folder that is new or empty.",
            path=str(folder),
        )
    folder.mkdir(parents=True, exist_ok=True)
    with marker.open("ab") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(
                f"Another backup to {folder} is running.", remedy="Wait for it, or name another."
            ) from error
        if (folder / manifest.NAME).exists():
            raise StoreError(f"{folder} holds a backup.", remedy="Name a folder that is new.")
        for name in (TABLES, LAKE):
            shutil.rmtree(folder / name, ignore_errors=True)
        yield
        marker.unlink()


def _tables(settings: Settings, folder: Path) -> tuple[dict[str, Commits], Manifest]:
    """Every table as of one snapshot, and what that snapshot names of the lake."""
    url = owner_url(settings)
    try:
        with psycopg.connect(url, application_name="revrec backup") as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            table_texts.prepare(connection)
            at = migration.current(connection)
            if at is None:
                raise StoreError("The database holds no books.", remedy=failures.MIGRATE)
            tables = [
                table_texts.write(connection, name, folder)
                for name in table_texts.names(connection)
            ]
            named: dict[str, Commits] = {}
            for entity, table, version, files in connection.execute(
                "select entity_id, lake_table, version, files from records.lake_commit"
                " order by entity_id, lake_table, version"
            ):
                named.setdefault(f"entity-{entity}/{table}", {})[version] = files
            (moment,) = connection.execute("select transaction_timestamp()").fetchone() or (None,)
            entities = table_texts.entities(connection)
    except psycopg.errors.InsufficientPrivilege as error:
        raise StoreError(
            "The login that owns the database does not see all entities.",
            remedy="Give the login of REVREC_OWNER_DATABASE_URL the attribute BYPASSRLS.",
        ) from error
    except psycopg.Error as error:
        raise failures.explain(error) from error
    made = Manifest(
        made_at="" if moment is None else moment.astimezone(UTC).isoformat(),
        migration=at,
        entities=entities,
        tables=tuple(tables),
        files=(),
    )
    return named, made


def _tables_files(folder: Path) -> Iterator[FileKept]:
    for path in sorted((folder / TABLES).iterdir()):
        size, sha256 = manifest.fingerprint(path)
        yield FileKept(path=f"{TABLES}/{path.name}", size=size, sha256=sha256)


def _lake_files(
    lake: pafs.FileSystem, folder: Path, place: str, commits: Commits
) -> Iterator[FileKept]:
    """Files that a table's commits name, and its log up to the last of them, copied."""
    for path, size, sha256 in (file for files in commits.values() for file in files):
        kept = _copied(lake, folder, f"{place}/{unquote(path)}")
        # What was committed to an object store has no hash.
        if kept.size != size or sha256 not in {"", kept.sha256}:
            raise StoreError(
                f"File {path} of {place} in the lake is not the one that was committed.",
                remedy="Run `revrec verify`; restore the file from an earlier backup.",
                path=path,
            )
        yield kept
    logs = lake.get_file_info(pafs.FileSelector(f"{place}/{_LOG}"))
    for name in sorted(each.base_name for each in logs):
        match = _VERSION.fullmatch(name)
        if match and int(match[1]) <= max(commits):
            yield _copied(lake, folder, f"{place}/{_LOG}/{name}")


def _copied(lake: pafs.FileSystem, folder: Path, place: str) -> FileKept:
    with lake.open_input_stream(place) as given:
        size, sha256 = manifest.copy(given, folder / LAKE / place)
    return FileKept(path=f"{LAKE}/{place}", size=size, sha256=sha256)
