"""Lists, all in one shape: a page of JSON with a cursor, or all rows in the form accepted."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import chain, islice
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.access import Books
from api.etags import names
from api.flat import rows_of_records
from api.routing import KnownAt
from api.schemas import Page, Wire, page_of
from api.tabular import BINARY, FORMS, JSON, Rows, accepted
from revrec.errors import FeedError
from revrec.model.dataset import DataSet
from revrec.operations.listing import ROWS, Place, beginning
from revrec.store.transaction import Transaction

T = TypeVar("T")
R = TypeVar("R", bound=Wire)

LISTED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of JSON, or every row in another form.",
        "content": BINARY,
        "headers": {
            "Link": {
                "description": 'The next page, as `<...>; rel="next"`; absent on the last.',
                "schema": {"type": "string"},
            },
            "ETag": {
                "description": "Names the page of JSON, for If-None-Match.",
                "schema": {"type": "string"},
            },
        },
    },
    304: {"description": "The page is as the caller has it."},
}
"""Responses of a route that lists."""
REFUSED = ("feed-error", "not-acceptable")
"""Problems of a route that lists."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Asked:
    """The page a caller asks for: what was known at a moment, from a place in it.

    A list goes on in what was known when its first page was read.
    """

    def __init__(
        self,
        request: Request,
        books: Books,
        known_at: KnownAt = None,
        cursor: Annotated[str, Query(max_length=1000, description="Of the `next` of a page.")] = "",
        limit: Annotated[int, Query(ge=1, le=5_000, description="Rows of a page of JSON.")] = 100,
    ) -> None:
        self._request, self._books = request, books
        self._limit = limit
        self._cursor = _place(cursor, request.url.path) if cursor else None
        self._told = known_at
        self._form = accepted(request.headers.get("accept", ""))

    @property
    def known_at(self) -> datetime | None:
        """The moment by which what counts was recorded; None if everything does."""
        if self._cursor is None:
            return self._told
        try:
            return _EPOCH + self._cursor.through * _MICROSECOND
        except OverflowError as error:
            raise _no_cursor(self._cursor.after) from error

    def facts(
        self,
        page: Callable[[Place, int], Sequence[T]],
        shown: Callable[[Sequence[T], str | None], Wire],
        key: Callable[[T], str],
        parts: Callable[[Place], Iterable[DataSet]],
    ) -> Response:
        """What was told, by key: it goes on in the facts that were recorded by the first page."""
        place = self._cursor or beginning(self._books, self._told)
        if self._form != JSON:
            return self._streamed(parts(place))
        found = page(place, self._limit + 1)
        rows, following = found[: self._limit], None
        if len(found) > self._limit:
            following = self._following(place.through, key(rows[-1]))
        return self._page(shown(rows, following), following)

    def numbered(
        self,
        of: type[R],
        read: Callable[[Transaction, int, int], Sequence[T]],
        told: Callable[[T], R],
        *,
        number: Callable[[T], int] | None = None,
        part: int = ROWS,
        rows: tuple[type[Wire], Callable[[T], Iterable[Wire]]] | None = None,
    ) -> Response:
        """What stands in order: ``read`` gives those after a number, at most so many.

        The number of the last one is its place in the list if nothing else is. Other forms than
        JSON read a ``part`` at once, and hold ``rows`` of each, if not the record itself.
        """

        def page(after: int, limit: int) -> Sequence[T]:
            return self._books.run(lambda tx: read(tx, after, limit), read_only=True)

        def last(after: int, found: Sequence[T]) -> int:
            return after + len(found) if number is None else number(found[-1])

        def parts(after: int) -> Iterator[DataSet]:
            kind, rows_of = rows or (of, lambda each: [told(each)])
            while True:
                found = page(after, part)
                yield rows_of_records(kind, [row for each in found for row in rows_of(each)])
                if len(found) < part:
                    return
                after = last(after, found)

        after = self._after()
        if self._form != JSON:
            return self._streamed(parts(after))
        found = page(after, self._limit + 1)
        shown, following = found[: self._limit], None
        if len(found) > self._limit:
            following = self._following(self._moment(), str(last(after, shown)))
        made = page_of(of)
        return self._page(made(records=[told(each) for each in shown], next=following), following)

    def whole(
        self,
        of: type[R],
        records: Iterable[R],
        page: type[Page[R]] | None = None,
        **beside: object,
    ) -> Response:
        """What is found out all at once, in an order that stands for what was known at a moment.

        ``beside`` are the other fields of its ``page``.
        """
        after = self._after()
        if self._form != JSON:
            remaining = islice(records, after, None)
            # A part at least, for its columns.
            first = list(islice(remaining, ROWS))
            rest = iter(lambda: list(islice(remaining, ROWS)), [])
            return self._streamed(rows_of_records(of, each) for each in chain([first], rest))
        found = list(islice(records, after, after + self._limit + 1))
        shown, following = found[: self._limit], None
        if len(found) > self._limit:
            following = self._following(self._moment(), str(after + len(shown)))
        made = page or page_of(of)
        return self._page(made(records=shown, next=following, **beside), following)

    def _after(self) -> int:
        """How far the list was read."""
        if self._cursor is None:
            return 0
        after = self._cursor.after
        if not (after.isascii() and after.isdigit() and int(after) < 2**63):
            raise _no_cursor(after)
        return int(after)

    def _moment(self) -> int:
        """The moment of the first page, in microseconds."""
        at = self.known_at or self._books.run(lambda tx: tx.now, read_only=True)
        return max((at - _EPOCH) // _MICROSECOND, 0)

    def _following(self, through: int, after: str) -> str:
        told = json.dumps([self._request.url.path, through, after]).encode()
        return base64.urlsafe_b64encode(told).decode().rstrip("=")

    def _page(self, page: Wire, following: str | None) -> Response:
        # A cursor names the moment at which it was made, which is no part of what is listed.
        told = page.model_dump(mode="json", exclude={"next"}) | {"next": following is not None}
        tag = f'"{hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]}"'
        headers = {**_HEADERS, "ETag": tag}
        if names(self._request.headers.get("If-None-Match", ""), tag):
            return Response(status_code=304, headers=headers)
        if following is not None:
            asked = self._request.query_params
            query = {name: asked.getlist(name) for name in asked} | {"cursor": [following]}
            path = f"{self._request.url.path}?{urlencode(query, doseq=True)}"
            headers["Link"] = f'<{path}>; rel="next"'
        return Response(page.model_dump_json(), media_type=JSON, headers=headers)

    def _streamed(self, parts: Iterable[DataSet]) -> Response:
        content = FORMS[self._form](Rows(parts=parts))
        return StreamingResponse(content, media_type=self._form, headers=dict(_HEADERS))


_HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Authorization",
}
Listed = Annotated[Asked, Depends()]
"""What a route that lists is asked."""
OfContract = Annotated[
    str | None, Query(max_length=200, description="Those of a contract.", examples=["C-0001"])
]
FirstDay = Annotated[
    date | None,
    Query(alias="from", description="Of this day or later.", examples=["2026-01-01"]),
]
LastDay = Annotated[
    date | None,
    Query(alias="to", description="Of this day or earlier.", examples=["2026-01-31"]),
]


def _place(cursor: str, path: str) -> Place:
    """The place a cursor names in the list of this path; FeedError for what is none."""
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        of, through, after = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error) as error:
        raise _no_cursor(cursor) from error
    if not (isinstance(through, int) and 0 <= through < 2**63 and isinstance(after, str)):
        raise _no_cursor(cursor)
    if of != path or "\x00" in after or not after.isprintable():
        raise _no_cursor(cursor)
    return Place(through=through, after=after)


def _no_cursor(cursor: str) -> FeedError:
    return FeedError(
        f"{cursor!a} is no cursor of this list.",
        remedy="Send the one of the page before, or none.",
    )
