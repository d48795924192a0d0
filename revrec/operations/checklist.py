"""The checklist of a close: the program's tasks complete by their gates, people's by two people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from revrec.errors import Conflict, NotFound, PeriodClosed, SelfApproval
from revrec.model.controls import (
    ChecklistTask,
    Evidence,
    SignOffOutcome,
    TaskState,
    TaskStatus,
    Waiver,
)
from revrec.model.policy import Policy
from revrec.operations import gates
from revrec.operations.computing import Computed
from revrec.operations.gates import GateState
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, controls, locks, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodStatus
from revrec.store.transaction import Transaction

_SATURDAY = 5


def checklist(workspace: Workspace, period: Period) -> list[TaskStatus]:
    """Every task of the period's close in the order of the policy, with where it stands."""
    return workspace.run(lambda tx: listing(tx, workspace.lake, period), read_only=True)


def listing(
    tx: Transaction, lake: Lake, period: Period, computed: Computed | None = None
) -> list[TaskStatus]:
    """The checklist within a transaction of the caller's, the gates of an open period asked now.

    ``computed`` are the books as a close now would compute them, where they are at hand.
    """
    policy = gates.policy_of(tx)
    if periods.status(tx, period) is PeriodStatus.CLOSED:
        return statuses(tx, period, policy, None)
    states = {each.gate: each for each in gates.states(tx, lake, period, computed)}
    return statuses(tx, period, policy, states)


def statuses(
    tx: Transaction, period: Period, policy: Policy, states: Mapping[str, GateState] | None
) -> list[TaskStatus]:
    """The tasks of a policy; without ``states`` the period is closed and got past its gates."""
    waived = controls.waivers(tx, period)
    given = controls.evidence(tx, period)
    found: dict[str, TaskStatus] = {}
    for name in _in_order(policy.checklist):
        told = policy.checklist[name]
        waits = [each for each in told.after if not found[each].done]
        if told.gate and states is None:
            state, what = _passed(waived.get(told.gate))
        elif told.gate and states is not None:
            state, what = _of_gate(states.get(told.gate))
        else:
            state, what = _of_person(given.get(name), waits)
        found[name] = TaskStatus(
            task=name,
            told=told,
            due_on=working_day(period, told.due, policy.value("close_holidays")),
            state=state,
            what=what,
            evidence=given.get(name),
        )
    return [found[name] for name in policy.checklist]


def prepare_task(
    tx: Transaction, period: Period, task: str, *, sha256: str = "", link: str = "", note: str = ""
) -> Evidence:
    """Record what the actor did for a task: a document's hash, a link or a note.

    Raises NotFound for a task there is not, Conflict for one of the system, for one that waits
    for tasks of people before it, or without any evidence, PeriodClosed.
    """
    locks.period_shared(tx, period)
    told = _of_people(tx, period, task)
    if not (sha256 or link or note.strip()):
        raise Conflict(
            f"Nothing shows that {task} is done.", remedy="Give a document, a link or a note."
        )
    waits = _waits(tx, period, told)
    if waits:
        raise Conflict(
            f"{task} waits for {', '.join(waits)}.", remedy="Have those done and signed first."
        )
    controls.give_evidence(tx, period, task, sha256=sha256, link=link, note=note.strip())
    audit_log.write(tx, "task.prepare", f"{period} {task}", {"sha256": sha256, "link": link})
    return controls.evidence(tx, period)[task]


def sign_task(
    tx: Transaction, period: Period, task: str, *, accept: bool, note: str = ""
) -> Evidence:
    """Accept or return what another person did for a task.

    Raises NotFound for a task there is not, Conflict where there is nothing to sign, SelfApproval,
    PeriodClosed.
    """
    locks.period_shared(tx, period)
    _of_people(tx, period, task)
    given = controls.evidence(tx, period).get(task)
    if given is None or given.sign_off is not None:
        raise Conflict(
            f"{task} has no evidence to sign."
            if given is None
            else f"The evidence of {task} is {given.sign_off.outcome} already.",  # type: ignore[union-attr] # told just above
            remedy="Have evidence given first: `revrec checklist prepare`.",
        )
    if given.prepared_by == tx.actor:
        raise SelfApproval(
            f"{tx.actor} did {task} and cannot sign it.", remedy="Have another person sign."
        )
    outcome = SignOffOutcome.ACCEPTED if accept else SignOffOutcome.RETURNED
    controls.sign(tx, given, outcome, note.strip())
    audit_log.write(tx, "task.sign", f"{period} {task}", {"outcome": outcome.value})
    return controls.evidence(tx, period)[task]


def working_day(period: Period, number: int, holidays: str) -> date:
    """The working day of that number after the period's end.

    Monday to Friday, without the holidays told (``none``, or days apart by semicolons).

    >>> working_day(Period(2026, 1), 1, "none"), working_day(Period(2026, 1), 1, "2026-02-02")
    (datetime.date(2026, 2, 2), datetime.date(2026, 2, 3))
    """
    told = () if holidays == "none" else holidays.split(";")
    free = {date.fromisoformat(each.strip()) for each in told}
    day, left = period.last, number
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY and day not in free
    return day


def _in_order(tasks: Mapping[str, ChecklistTask]) -> list[str]:
    """Names so that every task comes after those it waits for."""
    done: list[str] = []
    left = list(tasks)
    while left:
        done += [name for name in left if set(tasks[name].after) <= set(done)]
        left = [name for name in left if name not in done]
    return done


def _passed(waiver: Waiver | None) -> tuple[TaskState, str]:
    """Of a gate that the period's close got past."""
    if waiver is None:
        return TaskState.DONE, "Passed by the close."
    return TaskState.WAIVED, str(waiver)


def _of_gate(state: GateState | None) -> tuple[TaskState, str]:
    if state is None:
        return TaskState.WAITS, "Cannot be asked before every contract is accounted for."
    if not state.what:
        return TaskState.DONE, state.value
    if state.waiver is not None:
        return TaskState.WAIVED, str(state.waiver)
    return TaskState.OPEN, f"{state.what} {state.remedy}"


def _of_person(given: Evidence | None, waits: list[str]) -> tuple[TaskState, str]:
    if given is None and waits:
        return TaskState.WAITS, f"For {', '.join(waits)}."
    if given is None:
        return TaskState.OPEN, "No evidence is given."
    if given.sign_off is None:
        return TaskState.PREPARED, f"Prepared by {given.prepared_by}; another person signs."
    signed = given.sign_off
    if signed.outcome is SignOffOutcome.RETURNED:
        return TaskState.RETURNED, f"Returned by {signed.signed_by}: {signed.note}"
    return TaskState.DONE, f"Prepared by {given.prepared_by}, signed by {signed.signed_by}."


def _of_people(tx: Transaction, period: Period, task: str) -> ChecklistTask:
    tasks = gates.policy_of(tx).checklist
    if task not in tasks:
        raise NotFound(f"There is no task {task!r}.", remedy=f"Tasks are: {', '.join(tasks)}.")
    if tasks[task].gate:
        raise Conflict(
            f"{task} is the system's: it is done when the gate {tasks[task].gate} is open.",
            remedy="See `revrec gates`.",
        )
    if periods.status(tx, period) is PeriodStatus.CLOSED:
        raise PeriodClosed(
            f"Period {period} is closed.", remedy="Have it reopened to work on it again."
        )
    return tasks[task]


def _waits(tx: Transaction, period: Period, told: ChecklistTask) -> list[str]:
    """Tasks of people before it that are not signed. Gates are asked at the close itself."""
    tasks, given = gates.policy_of(tx).checklist, controls.evidence(tx, period)
    return [
        name
        for name in told.after
        if not tasks[name].gate and _of_person(given.get(name), [])[0] is not TaskState.DONE
    ]
