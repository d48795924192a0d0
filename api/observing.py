"""What the operator sees of a request: its id, one line in the log, a count and a duration."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import InternalError, problem

REQUESTS = Counter(
    "revrec_requests", "Requests answered, by operation and status.", ["operation", "status"]
)
DURATION = Histogram(
    "revrec_request_seconds",
    "Seconds from a request's first byte to the end of its answer.",
    ["operation"],
    buckets=(0.005, 0.025, 0.1, 0.5, 2, 10, 60, 300),
)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_CLIENT_LEFT = 499
_SAFE = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
"""What browsers and caches must not do with an answer, unless a route says otherwise."""
_log = structlog.get_logger("revrec.api")


class Observed:
    """Gives each request an id, answers what nobody caught, writes the request's one line.

    The line has the route's template and never the path, a body or an amount: ids of contracts
    and customers stay out of the log.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = _request_id(scope)
        started, status, headers = time.perf_counter(), 0, MutableHeaders()

        async def send_marked(message: Message) -> None:
            nonlocal status, headers
            if message["type"] == "http.response.start":
                status, headers = message["status"], MutableHeaders(scope=message)
                headers["X-Request-ID"] = state["request_id"]
                for name, value in _SAFE.items():
                    headers.setdefault(name, value)
                headers.update(state.get("headers", {}))
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=state["request_id"]):
            try:
                await self._app(scope, receive, send_marked)
            except ClientDisconnect:
                status = _CLIENT_LEFT
            except Exception:
                # The last resort: whatever it is, the client gets a problem and the log the trace.
                _log.exception("unexpected error")
                state["problem"] = InternalError.code
                if status:
                    raise
                answer = problem(
                    InternalError(
                        "The service failed in a way it does not know.",
                        remedy="Report the request id; repeat with the same Idempotency-Key.",
                    ),
                    request_id=state["request_id"],
                )
                await answer(scope, receive, send_marked)
            finally:
                replayed = "idempotency-replayed" in headers
                _tell(scope, status, time.perf_counter() - started, replayed=replayed)


def say(request: Request, headers: Mapping[str, str]) -> None:
    """Have the request's answer, whatever it will be, say something in its headers."""
    request.scope["state"].setdefault("headers", {}).update(headers)


def _tell(scope: Scope, status: int, seconds: float, *, replayed: bool) -> None:
    route, state = scope.get("route"), scope["state"]
    operation = getattr(route, "operation_id", None) or getattr(route, "name", None) or "none"
    REQUESTS.labels(operation, str(status)).inc()
    DURATION.labels(operation).observe(seconds)
    _log.info(
        "request",
        method=scope["method"],
        route=getattr(route, "path", None),
        operation=operation,
        status=status,
        milliseconds=round(seconds * 1000),
        actor=state.get("actor"),
        problem=state.get("problem"),
        replayed=replayed,
    )


def _request_id(scope: Scope) -> str:
    """The caller's id if it is harmless, else one of our own."""
    given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
