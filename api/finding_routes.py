"""The routes of checks and of what they found."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api import finding_schemas as schemas
from api.access import Books, Key, keyed
from api.closing import accepted
from api.etags import PRECONDITIONS, TAGGED, IfMatch
from api.job_schemas import JobTold
from api.routing import EVERY, WRITES, answer, refusals, router
from revrec.model.finding import Finding, FindingState
from revrec.operations import findings, jobs
from revrec.operations.answering import once
from revrec.store.transaction import Transaction

_ONE = Annotated[str, Path(max_length=64, examples=["F-0a1b2c3d4e5f6071"])]
_Text = Annotated[str, Query(max_length=200)]


@router.get(
    "/findings",
    tags=["findings"],
    operation_id="list_findings",
    summary="List findings",
    responses=refusals(*EVERY),
)
def list_findings(  # noqa: PLR0917 - filters of a list
    books: Books,
    state: Annotated[FindingState | None, Query(description="Of one state.")] = None,
    standing: Annotated[bool, Query(description="Only those that are not resolved.")] = False,
    check: _Text = "",
    contract: _Text = "",
    owner: _Text = "",
) -> list[schemas.FindingTold]:
    """What checks found, oldest first, with its age and everything that happened to it."""
    wanted = findings.Wanted(
        state=state, standing=standing, check=check, contract=contract, owner=owner
    )

    def read(tx: Transaction) -> list[schemas.FindingTold]:
        today = tx.now.date()
        return [schemas.FindingTold.of(each, today) for each in findings.listed(tx, wanted)]

    return books.run(read, read_only=True)


@router.get(
    "/findings/{finding}",
    tags=["findings"],
    operation_id="get_finding",
    summary="Read a finding",
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_finding(finding: _ONE, books: Books) -> schemas.FindingTold:
    """One finding with its history."""
    return books.run(lambda tx: _told(tx, finding), read_only=True)


def _told(tx: Transaction, finding: str) -> schemas.FindingTold:
    return schemas.FindingTold.of(findings.found_as(tx, finding), tx.now.date())


@router.post(
    "/findings/{finding}/actions",
    tags=["findings"],
    operation_id="change_finding",
    summary="Assign, work on, resolve or reopen a finding",
    response_model=schemas.FindingTold,
    responses=refusals(*WRITES, *PRECONDITIONS, "not-found", "self-approval", "payload-too-large"),
)
def change_finding(
    finding: _ONE, body: schemas.FindingChanged, books: Books, key: Key, match: IfMatch
) -> Response:
    """One step. Above the policy's bound a first `resolve` asks, and another person's settles."""

    def change(tx: Transaction) -> schemas.FindingTold:
        match.check(lambda: _told(tx, finding))
        return schemas.FindingTold.of(_changed(tx, finding, body), tx.now.date())

    named = keyed(key, "finding", finding, books.actor, body.model_dump_json())
    return answer(once(books, named, change, lambda told: told.model_dump_json()))


def _changed(tx: Transaction, finding: str, body: schemas.FindingChanged) -> Finding:
    match body.action:
        case schemas.Deed.ASSIGN:
            return findings.assign(tx, finding, body.owner or "", body.due_on)
        case schemas.Deed.ACCEPT:
            return findings.accept(tx, finding, body.note)
        case schemas.Deed.START:
            return findings.start(tx, finding, body.note)
        case schemas.Deed.NOTE:
            return findings.note(tx, finding, body.note)
        case schemas.Deed.RESOLVE:
            return findings.resolve(tx, finding, body.note)
        case schemas.Deed.REOPEN:
            return findings.reopen(tx, finding, body.note)


@router.post(
    "/checks/runs",
    tags=["findings"],
    operation_id="run_checks",
    summary="Run the checks now",
    status_code=202,
    response_model=JobTold,
    responses=refusals(*WRITES),
)
def run_checks(books: Books, key: Key) -> Response:
    """Ask for the checks; `Location` leads to the job, whose result counts what they did.

    They bring the findings to what they see now; again, nothing changes.
    """
    return accepted(
        once(
            books,
            keyed(key, "checks"),
            lambda tx: jobs.submit(tx, "check", {}),
            lambda job: JobTold.of(job).model_dump_json(),
        )
    )
