"""Limits of requests, told in the fields of draft-ietf-httpapi-ratelimit-headers-10."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request

from api.observing import say
from api.problems import TooManyRequests
from revrec.runtime.settings import Settings
from revrec.store import rates
from revrec.store.database import Database
from revrec.store.rates import Rate, Spent

_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What each caller may make of requests; nobody is limited without a rate."""

    rate: Rate | None

    def spend(self, request: Request, database: Database, caller: str) -> None:
        """Count a request of a caller; TooManyRequests for one too many."""
        if self.rate is None:
            return
        spent = rates.spend(database, caller, self.rate)
        say(request, _told(self.rate, spent))
        if not spent.allowed:
            seconds = _seconds(spent.wait)
            raise TooManyRequests(
                f"More than {self.rate.at_once:,} requests in one go, or than "
                f"{self.rate.per_minute:,} a minute.",
                remedy=f"Wait {seconds} s, then repeat it with the same Idempotency-Key.",
                retry_after=seconds,
            )


def limit_of(settings: Settings) -> Limit:
    """The limit of the settings."""
    if settings.requests_per_minute == 0:
        return Limit(rate=None)
    return Limit(
        rate=Rate(per_minute=settings.requests_per_minute, at_once=settings.requests_at_once)
    )


def _told(rate: Rate, spent: Spent) -> dict[str, str]:
    """The quota and its window, what is left of it, and when all of it is there again."""
    window = _seconds(rate.each * rate.at_once)
    return {
        "RateLimit-Policy": f'"caller";q={rate.at_once};w={window}',
        "RateLimit": f'"caller";r={spent.remaining};t={_seconds(spent.full_after)}',
    }


def _seconds(span: timedelta) -> int:
    """Whole seconds, rounded up and never 0: who waits so long has waited long enough."""
    return max(-(-span // _SECOND), 1)
