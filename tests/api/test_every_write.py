"""Every write of the schema, with its own example: one key, one request, one effect, one answer."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from api.access import MAY
from api.app import create_app
from revrec.operations.workspace import Workspace
from tests.api.conftest import PEOPLE
from tests.api.requests import CONTRACT, keyed, record, word
from tests.api.test_openapi import ASKING, DOCUMENT
from tests.people import enrol

ENTITY = 7
NDJSON = "application/x-ndjson"
OTHER = {**CONTRACT, "id": "C-2"}
PLACES = {
    "period": "2026-01",
    "gate": "rows-set-aside-are-few",
    "task": "rollforward_reviewed",
    "name": "ana",
    "role": "preparer",
    "proposal": "none",
    "finding": "none",
    "job": "job_none",
    "request": "1",
    "number": "none",
    "event": "none",
    "sample": "none",
}
"""What is in the place of a parameter of a path."""
QUERIES = {"period": "2026-01", "note": "New price list.", "source": "gateway"}
WHO = {
    "move_cut_off": "ben",
    "reopen_period": "ben",
    "waive_gate": "ben",
    "accept_conflict": "ben",
    "end_role": "dora",
}
LAST = ("close_period", "soft_close_period", "reopen_period", "issue_key", "end_role")
"""Operations that leave less to do for others."""
DONE = {
    *("record_facts", "ingest_usage", "record_counts", "rate_usage", "run_checks", "start_job"),
    *("roll_up_usage", "compact_lake", "grant_role", "end_role", "accept_conflict"),
    *("give_consent", "prepare_task", "sign_task", "propose_estimates", "study_prices"),
    "record_references",
}
"""Operations whose example is done in books with one contract; others are refused, alike."""
WRITES = sorted(
    (
        (operation["operationId"], path, operation)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if method != "get" and operation["operationId"] not in ASKING
    ),
    key=lambda each: (each[0] in LAST, each[0]),
)


@pytest.fixture(scope="module")
def clients(database, lake, settings):
    """A client of each person, of books with one contract."""
    workspace = Workspace(database=database, lake=lake, entity=ENTITY, actor="preparer")
    enrol(workspace, PEOPLE)
    app = create_app(workspace, settings)
    made = {
        name: TestClient(
            app, raise_server_exceptions=False, headers={"Authorization": f"Bearer {name}-key"}
        )
        for name in PEOPLE
    }
    assert 200 == record(made["ana"], [CONTRACT, OTHER], "the-first").status_code
    assert 200 == word(made["ben"], "ben", "2026-01", "close").status_code
    waive = word(made["ana"], "ana", "2026-01", "waive", gate=PLACES["gate"])
    assert 200 == waive.status_code
    return made


def ask(clients, name, path, operation, key):
    """The request of the operation's example, by somebody who may."""
    who = WHO.get(name) or next(
        person for person in ("ana", "dora", "ben", "cleo") if MAY[name] & duties_of(person)
    )
    place, headers = path.format(**PLACES), keyed(key)
    content = operation.get("requestBody", {}).get("content", {})
    queries = {
        each["name"]: QUERIES[each["name"]]
        for each in operation["parameters"]
        if each["in"] == "query" and each["required"] and each["name"] != "name"
    }
    if NDJSON in content:
        if any(each["name"] == "name" for each in operation["parameters"]):
            queries["name"] = f"{name}.ndjson"
        told = content[NDJSON]["example"].encode()
        headers["Content-Type"] = NDJSON
        return clients[who].post(place, params=queries, content=told, headers=headers)
    body = content["application/json"]["example"] if content else None
    return clients[who].post(place, params=queries, json=body, headers=headers)


def duties_of(person):
    """What a person of the tests may do."""
    told = {
        "ana": "read record prepare",
        "dora": "inspect operate administer",
        "ben": "read approve control inspect",
        "cleo": "read inspect audit",
    }
    return frozenset(told[person].split())


def test_a_key_of_another_request_is_refused_by_every_write(clients):
    """Before anything is done: the key names what was asked first, whoever asks otherwise."""
    answers = {
        name: ask(clients, name, path, operation, "the-first") for name, path, operation in WRITES
    }

    assert {} == {
        name: answer.text
        for name, answer in answers.items()
        if (409, "idempotency-mismatch") != (answer.status_code, answer.json().get("code"))
    }


def test_every_write_twice_is_answered_alike(clients):
    """Done: the first answer's bytes, and it says so. Refused: the same refusal."""
    done = set()
    for name, path, operation in WRITES:
        first, again = (ask(clients, name, path, operation, f"twice-{name}") for _ in range(2))

        assert first.status_code == again.status_code, (name, first.text, again.text)
        if first.is_success:
            done.add(name)
            assert first.content == again.content, name
            assert "true" == again.headers.get("Idempotency-Replayed"), name
            assert "Idempotency-Replayed" not in first.headers, name
        else:
            assert first.json()["code"] == again.json()["code"] != "malformed-request", first.text

    assert set() == DONE - done, json.dumps(sorted(done))
