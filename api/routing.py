"""What routes share: where they stand, the problems they may answer with, answers that are kept."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from hashlib import file_digest, sha256
from pathlib import Path as File
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.responses import StreamingResponse
from fastapi.routing import APIRoute
from pydantic import AwareDatetime

from api import schemas
from api.access import Books
from api.etags import Tagged
from api.problems import TABLE, MalformedRequest
from revrec.model.books import Framework
from revrec.operations.answering import Answered
from revrec.periods import Period


async def _only_known(request: Request) -> None:
    """Refuse a parameter that the route has not: a misspelt filter must not be left out."""
    unknown = sorted(set(request.query_params) - _parameters(request.scope["route"]))
    if unknown:
        raise MalformedRequest(
            f"There is no parameter {', '.join(map(ascii, unknown))}.",
            remedy="See the route's description under /docs.",
            errors=[{"pointer": f"/query/{each}", "message": "Unknown"} for each in unknown],
        )


def _parameters(route: APIRoute) -> frozenset[str]:
    told = get_flat_params(route.dependant)
    return frozenset(each.alias for each in told if isinstance(each.field_info, params.Query))


router = APIRouter(prefix="/v1", dependencies=[Depends(_only_known)], route_class=Tagged)
"""Version 1; the modules of routes add theirs."""

EVERY = (
    *("unauthorised", "forbidden", "malformed-request", "too-many-requests"),
    *("internal-error", "store-error"),
)
WRITES = (
    *EVERY,
    *("missing-idempotency-key", "idempotency-mismatch", "request-in-progress"),
    *("conflict", "feed-error"),
)
BODIES = ("payload-too-large", "unsupported-media-type")
Held = Callable[[], AbstractContextManager[File]]
"""Gives a file that stays while it is held; the same each time."""
_BLOCK = 2**20


def _named(
    period: Annotated[schemas.PeriodText, Path(description="A period of the entity's calendar.")],
    books: Books,
) -> Period:
    return books.calendar().parse(period)


PathPeriod = Annotated[Period, Depends(_named)]
"""A period of the path."""


KnownAt = Annotated[
    AwareDatetime | None,
    Query(
        description="A moment with its zone: what was recorded by then counts, all if left out.",
        examples=["2026-04-05T12:00:00Z"],
    ),
]
OfFramework = Annotated[
    Framework | None,
    Query(alias="book", description="The framework the book is kept under; the first book's."),
]


def refusals(*codes: str) -> dict[int | str, dict[str, Any]]:
    """The problems a route may answer with, by status."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in (TABLE[code] for code in sorted(codes)):
        told = f"`{kind.code}`: {kind.meaning}"
        known = found.get(kind.status)
        told = f"{known['description']}\n\n{told}" if known else told
        found[kind.status] = {"model": schemas.Problem, "description": told}
    return found


def saved_as(media_type: str) -> dict[int | str, dict[str, Any]]:
    """The description of a file that is answered with."""
    return {
        200: {
            "content": {media_type: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {
                "Repr-Digest": {
                    "description": "SHA-256 of the file in base 64 (RFC 9530).",
                    "schema": {"type": "string"},
                }
            },
        }
    }


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """A file, with the hash by which whoever saves it knows that it is whole."""
    digest = sha256(content).digest()
    return Response(content, media_type=media_type, headers=_headers_of_file(name, digest))


def sent_file(held: Held, name: str, media_type: str) -> Response:
    """The same of a file that is there while it is held, and is read block by block."""
    with held() as path, path.open("rb") as file:
        digest, size = file_digest(file, "sha256").digest(), path.stat().st_size

    def blocks() -> Iterator[bytes]:
        with held() as path, path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block

    headers = {**_headers_of_file(name, digest), "Content-Length": str(size)}
    return StreamingResponse(blocks(), media_type=media_type, headers=headers)


def _headers_of_file(name: str, digest: bytes) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Repr-Digest": f"sha-256=:{b64encode(digest).decode()}:",
    }


def answer(answered: Answered) -> Response:
    """The kept answer, byte for byte."""
    headers: Mapping[str, str] = {"Idempotency-Replayed": "true"} if answered.replayed else {}
    return Response(answered.body, media_type="application/json", headers=dict(headers))
