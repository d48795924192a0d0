"""What an explanation costs among many contracts, beside one among few in the same run.

Run as ``python -m tests.bench.bench_explain [contracts]``; 100,000 contracts if left out, half of
them metered, with two months closed. Processor time of postings and contracts drawn by seed, each
explained once; the same among 1,000 contracts stands beside it. Exits with 1 if the median takes
more than ``RATIO_MAX`` times as long, or its arithmetic does not hold.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from revrec.audit.explanation import Explanation, Subject
from revrec.feeds.records import fact_of
from revrec.operations.close import close_period
from revrec.operations.computing import posted_detail
from revrec.operations.explaining import key_of_posting
from revrec.operations.explanations import Asked, explain
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace, open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings
from revrec.store import embedded
from tests.books import send, write_usage

CONTRACTS, FEW = 100_000, 1_000
ASKED = 40
RATIO_MAX = 3.0
MONTHS = (Period(2026, 1), Period(2026, 2))


@contextmanager
def books(contracts: int) -> Iterator[Workspace]:
    """So many contracts, recorded, used and closed."""
    with tempfile.TemporaryDirectory(prefix="revrec-") as folder:
        settings = Settings(home=Path(folder) / "home", clock="2026-03-05T09:00:00Z")
        with open_workspace(settings, actor="ada", migrate=True) as workspace:
            told = [fact_of(each, "bench") for each in _records(contracts)]
            record_facts(workspace, told, source="bench")
            rows = [_use(number) for number in range(0, contracts, 2)]
            send(workspace, write_usage(Path(folder) / "usage.ndjson", rows))
            for month in MONTHS:
                close_period(workspace, month, prepared_by="ada", approved_by="grace")
            yield workspace
        embedded.stop(settings.home)


def _records(contracts: int) -> Iterator[dict[str, object]]:
    for number in range(contracts):
        name = f"C-{number:06}"
        obligations = [{"id": "access", "product": "platform", "measure": "days"}]
        consideration = [
            {"id": "fee", "kind": "fixed", "amount": f"{number % 977 + 100}.00",
             "obligation": "access"}
        ]  # fmt: skip
        if number % 2 == 0:
            obligations.append({"id": "calls", "product": "calls", "measure": "usage"})
            consideration.append({"id": "use", "kind": "usage", "obligation": "calls"})
        yield {
            "kind": "contract", "id": name, "customer": f"k{number}", "currency": "USD",
            "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31",
            "obligations": obligations, "consideration": consideration,
        }  # fmt: skip
        yield {
            "kind": "invoice", "id": f"I-{number:06}", "contract": name, "on": "2026-01-05",
            "lines": [{"amount": "100.00"}],
        }  # fmt: skip


def _use(number: int) -> dict[str, str]:
    return {
        "source": "gateway", "usage_id": f"u-{number}", "contract": f"C-{number:06}",
        "meter": "calls", "usage_date": f"2026-01-{number % 28 + 1:02}", "quantity": "10",
        "unit": "call", "amount": "1.234567", "currency": "USD",
    }  # fmt: skip


def _timed(ask: Callable[[], Explanation]) -> float:
    started = time.process_time()
    found = ask()
    spent = time.process_time() - started
    assert found.holds, found.name
    return spent


def measured(workspace: Workspace) -> dict[str, float]:
    """The median milliseconds of explanations, by subject."""
    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake), read_only=True)
    dice = Random(606)
    drawn = [rows.slice(dice.randrange(rows.num_rows), 1).to_pylist()[0] for _ in range(ASKED)]
    asked = {
        "posting": [Asked(subject=Subject.POSTING, name=key_of_posting(each)) for each in drawn],
        "contract": [
            Asked(subject=Subject.CONTRACT, name=each["contract"], day=date(2026, 2, 28))
            for each in drawn
        ],
    }
    return {
        subject: 1000 * statistics.median(_timed(lambda: explain(workspace, each)) for each in of)  # noqa: B023
        for subject, of in asked.items()
    }


def main() -> None:
    """Measure and print."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else CONTRACTS
    found = {}
    for count in (FEW, many):
        with books(count) as workspace:
            found[count] = measured(workspace)
    table = Table("explained", *(f"{count:,} contracts (ms)" for count in found), "ratio")
    worst = 0.0
    for subject in found[many]:
        ratio = found[many][subject] / found[FEW][subject]
        worst = max(worst, ratio)
        table.add_row(subject, *(f"{each[subject]:.1f}" for each in found.values()), f"{ratio:.2f}")
    Console().print(table)
    sys.exit(worst > RATIO_MAX)


if __name__ == "__main__":
    main()
