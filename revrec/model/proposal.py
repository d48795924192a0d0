"""Facts that are proposed: they stand within the policy's bounds or wait for a second person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class ProposalKind(StrEnum):
    """What is proposed."""

    ESTIMATE = "estimate"
    """An estimate of a variable component."""
    SELLING_PRICES = "selling_prices"
    """Entries of the book of standalone selling prices."""
    CHANGE = "change"
    """Facts under change control."""
    POLICY = "policy"
    """Another election, for people to read: it is never recorded by approval."""
    MISSTATEMENTS = "misstatements"
    """What becomes of errors of earlier periods."""


class Standing(StrEnum):
    """What a proposal needs."""

    STANDS = "stands"
    """Inside the policy's bounds: its facts are recorded with it."""
    WAITS = "waits"
    """For a second person."""


class DecidedOutcome(StrEnum):
    """What a second person decided."""

    APPROVED = "approved"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A proposal, never changed after it is made."""

    id: str
    """Digest of what it proposes and rests on."""
    kind: ProposalKind
    subject: str
    """The component, the product, the election."""
    contract: str | None
    as_of: date
    prepared_by: str
    standing: Standing
    reason: str
    """Why it waits, or why it stands."""
    run: str
    """The run it was made in."""
    seed: int
    fact_seq: int
    """Facts known to the run ..."""
    usage_version: int | None
    """... and the version of the usage ledger."""
    model_version: str
    facts: Sequence[Mapping[str, Any]]
    """Records, each with its kind, as they are recorded once it stands."""
    evidence: Mapping[str, Any]
    """The memo, without floats."""
    proposed_at: datetime | None = None
    """When it was recorded; none before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalDecision:
    """What was decided of a proposal, by whom."""

    proposal: str
    prepared_by: str
    approved_by: str
    decided_at: datetime
    outcome: DecidedOutcome
    note: str
