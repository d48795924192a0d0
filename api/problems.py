"""Errors on the wire: RFC 9457 problems, one table from code to status and meaning.

The meaning of the errors the core raises comes from the tree drawn in ``revrec.errors``, that of
the web's own from their docstrings here. ``/problems/CODE`` shows each.
"""

from __future__ import annotations

import html
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from revrec import errors
from revrec.errors import RevrecError

_log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"

_STATUS: Mapping[type[RevrecError], int] = {
    errors.NotFound: 404,
    errors.FeedError: 422,
    errors.ContractError: 422,
    errors.Unauthorised: 401,
    errors.AccessError: 403,
    errors.ApprovalError: 403,
    errors.PeriodError: 409,
    errors.Conflict: 409,
    errors.StoreError: 503,
    errors.ReportError: 422,
    errors.LedgerBroken: 500,
}
"""The first class of an error's line of descent that is listed gives its status."""


class WebError(RevrecError):
    """A request that HTTP itself, not accounting, refuses."""

    code = "web-error"
    status: ClassVar[int] = 400


class MalformedRequest(WebError):
    """A header, parameter or field is missing, unknown or not of its form; `errors` names each."""

    code = "malformed-request"
    status = 422


class MissingIdempotencyKey(WebError):
    """A request that writes needs an Idempotency-Key of 1 to 64 printable characters."""

    code = "missing-idempotency-key"


class MethodNotAllowed(WebError):
    """The path exists, the method does not; `Allow` lists those that do."""

    code = "method-not-allowed"
    status = 405


class NotAcceptable(WebError):
    """The answer is not to be had in any form that `Accept` names."""

    code = "not-acceptable"
    status = 406


class PayloadTooLarge(WebError):
    """The body is larger than the service takes; send it in parts."""

    code = "payload-too-large"
    status = 413


class UnsupportedMediaType(WebError):
    """The body's Content-Type is not one the route takes."""

    code = "unsupported-media-type"
    status = 415


class PreconditionFailed(WebError):
    """The resource changed since the caller read it; `If-Match` names another state of it."""

    code = "precondition-failed"
    status = 412


class PreconditionRequired(WebError):
    """The service takes a change only with the `If-Match` of what was read."""

    code = "precondition-required"
    status = 428


class TooManyRequests(WebError):
    """The caller made more requests than the service takes; `Retry-After` says how long to wait."""

    code = "too-many-requests"
    status = 429


class InternalError(WebError):
    """A bug of the service; its log has the details under the request id."""

    code = "internal-error"
    status = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of problem."""

    code: str
    status: int
    meaning: str

    @property
    def title(self) -> str:
        """The code in words."""
        return self.code.replace("-", " ").capitalize()


def _kinds(root: type[RevrecError]) -> Iterator[Kind]:
    """The kinds of a class and its descendants."""
    drawn = re.search(rf"^ +{root.__name__} {{2,}}(\S.*)$", errors.__doc__ or "", re.MULTILINE)
    meaning = drawn[1] if drawn else inspect.cleandoc(root.__doc__ or "").partition("\n")[0]
    yield Kind(code=root.code, status=status_of(root), meaning=meaning)
    for child in root.__subclasses__():
        yield from _kinds(child)


def status_of(kind: type[RevrecError]) -> int:
    """HTTP status of a deliberate error."""
    if issubclass(kind, WebError):
        return kind.status
    return next((_STATUS[each] for each in kind.__mro__ if each in _STATUS), 500)


TABLE: Mapping[str, Kind] = {
    kind.code: kind
    for root in RevrecError.__subclasses__()
    if root.__module__ in {errors.__name__, __name__}
    for kind in _kinds(root)
}
"""Every problem by its code."""

_OF_FRAMEWORK: Mapping[int, type[RevrecError]] = {
    400: MalformedRequest,
    404: errors.NotFound,
    405: MethodNotAllowed,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
}
_SHOWN = ("errors", "blockers", "certificate")
"""Attributes of an error that its problem shows."""


def problem(error: RevrecError, *, request_id: str) -> JSONResponse:
    """An error as a problem document."""
    kind = TABLE[error.code]
    body: dict[str, object] = {
        "type": f"/problems/{kind.code}",
        "title": kind.title,
        "status": kind.status,
        "detail": error.message,
        "code": kind.code,
        "request_id": request_id,
    }
    extensions = {"remedy": error.remedy, "citation": error.citation} | {
        name: error.attributes.get(name) for name in _SHOWN
    }
    body |= {name: value for name, value in extensions.items() if value}
    headers = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}.get(kind.status, {})
    if "retry_after" in error.attributes:
        headers = {"Retry-After": str(error.attributes["retry_after"])}
    return JSONResponse(body, status_code=kind.status, media_type=MEDIA_TYPE, headers=headers)


def page(code: str) -> str:
    """The page a problem's `type` leads to; NotFound for a code there is not."""
    kind = TABLE.get(code)
    if kind is None:
        raise errors.NotFound(f"There is no problem {code}.", remedy="See /problems/.")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{kind.title}</title><h1>{kind.title}</h1>"
        f"<p>{html.escape(kind.meaning)}</p><p>HTTP status {kind.status}, code "
        f"<code>{kind.code}</code>. <code>detail</code> of the problem has the values, "
        "<code>remedy</code> what to do.</p></html>"
    )


def contents() -> str:
    """The page that lists every problem."""
    rows = "".join(
        f'<li><a href="/problems/{kind.code}">{kind.code}</a> ({kind.status}): '
        f"{html.escape(kind.meaning)}</li>"
        for kind in sorted(TABLE.values(), key=lambda kind: (kind.status, kind.code))
    )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Problems</title>'
        f"<h1>Problems</h1><ul>{rows}</ul></html>"
    )


def install(app: FastAPI) -> None:
    """Answer every error as a problem, the framework's own included."""

    def told(request: Request, error: RevrecError) -> JSONResponse:
        request.state.problem = error.code
        return problem(error, request_id=request.state.request_id)

    @app.exception_handler(RevrecError)
    async def _deliberate(request: Request, error: RevrecError) -> JSONResponse:
        if isinstance(error, errors.LedgerBroken):
            _log.critical("ledger broken", code=error.code, detail=error.message)
        return told(request, error)

    @app.exception_handler(RequestValidationError)
    async def _malformed(request: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"pointer": "/" + "/".join(map(str, each["loc"])), "message": each["msg"]}
            for each in error.errors()
        ]
        if any(each["pointer"].lower() == "/header/idempotency-key" for each in found):
            return told(
                request,
                MissingIdempotencyKey(
                    "A request that writes needs an Idempotency-Key header.",
                    remedy="Choose 1 to 64 printable ASCII characters; repeat them on retries.",
                    errors=found,
                ),
            )
        places = ", ".join(each["pointer"] for each in found)
        return told(request, MalformedRequest(f"Does not fit: {places}.", errors=found))

    @app.exception_handler(HTTPException)
    async def _framework(request: Request, error: HTTPException) -> JSONResponse:
        kind = _OF_FRAMEWORK.get(error.status_code, InternalError)
        answer = told(request, kind(f"{request.method} {request.url.path}: {error.detail}."))
        answer.headers.update(error.headers or {})
        if kind is MethodNotAllowed:
            answer.headers["Allow"] = ", ".join(_methods(request, app.router.routes))
        return answer


def _methods(request: Request, routes: list[BaseRoute]) -> list[str]:
    """Every method of the path; the framework names those of the first route only."""
    return sorted(
        method
        for route in routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in getattr(route, "methods", None) or ()
    )
