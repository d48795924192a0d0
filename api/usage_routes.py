"""The routes of usage and of the lake it is kept in; each calls one operation."""

from __future__ import annotations

from fastapi import Response

from api import schemas
from api.access import Books, Key, keyed
from api.bodies import UsageFile
from api.routing import WRITES, answer, refusals, router
from revrec.errors import InvariantViolated
from revrec.operations.answering import once
from revrec.operations.compacting import compacting
from revrec.store.compaction import Compacted
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.ingest import ingest

UPLOADS = "/v1/usage/batches"
"""The path whose bodies are files."""


@router.post(
    "/usage/batches",
    tags=["usage"],
    operation_id="ingest_usage",
    summary="Ingest usage",
    response_model=schemas.BatchReceived,
    responses=refusals(*WRITES, "payload-too-large"),
)
def ingest_usage(books: Books, key: Key, file: UsageFile) -> Response:
    """Ingest a file of daily rated usage; the key names the batch, which counts once.

    Parquet, CSV or NDJSON, the latter two also as `.gz` or `.zst`.
    """

    def take_in() -> None:
        ingest(
            books.database,
            books.lake,
            file.path,
            source_name=file.name,
            entity=books.entity,
            actor=books.actor,
            batch=key,
        )

    def recorded(tx: Transaction) -> str:
        totals = batches.recorded(tx, key)
        if totals is None:
            raise InvariantViolated(f"The batch {key!r} was ingested and is not there.")
        return schemas.BatchReceived.of(totals).model_dump_json()

    # The batch is the effect and counts once by itself; its answer is kept after it.
    return answer(once(books, keyed(key, "usage", file.digest), recorded, str, before=take_in))


@router.post(
    "/lake/compactions",
    tags=["usage"],
    operation_id="compact_lake",
    summary="Compact the lake",
    response_model=list[schemas.TableCompacted],
    responses=refusals(*WRITES, "not-found", "payload-too-large"),
)
def compact_lake(body: schemas.CompactionRequested, books: Books, key: Key) -> Response:
    """Join the small files of each day of usage; no row, total or pinned version changes."""

    def encode(done: list[Compacted]) -> str:
        return schemas.COMPACTIONS.dump_json(
            [schemas.TableCompacted.of(each) for each in done]
        ).decode()

    return answer(
        once(
            books,
            keyed(key, "compact", *body.tables),
            lambda tx: compacting(tx, books.lake, body.tables),
            encode,
        )
    )
