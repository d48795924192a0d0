"""People of an entity: append-only rows, which the database holds to who writes them.

The rules are in ``migrations/sql/0016_people.sql``: nobody signs as another, nobody does what none
of their roles may, conflicting duties need an exception, two people stand behind a close.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from psycopg.types.json import Jsonb

from revrec.model.people import (
    AccessKey,
    Actor,
    Consent,
    ConsentAction,
    Duty,
    DutyException,
    Person,
    PersonKind,
    RoleGrant,
)
from revrec.periods import Period
from revrec.store.transaction import Transaction

_KEYS = """
    select issued.id, issued.person, issued.duties, issued.issued_by, issued.issued_at,
           least(issued.expires_at, min(ended.ends_at)), issued.note
    from records.access_key as issued
    left join records.access_key_end as ended
      on ended.entity_id = issued.entity_id and ended.access_key = issued.id
      and (%(known_at)s::timestamptz is null or ended.ended_at <= %(known_at)s)
    where issued.entity_id = %(entity)s {narrow}
      and (%(known_at)s::timestamptz is null or issued.issued_at <= %(known_at)s)
    group by issued.entity_id, issued.id
    order by issued.issued_at, issued.id
"""


def is_enrolled(tx: Transaction) -> bool:
    """Whether anyone is; until then names are taken at their word."""
    row = tx.connection.execute("select records.is_enrolled(%s)", [tx.entity]).fetchone()
    return row is not None and bool(row[0])


def matrix(tx: Transaction) -> dict[str, frozenset[Duty]]:
    """What each role may do."""
    rows = tx.connection.execute(
        "select role, array_agg(duty) from migrations.role_duty group by role order by role"
    )
    return {role: frozenset(map(Duty, duties)) for role, duties in rows}


def actor(tx: Transaction, name: str) -> Actor:
    """A person with what they may do."""
    rows = tx.connection.execute("select records.duties(%s, %s)", [tx.entity, name])
    return Actor(name=name, duties=frozenset(Duty(duty) for (duty,) in rows))


def of_login(tx: Transaction, login: str) -> str | None:
    """Whom a login of the operating system is."""
    row = tx.connection.execute(
        "select name from records.person where entity_id = %s and login = %s", [tx.entity, login]
    ).fetchone()
    return None if row is None else str(row[0])


def key_of(tx: Transaction, digest: str) -> AccessKey | None:
    """The key with this SHA-256, good or not."""
    row = tx.connection.execute(
        _KEYS.format(narrow="and issued.digest = %(digest)s"),
        {"entity": tx.entity, "digest": digest, "known_at": None},
    ).fetchone()
    return None if row is None else _key(row)


def require_two(
    tx: Transaction,
    period: Period,
    action: ConsentAction,
    *,
    asked: str,
    approved: str,
    gate: str = "",
) -> None:
    """Refuse what two people stand behind before it is worked on; the database asks again.

    Raises Forbidden, ApprovalNeeded.
    """
    tx.connection.execute(
        "select records.require_two(%s, %s, records.next_certificate(%s, %s), %s, %s, %s, %s)",
        [
            *(tx.entity, str(period), tx.entity, str(period)),
            *(action.value, gate, asked, approved),
        ],
    )


def enrol(tx: Transaction, name: str, kind: PersonKind, login: str | None) -> None:
    """Enrol a person, on the actor's word."""
    tx.connection.execute(
        "insert into records.person (entity_id, name, kind, login, enrolled_by, enrolled_at)"
        " values (%s, %s, %s, %s, %s, %s)",
        [tx.entity, name, kind.value, login, tx.actor, tx.now],
    )


def grant(tx: Transaction, person: str, role: str, reason: str) -> None:
    """Give a person a role."""
    tx.connection.execute(
        "insert into records.role_grant (entity_id, person, role, granted_by, granted_at, reason)"
        " values (%s, %s, %s, %s, %s, %s)",
        [tx.entity, person, role, tx.actor, tx.now, reason],
    )


def end_grant(tx: Transaction, number: int, reason: str) -> None:
    """End a role of a person."""
    tx.connection.execute(
        "insert into records.role_end (entity_id, role_grant, ended_by, ended_at, reason)"
        " values (%s, %s, %s, %s, %s)",
        [tx.entity, number, tx.actor, tx.now, reason],
    )


def accept(tx: Transaction, person: str, until: date, reason: str) -> None:
    """Answer for a person's conflicting duties."""
    tx.connection.execute(
        "insert into records.duty_exception (entity_id, person, until, accepted_by, accepted_at,"
        " reason) values (%s, %s, %s, %s, %s, %s)",
        [tx.entity, person, until, tx.actor, tx.now, reason],
    )


def issue(tx: Transaction, key: AccessKey, digest: str) -> None:
    """Record a key."""
    duties = None if key.duties is None else Jsonb([duty.value for duty in key.duties])
    tx.connection.execute(
        "insert into records.access_key (entity_id, id, person, digest, duties, issued_by,"
        " issued_at, expires_at, note) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            *(tx.entity, key.id, key.person, digest, duties),
            *(key.issued_by, key.issued_at, key.expires_at, key.note),
        ],
    )


def end_key(tx: Transaction, key: str, ends_at: datetime, reason: str) -> None:
    """End a key at a moment."""
    tx.connection.execute(
        "insert into records.access_key_end (entity_id, access_key, ends_at, ended_by, ended_at,"
        " reason) values (%s, %s, %s, %s, %s, %s)",
        [tx.entity, key, ends_at, tx.actor, tx.now, reason],
    )


def consent(
    tx: Transaction, period: Period, action: ConsentAction, *, gate: str, note: str
) -> Consent:
    """Record the actor's word, for the period's next certificate."""
    row = tx.connection.execute(
        "insert into records.consent (entity_id, period, ordinal, action, gate, given_by,"
        " given_at, note) values (%s, %s, records.next_certificate(%s, %s), %s, %s, %s, %s, %s)"
        " returning ordinal",
        [
            *(tx.entity, str(period), tx.entity, str(period), action.value),
            *(gate, tx.actor, tx.now, note),
        ],
    ).fetchone()
    assert row is not None, "an insert gives its row back"
    return Consent(
        period=period,
        ordinal=row[0],
        action=action,
        gate=gate,
        given_by=tx.actor,
        given_at=tx.now,
        note=note,
    )


def everyone(tx: Transaction, known_at: datetime | None = None) -> list[Person]:
    """Every person by name, with roles, duties, conflicts, exceptions and keys.

    As that was at a moment, or is now; duties are those that the roles have now.
    """
    grants = _grants(tx, known_at)
    exceptions = _exceptions(tx, known_at)
    of_role = matrix(tx)
    pairs = [
        (Duty(duty), Duty(other))
        for duty, other in tx.connection.execute(
            "select duty, other from migrations.duty_conflict order by duty, other"
        )
    ]
    keys: dict[str, list[AccessKey]] = {}
    told = {"entity": tx.entity, "known_at": known_at}
    for row in tx.connection.execute(_KEYS.format(narrow=""), told):
        key = _key(row)
        keys.setdefault(key.person, []).append(key)
    rows = tx.connection.execute(
        "select name, kind, login, enrolled_by, enrolled_at from records.person"
        " where entity_id = %(entity)s"
        " and (%(known_at)s::timestamptz is null or enrolled_at <= %(known_at)s) order by name",
        told,
    )
    found = []
    for name, kind, login, enrolled_by, enrolled_at in rows:
        has = tuple(grants.get(name, ()))
        duties = frozenset[Duty]().union(*(of_role[each.role] for each in has))
        found.append(
            Person(
                name=name,
                kind=PersonKind(kind),
                login=login,
                enrolled_by=enrolled_by,
                enrolled_at=enrolled_at,
                grants=has,
                duties=duties,
                conflicts=tuple(pair for pair in pairs if duties.issuperset(pair)),
                exception=exceptions.get(name),
                keys=tuple(keys.get(name, ())),
            )
        )
    return found


def _grants(tx: Transaction, known_at: datetime | None) -> Mapping[str, list[RoleGrant]]:
    found: dict[str, list[RoleGrant]] = {}
    rows = tx.connection.execute(
        "select person, id, role, granted_by, granted_at, reason from records.role_grant as given"
        " where entity_id = %(entity)s"
        " and (%(known_at)s::timestamptz is null or granted_at <= %(known_at)s)"
        " and not exists (select from records.role_end as ended"
        " where ended.entity_id = given.entity_id and ended.role_grant = given.id"
        " and (%(known_at)s::timestamptz is null or ended.ended_at <= %(known_at)s)) order by id",
        {"entity": tx.entity, "known_at": known_at},
    )
    for person, number, role, granted_by, granted_at, reason in rows:
        found.setdefault(person, []).append(
            RoleGrant(
                id=number, role=role, granted_by=granted_by, granted_at=granted_at, reason=reason
            )
        )
    return found


def _exceptions(tx: Transaction, known_at: datetime | None) -> Mapping[str, DutyException]:
    rows = tx.connection.execute(
        "select person, until, accepted_by, reason from records.duty_exception"
        " where entity_id = %s and (%s::timestamptz is null or accepted_at <= %s) order by id",
        [tx.entity, known_at, known_at],
    )
    return {
        person: DutyException(until=until, accepted_by=accepted_by, reason=reason)
        for person, until, accepted_by, reason in rows
    }


def _key(row: tuple[object, ...]) -> AccessKey:
    number, person, duties, issued_by, issued_at, expires_at, note = row
    assert isinstance(issued_at, datetime) and isinstance(expires_at, datetime)  # noqa: PT018
    assert duties is None or isinstance(duties, list)
    return AccessKey(
        id=str(number),
        person=str(person),
        duties=None if duties is None else tuple(Duty(each) for each in duties),
        issued_by=str(issued_by),
        issued_at=issued_at,
        expires_at=expires_at,
        note=str(note),
    )
