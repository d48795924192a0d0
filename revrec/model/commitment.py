"""Commitments: what a customer promises to use within a window, and how that is amended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from revrec.model.contract import _STRICT, CountedIn
from revrec.model.credit import Recurrence, Rollover
from revrec.model.proration import GrantProration


class CommitmentForm(StrEnum):
    """When a commitment is paid."""

    PREPAID = "prepaid"
    """In advance; use draws it down and costs nothing more until it is used up."""
    POSTPAID = "postpaid"
    """As it is used, and what was not used at the true-up."""
    MINIMUM = "minimum"
    """As postpaid: least spending of a window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installment:
    """A part of the price and the day it is billed."""

    __pydantic_config__ = _STRICT

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """Use, or spending, promised for the days from ``on`` to ``last_day``."""

    __pydantic_config__ = _STRICT

    kind: Literal["commitment"] = "commitment"
    id: str
    contract: str
    on: date
    """First day of its access window."""
    last_day: date | None = None
    """Last day of the window; the day before the next time if it recurs."""
    amount: Decimal
    counted_in: CountedIn = CountedIn.AMOUNT
    """Spending by rated amounts, or units of the meters."""
    form: CommitmentForm = CommitmentForm.PREPAID
    price: Decimal | None = None
    """What is paid for all of it; the amount if left out, which units may not leave out."""
    installments: tuple[Installment, ...] = ()
    """When a prepaid price is billed; all on the first day if left out."""
    true_up_on: date | None = None
    """The day on which what was not used is billed; the day after the last if left out."""
    overage_factor: Decimal = Decimal(1)
    """Use beyond it costs so many times its rated amount: 1.25 where it was rated at 20% off."""
    counts_billed: tuple[str, ...] = ()
    """Considerations of the contract whose bills count as spending of the window they serve."""
    within: str | None = None
    """The commitment it is part of: what is used of this one counts there as well."""
    priority: int = 0
    meters: tuple[str, ...] = ()
    """Meters whose use counts; those of ``products`` and all if left out."""
    products: tuple[str, ...] = ()
    rollover: Rollover | None = None
    """What of a prepaid one may be used after its window."""
    recurs: Recurrence | None = None
    """Such as a part for each year; each time is named by the id and its first day."""
    prorated: GrantProration | None = None
    """What is promised where it begins within a period; all of it if left out."""
    obligation: str | None = None
    """The obligation of the contract that is performed as it is used (606-10-55-46)."""
    consideration: str | None = None
    """The consideration of the contract under which it is billed."""
    usage_consideration: str | None = None
    """The one under which use is billed: beyond it, and of a postpaid one all of it."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentAmendment:
    """A commitment from a day on as raised, cut, extended or at another price."""

    __pydantic_config__ = _STRICT

    kind: Literal["commitment_amendment"] = "commitment_amendment"
    id: str
    contract: str
    on: date
    """The day from which it counts; use of days before stays with what gave for it then."""
    commitment: str
    amount: Decimal | None = None
    """What is promised in all; a cut takes away at most what is left."""
    price: Decimal | None = None
    """What is paid for all of it, from the beginning."""
    last_day: date | None = None
    """Last day of the window; what had lapsed may be used again."""
    reason: str = ""
