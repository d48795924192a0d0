"""The service as a process, asked by nothing but the client: a quarter, a rush, a kill."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import threading
from calendar import monthrange
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from reports.archive import archive
from reports.export import export
from reports.packages import Package
from revrec.client import Client, Refused, calls
from revrec.demo.manifest import Close
from revrec.demo.replay import APPROVER, FEED, PREPARER, register_entity, replay, steps
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import open_workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from revrec.runtime.settings import Settings
from revrec.store import periods
from revrec.usage import batches
from tests.client.service import keep_contracts, started, until
from tests.people import enrol

ROOT = Path(__file__).parent.parent.parent
QUARTER_KNOWN = "2026-05-05T09:00:00+00:00"
YEAR_KNOWN = "2027-01-05T09:00:00+00:00"
CLIENTS = 8
PEOPLE = {"ben": "controller", "dora": "administrator"}


@pytest.fixture
def settings_of(fresh_database, tmp_path):
    """Settings for books of their own, by a name."""

    def made(name):
        home = tmp_path / name
        home.mkdir()
        return Settings(
            home=home, database_url=SecretStr(fresh_database()), lake=str(home / "lake")
        )

    return made


@contextmanager
def served(settings, *, clock):
    """The service while the block runs; it ends well when it is asked to."""
    service = started(settings, settings.home / "log", workers=1, clock=clock)
    try:
        yield service
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(timeout=120) == 0, service.log.read_text()
    finally:
        service.process.kill()
        service.process.wait()


@contextmanager
def killed(settings, *, workers, clock):
    """The service until the block ends, whose first process is killed then; the others leave."""
    service = started(settings, settings.home / "log", workers=workers, clock=clock)
    try:
        yield service
    finally:
        service.process.kill()
        service.process.wait()
        until(lambda: not service.is_listening())


def by_time(manifest):
    """What arrives and what is closed, in order."""
    arrivals = [(each.arrives, each) for each in manifest.files]
    closes = [(each.at, each) for each in manifest.closes]
    return [step for _, step in sorted(arrivals + closes, key=lambda each: each[0])]


def as_(service, name):
    """The client of a person."""
    return Client(service.url, key=f"{name}-key")


def deliver(service, file, folder):
    """A file of the demonstration, sent as its kind is."""
    path = folder / file.path
    with as_(service, FEED) as feed:
        if file.kind == "facts":
            recorded = feed.record_facts(
                json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()
            )
            assert recorded.refused == []
        else:
            batch = hashlib.sha256(path.read_bytes()).hexdigest()
            feed.send(calls.ingest_usage(path).keyed(batch))


def close(service, period):
    """Close a month on another person's word, and wait for it."""
    with as_(service, APPROVER) as approver, as_(service, PREPARER) as preparer:
        approver.give_consent(period, "close")
        job = preparer.start_job("close", {"period": period, "approved_by": APPROVER})
        preparer.wait(job)


def the_readme(service, folder, monkeypatch):
    """The README's own lines, a month on."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[0]
    folder.joinpath("usage-2026-04.parquet").write_bytes(
        (folder / "2026-03" / "usage-gateway-us.parquet").read_bytes()
    )
    monkeypatch.chdir(folder)
    with as_(service, "ben") as ben:
        ben.give_consent("2026-04", "close")
    exec(
        told.replace("2026-01", "2026-04").replace("http://127.0.0.1:8000", service.url),
        {"KEY": f"{PREPARER}-key"},
    )
    return (folder / "2026-04.zip").read_bytes()


@pytest.mark.timeout(900)
@pytest.mark.parametrize("share", [30, pytest.param(1, marks=pytest.mark.torture)])
def test_a_quarter_through_the_client_alone(
    share, settings_of, demo_files, tmp_path, monkeypatch, capsys
):
    """The same chain head after each close as by the commands; of all contracts, the same package.

    At a commit every thirtieth contract is delivered.
    """
    written, manifest = demo_files
    folder = shutil.copytree(written, tmp_path / "files")
    keep_contracts(folder, lambda contract: int(contract[-4:]) % share == 0)
    clock = FixedClock(datetime.fromisoformat(QUARTER_KNOWN))
    package = b""

    with open_workspace(settings_of("by-command"), actor="demo", clock=clock) as books:
        register_entity(books, manifest)
        todo = [replace(step, at=clock.now()) for step in steps(manifest, folder)]
        replay(books, clock, todo, lambda *_: None)
        expected = [(str(each.period), each.chain_head) for each in books.run(periods.closes)]
        if share == 1:
            told = report(books, Period(2026, 1), Period(2026, 3))
            (tmp_path / "out").mkdir()
            export(told, tmp_path / "out", Package.RECONCILIATION)
            package = archive(tmp_path / "out")

    settings = settings_of("over-http")
    with open_workspace(settings, actor="demo", clock=clock) as books:
        register_entity(books, manifest)
        enrol(books, {**PEOPLE, PREPARER: "preparer", APPROVER: "controller", FEED: "service"})
    with served(settings, clock=QUARTER_KNOWN) as service:
        for step in by_time(manifest):
            if isinstance(step, Close):
                close(service, step.period)
            else:
                deliver(service, step, folder)
        with as_(service, PREPARER) as reader:
            found = [(each.period, each.chain_head) for each in reader.list_periods()]
            last = list(reader.list_journal())[-1]
            if share == 1:
                path = tmp_path / "package.zip"
                reader.download_package("2026-03", "reconciliation", path, first="2026-01")
                assert package == path.read_bytes()
        april = the_readme(service, folder, monkeypatch)

    assert len(expected) == 4
    assert expected == found
    assert expected[-1][1] == last.digest
    assert april.startswith(b"PK")
    assert re.fullmatch(r"[0-9a-f]{64}\n", capsys.readouterr().out)


def at_once(clients, act):
    """What each client's act returned or raised, all begun together."""
    ready = threading.Barrier(len(clients))

    def one(client):
        ready.wait()
        try:
            return act(client)
        except Refused as error:
            return error

    with ThreadPoolExecutor(len(clients)) as threads:
        return list(threads.map(one, clients))


def days_of(number):
    """How many days a month of 2026 has."""
    return monthrange(2026, number)[1]


def a_month(number):
    """A month's contract, which earns 100.00 a day and uses 12.34, and its row of usage."""
    month, days = f"2026-{number:02}", days_of(number)
    contract = {
        "kind": "contract",
        "id": f"C-{number}",
        "customer": "acme",
        "currency": "USD",
        "inception": "2025-12-20",
        "start": f"{month}-01",
        "end": f"{month}-{days}",
        "obligations": [
            {"id": "access", "product": "platform", "measure": "days"},
            {"id": "tokens", "product": "tokens", "measure": "usage", "meters": ["tokens"]},
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": f"{days}00.00", "obligation": "access"},
            {"id": "use", "kind": "usage", "obligation": "tokens"},
        ],
    }
    usage = {
        "source": "gateway",
        "usage_id": f"u-{number}",
        "contract": f"C-{number}",
        "meter": "tokens",
        "usage_date": f"{month}-01",
        "quantity": "10",
        "unit": "token",
        "amount": "12.34",
        "currency": "USD",
    }
    return month, contract, usage


def rush(clients, folder, number):
    """The certificate of a month whose contract, usage and close all clients tell at once.

    What was refused or told again has no effect: one fact is new, one row counts, one close is.
    """
    month, contract, usage = a_month(number)
    path, other = folder / f"{month}.ndjson", folder / f"{month}-again.ndjson"
    path.write_text(json.dumps(usage) + "\n", encoding="utf-8")
    other.write_text(json.dumps(dict(reversed(usage.items()))) + "\n", encoding="utf-8")

    same = at_once(clients, lambda ana: ana.send(calls.record_facts([contract]).keyed(month)))
    own = at_once(clients, lambda ana: ana.record_facts([contract]))
    sent = at_once(clients, lambda ana: ana.send(calls.ingest_usage(path).keyed(f"u-{month}")))
    again = at_once(clients, lambda ana: ana.ingest_usage(other))
    closed = at_once(clients, lambda ana: ana.wait(ana.close_period(month, approved_by="ben")))
    refused = [each for each in closed if isinstance(each, Refused)]

    assert [(1, 0)] * CLIENTS == [(each.value.new, each.value.unchanged) for each in same]
    assert sorted(each.replayed for each in same) == [False] + [True] * (CLIENTS - 1)
    assert [(0, 1)] * CLIENTS == [(each.new, each.unchanged) for each in own]
    assert {(1, 0)} == {(each.value.accepted.rows, each.value.duplicate.rows) for each in sent}
    assert [(0, 1)] * CLIENTS == [(each.accepted.rows, each.duplicate.rows) for each in again]
    assert {each.code for each in refused} <= {"period-closed", "close-in-progress"}
    assert len(refused) == CLIENTS - 1
    [job] = [each for each in closed if not isinstance(each, Refused)]
    clients[0].wait(clients[0].get_job(job.result["checks"]))
    return clients[0].get_period(month)


def upload_while_it_stops(service, content):
    """The answer to an upload whose second half is sent after the service was asked to stop."""

    def halves():
        yield content[:10]
        service.process.send_signal(signal.SIGTERM)
        until(lambda: not service.is_listening())
        yield content[10:]

    return httpx.post(
        f"{service.url}/v1/usage/batches",
        params={"name": "late.ndjson"},
        headers={"Authorization": "Bearer ana-key", "Idempotency-Key": "late"},
        content=halves(),
        timeout=120,
    )


@pytest.mark.timeout(900)
@pytest.mark.parametrize("months", [1, pytest.param(9, marks=pytest.mark.torture)])
def test_a_rush_a_kill_and_a_stop(months, settings_of, tmp_path):
    """Eight clients have one effect; a kill loses no job, and a stop no answer."""
    settings = settings_of("books")
    with open_workspace(settings, actor="preparer") as books:
        enrol(books, {**PEOPLE, "ana": "preparer"})
    following = f"2026-{months + 1:02}"
    *_, usage = a_month(months)
    late = json.dumps({**usage, "usage_id": "late"}).encode()

    with killed(settings, workers=2, clock=YEAR_KNOWN) as service, ExitStack() as opened:
        clients = [opened.enter_context(as_(service, "ana")) for _ in range(CLIENTS)]
        ben = opened.enter_context(as_(service, "ben"))
        for number in range(1, months + 1):
            ben.give_consent(f"2026-{number:02}", "close")
            certificate = rush(clients, tmp_path, number)
        ben.give_consent(following, "close")
        job = clients[0].start_job("close", {"period": following, "approved_by": "ben"})
    with served(settings, clock=YEAR_KNOWN) as service:
        with as_(service, "ana") as ana:
            done = ana.wait(job)
            heads = {each.period: each.chain_head for each in ana.list_periods()}
            known = [(each.key, each.version) for each in ana.list_contracts()]
        answer = upload_while_it_stops(service, late)
    with open_workspace(settings, actor="preparer") as books:
        kept = books.run(lambda tx: batches.recorded(tx, "late"))
        assert verify(books)

    expected = sum(days_of(number) * 100_00 + 12_34 for number in range(1, months + 1))
    assert expected == certificate.totals["balances_minor"]["USD"]["recognised"]
    assert [(f"C-{number}", 1) for number in range(1, months + 1)] == known
    assert months + 1 == len(heads)
    assert heads[following] == done.result["chain_head"]
    assert (200, 1) == (answer.status_code, answer.json()["accepted"]["rows"])
    assert kept.accepted.rows == 1


def workers_of(process):
    """The processes that answer and do jobs, below the one that was started."""
    below = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    commands = {pid: Path(f"/proc/{pid}/cmdline").read_bytes() for pid in map(int, below.split())}
    return {pid for pid, command in commands.items() if b"spawn_main" in command}


@pytest.mark.torture
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked up in /proc")
def test_a_worker_that_dies_is_replaced(settings_of):
    """Of those that answer and of the one that does jobs; requests are answered meanwhile."""
    settings = settings_of("books")
    with open_workspace(settings, actor="preparer") as books:
        enrol(books, {**PEOPLE, "ana": "preparer"})

    with killed(settings, workers=2, clock=YEAR_KNOWN) as service, as_(service, "ana") as ana:
        ana.list_periods()
        first = workers_of(service.process)
        for pid in first:
            os.kill(pid, signal.SIGKILL)
            ana.list_periods()
        until(lambda: len(workers_of(service.process) - first) == 3)
        job = ana.wait(ana.start_job("verify"))

    assert len(first) == 3
    assert job.result["verified"]
