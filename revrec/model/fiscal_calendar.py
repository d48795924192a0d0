"""The calendar by which the entity closes its books, as it is told."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date

from revrec.model.contract import _STRICT
from revrec.periods import Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalCalendar(Calendar):
    """The entity's accounting periods and fiscal years; calendar months and years until told.

    Once a period was closed, what its periods are stays: a transition from one calendar to another
    is not computed. In which month years of months end may still be told.
    """

    __pydantic_config__ = _STRICT

    effective_from: date
    """The day the choice was made; it holds for everything in the books."""
    reason: str = ""
    """Why, for the reader."""

    @property
    def calendar(self) -> Calendar:
        """What it says of periods, without who said it when."""
        return Calendar(**{each.name: getattr(self, each.name) for each in fields(Calendar)})
