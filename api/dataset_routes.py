"""The routes of data sets: every schedule of closed periods as rows, in the form that is accepted.

What a report shows stands on the certificate of its last period and, for what people still do to
a period that is closed, on the audit log: as long as both stand, so does the answer's ETag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from fastapi import Depends, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from api import dataset_schemas as schemas
from api.access import Books
from api.kept_reports import Reports, Stand, stand_of
from api.routing import EVERY, OfFramework, refusals, router
from api.schemas import PeriodText
from api.tabular import BINARY, FORMS, JSON, Condition, Rows, accepted, among, told
from reports.parquet_twin import rows_of
from reports.stored import Stored
from revrec.errors import Conflict, FeedError, NotFound
from revrec.model.dataset import DataSet
from revrec.model.fact import digest_of
from revrec.operations.report import begun_by
from revrec.periods import Period

DataSets = Mapping[str, Stored]
_CHECKLIST = "close_checklist"
"""Changes with the day, and has a route of its own."""
_REFUSED = (*EVERY, "feed-error", "not-found", "contract-error", "period-not-ready")


class Asked:
    """The report a caller asks for, and the state of the books it is of."""

    def __init__(  # noqa: PLR0917 - parameters of the routes
        self,
        request: Request,
        books: Books,
        period: Annotated[PeriodText, Query(description="The last period; it is closed.")],
        first: Annotated[
            PeriodText | None,
            Query(alias="from", description="The first period; the same if left out."),
        ] = None,
        book: OfFramework = None,
        grain: Annotated[
            Literal["month", "day"], Query(description="`day` adds the reconciliation by day.")
        ] = "month",
    ) -> None:
        self._reports: Reports = request.app.state.reports
        self._books = books
        self.last: Period = books.calendar().parse(period)
        self.first: Period = begun_by(self.last, first)
        if self.first > self.last:
            raise FeedError(f"{self.first} is after {self.last}.", remedy="Ask in order of time.")
        self.stand: Stand = stand_of(books, self.first, self.last, book, by_day=grain == "day")

    @contextmanager
    def datasets(self) -> Iterator[DataSets]:
        """Every table of the report by name, to be read inside."""
        with self._reports.datasets(self._books, self.stand) as found:
            yield {name: each for name, each in found.items() if name != _CHECKLIST}


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Rows of a data set that are asked for."""

    stored: Stored
    conditions: Sequence[Condition]

    def rows(self) -> Rows:
        """All of them, a part at a time, with the types of the whole data set."""
        if not self.conditions:
            return Rows(parts=self.stored.parts(), schema=self.stored.schema())
        choose = partial(among, conditions=self.conditions)
        return Rows(parts=self.stored.chosen(choose), schema=self.stored.schema())

    def page(self, start: int, stop: int) -> tuple[DataSet, int]:
        """Those from one place up to another, and how many there are in all."""
        if not self.conditions:
            return self.stored.page(start, stop), self.stored.count
        rows: list[Sequence[object]] = []
        count = 0
        for part in self.rows().parts:
            rows += part.rows[max(0, start - count) : max(0, stop - count)]
            count += len(part.rows)
        return replace(self.stored.told, rows=rows), count


_Asked = Annotated[Asked, Depends()]
_Where = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,100}=.{0,1000}$")]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": BINARY,
        "headers": {
            "ETag": {
                "description": "Names the answer; see If-None-Match.",
                "schema": {"type": "string"},
            },
            "Link": {
                "description": 'The next page, as `<...>; rel="next"`; absent on the last.',
                "schema": {"type": "string"},
            },
        },
    },
    304: {"description": "What the caller has is what there is."},
}


@router.get(
    "/datasets",
    tags=["reports"],
    operation_id="list_datasets",
    summary="List data sets",
    responses=refusals(*_REFUSED),
)
def list_datasets(asked: _Asked) -> list[schemas.DataSetListed]:
    """The tables of a report on closed periods: what each is of, its columns, how many rows."""
    with asked.datasets() as found:
        return [schemas.DataSetListed.of(each.told, each.count) for each in found.values()]


@router.get(
    "/datasets/{name}",
    tags=["reports"],
    operation_id="get_dataset",
    summary="Read a data set",
    response_model=schemas.DataSetPage,
    responses={**_ANSWERS, **refusals(*_REFUSED, "not-acceptable", "conflict")},
)
def get_dataset(  # noqa: PLR0917 - parameters of the route
    request: Request,
    asked: _Asked,
    name: Annotated[str, Path(max_length=100, examples=["revenue_waterfall"])],
    where: Annotated[
        list[_Where],
        Query(max_length=20, description="Columns and what they hold, as `contract=C-1`."),
    ] = [],  # noqa: B006 - the framework copies it
    cursor: Annotated[str, Query(max_length=100, description="Of the `next` of a page.")] = "",
    limit: Annotated[int, Query(ge=1, le=10_000, description="Rows of a page of JSON.")] = 500,
    if_none_match: Annotated[str | None, Header(description="ETags the caller has.")] = None,
) -> Response:
    """Rows of a schedule, balance, rollforward, disclosure or journal of closed periods.

    By `Accept`: a page of JSON, or all rows as NDJSON, CSV, Arrow IPC or Parquet. Rows have a
    stable order and a stable `row_key`.
    """
    form = accepted(request.headers.get("accept", ""))
    question = digest_of([asked.stand.closed, name, where])
    tag = f'"{digest_of([asked.stand.state, question, form, cursor, limit])}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}
    if if_none_match and tag in if_none_match:
        return Response(status_code=304, headers=headers)
    conditions = [Condition(column=c, value=v) for c, _, v in map(_parted, where)]
    if form != JSON:
        with asked.datasets() as found:
            _chosen(found, name, conditions)  # refused before anything is sent
        content = _streamed(asked, name, conditions, form)
        return StreamingResponse(content, media_type=form, headers=headers)
    start = _place(cursor, question)
    with asked.datasets() as found:
        data, count = _chosen(found, name, conditions).page(start, start + limit)
    if start + limit < count:
        following = {**_plain_query(request), "cursor": f"{question[:32]}.{start + limit}"}
        path = f"{request.url.path}?{urlencode(following, doseq=True)}"
        headers["Link"] = f'<{path}>; rel="next"'
    page = schemas.DataSetPage(
        **schemas.DataSetListed.of(data, count).model_dump(by_alias=True),
        records=[told(data, row) for row in rows_of(data, 0, limit)],
    )
    return Response(page.model_dump_json(), media_type=JSON, headers=headers)


def _streamed(
    asked: Asked, name: str, conditions: Sequence[Condition], form: str
) -> Iterator[bytes]:
    """All rows in a form; their file stays as long as they are sent."""
    with asked.datasets() as found:
        yield from FORMS[form](_chosen(found, name, conditions).rows())


def _chosen(found: DataSets, name: str, conditions: Sequence[Condition]) -> Chosen:
    """Raises NotFound without such a data set, and FeedError without such a column."""
    if name not in found:
        raise NotFound(f"There is no data set {name!r}.", remedy="List them: /v1/datasets.")
    among(found[name].told, conditions)
    return Chosen(stored=found[name], conditions=conditions)


def _parted(text: str) -> tuple[str, str, str]:
    return text.partition("=")


def _plain_query(request: Request) -> dict[str, list[str]]:
    return {key: request.query_params.getlist(key) for key in request.query_params}


def _place(cursor: str, question: str) -> int:
    """How many rows were read before; Conflict if the cursor is of another question or close."""
    if not cursor:
        return 0
    of, _, place = cursor.partition(".")
    if of != question[:32] or not (place.isascii() and place.isdigit()):
        raise Conflict(
            "The cursor is of another question, or the period was closed anew since.",
            remedy="Begin again without it.",
        )
    return int(place)
