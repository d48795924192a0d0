"""Enrolling people, proving who acts, and giving one's word on what another does."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from revrec.errors import Conflict, FeedError, Forbidden, NotFound, Unauthorised
from revrec.model.people import (
    AccessKey,
    Actor,
    Consent,
    ConsentAction,
    Duty,
    Person,
    PersonKind,
)
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, people, periods
from revrec.store.periods import PeriodStatus
from revrec.store.transaction import Transaction

NAMELESS = "accounting"
"""Who acts while nobody is enrolled and no name is given."""
NOBODY = "nobody"
"""Who acts until it is shown who does: whose denial is kept when nothing shows it."""
KEY_DAYS = 90
"""How long a key is good for unless it is told."""
KEY_DAYS_MAX = 366
_BEGIN = "revrec_"
"""Begins every key, so that scanners for secrets know one."""
_ADMINISTRATOR = "administrator"


def digest_of_key(key: str) -> str:
    """What is kept of a key: its SHA-256. A key is 256 random bits, which nobody can guess."""
    return hashlib.sha256(key.encode()).hexdigest()


def by_key(tx: Transaction, key: str) -> Actor:
    """Who holds a key, with what it is good for; Unauthorised for one that proves nothing."""
    known = people.key_of(tx, digest_of_key(key))
    if known is None or not known.is_good(tx.now):
        raise Unauthorised(
            "The key is not known." if known is None else f"The key {known.id} has ended.",
            remedy="Have a key issued: `revrec keys add`.",
        )
    found = people.actor(tx, known.person)
    if known.duties is None:
        return found
    return replace(found, duties=found.duties.intersection(known.duties))


def by_token(
    tx: Transaction, login: str, *, roles: Collection[str] | None, entities: Collection[int] | None
) -> Actor:
    """Whom a token proves, with what it is good for; it never adds to what the books gave.

    ``roles`` and ``entities`` are what the token is good for, None for all. Raises Unauthorised
    for nobody enrolled, Forbidden for another entity's token.
    """
    name = people.of_login(tx, login)
    if name is None:
        raise Unauthorised(
            "Nobody is enrolled whom the token names.",
            remedy=f"Have an administrator enrol them with the login {login!r}.",
        )
    if entities is not None and tx.entity not in entities:
        raise Forbidden(
            f"The token of {name} is not good for entity {tx.entity}.",
            remedy="Get one from the issuer that names the entity.",
            subject=name,
        )
    found = people.actor(tx, name)
    if roles is None:
        return found
    matrix = people.matrix(tx)
    good_for = frozenset[Duty]().union(*(matrix.get(role, frozenset()) for role in roles))
    return replace(found, duties=found.duties & good_for)


def by_login(tx: Transaction, login: str) -> Actor:
    """Whom a login of the operating system is; Unauthorised for nobody."""
    name = people.of_login(tx, login)
    if name is None:
        raise Unauthorised(
            f"Nobody is enrolled with the login {login!r}.",
            remedy="Have an administrator enrol you with it, or put your key into REVREC_KEY.",
        )
    return people.actor(tx, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What shows on the command line who acts: the key, or else the login."""

    login: str
    key: str | None = None


def admitted(
    workspace: Workspace,
    proof: Proof,
    claimed: Sequence[str],
    *,
    duties: Collection[Duty],
    operation: str,
) -> Workspace:
    """The stores for whoever is proven to act, if they may do the operation.

    While nobody is enrolled, the first name that is claimed is taken at its word. Otherwise who is
    proven must be one of those claimed, if any is. Raises Unauthorised, Forbidden; both are in
    the audit log.
    """

    def prove(tx: Transaction) -> Actor | None:
        if not people.is_enrolled(tx):
            return None
        actor = by_login(tx, proof.login) if proof.key is None else by_key(tx, proof.key)
        if claimed and actor.name not in claimed:
            raise Unauthorised(
                f"{actor.name} is proven to act, not {' or '.join(claimed)}.",
                remedy="Have them run it by their login, or with their key in REVREC_KEY.",
                subject=operation,
            )
        return actor

    found = workspace.acting_as(NOBODY).run(prove, read_only=True)
    if found is None:
        return workspace
    acting = replace(workspace, actor=found.name, duties=found.duties)
    if not found.duties.intersection(duties):
        # In a transaction, so that the denial is in the audit log.
        acting.run(lambda _: require(found, duties, operation), read_only=True)
    note_inspection(acting, operation)
    return acting


def note_inspection(workspace: Workspace, operation: str, subject: str = "") -> None:
    """Log what an auditor asks for, before they are shown it; of others only writes are logged."""
    if workspace.duties is not None and Duty.AUDIT in workspace.duties:
        told = f"{audit_log.LOOKED_AT}{operation}"
        workspace.run(lambda tx: audit_log.write(tx, told, subject, {}))


def require(actor: Actor, duties: Collection[Duty], operation: str) -> None:
    """Forbidden for someone who has none of the duties an operation needs."""
    if not actor.duties.intersection(duties):
        wanted = " or ".join(sorted(duty.value for duty in duties)) or "be let in at all"
        raise Forbidden(
            f"{actor.name} may not {operation}: it is for those who {wanted}.",
            remedy="Have one of them do it; `revrec users list` shows who may what.",
            subject=operation,
        )


def require_of(workspace: Workspace, duties: Collection[Duty], operation: str) -> None:
    """Forbidden if whoever acts showed what is good for none of the duties."""
    if workspace.duties is not None:
        require(Actor(name=workspace.actor, duties=workspace.duties), duties, operation)


def begin(tx: Transaction, name: str, login: str | None) -> None:
    """Enrol the first person, the entity's administrator; Conflict when someone is enrolled."""
    if people.is_enrolled(tx):
        raise Conflict("People are enrolled already.", remedy="Have an administrator enrol you.")
    people.enrol(tx, name, PersonKind.PERSON, login)
    people.grant(tx, name, _ADMINISTRATOR, "the first person")
    audit_log.write(tx, "person.begin", name, {"login": login})


def enrol(
    tx: Transaction,
    name: str,
    kind: PersonKind,
    *,
    login: str | None,
    roles: Collection[str],
    reason: str,
) -> None:
    """Enrol a person with roles."""
    people.enrol(tx, name, kind, login)
    audit_log.write(tx, "person.enrol", name, {"kind": kind.value, "login": login})
    for role in roles:
        grant(tx, name, role, reason)


def grant(tx: Transaction, name: str, role: str, reason: str) -> None:
    """Give a person a role; one they have already is no second.

    Raises Forbidden, ApprovalNeeded for duties that conflict, Conflict for nobody or no role.
    """
    before = _roles(tx, name)
    if role not in before:
        people.grant(tx, name, role, reason)
        after = sorted({*before, role})
        audit_log.write(
            tx, "role.grant", name, {"before": sorted(before), "after": after, "why": reason}
        )


def end_role(tx: Transaction, name: str, role: str, reason: str) -> None:
    """End a role of a person; NotFound when they do not have it."""
    before = _roles(tx, name)
    if role not in before:
        raise NotFound(f"{name} is not {role}.", remedy="See `revrec users list`.")
    people.end_grant(tx, before[role], reason)
    after = sorted({*before} - {role})
    audit_log.write(tx, "role.end", name, {"before": sorted(before), "after": after, "why": reason})


def accept_conflict(tx: Transaction, name: str, days: int, reason: str) -> None:
    """Answer for a person's conflicting duties for so many days."""
    until = tx.now.astimezone(UTC).date() + timedelta(days=days)
    people.accept(tx, name, until, reason)
    audit_log.write(tx, "duties.except", name, {"until": until.isoformat(), "why": reason})


def issue_key(
    tx: Transaction,
    name: str,
    digest: str,
    *,
    days: int = KEY_DAYS,
    duties: Collection[Duty] | None = None,
    note: str = "",
    within: frozenset[Duty] | None = None,
) -> AccessKey:
    """Record a key of a person by its SHA-256; the key itself is never told to the books.

    ``within`` is what the one who asks showed is good for: unless they administer, the new key is
    good for no more. Raises Forbidden, Conflict.
    """
    if not 1 <= days <= KEY_DAYS_MAX:
        raise Conflict(
            f"A key is good for 1 to {KEY_DAYS_MAX} days, not {days}.",
            remedy="Choose another term.",
        )
    wanted = people.actor(tx, name).duties if duties is None else frozenset(duties)
    if within is not None and Duty.ADMINISTER not in within and not wanted <= within:
        raise Forbidden(
            f"{tx.actor} cannot issue a key for more than their own is good for.",
            remedy="Name fewer duties, or use a key for all of them.",
            subject=name,
        )
    made = AccessKey(
        id=f"key_{digest[:12]}",
        person=name,
        duties=None if duties is None else tuple(sorted(duties)),
        issued_by=tx.actor,
        issued_at=tx.now,
        expires_at=tx.now + timedelta(days=days),
        note=note,
    )
    people.issue(tx, made, digest)
    audit_log.write(
        tx, "key.issue", made.id, {"person": name, "expires_at": made.expires_at.isoformat()}
    )
    return made


def end_key(tx: Transaction, number: str, reason: str, *, after_hours: int = 0) -> None:
    """End a key now, or after so many hours in which its successor is put in its place."""
    ends_at = tx.now + timedelta(hours=after_hours)
    people.end_key(tx, number, ends_at, reason)
    audit_log.write(tx, "key.end", number, {"ends_at": ends_at.isoformat(), "why": reason})


def rotate_key(
    tx: Transaction,
    number: str,
    digest: str,
    *,
    after_hours: int,
    within: frozenset[Duty] | None = None,
) -> AccessKey:
    """Issue a key like an old one, which ends after so many hours; NotFound for none."""
    old = next(
        (each for person in people.everyone(tx) for each in person.keys if each.id == number), None
    )
    if old is None or not old.is_good(tx.now):
        raise NotFound(f"There is no key {number} in use.", remedy="See `revrec keys list`.")
    days = min(max((old.expires_at - old.issued_at).days, 1), KEY_DAYS_MAX)
    made = issue_key(
        tx, old.person, digest, days=days, duties=old.duties, note=old.note, within=within
    )
    end_key(tx, number, f"followed by {made.id}", after_hours=after_hours)
    return made


def new_key() -> str:
    """A key of 256 random bits."""
    return _BEGIN + secrets.token_urlsafe(32)


def give_consent(
    tx: Transaction, period: Period, action: ConsentAction, *, gate: str = "", note: str = ""
) -> Consent:
    """Give the actor's word on what another is going to do to a period.

    Raises Conflict for a word on what cannot be next, FeedError for a gate that is not waived or
    a waiver of none.
    """
    if (action is ConsentAction.WAIVE) != bool(gate):
        raise FeedError(
            f"A word on {action.value.replace('_', '-')} names {gate or 'no gate'}.",
            remedy="Name the gate that is waived, and none for anything else.",
        )
    closed = periods.status(tx, period) is PeriodStatus.CLOSED
    if closed != (action is ConsentAction.REOPEN):
        raise Conflict(
            f"{period} is {'closed' if closed else 'not closed'}: a word on "
            f"{action.value.replace('_', '-')} has nothing to be good for.",
            remedy="See `revrec status`.",
        )
    given = people.consent(tx, period, action, gate=gate, note=note)
    subject = f"{period} {gate}".strip()
    audit_log.write(tx, f"consent.{action}", subject, {"ordinal": given.ordinal, "why": note})
    return given


def everyone(workspace: Workspace, known_at: datetime | None = None) -> list[Person]:
    """Every person of the entity, for the access report, at a moment or now."""
    return workspace.run(lambda tx: people.everyone(tx, known_at), read_only=True)


def _roles(tx: Transaction, name: str) -> dict[str, int]:
    """Roles of a person that have not ended, with the numbers of their grants."""
    found = [each for each in people.everyone(tx) if each.name == name]
    return {each.role: each.id for person in found for each in person.grants}
