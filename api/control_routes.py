"""The routes of what was taken in: control totals, the rules that judged, what is unlikely."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import AwareDatetime

from api import control_schemas as schemas
from api.access import Books
from api.etags import TAGGED
from api.listing import LISTED, REFUSED, FirstDay, LastDay, Listed, OfContract
from api.routing import EVERY, refusals, router
from api.schemas import page_of
from revrec.operations.rating import unlikely_usage
from revrec.store.transaction import Transaction
from revrec.usage import control
from revrec.usage.rules import RULES, RULES_VERSION


@router.get(
    "/usage/batches",
    tags=["usage"],
    operation_id="list_batches",
    summary="List batches of usage",
    response_model=page_of(schemas.BatchTold),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_batches(
    asked: Listed,
    since: Annotated[
        AwareDatetime | None,
        Query(description="Recorded then or later.", examples=["2026-01-31T00:00:00Z"]),
    ] = None,
) -> Response:
    """Batches, latest first, each with its control totals."""

    def read(tx: Transaction, after: int, limit: int) -> list[control.BatchListed]:
        return control.list_batches(
            tx, since=since, known_at=asked.known_at, after=after, limit=limit
        )

    return asked.numbered(schemas.BatchTold, read, schemas.BatchTold.of)


@router.get(
    "/usage/batches/{batch}",
    tags=["usage"],
    operation_id="get_batch",
    summary="Read a batch's control totals",
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_batch(
    batch: Annotated[str, Path(min_length=1, max_length=200, examples=["usage-2026-01"])],
    books: Books,
) -> schemas.BatchByDay:
    """The control totals of one batch, by usage day too."""
    found = books.run(partial(control.batch_of, batch=batch), read_only=True)
    return schemas.BatchByDay.by_day(found)


@router.get(
    "/usage/days",
    tags=["usage"],
    operation_id="list_usage_days",
    summary="Control totals by day",
    response_model=page_of(schemas.DayTold),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_usage_days(
    books: Books, asked: Listed, first: FirstDay = None, last: LastDay = None
) -> Response:
    """Usage days over all batches: received = accepted + duplicate + quarantined, each day."""
    read = partial(control.list_days, first=first, last=last, known_at=asked.known_at)
    found = books.run(read, read_only=True)
    return asked.whole(schemas.DayTold, [schemas.DayTold.of(each) for each in found])


@router.get(
    "/usage/rules",
    tags=["usage"],
    operation_id="list_rules",
    summary="List the rules of usage",
    responses=refusals(*EVERY),
)
def list_rules(_: Books) -> schemas.RulesListed:
    """The rules a row must keep, in order; a row is set aside for the first one it breaks."""
    return schemas.RulesListed(
        rules=RULES_VERSION, listed=[schemas.RuleOfUsage.of(rule) for rule in RULES]
    )


@router.get(
    "/usage/flags",
    tags=["usage"],
    operation_id="list_flags",
    summary="List unlikely usage",
    response_model=page_of(schemas.UnlikelyUsage),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_flags(
    books: Books,
    asked: Listed,
    as_of: Annotated[
        date | None,
        Query(
            description="The last day looked at; yesterday if left out.", examples=["2026-01-31"]
        ),
    ] = None,
    contract: OfContract = None,
) -> Response:
    """Usage unlikely for its own history, by what the policy elects; a flag blocks nothing."""
    found = [
        schemas.UnlikelyUsage.of(each)
        for each in unlikely_usage(books, as_of=as_of, known_at=asked.known_at)
        if contract in {None, each.contract}
    ]
    return asked.whole(schemas.UnlikelyUsage, found)
