"""Contracts that are accounted for as one, as people decided it (606-10-25-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Literal

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


class CombinationReason(StrEnum):
    """Why contracts are accounted for as one; any of them is enough (606-10-25-9)."""

    ONE_OBJECTIVE = "one_objective"
    """Negotiated as a package with a single commercial objective (25-9a)."""
    INTERDEPENDENT_PRICES = "interdependent_prices"
    """What is paid in one depends on the price or performance of another (25-9b)."""
    ONE_OBLIGATION = "one_obligation"
    """What they promise is, in whole or part, a single performance obligation (25-9c)."""


class CombinationOutcome(StrEnum):
    """What was decided of contracts that may have to be combined."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """A person's decision to account for contracts as one, or not to."""

    __pydantic_config__ = _STRICT

    kind: Literal["combination"] = "combination"
    id: str
    """Name of the combination; confirmed, it is the name of the contract they are combined to."""
    on: date
    """The day it was decided. The contracts are one from when the last of them was approved."""
    contracts: tuple[str, ...]
    """Ids of the contracts, two or more."""
    outcome: CombinationOutcome
    reasons: tuple[CombinationReason, ...] = ()
    """At least one, when confirmed."""
    by: str
    """Who decided."""
    basis: str = ""
    """Why, for the reader."""
