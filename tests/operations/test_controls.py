"""Controls around a close: gates with bounds and waivers, the checklist with its sign-offs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from revrec.errors import (
    Conflict,
    FeedError,
    NotFound,
    PeriodClosed,
    PeriodNotReady,
    RevrecError,
    SelfApproval,
)
from revrec.feeds.policies import checked, default_policy, with_elections
from revrec.feeds.records import fact_of, to_fact
from revrec.model.controls import ChecklistTask, TaskState, TaskStatus
from revrec.model.fact import FactKind
from revrec.model.policy import Policy
from revrec.operations.checklist import (
    checklist,
    prepare_task,
    sign_task,
    statuses,
    working_day,
)
from revrec.operations.close import Kind, close_period, gate_states, reopen_period, waive_gate
from revrec.operations.facts import record_facts
from revrec.operations.gates import GATES, GateState
from revrec.operations.report import report
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.api.requests import CONTRACT, USAGE
from tests.books import send, write_usage

JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
ASKED = {"requested_by": "ada", "approved_by": "grace", "reason": "told by the provider"}


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A contract over the year, nothing closed."""
    record_facts(workspace, [fact_of(CONTRACT, "test")], source="test")
    return workspace


def elect(workspace: Workspace, policy: Policy) -> None:
    """Record a policy of the entity's own."""
    record_facts(workspace, [to_fact(FactKind.POLICY, policy)], source="policy")


def gate(workspace: Workspace, name: str) -> GateState:
    """A gate of January as it stands."""
    return next(each for each in gate_states(workspace, JANUARY) if each.gate == name)


def task(workspace: Workspace, name: str) -> TaskStatus:
    """A task of January as it stands."""
    return next(each for each in checklist(workspace, JANUARY) if each.task == name)


def state(workspace: Workspace, name: str) -> TaskState:
    """Where a task of people stands; the gates are not asked."""
    policy = default_policy()
    found = workspace.run(lambda tx: statuses(tx, JANUARY, policy, {}), read_only=True)
    return next(each.state for each in found if each.task == name)


def as_(workspace: Workspace, actor: str, verb: Callable[..., Any], *told: object, **how: Any):
    """Do something with a task of January as somebody."""
    return workspace.acting_as(actor).run(lambda tx: verb(tx, JANUARY, *told, **how))


def test_every_gate_is_told_in_order(workspace: Workspace) -> None:
    """Open gates too, each with what was found and its bound."""
    found = gate_states(workspace, JANUARY)

    assert list(GATES) == [each.gate for each in found]
    assert not any(each.blocks for each in found)
    told = {each.gate: (each.value, each.bound) for each in found}
    assert told["contracts-are-accounted-for"] == ("1 contracts", "none")
    assert told["rows-set-aside-are-few"] == (
        "0 rows",
        "close_rows_set_aside 1000, close_amount_set_aside 1000000",
    )


def test_days_without_usage_block_until_they_are_waived(
    workspace: Workspace, tmp_path: Path
) -> None:
    """Usage on the 20th alone leaves 30 days; the waiver is for one close and is told on it."""
    send(workspace, write_usage(tmp_path / "usage.ndjson", [USAGE]))
    elect(workspace, with_elections(default_policy(), {"usage_expected_from": "gateway"}))

    told = gate(workspace, "usage-came-from-every-source")
    with pytest.raises(PeriodNotReady, match="gateway sent nothing for 30 days of 2026-01"):
        close_period(workspace, JANUARY, **PEOPLE)
    waive_gate(workspace, JANUARY, told.gate, **ASKED)

    assert ("30 days of 1 sources", True) == (told.value, told.blocks)
    assert not gate(workspace, told.gate).blocks
    closed = close_period(workspace, JANUARY, **PEOPLE).certificate
    said = f"{told.gate} waived by ada and grace: told by the provider"
    assert [said] == closed.totals["waived"]
    assert TaskState.WAIVED is task(workspace, "usage_delivered").state
    shown = report(workspace, JANUARY, JANUARY)
    (cover,) = {row[7] for row in shown.datasets["close_checklist"].rows if row[6] == "waived"}
    assert said == cover
    assert [said] == list(map(str, shown.waived))
    reopen_period(workspace, JANUARY, requested_by="ada", approved_by="grace", reason="late")
    assert gate(workspace, told.gate).blocks


def test_rows_set_aside_are_bounded_in_number_and_amount(
    workspace: Workspace, tmp_path: Path
) -> None:
    """One row of 12.34 of an unknown contract: within 1,000 rows and a million, beyond 12.33."""
    row = {**USAGE, "contract": "NOBODY"}
    assert send(workspace, write_usage(tmp_path / "x.ndjson", [row])).quarantined.rows == 1

    assert gate(workspace, "rows-set-aside-are-few").value == "1 rows of USD 12.34"
    for election, value in (("close_rows_set_aside", "0"), ("close_amount_set_aside", "12.33")):
        elect(workspace, with_elections(default_policy(), {election: value}))
        assert gate(workspace, "rows-set-aside-are-few").blocks
    elect(workspace, with_elections(default_policy(), {"close_amount_set_aside": "12.34"}))
    assert not gate(workspace, "rows-set-aside-are-few").blocks


def test_contracts_that_may_be_one_block(workspace: Workspace) -> None:
    """Two with one customer on one day: asked before the close, decided, closed (25-9)."""
    record_facts(workspace, [fact_of({**CONTRACT, "id": "C-2"}, "test")], source="test")

    told = gate(workspace, "combinations-are-decided")
    with pytest.raises(PeriodNotReady, match="may have to be accounted for as one: C-1, C-2"):
        close_period(workspace, JANUARY, **PEOPLE)

    assert told.blocks
    refused = {
        "kind": "combination",
        "id": "K-1",
        "on": "2026-01-31",
        "contracts": ["C-1", "C-2"],
        "outcome": "refused",
        "by": "grace",
    }
    record_facts(workspace, [fact_of(refused, "test")], source="test")
    assert close_period(workspace, JANUARY, **PEOPLE).new


def test_differences_without_a_reason_are_asked_about_when_elected(workspace: Workspace) -> None:
    """A contract that bills nothing yet differs for a named reason: nothing is unexplained."""
    assert gate(workspace, "differences-are-explained").value == "not asked"
    elect(workspace, with_elections(default_policy(), {"close_unexplained": "0"}))

    told = gate(workspace, "differences-are-explained")

    assert ("none", False) == (told.value, told.blocks)


def test_what_cannot_be_computed_is_a_gate_of_its_name(workspace: Workspace) -> None:
    """A foreign contract without rates: the gate of rates blocks, those after it are not asked."""
    currencies = {
        "kind": "entity_currencies",
        "functional_currency": "EUR",
        "effective_from": "2025-01-01",
    }
    record_facts(workspace, [fact_of(currencies, "test")], source="test")

    states = {each.gate: each for each in gate_states(workspace, JANUARY)}

    assert states["exchange-rates-are-told"].blocks
    assert "combinations-are-decided" not in states
    with pytest.raises(Conflict, match="cannot be waived"):
        waive_gate(workspace, JANUARY, "exchange-rates-are-told", **ASKED)


@pytest.mark.parametrize(
    ("name", "changes", "error"),
    [
        ("rows-set-aside-are-few", {"approved_by": "ada"}, SelfApproval),
        ("rows-set-aside-are-few", {"reason": "  "}, Conflict),
        ("invariants-hold", {}, Conflict),
        ("contracts-are-accounted-for", {}, Conflict),
        ("no-such-gate", {}, NotFound),
    ],
)
def test_waivers_are_refused(
    workspace: Workspace, name: str, changes: dict[str, str], error: type[RevrecError]
) -> None:
    """Without a second person, without a reason, of what cannot be waived."""
    with pytest.raises(error):
        waive_gate(workspace, JANUARY, name, **{**ASKED, **changes})


def test_a_closed_period_takes_no_waiver_and_no_evidence(workspace: Workspace) -> None:
    """They come before the close, or after a reopening."""
    close_period(workspace, JANUARY, **PEOPLE)

    with pytest.raises(PeriodClosed):
        waive_gate(workspace, JANUARY, "rows-set-aside-are-few", **ASKED)
    with pytest.raises(PeriodClosed):
        as_(workspace, "ada", prepare_task, "certified", note="done")


def test_a_task_is_done_when_another_person_signed_it(workspace: Workspace) -> None:
    """Open, prepared, returned, prepared again, done; then what waited for it may begin."""
    seen = [state(workspace, "contracts_read")]
    with pytest.raises(Conflict, match="judgments_reviewed waits for contracts_read"):
        as_(workspace, "ada", prepare_task, "judgments_reviewed", note="early")
    for actor, verb, told in (
        ("ada", prepare_task, {"sha256": "ab" * 32, "link": "https://files.example/1"}),
        ("grace", sign_task, {"accept": False, "note": "page 3 is missing"}),
        ("ada", prepare_task, {"note": "page 3 is there"}),
        ("grace", sign_task, {"accept": True}),
    ):
        as_(workspace, actor, verb, "contracts_read", **told)
        seen.append(state(workspace, "contracts_read"))

    assert ["open", "prepared", "returned", "prepared", "done"] == seen
    as_(workspace, "ada", prepare_task, "judgments_reviewed", note="read")
    assert TaskState.WAITS is state(workspace, "certified")


def test_who_did_a_task_does_not_sign_it(workspace: Workspace) -> None:
    """Nor is there anything to sign before, or twice, or without evidence, or for the system."""
    with pytest.raises(Conflict, match="no evidence to sign"):
        as_(workspace, "grace", sign_task, "contracts_read", accept=True)
    with pytest.raises(Conflict, match="Nothing shows"):
        as_(workspace, "ada", prepare_task, "contracts_read")
    with pytest.raises(Conflict, match="is the system's"):
        as_(workspace, "ada", prepare_task, "usage_rated", note="done")
    with pytest.raises(NotFound):
        as_(workspace, "ada", prepare_task, "coffee", note="done")
    as_(workspace, "ada", prepare_task, "contracts_read", note="done")
    with pytest.raises(SelfApproval):
        as_(workspace, "ada", sign_task, "contracts_read", accept=True)
    as_(workspace, "grace", sign_task, "contracts_read", accept=True)
    with pytest.raises(Conflict, match="accepted already"):
        as_(workspace, "grace", sign_task, "contracts_read", accept=True)


def test_a_required_task_keeps_the_period_from_being_closed(workspace: Workspace) -> None:
    """An entity's own list: one task, required; reopened, it is to be done again."""
    policy = replace(
        default_policy(),
        checklist={
            "tied": ChecklistTask(
                title="Tied to the general ledger",
                owner="controller",
                due=3,
                required=True,
                effective_from=date(2026, 1, 1),
                rationale="our controls say so",
            )
        },
    )
    elect(workspace, policy)

    with pytest.raises(PeriodNotReady, match="1 tasks are not done: tied"):
        close_period(workspace, JANUARY, **PEOPLE)
    as_(workspace, "ada", prepare_task, "tied", note="ties")
    assert gate(workspace, "required-tasks-are-done").blocks
    as_(workspace, "grace", sign_task, "tied", accept=True)
    assert close_period(workspace, JANUARY, **PEOPLE).new
    (told,) = checklist(workspace, JANUARY)
    assert (date(2026, 2, 4), TaskState.DONE) == (told.due_on, told.state)
    reopen_period(workspace, JANUARY, requested_by="ada", approved_by="grace", reason="late")
    assert gate(workspace, "required-tasks-are-done").blocks


def test_working_days_leave_weekends_and_holidays_out() -> None:
    """31 January 2026 is a Saturday: the first is Monday, the sixth the Monday after."""
    days = [working_day(JANUARY, number, "none") for number in (1, 5, 6)]

    assert [date(2026, 2, 2), date(2026, 2, 6), date(2026, 2, 9)] == days
    assert date(2026, 2, 10) == working_day(JANUARY, 6, "2026-02-03; 2026-02-07")


@pytest.mark.parametrize("after", ["nowhere", "b"])
def test_a_list_that_can_never_be_done_is_refused(after: str) -> None:
    """A task that waits for one not listed, or round in a circle."""
    first = default_policy().checklist["contracts_read"]
    tasks = {"a": replace(first, after=(after,)), "b": replace(first, after=("a",))}

    with pytest.raises(FeedError, match="can never be done"):
        checked(replace(default_policy(), checklist=tasks))


def test_the_default_tasks_name_gates_that_exist() -> None:
    """Each gate but that of the tasks themselves completes one task of the system."""
    named = [each.gate for each in default_policy().checklist.values() if each.gate]

    assert sorted(named) == sorted(set(GATES) - {"required-tasks-are-done"})


def test_the_database_compares_the_two_people(workspace: Workspace, run: Any) -> None:
    """Whoever writes the row: who did it cannot sign, nor name another as the one who did."""
    as_(workspace, "ada", prepare_task, "contracts_read", note="done")
    row = "insert into records.task_sign_off select entity_id, id, %s, 'ada', now(), 'accepted', ''"
    source = " from records.task_evidence where entity_id = %s"
    for named, error in (("ada", SelfApproval), ("eve", RevrecError)):
        write = partial(_insert, f"{row}{source}", [named, workspace.entity])
        with pytest.raises(error):
            run(write)


def _insert(statement: str, values: list[object], tx: Any) -> None:
    tx.connection.execute(statement, values)


def test_a_report_tells_the_checklist_as_it_stands(workspace):
    """Of a soft close the gates are those a close now would find, whether more was told or not."""
    close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)

    assert checklist(workspace, JANUARY) == report(workspace, JANUARY, JANUARY).checklist

    later = {**CONTRACT, "id": "C-0002"}
    record_facts(workspace, [fact_of(later, "test")], source="test")
    now = checklist(workspace, JANUARY)

    assert now == report(workspace, JANUARY, JANUARY).checklist
    assert "2 contracts" in {each.what for each in now}
