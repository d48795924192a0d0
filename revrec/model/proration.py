"""Proration: how much of an amount belongs to a part of its period, as price lists differ in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from revrec.model.contract import _STRICT
from revrec.model.rating import RoundingMode


class ProratedBy(StrEnum):
    """What the part of a period is counted in."""

    NONE = "none"
    """Nothing: a part of a period counts as the whole."""
    DAYS = "days"
    """Days, of all days of the period."""
    SECONDS = "seconds"
    """The time from moment to moment, of all of the period."""
    THIRTY_DAY_MONTHS = "thirty_day_months"
    """Days of months of 30 days, the 31st as the 30th and February's end as the next month's
    beginning."""
    CALENDAR_MONTHS = "calendar_months"
    """Calendar months, each the same; a part of one by its own days."""


class ChangeDay(StrEnum):
    """Which price the day of a change has."""

    NEW = "new"
    """The one it changes to."""
    OLD = "old"
    """The one it changes from: the day counts as used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantProration:
    """What of an amount is granted, or promised, where its first time begins within a period.

    The periods of what recurs are counted from ``period_first`` on, so that its first time is the
    rest of the period it begins in and the next is a whole one.
    """

    __pydantic_config__ = _STRICT

    by: ProratedBy = ProratedBy.DAYS
    period_first: date
    """First day of the period in which it begins."""
    period_months: int = 1
    """Months of the period; those after which it recurs, if it does."""
    since: datetime | None = None
    """The moment on its first day from which it counts, with zone, where seconds count; the day's
    beginning in UTC if left out."""
    decimals: int = 9
    """Decimals of what is granted; 0 grants whole credits."""
    price_decimals: int | None = 2
    """Decimals of what is paid for it, which is prorated alike; it stays whole if null."""
    mode: RoundingMode = RoundingMode.HALF_EVEN
    """What becomes of a half in both."""
