"""Take in a file of daily rated usage: one batch, one transaction, exactly once."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from revrec.errors import FeedError, IdempotencyMismatch, NotFound
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import batches, doors
from revrec.usage.columns import RATED, Form
from revrec.usage.days import day_zone
from revrec.usage.staging import receive, workbench
from revrec.usage.totals import ControlTotals

_COPY_BYTES = 2**20


def ingest(
    database: Database,
    lake: Lake,
    path_or_stream: Path | str | BinaryIO,
    *,
    source_name: str,
    entity: int,
    actor: str,
    batch: str | None = None,
    progress: Callable[[int], None] | None = None,
    form: Form = RATED,
) -> ControlTotals:
    """Record a file of usage and give its control totals.

    ``source_name`` is the name the file came under; its suffix helps to tell CSV from NDJSON.
    ``batch`` identifies the sending, the SHA-256 of the file if left out: the same batch again
    changes nothing and gives the first totals. ``progress`` is told the rows read so far. ``form``
    tells rated days from days and events that are rated here.

    The accepted rows, the quarantined ones, the control totals and the audit event appear
    together or not at all, whenever the process dies.

    Raises ``FeedError`` if the file cannot be told apart into rows, ``NotFound`` if there is no
    file, ``IdempotencyMismatch`` if the batch was recorded with other content.
    """
    with _on_disk(path_or_stream, source_name) as path:
        digest = _digest(path)
        name = batch or digest

        def known(tx: Transaction) -> ControlTotals | None:
            return _first_telling(tx, name, digest)

        first = database.run(known, entity=entity, actor=actor, read_only=True)
        if first is not None:
            return first
        with workbench() as bench:
            zone = database.run(day_zone, entity=entity, actor=actor, read_only=True)

            def arriving() -> Iterator[pa.RecordBatch]:
                yield from doors.read(path, source_name, form)
                _check_unchanged(path, digest, source_name)

            receive(bench, arriving, progress, form=form, zone=zone)
            _check_unchanged(path, digest, source_name)

            def record(tx: Transaction) -> ControlTotals:
                batches.take_locks(tx, form.table)
                return _first_telling(tx, name, digest) or batches.record(
                    tx,
                    lake,
                    bench,
                    batch=name,
                    name=source_name,
                    details={"sha256": digest} | ({"zone": zone} if form.table != "usage" else {}),
                )

            return database.run(record, entity=entity, actor=actor)


def _first_telling(tx: Transaction, batch: str, digest: str) -> ControlTotals | None:
    """The totals of the batch if it was recorded, provided it was of the same bytes."""
    first = batches.recorded(tx, batch)
    if first is None or batch == digest:
        return first
    row = tx.connection.execute(
        """
        select details ->> 'sha256' from records.audit_event
        where entity_id = %s and operation = 'usage.ingest' and subject = %s
        """,
        [tx.entity, batch],
    ).fetchone()
    if row is None or row[0] != digest:
        raise IdempotencyMismatch(
            f"The batch {batch!r} was recorded on {first.recorded_at:%Y-%m-%d} from {first.name!r}"
            " with other content.",
            remedy="Send new content under a new batch id.",
            batch=batch,
        )
    return first


@contextmanager
def _on_disk(path_or_stream: Path | str | BinaryIO, name: str) -> Iterator[Path]:
    """A path to the bytes; a stream is written to a temporary file, since it is read twice."""
    if isinstance(path_or_stream, Path | str):
        path = Path(path_or_stream)
        if not path.is_file():
            raise NotFound(
                f"There is no file {name}.", remedy="Check the path.", path=str(path_or_stream)
            )
        yield path
        return
    with tempfile.NamedTemporaryFile(prefix="revrec-usage-") as spool:
        while chunk := path_or_stream.read(_COPY_BYTES):
            spool.write(chunk)
        spool.flush()
        yield Path(spool.name)


def _check_unchanged(path: Path, digest: str, name: str) -> None:
    if _digest(path) != digest:
        raise FeedError(
            f"{name}: the file changed while it was read.",
            remedy="Send it again when its writer has finished.",
            file=name,
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
