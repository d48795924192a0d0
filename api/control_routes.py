"""The routes of what was taken in: control totals, the rules that judged, what is unlikely."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated

from fastapi import Path, Query

from api import control_schemas as schemas
from api.access import Books
from api.etags import TAGGED
from api.routing import EVERY, refusals, router
from revrec.operations.rating import unlikely_usage
from revrec.usage import control
from revrec.usage.rules import RULES, RULES_VERSION


@router.get(
    "/usage/batches",
    tags=["usage"],
    operation_id="list_batches",
    summary="List batches of usage",
    responses=refusals(*EVERY),
)
def list_batches(
    books: Books,
    limit: Annotated[int, Query(ge=1, le=500, description="Most batches.")] = 100,
) -> list[schemas.BatchTold]:
    """The last batches, latest first, each with its control totals."""
    found = books.run(partial(control.list_batches, limit=limit), read_only=True)
    return [schemas.BatchTold.of(each) for each in found]


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
    responses=refusals(*EVERY),
)
def list_usage_days(
    books: Books,
    first: Annotated[date | None, Query(alias="from", examples=["2026-01-01"])] = None,
    last: Annotated[date | None, Query(alias="to", examples=["2026-01-31"])] = None,
) -> list[schemas.DayTold]:
    """Usage days over all batches: received = accepted + duplicate + quarantined, each day."""
    found = books.run(partial(control.list_days, first=first, last=last), read_only=True)
    return [schemas.DayTold.of(each) for each in found]


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
    responses=refusals(*EVERY),
)
def list_flags(
    books: Books,
    as_of: Annotated[date | None, Query(description="Yesterday if left out.")] = None,
) -> list[schemas.UnlikelyUsage]:
    """Usage unlikely for its own history, by what the policy elects; a flag blocks nothing."""
    return [schemas.UnlikelyUsage.of(each) for each in unlikely_usage(books, as_of=as_of)]
