"""The routes of one contract: how it is accounted for on a day, and period by period."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query

from api import contract_schemas as schemas
from api.access import Books
from api.etags import TAGGED
from api.routing import EVERY, KnownAt, OfFramework, refusals, router
from api.schemas import Explanation, PeriodText
from revrec.operations import contracts

_REFUSED = (*EVERY, "feed-error", "not-found", "contract-error", "period-not-ready")
_Contract = Annotated[
    str, Path(max_length=200, description="The contract's id.", examples=["C-0001"])
]


@router.get(
    "/contracts/{contract}/explanation",
    tags=["audit"],
    operation_id="explain_contract",
    summary="Explain a contract",
    responses={**TAGGED, **refusals(*_REFUSED)},
)
def explain_contract(
    contract: _Contract,
    as_of: Annotated[date, Query(description="The day.", examples=["2026-03-31"])],
    books: Books,
    book: OfFramework = None,
    known_at: KnownAt = None,
) -> Explanation:
    """How a contract is accounted for on a day, down to facts and paragraphs."""
    told = contracts.explain_contract(books, contract, as_of, framework=book, known_at=known_at)
    return Explanation.of(told)


@router.get(
    "/contracts/{contract}/schedule",
    tags=["contracts"],
    operation_id="get_contract_schedule",
    summary="Read a contract's schedule",
    responses={**TAGGED, **refusals(*_REFUSED)},
)
def get_contract_schedule(
    contract: _Contract,
    books: Books,
    until: Annotated[
        PeriodText | None, Query(description="The last period; that in which the contract ends.")
    ] = None,
    book: OfFramework = None,
    known_at: KnownAt = None,
) -> schemas.ContractSchedule:
    """What each obligation comes to in each period, past and to come, with balances at its end."""
    last = None if until is None else books.calendar().parse(until)
    found = contracts.contract_schedule(
        books, contract, until=last, framework=book, known_at=known_at
    )
    return schemas.ContractSchedule.of(found)
