"""The routes of records that are no facts: seen, corrected and released, dismissed."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api import refused_schemas as schemas
from api.access import Books, Key, keyed
from api.etags import TAGGED
from api.listing import LISTED, REFUSED, Listed
from api.routing import EVERY, WRITES, answer, refusals, router
from api.schemas import FactsRecorded, page_of
from revrec.model.fact import FactKind
from revrec.operations import refused
from revrec.operations.answering import once
from revrec.store import fact_quarantine
from revrec.store.fact_quarantine import QuarantinedFact
from revrec.store.transaction import Transaction

_CHANGES = (*WRITES, "not-found", "payload-too-large")


@router.get(
    "/facts/quarantine",
    tags=["facts"],
    operation_id="list_quarantined_facts",
    summary="List records set aside",
    response_model=page_of(schemas.QuarantinedRecord),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_quarantined_facts(
    asked: Listed,
    *,
    kind: Annotated[
        FactKind | None, Query(description="Those of a kind of fact.", examples=["invoice"])
    ] = None,
    reason: Annotated[
        str | None,
        Query(max_length=100, description="Those set aside for it.", examples=["does-not-fit"]),
    ] = None,
    resolved: Annotated[bool, Query(description="Those dealt with instead.")] = False,
) -> Response:
    """Records that are no facts in order of their number, each as it was sent, with its reason.

    `known_at` gives those that were set aside by then, as they stood.
    """

    def read(tx: Transaction, after: int, limit: int) -> list[QuarantinedFact]:
        return fact_quarantine.page(
            tx,
            kind=kind,
            reason=reason,
            resolved=resolved,
            known_at=asked.known_at,
            after=after,
            limit=limit,
        )

    return asked.numbered(
        schemas.QuarantinedRecord,
        read,
        schemas.QuarantinedRecord.of,
        number=lambda each: each.id,
    )


@router.get(
    "/facts/quarantine/{record}",
    tags=["facts"],
    operation_id="get_quarantined_fact",
    summary="Read a record set aside",
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_quarantined_fact(
    record: Annotated[int, Path(ge=1, le=2**53, description="Its number.", examples=[12])],
    books: Books,
) -> schemas.QuarantinedRecord:
    """A record that is no fact, as it was sent, and what became of it."""
    found = books.run(lambda tx: fact_quarantine.find(tx, record), read_only=True)
    return schemas.QuarantinedRecord.of(found)


@router.post(
    "/facts/quarantine/releases",
    tags=["facts"],
    operation_id="release_facts",
    summary="Release records set aside",
    response_model=FactsRecorded,
    responses=refusals(*_CHANGES, "approval-needed"),
)
def release_facts(body: schemas.RecordsReleased, books: Books, key: Key) -> Response:
    """Judge records again, corrected if wished, and record those that are facts now.

    What is still none stays in quarantine as it was sent, and so does what would undo a fact that
    was told since.
    """
    given = body.by_number()
    return answer(
        once(
            books,
            keyed(key, "release-facts", sorted(body.records), body.note, body.corrections),
            lambda tx: refused.release(tx, body.records, note=body.note, corrections=given),
            lambda taken: FactsRecorded.of(taken).model_dump_json(),
        )
    )


@router.post(
    "/facts/quarantine/dismissals",
    tags=["facts"],
    operation_id="dismiss_facts",
    summary="Dismiss records set aside",
    response_model=schemas.Dismissed,
    responses=refusals(*_CHANGES),
)
def dismiss_facts(body: schemas.RecordsDismissed, books: Books, key: Key) -> Response:
    """Decide that records will not count; they stay on record."""
    return answer(
        once(
            books,
            keyed(key, "dismiss-facts", sorted(body.records), body.note),
            lambda tx: refused.dismiss(tx, body.records, note=body.note),
            lambda count: schemas.Dismissed(dismissed=count).model_dump_json(),
        )
    )
