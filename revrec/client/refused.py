"""Records that are no facts: set aside, corrected and released, dismissed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from revrec.client.calls import Call, Listing, Operation, Paged, at, get, listed, post
from revrec.client.facts import FactsRecorded


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRecord:
    """A record that is no fact, as it was sent."""

    record: int
    source: str
    """The Idempotency-Key of its request, or the name of its file."""
    place: str
    kind: str | None
    """The kind of fact it says it is; none if there is no such kind."""
    reason: str
    """unreadable, no-record, unknown-list, unknown-kind, does-not-fit, out-of-range."""
    message: str
    """What is wrong with it and what to do."""
    fields: list[str]
    """Paths to what does not fit."""
    sent: Any
    """The record; what could not be read stands under text."""
    told_at: datetime
    told_by: str
    outcome: str | None
    """released or dismissed; none while it is open."""
    resolved_at: datetime | None
    resolved_by: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed:
    """How many records were dismissed."""

    dismissed: int


class RefusedOperations:
    """Dealing with records in quarantine."""

    @Paged
    def list_quarantined_facts(
        self,
        *,
        kind: str | None = None,
        reason: str | None = None,
        resolved: bool | None = None,
        known_at: datetime | None = None,
    ) -> Listing[QuarantinedRecord]:
        """Records set aside, each with its reason; open ones unless ``resolved``."""
        return listed(
            at("facts", "quarantine"),
            QuarantinedRecord,
            kind=kind,
            reason=reason,
            resolved=resolved,
            known_at=known_at,
        )

    @Operation
    def get_quarantined_fact(self, record: int) -> Call[QuarantinedRecord]:
        """A record as it was sent, and what became of it."""
        return get(at("facts", "quarantine", str(record)), QuarantinedRecord)

    @Operation
    def release_facts(
        self,
        records: Sequence[int],
        *,
        note: str,
        corrections: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> Call[FactsRecorded]:
        """Judge records again, with fields corrected where told; what is none yet stays."""
        changed = {str(number): dict(fields) for number, fields in (corrections or {}).items()}
        body = {"records": list(records), "note": note, "corrections": changed}
        return post(at("facts", "quarantine", "releases"), FactsRecorded, body)

    @Operation
    def dismiss_facts(self, records: Sequence[int], *, note: str) -> Call[Dismissed]:
        """Leave records out for good; they stay on record."""
        body = {"records": list(records), "note": note}
        return post(at("facts", "quarantine", "dismissals"), Dismissed, body)
