"""Reports on closed periods, each computed once while what it stands on stands.

A report stands on the certificate of its last period and, for what people still do to a period
that is closed, on the audit log; its checklist changes with the day too.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from fastapi import Request

from revrec.model.fact import digest_of
from revrec.operations.report import Report, report, state_of
from revrec.operations.workspace import Workspace
from revrec.periods import Period

_KEPT = 2


class Kept:
    """The reports read last: the pages of one, and its packages, come from the same rows."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._found: OrderedDict[str, Report] = OrderedDict()

    def of(self, state: str, compute: Callable[[], Report]) -> Report:
        """What is known of a state of the books, or is computed now."""
        with self._lock:
            if state not in self._found:
                self._found[state] = compute()
            self._found.move_to_end(state)
            while len(self._found) > _KEPT:
                self._found.popitem(last=False)
            return self._found[state]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What a report stands on."""

    closed: str
    """Names the close that is reported on ..."""
    state: str
    """... with what was done since ..."""
    of_day: str
    """... on the day it is read."""


def stand_of(books: Workspace, first: Period, last: Period) -> Stand:
    """What the report on the periods stands on now; NotFound if the last is not closed."""
    certificate, event, day = state_of(books, last)
    closed = digest_of([books.entity, str(first), str(last), certificate.ordinal,
                        certificate.chain_head])  # fmt: skip
    state = digest_of([closed, event])
    return Stand(closed=closed, state=state, of_day=digest_of([state, str(day)]))


def report_of(
    request: Request, books: Workspace, first: Period, last: Period, stand: Stand | None = None
) -> Report:
    """The report, as it was computed before if nothing has changed since."""
    kept: Kept = request.app.state.reports
    at = stand or stand_of(books, first, last)
    return kept.of(at.of_day, lambda: report(books, first, last))
