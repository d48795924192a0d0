"""What both clients share: requests built, answers taken in, and whether to try again.

Sending and sleeping are theirs; everything that decides is here and does neither.
"""

from __future__ import annotations

import hashlib
import secrets
import ssl
from base64 import b64encode
from collections.abc import AsyncIterable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

import httpx
from pydantic_core import to_json

from revrec.client.calls import JSON, Answer, Call, Downloaded
from revrec.client.errors import (
    CannotReach,
    DamagedDownload,
    JobFailed,
    Unchanged,
    WaitedTooLong,
    refusal,
)
from revrec.client.jobs import Job

T = TypeVar("T")

BLOCK = 1 << 16
"""Bytes of a file that are in memory at a time."""
TIMEOUT = httpx.Timeout(600.0, connect=10.0)
"""A close of large books is answered when it is done."""
Content = Iterable[bytes] | AsyncIterable[bytes] | None
_AGAIN = frozenset({429, 502, 503, 504})
"""Answers after which the same request may be sent again."""
_NOT_MODIFIED = 304
_CONFLICT = 409
"""One too, if it says when: the same request is being worked on."""


@cache
def trusted() -> ssl.SSLContext:
    """Whose certificates clients trust: read once, which takes longer than a request does."""
    return httpx.create_ssl_context()


def identity(key: str, entity: int | None) -> dict[str, str]:
    """The headers of everything that is sent: who asks, and of which entity."""
    asked = {} if entity is None else {"Revrec-Entity": str(entity)}
    return {"Authorization": f"Bearer {key}", **asked}


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """How often a request is sent, and how long is waited in between."""

    attempts_max: int = 7
    pause_seconds: float = 0.25
    """Before the second attempt; it doubles, and is shortened by up to a half at random."""
    pause_seconds_max: float = 8.0
    asked_seconds_max: float = 120.0
    """Longest ``Retry-After`` that is waited for; beyond it the refusal is raised at once."""


class Attempts:
    """The attempts at one call, which have one Idempotency-Key."""

    def __init__(self, call: Call[Any], retrying: Retrying) -> None:
        self._retrying = retrying
        self._made = 0
        self.headers = {"Accept": JSON, **call.headers}
        if call.writes:
            self.headers.setdefault("Idempotency-Key", secrets.token_hex(16))
        if call.body is not None:
            self.headers["Content-Type"] = JSON
        if call.file is not None:
            self.headers.setdefault("Content-Type", "application/octet-stream")
            self.headers["Content-Length"] = str(call.file.stat().st_size)
        self._call = call

    def request(self, http: httpx.Client | httpx.AsyncClient, content: Content) -> httpx.Request:
        """The request of the next attempt; ``content`` is that of the call's file, if it has one.

        The URL of a next page has its parameters in it.
        """
        body = content if self._call.body is None else to_json(self._call.body)
        return http.build_request(
            self._call.method,
            self._call.path,
            params=self._call.parameters() or None,
            headers=self.headers,
            content=body,
        )

    def after_answer(self, response: httpx.Response, content: bytes) -> float | None:
        """Seconds to wait before the next attempt; None if it was the answer.

        Raises Refused when there is no use in another, Unchanged when there is nothing new.
        """
        if response.is_success:
            return None
        self._made += 1
        status, asked = response.status_code, _retry_after(response)
        if status == _NOT_MODIFIED:
            raise Unchanged(f"{self._call.path} is as it was read.")
        again = status in _AGAIN or (status == _CONFLICT and asked is not None)
        too_long = asked is not None and asked > self._retrying.asked_seconds_max
        if not again or too_long or self._made >= self._retrying.attempts_max:
            raise refusal(response, content)
        return max(self._pause(), asked or 0)

    def after_failure(self, error: httpx.TransportError) -> float:
        """Seconds to wait before the next attempt; raises CannotReach after the last."""
        self._made += 1
        if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
            raise error
        if self._made >= self._retrying.attempts_max:
            key = self.headers.get("Idempotency-Key")
            raise CannotReach(
                f"No answer to {self._call.method} {self._call.path} after {self._made} attempts: "
                f"{str(error) or type(error).__name__}."
                + (f" Ask again with the key {key}: it counts once." if key else ""),
                key=key,
            ) from error
        return self._pause()

    def _pause(self) -> float:
        most = self._retrying.pause_seconds_max
        pause = min(self._retrying.pause_seconds * 2 ** (self._made - 1), most)
        shortened: float = pause * (1 + secrets.SystemRandom().random()) / 2
        return shortened


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds the service asks to wait; a date in the header is not understood and left out."""
    told: str = response.headers.get("Retry-After", "").strip()
    return int(told) if told.isascii() and told.isdigit() else None


class Received(Generic[T]):
    """An answer as it arrives: in memory, or into a file that is there only once it is whole."""

    def __init__(self, call: Call[T], response: httpx.Response) -> None:
        self._call = call
        self._response = response
        self._digest = hashlib.sha256()
        self._size = 0
        self._content = bytearray()
        saves = call.save_as is not None and response.is_success
        self._part = call.save_as.with_name(f"{call.save_as.name}.part") if saves else None  # type: ignore[union-attr]
        self._file = self._part.open("wb") if self._part else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None and self._part is not None:
            self._file.close()
            with suppress(FileNotFoundError):
                self._part.unlink()

    def write(self, block: bytes) -> None:
        """Take in the next bytes."""
        if self._file is None:
            self._content += block
            return
        self._digest.update(block)
        self._size += len(block)
        self._file.write(block)

    @property
    def content(self) -> bytes:
        """What is in memory."""
        return bytes(self._content)

    def answer(self) -> Answer[T]:
        """The answer, read or saved; raises DamagedDownload."""
        headers = self._response.headers
        return Answer(
            value=self._call.read(self.content) if self._file is None else self._saved(),
            etag=headers.get("ETag"),
            request_id=headers.get("X-Request-ID", ""),
            replayed="Idempotency-Replayed" in headers,
            following=self._response.links.get("next", {}).get("url"),
        )

    def _saved(self) -> T:
        path, part, file = self._call.save_as, self._part, self._file
        assert path is not None
        assert part is not None
        assert file is not None
        file.close()
        told = self._response.headers.get("Repr-Digest", "")
        found = f"sha-256=:{b64encode(self._digest.digest()).decode()}:"
        if told.startswith("sha-256=") and told != found:
            raise DamagedDownload(f"{path.name} arrived as {found}, the service sent {told}.")
        wanted, sha256 = self._call.sha256, self._digest.hexdigest()
        if wanted is not None and wanted != sha256:
            raise DamagedDownload(f"{path.name} arrived as {sha256}, {wanted} was recorded.")
        part.replace(path)
        saved = Downloaded(path=path, sha256=sha256, bytes=self._size)
        return cast("T", saved)


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file, a block at a time."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block


class Waiting:
    """A wait for a job: how long until it is looked at again."""

    def __init__(self, job: str, seconds_max: float) -> None:
        self._job = job
        self._left = seconds_max
        self._pause = 0.1

    def pause(self, job: Job) -> float | None:
        """Seconds until the next look; None if it is done. Raises JobFailed, WaitedTooLong."""
        if job.state == "done":
            return None
        if job.is_ended:
            told = job.error or {}
            raise JobFailed(
                f"{job.id} ({job.kind}) {job.state}: {told.get('message', job.step)}",
                job=job.id,
                code=str(told.get("code", job.state)),
                remedy=str(told.get("remedy", "")),
            )
        if self._left <= 0:
            raise WaitedTooLong(f"{job.id} ({job.kind}) is {job.state}: {job.step}. It goes on.")
        pause = min(self._pause, self._left)
        self._left -= pause
        self._pause = min(self._pause * 1.5, 5.0)
        return pause
