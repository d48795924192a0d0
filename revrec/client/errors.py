"""What goes wrong between a program and the service.

::

    ClientError
      CannotReach          no answer after every attempt; it may have happened or not
      WaitedTooLong        the work in the background goes on, the wait for it ended
      JobFailed            the work in the background failed or was cancelled
      DamagedDownload      what arrived is not what the service hashed; no file was written
      Unchanged            304: it is as it was read; ``fresh`` gives None instead
      Refused              the service answered with a problem (RFC 9457)
        Unauthorised       401: the key is missing, unknown or ended
        Forbidden          403: whoever the key belongs to may not, or another person has to agree
        NotFound           404
        Conflicting        409: the state of the books does not allow it
        Changed            412, 428: it changed since it was read, or the call does not say what was
        Invalid            400, 413, 415, 422: the request itself is wrong; ``errors`` names fields
        TooMany            429: slower
        Failed             500 and above: the service cannot, or not now
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


class ClientError(Exception):
    """Base of all errors of the client."""


class CannotReach(ClientError):
    """No answer came; ``key`` repeats the same request, which then counts once."""

    def __init__(self, message: str, *, key: str | None) -> None:
        super().__init__(message)
        self.key = key


class WaitedTooLong(ClientError):
    """A wait ended before what was waited for."""


class DamagedDownload(ClientError):
    """A file arrived with another hash than the service gave."""


class Unchanged(ClientError):
    """The answer is the one with the ETag that was sent along."""


class JobFailed(ClientError):
    """Work in the background did not come to its end."""

    def __init__(self, message: str, *, job: str, code: str, remedy: str) -> None:
        super().__init__(message)
        self.job = job
        self.code = code
        self.remedy = remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """What is wrong with one field of a request."""

    pointer: str
    """Part of the request and path to the field, such as ``/body/approved_by``."""
    message: str

    @property
    def field(self) -> str:
        """The path without the part of the request."""
        return self.pointer.strip("/").partition("/")[2]


class Refused(ClientError):
    """The service refused; ``code`` is stable, ``remedy`` says what to do."""

    def __init__(self, response: httpx.Response, problem: Mapping[str, Any]) -> None:
        self.status = response.status_code
        self.code = str(problem.get("code") or f"http-{self.status}")
        self.detail = str(problem.get("detail") or response.reason_phrase)
        self.remedy = str(problem.get("remedy") or "")
        self.citation: str | None = problem.get("citation")
        """The paragraph of the codification it rests on, where one applies."""
        self.request_id = str(problem.get("request_id") or response.headers.get("X-Request-ID", ""))
        self.errors = tuple(
            FieldError(pointer=str(each.get("pointer", "")), message=str(each.get("message", "")))
            for each in problem.get("errors") or ()
        )
        self.blockers: tuple[str, ...] = tuple(problem.get("blockers") or ())
        """What has to be put right before a period can be closed."""
        self.problem = problem
        """Everything that was answered."""
        super().__init__(" ".join(filter(None, (self.detail, self.remedy))))

    @property
    def field(self) -> str:
        """The first field that does not fit; nothing if it is not about a field."""
        return self.errors[0].field if self.errors else ""


class Unauthorised(Refused):
    """The key is missing, unknown or ended."""


class Forbidden(Refused):
    """Whoever the key belongs to may not, or another person has to agree first."""


class NotFound(Refused):
    """Nothing is known under that name."""


class Conflicting(Refused):
    """The state of the books does not allow it."""


class Changed(Refused):
    """It changed since it was read, or the request does not say what was read."""


class Invalid(Refused):
    """The request itself is wrong."""


class TooMany(Refused):
    """Too many requests, also after waiting as the service asked."""


class Failed(Refused):
    """The service cannot do it, or not now."""


_BY_STATUS: Mapping[int, type[Refused]] = {
    400: Invalid,
    401: Unauthorised,
    403: Forbidden,
    404: NotFound,
    409: Conflicting,
    412: Changed,
    413: Invalid,
    415: Invalid,
    422: Invalid,
    428: Changed,
    429: TooMany,
}


def refusal(response: httpx.Response, content: bytes) -> Refused:
    """The error of an answer; one that is no problem document, as of a proxy, has its status."""
    kind = _BY_STATUS.get(response.status_code, Failed if response.is_server_error else Refused)
    read = httpx.Response(response.status_code, content=content)
    try:
        problem = read.json()
    except ValueError:
        problem = None
    return kind(response, problem if isinstance(problem, dict) else {})
