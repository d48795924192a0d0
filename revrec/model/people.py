"""People: who acts in the books of an entity, what they may do, how they prove who they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from revrec.periods import Period


class Duty(StrEnum):
    """What is done in the books. Which role has which duties is a table of the database."""

    READ = "read"
    """See the books."""
    RECORD = "record"
    """Record facts and usage."""
    PREPARE = "prepare"
    """Propose, ask for and close, for another person to approve."""
    APPROVE = "approve"
    """Approve what another person prepared."""
    CONTROL = "control"
    """Move cut-offs, reopen periods, waive gates, answer for exceptions."""
    INSPECT = "inspect"
    """Read the audit log and who may do what."""
    AUDIT = "audit"
    """Draw samples and tell what was found of them; whatever one who may is shown is logged."""
    OPERATE = "operate"
    """Keep the stores: sums, compaction, backup."""
    ADMINISTER = "administer"
    """Enrol people, give and end roles and keys."""


class PersonKind(StrEnum):
    """Who acts."""

    PERSON = "person"
    SERVICE = "service"
    """A program that acts by itself, such as a nightly feed; it approves nothing."""


class ConsentAction(StrEnum):
    """What a person gives their word on for another to do."""

    CLOSE = "close"
    SOFT_CLOSE = "soft_close"
    CUT_OFF = "cut_off"
    REOPEN = "reopen"
    WAIVE = "waive"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGrant:
    """A role of a person that has not ended."""

    id: int
    role: str
    granted_by: str
    granted_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyException:
    """Somebody else answers for a person's conflicting duties until a day."""

    until: date
    accepted_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """A key by which a person proves who they are; only its SHA-256 is kept."""

    id: str
    person: str
    duties: tuple[Duty, ...] | None
    """What it is good for; None for all that its person may do."""
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    """When it ends, by its term or because it was ended earlier."""
    note: str

    def is_good(self, now: datetime) -> bool:
        """Whether it proves anything at a moment."""
        return now < self.expires_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Someone enrolled, with what they may do now."""

    name: str
    kind: PersonKind
    login: str | None
    """The login of the operating system that proves who they are on the command line."""
    enrolled_by: str
    enrolled_at: datetime
    grants: tuple[RoleGrant, ...]
    duties: frozenset[Duty]
    conflicts: tuple[tuple[Duty, Duty], ...]
    """Duties they have that one person does not have together."""
    exception: DutyException | None
    """The last exception for them, lapsed or not."""
    keys: tuple[AccessKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """A person's word on what another is going to do to a period."""

    period: Period
    ordinal: int
    """The certificate it is good for: 1 for the period's first close."""
    action: ConsentAction
    gate: str
    """The gate to waive; empty for the other actions."""
    given_by: str
    given_at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who was proven to act, and what they may do with what they showed."""

    name: str
    duties: frozenset[Duty]
