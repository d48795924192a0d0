"""Webhooks: what happened is told once it did, until it is taken, to who may be told."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from api.app import create_app
from revrec.model.webhook import EventKind
from revrec.operations.checking import run_checks
from revrec.operations.delivering import PAUSES, deliver_due
from revrec.operations.engines import Local
from revrec.operations.webhooks import happened
from revrec.operations.worker import run_worker
from revrec.runtime.outbound import Outbound, is_public, post, signature
from revrec.store import webhooks as kept
from tests.api.conftest import PEOPLE
from tests.api.receivers import receiving, signed_by
from tests.api.requests import CONTRACT, ask_close, close, keyed, record, send
from tests.api.test_commitments import HOLDS, ROWS
from tests.api.test_findings import INVOICE, PAYMENT
from tests.people import enrol
from tests.workers import worker_beside

MASTER = SecretStr("a secret of thirty-two characters")
OUTBOUND = Outbound(secret=MASTER, private_addresses=True)


@pytest.fixture
def receiver():
    """Somebody who is told."""
    with receiving() as made:
        yield made


@pytest.fixture
def books(workspace):
    """The stores with a secret to sign with, for receivers of this machine."""
    return replace(workspace, outbound=OUTBOUND)


@pytest.fixture
def client(books, settings):
    """The service over them."""
    enrol(books, PEOPLE)
    with TestClient(create_app(books, settings), raise_server_exceptions=False) as opened:
        yield opened


def register(client, url, *kinds, key="register", **told):
    """An endpoint."""
    return client.post(
        "/v1/webhooks", json={"url": url, "kinds": list(kinds), **told}, headers=keyed(key)
    )


@pytest.fixture
def endpoint(as_, receiver):
    """The receiver, told of closes and reopenings."""
    made = register(as_("dora"), receiver.url, "period.closed", "period.reopened")
    assert 200 == made.status_code, made.text
    return made.json()


def deliveries(as_, endpoint):
    """What an endpoint was told."""
    return as_("cleo").get(f"/v1/webhooks/{endpoint['id']}/deliveries").json()


def test_a_close_is_told_signed(as_, ana, books, receiver, endpoint):
    """Once, with what the books say of it; the signature is the secret's and of these bytes."""
    record(ana, [CONTRACT], "facts")
    told = close(ana, "2026-01", "close").json()

    assert [1, 0] == [deliver_due(books), deliver_due(books)]
    [(headers, body)] = receiver.got
    assert signed_by(endpoint["secret"], headers, body)
    assert not signed_by(endpoint["secret"], headers, body + b" ")
    assert ("period.closed", "2026-01", 1, told["chain_head"]) == (
        json.loads(body)["type"],
        *(json.loads(body)["data"][name] for name in ("period", "ordinal", "chain_head")),
    )
    [delivery] = deliveries(as_, endpoint)
    assert ("delivered", [204]) == (
        delivery["state"],
        [each["status"] for each in delivery["attempts"]],
    )


def test_the_end_of_a_job_is_told(as_, ana, books, receiver):
    """Of the close, of the checks that follow it, of one that is cancelled: once each."""
    register(as_("dora"), receiver.url, "job.ended")
    record(ana, [CONTRACT], "facts")
    closed = ask_close(ana, "2026-01", "close").json()["id"]
    gone = ana.post("/v1/jobs", json={"kind": "verify"}, headers=keyed("v")).json()["id"]
    for key in ("one", "two"):
        ana.post(f"/v1/jobs/{gone}/cancellation", json={"reason": "late"}, headers=keyed(key))
    run_worker(books, wait=False)
    checks = ana.get(f"/v1/jobs/{closed}").json()["result"]["checks"]

    while deliver_due(books):
        pass

    data = [json.loads(body)["data"] for _, body in receiver.got]
    told = [(each["kind"], each["job"], each["state"]) for each in data]
    ends = [("check", checks, "done"), ("close", closed, "done"), ("verify", gone, "cancelled")]
    assert ends == sorted(told)


@pytest.mark.usefixtures("endpoint")
def test_the_worker_of_the_service_tells(books, receiver):
    """By itself, for every entity that is served."""
    came = threading.Event()
    receiver.before = came.set
    books.run(lambda tx: happened(tx, EventKind.PERIOD_CLOSED, "by the worker", {}))

    with worker_beside(replace(books, entity=books.entity + 1000, served={books.entity})):
        assert came.wait(60)

    assert 1 == len(receiver.got)


def test_the_signature_is_that_of_standard_webhooks():
    """The vector of its specification."""
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        '{"test": 2432232314}',
    )

    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == made


@pytest.mark.usefixtures("endpoint")
def test_what_did_not_happen_is_not_told(books, receiver):
    """An event of a transaction that fails is gone with it; the same is not told twice."""

    class Stopped(Exception):
        """Like a power cut."""

    def tell(tx, *, fail):
        happened(tx, EventKind.PERIOD_CLOSED, "2026-01 1", {"period": "2026-01"})
        if fail:
            raise Stopped

    with pytest.raises(Stopped):
        books.run(lambda tx: tell(tx, fail=True))
    assert 0 == deliver_due(books)
    for _ in range(3):
        books.run(lambda tx: tell(tx, fail=False))
    assert [1, 0] == [deliver_due(books), deliver_due(books)]
    assert 1 == len(receiver.got)


def test_it_is_told_until_it_is_taken(as_, books, clock, receiver, endpoint):
    """The same id after each pause, to the last; then it is given up and can be replayed."""
    books.run(lambda tx: happened(tx, EventKind.PERIOD_CLOSED, "x", {}))
    receiver.statuses = [500, 302, 404]

    sent = []
    for pause in (timedelta(0), PAUSES[0] * 0.9, PAUSES[0] * 0.3, PAUSES[1] * 1.2, PAUSES[2] * 1.2):
        clock.advance(pause)
        deliver_due(books)
        sent.append(len(receiver.got))

    # Before its time nothing is sent; a redirect is followed nowhere.
    assert [1, 1, 2, 3, 4] == sent
    assert 1 == len(set(receiver.ids()))
    [delivery] = deliveries(as_, endpoint)
    assert [500, 302, 404, 204] == [each["status"] for each in delivery["attempts"]]

    books.run(lambda tx: happened(tx, EventKind.PERIOD_CLOSED, "y", {}))
    receiver.statuses = [503] * (len(PAUSES) + 1)
    for _ in range(len(PAUSES) + 3):
        deliver_due(books)
        clock.advance(PAUSES[-1] * 1.2)
    [late, _] = sorted(deliveries(as_, endpoint), key=lambda each: each["state"] == "delivered")
    assert ("given_up", len(PAUSES) + 1) == (late["state"], len(late["attempts"]))
    path = f"/v1/webhooks/{endpoint['id']}/deliveries/{late['event']}/replay"
    replayed = [as_("dora").post(path, headers=keyed("r")) for _ in range(2)]
    assert replayed[0].content == replayed[1].content
    assert [1, 0] == [deliver_due(books), deliver_due(books)]
    assert late["event"] == receiver.ids()[-1]


def test_a_secret_is_rotated_without_a_gap(as_, books, clock, receiver, endpoint):
    """Both sign until the old one ends; an endpoint that ended is told nothing more."""
    dora = as_("dora")
    path = f"/v1/webhooks/{endpoint['id']}"
    tag = dora.get(path).headers["ETag"]
    turned = [
        dora.post(
            f"{path}/rotation",
            json={"after_hours": 2},
            headers=keyed(key) | {"If-Match": told},
        )
        for key, told in (("stale", '"x"'), ("new", tag), ("new", tag))
    ]
    assert [412, 200, 200] == [each.status_code for each in turned]
    assert turned[1].content == turned[2].content
    new = turned[1].json()["secret"]
    for subject in ("soon", "late"):
        books.run(lambda tx, subject=subject: happened(tx, EventKind.PERIOD_CLOSED, subject, {}))
        deliver_due(books)
        clock.advance(timedelta(hours=3))

    assert endpoint["secret"] != new
    assert [[True, True], [False, True]] == [
        [signed_by(secret, *message) for secret in (endpoint["secret"], new)]
        for message in receiver.got
    ]
    books.run(lambda tx: happened(tx, EventKind.PERIOD_CLOSED, "waits", {}))
    ended = dora.post(f"{path}/end", json={"reason": "moved"}, headers=keyed("end"))
    books.run(lambda tx: happened(tx, EventKind.PERIOD_CLOSED, "after", {}))
    assert (200, 0) == (ended.status_code, deliver_due(books))
    assert {"delivered", "given_up"} == {each["state"] for each in deliveries(as_, endpoint)}


def test_secrets_are_kept_nowhere(as_, superuser, endpoint, log):
    """The same request is told the same secret; no table and no line of the log has it."""
    again = register(as_("dora"), endpoint["url"], "period.closed", "period.reopened")
    assert endpoint == again.json()
    secret = endpoint["secret"].removeprefix("whsec_")
    tables = superuser.execute(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables"
        " where table_schema in ('facts', 'records', 'work', 'jobs') and table_type = 'BASE TABLE'"
    ).fetchall()
    found = [
        table
        for (table,) in tables
        for needle in (secret, MASTER.get_secret_value(), "dora-key")
        if superuser.execute(
            f"select exists (select from {table} as t where strpos(t::text, %s) > 0)", [needle]
        ).fetchone()[0]
    ]

    assert len(tables) > 40
    assert [] == found
    assert secret not in log.getvalue()
    assert "dora-key" not in log.getvalue()
    assert "secret" not in as_("cleo").get("/v1/webhooks").json()[0]


def test_findings_and_thresholds_are_told(as_, ana, books, receiver):
    """A bill overdue; of 10 credits all are used, of a commitment of 30 22.34, or 74.47 %."""
    kinds = ("finding.raised", "commitment.threshold_crossed")
    made = register(as_("dora"), receiver.url, *kinds, thresholds=[74, 75, 100])
    assert 200 == made.status_code, made.text
    record(ana, [*HOLDS, INVOICE, PAYMENT], "holds")
    content = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    assert 200 == send(ana, content, "use").status_code
    raised = run_checks(books, engine=Local(part_contracts=1)).updated.raised
    assert 0 == run_checks(books).updated.raised

    deliver_due(books)

    told = [json.loads(body) for _, body in receiver.got]
    crossed = {
        (each["data"].get("commitment") or each["data"]["credits"], each["data"]["threshold"])
        for each in told
        if each["type"] == "commitment.threshold_crossed"
    }
    assert {("K", 74), ("G", 74), ("G", 75), ("G", 100)} == crossed
    assert raised >= 1
    assert raised == sum(each["type"] == "finding.raised" for each in told)
    assert len(told) == len(set(receiver.ids())) == raised + 4


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True), ("2606:2800:21f:cb07::1", True),
        ("127.0.0.1", False), ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False),
        ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("::", False),
        ("fe80::1", False), ("fd00::1", False), ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.215.14", True), ("64:ff9b::a01:203", False), ("2002:7f00:1::", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address, public):
    """Loopback, private, link-local (the metadata of clouds), and all of them in disguise."""
    assert public == is_public(ipaddress.ip_address(address))


def test_nothing_is_sent_into_private_networks(as_, client, receiver):
    """Refused where it is registered, and where a name leads there, before anything is sent."""
    careful = Outbound(secret=MASTER)
    client.app.state.workspace = replace(client.app.state.workspace, outbound=careful)
    for number, url in enumerate(
        [
            receiver.url, "http://hooks.example/", "https://10.0.0.1/", "https://[::1]:8443/",
            "https://user:word@hooks.example/", "ftp://hooks.example/", "https://", "hooks",
            "https://169.254.169.254/latest/meta-data",
        ]
    ):  # fmt: skip
        answer = register(as_("dora"), url, "period.closed", key=f"k{number}")
        assert (422, "feed-error") == (answer.status_code, answer.json()["code"]), url
    port = receiver.url.split(":")[2]

    outcome = post(f"https://localhost:{port}", "{}", {}, careful)

    assert outcome.status is None
    assert "which is not a public address" in outcome.error
    assert [] == receiver.got
    without = Outbound()
    client.app.state.workspace = replace(client.app.state.workspace, outbound=without)
    answer = register(as_("dora"), "https://hooks.example/", "period.closed", key="no-secret")
    assert (409, "REVREC_WEBHOOK_SECRET") == (
        answer.status_code,
        answer.json()["remedy"].split()[1],
    )


def test_a_sender_that_is_killed_loses_and_invents_nothing(
    books, settings, clock, receiver, endpoint
):
    """Killed when a message is out and not noted: it goes out again under its id, and no other."""
    subjects = [f"p{number}" for number in range(4)]
    for subject in subjects:
        books.run(lambda tx, subject=subject: happened(tx, EventKind.PERIOD_CLOSED, subject, {}))
    process = None

    def kill():
        if process is not None and len(receiver.got) == 2:
            process.kill()
            time.sleep(0.2)

    receiver.before = kill
    environment = {
        **os.environ,
        "REVREC_HOME": str(settings.home),
        "REVREC_DATABASE_URL": settings.database_url.get_secret_value(),
        "REVREC_ENTITY": str(books.entity),
        "REVREC_CLOCK": (clock.now() + timedelta(hours=1)).isoformat(),
        "REVREC_KEY": "dora-key",
        "REVREC_WEBHOOK_SECRET": MASTER.get_secret_value(),
        "REVREC_WEBHOOK_PRIVATE_ADDRESSES": "true",
    }
    command = [Path(sys.executable).with_name("revrec"), "webhooks", "deliver"]
    process = subprocess.Popen(command, env=environment)
    assert -signal.SIGKILL == process.wait(timeout=60)
    process, told = None, receiver.ids()

    taken = deliver_due(books)

    events = books.run(lambda tx: kept.deliveries(tx, endpoint["id"], 10), read_only=True)
    assert (2, 3) == (len(told), taken)
    assert told[1] == receiver.ids()[2]
    assert {each.event.id for each in events} == set(receiver.ids())
    assert 5 == len(receiver.got)
    assert {"delivered"} == {each.state for each in events}
    assert sorted(subjects) == sorted(each.event.subject for each in events)
