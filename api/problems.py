"""Errors on the wire: RFC 9457 problems, one table from error to status."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from revrec import errors

_log = structlog.get_logger()

STATUS: Mapping[type[errors.RevrecError], int] = {
    errors.NotFound: 404,
    errors.FeedError: 422,
    errors.ContractError: 422,
    errors.SelfApproval: 403,
    errors.ApprovalError: 403,
    errors.IdempotencyMismatch: 422,
    errors.PeriodError: 409,
    errors.Conflict: 409,
    errors.StoreError: 503,
    errors.LedgerBroken: 500,
}
"""The first class of an error's line of descent that is listed gives its status."""


class Unauthorised(errors.RevrecError):
    """No key, or one that is not known."""

    code = "unauthorised"


def status_of(error: errors.RevrecError) -> int:
    """HTTP status of a deliberate error."""
    if isinstance(error, Unauthorised):
        return 401
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def problem(status: int, code: str, detail: str, **extensions: object) -> JSONResponse:
    """A problem document."""
    body = {
        "type": f"/problems/{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
    } | {name: value for name, value in extensions.items() if value}
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None  # noqa: PLR2004  RFC 9110
    return JSONResponse(
        body, status_code=status, media_type="application/problem+json", headers=headers
    )


def install(app: FastAPI) -> None:
    """Answer every error as a problem, the framework's own included."""

    @app.exception_handler(errors.RevrecError)
    def _deliberate(_: Request, error: errors.RevrecError) -> JSONResponse:
        status = status_of(error)
        if isinstance(error, errors.LedgerBroken):
            _log.critical("ledger broken", code=error.code, detail=error.message)
        return problem(
            status,
            error.code,
            error.message,
            remedy=error.remedy,
            citation=error.citation,
            errors=error.attributes.get("errors") or error.attributes.get("blockers"),
        )

    @app.exception_handler(RequestValidationError)
    def _malformed(_: Request, error: RequestValidationError) -> JSONResponse:
        found = [
            {"pointer": "/" + "/".join(map(str, each["loc"])), "message": each["msg"]}
            for each in error.errors()
        ]
        return problem(422, "malformed-request", "The request does not fit.", errors=found)

    @app.exception_handler(HTTPException)
    def _framework(_: Request, error: HTTPException) -> JSONResponse:
        code = str(error.detail).lower().replace(" ", "-")
        answer = problem(error.status_code, code, str(error.detail))
        answer.headers.update(error.headers or {})
        return answer
