"""Routes about credits and commitments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, TypeVar

from fastapi import Depends, Query, Response

from api import commitment_schemas as schemas
from api.access import Books, Key, keyed
from api.listing import LISTED, REFUSED, Listed
from api.routing import EVERY, WRITES, answer, refusals, router
from api.schemas import Page, Wire
from revrec.operations.answering import once
from revrec.operations.commitments import position, settling

R = TypeVar("R", bound=Wire)
_READS = (*EVERY, *REFUSED, "not-found")
_LISTED = {
    **LISTED,
    200: {
        **LISTED[200],
        "headers": {
            **LISTED[200]["headers"],
            "Revrec-Refused": {
                "description": "How many accounts contradict themselves and are left out; the "
                "JSON form names them. Absent if none are.",
                "schema": {"type": "string"},
            },
        },
    },
}


class _Held:
    """What is held on a day, as a caller asks for it."""

    def __init__(
        self,
        books: Books,
        asked: Listed,
        as_of: Annotated[
            date | None,
            Query(description="The day; yesterday if left out.", examples=["2026-03-31"]),
        ] = None,
        contract: Annotated[
            str | None,
            Query(
                max_length=200,
                description="Only the account this contract draws on.",
                examples=["C-1"],
            ),
        ] = None,
    ) -> None:
        self._asked = asked
        self.found = position(books, as_of=as_of, known_at=asked.known_at, contract=contract)

    def listed(
        self, of: type[R], page: type[Page[R]], records: Iterable[R], **beside: object
    ) -> Response:
        """Records of it as a list, beside the accounts that are left out."""
        refused = schemas.refused_in(self.found)
        told = self._asked.whole(
            of, records, page, as_of=self.found.as_of, refused=refused, **beside
        )
        if refused:
            told.headers["Revrec-Refused"] = str(len(refused))
        return told


_Asked = Annotated[_Held, Depends()]


@router.get(
    "/credits",
    tags=["commitments"],
    operation_id="list_credits",
    summary="List credits",
    response_model=schemas.CreditPage,
    responses={**_LISTED, **refusals(*_READS)},
)
def list_credits(held: _Asked) -> Response:
    """Lots of credits on a day: granted, drawn, lost, left, and what they are worth as paid."""
    return held.listed(
        schemas.CreditLot,
        schemas.CreditPage,
        map(schemas.CreditLot.of, held.found.credits()),
        transfers=[schemas.CreditTransferred.of(each) for each in held.found.transfers()],
    )


@router.get(
    "/credits/draws",
    tags=["commitments"],
    operation_id="list_credit_draws",
    summary="List draws",
    response_model=schemas.DrawPage,
    responses={**_LISTED, **refusals(*_READS)},
)
def list_credit_draws(held: _Asked) -> Response:
    """Every draw by a day, account by account and day by day."""
    draws = map(schemas.CreditDrawn.of, held.found.draws())
    return held.listed(schemas.CreditDrawn, schemas.DrawPage, draws)


@router.get(
    "/commitments",
    tags=["commitments"],
    operation_id="list_commitments",
    summary="List commitments",
    response_model=schemas.CommitmentPage,
    responses={**_LISTED, **refusals(*_READS)},
)
def list_commitments(held: _Asked) -> Response:
    """Commitments on a day: consumed beside an even course, what is missing or beyond."""
    states = map(schemas.CommitmentState.of, held.found.commitments())
    return held.listed(schemas.CommitmentState, schemas.CommitmentPage, states)


@router.get(
    "/commitments/reconciliation",
    tags=["commitments"],
    operation_id="reconcile_commitments",
    summary="Reconcile bills",
    response_model=schemas.ReconciledPage,
    responses={**_LISTED, **refusals(*_READS)},
)
def reconcile_commitments(held: _Asked) -> Response:
    """What is due by a day beside what was billed, with the invoice or credit that reconciles.

    The documents are proposals; record them as facts once they are approved.
    """
    return held.listed(
        schemas.Reconciled,
        schemas.ReconciledPage,
        map(schemas.Reconciled.told, held.found.reconciling()),
        bought=schemas.records_of(held.found.bought()),
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
