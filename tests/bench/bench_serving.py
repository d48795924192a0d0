"""How long the service takes to answer, on loopback, asked by several clients at a time.

Run as ``python -m tests.bench.bench_serving [REQUESTS [CONTRACTS [WORKERS]]]``. On a private server
in a folder of its own: books of so many contracts with a day of usage each, January closed, and
``revrec serve`` as its users start it. Each operation is asked REQUESTS times (a twentieth of that
where a request carries many records) by four clients of ``revrec.client`` that wait for each
answer. Times are on the wall, as a client sees them; beside them the processor milliseconds that
the service and its database spent on a request, which other programs do not change as much, and
those of the service as a multiple of an answer that asks nothing of the books. Linux only. Exits
with 1 if any request was refused.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import count
from pathlib import Path

from rich.console import Console
from rich.table import Table

from revrec.client import Client
from revrec.feeds.records import fact_of
from revrec.operations.close import close_period
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace, open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings
from revrec.usage.ingest import ingest

REQUESTS, CONTRACTS, WORKERS, CLIENTS = 400, 2_000, 2, 4
MANY_IN = 20
ROWS = 1_000
_TICKS = os.sysconf("SC_CLK_TCK")
_numbers = count(1)
Ask = Callable[[Client], object]


def contract(number: int | str) -> dict[str, object]:
    """A year of access at a fee, and tokens as they are used."""
    return {
        "kind": "contract",
        "id": f"C-{number}",
        "customer": f"customer {number}",
        "currency": "USD",
        "inception": "2026-01-01",
        "start": "2026-01-01",
        "end": "2026-12-31",
        "obligations": [
            {"id": "access", "product": "access", "measure": "days"},
            {"id": "tokens", "product": "tokens", "measure": "usage", "meters": ["tokens"]},
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "12000", "obligation": "access"},
            {"id": "use", "kind": "usage", "obligation": "tokens"},
        ],
    }


def write_usage(path: Path, contracts: int, rows: int, name: str) -> Path:
    """Rows of a January day, of contracts in turn."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            row = {
                "source": "gateway",
                "usage_id": f"{name}-{number}",
                "contract": f"C-{number % contracts}",
                "meter": "tokens",
                "usage_date": "2026-01-20",
                "quantity": "1000",
                "unit": "token",
                "amount": "0.25",
                "currency": "USD",
            }
            file.write(json.dumps(row) + "\n")
    return path


def fill(workspace: Workspace, contracts: int, folder: Path) -> None:
    """The books that are asked about."""
    told = [fact_of(contract(number), "bench") for number in range(contracts)]
    record_facts(workspace, told, source="bench")
    usage = write_usage(folder / "usage.ndjson", contracts, contracts, "first")
    ingest(
        workspace.database,
        workspace.lake,
        usage,
        source_name=usage.name,
        entity=workspace.entity,
        actor=workspace.actor,
    )
    close_period(workspace, Period(2026, 1), prepared_by="ada", approved_by="grace")


def operations(contracts: int, folder: Path) -> Mapping[str, tuple[Ask, int]]:
    """What is asked, and in how many parts of the requests; every request is another."""
    day = date(2026, 1, 31)

    def some() -> str:
        return f"C-{next(_numbers) * 7919 % contracts}"

    def send(books: Client) -> object:
        name = f"u{next(_numbers)}"
        return books.ingest_usage(write_usage(folder / f"{name}.ndjson", contracts, ROWS, name))

    def record(many: int) -> Ask:
        return lambda books: books.record_facts(
            contract(f"new-{next(_numbers)}") for _ in range(many)
        )

    journal = {"limit": 100}
    page = {"period": "2026-01", "limit": 100}
    return {
        "nothing of the books": (lambda books: books.get("/v1/coverage"), 1),
        "the periods": (lambda books: list(books.list_periods()), 1),
        "a certificate": (lambda books: books.get_period("2026-01"), 1),
        "100 entries of the journal": (lambda books: books.get("/v1/journal", journal), 1),
        "an explanation": (lambda books: books.explain_contract(some(), as_of=day), 1),
        "a contract's schedule": (lambda books: books.get_contract_schedule(some()), 1),
        "100 rows of a data set": (
            lambda books: books.get("/v1/datasets/revenue_waterfall", page),
            1,
        ),
        "usage of a contract by day": (
            lambda books: books.get("/v1/usage/totals", {"by": ["day"], "contract": some()}),
            1,
        ),
        "a contract recorded": (record(1), 1),
        "200 contracts recorded": (record(200), MANY_IN),
        f"a file of {ROWS:,} rows": (send, MANY_IN),
    }


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Milliseconds of one operation."""

    requests: int
    half: float
    most: float
    """All but one request in a hundred took less."""
    service: float
    database: float


def measure(clients: list[Client], ask: Ask, requests: int, pids: tuple[int, int]) -> Measured:
    """The requests, shared by clients that each wait for their answers."""

    def one(books: Client) -> list[float]:
        taken = []
        for _ in range(max(1, requests // len(clients))):
            began = time.perf_counter()
            ask(books)
            taken.append((time.perf_counter() - began) * 1000)
        return taken

    for books in clients:
        ask(books)
    before = [processor_of(pid) for pid in pids]
    with ThreadPoolExecutor(len(clients)) as threads:
        taken = sorted(each for found in threads.map(one, clients) for each in found)
    spent = [
        (processor_of(pid) - was) * 1000 / len(taken) for pid, was in zip(pids, before, strict=True)
    ]
    return Measured(
        requests=len(taken),
        half=taken[len(taken) // 2],
        most=taken[len(taken) * 99 // 100],
        service=spent[0],
        database=spent[1],
    )


def processor_of(pid: int) -> float:
    """Processor seconds of a process, of those below it, and of those that have ended there."""
    return sum(_ticks(each) for each in _tree(pid)) / _TICKS


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text(encoding="ascii").split():
            yield from _tree(int(child))


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return sum(map(int, fields[11:15]))


@contextmanager
def served(home: Path, workers: int) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """The service on the books of a folder while the block runs: its process, URL and key."""
    environment = {
        **os.environ,
        "REVREC_HOME": str(home),
        "REVREC_REQUESTS_PER_MINUTE": "0",
        "REVREC_LOG_LEVEL": "WARNING",
    }
    command = [str(Path(sys.executable).with_name("revrec")), "serve", "--port", "0"]
    log = home / "log"
    with (
        log.open("wb") as file,
        subprocess.Popen([*command, "--workers", str(workers)], env=environment, stderr=file) as it,
    ):
        while not (url := re.search(r"Serving on (\S+),", log.read_text(encoding="utf-8"))):
            if it.poll() is not None:
                raise RuntimeError(log.read_text(encoding="utf-8"))
            time.sleep(0.1)
        key = re.search(r"^  (revrec_\S+)$", log.read_text(encoding="utf-8"), re.MULTILINE)
        assert key is not None
        try:
            yield it, url[1], key[1]
        finally:
            it.terminate()


def main(arguments: list[str]) -> int:
    """Measure and show."""
    defaults = (REQUESTS, CONTRACTS, WORKERS)
    requests, contracts, workers = [*map(int, arguments), *defaults[len(arguments) :]]
    home = Path(tempfile.mkdtemp(prefix="revrec-"))
    # Registered before the server's own end, so it comes after.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    with open_workspace(Settings(home=home, database_url=None), actor="ada", migrate=True) as books:
        fill(books, contracts, home)
    with served(home, workers) as (process, url, key), ExitStack() as opened:
        database = int((home / "postgres" / "postmaster.pid").read_text().split()[0])
        clients = [opened.enter_context(Client(url, key=key)) for _ in range(CLIENTS)]
        found = {
            name: measure(clients, ask, requests // part, (process.pid, database))
            for name, (ask, part) in operations(contracts, home).items()
        }
    show(found, contracts, workers)
    return 0


def show(found: Mapping[str, Measured], contracts: int, workers: int) -> None:
    """One line an operation."""
    least = next(iter(found.values())).service
    table = Table(
        f"{contracts:,} contracts, {workers} workers, {CLIENTS} clients",
        *("requests", "p50 ms", "p99 ms", "service ms", "database ms", "times nothing"),
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for name, each in found.items():
        times = (each.half, each.most, each.service, each.database)
        shown = [f"{value:.1f}" for value in times]
        table.add_row(name, f"{each.requests:,}", *shown, f"{each.service / least:.1f}")
    Console(width=120).print(table)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
