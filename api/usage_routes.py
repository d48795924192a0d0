"""The routes of usage and of the lake it is kept in; each calls one operation."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Query, Response

from api import usage_schemas as schemas
from api.access import Books, Key, keyed
from api.bodies import UsageFile
from api.routing import EVERY, WRITES, KnownAt, answer, refusals, router
from revrec.errors import InvariantViolated
from revrec.operations import counting
from revrec.operations.answering import Request, once
from revrec.operations.compacting import compacting
from revrec.periods import day_before
from revrec.store.compaction import Compacted
from revrec.store.transaction import Transaction
from revrec.usage import batches, counts, rerating
from revrec.usage.columns import FORMS
from revrec.usage.counts import CountsRecorded
from revrec.usage.ingest import ingest
from revrec.usage.rerating import RatingRun


@router.post(
    "/usage/batches",
    tags=["usage"],
    operation_id="ingest_usage",
    summary="Ingest usage",
    response_model=schemas.BatchReceived,
    responses=refusals(*WRITES, "payload-too-large"),
)
def ingest_usage(
    books: Books,
    key: Key,
    file: UsageFile,
    form: Annotated[
        schemas.UsageForm,
        Query(description="rated: days with amounts; counted: without; events: one by one."),
    ] = schemas.UsageForm.RATED,
) -> Response:
    """Ingest a file of usage; the key names the batch, which counts once.

    Parquet, an Arrow IPC stream, CSV or NDJSON, the latter two also as `.gz` or `.zst`. What is
    counted, day by day or event by event, is rated here.
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
            form=FORMS[form],
        )

    def recorded(tx: Transaction) -> str:
        totals = batches.recorded(tx, key)
        if totals is None:
            raise InvariantViolated(f"The batch {key!r} was ingested and is not there.")
        return schemas.BatchReceived.of(totals).model_dump_json()

    # The batch is the effect and counts once by itself; its answer is kept after it.
    return answer(once(books, _keyed(key, form, file.digest), recorded, str, before=take_in))


def _keyed(key: str, form: schemas.UsageForm, digest: str) -> Request:
    """The request; of rated usage as it was before other forms were taken."""
    told = [] if form is schemas.UsageForm.RATED else [form.value]
    return keyed(key, "usage", digest, *told)


@router.post(
    "/usage/ratings",
    tags=["usage"],
    operation_id="rate_usage",
    summary="Rate usage",
    response_model=schemas.UsageRated,
    responses=refusals(*WRITES, "currency-mismatch", "payload-too-large"),
)
def rate_usage(body: schemas.RatingRequested, books: Books, key: Key) -> Response:
    """Bring the ledger to what counted usage costs at the prices known; rated again, it is a no-op.

    What late usage or a corrected card changes is appended and names the rows it corrects.
    """

    def rate(tx: Transaction) -> RatingRun:
        through = body.through or day_before(tx.now.date())
        return rerating.rate_usage(tx, books.lake, through=through, everything=body.everything)

    asked = keyed(key, "rating", str(body.through or ""), str(body.everything))
    return answer(
        once(books, asked, rate, lambda run: schemas.UsageRated.of(run).model_dump_json())
    )


@router.post(
    "/usage/counts",
    tags=["usage"],
    operation_id="record_counts",
    summary="Record another system's counts",
    response_model=schemas.CountsRecorded,
    responses=refusals(*WRITES, "payload-too-large"),
)
def record_counts(
    books: Books,
    key: Key,
    file: UsageFile,
    source: Annotated[str, Query(min_length=1, max_length=100, examples=["gateway"])],
) -> Response:
    """Record totals that `source` counted by contract or customer, meter and day.

    They are compared with the ledger and never enter it. A total told again with another quantity
    is its next version.
    """

    def record(tx: Transaction) -> CountsRecorded:
        return counts.recording(tx, file.path, name=file.name, source=source, batch=key)

    return answer(
        once(
            books,
            keyed(key, "counts", source, file.digest),
            record,
            lambda told: schemas.CountsRecorded.of(told).model_dump_json(),
        )
    )


@router.get(
    "/usage/comparison",
    tags=["usage"],
    operation_id="compare_counts",
    summary="Compare counts",
    responses=refusals(*EVERY),
)
def compare_counts(
    books: Books,
    *,
    first: Annotated[
        date, Query(alias="from", description="The first day of use.", examples=["2026-01-01"])
    ],
    last: Annotated[
        date, Query(alias="to", description="The last day of use.", examples=["2026-01-31"])
    ],
    source: Annotated[
        str | None, Query(max_length=100, description="Counted by this.", examples=["gateway"])
    ] = None,
    known_at: KnownAt = None,
) -> schemas.CountsCompared:
    """Where the ledger and other systems' counts fall apart by more than the policy elects."""
    return schemas.CountsCompared.of(
        counting.compare_counts(books, first=first, last=last, source=source, known_at=known_at)
    )


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
