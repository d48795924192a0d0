"""How fast the service answers for one contract out of many, and takes usage in, over loopback.

Run as ``python -m tests.bench.bench_http [CONTRACTS [ROWS [READS]]]``. On a private server in a
folder of its own, or in the folder that ``REVREC_HOME`` names, whose books are kept and used again:

* so many contracts of two obligations and a bill each; then, through one service process, the
  explanation and the schedule of contracts drawn at random: each for the first time, and again
  while what is kept of it stands;
* so many rows of usage, ingested by the command and through the service, in each form.

Processor times are of the process that does the work (the service, or the command), without the
database's and the client's; the wall clock stands beside them. The budgets: an answer within 20 ms
at the median, a batch at twice the command's processor time. Exits with 1 beyond them.
"""

from __future__ import annotations

import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from revrec.operations.workspace import Workspace, open_workspace
from revrec.runtime.settings import Settings
from revrec.store import embedded, facts
from tests.bench.bench_close import bill, contract
from tests.bench.bench_ingest import contracts as metered
from tests.bench.bench_ingest import write
from tests.bench.bench_serving import processor_of

CONTRACTS = 100_000
ROWS = 1_000_000
READS = 200
COMMAND = Path(sys.executable).with_name("revrec")
FORMS = ("parquet", "ndjson")
CHUNK = 10_000
MEDIAN_MAX = 0.020
RATIO_MAX = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service."""

    client: httpx.Client
    process: int

    def processor(self) -> float:
        """Seconds of processor it used so far, in all its processes."""
        return processor_of(self.process)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How long answers took."""

    median: float
    slow: float
    """The 99th of a hundred."""
    processor: float
    """Of the service, on average."""


def build(workspace: Workspace, count: int) -> None:
    """Record what is missing of so many contracts, and those whose usage is sent."""
    own = [to_fact(FactKind.CONTRACT, each) for each in metered()]
    for entity in range(2, 2 + 2 * len(FORMS)):
        workspace.database.run(lambda tx: facts.record(tx, own), entity=entity, actor="bench")
    known = workspace.run(facts.last_seq, read_only=True)
    if known:
        return
    for first in range(0, count, CHUNK):
        numbers = range(first, min(first + CHUNK, count))
        told = [each for number in numbers for each in (contract(number, 12000), bill(number))]
        workspace.run(lambda tx, told=told: facts.record(tx, told))


def _environment(home: Path, entity: int) -> dict[str, str]:
    """For a program over the books of an entity, which must not wait for who reads its log."""
    told = {"REVREC_HOME": str(home), "REVREC_ENTITY": str(entity), "REVREC_LOG_LEVEL": "ERROR"}
    return {**os.environ, **told}


@contextmanager
def serving(home: Path, entity: int) -> Iterator[Service]:
    """A service over the books of an entity, with the key that it tells."""
    environment = _environment(home, entity)
    command = [str(COMMAND), "serve", "--port", "0"]
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout is not None
        told, found = "", None
        for line in process.stdout:
            told += line
            found = re.search(r"(http://[^,\s]+)", told)
            if found is not None:
                break
        key = re.search(r"^\W*(\S{20,})\W*$", told, re.MULTILINE)
        assert found is not None, told
        assert key is not None, told
        try:
            headers = {"Authorization": f"Bearer {key[1]}"}
            with httpx.Client(base_url=found[1], headers=headers, timeout=600) as client:
                while "workers of jobs: 1" not in client.get("/health/ready").text:
                    time.sleep(0.1)  # or its start would be counted
                yield Service(client=client, process=process.pid)
        finally:
            process.terminate()
            process.stdout.read()


def answered(service: Service, paths: list[str]) -> Answered:
    """How long the service takes for each of the paths, one after another."""
    before, taken = service.processor(), []
    for path in paths:
        began = time.perf_counter()
        service.client.get(path).raise_for_status()
        taken.append(time.perf_counter() - began)
    return Answered(
        median=statistics.median(taken),
        slow=statistics.quantiles(taken, n=100)[-1],
        processor=(service.processor() - before) / len(paths),
    )


def reads(home: Path, count: int, number: int) -> dict[str, Answered]:
    """Explanations and schedules of contracts drawn at random, once and again."""
    drawn = random.Random(606).sample(range(count), number)
    found = {}
    with serving(home, 1) as service:
        service.client.get("/v1/contracts/C-0/schedule").raise_for_status()
        for what, query in (("explanation", "?as_of=2026-03-31"), ("schedule", "")):
            paths = [f"/v1/contracts/C-{each}/{what}{query}" for each in drawn]
            found[what] = answered(service, paths)
            found[f"{what}, again"] = answered(service, paths)
    return found


def by_command(home: Path, path: Path, entity: int) -> float:
    """Seconds of processor that the command takes for the file."""
    environment = _environment(home, entity)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [str(COMMAND), "ingest", str(path)],
        env=environment,
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def by_service(home: Path, path: Path, entity: int) -> float:
    """Seconds of processor that the service takes for the file, sent as it is read."""
    with serving(home, entity) as service, path.open("rb") as file:
        before = service.processor()
        sent = service.client.post(
            "/v1/usage/batches",
            params={"name": path.name},
            headers={"Idempotency-Key": path.name},
            content=iter(lambda: file.read(1 << 16), b""),
        )
        sent.raise_for_status()
        return service.processor() - before


def uploads(home: Path, rows: int) -> dict[str, tuple[float, float]]:
    """Seconds of processor by the command and through the service, by form."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="revrec-bench-") as name:
        for number, form in enumerate(FORMS):
            path = write(Path(name) / f"usage.{form}", 0, rows)
            entity = 2 + 2 * number
            found[form] = by_command(home, path, entity), by_service(home, path, entity + 1)
    return found


def main(arguments: list[str]) -> int:
    """Measure and show."""
    given = [*map(int, arguments), *(CONTRACTS, ROWS, READS)[len(arguments) :]]
    count, rows, number = given
    with tempfile.TemporaryDirectory(prefix="revrec-bench-") as name:
        kept = os.environ.get("REVREC_HOME")
        home = Path(kept or name).resolve()
        try:
            with open_workspace(Settings(home=home), actor="bench", migrate=True) as workspace:
                build(workspace, count)
            told = reads(home, count, number)
            sent = uploads(home, rows) if rows else {}
        finally:
            if not kept:
                embedded.stop(home)
    table = Table(f"{count:,} contracts", "median ms", "p99 ms", "processor ms")
    for what, each in told.items():
        figures = (each.median, each.slow, each.processor)
        table.add_row(what, *(f"{1000 * figure:.1f}" for figure in figures))
    Console(width=100).print(table)
    table = Table(f"{rows:,} rows", "command, processor s", "service, processor s", "ratio")
    for form, (command, service) in sent.items():
        table.add_row(form, f"{command:.2f}", f"{service:.2f}", f"{service / command:.2f}")
    Console(width=100).print(table)
    slow = any(each.median > MEDIAN_MAX for each in told.values())
    dear = any(service > RATIO_MAX * command for command, service in sent.values())
    return int(slow or dear)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
