"""Speed and memory of a workbook of 200,000 rows by 12 columns, beside bare openpyxl.

Run ``python tests/bench/bench_workbook.py``; each variant runs in a process of its own. Exits
with 1 if the budget is missed.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

ROWS = 200_000
RATIO_MAX = 1.5
"""Of the time that openpyxl takes for the same cells, bare; in CPU seconds."""
MEGABYTES_MORE_MAX = 100
"""Beyond what bare openpyxl takes, whose rows are as many."""


def rows():
    """Twelve columns: seven of text, a date, three of money and a line number."""
    days = [date(2026, 1, 1 + day) for day in range(28)]
    return [
        (f"JE-{n // 4:07d}", f"C-{n % 5000:05d}", f"Customer {n % 5000}", "platform", "Inference",
         "satisfaction", ("USD", "USD", "EUR", "JPY")[n % 4], days[n % 28],
         n * 7919 % 10_000_019, 0, n * 7919 % 10_000_019, n % 4 + 1)
        for n in range(ROWS)
    ]  # fmt: skip


def ours(path):
    """The rows as a workbook of ours."""
    from reports.workbook import write_workbook
    from revrec.model.dataset import Column, ColumnType, DataSet
    from tests.reports import samples

    names = ("entry", "contract", "customer", "obligation", "product", "event", "currency")
    columns = [
        *(Column(name=name, title=name.capitalize()) for name in names),
        Column(name="on", title="Day", type=ColumnType.DATE),
        *(
            Column(name=name, title=name.capitalize(), type=ColumnType.MONEY, total=True)
            for name in ("debit", "credit", "net")
        ),
        Column(name="line", title="Line", type=ColumnType.INTEGER),
    ]
    data = DataSet(name="journal_detail", title="Journal detail", columns=columns, rows=rows())
    write_workbook(path, samples.cover("Journal"), [data], [])


def bare(path):
    """The rows through openpyxl's write-only mode, without any style."""
    from openpyxl import Workbook

    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet("Journal detail")
    for row in rows():
        sheet.append(row)
    workbook.save(path)


def measure(variant):
    """Seconds and megabytes of the variant in a fresh process."""
    done = subprocess.run(
        [sys.executable, __file__, variant], check=True, capture_output=True, text=True
    )
    seconds, megabytes, size = done.stdout.split()
    return float(seconds), float(megabytes), float(size)


def main():
    """Measure one variant, or compare both."""
    if len(sys.argv) > 1:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "book.xlsx"
            start = time.process_time()
            {"ours": ours, "bare": bare}[sys.argv[1]](path)
            seconds = time.process_time() - start
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            sys.stdout.write(f"{seconds:.2f} {peak:.0f} {path.stat().st_size / 1e6:.1f}\n")
        return 0
    seconds, megabytes, size = measure("ours")
    bare_seconds, bare_megabytes, bare_size = measure("bare")
    sys.stdout.write(
        f"workbook {ROWS:,} x 12, rows included: {seconds:.1f} s, {megabytes:.0f} MB, "
        f"file {size:.1f} MB\n"
        f"bare openpyxl write-only: {bare_seconds:.1f} s, {bare_megabytes:.0f} MB, "
        f"file {bare_size:.1f} MB\n"
        f"ratio {seconds / bare_seconds:.2f} of the time (at most {RATIO_MAX}), "
        f"{megabytes - bare_megabytes:.0f} MB more (at most {MEGABYTES_MORE_MAX})\n"
    )
    more = megabytes - bare_megabytes
    return int(seconds > RATIO_MAX * bare_seconds or more > MEGABYTES_MORE_MAX)


if __name__ == "__main__":
    sys.exit(main())
