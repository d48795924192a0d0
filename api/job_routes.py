"""The routes of work in the background: asked for with 202, then looked at until it has ended."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from api import job_schemas as schemas
from api.access import Books, Key, keyed
from api.routing import EVERY, WRITES, answer, refusals, router
from revrec.model.job import Job
from revrec.operations import jobs
from revrec.operations.answering import once
from revrec.operations.people import require_of
from revrec.store import jobs as kept
from revrec.store.transaction import Transaction


@router.post(
    "/jobs",
    tags=["jobs"],
    operation_id="start_job",
    summary="Start work in the background",
    status_code=202,
    response_model=schemas.JobTold,
    responses=refusals(*WRITES, "payload-too-large"),
)
def start_job(body: schemas.JobRequested, books: Books, key: Key) -> Response:
    """Put a job into the queue; `Location` leads to it. Look at it until it has ended."""

    def ask(tx: Transaction) -> Job:
        needed = jobs.kind_of(body.kind, body.arguments).duties
        require_of(books, needed, f"start {body.kind}")
        return jobs.submit(tx, body.kind, body.arguments)

    given = once(
        books,
        keyed(key, "job", books.actor, body.model_dump_json()),
        ask,
        lambda job: schemas.JobTold.of(job).model_dump_json(),
    )
    response = answer(given)
    response.status_code = 202
    number = schemas.JobTold.model_validate_json(given.body).id
    response.headers["Location"] = f"/v1/jobs/{number}"
    return response


@router.get(
    "/jobs",
    tags=["jobs"],
    operation_id="list_jobs",
    summary="List jobs",
    responses=refusals(*EVERY),
)
def list_jobs(
    books: Books, limit: Annotated[int, Query(ge=1, le=500)] = 20
) -> list[schemas.JobTold]:
    """The jobs asked for last, the newest first."""
    found = books.run(lambda tx: kept.latest(tx, limit), read_only=True)
    return [schemas.JobTold.of(each) for each in found]


@router.get(
    "/jobs/{job}",
    tags=["jobs"],
    operation_id="get_job",
    summary="Look at a job",
    responses=refusals(*EVERY, "not-found"),
)
def get_job(job: schemas.JobId, books: Books) -> schemas.JobTold:
    """Its state, how far it is, and its result or error once it has ended."""
    return schemas.JobTold.of(books.run(lambda tx: jobs.found(tx, job), read_only=True))
