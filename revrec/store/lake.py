"""The lake: Delta tables whose versions count only once PostgreSQL names them.

Each entity has its own Delta tables, ``<root>/entity-<id>/<table>``, so that one entity's append
is never another's dangling version. An append commits to Delta first and then inserts a row of
``records.lake_commit`` in the operation's transaction: version, rows, totals, and name, size and
SHA-256 of every file it added. Readers read named versions only. A process that dies between the
two commits leaves a version that nobody names; ``recover`` and the next append take it back by
restoring the version that is named. The lake lock is held from before the Delta commit until
PostgreSQL's.

A compaction is a commit too: it names the files it adds and those whose rows they hold anew. The
files it replaces are kept, since older versions are read from them.

Delta tables are append-only by their own setting too, keep their log for ever (time travel to a
pinned version must not expire) and have statistics of contracts alone, by which a reader of one
contract skips files: those of numbers and timestamps Delta writes as JSON, which rounds decimals
and cuts timestamps. Tables out of which one contract is read are written in order of contract.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset

from revrec.errors import InvariantViolated, NotFound, StoreError
from revrec.model.fact import digest_of
from revrec.store import compaction, lake_commits, lake_files, locks
from revrec.store.compaction import Compacted
from revrec.store.lake_commits import Commit, File, broken
from revrec.store.lake_files import Part
from revrec.store.lake_tables import (
    BY_CONTRACT,
    CONFIGURATION,
    TABLES,
    bring_up_to_date,
    with_later_columns,
)
from revrec.store.transaction import Transaction

if TYPE_CHECKING:
    from deltalake import DeltaTable

_HASH_BYTES = 1 << 20
_OPENED_MAX = 16
"""Versions of tables that are kept open: some entities' last ones."""


class Lake:
    """The Delta tables under one root: a folder, or an object-store URL given to Delta as it is."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)
        self._opening = Lock()
        self._opened: dict[tuple[str, int, str], pyarrow.dataset.Dataset] = {}
        """By the table, its version, and the digest of the files that this added: never stale."""

    def append(
        self,
        tx: Transaction,
        table: str,
        data: pa.Table | Iterable[Part],
        batch: str,
        totals: Mapping[str, str] | Callable[[], Mapping[str, str]],
    ) -> int:
        """Append rows as one version and name it in PostgreSQL; returns the version.

        Parts are written as they come, so that rows need not fit into memory; totals that are
        known only then are asked for when all are written. A batch that was committed before is
        not appended again: its version is returned. The rows must be of the transaction's entity.
        Call ``locks.lake_table`` before reading what the rows depend on. Raises StoreError when
        the lake cannot be written.
        """
        locks.lake_table(tx, table)
        commits = lake_commits.named(tx, table)
        for commit in commits:
            if commit.batch == batch:
                return commit.version
        parts = lake_files.parts_of(data, table, tx.entity) if isinstance(data, pa.Table) else data
        with self._access("written"):
            delta = self._create_or_open(tx, table)
            self._take_back_dangling(delta, table, commits)
            before = delta.version()
            written = lake_files.write(delta, table, tx.entity, parts, batch)
            lake_files.commit(delta, table, written, batch, tx.now)
            version = _next_version(table, before, self._open(tx, table))
            files = self._fingerprints(tx, table, {each.path: each.size for each in written})
        rows = sum(each.rows for each in written)
        commit = Commit(version=version, batch=batch, row_count=rows, files=files)
        lake_commits.name(tx, table, commit, totals() if callable(totals) else totals)
        return version

    def compact(self, tx: Transaction, table: str) -> Compacted | None:
        """Join the small files of each partition as one version; None if there are none.

        Every version that was committed stays readable as it is. Raises InvariantViolated if the
        new files do not hold the rows of the old ones, StoreError when the lake cannot be written.
        """
        locks.lake_table(tx, table)
        commits = lake_commits.named(tx, table)
        if not commits:
            return None
        with self._access("written"):
            delta = self._open(tx, table)
            self._take_back_dangling(delta, table, commits)
            before, known = delta.version(), _active(delta)
            batch = "compaction-" + digest_of([table, before, sorted(known)])
            group_rows = lake_files.GROUP_ROWS_BY_CONTRACT if table in BY_CONTRACT else None
            compaction.write(delta, batch, group_rows=group_rows)
            delta = self._open(tx, table)
            active = _active(delta)
            added = {path: size for path, size in active.items() if path not in known}
            replaced = tuple(sorted(known.keys() - active.keys()))
            if not added and not replaced:
                return None
            files = self._fingerprints(tx, table, added)
            held, (_, partition_by) = delta.to_pyarrow_dataset(), TABLES[table]
            rows, totals = compaction.proven_equal(
                compaction.of_files(held, replaced, partition_by),
                compaction.of_files(held, added, partition_by),
                table,
            )
        commit = Commit(
            version=_next_version(table, before, delta),
            batch=batch,
            row_count=rows,
            files=files,
            replaced=replaced,
        )
        lake_commits.name(tx, table, commit, {"rows": str(rows), **totals})
        return Compacted(
            table=table,
            version=commit.version,
            files_before=len(known),
            files_after=len(active),
            rows=rows,
            totals=totals,
        )

    def dataset(
        self, tx: Transaction, table: str, version: int | None = None
    ) -> pyarrow.dataset.Dataset | None:
        """The table as of a committed version, the last if left out; None while it is empty.

        Raises NotFound for a version that PostgreSQL does not name.
        """
        wanted = self.committed_version(tx, table) if version is None else version
        if wanted is None:
            return None
        key = self.uri(tx, table), wanted, self._named(tx, table, wanted)
        with self._opening:
            opened = self._opened.pop(key, None)
        if opened is None:
            with self._access("read"):
                opened = with_later_columns(self._open(tx, table, wanted), table)
        with self._opening:
            self._opened[key] = opened
            for oldest in [*self._opened][:-_OPENED_MAX]:
                del self._opened[oldest]
        return opened

    def appended(
        self, tx: Transaction, table: str, *, after: int, through: int
    ) -> pyarrow.dataset.Dataset | None:
        """The rows of appends after a version up to another; None if there were none.

        Only the files of those appends are read, also where a compaction replaced them. Raises
        NotFound for a version that PostgreSQL does not name.
        """
        self._named(tx, table, through)
        paths = [
            path
            for commit in lake_commits.named(tx, table)
            if after < commit.version <= through and not commit.replaced
            for path, _, _ in commit.files
        ]
        if not paths:
            return None
        with self._access("read"):
            held = self._open(tx, table, through).to_pyarrow_dataset()
        return compaction.of_files(held, paths, TABLES[table][1])

    def _named(self, tx: Transaction, table: str, version: int) -> str:
        """The digest of the files that a version added; NotFound for one that was never named."""
        row = tx.connection.execute(
            "select files_digest from records.lake_commit"
            " where entity_id = %s and lake_table = %s and version = %s",
            [tx.entity, table, version],
        ).fetchone()
        if row is None:
            raise NotFound(
                f"Version {version} of {table} was never committed.",
                remedy=f"The last committed version is {self.committed_version(tx, table)}.",
                version=version,
            )
        return str(row[0])

    def committed_version(
        self, tx: Transaction, table: str, known_at: datetime | None = None
    ) -> int | None:
        """The last version PostgreSQL names, by a moment if told; None while there is none."""
        row = tx.connection.execute(
            "select max(version) from records.lake_commit where entity_id = %(entity)s"
            " and lake_table = %(table)s"
            " and (%(known_at)s::timestamptz is null or recorded_at <= %(known_at)s)",
            {"entity": tx.entity, "table": table, "known_at": known_at},
        ).fetchone()
        return None if row is None else row[0]

    def recover(self, tx: Transaction) -> list[str]:
        """Take back versions that no commit names; returns the tables that had one.

        Run it when the service starts, for each entity. Waits for appends that are running.
        """
        recovered = []
        for table in sorted(TABLES):
            with self._access("read"):
                exists = self._exists(tx, table)
            if exists:
                locks.lake_table(tx, table)
                commits = lake_commits.named(tx, table)
                with self._access("written"):
                    delta = self._open(tx, table)
                    if self._take_back_dangling(delta, table, commits):
                        recovered.append(table)
        return recovered

    def verify(self, tx: Transaction) -> None:
        """Compare every committed file with its size and SHA-256; LedgerBroken names the file.

        Also that the table consists of the committed files and no other. In an object store,
        names and sizes are compared and contents are not.
        """
        for table in sorted(TABLES):
            commits = lake_commits.named(tx, table)
            if not commits:
                continue
            with self._access("read"):
                active = _active(self._open(tx, table, commits[-1].version))
            for path in sorted(active.keys() ^ lake_commits.standing(table, commits)):
                what = "was added" if path in active else "is gone"
                raise broken(f"File {path} {what} in {table} without a commit.", path)
            with self._access("read"):
                for commit in commits:
                    self._verify_commit(tx, table, commit)

    def _verify_commit(self, tx: Transaction, table: str, commit: Commit) -> None:
        if commit.digest != commit.files_digest:
            raise broken(f"The commit of {table} version {commit.version} was changed.", "")
        try:
            found = self._fingerprints(tx, table, {path: size for path, size, _ in commit.files})
        except FileNotFoundError as error:
            raise broken(f"File {error.filename} of {table} is missing.", error.filename) from error
        for (path, size, sha256), now in zip(commit.files, found, strict=True):
            # No hash is known of a file in an object store, nor of one committed to one.
            known = sha256 if now[2] else ""
            if (path, size, known or now[2]) != now:
                raise broken(f"File {path} of {table} is not the one committed.", path)

    def _fingerprints(
        self, tx: Transaction, table: str, files: Mapping[str, int]
    ) -> tuple[File, ...]:
        """Name, size and SHA-256 of each file, by name; sizes as given for an object store."""
        if "://" in self.root:
            return tuple((path, files[path], "") for path in sorted(files))
        folder = Path(self.uri(tx, table))
        found: list[File] = []
        for path in sorted(files):
            digest = hashlib.sha256()
            size = 0
            with (folder / unquote(path)).open("rb") as file:
                while piece := file.read(_HASH_BYTES):
                    digest.update(piece)
                    size += len(piece)
            found.append((path, size, digest.hexdigest()))
        return tuple(found)

    def _take_back_dangling(self, delta: DeltaTable, table: str, commits: Sequence[Commit]) -> bool:
        """Restore the last named version if the table's files are not those of the commits."""
        committed = lake_commits.standing(table, commits)
        if _active(delta).keys() == committed:
            return False
        # Version 0 is the empty table: nothing was ever committed.
        delta.restore(commits[-1].version if commits else 0)
        if _active(delta).keys() != committed:
            raise broken(f"{delta.table_uri} does not hold the files that were committed.", "")
        return True

    def _create_or_open(self, tx: Transaction, table: str) -> DeltaTable:
        from deltalake import DeltaTable

        schema, partition_by = TABLES[table]
        if self._exists(tx, table):
            bring_up_to_date(self._open(tx, table), table)
            return self._open(tx, table)
        return DeltaTable.create(
            self.uri(tx, table),
            schema=schema,
            partition_by=partition_by,
            configuration=CONFIGURATION,
        )

    def _exists(self, tx: Transaction, table: str) -> bool:
        from deltalake import DeltaTable

        return DeltaTable.is_deltatable(self.uri(tx, table))

    def _open(self, tx: Transaction, table: str, version: int | None = None) -> DeltaTable:
        from deltalake import DeltaTable

        return DeltaTable(self.uri(tx, table), version=version)

    def uri(self, tx: Transaction, table: str) -> str:
        """Where a table of the transaction's entity is."""
        return f"{self.root.rstrip('/')}/entity-{tx.entity}/{table}"

    @contextmanager
    def _access(self, verb: str) -> Iterator[None]:
        """Tell what the file system or object store refuses as a StoreError."""
        from deltalake.exceptions import DeltaError

        try:
            yield
        except (DeltaError, OSError) as error:
            raise StoreError(
                f"The lake at {self.root} cannot be {verb}: {str(error).partition(chr(10))[0]}.",
                remedy="Check REVREC_LAKE, its permissions and free space; nothing was changed.",
                root=self.root,
            ) from error


def _active(delta: DeltaTable) -> dict[str, int]:
    """The files that make up the version: path below the table -> size in bytes."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    paths, sizes = actions["path"].to_pylist(), actions["size_bytes"].to_pylist()
    return dict(zip(paths, sizes, strict=True))


def _next_version(table: str, before: int, delta: DeltaTable) -> int:
    """The version this process has just written; nobody else may write in between."""
    version = delta.version()
    if version != before + 1:
        raise InvariantViolated(
            f"{table} went from version {before} to {version}: someone else writes to it.",
            remedy="Let only revrec write below the lake's root.",
        )
    return version
