"""Work in the background: asked for, looked at, waited for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from revrec.client.calls import Call, Operation, at, get, post


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job, how far it is, and what came of it."""

    id: str
    kind: str
    arguments: dict[str, str]
    requested_by: str
    requested_at: datetime
    state: str
    """queued, running, done, failed or cancelled."""
    attempts: int
    """Times a worker began it; more than once if one died."""
    step: str
    steps_done: int
    steps_total: int
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    """Code, message and remedy, if it failed."""
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_by: str | None
    cancelled_at: datetime | None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in {"done", "failed", "cancelled"}


class JobOperations:
    """Starting and looking at jobs."""

    @Operation
    def start_job(self, kind: str, arguments: Mapping[str, str] | None = None) -> Call[Job]:
        """Put a close, flash, export-journal, rate, check or verify into the queue."""
        return post(at("jobs"), Job, {"kind": kind, "arguments": dict(arguments or {})})

    @Operation
    def list_jobs(self, *, limit: int | None = None) -> Call[list[Job]]:
        """The jobs asked for last, the newest first."""
        return get(at("jobs"), list[Job], limit=limit)

    @Operation
    def get_job(self, job: str) -> Call[Job]:
        """Its state, how far it is, and its result or error once it has ended."""
        return get(at("jobs", job), Job)

    @Operation
    def cancel_job(self, job: str, *, reason: str) -> Call[Job]:
        """End one that waits at once, one under way where it next stops to look."""
        return post(at("jobs", job, "cancellation"), Job, {"reason": reason})
