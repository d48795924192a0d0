"""The routes of the quarantine: usage rows that were set aside."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Path, Query, Response

from api import quarantine_schemas as schemas
from api.access import Books, Key, keyed
from api.listing import LISTED, REFUSED, Listed
from api.routing import EVERY, WRITES, answer, refusals, router
from api.schemas import page_of
from api.usage_schemas import BatchReceived
from revrec.operations.answering import once
from revrec.store.transaction import Transaction
from revrec.usage import quarantine, releases
from revrec.usage.totals import ControlTotals

_CHANGES = (*WRITES, "not-found", "payload-too-large")


@router.get(
    "/usage/quarantine",
    tags=["usage"],
    operation_id="list_quarantine",
    summary="List rows set aside",
    response_model=page_of(schemas.RowSetAside),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_quarantine(
    asked: Listed,
    *,
    batch: Annotated[
        str | None, Query(max_length=200, description="Of a batch.", examples=["usage-2026-01"])
    ] = None,
    reason: Annotated[
        str | None,
        Query(
            max_length=100,
            description="Set aside for breaking this rule.",
            examples=["unknown-contract"],
        ),
    ] = None,
    resolved: Annotated[bool, Query(description="Rows released or rejected instead.")] = False,
) -> Response:
    """Rows set aside in order of their number, each as it was sent, with its reason."""

    def read(tx: Transaction, after: int, limit: int) -> list[quarantine.QuarantinedRow]:
        return quarantine.list_quarantine(
            tx,
            batch=batch,
            reason=reason,
            resolved=resolved,
            known_at=asked.known_at,
            after=after,
            limit=limit,
        )

    return asked.numbered(
        schemas.RowSetAside, read, schemas.RowSetAside.of, number=lambda each: each.id
    )


@router.post(
    "/usage/quarantine/releases",
    tags=["usage"],
    operation_id="release_rows",
    summary="Release rows",
    response_model=BatchReceived,
    responses=refusals(*_CHANGES, "approval-needed"),
)
def release_rows(body: schemas.RowsReleased, books: Books, key: Key) -> Response:
    """Judge rows again, corrected if wished, as a batch of their own.

    Beyond what the policy elects a release has to be requested, and approved by another person.
    """

    def release(tx: Transaction) -> ControlTotals:
        return releases.release(
            tx, books.lake, body.rows, note=body.note, corrections=body.by_row()
        )

    return _once(books, key, ("release", *body.told()), release)


@router.post(
    "/usage/quarantine/rejections",
    tags=["usage"],
    operation_id="reject_rows",
    summary="Reject rows",
    response_model=schemas.RowsRejected,
    responses=refusals(*_CHANGES),
)
def reject_rows(body: schemas.RowsNamed, books: Books, key: Key) -> Response:
    """Decide that rows will not count; they stay on record."""
    return answer(
        once(
            books,
            keyed(key, "reject", sorted(body.rows), body.note),
            lambda tx: quarantine.reject(tx, body.rows, note=body.note),
            lambda count: schemas.RowsRejected(rejected=count).model_dump_json(),
        )
    )


@router.get(
    "/usage/quarantine/requests",
    tags=["usage"],
    operation_id="list_release_requests",
    summary="List releases to approve",
    response_model=page_of(schemas.ReleaseAsked),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_release_requests(books: Books, asked: Listed) -> Response:
    """Releases that wait for a second person, in order."""
    found = books.run(lambda tx: releases.open_requests(tx, asked.known_at), read_only=True)
    return asked.whole(schemas.ReleaseAsked, [schemas.ReleaseAsked.of(each) for each in found])


@router.post(
    "/usage/quarantine/requests",
    tags=["usage"],
    operation_id="request_release",
    summary="Request a release",
    response_model=schemas.ReleaseAsked,
    responses=refusals(*_CHANGES),
)
def request_release(body: schemas.RowsReleased, books: Books, key: Key) -> Response:
    """Ask for a release that another person approves."""

    def ask(tx: Transaction) -> releases.ReleaseRequest:
        return releases.request_release(tx, body.rows, note=body.note, corrections=body.by_row())

    return answer(
        once(
            books,
            keyed(key, "request", *body.told()),
            ask,
            lambda asked: schemas.ReleaseAsked.of(asked).model_dump_json(),
        )
    )


@router.post(
    "/usage/quarantine/requests/{request}/approval",
    tags=["usage"],
    operation_id="approve_release",
    summary="Approve a release",
    response_model=BatchReceived,
    responses=refusals(*_CHANGES, "self-approval"),
)
def approve_release(
    request: Annotated[int, Path(ge=1, le=2**53, description="The request's number.")],
    body: schemas.Approved,  # noqa: ARG001 - it says nothing yet; a body makes the request a write
    books: Books,
    key: Key,
) -> Response:
    """Release what another person asked for; the rows are judged again."""
    return _once(
        books,
        key,
        ("approve", request),
        lambda tx: releases.approve_release(tx, books.lake, request),
    )


def _once(
    books: Books, key: str, asked: tuple[object, ...], run: Callable[[Transaction], ControlTotals]
) -> Response:
    return answer(
        once(
            books,
            keyed(key, *asked),
            run,
            lambda totals: BatchReceived.of(totals).model_dump_json(),
        )
    )
