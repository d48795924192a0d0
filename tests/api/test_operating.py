"""What an operator sees: health, metrics, one line a request, a server that starts and stops."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from api.server import CannotServe, listening, serve
from revrec.operations.workspace import open_workspace
from tests.api.requests import CONTRACT, NDJSON, record, send
from tests.people import enrol


def test_health(client):
    """The process lives, and the stores answer with the chain's head."""
    assert (200, "ok") == (client.get("/health/live").status_code, client.get("/health/live").text)
    ready = client.get("/health/ready").text.splitlines()
    assert ready == ["ready at entry 0, " + "0" * 64, "workers of jobs: 0"]


def test_metrics_count_operations_and_name_no_one(client, ana):
    """Operations and statuses are labels; customers and contracts are not."""
    record(ana, [CONTRACT], "k")
    ana.get("/v1/contracts/C-1/explanation?as_of=2026-01-31")

    text = client.get("/metrics").text

    assert re.search(r'revrec_requests_total\{operation="record_facts",status="200"\} \d', text)
    assert "acme" not in text
    assert "C-1" not in text


def test_one_line_a_request_without_amounts_or_names(ana, log):
    """The canonical line: who called what, how it ended; nothing of what was in it."""
    before = len(log.getvalue())

    record(ana, [CONTRACT], "k")
    send(ana, NDJSON, "u")
    ana.get("/v1/contracts/C-1/explanation?as_of=2026-01-31", headers={"X-Request-ID": "audit-7"})

    lines = [json.loads(line) for line in log.getvalue()[before:].splitlines()]
    told = [line for line in lines if line["event"] == "request"]
    assert [
        ("record_facts", 200, "ana"),
        ("ingest_usage", 200, "ana"),
        ("explain_contract", 200, "ana"),
    ] == [(line["operation"], line["status"], line["actor"]) for line in told]
    assert told[-1]["request_id"] == "audit-7"
    assert told[-1]["route"] == "/v1/contracts/{contract}/explanation"
    for secret in ("acme", "C-1", "36500", "12.34", "ana-key"):
        assert secret not in json.dumps(told)


@pytest.mark.parametrize("given", ["a b", "x" * 65, "né", ""])
def test_a_harmful_request_id_is_replaced(given, client):
    """What a caller writes into the log is bounded."""
    answer = client.get("/health/live", headers={"X-Request-ID": given.encode("latin-1")})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["X-Request-ID"])


def started(settings):
    """`revrec serve` as a process."""
    return subprocess.Popen(
        [Path(sys.executable).with_name("revrec"), "serve", "--port", "0"],
        env={
            **os.environ,
            "REVREC_HOME": str(settings.home),
            "REVREC_DATABASE_URL": settings.database_url.get_secret_value(),
        },
        stderr=subprocess.PIPE,
        text=True,
    )


def until_serving(process):
    """What was told until the service listens, and where."""
    told = ""
    for line in process.stderr:
        told += line
        if match := re.search(r"Serving on (http://\S+:\d+),", line):
            return told, match[1]
    raise AssertionError(told)


def asked(url, key):
    """The status of a request with a key."""
    request = urllib.request.Request(
        f"{url}/v1/periods", headers={"Authorization": f"Bearer {key}"}
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def test_while_nobody_is_enrolled_one_key_does_everything(settings):
    """Said loudly; it ends with the first person, whose own key counts; SIGTERM ends with 0."""
    process = started(settings)
    try:
        told, url = until_serving(process)
        key = re.search(r"^  (revrec_\S+)$", told, re.MULTILINE)[1]
        before = asked(url, key)
        with open_workspace(settings, actor="preparer") as workspace:
            enrol(workspace, {"ada": "administrator", "ana": "preparer"})
        after = asked(url, key), asked(url, "ana-key")
    finally:
        process.send_signal(signal.SIGTERM)
        rest = process.communicate(timeout=120)[1]

    assert "NOBODY IS ENROLLED" in told
    assert url.startswith("http://127.0.0.1:")
    assert (200, (401, 200)) == (before, after)
    assert (0, False) == (process.returncode, "Traceback" in rest)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "books.example"])
def test_other_hosts_need_keys(host, workspace, settings):
    """While names are taken at their word, an open address is refused before it is opened."""
    with pytest.raises(CannotServe, match=f"Nobody is enrolled, so anyone who reaches {host}"):
        serve(workspace, settings, host=host, port=0, tell=[].append)


def test_answers_do_not_wait_for_acknowledgements():
    """A connection sends what there is at once, as its listener told it to."""
    with (
        listening("127.0.0.1", 0) as listener,
        socket.create_connection(listener.getsockname()),
        listener.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_port_in_use_is_told(workspace, settings):
    """Which address, why, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotServe, match=f"127.0.0.1 port {port}: Address already in use"):
            serve(workspace, settings, host="127.0.0.1", port=port, tell=[].append)
