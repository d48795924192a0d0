"""The same request twice is one effect and one answer, on every route that writes."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from revrec.operations.worker import run_worker
from revrec.store import facts, journal
from tests.api.requests import CONTRACT, NDJSON, ask_close, close, keyed, record, reopen, send, word


def contract_known(ana):
    """The books with one contract."""
    assert record(ana, [CONTRACT], "contract").status_code == 200
    assert word(ana, "ben", "2026-01", "close").status_code == 200


def january_closed(ana):
    """The books with January closed."""
    contract_known(ana)
    assert close(ana, "2026-01", "january").status_code == 200
    assert word(ana, "ana", "2026-01", "reopen").status_code == 200


def nothing(_):
    """Empty books."""


WRITES = {
    "record_facts": (nothing, "ana", lambda client, key: record(client, [CONTRACT], key)),
    "ingest_usage": (contract_known, "ana", lambda client, key: send(client, NDJSON, key)),
    "close_period": (
        contract_known,
        "ana",
        lambda client, key: ask_close(client, "2026-01", key, said=True),
    ),
    "reopen_period": (
        january_closed,
        "ben",
        lambda client, key: reopen(client, "2026-01", key, said=True),
    ),
}
"""Operation -> what must be there, who asks, the request."""
OTHERS = {
    "record_facts": lambda client, key: record(client, [{**CONTRACT, "id": "C-2"}], key),
    "ingest_usage": lambda client, key: send(client, NDJSON.replace(b"12.34", b"12.35"), key),
    "close_period": lambda client, key: ask_close(client, "2026-02", key, said=True),
    "reopen_period": lambda client, key: reopen(
        client, "2026-01", key, requested_by="anton", said=True
    ),
}
"""Operation -> another request."""


def state(workspace):
    """How much there is of everything that a request may add."""

    def count(tx):
        tables = ("usage_batch", "lake_commit", "period_close", "period_reopening", "audit_event")
        return [facts.last_seq(tx), journal.head(tx)] + [
            tx.connection.execute(
                f"select count(*) from records.{table} where entity_id = %s", [tx.entity]
            ).fetchone()[0]
            for table in tables
        ]

    return workspace.run(count, read_only=True)


@pytest.fixture(params=list(WRITES))
def operation(request):
    """Each operation that writes."""
    return request.param


def test_a_request_five_times_is_one_effect_and_one_answer(operation, ana, as_, workspace):
    """Replays are marked and have the first answer's bytes."""
    prepare, actor, ask = WRITES[operation]
    prepare(ana)
    client = as_(actor)

    first = ask(client, "key")
    after = state(workspace)
    replays = [ask(client, "key") for _ in range(4)]

    assert first.is_success
    assert "Idempotency-Replayed" not in first.headers
    assert {(first.status_code, first.content, "true")} == {
        (each.status_code, each.content, each.headers.get("Idempotency-Replayed"))
        for each in replays
    }
    assert after == state(workspace)


def test_a_key_of_another_request_is_refused(operation, ana, as_, workspace):
    """409, and nothing happens."""
    prepare, actor, ask = WRITES[operation]
    prepare(ana)
    client = as_(actor)
    assert ask(client, "key").is_success
    after = state(workspace)

    other = OTHERS[operation](client, "key")

    assert (409, "idempotency-mismatch") == (other.status_code, other.json()["code"])
    assert after == state(workspace)


def test_a_request_that_writes_needs_a_key(operation, ana, as_, workspace):
    """400 without a key, with an empty, a long or an unprintable one; nothing happens."""
    prepare, actor, ask = WRITES[operation]
    prepare(ana)
    before = state(workspace)
    client = as_(actor)

    for key in (None, "", "k" * 65, "two words", "bell\x07"):

        def replace_key(request, key=key):
            request.headers.pop("Idempotency-Key", None)
            if key is not None:
                request.headers["Idempotency-Key"] = key

        client.event_hooks["request"] = [replace_key]
        refused = ask(client, "unused")

        assert (400, "missing-idempotency-key") == (refused.status_code, refused.json()["code"])
    assert before == state(workspace)


def test_a_key_belongs_to_one_operation(ana, workspace):
    """A key used for facts does not name a batch of usage, nor the other way round."""
    record(ana, [CONTRACT], "facts")
    send(ana, NDJSON, "usage")
    after = state(workspace)

    crossed = [send(ana, NDJSON, "facts"), record(ana, [CONTRACT], "usage")]

    assert [(409, "idempotency-mismatch")] * 2 == [
        (each.status_code, each.json()["code"]) for each in crossed
    ]
    assert after == state(workspace)


def test_spaces_and_order_of_fields_are_not_another_request(ana):
    """The digest is of what was said, not of how it was written down."""
    first = record(ana, [CONTRACT], "key")
    body = json.dumps([dict(reversed(CONTRACT.items()))], indent=4)

    again = ana.post(
        "/v1/facts", content=body, headers={**keyed("key"), "Content-Type": "application/json"}
    )

    assert (first.content, "true") == (again.content, again.headers["Idempotency-Replayed"])


def test_thirty_two_at_once_are_one_effect(operation, ana, as_, workspace):
    """One is answered first; the others get its bytes, or 409 while it is worked on."""
    prepare, actor, ask = WRITES[operation]
    prepare(ana)
    before = state(workspace)

    with ThreadPoolExecutor(32) as threads:
        clients = [as_(actor) for _ in range(32)]
        answers = list(threads.map(lambda client: ask(client, "key"), clients))
    last = ask(clients[0], "key")

    assert {each.status_code for each in answers} <= {last.status_code, 409}
    assert {each.json()["code"] for each in answers if each.status_code == 409} <= {
        *("request-in-progress", "close-in-progress")
    }
    assert {last.content} == {each.content for each in answers if each.is_success}
    assert last.headers["Idempotency-Replayed"] == "true"
    firsts = [
        each for each in answers if each.is_success and "Idempotency-Replayed" not in each.headers
    ]
    assert len(firsts) == 1
    audits = state(workspace)[-1] - before[-1]
    assert audits == 1


def test_a_closed_period_is_closed_once(ana):
    """Another key: 409, while it is closed and naming the certificate then. The first: its job."""
    contract_known(ana)
    first = ask_close(ana, "2026-01", "first", said=True)
    meanwhile = ask_close(ana, "2026-01", "meanwhile", said=True)
    run_worker(ana.app.state.workspace, wait=False)
    certificate = ana.get("/v1/periods/2026-01").json()

    second = ask_close(ana, "2026-01", "second", said=True)
    replay = ask_close(ana, "2026-01", "first", said=True)

    assert (409, "close-in-progress") == (meanwhile.status_code, meanwhile.json()["code"])
    assert first.json()["id"] in meanwhile.json()["detail"]
    assert (409, "period-closed") == (second.status_code, second.json()["code"])
    assert second.json()["certificate"] == {
        name: certificate[name].replace("Z", "+00:00") if name == "closed_at" else certificate[name]
        for name in ("period", "ordinal", "closed_at", "chain_head")
    }
    assert certificate["chain_head"] in second.json()["detail"]
    assert (202, first.content) == (replay.status_code, replay.content)


def test_a_replayed_close_does_not_touch_a_reopened_period(ana, ben):
    """The old answer is given, and the period stays open."""
    january_closed(ana)
    reopen(ben, "2026-01", "reopen")

    replay = ask_close(ana, "2026-01", "january")
    run_worker(ana.app.state.workspace, wait=False)

    assert (202, "true") == (replay.status_code, replay.headers["Idempotency-Replayed"])
    assert ["open"] == [each["status"] for each in ana.get("/v1/periods").json()["records"]]


@pytest.fixture
def commits_break(superuser):
    """Every COMMIT that keeps an answer loses its connection, as in a power cut."""
    superuser.execute(
        """
        create or replace function pull_the_plug() returns trigger security definer
        language plpgsql as $$
        begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$;
        create constraint trigger plug after insert on records.idempotent_answer
        deferrable initially deferred for each row execute function pull_the_plug()
        """
    )
    yield lambda: superuser.execute("drop trigger if exists plug on records.idempotent_answer")
    superuser.execute("drop trigger if exists plug on records.idempotent_answer")


def test_a_commit_that_fails_is_not_answered_with_success(request, operation, ana, as_, workspace):
    """503 that says what to do; the retry with the same key has the one effect."""
    prepare, actor, ask = WRITES[operation]
    prepare(ana)
    before = state(workspace)
    client = as_(actor)
    repair = request.getfixturevalue("commits_break")

    cut = ask(client, "key")
    repair()
    retried = ask(client, "key")

    assert (503, "store-error") == (cut.status_code, cut.json()["code"])
    assert "same idempotency key" in cut.json()["remedy"]
    assert (True, None) == (retried.is_success, retried.headers.get("Idempotency-Replayed"))
    assert state(workspace)[-1] - before[-1] == 1
