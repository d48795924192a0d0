"""The routes that explain, each of them one subject of the same operation."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import Path, Query
from pydantic import AwareDatetime

from api.access import Books
from api.explanation_schemas import FullExplanation
from api.routing import EVERY, PathPeriod, refusals, router
from api.schemas import PeriodText
from revrec.audit.explanation import Subject
from revrec.disclosure.columns import key_of
from revrec.model.books import Framework
from revrec.operations.explanations import Asked, explain

_FOUND = refusals(*EVERY, "feed-error", "not-found", "contract-error", "period-not-ready")
_Contract = Annotated[str, Path(description="The contract's id.", examples=["C-0001"])]
_Day = Annotated[date, Query(description="The day.", examples=["2026-03-31"])]
_KnownAt = Annotated[
    AwareDatetime | None, Query(description="As known at this moment; now if left out.")
]
_Book = Annotated[
    Framework | None,
    Query(description="The book under this framework; the first if left out."),
]


@router.get(
    "/explanations/postings",
    tags=["audit"],
    operation_id="explain_posting",
    summary="Explain a posting",
    responses=_FOUND,
)
def explain_posting(
    key: Annotated[str, Query(description="Row key of the journal detail.")],
    books: Books,
    book: _Book = None,
) -> FullExplanation:
    """A posting as its close knew it: facts, decisions, every step of the arithmetic."""
    return FullExplanation.of(
        explain(books, Asked(subject=Subject.POSTING, name=key, framework=book))
    )


@router.get(
    "/explanations/contracts/{contract}",
    tags=["audit"],
    operation_id="explain_contract_fully",
    summary="Explain a contract in full",
    responses=_FOUND,
)
def explain_contract_fully(
    contract: _Contract,
    as_of: _Day,
    books: Books,
    known_at: _KnownAt = None,
    book: _Book = None,
) -> FullExplanation:
    """A contract on a day: the five steps with their numbers, arithmetic, facts, approvals."""
    asked = Asked(
        subject=Subject.CONTRACT, name=contract, day=as_of, framework=book, known_at=known_at
    )
    return FullExplanation.of(explain(books, asked))


@router.get(
    "/explanations/contracts/{contract}/obligations/{obligation}",
    tags=["audit"],
    operation_id="explain_obligation",
    summary="Explain an obligation",
    responses=_FOUND,
)
def explain_obligation(  # noqa: PLR0917 - the parameters of the route
    contract: _Contract,
    obligation: Annotated[str, Path(description="Its id.", examples=["access"])],
    as_of: _Day,
    books: Books,
    known_at: _KnownAt = None,
    book: _Book = None,
) -> FullExplanation:
    """A performance obligation on a day: its price, its progress, what it earned."""
    asked = Asked(
        subject=Subject.OBLIGATION, name=key_of(contract, obligation), day=as_of,
        framework=book, known_at=known_at,
    )  # fmt: skip
    return FullExplanation.of(explain(books, asked))


@router.get(
    "/explanations/facts",
    tags=["audit"],
    operation_id="explain_fact",
    summary="Trace a fact",
    responses=_FOUND,
)
def explain_fact(
    fact: Annotated[
        str,
        Query(
            description="SHA-256 or its beginning; `invoice INV-1`, its second line "
            "`invoice INV-1#2`; `usage CONTRACT/METER/DAY`."
        ),
    ],
    books: Books,
    book: _Book = None,
) -> FullExplanation:
    """Every posting that a fact touched, and what it gave of each."""
    return FullExplanation.of(
        explain(books, Asked(subject=Subject.FACT, name=fact, framework=book))
    )


@router.get(
    "/explanations/periods/{period}",
    tags=["audit"],
    operation_id="explain_period",
    summary="Explain a period",
    responses=_FOUND,
)
def explain_period(period: PathPeriod, books: Books, book: _Book = None) -> FullExplanation:
    """A closed period: each account from its opening to its closing, by kind of posting."""
    asked = Asked(subject=Subject.PERIOD, name=str(period), framework=book)
    return FullExplanation.of(explain(books, asked))


@router.get(
    "/explanations/lines",
    tags=["audit"],
    operation_id="explain_line",
    summary="Explain a line",
    responses=_FOUND,
)
def explain_line(  # noqa: PLR0917 - the parameters of the route
    period: Annotated[PeriodText, Query(description="The last period of the report.")],
    sheet: Annotated[str, Query(description="The data set.", examples=["contract_position"])],
    key: Annotated[str, Query(description="The row's key in it.")],
    books: Books,
    first: Annotated[
        PeriodText | None,
        Query(alias="from", description="The report's first period; the same if left out."),
    ] = None,
    book: _Book = None,
) -> FullExplanation:
    """A row of any sheet of a report of closed periods."""
    name = f"{f'{first}..' if first else ''}{period}/{sheet} {key}"
    return FullExplanation.of(
        explain(books, Asked(subject=Subject.LINE, name=name, framework=book))
    )


@router.get(
    "/explanations/changes",
    tags=["audit"],
    operation_id="explain_changes",
    summary="Explain what became known",
    responses=_FOUND,
)
def explain_changes(
    earlier: Annotated[AwareDatetime, Query(alias="from", description="The earlier moment.")],
    books: Books,
    later: Annotated[
        AwareDatetime | None, Query(alias="to", description="The later one; now if left out.")
    ] = None,
    within: Annotated[
        date | None, Query(alias="day", description="In whose period what it does is told.")
    ] = None,
    book: _Book = None,
) -> FullExplanation:
    """What became known between two moments, what it does to the books, and why."""
    name = f"{earlier.isoformat()}..{later.isoformat() if later else ''}"
    asked = Asked(subject=Subject.CHANGES, name=name, day=within, framework=book)
    return FullExplanation.of(explain(books, asked))
