"""The usage ledger by the command: totals, rows, counts of others, and what was set aside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.test_rate import BOOK

ROWS = [
    {
        "source": "gateway",
        "usage_id": f"u-{day}",
        "contract": "acme",
        "meter": "tokens",
        "usage_date": f"2026-01-{day:02}",
        "quantity": "100" if day != 3 else "x",
        "unit": "token",
        "amount": "20000" if day == 3 else "1.50",
        "currency": "USD",
    }
    for day in (1, 2, 3)
]


@pytest.mark.timeout(300)
def test_a_ledger_is_looked_into_and_put_right(command: Command, tmp_path: Path) -> None:
    """Two days count, a third is set aside, asked for and approved; the gateway counted more."""
    book, usage, counts = (tmp_path / name for name in ("b.yaml", "u.ndjson", "counts.csv"))
    book.write_text(BOOK)
    usage.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    counts.write_text("customer,meter,usage_date,quantity\n" + "".join(
        f"acme,tokens,2026-01-0{day},{100 * day}\n" for day in (1, 2)
    ))  # fmt: skip
    assert command("load", book).returncode == 0
    assert command("ingest", usage).returncode == 0

    totals = command("usage", "totals", "--by", "contract,month", "--json")
    counted = command("usage", "count", counts, "--source", "gateway")
    compared = command("usage", "compare", "--from", "2026-01-01", "--to", "2026-01-31")
    asked = command("quarantine", "request", "1", "--note", "slip", "--set", "quantity=5")
    approved = command("quarantine", "approve", "1", "--as", "ben")
    rows = command("usage", "rows", "--only", "contract=acme", "--from", "2026-01-03", "--json")

    (total,) = json.loads(totals.stdout)["totals"]
    assert ("acme", "2026-01", 2, "3.000000000000") == tuple(
        total[name] for name in ("contract", "month", "rows", "amount")
    )
    assert "2 new" in counted.stderr
    assert compared.returncode == 1
    assert "differs: acme on tokens, 2026-01-02" in compared.stdout
    assert "Request 1: 1 rows of USD 20,000" in asked.stderr
    assert "1 accepted" in approved.stderr
    assert ["u-3"] == [row["usage_id"] for row in json.loads(rows.stdout)["rows"]]
