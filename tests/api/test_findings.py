"""Checks and findings over HTTP."""

from __future__ import annotations

from revrec.operations.worker import run_worker
from tests.api.requests import CONTRACT, close, keyed, record

INVOICE = {
    "kind": "invoice", "id": "I-1", "contract": "C-1", "on": "2026-01-01", "due": "2026-01-10",
    "lines": [{"amount": "36500.00"}],
}  # fmt: skip
PAYMENT = {
    "kind": "payment", "id": "P-1", "contract": "C-1", "on": "2026-01-12", "amount": "500.00",
    "invoice": "I-1",
}  # fmt: skip


def test_a_finding_is_raised_and_resolved_by_two_people(as_, workspace):
    """36,000.00 is overdue since 10 January, above what one person resolves alone."""
    record(as_("ana"), [CONTRACT, INVOICE, PAYMENT], "facts")

    asked = as_("feed").post("/v1/checks/runs", headers=keyed("checks"))
    run_worker(workspace, wait=False)
    run = as_("cleo").get(asked.headers["Location"]).json()
    assert (202, "done", {}) == (asked.status_code, run["state"], run["result"]["refused"])
    (found,) = as_("cleo").get("/v1/findings", params={"check": "cash", "standing": True}).json()
    assert ("invoice_overdue", "I-1", "-36000.000000000", "open", "0-30 days") == tuple(
        found[name] for name in ("reason", "subject", "amount", "state", "age")
    )

    path = f"/v1/findings/{found['finding']}/actions"
    steps = [
        ("ana", {"action": "assign", "owner": "anton", "due_on": "2026-02-20"}),
        ("ana", {"action": "resolve", "note": "paid to the wrong account"}),
        ("ana", {"action": "resolve", "note": "surely"}),
        ("ben", {"action": "resolve", "note": "seen"}),
        ("ben", {"action": "start"}),
    ]
    answers = [
        as_(who).post(path, json=body, headers=keyed(f"step-{number}"))
        for number, (who, body) in enumerate(steps)
    ]

    assert [200, 200, 403, 200, 409] == [each.status_code for each in answers]
    assert "self-approval" == answers[2].json()["code"]
    assert "ana" == answers[1].json()["waits_for_another_than"]
    last = as_("cleo").get(f"/v1/findings/{found['finding']}").json()
    assert ("resolved", "anton", "2026-02-20") == (last["state"], last["owner"], last["due_on"])
    assert ["raised", "assigned", "proposed", "resolved"] == [
        each["action"] for each in last["events"]
    ]
    assert "not-found" == as_("cleo").get("/v1/findings/F-none").json()["code"]


def test_a_close_raises_what_the_checks_see(as_, workspace):
    """36,000.00 is overdue; the checks that follow the close, as a job of their own, tell it."""
    record(as_("ana"), [CONTRACT, INVOICE, PAYMENT], "facts")

    assert 200 == close(as_("ana"), "2026-01", "close-1").status_code
    run_worker(workspace, wait=False)

    jobs = {each["kind"]: each for each in as_("cleo").get("/v1/jobs").json()}
    checks = jobs["check"]
    assert ("done", "ana") == (checks["state"], checks["requested_by"])
    assert jobs["close"]["result"]["checks"] == checks["id"]
    assert (1, 1) == (checks["result"]["raised"], checks["result"]["standing"])
    (found,) = as_("cleo").get("/v1/findings", params={"check": "cash"}).json()
    assert ("invoice_overdue", ["raised"]) == (
        found["reason"],
        [each["action"] for each in found["events"]],
    )
