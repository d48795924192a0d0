"""Work done in the background: asked for once, done once, whatever is killed in between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    """A worker took it; if the worker dies, another takes it again."""
    DONE = "done"
    FAILED = "failed"
    """It was refused; the error says why and what to do."""
    CANCELLED = "cancelled"
    """It was not done, on somebody's word."""

    @property
    def is_ended(self) -> bool:
        """Whether nothing more becomes of it."""
        return self not in {JobState.QUEUED, JobState.RUNNING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job, with how far it is and what came of it."""

    id: str
    kind: str
    arguments: Mapping[str, str]
    requested_by: str
    """Whoever asked; the work is done in their name."""
    requested_at: datetime
    state: JobState
    attempts: int
    """Times a worker began it."""
    step: str
    """What is being done, in words."""
    steps_done: int
    steps_total: int
    result: Mapping[str, object] | None
    """What came of it, as JSON."""
    error: Mapping[str, object] | None
    """Why it failed: code, message, remedy."""
    started_at: datetime | None
    ended_at: datetime | None
    cancelled_by: str | None
    """Who wants it cancelled; a job under way ends where it next stops to look."""
    cancelled_at: datetime | None
