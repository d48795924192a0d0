"""Requests of the tests: the examples told over HTTP."""

from __future__ import annotations

import json
import secrets
from typing import Any

from starlette.testclient import TestClient

from revrec.operations import jobs
from tests.books import examples, facts_of, usage_rows

CONTRACT = {
    "kind": "contract",
    "id": "C-1",
    "customer": "acme",
    "currency": "USD",
    "inception": "2025-12-20",
    "start": "2026-01-01",
    "end": "2026-12-31",
    "obligations": [{"id": "access", "product": "platform", "measure": "days"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}],
}
"""36,500.00 for 365 days: 100.00 a day, 3,100.00 in January."""
USAGE = {
    "source": "gateway",
    "usage_id": "u-1",
    "contract": "C-1",
    "meter": "access",
    "usage_date": "2026-01-20",
    "quantity": "10",
    "unit": "call",
    "amount": "12.34",
    "currency": "USD",
}
NDJSON = (json.dumps(USAGE) + "\n").encode()


def example_records() -> list[dict[str, Any]]:
    """Every fact of the examples as a record with its kind."""
    return [{**fact.body, "kind": fact.kind.value} for fact in facts_of(examples())]


def example_usage() -> bytes:
    """The usage of the examples as NDJSON."""
    return "".join(json.dumps(row) + "\n" for row in usage_rows(examples())).encode()


def keyed(key: str) -> dict[str, str]:
    """The header of a request that writes."""
    return {"Idempotency-Key": key}


def record(client: TestClient, records: Any, key: str, **options: Any) -> Any:
    """Record facts."""
    return client.post("/v1/facts", json=records, headers=keyed(key), **options)


def send(client: TestClient, content: Any, key: str, name: str = "usage.ndjson") -> Any:
    """Upload a file of usage."""
    return client.post(
        "/v1/usage/batches", params={"name": name}, content=content, headers=keyed(key)
    )


def word(client: TestClient, name: str, period: str, action: str, **told: str) -> Any:
    """Another person's word on what the client is going to do; refused words are no matter."""
    return client.post(
        f"/v1/periods/{period}/consents",
        json={"action": action, **told},
        headers=keyed(secrets.token_hex(8)) | {"Authorization": f"Bearer {name}-key"},
    )


def ask_close(
    client: TestClient, period: str, key: str, approved_by: str = "ben", *, said: bool = False
) -> Any:
    """Ask for a close, on the approver's word, ``said`` before or now."""
    if not said:
        word(client, approved_by, period, "close")
    return client.post(
        f"/v1/periods/{period}/close", json={"approved_by": approved_by}, headers=keyed(key)
    )


def close(
    client: TestClient, period: str, key: str, approved_by: str = "ben", *, said: bool = False
) -> Any:
    """Close a period: its certificate, or the refusal, or the job that failed. Its checks wait."""
    asked = ask_close(client, period, key, approved_by, said=said)
    if asked.status_code != 202:
        return asked
    app: Any = client.app
    jobs.carry_out(app.state.workspace, asked.json()["id"])
    told = client.get(asked.headers["Location"])
    done = told.json()["state"] == "done"
    return client.get(f"/v1/periods/{period}") if done else told


def reopen(
    client: TestClient, period: str, key: str, requested_by: str = "ana", *, said: bool = False
) -> Any:
    """Reopen a period, on the word of whoever asked for it, ``said`` before or now."""
    if not said:
        word(client, requested_by, period, "reopen")
    body = {"requested_by": requested_by, "reason": "an invoice was missing"}
    return client.post(f"/v1/periods/{period}/reopen", json=body, headers=keyed(key))
