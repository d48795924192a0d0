"""Entity tags: what a client read of a resource, and that it has not changed since (RFC 9110, 8.8).

A tag is a digest of the resource as it is told. A write that names one in `If-Match` takes effect
on that state and on no other: it is compared in the transaction of the write.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from api.deprecation import Dated
from api.problems import PreconditionFailed, PreconditionRequired
from api.schemas import Wire

TAGGED: Mapping[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "ETag": {
                "description": "Names the state of the resource, for If-Match and If-None-Match.",
                "schema": {"type": "string"},
            }
        }
    },
    304: {"description": "The resource is as the caller has it."},
}
"""Responses of a route that tells one resource."""
PRECONDITIONS = ("precondition-failed", "precondition-required")
"""Problems of a route that changes one."""
_OK = 200


class Tagged(Dated):
    """A route that names the resource it tells by its ETag, if its responses say so."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler, with the tag and its comparison."""
        handle = super().get_route_handler()
        if self.responses.get(304) != TAGGED[304]:
            return handle

        async def tagged(request: Request) -> Response:
            response = await handle(request)
            if response.status_code != _OK:
                return response
            tag = _tag(json.loads(bytes(response.body)))
            response.headers["ETag"] = tag
            if names(request.headers.get("If-None-Match", ""), tag):
                return Response(status_code=304, headers={"ETag": tag})
            return response

        return tagged


class Match:
    """What the client says in `If-Match` about the resource it is going to change."""

    def __init__(
        self,
        request: Request,
        if_match: Annotated[
            str | None,
            Header(
                max_length=1000,
                description="ETag of the resource as the caller read it; 412 if it changed since.",
            ),
        ] = None,
    ) -> None:
        self._given = if_match
        if if_match is None and request.app.state.if_match_required:
            raise PreconditionRequired(
                "The request changes a resource and says nothing about its state.",
                remedy="Read it, then send its ETag as If-Match.",
            )

    def check(self, current: Callable[[], Wire | None]) -> None:
        """PreconditionFailed if the resource, None for none, is not as the client says."""
        if self._given is None:
            return
        told = current()
        tag = None if told is None else _tag(told.model_dump(mode="json"))
        if tag is None or not names(self._given, tag):
            raise PreconditionFailed(
                "The resource is not there yet."
                if tag is None
                else f"The resource changed since it was read; it is {tag} now.",
                remedy="Read it again, and decide whether the change is still wanted.",
            )


IfMatch = Annotated[Match, Depends(Match)]


def _tag(told: object) -> str:
    """The tag of a resource, whatever order its fields are in."""
    plain = json.dumps(told, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f'"{hashlib.sha256(plain.encode()).hexdigest()[:32]}"'


def names(header: str, tag: str) -> bool:
    """Whether a header's list of tags has this one; `*` has every one."""
    told = {each.strip().removeprefix("W/") for each in header.split(",")}
    return tag in told or "*" in told
