"""Estimates over HTTP: proposed by one, decided by another, forecast for anyone."""

from __future__ import annotations

from tests.api.requests import CONTRACT, NDJSON, keyed, record, send

TERMS = {
    **CONTRACT,
    "obligations": [{"id": "access", "product": "platform", "measure": "days",
                     "standalone_selling_price": "36500.00"}],
    "consideration": [
        *CONTRACT["consideration"],
        {"id": "bonus", "kind": "variable", "method": "most_likely_amount"},
    ],
}  # fmt: skip
BONUS = {
    "kind": "variable_component", "id": "V-1", "contract": "C-1", "on": "2026-01-01",
    "component": "bonus", "method": "most_likely_amount", "consideration": "bonus",
    "outcomes": [{"amount": "5000", "probability": "0.9"}, {"amount": "0", "probability": "0.1"}],
}  # fmt: skip
JANUARY = {"as_of": "2026-01-31"}


def post(client, path, body, key):
    """A request that writes."""
    return client.post(path, json=body, headers=keyed(key))


def test_from_a_component_to_an_approved_fact(ana, ben):
    """The run proposes, its preparer may not decide, the approver may, once; then it is a fact."""
    assert record(ana, [TERMS, BONUS], "facts").json()["refused"] == []
    run = post(ana, "/v1/estimates", JANUARY, "run")
    assert (200, 1, 0) == (run.status_code, run.json()["proposed"], run.json()["stand"])
    assert run.content == post(ana, "/v1/estimates", JANUARY, "run").content

    (waits,) = ben.get("/v1/proposals").json()["records"]
    assert ("ana", "waits", "5000.00") == (
        waits["prepared_by"], waits["standing"], waits["evidence"]["included"]
    )  # fmt: skip
    assert waits == ana.get(f"/v1/proposals/{waits['id']}").json()
    decision = f"/v1/proposals/{waits['id']}/decision"
    assert post(ana, decision, {"approve": True}, "mine").status_code == 403

    decided = post(ben, decision, {"approve": True, "note": "as agreed"}, "yes")

    assert (200, "approved", "ben") == (
        decided.status_code, decided.json()["outcome"], decided.json()["approved_by"]
    )  # fmt: skip
    assert 409 == post(ben, decision, {"approve": False}, "no").status_code
    assert [] == ben.get("/v1/proposals").json()["records"]
    told = ana.get("/v1/contracts/C-1/explanation?as_of=2026-01-31").json()
    assert any("became 0.00 USD -> 5000.00 USD" in each["sentence"] for each in told["decisions"])


def test_an_override_waits_with_its_reason(ana, ben):
    """What is set by hand is no fact until another person agrees."""
    record(ana, [TERMS, BONUS], "facts")
    body = {"component": "V-1", "value": "1200.00", "basis": "letter", **JANUARY}

    made = post(ana, "/v1/estimates/overrides", body, "override")

    assert (200, "It was set by hand.") == (made.status_code, made.json()["reason"])
    assert [made.json()["id"]] == [
        each["id"] for each in ben.get("/v1/proposals").json()["records"]
    ]
    unknown = post(ana, "/v1/estimates/overrides", {**body, "component": "V-9"}, "unknown")
    assert (404, "not-found") == (unknown.status_code, unknown.json()["code"])


def test_a_forecast_has_bounds(ana, cleo):
    """Of the meter and of the rated amounts, for who may only read."""
    record(ana, [TERMS], "facts")
    send(ana, NDJSON, "usage")

    seen = cleo.get("/v1/forecast?as_of=2026-01-31&until=2026-06-30").json()

    assert ["access", "rated amount USD"] == [each["counted"] for each in seen["forecasts"]]
    for each in seen["forecasts"]:
        total = {name: float(value) for name, value in each["total"].items()}
        assert 0 <= total["low"] <= total["high"]


def test_a_proposal_nobody_made_is_not_found(ben):
    """404, to read or to decide."""
    assert 404 == ben.get("/v1/proposals/none").status_code
    assert 404 == post(ben, "/v1/proposals/none/decision", {"approve": True}, "k").status_code
