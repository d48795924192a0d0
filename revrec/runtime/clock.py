"""The clock: the only place that reads the time of day.

Records carry the time a ``Clock`` gave, never the database's or the operating system's, so a run
with a fixed clock gives the same bytes on any day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved; for reproducible runs and tests."""

    time: datetime

    def __post_init__(self) -> None:
        if self.time.tzinfo is None:
            raise ValueError(f"a clock needs an aware time, got {self.time.isoformat()}")
        self.time = self.time.astimezone(UTC)

    def now(self) -> datetime:
        """The time the clock was set to, in UTC."""
        return self.time

    def advance(self, by: timedelta) -> None:
        """Move the clock; negative spans move it back, as clocks do after a correction."""
        self.time += by


def clock_of(fixed: datetime | None) -> Clock:
    """The clock a setting asks for: fixed at that moment, or the machine's."""
    return SystemClock() if fixed is None else FixedClock(fixed)
