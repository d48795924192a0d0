"""Request bodies: JSON in which numbers are exact, and files that never are in memory."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.access import Books, Key
from api.problems import UnsupportedMediaType
from revrec.errors import FeedError, StoreError
from revrec.feeds.documents import lines_of, read_json
from revrec.model.fact import digest_of

NDJSON = "application/x-ndjson"
RECORDS_MAX = 10_000
"""Most records of one request ..."""
LINES_MAX = 100_000
"""... and of one whose body is NDJSON."""
UPLOADS = ("/v1/usage/batches", "/v1/usage/counts")
"""The paths whose bodies are files."""


class Bounded:
    """Refuses a body beyond the limit of its path as soon as it is known to be, with 413."""

    def __init__(self, app: ASGIApp, *, bytes_max: int, by_path: Mapping[str, int]) -> None:
        self._app = app
        self._bytes_max = bytes_max
        self._by_path = by_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection of the server."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        bytes_max = self._by_path.get(scope["path"], self._bytes_max)
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        arrived = 0

        async def bounded() -> Message:
            nonlocal arrived
            message: Message = {} if _beyond(declared, bytes_max) else await receive()
            arrived += len(message.get("body", b""))
            if not message or arrived > bytes_max:
                # The framework lets its own kind of error through while it reads a body.
                raise HTTPException(413, f"a body has at most {bytes_max:,} bytes")
            return message

        await self._app(scope, bounded, send)


def _beyond(declared: bytes, bytes_max: int) -> bool:
    return declared.isdigit() and int(declared[:20]) > bytes_max


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Records as sent, decimals as text, with a digest that spaces and order of fields leave."""

    records: list[object]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file on disk, for the time of the request."""

    path: Path
    name: str
    digest: str


async def raw_json(request: Request, _: Books) -> bytes:
    """The body, if it says it is JSON; the application bounds its size."""
    _require_type(request, ("application/json",))
    return await request.body()


def _require_type(request: Request, wanted: Sequence[str]) -> str:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in wanted:
        raise UnsupportedMediaType(
            f"The body is {media_type or 'of no type'}.", remedy=f"Send {' or '.join(wanted)}."
        )
    return media_type


def _plain(raw: bytes) -> object:
    """Plain values of a body; a number becomes the text it was written as, never a float."""
    try:
        return read_json(raw.decode("utf-8"), "body")
    except UnicodeError as error:
        raise _not_text(error) from error


def _not_text(error: UnicodeError) -> FeedError:
    return FeedError(
        f"The body is not UTF-8 text: {error.reason if hasattr(error, 'reason') else error}.",
        remedy="Send UTF-8 without lone surrogates.",
    )


def document(raw: Annotated[bytes, Depends(raw_json)]) -> object:
    """The body as plain values, numbers as the text they were written as."""
    return _plain(raw)


async def told(request: Request, _: Books) -> Told:
    """Records of the body; a number becomes the text it was written as, never a float.

    As NDJSON, a line that is no JSON is one record that is refused, and stops no other.
    """
    media_type = _require_type(request, ("application/json", NDJSON))
    raw = await request.body()
    return await run_in_threadpool(_of_lines if media_type == NDJSON else _of_list, raw)


def _of_list(raw: bytes) -> Told:
    records = _plain(raw)
    if not isinstance(records, list):
        raise FeedError(
            f"The body is {type(records).__name__}, not a list of records.",
            remedy="Send [{...}, {...}].",
        )
    try:
        digest = digest_of(records)
    except UnicodeError as error:
        raise _not_text(error) from error
    return _bounded(Told(records=records, digest=digest), RECORDS_MAX)


def _of_lines(raw: bytes) -> Told:
    records = [record for _, record in lines_of(raw)]
    return _bounded(Told(records=records, digest=hashlib.sha256(raw).hexdigest()), LINES_MAX)


def _bounded(told: Told, most: int) -> Told:
    if len(told.records) > most:
        raise FeedError(
            f"{len(told.records):,} records in one request.",
            remedy=f"Send at most {most:,}, or load a file.",
        )
    return told


async def uploaded(
    request: Request,
    _books: Books,
    _key: Key,
    name: Annotated[
        str,
        Query(
            min_length=1,
            max_length=255,
            pattern=r"^[^\x00-\x1f/\\]+$",
            description="File name; its ending tells CSV from NDJSON.",
            examples=["usage-2026-01.ndjson.gz"],
        ),
    ],
) -> AsyncIterator[Upload]:
    """The body in a temporary file, a chunk in memory at a time.

    It depends on the key, so that nothing is taken in for a request that is refused anyway.
    """
    digest = hashlib.sha256()
    with tempfile.NamedTemporaryFile(prefix="revrec-upload-") as spool:
        try:
            async for chunk in request.stream():
                digest.update(chunk)
                await run_in_threadpool(spool.write, chunk)
            await run_in_threadpool(spool.flush)
        except OSError as error:
            raise StoreError(
                f"The upload cannot be kept: {error.strerror}.",
                remedy="Free space for temporary files, then send it again.",
            ) from error
        yield Upload(path=Path(spool.name), name=name, digest=digest.hexdigest())


Document = Annotated[object, Depends(document)]
Records = Annotated[Told, Depends(told)]
UsageFile = Annotated[Upload, Depends(uploaded, scope="function")]
