"""Commands about people: enrolling them, their roles and keys, their word, the audit log."""

# ruff: noqa: FBT002 - options are read from their defaults

from __future__ import annotations

import json
import os
import pwd
from datetime import UTC, date, datetime
from typing import Annotated

import typer
from rich.table import Table

from revrec.commands.shared import (
    DEFAULT_ACTOR,
    Actor,
    AsJson,
    out,
    running,
    say,
    workspace_of,
)
from revrec.errors import FeedError
from revrec.model.people import ConsentAction, Duty, Person, PersonKind
from revrec.operations import people as enrolling
from revrec.store import audit_log

users = typer.Typer(help="Who may do what, and who is who.", no_args_is_help=True, callback=running)
keys = typer.Typer(
    help="Keys by which people and services prove who they are.",
    no_args_is_help=True,
    callback=running,
)
Why = Annotated[str, typer.Option("--reason", help="Why; it is kept.")]
Roles = Annotated[
    list[str],
    typer.Option(
        "--role", help="preparer, approver, controller, auditor, administrator or service."
    ),
]
Days = Annotated[int, typer.Option(help="Days it is good for.")]
Duties = Annotated[
    list[Duty] | None,
    typer.Option("--duty", help="What it is good for; all that its person may do if left out."),
]


@users.command()
def begin(
    name: str,
    login: Annotated[
        str | None, typer.Option(help="Their login on this machine; yours if left out.")
    ] = None,
) -> None:
    """Enrol the first person, the administrator; from then on nobody is taken at their word."""
    mine = pwd.getpwuid(os.getuid()).pw_name
    with workspace_of(name) as workspace:
        acting = workspace.acting_as(name)
        acting.run(lambda tx: enrolling.begin(tx, name, login or mine))
    say(f"{name} is the administrator, by the login {login or mine}.")
    say("Names are proven from now on; enrol the others with `revrec users add`.")


@users.command()
def add(
    name: str,
    role: Roles,
    reason: Why,
    login: Annotated[str | None, typer.Option(help="Their login on this machine.")] = None,
    *,
    service: Annotated[bool, typer.Option("--service", help="It is a program.")] = False,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Enrol a person or service with roles."""
    kind = PersonKind.SERVICE if service else PersonKind.PERSON
    with workspace_of(actor) as workspace:
        workspace.run(
            lambda tx: enrolling.enrol(tx, name, kind, login=login, roles=role, reason=reason)
        )
    say(f"{name} is enrolled as {', '.join(role)}.")


@users.command()
def grant(name: str, role: str, reason: Why, actor: Actor = DEFAULT_ACTOR) -> None:
    """Give a person a role."""
    with workspace_of(actor) as workspace:
        workspace.run(lambda tx: enrolling.grant(tx, name, role, reason))
    say(f"{name} is {role}.")


@users.command()
def end(name: str, role: str, reason: Why, actor: Actor = DEFAULT_ACTOR) -> None:
    """End a role of a person, or give up your own."""
    with workspace_of(actor) as workspace:
        workspace.run(lambda tx: enrolling.end_role(tx, name, role, reason))
    say(f"{name} is no longer {role}.")


@users.command("except")
def accept(name: str, days: Days, reason: Why, actor: Actor = DEFAULT_ACTOR) -> None:
    """Answer for duties of another person that one person does not have together."""
    with workspace_of(actor) as workspace:
        workspace.run(lambda tx: enrolling.accept_conflict(tx, name, days, reason))
        by = workspace.actor
    say(f"{by} answers for the duties of {name} for {days} days.")


@users.command("list")
def list_users(as_json: AsJson = False) -> None:
    """Show who may do what, conflicts of duties and who answers for them.

    Ends with 1 if conflicting duties have no exception that stands.
    """
    with workspace_of() as workspace:
        found = enrolling.everyone(workspace)
        today = workspace.run(lambda tx: tx.now, read_only=True).date()
    unanswered = [each for each in found if each.conflicts and not _is_answered(each, today)]
    if as_json:
        out.print_json(json.dumps([_as_json(each) for each in found]))
    else:
        table = Table("name", "kind", "login", "roles", "duties", "conflicts", "answered for")
        for each in found:
            told = each.exception
            table.add_row(
                *(each.name, each.kind, each.login or ""),
                ", ".join(grant.role for grant in each.grants),
                ", ".join(sorted(each.duties)),
                "; ".join(f"{duty} and {other}" for duty, other in each.conflicts),
                f"by {told.accepted_by} until {told.until}: {told.reason}" if told else "",
            )
        out.print(table)
    if not found:
        say("Nobody is enrolled: names are taken at their word. Begin with `revrec users begin`.")
    for each in unanswered:
        say(f"{each.name} has conflicting duties that nobody answers for.")
    if unanswered:
        raise typer.Exit(1)


@keys.command("add")
def add_key(
    name: str,
    days: Days = enrolling.KEY_DAYS,
    duty: Duties = None,
    note: Annotated[str, typer.Option(help="Where it is used.")] = "",
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Issue a key: to yourself, or as an administrator to anyone. It is shown once."""
    key = enrolling.new_key()
    with workspace_of(actor) as workspace:
        made = workspace.run(
            lambda tx: enrolling.issue_key(
                tx,
                name,
                enrolling.digest_of_key(key),
                days=days,
                duties=duty,
                note=note,
                within=workspace.duties,
            )
        )
    say(f"{made.id} of {name}, good until {made.expires_at:%Y-%m-%d %H:%M} UTC. It is not kept:")
    out.print(key, highlight=False, soft_wrap=True)


@keys.command()
def rotate(
    number: str,
    after_hours: Annotated[int, typer.Option(min=0, help="Hours until the old one ends.")] = 24,
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Issue a key like an old one, which ends some hours later."""
    key = enrolling.new_key()
    with workspace_of(actor) as workspace:
        made = workspace.run(
            lambda tx: enrolling.rotate_key(
                tx,
                number,
                enrolling.digest_of_key(key),
                after_hours=after_hours,
                within=workspace.duties,
            )
        )
    say(f"{number} ends in {after_hours} hours; {made.id} follows it. It is not kept:")
    out.print(key, highlight=False, soft_wrap=True)


@keys.command()
def revoke(number: str, reason: Why, actor: Actor = DEFAULT_ACTOR) -> None:
    """End a key at once: your own, or as an administrator anyone's."""
    with workspace_of(actor) as workspace:
        workspace.run(lambda tx: enrolling.end_key(tx, number, reason))
    say(f"{number} has ended.")


@keys.command("list")
def list_keys(as_json: AsJson = False) -> None:
    """List keys with whose they are and when they end; never the keys themselves."""
    with workspace_of() as workspace:
        found = [key for each in enrolling.everyone(workspace) for key in each.keys]
        now = workspace.run(lambda tx: tx.now, read_only=True)
    rows = [
        {
            "id": key.id,
            "person": key.person,
            "duties": None if key.duties is None else list(key.duties),
            "issued_by": key.issued_by,
            "expires_at": key.expires_at.isoformat(),
            "is_good": key.is_good(now),
            "note": key.note,
        }
        for key in found
    ]
    if as_json:
        out.print_json(json.dumps(rows))
        return
    table = Table("key", "person", "duties", "issued by", "ends", "in use", "note")
    for row in rows:
        table.add_row(*(str(value) for value in row.values()))
    out.print(table)


def consent(
    period: str,
    action: ConsentAction,
    gate: Annotated[str, typer.Option(help="The gate, to waive one.")] = "",
    note: Annotated[str, typer.Option(help="What you looked at, or why.")] = "",
    actor: Actor = DEFAULT_ACTOR,
) -> None:
    """Give your word on what another person is going to do to a period, once."""
    with workspace_of(actor) as workspace:
        asked = workspace.calendar().parse(period)
        given = workspace.run(
            lambda tx: enrolling.give_consent(tx, asked, action, gate=gate, note=note)
        )
    what = f"{action.replace('_', '-')} {period} {gate}".strip()
    say(f"{given.given_by} gives their word on this: {what} (certificate {given.ordinal}).")


def audit_events(
    *,
    who: Annotated[str | None, typer.Option(help="By this person.")] = None,
    operation: Annotated[
        str | None, typer.Option(help="Of this name, or with this beginning, such as `access.`.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Of this thing.")] = None,
    since: Annotated[datetime | None, typer.Option(help="At this moment or later, UTC.")] = None,
    after: Annotated[int, typer.Option(help="With a higher number.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 500,
    as_json: AsJson = False,
) -> None:
    """List who did what to which thing, when and why; denials too."""
    if since is not None and since.tzinfo is not None:
        raise FeedError("--since is in UTC and has no offset.", remedy="Leave the offset out.")
    wanted = audit_log.Wanted(
        actor=who,
        operation=operation,
        subject=subject,
        since=None if since is None else since.replace(tzinfo=UTC),
    )
    with workspace_of() as workspace:
        found = workspace.run(
            lambda tx: audit_log.read(tx, after=after, limit=limit, wanted=wanted), read_only=True
        )
    rows = [
        {
            "id": each.id,
            "at": each.at.isoformat(),
            "actor": each.actor,
            "operation": each.operation,
            "subject": each.subject,
            "details": dict(each.details),
        }
        for each in found
    ]
    if as_json:
        out.print_json(json.dumps(rows))
        return
    table = Table("no.", "at", "who", "operation", "subject", "details")
    for row in rows:
        told = json.dumps(row["details"])
        table.add_row(*(str(value) for value in list(row.values())[:-1]), told)
    out.print(table)


def _is_answered(person: Person, today: date) -> bool:
    return person.exception is not None and person.exception.until >= today


def _as_json(person: Person) -> dict[str, object]:
    told = person.exception
    return {
        "name": person.name,
        "kind": person.kind.value,
        "login": person.login,
        "enrolled_by": person.enrolled_by,
        "enrolled_at": person.enrolled_at.isoformat(),
        "roles": [
            {"role": each.role, "granted_by": each.granted_by, "reason": each.reason}
            for each in person.grants
        ],
        "duties": sorted(person.duties),
        "conflicts": [list(pair) for pair in person.conflicts],
        "exception": told
        and {
            "until": told.until.isoformat(),
            "accepted_by": told.accepted_by,
            "reason": told.reason,
        },
    }
