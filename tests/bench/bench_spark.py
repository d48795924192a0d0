"""What a month of a whole company costs on Spark, beside the same month computed here.

Run as ``python -m tests.bench.bench_spark [CONTRACTS ...]``; a hundred rows of usage for each. Of
each number: the first close of January is computed in this process, in as many as there are
processors, by Spark on this machine, and by a standalone cluster of a master and two workers of
one processor each. All read the same facts and files, and give the same rows or the program exits
with 1. Spark starts anew for each, as a command's does. Needs the extra ``spark`` and Java.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from revrec.operations.engines import PARALLEL, Engine, Local
from revrec.operations.facts import record_facts
from revrec.operations.spark_engine import Spark
from revrec.operations.workspace import Workspace, open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings
from revrec.store import embedded
from revrec.usage.ingest import ingest
from tests.bench.clocks import of_process
from tests.bench.company import Company, facts, found
from tests.operations.test_parts import posting, written
from tests.spark_cluster import Cluster, below, cluster

SIZES = (1_000, 20_000)
USAGE_ROWS = 100
"""For each contract."""
BLOCK = 20_000
JANUARY = Period(2026, 1)
HERE = "here, one process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """A close computed by an engine: seconds, and what it gave."""

    processor: float
    wall: float
    rows: bytes


@contextmanager
def engines(folder: Path) -> Iterator[dict[str, tuple[Engine, list[int]]]]:
    """Each engine with the processes outside this one that work for it."""
    with cluster(folder, memory="4g") as running:
        yield {
            HERE: (Local(processes=1), []),
            "here, all processors": (PARALLEL, []),
            "Spark on this machine": (Spark(master="local[2]"), []),
            "Spark, two workers": (Spark(master=running.url), _processes(running)),
        }


def _processes(running: Cluster) -> list[int]:
    return [running.master, *running.workers]


def ran(workspace: Workspace, engine: Engine, others: list[int]) -> Ran:
    """Compute the month."""
    began, spent = time.perf_counter(), _spent(others)
    closed = posting(workspace, JANUARY, engine)
    wall, processor = time.perf_counter() - began, _spent(others) - spent
    return Ran(processor=processor, wall=wall, rows=written(closed.closed.rows))


def _spent(others: list[int]) -> float:
    """Processor seconds so far of this process, of the others, and of all that each started."""
    return sum(
        of_process(each, ended=True)
        for first in (os.getpid(), *others)
        for each in {first, *below(first)}
    )


def load(workspace: Workspace, company: Company) -> None:
    """Record and ingest the company."""
    for first in range(0, company.contracts, BLOCK):
        numbers = range(first, min(first + BLOCK, company.contracts))
        told = [each for number in numbers for each in facts(number)]
        record_facts(workspace, told, source="bench")
    ingest(
        *(workspace.database, workspace.lake, company.usage),
        source_name="bench",
        entity=workspace.entity,
        actor="ada",
    )


def measured(contracts: int, console: Console) -> bool:
    """Measure one company; whether all engines gave the same."""
    folder = Path(tempfile.mkdtemp(prefix="revrec-bench-"))
    try:
        company = found(folder, contracts, contracts * USAGE_ROWS)
        settings = Settings(home=folder / "home", database_url=None)
        with open_workspace(settings, actor="ada", migrate=True) as workspace:
            load(workspace, company)
            with engines(folder) as known:
                results = {name: ran(workspace, *each) for name, each in known.items()}
    finally:
        embedded.stop(folder / "home")
        shutil.rmtree(folder, ignore_errors=True)
    same = len({each.rows for each in results.values()}) == 1
    title = f"{contracts:,} contracts, {company.usage_rows:,} rows of usage"
    table = Table("computed", "processor seconds", "times", "on the wall", title=title)
    base = results[HERE].processor
    for name, each in results.items():
        times = f"{each.processor / base:.1f}"
        table.add_row(name, f"{each.processor:.1f}", times, f"{each.wall:.1f}")
    console.print(table)
    console.print("all gave the same rows" if same else "[red]the rows differ")
    return same


def main(arguments: list[str]) -> int:
    """Measure each size and tell."""
    sizes = [int(each) for each in arguments] or list(SIZES)
    console = Console(width=100)
    same = [measured(each, console) for each in sizes]
    return 0 if all(same) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
