"""Routes about credits and commitments."""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice
from typing import Annotated

from fastapi import Query, Response

from api import commitment_schemas as schemas
from api.access import Books, Key, keyed
from api.routing import EVERY, WRITES, answer, refusals, router
from revrec.operations.answering import once
from revrec.operations.commitments import position, settling

_PAGE_MAX = 1000
_READS = (*EVERY, "feed-error", "not-found")

AsOf = Annotated[
    date | None,
    Query(description="The day; yesterday if left out.", examples=["2026-03-31"]),
]
KnownAt = Annotated[
    datetime | None,
    Query(
        description="With zone: what was recorded by then; all if left out.",
        examples=["2026-04-05T12:00:00Z"],
    ),
]
OfContract = Annotated[
    str | None, Query(description="Only the account this contract draws on.", examples=["C-1"])
]


@router.get(
    "/credits",
    tags=["commitments"],
    operation_id="list_credits",
    summary="List credits",
    responses=refusals(*_READS),
)
def list_credits(
    books: Books, *, as_of: AsOf = None, known_at: KnownAt = None, contract: OfContract = None
) -> schemas.Credits:
    """Lots of credits on a day: granted, drawn, lost, left, and what they are worth as paid."""
    found = position(books, as_of=as_of, known_at=known_at, contract=contract)
    return schemas.Credits(
        as_of=found.as_of,
        credits=[schemas.CreditLot.of(each) for each in found.credits()],
        transfers=[schemas.CreditTransferred.of(each) for each in found.transfers()],
        refused=schemas.refused_in(found),
    )


@router.get(
    "/credits/draws",
    tags=["commitments"],
    operation_id="list_credit_draws",
    summary="List draws",
    responses=refusals(*_READS),
)
def list_credit_draws(
    books: Books,
    *,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    contract: OfContract = None,
    after: Annotated[int, Query(ge=0, le=2**53, description="Draws already read.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE_MAX, description="Draws of a page.")] = 100,
) -> schemas.Draws:
    """Every draw by a day, account by account and day by day, a page at a time."""
    found = position(books, as_of=as_of, known_at=known_at, contract=contract)
    page = list(islice(found.draws(), after, after + limit + 1))
    return schemas.Draws(
        as_of=found.as_of,
        draws=[schemas.CreditDrawn.of(each) for each in page[:limit]],
        next=after + limit if len(page) > limit else None,
        refused=schemas.refused_in(found),
    )


@router.get(
    "/commitments",
    tags=["commitments"],
    operation_id="list_commitments",
    summary="List commitments",
    responses=refusals(*_READS),
)
def list_commitments(
    books: Books, *, as_of: AsOf = None, known_at: KnownAt = None, contract: OfContract = None
) -> schemas.Commitments:
    """Commitments on a day: consumed beside an even course, what is missing or beyond."""
    found = position(books, as_of=as_of, known_at=known_at, contract=contract)
    return schemas.Commitments(
        as_of=found.as_of,
        commitments=[schemas.CommitmentState.of(each) for each in found.commitments()],
        refused=schemas.refused_in(found),
    )


@router.get(
    "/commitments/reconciliation",
    tags=["commitments"],
    operation_id="reconcile_commitments",
    summary="Reconcile bills",
    responses=refusals(*_READS),
)
def reconcile_commitments(
    books: Books, *, as_of: AsOf = None, known_at: KnownAt = None, contract: OfContract = None
) -> schemas.Reconciliation:
    """What is due by a day beside what was billed, with the invoice or credit that reconciles.

    The documents are proposals; record them as facts once they are approved.
    """
    found = position(books, as_of=as_of, known_at=known_at, contract=contract)
    return schemas.Reconciliation(
        as_of=found.as_of,
        reconciled=[schemas.Reconciled.told(each) for each in found.reconciling()],
        bought=schemas.records_of(found.bought()),
        refused=schemas.refused_in(found),
    )


@router.post(
    "/commitments/settlements",
    tags=["commitments"],
    operation_id="settle_commitments",
    summary="Settle bills",
    response_model=schemas.SettlementRecorded,
    responses=refusals(*WRITES, "not-found", "payload-too-large"),
)
def settle_commitments(body: schemas.SettlementRequested, books: Books, key: Key) -> Response:
    """Record the invoices and credit memos that reconcile bills by a day: true-ups, use, overage.

    What is learned later is settled by a further document; settled again, nothing is recorded.
    """
    return answer(
        once(
            books,
            keyed(key, "settle", str(body.as_of or ""), body.contract or ""),
            lambda tx: settling(tx, books.lake, as_of=body.as_of, contract=body.contract),
            lambda done: schemas.SettlementRecorded.told(done).model_dump_json(),
        )
    )
