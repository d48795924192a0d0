"""Reports on closed periods, each computed once while what it stands on stands.

A report stands on the certificate of its last period and, for what people still do to a period
that is closed, on the audit log; its checklist changes with the day too.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from revrec.model.books import Framework
from revrec.model.fact import digest_of
from revrec.operations.known import Kept
from revrec.operations.report import Report, report, state_of
from revrec.operations.workspace import Workspace
from revrec.periods import Period

REPORTS_KEPT = 2
"""Reports read last that are kept: the pages of one, and its packages, are of the same rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What is asked for, and what the report on it stands on."""

    first: Period
    last: Period
    book: Framework | None
    """Of the first book if none."""
    closed: str
    """Names the close that is reported on ..."""
    state: str
    """... with what was done since ..."""
    of_day: str
    """... on the day it is read."""
    by_day: bool = False
    """Whether its reconciliation is told by day, too."""


def stand_of(
    books: Workspace,
    first: Period,
    last: Period,
    book: Framework | None = None,
    *,
    by_day: bool = False,
) -> Stand:
    """What the report on the periods stands on now; NotFound if the last is not closed."""
    certificate, event, day = state_of(books, last)
    of = [books.entity, str(first), str(last), book, by_day]
    closed = digest_of([*of, certificate.ordinal, certificate.chain_head])
    state = digest_of([closed, event])
    return Stand(
        first=first,
        last=last,
        book=book,
        by_day=by_day,
        closed=closed,
        state=state,
        of_day=digest_of([state, str(day)]),
    )


def report_of(request: Request, books: Workspace, at: Stand) -> Report:
    """The report, as it was computed before if nothing has changed since."""
    kept: Kept[Report] = request.app.state.reports
    return kept.of(at.of_day, lambda: _computed(books, at))


def _computed(books: Workspace, at: Stand) -> Report:
    return report(books, at.first, at.last, framework=at.book, days=at.by_day)
