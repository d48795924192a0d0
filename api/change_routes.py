"""The routes of change control: what a change would do, and proposing it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response

from api.access import Books, Key, keyed
from api.bodies import Records, Told
from api.change_schemas import ChangeEffect
from api.estimate_schemas import ProposalListed
from api.routing import BODIES, EVERY, WRITES, answer, refusals, router
from api.schemas import PeriodText
from revrec.feeds.records import fact_of
from revrec.model.fact import Fact
from revrec.operations.answering import once
from revrec.operations.changing import PERIODS_AHEAD, effect_of, proposing
from revrec.periods import Period

_OF = ("feed-error", "period-not-ready")
PeriodAsked = Annotated[PeriodText, Query(description="The period to be closed next.")]
Until = Annotated[
    PeriodText | None,
    Query(description=f"Last period of revenue to compare; {PERIODS_AHEAD} on if left out."),
]
Note = Annotated[str, Query(min_length=1, max_length=1000, examples=["New price list."])]


@router.post(
    "/simulations",
    tags=["changes"],
    operation_id="simulate",
    summary="See what records would change",
    responses=refusals(*EVERY, *BODIES, *_OF, "conflict"),
)
def simulate(books: Books, told: Records, period: PeriodAsked, until: Until = None) -> ChangeEffect:
    """Revenue and balances by contract and period, and the entries, before and after the records.

    Everything is computed as a close would; nothing is written.
    """
    first, last = _periods(books, period, until)
    return ChangeEffect.of(effect_of(books, _facts(told), first, last))


@router.post(
    "/changes",
    tags=["changes"],
    operation_id="propose_change",
    summary="Propose records for approval",
    response_model=ProposalListed,
    responses=refusals(*WRITES, *BODIES, *_OF),
)
def propose_change(  # noqa: PLR0917 - parameters of the route
    books: Books, key: Key, told: Records, period: PeriodAsked, note: Note, until: Until = None
) -> Response:
    """Put records to another person, with their effect; they count once they are approved."""
    first, last = _periods(books, period, until)
    facts = _facts(told)
    return answer(
        once(
            books,
            keyed(key, "change", told.digest, period, str(last), note),
            lambda tx: proposing(tx, books.lake, facts, first, last, note=note),
            lambda made: ProposalListed.of(made).model_dump_json(),
        )
    )


def _facts(told: Told) -> list[Fact]:
    return [fact_of(each, f"record {number}") for number, each in enumerate(told.records, start=1)]


def _periods(books: Books, period: str, until: str | None) -> tuple[Period, Period]:
    calendar = books.calendar()
    first = calendar.parse(period)
    return first, calendar.parse(until) if until else first.plus(PERIODS_AHEAD)
