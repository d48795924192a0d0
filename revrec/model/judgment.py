"""Judgments by which a person departs from what a rule gives, with name and reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


class ModificationTreatment(StrEnum):
    """How a modification can be accounted for (606-10-25-12, 25-13)."""

    SEPARATE = "separate"
    """As a contract of its own (25-12)."""
    PROSPECTIVE = "prospective"
    """As the end of the old contract and the start of a new one (25-13a)."""
    CATCH_UP = "catch_up"
    """As part of the old contract, with cumulative catch-up (25-13b)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatmentOverride:
    """A treatment a person chose in place of the rule's; both are kept in the decision."""

    __pydantic_config__ = _STRICT

    treatment: ModificationTreatment
    by: str
    """Who decided."""
    reason: str
    """Why the rule's result does not fit the facts."""
