"""Gates, waivers and the checklist over HTTP."""

from __future__ import annotations

from tests.api.requests import CONTRACT, keyed, record, word

GATES = "/v1/periods/2026-01/gates"
TASKS = "/v1/periods/2026-01/checklist"


def test_a_gate_is_waived_by_two_people(as_):
    """The caller approves what another person asked for; the list tells who and why."""
    record(as_("ana"), [CONTRACT], "facts")
    body = {"requested_by": "ana", "reason": "test traffic"}
    path = f"{GATES}/rows-set-aside-are-few/waiver"

    alone = as_("ben").post(path, json=body, headers=keyed("alone"))
    word(as_("ana"), "ana", "2026-01", "waive", gate="rows-set-aside-are-few")
    made = as_("ben").post(path, json=body, headers=keyed("waive"))
    own = as_("ben").post(path, json={**body, "requested_by": "ben"}, headers=keyed("own"))
    never = as_("ben").post(f"{GATES}/invariants-hold/waiver", json=body, headers=keyed("never"))

    assert (403, "approval-needed") == (alone.status_code, alone.json()["code"])
    assert (200, "ben") == (made.status_code, made.json()["approved_by"])
    assert ("self-approval", "conflict") == (own.json()["code"], never.json()["code"])
    told = {each["gate"]: each for each in as_("cleo").get(GATES).json()}
    assert "test traffic" == told["rows-set-aside-are-few"]["waiver"]["reason"]
    assert not any(each["blocks"] for each in told.values())


def test_a_task_is_prepared_and_signed(as_):
    """The document by its hash; whoever prepared it cannot sign."""
    path = f"{TASKS}/contracts_read"
    evidence = {"sha256": "ab" * 32, "note": "read against the signed copies"}

    given = as_("ana").post(f"{path}/evidence", json=evidence, headers=keyed("give"))
    own = as_("ana").post(f"{path}/sign-off", json={"accept": True}, headers=keyed("own"))
    signed = as_("ben").post(f"{path}/sign-off", json={"accept": True}, headers=keyed("sign"))

    assert (200, None) == (given.status_code, given.json()["outcome"])
    assert "forbidden" == own.json()["code"]
    assert ("accepted", "ben") == (signed.json()["outcome"], signed.json()["signed_by"])
    told = {each["task"]: each for each in as_("cleo").get(TASKS).json()}
    assert ("done", "2026-02-04") == (
        told["contracts_read"]["state"],
        told["contracts_read"]["due_on"],
    )
    assert "done" == told["usage_rated"]["state"]


def test_errors_are_measured_and_judged(as_):
    """The worksheet by numbers and factors; a proposal that another person decides."""
    year = {"id": "FY25", "on": "2025-12-31", "currency": "USD"}
    told = [
        {"kind": "financial_benchmark", **year, "revenue": "100", "pre_tax_income": "10"},
        {"kind": "misstatement", "id": "E", "on": "2025-01-31", "currency": "USD",
         "revenue": "0.99", "pre_tax_income": "0.10", "description": "a slip"},
    ]  # fmt: skip
    record(as_("ana"), told, "errors")
    body = {"treatment": "catch_up", "rationale": "small"}

    plain = as_("cleo").get("/v1/misstatements").json()
    factor = {"factor": "is_intentional"}
    judged = as_("cleo").get("/v1/misstatements", params=factor).json()
    made = (
        as_("ana")
        .post("/v1/periods/2026-01/misstatements", json=body, headers=keyed("assess"))
        .json()
    )
    decided = as_("ben").post(
        f"/v1/proposals/{made['id']}/decision", json={"approve": True}, headers=keyed("decide")
    )

    assert [False, False] == [each["material"] for each in plain["effects"]]
    assert ("catch_up", "reopen") == (plain["proposed"], judged["proposed"])
    assert "0.99%" == plain["effects"][0]["iron_curtain_share"]
    assert ("misstatements", "approved") == (made["kind"], decided.json()["outcome"])
