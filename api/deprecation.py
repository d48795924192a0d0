"""Routes that are going to end: said in every answer of theirs (RFC 9745, RFC 8594).

A route is marked before anything else is done about it, and ends no earlier than the policy says
(docs/api.md). ``/v1`` only grows otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.utils import format_datetime
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from api.observing import say

NOTICE = timedelta(days=365)
"""Least time between the day a route is deprecated and the day it ends."""
_MARK = "deprecation"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprecation:
    """What is said of a route that is going to end."""

    since: date
    sunset: date
    """The first day on which it may be gone."""
    guide: str
    """Path of the page that tells what to do."""
    successor: str | None

    @property
    def headers(self) -> dict[str, str]:
        """The fields of its answers."""
        links = [f'<{self.guide}>; rel="deprecation"; type="text/html"']
        links += [f'<{self.successor}>; rel="successor-version"'] if self.successor else []
        return {
            "Deprecation": f"@{int(_midnight(self.since).timestamp())}",
            "Sunset": format_datetime(_midnight(self.sunset), usegmt=True),
            "Link": ", ".join(links),
        }


def deprecated(
    *, since: date, sunset: date, guide: str, successor: str | None = None
) -> Callable[[Endpoint], Endpoint]:
    """Mark the function of a route, below the router's decorator; ValueError for short notice."""
    if sunset - since < NOTICE:
        raise ValueError(f"A route ends {NOTICE.days} days after it is deprecated, or later.")

    def mark(endpoint: Endpoint) -> Endpoint:
        told = Deprecation(since=since, sunset=sunset, guide=guide, successor=successor)
        setattr(endpoint, _MARK, told)
        return endpoint

    return mark


class Dated(APIRoute):
    """A route that says so if it is going to end, refusals and all."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **told: Any) -> None:  # noqa: ANN401 - the framework's
        self.deprecation: Deprecation | None = getattr(endpoint, _MARK, None)
        super().__init__(path, endpoint, **told)
        if self.deprecation is not None:
            self.deprecated = True

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler, with the fields told before anything is done."""
        handle, told = super().get_route_handler(), self.deprecation
        if told is None:
            return handle

        async def dated(request: Request) -> Response:
            say(request, told.headers)
            return await handle(request)

        return dated


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
