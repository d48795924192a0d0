"""Whether an agreement is a contract at all, as people judged it, by day (606-10-25-1 to 25-8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


class Criterion(StrEnum):
    """What an agreement needs to be a contract with a customer (606-10-25-1)."""

    APPROVAL = "approval"
    """The parties approved it and are committed to perform (25-1a)."""
    RIGHTS = "rights"
    """Each party's rights to what is transferred can be identified (25-1b)."""
    PAYMENT_TERMS = "payment_terms"
    """The payment terms can be identified (25-1c)."""
    COMMERCIAL_SUBSTANCE = "commercial_substance"
    """The entity's future cash flows are expected to change by it (25-1d)."""
    COLLECTIBILITY = "collectibility"
    """Substantially all of the consideration will probably be collected (25-1e)."""


class DepositEvent(StrEnum):
    """What turns consideration received without a contract into revenue (606-10-25-7)."""

    NOTHING_LEFT = "nothing_left"
    """Nothing is left to transfer; substantially all is received and not refundable (25-7a)."""
    TERMINATED = "terminated"
    """The agreement was terminated; what was received is not refundable (25-7b)."""
    TRANSFERS_STOPPED = "transfers_stopped"
    """Control of what was paid for passed, no more has to be transferred, and what was received
    is not refundable (25-7c)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """The criteria judged again on a day, or an event that makes a deposit revenue."""

    __pydantic_config__ = _STRICT

    kind: Literal["assessment"] = "assessment"
    id: str
    contract: str
    on: date
    unmet: tuple[Criterion, ...] = ()
    """Criteria that are not met; none when the agreement is a contract from this day."""
    collection_probability: Decimal | None = None
    """How likely substantially all will be collected, from 0 to 1, in place of
    ``collectibility`` among the criteria; the policy says what is enough (25-1e)."""
    significant_change: str = ""
    """What changed, for an agreement that had passed: without it 25-5 lets it stand."""
    event: DepositEvent | None = None
    """Instead of a judgment of the criteria: what happened to the deposit (25-7)."""
    non_refundable: bool = False
    """For an event: whether what was received is not refundable, as each of 25-7 requires."""
    judged_by: str = ""
    """Who judged."""
    basis: str = ""
    """Why, for the reader."""
