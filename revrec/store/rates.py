"""How often callers ask: a token bucket for each, shared by all processes of the service.

Kept by PostgreSQL's clock in one row for each caller, so that it holds over several processes and
machines. Spending is one statement in a transaction of its own: a request that is refused, or
begun again, was made all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from revrec.store.database import Database

_NOTHING = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How many requests a caller may make."""

    per_minute: int
    """In the long run."""
    at_once: int
    """In one go, after being quiet."""

    @property
    def each(self) -> timedelta:
        """After how long another request may be made, to the microsecond."""
        return timedelta(minutes=1) / self.per_minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a caller has left after a request."""

    allowed: bool
    remaining: int
    full_after: timedelta
    """Until as much as ever may be made in one go."""
    wait: timedelta
    """Until another request is allowed; nothing if one is."""


def spend(database: Database, caller: str, rate: Rate) -> Spent:
    """Count a request of a caller, unless it is one too many."""
    row = database.at_once(
        """
        with moment as (select clock_timestamp() as now), spent as (
          insert into edge.request_rate as known (caller, full_at)
          select %(caller)s, now + %(each)s from moment
          on conflict (caller) do update
          set full_at = greatest(known.full_at, (select now from moment)) + %(each)s
          where greatest(known.full_at, (select now from moment)) + %(each)s
            <= (select now from moment) + %(whole)s
          returning full_at
        )
        select true, full_at - now from spent, moment
        union all
        select false, full_at - now from edge.request_rate, moment
        where caller = %(caller)s and not exists (select from spent)
        """,
        {"caller": caller, "each": rate.each, "whole": rate.each * rate.at_once},
    )
    whole = rate.each * rate.at_once
    # No row: the caller's first request, made this very moment by another process, was the last.
    allowed, full_after = (False, whole) if row is None else row
    return Spent(
        allowed=allowed,
        remaining=max((whole - full_after) // rate.each, 0),
        full_after=full_after,
        wait=max(full_after + rate.each - whole, _NOTHING),
    )


def forget(database: Database) -> None:
    """Drop the rows of callers who may make as many requests as anybody: they say nothing."""
    database.at_once("delete from edge.request_rate where full_at < clock_timestamp()", {})
