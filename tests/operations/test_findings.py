"""Findings live from the day a check raises them until their cause is gone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from revrec.errors import Conflict, NotFound, SelfApproval
from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import fact_of, to_fact
from revrec.model.fact import FactKind
from revrec.model.finding import Finding, FindingAction, FindingState
from revrec.operations import findings, jobs
from revrec.operations.changing import propose_change
from revrec.operations.checking import CASH, CONTRACTS, DOCUMENTS, METERING, THREE_WAY, run_checks
from revrec.operations.estimating import decide_proposal
from revrec.operations.facts import record_facts
from revrec.operations.findings import Updated, Wanted
from revrec.operations.worker import check_due, run_worker
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from revrec.store import audit_log

SEATS = {
    "kind": "contract", "id": "S-1", "customer": "acme", "currency": "USD",
    "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31",
    "obligations": [{"id": "seats", "product": "seats", "measure": "even_months"}],
    "consideration": [
        {"id": "fee", "kind": "fixed", "amount": "12000", "obligation": "seats"}
    ],
    "terms": {"billing": "every 1 months in advance", "instalment": "1000"},
}  # fmt: skip
"""A thousand a month, in advance."""


@pytest.fixture
def at(clock: FixedClock, database: object) -> Callable[[int, int], None]:
    """Moves the clock to a day of 2026."""
    assert database

    def move(month: int, day: int) -> None:
        clock.time = datetime(2026, month, day, 9, tzinfo=UTC)

    return move


def bill(workspace: Workspace, month: int, *, paid: int = 0) -> None:
    """The invoice of a month, paid so many times ten days later."""
    last = {1: 31, 2: 28, 3: 31, 4: 30}[month]
    line = {
        "obligation": "seats", "consideration": "fee", "amount": "1000",
        "service_from": f"2026-{month:02}-01", "service_to": f"2026-{month:02}-{last}",
    }  # fmt: skip
    name, on = f"I-{month}", f"2026-{month:02}-01"
    told = [{"kind": "invoice", "id": name, "contract": "S-1", "on": on, "lines": [line]}]
    told += [
        {
            "kind": "payment", "id": f"P-{month}-{number}", "contract": "S-1",
            "on": f"2026-{month:02}-11", "amount": "1000", "invoice": name,
        }
        for number in range(paid)
    ]  # fmt: skip
    tell(workspace, *told)


def tell(workspace: Workspace, *records: dict[str, object]) -> None:
    """Record facts."""
    record_facts(workspace, [fact_of(each, "test") for each in records], source="test")


def checked(workspace: Workspace, *checks: str) -> Updated:
    """A run of checks, none refused."""
    done = run_checks(workspace, checks)
    assert done.refused == {}
    return done.updated


def known(workspace: Workspace, **wanted: object) -> list[Finding]:
    """Findings, oldest first."""
    told = Wanted(**wanted)  # type: ignore[arg-type] # as the test says
    return workspace.run(lambda tx: findings.listed(tx, told), read_only=True)


def test_the_same_cause_in_the_next_period_is_the_same_finding(
    workspace: Workspace, at: Callable[[int, int], None]
) -> None:
    """February's bill is missing, then March's too; billed, it is resolved; April's recurs."""
    at(2, 15)
    tell(workspace, SEATS)
    bill(workspace, 1)

    assert checked(workspace, THREE_WAY) == Updated(raised=1, standing=1)
    assert checked(workspace, THREE_WAY) == Updated(standing=1)
    (first,) = known(workspace)
    assert (first.cause.reason, first.cause.contract, first.amount, first.first_period) == (
        "not_billed",
        "S-1",
        Decimal(-1000),
        "2026-02",
    )
    assert first.due_on is not None
    assert first.due_on.isoformat() == "2026-03-17"

    at(3, 15)
    assert checked(workspace, THREE_WAY) == Updated(changed=1, standing=1)
    bill(workspace, 2)
    bill(workspace, 3)
    assert checked(workspace, THREE_WAY) == Updated(cleared=1, standing=0)
    at(4, 15)
    assert checked(workspace, THREE_WAY) == Updated(recurred=1, standing=1)

    (last,) = known(workspace)
    assert last.id == first.id
    assert last.state is FindingState.REOPENED
    assert [each.amount for each in last.events] == [-1000, -2000, 0, -1000]
    told = workspace.run(lambda tx: [each.operation for each in audit_log.read(tx)], read_only=True)
    assert told.count("findings.update") == 4


def test_cash_is_held_against_invoices(
    workspace: Workspace, at: Callable[[int, int], None]
) -> None:
    """January is paid twice, February not at all, March by too much; a payment names no invoice."""
    at(4, 15)
    tell(workspace, SEATS)
    bill(workspace, 1, paid=2)
    bill(workspace, 2)
    bill(workspace, 3, paid=1)
    payment = {"kind": "payment", "contract": "S-1", "on": "2026-03-12"}
    tell(
        workspace,
        {**payment, "id": "P-more", "amount": "0.01", "invoice": "I-3"},
        {**payment, "id": "P-lost", "amount": "5", "invoice": "I-33"},
    )

    assert checked(workspace, CASH).raised == 4
    assert {(each.cause.reason, each.cause.subject, each.amount) for each in known(workspace)} == {
        ("paid_twice", "I-1", Decimal(1000)),
        ("invoice_overdue", "I-2", Decimal(-1000)),
        ("paid_more", "I-3", Decimal("0.01")),
        ("payment_without_invoice", "P-lost", Decimal(5)),
    }

    # 1,005 that name no invoice pay February; what is left stands for thirty days.
    tell(workspace, {**payment, "id": "P-open", "amount": "1005"})
    assert checked(workspace, CASH) == Updated(raised=1, cleared=1, standing=4)
    assert ("payment_unapplied", Decimal(5)) in {
        (each.cause.reason, each.amount) for each in known(workspace)
    }


def test_a_document_without_a_contract_is_found(
    workspace: Workspace, at: Callable[[int, int], None]
) -> None:
    """The reconciliation cannot be run over it, and says so; the finding names the document."""
    at(2, 15)
    line = {"amount": "7"}
    tell(
        workspace,
        {"kind": "invoice", "id": "I-9", "contract": "X", "on": "2026-02-01", "lines": [line]},
    )

    done = run_checks(workspace)

    assert set(done.run) == {DOCUMENTS, METERING}
    assert set(done.refused) == {CONTRACTS, THREE_WAY, CASH}
    (found,) = known(workspace)
    assert (found.cause.reason, found.cause.subject) == ("invoice_without_contract", "I-9")


def test_a_credit_memo_without_approval_is_found(
    workspace: Workspace, at: Callable[[int, int], None]
) -> None:
    """From 1,000 on: one of 999 is nobody else's matter, one of 1,001 was proposed and approved."""
    at(2, 15)
    tell(workspace, SEATS)
    bill(workspace, 1)

    def memo(amount: str) -> dict[str, object]:
        line = {"obligation": "seats", "consideration": "fee", "amount": amount}
        return {
            "kind": "credit_memo", "id": f"CM-{amount}", "contract": "S-1", "on": "2026-02-01",
            "invoice": "I-1", "lines": [line],
        }  # fmt: skip

    tell(workspace, memo("999"), memo("1000"))
    approved = fact_of(memo("1001"), "test")
    period = Period(2026, 1)
    asked = propose_change(workspace.acting_as("ana"), [approved], period, period, note="outage")
    decide_proposal(workspace.acting_as("ben"), asked.id, approve=True)

    assert checked(workspace, DOCUMENTS) == Updated(raised=1, standing=1)
    (found,) = known(workspace)
    assert ("credit_memo_without_approval", "CM-1000", Decimal(-1000)) == (
        found.cause.reason,
        found.cause.subject,
        found.amount,
    )


@pytest.fixture
def overdue(workspace: Workspace, at: Callable[[int, int], None]) -> Finding:
    """An invoice of 1,000 that is overdue."""
    at(4, 15)
    tell(workspace, SEATS)
    bill(workspace, 1, paid=1)
    bill(workspace, 2)
    checked(workspace, CASH)
    (found,) = known(workspace)
    return found


def test_people_work_on_a_finding(workspace: Workspace, overdue: Finding) -> None:
    """Each step is an event; what is said of it stays."""
    ana = workspace.acting_as("ana")
    steps = [
        lambda tx: findings.assign(tx, overdue.id, "dora"),
        lambda tx: findings.accept(tx, overdue.id, "the customer disputes it"),
        lambda tx: findings.start(tx, overdue.id),
        lambda tx: findings.note(tx, overdue.id, "a credit is on its way"),
        lambda tx: findings.resolve(tx, overdue.id, "agreed to pay in May"),
    ]
    states = [ana.run(step).state.value for step in steps]

    assert states == ["open", "accepted", "in_progress", "in_progress", "resolved"]
    (found,) = known(workspace)
    assert (found.owner, found.events[-1].prepared_by) == ("dora", "ana")
    assert known(workspace, standing=True) == []
    # The cause is there still, as it was resolved: it stays resolved.
    assert checked(workspace, CASH) == Updated(standing=0)
    with pytest.raises(Conflict, match="is resolved"):
        ana.run(lambda tx: findings.start(tx, overdue.id))
    assert ana.run(lambda tx: findings.reopen(tx, overdue.id, "no")).state is FindingState.REOPENED
    with pytest.raises(NotFound):
        ana.run(lambda tx: findings.note(tx, "F-none", "?"))


def test_above_the_bound_two_people_resolve(workspace: Workspace, overdue: Finding) -> None:
    """1,000 is above 999.99: whoever asked cannot resolve it, by the operation or the database."""
    policy = with_elections(default_policy(), {"findings_resolved_alone": "999.99"})
    record_facts(workspace, [to_fact(FactKind.POLICY, policy)], source="policy")
    ana, ben = workspace.acting_as("ana"), workspace.acting_as("ben")

    def resolving(tx):
        return findings.resolve(tx, overdue.id, "written off in May")

    assert ana.run(resolving).state is FindingState.IN_PROGRESS
    with pytest.raises(SelfApproval):
        ana.run(resolving)
    event = replace(overdue.events[0], action=FindingAction.RESOLVED, by="ana", prepared_by="ana")
    for prepared_by, state in (("ana", "23514"), ("eve", "RV014")):
        told = replace(event, prepared_by=prepared_by)
        with pytest.raises(psycopg.Error) as refused:
            _insert(workspace, overdue.id, told)
        assert refused.value.sqlstate == state
    assert ben.run(resolving).state is FindingState.RESOLVED


def _insert(workspace, finding, event):
    """A resolution past the operations."""
    with psycopg.connect(workspace.database.url) as connection:
        connection.execute(
            "insert into records.finding_event (entity_id, finding, action, at, acted_by, amount,"
            " since, first_period, owner, due_on, note, prepared_by, alone_max)"
            " values (%s, %s, %s, now(), %s, %s, %s, %s, '', null, '', %s, 999.99)",
            [
                *(workspace.entity, finding, event.action.value, event.by, event.amount),
                *(event.since, event.first_period, event.prepared_by),
            ],
        )


@pytest.mark.usefixtures("overdue")
def test_a_schedule_runs_the_checks(workspace: Workspace, at: Callable[[int, int], None]) -> None:
    """Of every entity that is served: once a day by the standing policy, not before the next."""
    at(4, 16)
    served = replace(workspace, served=frozenset({workspace.entity + 1000}))
    name, other = check_due(served)
    assert [] == check_due(served)
    run_worker(served, wait=False)
    assert [] == check_due(served)
    at(4, 17)
    assert 2 == len(check_due(served))
    elsewhere = replace(workspace, entity=workspace.entity + 1000)
    assert elsewhere.run(lambda tx: jobs.found(tx, other)).result["standing"] == 0

    told = workspace.run(lambda tx: jobs.found(tx, name), read_only=True).result
    # January's, March's and April's bills are missing.
    assert {"raised": 1, "changed": 0, "cleared": 0, "recurred": 0, "standing": 2} == {
        key: value for key, value in told.items() if key != "refused"
    }
