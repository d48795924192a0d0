"""The routes of work in the background: asked for with 202, then looked at until it has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import job_schemas as schemas
from api.access import Books, Key, keyed
from api.closing import accepted
from api.etags import PRECONDITIONS, TAGGED, IfMatch
from api.routing import EVERY, WRITES, answer, refusals, router
from revrec.model.job import Job
from revrec.operations import jobs
from revrec.operations.answering import once
from revrec.operations.people import require_of
from revrec.store import jobs as kept
from revrec.store.transaction import Transaction

_LOOK_SECONDS = 0.5
"""Between two looks at a job that is watched."""
_WATCH_SECONDS = 300.0
"""A stream ends after so long; a client goes on in a new one, and its key is looked at again."""


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
    return accepted(given)


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
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_job(job: schemas.JobId, books: Books) -> schemas.JobTold:
    """Its state, how far it is, and its result or error once it has ended."""
    return schemas.JobTold.of(books.run(lambda tx: jobs.found(tx, job), read_only=True))


@router.post(
    "/jobs/{job}/cancellation",
    tags=["jobs"],
    operation_id="cancel_job",
    summary="Cancel a job",
    response_model=schemas.JobTold,
    responses=refusals(*WRITES, *PRECONDITIONS, "not-found"),
)
def cancel_job(
    job: schemas.JobId, body: schemas.JobCancelled, books: Books, key: Key, match: IfMatch
) -> Response:
    """One that waits ends at once, one under way where it next stops to look."""

    def end(tx: Transaction) -> Job:
        standing = jobs.found(tx, job)
        match.check(lambda: schemas.JobTold.of(standing))
        needed = jobs.KINDS[standing.kind].duties
        require_of(books, needed, "cancel a job")
        return jobs.cancel(tx, job, reason=body.reason)

    given = once(
        books,
        keyed(key, "job-cancellation", books.actor, job, body.reason),
        end,
        lambda found: schemas.JobTold.of(found).model_dump_json(),
    )
    return answer(given)


def _looked_at(job: schemas.JobId, books: Books) -> Job:
    return books.run(lambda tx: jobs.found(tx, job), read_only=True)


@router.get(
    "/jobs/{job}/events",
    tags=["jobs"],
    operation_id="watch_job",
    summary="Watch a job",
    response_class=EventSourceResponse,
    responses=refusals(*EVERY, "not-found"),
)
async def watch_job(
    first: Annotated[Job, Depends(_looked_at)],
    books: Books,
    request: Request,
    last_event_id: Annotated[str | None, Header(max_length=100)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """An event of the job as `get_job` tells it, now and whenever it is further on.

    The last one is of a job that has ended. What `Last-Event-ID` names is not sent again.
    """
    job, seen = first, last_event_id
    until = time.monotonic() + _WATCH_SECONDS
    while True:
        told = _event_id(job)
        if told != seen:
            yield ServerSentEvent(data=schemas.JobTold.of(job), event=job.state.value, id=told)
            seen = told
        stops = request.app.state.is_stopping() or time.monotonic() > until
        if job.state.is_ended or stops:
            return
        await asyncio.sleep(_LOOK_SECONDS)
        job = await run_in_threadpool(_looked_at, job.id, books)


def _event_id(job: Job) -> str:
    """Names how far a job is: the same state has the same name in every stream."""
    cancelled = "-cancelled" if job.cancelled_by is not None else ""
    return f"{job.attempts}-{job.steps_done}-{job.state}{cancelled}"
