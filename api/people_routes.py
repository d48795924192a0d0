"""The routes of people, their keys and words, and the audit log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import AwareDatetime

from api import people_schemas as schemas
from api.access import Books, Key, keyed
from api.etags import PRECONDITIONS, TAGGED, IfMatch
from api.listing import LISTED, REFUSED, Listed
from api.routing import EVERY, WRITES, KnownAt, PathPeriod, answer, refusals, router
from api.schemas import Person, page_of
from revrec.errors import NotFound
from revrec.model.people import AccessKey, Duty
from revrec.operations import people as enrolling
from revrec.operations.answering import Request, once
from revrec.operations.people import everyone
from revrec.operations.workspace import Workspace
from revrec.store import audit_log, people
from revrec.store.transaction import Transaction

_REFUSED = (*WRITES, "approval-needed", "self-approval", "not-found", "payload-too-large")
Name = Annotated[Person, Path(description="Of the person.")]
_KeyNumber = Annotated[schemas.KeyId, Path(description="The key's id; not the key itself.")]


@router.get(
    "/users",
    tags=["people"],
    operation_id="list_users",
    summary="List who may do what",
    response_model=page_of(schemas.UserTold),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_users(
    books: Books,
    asked: Listed,
    duty: Annotated[
        Duty | None, Query(description="Those who have a duty.", examples=["approve"])
    ] = None,
) -> Response:
    """Everyone enrolled with roles, duties, conflicts of duties and who answers for them."""
    found = [
        schemas.UserTold.of(each)
        for each in everyone(books, asked.known_at)
        if duty is None or duty in each.duties
    ]
    return asked.whole(schemas.UserTold, found)


@router.post(
    "/users",
    tags=["people"],
    operation_id="enrol_user",
    summary="Enrol a person or service",
    response_model=schemas.Done,
    responses=refusals(*_REFUSED),
)
def enrol_user(body: schemas.UserEnrolled, books: Books, key: Key) -> Response:
    """Enrol someone with roles; the first person is enrolled by `revrec users begin`."""

    def enrol(tx: Transaction) -> None:
        enrolling.enrol(
            tx, body.name, body.kind, login=body.login, roles=body.roles, reason=body.reason
        )

    return _done(books, keyed(key, "enrol", body.model_dump_json()), enrol, body.name, "enrolled")


@router.get(
    "/users/{name}",
    tags=["people"],
    operation_id="get_user",
    summary="Read what one may do",
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_user(name: Name, books: Books, known_at: KnownAt = None) -> schemas.UserTold:
    """One person or service with roles, duties, conflicts and who answers for them."""
    return books.run(lambda tx: _user(tx, name, known_at), read_only=True)


def _user(tx: Transaction, name: str, known_at: datetime | None = None) -> schemas.UserTold:
    found = [each for each in people.everyone(tx, known_at) if each.name == name]
    if not found:
        raise NotFound(f"Nobody is enrolled as {name!r}.", remedy="See /v1/users.")
    return schemas.UserTold.of(found[0])


@router.post(
    "/users/{name}/roles",
    tags=["people"],
    operation_id="grant_role",
    summary="Give a role",
    response_model=schemas.Done,
    responses=refusals(*_REFUSED, *PRECONDITIONS),
)
def grant_role(
    name: Name, body: schemas.RoleGiven, books: Books, key: Key, match: IfMatch
) -> Response:
    """Give a person a role; duties that conflict need an exception."""

    def grant(tx: Transaction) -> None:
        match.check(lambda: _user(tx, name))
        enrolling.grant(tx, name, body.role, body.reason)

    return _done(
        books,
        keyed(key, "grant", name, body.model_dump_json()),
        grant,
        name,
        f"is {body.role}",
    )


@router.post(
    "/users/{name}/roles/{role}/end",
    tags=["people"],
    operation_id="end_role",
    summary="End a role",
    response_model=schemas.Done,
    responses=refusals(*_REFUSED, *PRECONDITIONS),
)
def end_role(  # noqa: PLR0917 - parameters of the route
    name: Name,
    role: schemas.RoleName,
    body: schemas.ReasonGiven,
    books: Books,
    key: Key,
    match: IfMatch,
) -> Response:
    """End a role of a person, or give up one's own."""

    def end(tx: Transaction) -> None:
        match.check(lambda: _user(tx, name))
        enrolling.end_role(tx, name, role, body.reason)

    return _done(
        books,
        keyed(key, "end role", name, role, body.model_dump_json()),
        end,
        name,
        f"is no longer {role}",
    )


@router.post(
    "/users/{name}/exceptions",
    tags=["people"],
    operation_id="accept_conflict",
    summary="Answer for conflicting duties",
    response_model=schemas.Done,
    responses=refusals(*_REFUSED, *PRECONDITIONS),
)
def accept_conflict(
    name: Name, body: schemas.ConflictAccepted, books: Books, key: Key, match: IfMatch
) -> Response:
    """Answer for some days for duties of another person that conflict."""

    def accept(tx: Transaction) -> None:
        match.check(lambda: _user(tx, name))
        enrolling.accept_conflict(tx, name, body.days, body.reason)

    return _done(
        books,
        keyed(key, "accept", name, body.model_dump_json()),
        accept,
        name,
        f"excepted for {body.days} days",
    )


@router.get(
    "/keys",
    tags=["people"],
    operation_id="list_keys",
    summary="List keys",
    response_model=page_of(schemas.KeyTold),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_keys(
    books: Books,
    asked: Listed,
    person: Annotated[
        str | None, Query(max_length=100, description="Of one person.", examples=["ana"])
    ] = None,
) -> Response:
    """Every key, in use or ended, by its person; never the key itself."""
    found = [
        schemas.KeyTold.of(key)
        for each in everyone(books, asked.known_at)
        if person in {None, each.name}
        for key in each.keys
    ]
    return asked.whole(schemas.KeyTold, found)


@router.post(
    "/keys",
    tags=["people"],
    operation_id="issue_key",
    summary="Issue a key",
    response_model=schemas.KeyTold,
    responses=refusals(*_REFUSED),
)
def issue_key(body: schemas.KeyIssued, books: Books, key: Key) -> Response:
    """Issue a key by its SHA-256: to oneself, or as an administrator to anyone."""
    return answer(
        once(
            books,
            keyed(key, "issue", body.model_dump_json()),
            lambda tx: enrolling.issue_key(
                tx,
                body.person,
                body.sha256,
                days=body.days,
                duties=body.duties,
                note=body.note,
                within=books.duties,
            ),
            lambda made: schemas.KeyTold.of(made).model_dump_json(),
        )
    )


@router.get(
    "/keys/{number}",
    tags=["people"],
    operation_id="get_key",
    summary="Read of a key",
    responses={**TAGGED, **refusals(*EVERY, "not-found")},
)
def get_key(number: _KeyNumber, books: Books, known_at: KnownAt = None) -> schemas.KeyTold:
    """Whose it is, what for and until when; never the key itself."""
    return books.run(lambda tx: _key(tx, number, known_at), read_only=True)


def _key(tx: Transaction, number: str, known_at: datetime | None = None) -> schemas.KeyTold:
    everyone_then = people.everyone(tx, known_at)
    keys = (key for each in everyone_then for key in each.keys if key.id == number)
    found = next(keys, None)
    if found is None:
        raise NotFound(f"There is no key {number!r}.", remedy="See /v1/keys.")
    return schemas.KeyTold.of(found)


@router.post(
    "/keys/{number}/rotation",
    tags=["people"],
    operation_id="rotate_key",
    summary="Rotate a key",
    response_model=schemas.KeyTold,
    responses=refusals(*_REFUSED, *PRECONDITIONS),
)
def rotate_key(
    number: _KeyNumber, body: schemas.KeyRotated, books: Books, key: Key, match: IfMatch
) -> Response:
    """Issue a key like an old one, which ends after some hours: one's own, or anyone's."""

    def rotate(tx: Transaction) -> AccessKey:
        match.check(lambda: _key(tx, number))
        return enrolling.rotate_key(
            tx, number, body.sha256, after_hours=body.after_hours, within=books.duties
        )

    return answer(
        once(
            books,
            keyed(key, "rotate", number, body.model_dump_json()),
            rotate,
            lambda made: schemas.KeyTold.of(made).model_dump_json(),
        )
    )


@router.post(
    "/keys/{number}/end",
    tags=["people"],
    operation_id="end_key",
    summary="End a key",
    response_model=schemas.Done,
    responses=refusals(*_REFUSED, *PRECONDITIONS),
)
def end_key(
    number: _KeyNumber, body: schemas.KeyEnded, books: Books, key: Key, match: IfMatch
) -> Response:
    """End a key now or after some hours: one's own, or as an administrator anyone's."""

    def end(tx: Transaction) -> None:
        match.check(lambda: _key(tx, number))
        enrolling.end_key(tx, number, body.reason, after_hours=body.after_hours)

    return _done(
        books,
        keyed(key, "end key", number, body.model_dump_json()),
        end,
        number,
        "ended",
    )


@router.post(
    "/periods/{period}/consents",
    tags=["periods"],
    operation_id="give_consent",
    summary="Give one's word on a close",
    response_model=schemas.ConsentTold,
    responses=refusals(*_REFUSED),
)
def give_consent(
    period: PathPeriod, body: schemas.ConsentGiven, books: Books, key: Key
) -> Response:
    """Let another person close or reopen the period, move its cut-off or waive a gate.

    Good for the period's next certificate alone. Whoever acts then names the caller.
    """
    return answer(
        once(
            books,
            keyed(key, "consent", str(period), books.actor, body.model_dump_json()),
            lambda tx: enrolling.give_consent(
                tx, period, body.action, gate=body.gate, note=body.note
            ),
            lambda given: schemas.ConsentTold.of(given).model_dump_json(),
        )
    )


@router.get(
    "/audit-log",
    tags=["audit"],
    operation_id="list_audit_events",
    summary="List who did what",
    response_model=page_of(schemas.AuditEventTold),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_audit_events(
    asked: Listed,
    *,
    actor: Annotated[
        str | None, Query(max_length=100, description="Who did it.", examples=["ana"])
    ] = None,
    operation: Annotated[
        str | None,
        Query(
            max_length=64,
            description="Its name or its beginning, `access.`.",
            examples=["period.close"],
        ),
    ] = None,
    subject: Annotated[
        str | None,
        Query(max_length=200, description="What it was done to.", examples=["2026-01"]),
    ] = None,
    since: Annotated[
        AwareDatetime | None,
        Query(description="At this moment or later.", examples=["2026-01-31T00:00:00Z"]),
    ] = None,
) -> Response:
    """Every write and every denial, in order."""
    wanted = audit_log.Wanted(
        actor=actor, operation=operation, subject=subject, since=since, known_at=asked.known_at
    )

    def read(tx: Transaction, after: int, limit: int) -> list[audit_log.AuditEvent]:
        return audit_log.read(tx, after=after, limit=limit, wanted=wanted)

    return asked.numbered(
        schemas.AuditEventTold, read, schemas.AuditEventTold.of, number=lambda each: each.id
    )


def _done(
    books: Workspace,
    request: Request,
    operation: Callable[[Transaction], None],
    name: str,
    done: str,
) -> Response:
    told = schemas.Done(name=name, done=done).model_dump_json()
    return answer(once(books, request, operation, lambda _: told))
