"""The lake: Delta tables whose versions count only once PostgreSQL names them.

Each entity has its own Delta tables, ``<root>/entity-<id>/<table>``, so that one entity's append
is never another's dangling version. An append commits to Delta first and then inserts a row of
``records.lake_commit`` in the operation's transaction: version, rows, totals, and name, size and
SHA-256 of every file it added. Readers read named versions only. A process that dies between the
two commits leaves a version that nobody names; ``recover`` and the next append take it back by
restoring the version that is named. The lake lock is held from before the Delta commit until
PostgreSQL's.

Delta tables are append-only by their own setting too, keep their log for ever (time travel to a
pinned version must not expire) and have no column statistics: Delta writes them as JSON numbers,
which round decimals and cut timestamps, and a reader would skip files on their word.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.dataset
from psycopg.types.json import Jsonb

from revrec.errors import InvariantViolated, LedgerBroken, NotFound, StoreError
from revrec.model.fact import digest_of
from revrec.store import locks
from revrec.store.transaction import Transaction

if TYPE_CHECKING:
    from deltalake import DeltaTable

_REQUIRED, _OPTIONAL = False, True  # pyarrow's ``nullable``

USAGE = pa.schema(
    [
        pa.field("entity_id", pa.int32(), _REQUIRED),
        pa.field("usage_date", pa.date32(), _REQUIRED),
        pa.field("source", pa.string(), _REQUIRED),
        pa.field("usage_id", pa.string(), _REQUIRED),
        pa.field("contract", pa.string(), _REQUIRED),
        pa.field("meter", pa.string(), _REQUIRED),
        pa.field("quantity", pa.decimal128(38, 9), _REQUIRED),
        pa.field("unit", pa.string(), _REQUIRED),
        pa.field("amount", pa.decimal128(38, 12), _REQUIRED),
        pa.field("currency", pa.string(), _REQUIRED),
        pa.field("dimensions", pa.string(), _REQUIRED),
        pa.field("corrects", pa.string(), _OPTIONAL),
        pa.field("digest", pa.string(), _REQUIRED),
        pa.field("batch", pa.string(), _REQUIRED),
        pa.field("recorded_at", pa.timestamp("us", "UTC"), _REQUIRED),
    ]
)
"""Accepted usage rows."""

METERED = pa.schema([*USAGE, pa.field("occurred_at", pa.timestamp("us", "UTC"), _OPTIONAL)])
"""Accepted rows of usage to be rated: days, and events with the moment they occurred at."""

POSTING = pa.schema(
    [
        pa.field("entity_id", pa.int32(), _REQUIRED),
        pa.field("period", pa.string(), _REQUIRED),
        *(
            pa.field(name, pa.string(), _REQUIRED)
            for name in (
                "origin contract customer obligation component product event account currency"
            ).split()
        ),
        pa.field("amount", pa.int64(), _REQUIRED),
        pa.field("entry_seq", pa.int64(), _REQUIRED),
        pa.field("line_no", pa.int64(), _REQUIRED),
        pa.field("decisions", pa.string(), _REQUIRED),
        pa.field("paragraphs", pa.string(), _REQUIRED),
        pa.field("facts_digest", pa.string(), _REQUIRED),
    ]
)
"""Posting detail; amounts in minor units, debit positive."""

TABLES: Mapping[str, tuple[pa.Schema, list[str]]] = {
    "metered": (METERED, ["entity_id", "usage_date"]),
    "posting": (POSTING, ["entity_id", "period"]),
    "usage": (USAGE, ["entity_id", "usage_date"]),
}
"""Name -> schema and partition columns."""

_CONFIGURATION = {
    "delta.appendOnly": "true",
    "delta.dataSkippingNumIndexedCols": "0",
    "delta.enableExpiredLogCleanup": "false",
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}
_HASH_BYTES = 1 << 20
_File = tuple[str, int, str]
"""Path below the table, size in bytes, SHA-256 (empty in an object store)."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A version that PostgreSQL names."""

    version: int
    batch: str
    row_count: int
    files: tuple[_File, ...]
    files_digest: str


class Lake:
    """The Delta tables under one root: a folder, or an object-store URL given to Delta as it is."""

    def __init__(self, root: str | Path) -> None:
        self.root = str(root)

    def append(
        self, tx: Transaction, table: str, data: pa.Table, batch: str, totals: Mapping[str, str]
    ) -> int:
        """Append rows as one version and name it in PostgreSQL; returns the version.

        A batch that was committed before is not appended again: its version is returned. The
        rows must be of the transaction's entity. Call ``locks.lake_table`` before reading what
        the rows depend on. Raises StoreError when the lake cannot be written.
        """
        locks.lake_table(tx, table)
        commits = _commits(tx, table)
        for commit in commits:
            if commit.batch == batch:
                return commit.version
        rows = _conforming(tx, table, data)
        with self._access("written"):
            delta = self._create_or_open(tx, table)
            self._take_back_dangling(delta, commits)
            before = delta.version()
            known = _active(delta)
            _write(delta, rows, batch)
            version = delta.version()
            added = {path: size for path, size in _active(delta).items() if path not in known}
            files = self._fingerprints(tx, table, added)
        if version != before + 1 or not files:
            raise InvariantViolated(
                f"Appending to {table} went from version {before} to {version} with {len(files)} "
                "new files: someone else writes to the table.",
                remedy="Let only revrec write below the lake's root.",
            )
        tx.connection.execute(
            "insert into records.lake_commit (entity_id, lake_table, version, batch, row_count,"
            " totals, files, files_digest, recorded_at)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                *(tx.entity, table, version, batch, rows.num_rows, Jsonb(dict(totals))),
                *(Jsonb(files), digest_of(files), tx.now),
            ],
        )
        return version

    def dataset(
        self, tx: Transaction, table: str, version: int | None = None
    ) -> pyarrow.dataset.Dataset | None:
        """The table as of a committed version, the last if left out; None while it is empty.

        Raises NotFound for a version that PostgreSQL does not name.
        """
        last = self.committed_version(tx, table)
        if last is None and version is None:
            return None
        named = tx.connection.execute(
            "select from records.lake_commit"
            " where entity_id = %s and lake_table = %s and version = %s",
            [tx.entity, table, last if version is None else version],
        )
        if named.fetchone() is None:
            raise NotFound(
                f"Version {version} of {table} was never committed.",
                remedy=f"The last committed version is {last}.",
                version=version,
            )
        with self._access("read"):
            return self._open(tx, table, version or last).to_pyarrow_dataset()

    def committed_version(self, tx: Transaction, table: str) -> int | None:
        """The last version PostgreSQL names; None while nothing was committed."""
        row = tx.connection.execute(
            "select max(version) from records.lake_commit where entity_id = %s and lake_table = %s",
            [tx.entity, table],
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
                with self._access("written"):
                    delta = self._open(tx, table)
                    if self._take_back_dangling(delta, _commits(tx, table)):
                        recovered.append(table)
        return recovered

    def verify(self, tx: Transaction) -> None:
        """Compare every committed file with its size and SHA-256; LedgerBroken names the file.

        Also that the table consists of the committed files and no other. In an object store,
        names and sizes are compared and contents are not.
        """
        for table in sorted(TABLES):
            commits = _commits(tx, table)
            if not commits:
                continue
            with self._access("read"):
                active = _active(self._open(tx, table, commits[-1].version))
            committed = {path: size for commit in commits for path, size, _ in commit.files}
            for path in sorted(active.keys() ^ committed.keys()):
                what = "was added" if path in active else "is gone"
                raise _broken(f"File {path} {what} in {table} without a commit.", path)
            with self._access("read"):
                for commit in commits:
                    self._verify_commit(tx, table, commit)

    def _verify_commit(self, tx: Transaction, table: str, commit: Commit) -> None:
        if digest_of([list(file) for file in commit.files]) != commit.files_digest:
            raise _broken(f"The commit of {table} version {commit.version} was changed.", "")
        try:
            found = self._fingerprints(tx, table, {path: size for path, size, _ in commit.files})
        except FileNotFoundError as error:
            raise _broken(
                f"File {error.filename} of {table} is missing.", error.filename
            ) from error
        for (path, size, sha256), now in zip(commit.files, found, strict=True):
            if (path, size, sha256) != tuple(now):
                raise _broken(f"File {path} of {table} is not the one committed.", path)

    def _fingerprints(
        self, tx: Transaction, table: str, files: Mapping[str, int]
    ) -> list[list[object]]:
        """Name, size and SHA-256 of each file, by name; sizes as given for an object store."""
        if "://" in self.root:
            return [[path, files[path], ""] for path in sorted(files)]
        folder = Path(self._uri(tx, table))
        found: list[list[object]] = []
        for path in sorted(files):
            digest = hashlib.sha256()
            size = 0
            with (folder / unquote(path)).open("rb") as file:
                while piece := file.read(_HASH_BYTES):
                    digest.update(piece)
                    size += len(piece)
            found.append([path, size, digest.hexdigest()])
        return found

    def _take_back_dangling(self, delta: DeltaTable, commits: Sequence[Commit]) -> bool:
        """Restore the last named version if the table's files are not those of the commits."""
        committed = {path for commit in commits for path, _, _ in commit.files}
        if _active(delta).keys() == committed:
            return False
        # Version 0 is the empty table: nothing was ever committed.
        delta.restore(commits[-1].version if commits else 0)
        if _active(delta).keys() != committed:
            raise _broken(f"{delta.table_uri} does not hold the files that were committed.", "")
        return True

    def _create_or_open(self, tx: Transaction, table: str) -> DeltaTable:
        from deltalake import DeltaTable

        schema, partition_by = TABLES[table]
        if self._exists(tx, table):
            return self._open(tx, table)
        return DeltaTable.create(
            self._uri(tx, table),
            schema=schema,
            partition_by=partition_by,
            configuration=_CONFIGURATION,
        )

    def _exists(self, tx: Transaction, table: str) -> bool:
        from deltalake import DeltaTable

        return DeltaTable.is_deltatable(self._uri(tx, table))

    def _open(self, tx: Transaction, table: str, version: int | None = None) -> DeltaTable:
        from deltalake import DeltaTable

        return DeltaTable(self._uri(tx, table), version=version)

    def _uri(self, tx: Transaction, table: str) -> str:
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


def _write(delta: DeltaTable, rows: pa.Table, batch: str) -> None:
    """One Delta commit that carries the batch as its application transaction."""
    from deltalake import CommitProperties, write_deltalake
    from deltalake import Transaction as DeltaTransaction

    write_deltalake(
        delta,
        rows,
        mode="append",
        commit_properties=CommitProperties(
            app_transactions=[DeltaTransaction(batch, delta.version() + 1)], max_commit_retries=0
        ),
    )


def _active(delta: DeltaTable) -> dict[str, int]:
    """The files that make up the version: path below the table -> size in bytes."""
    actions = pa.table(delta.get_add_actions(flatten=True))
    paths, sizes = actions["path"].to_pylist(), actions["size_bytes"].to_pylist()
    return dict(zip(paths, sizes, strict=True))


def _conforming(tx: Transaction, table: str, data: pa.Table) -> pa.Table:
    """The rows in the table's columns and types, all of the transaction's entity."""
    schema, _ = TABLES[table]
    if data.num_rows == 0:
        raise InvariantViolated(f"An append to {table} has no rows.", remedy="Leave it out.")
    try:
        rows = data.select(schema.names).cast(schema)
    except (KeyError, pa.ArrowInvalid) as error:
        raise InvariantViolated(f"Rows for {table} do not have its columns: {error}") from error
    entities = rows["entity_id"].unique().to_pylist()
    if entities != [tx.entity]:
        raise InvariantViolated(f"Rows of entities {entities} in entity {tx.entity}'s {table}.")
    return rows


def _commits(tx: Transaction, table: str) -> list[Commit]:
    """The named versions, in order."""
    rows = tx.connection.execute(
        "select version, batch, row_count, files, files_digest from records.lake_commit"
        " where entity_id = %s and lake_table = %s order by version",
        [tx.entity, table],
    )
    return [
        Commit(version, batch, row_count, tuple((p, s, h) for p, s, h in files), files_digest)
        for version, batch, row_count, files, files_digest in rows
    ]


def _broken(message: str, path: str) -> LedgerBroken:
    return LedgerBroken(
        message,
        remedy="Stop closing, keep the lake as it is, restore the file from a backup.",
        path=path,
    )
