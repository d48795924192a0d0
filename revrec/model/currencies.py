"""Currencies the entity measures and reports in, and rates between them (ASC 830)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from revrec.model.contract import _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityCurrencies:
    """The currency of the entity's economic environment (830-10-45-2), and of its reports.

    Until it is told, the books are kept in the currencies of the contracts alone.
    """

    __pydantic_config__ = _STRICT

    functional_currency: str
    """ISO 4217; postings in other currencies get an amount in it too."""
    reporting_currency: str = ""
    """Currency into which functional amounts are translated for reports; none if left out."""
    effective_from: date
    """The day the choice was made; it holds for everything in the books."""


class RateBasis(StrEnum):
    """What an exchange rate is of."""

    SPOT = "spot"
    """Of one day; stands until the next one told, as long as policy lets it."""
    AVERAGE = "average"
    """Of the accounting period its day is in, weighted as the entity sees fit (830-10-55-10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """How much of one currency a unit of another is worth; never inverted or crossed."""

    __pydantic_config__ = _STRICT

    id: str
    currency: str
    """One unit of this currency, ISO 4217 ..."""
    into: str
    """... is worth ``rate`` of this one."""
    on: date
    rate: Decimal
    """Exact, positive; of major units."""
    basis: RateBasis = RateBasis.SPOT
    source: str = ""
    """Who published it, for the reader."""
