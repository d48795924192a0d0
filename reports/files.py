"""File names that say what a file is, and files that are whole or absent."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reports.cover import Cover
from revrec.errors import StoreError

NAME_BYTES_MAX = 255
_BRACKETS = re.compile(r"\([^)]*\)")
_PART_MAX = 60
REPORT_PART = 3
"""Where a file's name says of which report it is: after entity, book and period."""


def file_stem(cover: Cover) -> str:
    """``ENTITY_BOOK_PERIOD_REPORT_vN_RUNID``, each part of letters, digits, dots and hyphens.

    Underscores separate the parts and stand nowhere else, so that a program can split the name.
    """
    book = _BRACKETS.sub("", cover.book)
    parts = [cover.entity, book, cover.period, cover.report, f"v{cover.version}", cover.run_id]
    return "_".join(slug(part) for part in parts)


def file_name(cover: Cover, suffix: str = "xlsx") -> str:
    """The name of a report's file."""
    return f"{file_stem(cover)}.{suffix}"


def slug(text: str) -> str:
    """The text as part of a file name on any system.

    >>> slug("Acme AI, Inc.")
    'Acme-AI-Inc'
    """
    words = re.sub(r"[^A-Za-z0-9.]+", "-", text).strip("-.")
    return words[:_PART_MAX] or "none"


@contextmanager
def atomically(path: Path) -> Iterator[Path]:
    """A path to write to, which becomes ``path`` on success and disappears on failure.

    The file is on disk before it takes its name, so a crash leaves the old file or the new one.
    ``StoreError`` if the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".writing-", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise StoreError(
            f"{path.name} cannot be written to {path.parent}: {error.strerror}.",
            remedy="Make the folder writable.",
        ) from error
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
