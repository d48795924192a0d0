"""The periods a report covers, and those it looks ahead to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from revrec.periods import Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Closed periods from ``first`` to ``period``, and ``horizon`` scheduled after them."""

    first: Period
    period: Period
    horizon: int

    @property
    def periods(self) -> Sequence[Period]:
        """The periods of the report, in order."""
        return tuple(self.first.through(self.period))

    @property
    def scheduled(self) -> Sequence[Period]:
        """The periods after the report that are scheduled one by one."""
        return tuple(self.period.next.through(self.period.plus(self.horizon)))

    @property
    def last(self) -> date:
        """The day of the balances."""
        return self.period.last

    @property
    def label(self) -> str:
        """The report's periods for readers: ``2026-01 to 2026-03``, or the only one."""
        if self.first == self.period:
            return str(self.period)
        return f"{self.first} to {self.period}"
