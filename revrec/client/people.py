"""People and services, their roles and keys, and the log of who did what."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from revrec.client.calls import Call, Listing, Operation, Paged, at, get, listed, post, told
from revrec.client.shapes import Done


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role of a person that has not ended."""

    role: str
    granted_by: str
    granted_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyException:
    """Somebody else answers for conflicting duties."""

    until: date
    accepted_by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person or service, with what they may do."""

    name: str
    kind: str
    login: str | None
    """The login that proves who they are on the command line."""
    enrolled_by: str
    enrolled_at: datetime
    roles: list[Role]
    duties: list[str]
    conflicts: list[list[str]]
    """Pairs of duties that one person does not have together."""
    exception: DutyException | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key, without itself."""

    id: str
    person: str
    duties: list[str] | None
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what to which thing, when."""

    id: int
    at: datetime
    actor: str
    operation: str
    subject: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that only its maker has; the service gets its SHA-256."""

    key: str = field(repr=False)
    sha256: str


def new_key() -> NewKey:
    """A key of 256 random bits, to be issued by its SHA-256."""
    key = f"revrec_{secrets.token_urlsafe(32)}"
    return NewKey(key=key, sha256=hashlib.sha256(key.encode()).hexdigest())


class PeopleOperations:
    """Administering people, and reading what they did."""

    @Paged
    def list_users(self) -> Listing[User]:
        """Who is enrolled."""
        return listed(at("users"), User)

    @Operation
    def get_user(self, name: str, *, known_at: datetime | None = None) -> Call[User]:
        """A person or service, with what they may do."""
        return get(at("users", name), User, known_at=known_at)

    @Operation
    def enrol_user(
        self,
        name: str,
        roles: Sequence[str],
        *,
        reason: str,
        kind: str | None = None,
        login: str | None = None,
    ) -> Call[Done]:
        """Enrol a person, or a service."""
        body = told(name=name, roles=list(roles), reason=reason, kind=kind, login=login)
        return post(at("users"), Done, body)

    @Operation
    def grant_role(self, name: str, role: str, *, reason: str) -> Call[Done]:
        """Give a person a further role."""
        return post(at("users", name, "roles"), Done, {"role": role, "reason": reason})

    @Operation
    def end_role(self, name: str, role: str, *, reason: str) -> Call[Done]:
        """End a person's role."""
        return post(at("users", name, "roles", role, "end"), Done, {"reason": reason})

    @Operation
    def accept_conflict(self, name: str, *, days: int, reason: str) -> Call[Done]:
        """Answer for a person's conflicting duties for so many days."""
        return post(at("users", name, "exceptions"), Done, {"days": days, "reason": reason})

    @Paged
    def list_keys(self) -> Listing[Key]:
        """Keys, without themselves."""
        return listed(at("keys"), Key)

    @Operation
    def get_key(self, key: str, *, known_at: datetime | None = None) -> Call[Key]:
        """A key, without itself."""
        return get(at("keys", key), Key, known_at=known_at)

    @Operation
    def issue_key(
        self,
        person: str,
        sha256: str,
        *,
        days: int | None = None,
        duties: Sequence[str] | None = None,
        note: str | None = None,
    ) -> Call[Key]:
        """Issue a key by its SHA-256; ``new_key`` makes one that only its holder has seen."""
        narrowed = None if duties is None else list(duties)
        body = told(person=person, sha256=sha256, days=days, duties=narrowed, note=note)
        return post(at("keys"), Key, body)

    @Operation
    def rotate_key(self, key: str, sha256: str, *, after_hours: int | None = None) -> Call[Key]:
        """Issue another key in its place, by its SHA-256; the old one ends after some hours."""
        body = told(sha256=sha256, after_hours=after_hours)
        return post(at("keys", key, "rotation"), Key, body)

    @Operation
    def end_key(self, key: str, *, reason: str, after_hours: int | None = None) -> Call[Done]:
        """End a key, now or after some hours."""
        return post(at("keys", key, "end"), Done, told(reason=reason, after_hours=after_hours))

    @Paged
    def list_audit_events(
        self,
        *,
        actor: str | None = None,
        operation: str | None = None,
        subject: str | None = None,
        since: datetime | None = None,
    ) -> Listing[AuditEvent]:
        """Every write and every denial, in order."""
        return listed(
            at("audit-log"),
            AuditEvent,
            actor=actor,
            operation=operation,
            subject=subject,
            since=since,
        )
