"""What goes over the wire of people, keys, consents and the audit log."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Field

from api.schemas import Count, PeriodText, Person, Wire
from revrec.model import people
from revrec.model.people import ConsentAction, Duty, PersonKind
from revrec.operations.people import KEY_DAYS, KEY_DAYS_MAX
from revrec.store.audit_log import AuditEvent

Reason = Annotated[str, Field(min_length=1, max_length=1000, examples=["Joins the close."])]
RoleName = Annotated[str, Field(max_length=64, examples=["preparer"])]
KeyDigest = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    ),
]
KeyId = Annotated[str, Field(max_length=64, examples=["key_9f86d081884c"])]


class RoleTold(Wire):
    """A role of a person that has not ended."""

    role: RoleName
    granted_by: Person
    granted_at: datetime
    reason: str


class ExceptionTold(Wire):
    """Somebody else answers for conflicting duties."""

    until: date
    accepted_by: Person
    reason: str


class KeyTold(Wire):
    """A key, without itself: only its SHA-256 is kept, and not shown."""

    id: KeyId
    person: Person
    duties: list[Duty] | None
    """What it is good for; null for all that its person may do."""
    issued_by: Person
    issued_at: datetime
    expires_at: datetime
    """When it ends or ended."""
    note: str

    @classmethod
    def of(cls, key: people.AccessKey) -> KeyTold:
        """The wire form of a key."""
        return cls.model_validate(key, from_attributes=True)


class UserTold(Wire):
    """A person or service, with what they may do."""

    name: Person
    kind: PersonKind
    login: str | None
    """The login that proves who they are on the command line."""
    enrolled_by: Person
    enrolled_at: datetime
    roles: list[RoleTold]
    duties: list[Duty]
    conflicts: list[list[Duty]]
    """Pairs of duties that one person does not have together."""
    exception: ExceptionTold | None

    @classmethod
    def of(cls, person: people.Person) -> UserTold:
        """The wire form of a person."""
        names = ("name", "kind", "login", "enrolled_by", "enrolled_at")
        told = person.exception
        return cls(
            **{name: getattr(person, name) for name in names},
            roles=[
                RoleTold(
                    role=each.role,
                    granted_by=each.granted_by,
                    granted_at=each.granted_at,
                    reason=each.reason,
                )
                for each in person.grants
            ],
            duties=sorted(person.duties),
            conflicts=[list(pair) for pair in person.conflicts],
            exception=None
            if told is None
            else ExceptionTold.model_validate(told, from_attributes=True),
        )


class UserEnrolled(Wire):
    """Someone to enrol."""

    name: Person
    kind: PersonKind = PersonKind.PERSON
    login: str | None = Field(default=None, min_length=1, max_length=300)
    """The login of the operating system, or `oidc:` and the claim of a token, that proves them."""
    roles: list[RoleName] = Field(max_length=10)
    reason: Reason


class RoleGiven(Wire):
    """A role to give, and why."""

    role: RoleName
    reason: Reason


class ReasonGiven(Wire):
    """Why."""

    reason: Reason


class ConflictAccepted(Wire):
    """For how long the caller answers for conflicting duties, and why."""

    days: int = Field(ge=1, le=366, examples=[30])
    reason: Reason


class Done(Wire):
    """What was done to whom."""

    name: str
    done: str = Field(examples=["enrolled"])


class KeyIssued(Wire):
    """A key to issue. Whoever will hold it makes it and tells its SHA-256 alone."""

    person: Person
    sha256: KeyDigest
    """Of the key, 256 random bits or more as text."""
    days: int = Field(default=KEY_DAYS, ge=1, le=KEY_DAYS_MAX)
    duties: list[Duty] | None = None
    """What it is good for; left out, all that its person may do."""
    note: str = Field(default="", max_length=1000)


class KeyRotated(Wire):
    """The successor of a key, made by whoever will hold it."""

    sha256: KeyDigest
    """Of the new key, 256 random bits or more as text."""
    after_hours: int = Field(default=24, ge=0, le=24 * 30)
    """Hours until the old one ends."""


class KeyEnded(Wire):
    """When and why a key ends."""

    reason: Reason
    after_hours: int = Field(default=0, ge=0, le=24 * 30)
    """Hours in which its successor is put in its place."""


class ConsentGiven(Wire):
    """The caller's word on what another person is going to do."""

    action: ConsentAction
    gate: str = Field(default="", max_length=64)
    """The gate, for `waive` alone."""
    note: str = Field(default="", max_length=1000)


class ConsentTold(Wire):
    """A word that was given."""

    period: PeriodText
    ordinal: Count
    """The certificate it is good for."""
    action: ConsentAction
    gate: str
    given_by: Person
    given_at: datetime
    note: str

    @classmethod
    def of(cls, consent: people.Consent) -> ConsentTold:
        """The wire form of a consent."""
        names = ("ordinal", "action", "gate", "given_by", "given_at", "note")
        told = {name: getattr(consent, name) for name in names}
        return cls(period=str(consent.period), **told)


class AuditEventTold(Wire):
    """Who did what to which thing, when."""

    id: int
    at: datetime
    actor: str
    operation: str = Field(examples=["period.close"])
    subject: str
    details: dict[str, Any]
    """Values before and after, and why, where there are such."""

    @classmethod
    def of(cls, event: AuditEvent) -> AuditEventTold:
        """The wire form of an event."""
        return cls.model_validate(event, from_attributes=True)
