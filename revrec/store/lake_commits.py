"""What PostgreSQL names of the lake: the commits of a table, and the files they leave in it.

A commit adds files. A compaction's commit also names the files it replaces, which stay where they
are: versions before it are read from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from revrec.errors import LedgerBroken
from revrec.model.fact import digest_of
from revrec.store.transaction import Transaction

File = tuple[str, int, str]
"""Path below the table, size in bytes, SHA-256 (empty in an object store)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A version that PostgreSQL names."""

    version: int
    batch: str
    row_count: int
    """Rows of the files it added."""
    files: tuple[File, ...]
    """Files it added."""
    replaced: tuple[str, ...] = ()
    """Paths of files whose rows it wrote anew, in the files it added."""
    files_digest: str = ""
    """What PostgreSQL keeps beside the names, see ``digest``."""

    @property
    def digest(self) -> str:
        """SHA-256 of the files it added, and of those it replaced if it did."""
        files = [list(file) for file in self.files]
        return digest_of([files, list(self.replaced)] if self.replaced else files)


def named(tx: Transaction, table: str) -> list[Commit]:
    """The commits of a table, in order."""
    rows = tx.connection.execute(
        "select version, batch, row_count, files, replaced, files_digest from records.lake_commit"
        " where entity_id = %s and lake_table = %s order by version",
        [tx.entity, table],
    )
    return [
        Commit(
            version=version,
            batch=batch,
            row_count=row_count,
            files=tuple((path, size, sha256) for path, size, sha256 in files),
            replaced=tuple(replaced),
            files_digest=files_digest,
        )
        for version, batch, row_count, files, replaced, files_digest in rows
    ]


def totals_of(tx: Transaction, table: str) -> list[tuple[int, Mapping[str, str]]]:
    """Versions of a table that appends made, each with what was told of it, in order."""
    rows = tx.connection.execute(
        "select version, totals from records.lake_commit"
        " where entity_id = %s and lake_table = %s and replaced = '[]' order by version",
        [tx.entity, table],
    )
    return [(version, totals) for version, totals in rows]


def name(tx: Transaction, table: str, commit: Commit, totals: Mapping[str, str]) -> None:
    """Make a version of the table count, with this transaction."""
    tx.connection.execute(
        "insert into records.lake_commit (entity_id, lake_table, version, batch, row_count,"
        " totals, files, replaced, files_digest, recorded_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(tx.entity, table, commit.version, commit.batch, commit.row_count),
            *(Jsonb(dict(totals)), Jsonb(commit.files), Jsonb(commit.replaced), commit.digest),
            tx.now,
        ],
    )


def standing(table: str, commits: Iterable[Commit]) -> set[str]:
    """Paths of the files that make up the table after the commits.

    Raises LedgerBroken for a commit that replaces a file no commit before it left.
    """
    files: set[str] = set()
    for commit in commits:
        missing = sorted(set(commit.replaced) - files)
        if missing:
            raise broken(
                f"Version {commit.version} of {table} replaces {missing[0]}, which was not there.",
                missing[0],
            )
        files.difference_update(commit.replaced)
        files.update(path for path, _, _ in commit.files)
    return files


def broken(message: str, path: str) -> LedgerBroken:
    """The lake is not what was committed."""
    return LedgerBroken(
        message,
        remedy="Stop closing, keep the lake as it is, restore the file from a backup.",
        path=path,
    )
