"""What goes over the wire of work in the background."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from api.schemas import Count, Person, Wire
from revrec.model.job import Job, JobState

JobId = Annotated[str, Field(max_length=64, examples=["job_9f86d081884c7d65"])]


class JobRequested(Wire):
    """Work to do in the background, in the caller's name."""

    kind: str = Field(max_length=64, examples=["close"])
    """close, cut-off, flash, export-journal, rate, check or verify."""
    arguments: dict[Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=200)]] = (
        Field(
            default_factory=dict,
            max_length=20,
            examples=[{"period": "2026-01", "approved_by": "ben"}],
        )
    )
    """By kind: close takes period, approved_by and stage; flash takes period."""


class JobCancelled(Wire):
    """Why a job is not wanted any more."""

    reason: str = Field(max_length=1000, examples=["Usage of the last day was late."])


class JobTold(Wire):
    """A job, with how far it is and what came of it."""

    id: JobId
    kind: str
    arguments: dict[str, str]
    requested_by: Person
    requested_at: datetime
    state: JobState
    attempts: Count
    """Times a worker began it; more than once if one died."""
    step: str
    """What is being done."""
    steps_done: Count
    steps_total: Count
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    """Code, message, remedy and blockers, if it failed."""
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_by: Person | None
    """Who wants it cancelled; one under way ends where it next stops to look."""
    cancelled_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> JobTold:
        """The wire form of a job."""
        return cls.model_validate(job, from_attributes=True)
