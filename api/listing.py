"""Lists, all in one shape: a page of JSON with a cursor, or all rows in the form accepted."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse

from api.access import Books
from api.routing import KnownAt
from api.schemas import Wire
from api.tabular import BINARY, FORMS, JSON, accepted
from revrec.errors import FeedError
from revrec.model.dataset import DataSet
from revrec.operations.listing import Place, beginning

T = TypeVar("T")

LISTED: dict[int | str, dict[str, Any]] = {
    200: {
        "content": BINARY,
        "headers": {
            "Link": {
                "description": 'The next page, as `<...>; rel="next"`; absent on the last.',
                "schema": {"type": "string"},
            },
        },
    }
}
"""Responses of a route that lists."""
REFUSED = ("feed-error", "not-acceptable")
"""Problems of a route that lists."""


class Asked:
    """The page a caller asks for: what was known at a moment, from a place in it."""

    def __init__(
        self,
        request: Request,
        books: Books,
        known_at: KnownAt = None,
        cursor: Annotated[str, Query(max_length=1000, description="Of the `next` of a page.")] = "",
        limit: Annotated[int, Query(ge=1, le=5_000, description="Rows of a page of JSON.")] = 100,
    ) -> None:
        self._request = request
        self.limit = limit
        self.place = _place(cursor) if cursor else beginning(books, known_at)

    def answer(
        self,
        page: Callable[[Place, int], Sequence[T]],
        shown: Callable[[Sequence[T], str | None], Wire],
        key: Callable[[T], str],
        parts: Callable[[Place], Iterable[DataSet]],
    ) -> Response:
        """A page of JSON, with the way to the next one, or all rows from the place on."""
        form = accepted(self._request.headers.get("accept", ""))
        headers = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
        if form != JSON:
            return StreamingResponse(
                FORMS[form](parts(self.place)), media_type=form, headers=headers
            )
        found = page(self.place, self.limit + 1)
        rows, following = found[: self.limit], None
        if len(found) > self.limit:
            following = _cursor(Place(through=self.place.through, after=key(rows[-1])))
            asked = self._request.query_params
            query = {name: asked.getlist(name) for name in asked} | {"cursor": [following]}
            headers["Link"] = (
                f'<{self._request.url.path}?{urlencode(query, doseq=True)}>; rel="next"'
            )
        body = shown(rows, following).model_dump_json()
        return Response(body, media_type=JSON, headers=headers)


def _cursor(place: Place) -> str:
    told = json.dumps([place.through, place.after]).encode()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def _place(cursor: str) -> Place:
    """The place a cursor names; FeedError for what is none."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        through, after = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise _no_cursor(cursor) from error
    if not (isinstance(through, int) and 0 <= through < 2**63 and isinstance(after, str)):
        raise _no_cursor(cursor)
    if "\x00" in after or not after.isprintable():
        raise _no_cursor(cursor)
    return Place(through=through, after=after)


def _no_cursor(cursor: str) -> FeedError:
    return FeedError(
        f"{cursor!a} is no cursor.", remedy="Send the one of the page before, or none."
    )
