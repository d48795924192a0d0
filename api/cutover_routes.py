"""The routes of a move from another system: parallel runs, and whether a cutover ties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query

from api.access import Books
from api.bodies import Records
from api.cutover_schemas import CutoverTied, ParallelCompared
from api.routing import BODIES, EVERY, KnownAt, PathPeriod, refusals, router
from revrec.errors import FeedError
from revrec.feeds.schedules import schedule_of
from revrec.operations.cutover import tied_cutover
from revrec.operations.parallel import parallel_run

Tolerance = Annotated[int, Query(ge=0, le=10**9, description="Minor units for each figure.")]


@router.post(
    "/parallel-runs",
    tags=["changes"],
    operation_id="run_in_parallel",
    summary="Compare with another system's schedule",
    responses=refusals(*EVERY, *BODIES, "feed-error", "conflict"),
)
def run_in_parallel(books: Books, told: Records, tolerance: Tolerance = 0) -> ParallelCompared:
    """Rows of contract, obligation, period, currency and amounts beside the books.

    A row that cannot be read is refused and stops no other; nothing is written.
    """
    rows = [row for row in told.records if isinstance(row, Mapping)]
    if len(rows) < len(told.records):
        raise FeedError("A row is an object.", remedy="Send [{...}, {...}].")
    schedule = schedule_of(rows, books.calendar(), "body")
    run = parallel_run(books, schedule.schedule, tolerance=tolerance)
    return ParallelCompared.of(run, [each.message for each in schedule.rejections])


@router.get(
    "/periods/{period}/cutover",
    tags=["periods"],
    operation_id="show_cutover",
    summary="See whether a cutover ties",
    responses=refusals(*EVERY, "feed-error", "period-not-ready"),
)
def show_cutover(period: PathPeriod, books: Books, known_at: KnownAt = None) -> CutoverTied:
    """Contracts taken over by the end of a period, beside the other system's balances."""
    return CutoverTied.of(tied_cutover(books, period, known_at=known_at))
