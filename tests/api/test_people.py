"""People, keys, words, jobs and the audit log over HTTP."""

from __future__ import annotations

import hashlib
import json

from revrec.operations.worker import run_worker
from tests.api.requests import CONTRACT, keyed, record, word
from tests.workers import worker_beside


def issue(client, name, key, **told):
    """Issue a key that the caller made."""
    body = {"person": name, "sha256": hashlib.sha256(key.encode()).hexdigest(), **told}
    return client.post("/v1/keys", json=body, headers=keyed(key))


def holding(key):
    """The headers of a request with a key."""
    return {"Authorization": f"Bearer {key}"}


def test_a_person_is_enrolled_and_works_with_a_key_of_their_own(as_, client):
    """By the administrator, who cannot do the work; the roles and their reasons are listed."""
    dora = as_("dora")
    body = {"name": "eve", "roles": ["preparer"], "reason": "joins the close"}
    enrolled = dora.post("/v1/users", json=body, headers=keyed("eve"))
    assert 200 == enrolled.status_code, enrolled.text
    assert 200 == issue(dora, "eve", "eve-key", days=7).status_code

    headers = keyed("k") | holding("eve-key")
    done = client.post("/v1/facts", json=[CONTRACT], headers=headers)

    assert 200 == done.status_code
    told = {each["name"]: each for each in as_("cleo").get("/v1/users").json()["records"]}
    assert ("joins the close", "dora") == (
        told["eve"]["roles"][0]["reason"],
        told["eve"]["roles"][0]["granted_by"],
    )


def test_conflicting_duties_are_refused_and_excepted(as_):
    """A controller answers for them; the administrator alone cannot."""
    role = {"role": "approver", "reason": "two of us"}
    refused = as_("dora").post("/v1/users/ana/roles", json=role, headers=keyed("a"))
    answered = as_("ben").post(
        "/v1/users/ana/exceptions", json={"days": 30, "reason": "two of us"}, headers=keyed("b")
    )
    given = as_("dora").post("/v1/users/ana/roles", json=role, headers=keyed("c"))

    assert (403, "approval-needed") == (refused.status_code, refused.json()["code"])
    assert (200, 200) == (answered.status_code, given.status_code)
    [ana] = [
        each for each in as_("cleo").get("/v1/users").json()["records"] if each["name"] == "ana"
    ]
    assert ["prepare", "approve"] in ana["conflicts"]
    assert "ben" == ana["exception"]["accepted_by"]


def test_a_narrow_key_stays_narrow(as_, client):
    """Good for reading: it records nothing, starts no close, and issues no wider key."""
    assert 200 == issue(as_("ana"), "ana", "narrow", duties=["read"]).status_code
    headers = holding("narrow")

    def send(path, body):
        return client.post(path, json=body, headers={**headers, **keyed(path[-8:])}).status_code

    assert 200 == client.get("/v1/periods", headers=headers).status_code
    assert 403 == send("/v1/facts", [CONTRACT])
    close = {"period": "2026-01", "approved_by": "ben"}
    assert 403 == send("/v1/jobs", {"kind": "close", "arguments": close})
    digest = hashlib.sha256(b"wide").hexdigest()
    assert 403 == send("/v1/keys", {"person": "ana", "sha256": digest})


def test_an_ended_key_proves_nothing(as_):
    """At once; the list tells when, and never the key."""
    ana = as_("ana")
    [own] = [
        each for each in as_("cleo").get("/v1/keys").json()["records"] if each["person"] == "ana"
    ]
    ended = ana.post(f"/v1/keys/{own['id']}/end", json={"reason": "lost"}, headers=keyed("e"))

    assert 200 == ended.status_code
    assert 401 == ana.get("/v1/periods").status_code
    assert "sha256" not in own


def test_denials_are_listed_with_who_and_why(as_):
    """A duty that is lacking, a key that proves nothing."""
    as_("cleo").post("/v1/facts", json=[CONTRACT], headers=keyed("k"))
    as_("mallory").get("/v1/periods")

    log = as_("cleo").get("/v1/audit-log", params={"operation": "access."}).json()["records"]
    assert [("cleo", "forbidden"), ("nobody", "unauthorised")] == [
        (each["actor"], each["details"]["code"]) for each in log
    ]
    mine = {"actor": "dora", "operation": "person.enrol"}
    enrolled = as_("cleo").get("/v1/audit-log", params=mine).json()["records"]
    assert {"ana", "ben", "cleo"} <= {each["subject"] for each in enrolled}


def test_a_close_in_the_background(as_, ana, workspace):
    """202 with its place; the same key is the same job; a worker does it in ana's name."""
    record(ana, [CONTRACT], "facts")
    word(ana, "ben", "2026-01", "close")
    body = {"kind": "close", "arguments": {"period": "2026-01", "approved_by": "ben"}}
    started = ana.post("/v1/jobs", json=body, headers=keyed("close"))
    again = ana.post("/v1/jobs", json=body, headers=keyed("close"))
    waits = as_("cleo").get(started.headers["Location"]).json()

    run_worker(workspace, wait=False)

    assert (202, 202, "queued") == (started.status_code, again.status_code, waits["state"])
    assert started.headers["Location"] == again.headers["Location"]
    told = as_("cleo").get(started.headers["Location"]).json()
    assert ("done", 2, "2026-01") == (told["state"], told["steps_done"], told["result"]["period"])
    certificate = ana.get("/v1/periods/2026-01").json()
    assert ("ana", "ben") == (certificate["prepared_by"], certificate["approved_by"])
    listed = {each["id"]: each["kind"] for each in as_("cleo").get("/v1/jobs").json()}
    assert {waits["id"]: "close", told["result"]["checks"]: "check"} == listed


def test_a_job_is_watched_until_it_has_ended(as_, ana, workspace):
    """From where it waits to its end; a stream that is taken up again tells no event twice."""
    place = ana.post("/v1/jobs", json={"kind": "verify"}, headers=keyed("v")).headers["Location"]

    with worker_beside(workspace):
        watched = as_("cleo").get(f"{place}/events")
    names = [line[4:] for line in watched.text.splitlines() if line.startswith("id: ")]
    told = [json.loads(line[6:]) for line in watched.text.splitlines() if line[:6] == "data: "]
    rest = as_("cleo").get(f"{place}/events", headers={"Last-Event-ID": names[-1]})

    assert "text/event-stream" in watched.headers["content-type"]
    assert ("done", 1) == (told[-1]["state"], told[-1]["steps_done"])
    assert len(set(names)) == len(names) == len(told)
    assert (200, "") == (rest.status_code, rest.text)
    assert 404 == as_("cleo").get("/v1/jobs/none/events").status_code


def test_a_job_that_waits_is_cancelled(ana, workspace):
    """By who may start one; the worker leaves it, and what has ended is not cancelled."""
    place = ana.post("/v1/jobs", json={"kind": "verify"}, headers=keyed("v")).headers["Location"]
    done = ana.post("/v1/jobs", json={"kind": "verify"}, headers=keyed("w")).headers["Location"]

    ended = ana.post(f"{place}/cancellation", json={"reason": "late"}, headers=keyed("x"))
    run_worker(workspace, wait=False)
    late = ana.post(f"{done}/cancellation", json={"reason": "late"}, headers=keyed("y"))

    assert (200, "cancelled", "ana") == (
        ended.status_code,
        ended.json()["state"],
        ended.json()["cancelled_by"],
    )
    assert "cancelled" == ana.get(place).json()["state"]
    assert (409, "conflict") == (late.status_code, late.json()["code"])
