"""Findings: raised and cleared by checks, worked on and settled by people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from revrec.errors import Conflict, NotFound, SelfApproval
from revrec.model.dataset import Column, ColumnType, DataSet
from revrec.model.finding import Finding, FindingAction, FindingEvent, FindingState, Seen
from revrec.model.webhook import EventKind
from revrec.operations.webhooks import happened
from revrec.reconciliation.datasets import age, day, quantity, text
from revrec.store import audit_log, locks, webhooks
from revrec.store import findings as kept
from revrec.store.transaction import Transaction
from revrec.usage.elections import elected


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated:
    """What a run of checks did to the findings."""

    raised: int = 0
    changed: int = 0
    cleared: int = 0
    recurred: int = 0
    standing: int = 0
    """Findings that are not resolved after it."""


def update(tx: Transaction, seen: Iterable[Seen], checks: Iterable[str]) -> Updated:
    """Bring the findings of some checks to what the checks see now; again, nothing happens.

    What is seen no more is cleared. What a person resolved stays so while its amount does. Amounts
    below what the policy raises are not seen.
    """
    locks.findings(tx)
    least = Decimal(elected(tx, "findings_raised_from"))
    due = timedelta(days=int(elected(tx, "findings_due").removesuffix("_days")))
    now = {each.cause.finding: each for each in seen if abs(each.amount) >= least}
    among = frozenset(checks)
    known = {each.id: each for each in kept.read(tx) if each.cause.check in among}
    kept.add(tx, [each for name, each in now.items() if name not in known])
    events: list[tuple[str, FindingEvent]] = []
    for name, each in now.items():
        action = _action(known.get(name), each)
        if action is not None:
            raised = action in {FindingAction.RAISED, FindingAction.RECURRED}
            due_on = tx.now.date() + due if raised else None
            events.append((name, _event(tx, action, each, due_on)))
    for name, found in known.items():
        if name not in now and found.amount:
            gone = replace(_of(tx, found, FindingAction.CLEARED), amount=Decimal(0))
            events.append((name, gone))
    kept.append(tx, events)
    _tell_raised(tx, now, events)
    told = [event.action for _, event in events]
    counts = {
        "raised": told.count(FindingAction.RAISED),
        "changed": told.count(FindingAction.CHANGED),
        "cleared": told.count(FindingAction.CLEARED),
        "recurred": told.count(FindingAction.RECURRED),
    }
    if events:
        audit_log.write(tx, "findings.update", ", ".join(sorted(among)), counts)
    standing = sum(not each.is_resolved for each in kept.read(tx))
    return Updated(**counts, standing=standing)


def _tell_raised(
    tx: Transaction, seen: Mapping[str, Seen], events: Iterable[tuple[str, FindingEvent]]
) -> None:
    """Tell those who listen of what is raised, and raised again."""
    if not webhooks.listening(tx, EventKind.FINDING_RAISED):
        return
    for name, event in events:
        if event.action in {FindingAction.RAISED, FindingAction.RECURRED}:
            cause = seen[name].cause
            told = {"finding": name, "check": cause.check, "reason": cause.reason}
            happened(
                tx,
                EventKind.FINDING_RAISED,
                f"{name} {tx.now.isoformat()}",
                {**told, "contract": cause.contract, "action": event.action.value},
            )


def _action(found: Finding | None, seen: Seen) -> FindingAction | None:
    """What a cause that is seen does to its finding, if anything."""
    if found is None:
        return FindingAction.RAISED
    if found.amount == seen.amount and found.first_period == seen.first_period:
        return None
    if found.is_resolved:
        return None if found.amount == seen.amount else FindingAction.RECURRED
    return FindingAction.CHANGED


def _event(tx: Transaction, action: FindingAction, seen: Seen, due_on: date | None) -> FindingEvent:
    return FindingEvent(
        action=action,
        at=tx.now,
        by=tx.actor,
        amount=seen.amount,
        since=seen.since,
        first_period=seen.first_period,
        due_on=due_on,
        note=f"{seen.sentence} {seen.remedy}",
    )


def _of(tx: Transaction, found: Finding, action: FindingAction) -> FindingEvent:
    """An event that leaves what the finding is about."""
    return FindingEvent(
        action=action,
        at=tx.now,
        by=tx.actor,
        amount=found.amount,
        since=found.since,
        first_period=found.first_period,
    )


def found_as(tx: Transaction, finding: str) -> Finding:
    """A finding; NotFound."""
    told = kept.read(tx, [finding])
    if not told:
        raise NotFound(
            f"There is no finding {finding}.", remedy="List them: `revrec findings list`."
        )
    return told[0]


def assign(tx: Transaction, finding: str, owner: str, due_on: date | None = None) -> Finding:
    """Give a finding to somebody, and a day by which it should be resolved."""
    if not owner.strip():
        raise Conflict("Nobody is named.", remedy="Name the owner.")

    def to(found: Finding) -> FindingEvent:
        event = _of(tx, found, FindingAction.ASSIGNED)
        return replace(event, owner=owner.strip(), due_on=due_on)

    return _settle(tx, finding, to)


def accept(tx: Transaction, finding: str, note: str = "") -> Finding:
    """Agree that it is to be corrected."""
    return _move(tx, finding, FindingAction.ACCEPTED, note)


def start(tx: Transaction, finding: str, note: str = "") -> Finding:
    """Tell that it is being corrected."""
    return _move(tx, finding, FindingAction.STARTED, note)


def note(tx: Transaction, finding: str, told: str) -> Finding:
    """Add a note."""
    if not told.strip():
        raise Conflict("The note is empty.", remedy="Say something.")

    def of(found: Finding) -> FindingEvent:
        return replace(_of(tx, found, FindingAction.NOTED), note=told.strip())

    return _settle(tx, finding, of, even_resolved=True)


def resolve(tx: Transaction, finding: str, told: str) -> Finding:
    """Say that nothing is left to do, and why; above the policy's bound two people say so.

    The first asks, and the finding waits; the second resolves it. Raises NotFound, Conflict for a
    finding that is resolved or without a reason, SelfApproval for one who asked already.
    """
    if not told.strip():
        raise Conflict("The resolution gives no reason.", remedy="Say why in a note.")
    alone = Decimal(elected(tx, "findings_resolved_alone"))

    def of(found: Finding) -> FindingEvent:
        asked = found.proposed
        if abs(found.amount) <= alone:
            event, by = _of(tx, found, FindingAction.RESOLVED), tx.actor
        elif asked is None or asked.amount != found.amount:
            event, by = _of(tx, found, FindingAction.PROPOSED), ""
        elif asked.by == tx.actor:
            raise SelfApproval(
                f"{tx.actor} asked that {finding} be resolved and cannot resolve it: "
                f"{abs(found.amount):,f} is above {alone:,f}.",
                remedy="Have another person resolve it.",
            )
        else:
            event, by = _of(tx, found, FindingAction.RESOLVED), asked.by
        return replace(event, note=told.strip(), prepared_by=by)

    return _settle(tx, finding, of, alone_max=alone)


def reopen(tx: Transaction, finding: str, told: str) -> Finding:
    """Open a resolved finding again, or take back the asking that it be resolved."""
    if not told.strip():
        raise Conflict("The reopening gives no reason.", remedy="Say why in a note.")

    def of(found: Finding) -> FindingEvent:
        if not found.is_resolved and found.proposed is None:
            raise Conflict(f"{finding} is {found.state} and not resolved.", remedy="Nothing to do.")
        return replace(_of(tx, found, FindingAction.REOPENED), note=told.strip())

    return _settle(tx, finding, of, even_resolved=True)


def _move(tx: Transaction, finding: str, action: FindingAction, told: str) -> Finding:
    def of(found: Finding) -> FindingEvent:
        return replace(_of(tx, found, action), note=told.strip(), owner=found.owner or tx.actor)

    return _settle(tx, finding, of)


def _settle(
    tx: Transaction,
    finding: str,
    event_of: Callable[[Finding], FindingEvent],
    *,
    even_resolved: bool = False,
    alone_max: Decimal | None = None,
) -> Finding:
    locks.findings(tx)
    found = found_as(tx, finding)
    if found.is_resolved and not even_resolved:
        raise Conflict(f"{finding} is resolved.", remedy="Reopen it first.")
    event = event_of(found)
    kept.append(tx, [(finding, event)], alone_max=alone_max)
    audit_log.write(tx, f"finding.{event.action}", finding, {"note": event.note})
    return found_as(tx, finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which findings are asked for; what is left out narrows nothing."""

    state: FindingState | None = None
    standing: bool = False
    """Only those that are not resolved."""
    check: str = ""
    contract: str = ""
    owner: str = ""


def listed(tx: Transaction, wanted: Wanted) -> list[Finding]:
    """Findings, oldest first."""
    found = [
        each
        for each in kept.read(tx)
        if wanted.state in {None, each.state}
        and not (wanted.standing and each.is_resolved)
        and wanted.check in {"", each.cause.check}
        and wanted.contract in {"", each.cause.contract}
        and wanted.owner in {"", each.owner}
    ]
    return sorted(found, key=lambda each: (each.since, each.id))


def aged(found: Sequence[Finding], as_of: date) -> DataSet:
    """Findings as a table for readers, with their age."""
    return DataSet(
        name="findings",
        title="Findings",
        columns=[
            text("finding", "Finding"),
            text("check", "Check"),
            text("reason", "Reason"),
            text("customer", "Customer"),
            text("contract", "Contract"),
            text("subject", "Subject"),
            text("currency", "Currency"),
            quantity("amount", "Amount"),
            text("state", "State"),
            text("owner", "Owner"),
            day("since", "Since"),
            text("age", "Age"),
            day("due_on", "Due"),
            Column(name="changes", title="Changes", type=ColumnType.INTEGER),
            text("sentence", "What is wrong and what to do"),
        ],
        rows=[
            [
                *(each.id, each.cause.check, each.cause.reason, each.customer),
                *(each.cause.contract, each.cause.subject, each.currency, each.amount),
                *(each.state.value, each.owner, each.since, age(each.since, as_of)),
                *(each.due_on, len(each.events), each.sentence),
            ]
            for each in found
        ],
        note="Amounts are of the currency, or of units of a meter where there is none.",
    )
