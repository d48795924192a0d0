"""The routes of books: the ledger by account, and two frameworks side by side."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from api.access import Books
from api.book_schemas import BookComparison, RuleOfBooks, TrialBalance
from api.routing import EVERY, KnownAt, OfFramework, refusals, router
from api.schemas import PeriodText
from revrec.feeds.frameworks import frameworks
from revrec.operations.books import compare
from revrec.operations.report import begun_by
from revrec.operations.trial_balances import trial_balance


@router.get(
    "/books/comparison",
    tags=["books"],
    operation_id="compare_books",
    summary="Compare two books",
    responses=refusals(*EVERY, "feed-error", "not-found", "period-not-ready"),
)
def compare_books(
    books: Books,
    period: Annotated[PeriodText, Query(description="The last period; it is closed.")],
    first: Annotated[
        PeriodText | None,
        Query(alias="from", description="The first period; the same if left out."),
    ] = None,
) -> BookComparison:
    """Both books of closed periods: totals, every difference, and the rule that explains it."""
    last = books.calendar().parse(period)
    begins = begun_by(last, first)
    return BookComparison.of(compare(books, begins, last), str(begins), str(last))


@router.get(
    "/books/rules",
    tags=["books"],
    operation_id="list_book_rules",
    summary="List rules of both frameworks",
    responses=refusals(*EVERY),
)
def list_book_rules(_: Books) -> list[RuleOfBooks]:
    """Rules on which ASC 606 and IFRS 15 differ, and those from which no difference follows."""
    return RuleOfBooks.listed(frameworks())


@router.get(
    "/trial-balance",
    tags=["journal"],
    operation_id="get_trial_balance",
    summary="Read the trial balance",
    responses=refusals(*EVERY, "feed-error", "not-found", "missing-exchange-rate"),
)
def get_trial_balance(
    books: Books,
    period: Annotated[PeriodText, Query(description="The last period; it is closed.")],
    first: Annotated[
        PeriodText | None,
        Query(alias="from", description="The first period; the same if left out."),
    ] = None,
    book: OfFramework = None,
    known_at: KnownAt = None,
) -> TrialBalance:
    """The ledger by account, in the functional currency and translated for reports (830-30)."""
    last = books.calendar().parse(period)
    begins = begun_by(last, first)
    told = trial_balance(books, begins, last, framework=book, known_at=known_at)
    return TrialBalance.of(told, str(begins), str(last))
