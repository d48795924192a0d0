"""How much a close costs, and one that posts what changed in one contract of a hundred.

Run as ``python -m tests.bench.bench_close [CONTRACTS]``. On a private server in a folder of its
own: a soft close of so many contracts with two obligations and a bill each, the same again after
1% of them changed, from the changes and from everything, the close for good, and the checks that
run all the time. Times are of this process; the database's own are not in them, so the wall clock
stands beside. The budget is the ratio of the two closes after the change, for 100,000 contracts.
Exits with 1 above it.
"""

from __future__ import annotations

import atexit
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from revrec.feeds.records import fact_of
from revrec.model.fact import Fact
from revrec.operations import incremental
from revrec.operations.checking import run_checks
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, move_cut_off
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace, open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings

CONTRACTS = 20_000
CHANGED_IN = 100
RATIO_MAX = 0.1
BUDGETED = 100_000
"""Contracts from which on the budget holds: what a close costs at least is most of a small one."""
JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
MOVED = {"requested_by": "ada", "approved_by": "grace", "reason": "bench"}


def contract(number: int, fee: int) -> Fact:
    """A year of access and support at a fee."""
    obligations = [
        {"id": name, "product": name, "measure": "days", "standalone_selling_price": price}
        for name, price in (("access", "9000"), ("support", "3000"))
    ]
    told = {
        "kind": "contract",
        "id": f"C-{number}",
        "customer": f"customer {number}",
        "currency": "USD",
        "inception": "2026-01-01",
        "start": "2026-01-01",
        "end": "2026-12-31",
        "obligations": obligations,
        "consideration": [{"id": "fee", "kind": "fixed", "amount": str(fee)}],
    }
    return fact_of(told, "bench")


def bill(number: int) -> Fact:
    """Its bill."""
    told = {"kind": "invoice", "id": f"I-{number}", "contract": f"C-{number}", "on": "2026-01-01"}
    return fact_of({**told, "lines": [{"amount": "12000"}]}, "bench")


def change(workspace: Workspace, contracts: int, fee: int) -> None:
    """Correct the fee of one contract in a hundred."""
    told = [contract(number, fee) for number in range(0, contracts, CHANGED_IN)]
    record_facts(workspace, told, source="bench")


def measured(run: Callable[[], object]) -> tuple[float, float]:
    """Seconds of this process and of the clock on the wall."""
    began = time.process_time(), time.perf_counter()
    run()
    return time.process_time() - began[0], time.perf_counter() - began[1]


def bench(workspace: Workspace, contracts: int) -> dict[str, tuple[float, float]]:
    """Each close with its seconds."""
    told = [each for n in range(contracts) for each in (contract(n, 12000), bill(n))]
    record_facts(workspace, told, source="bench")
    found = {
        "soft close": measured(lambda: close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT))
    }
    change(workspace, contracts, 12100)
    found["1% changed, from the changes"] = measured(
        lambda: move_cut_off(workspace, JANUARY, **MOVED)
    )
    change(workspace, contracts, 12200)
    from_changes, incremental.changed_since = incremental.changed_since, lambda *_: None
    found["1% changed, from everything"] = measured(
        lambda: move_cut_off(workspace, JANUARY, **MOVED)
    )
    incremental.changed_since = from_changes
    found["close for good"] = measured(lambda: close_period(workspace, JANUARY, **PEOPLE))
    found["every check"] = measured(lambda: run_checks(workspace))
    return found


def main(arguments: list[str]) -> int:
    """Measure and show."""
    contracts = int(arguments[0]) if arguments else CONTRACTS
    home = Path(tempfile.mkdtemp(prefix="revrec-"))
    # Registered before the server's own end, so it comes after.
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    settings = Settings(home=home, database_url=None)
    with open_workspace(settings, actor="ada", migrate=True) as workspace:
        found = bench(workspace, contracts)
    whole = found["1% changed, from everything"]
    table = Table(f"{contracts:,} contracts", "processor s", "wall s", "of everything")
    for what, (processor, wall) in found.items():
        share = f"{processor / whole[0]:.3f}"
        table.add_row(what, f"{processor:.2f}", f"{wall:.2f}", share)
    Console(width=100).print(table)
    ratio = found["1% changed, from the changes"][0] / whole[0]
    return int(contracts >= BUDGETED and ratio > RATIO_MAX)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
