"""The manifest of a backup: what is in it, with counts and hashes; written last.

A folder with a manifest is a whole backup. A folder without one, but with the file ``unfinished``,
is what a backup left that was killed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from pydantic import ValidationError

from revrec.errors import StoreError
from revrec.feeds.adapters import adapter_of

NAME = "manifest.json"
UNFINISHED = "unfinished"
TABLES, LAKE = "tables", "lake"
"""Folders of a backup."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TableKept:
    """A table of PostgreSQL, as text in the order of its primary key."""

    name: str
    """With its schema."""
    columns: tuple[str, ...]
    rows: int
    sha256: str
    """Of the text, before compression."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKept:
    """A file of the backup."""

    path: str
    """Below the backup's folder, with slashes."""
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityKept:
    """The journal of an entity."""

    entity: int
    entries: int
    chain_head: str


class Readable(Protocol):
    """What a file to copy is read from: of a folder or of an object store."""

    def read(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds."""

    form: Literal["revrec-backup-1"] = "revrec-backup-1"
    made_at: str
    """Time of the snapshot, ISO 8601 in UTC."""
    migration: str
    """Of the database, and so of the tables' columns."""
    entities: tuple[EntityKept, ...]
    tables: tuple[TableKept, ...]
    files: tuple[FileKept, ...]

    @property
    def encoded(self) -> bytes:
        """The bytes of the manifest's file."""
        return (json.dumps(asdict(self), indent=1) + "\n").encode()

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest: names the backup, and vouches for it from outside."""
        return hashlib.sha256(self.encoded).hexdigest()


def read(folder: Path) -> Manifest:
    """The manifest of a backup; StoreError if the folder is not a whole backup."""
    path = folder / NAME
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        left = " A backup to it was not finished." if (folder / UNFINISHED).exists() else ""
        raise StoreError(
            f"{folder} holds no backup: {NAME} is missing.{left}",
            remedy="Name the folder that `revrec backup` was given, of a backup that ended.",
        ) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        return adapter_of(Manifest).validate_json(content)
    except ValidationError as error:
        raise StoreError(
            f"{path} is not a manifest this program reads: {error.error_count()} fields differ.",
            remedy="Restore with the version of revrec that made the backup.",
        ) from error


def check_files(folder: Path, manifest: Manifest) -> None:
    """Compare every file with its size and hash; StoreError names the first that differs."""
    for kept in manifest.files:
        try:
            size, sha256 = fingerprint(folder / kept.path)
        except OSError as error:
            raise _damaged(folder, kept.path, error.strerror or "unreadable") from error
        if (size, sha256) != (kept.size, kept.sha256):
            raise _damaged(folder, kept.path, "not the file that was backed up")


def _damaged(folder: Path, path: str, why: str) -> StoreError:
    return StoreError(
        f"{path} of the backup in {folder} is damaged: {why}.",
        remedy="Restore another backup; nothing was changed.",
        path=path,
    )


def fingerprint(path: Path) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


@contextmanager
def durably(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which is on disk before it takes its name: whole or absent."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.writing")
    with temporary.open("wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def copy(given: Readable, target: Path) -> tuple[int, str]:
    """Copy what is given to a file, on disk when done; gives size and SHA-256 of it."""
    digest, size = hashlib.sha256(), 0
    with durably(target) as file:
        while piece := given.read(_PIECE):
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    return size, digest.hexdigest()


def settle(folders: Iterable[Path]) -> None:
    """Put the names of files on disk too."""
    for folder in folders:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
