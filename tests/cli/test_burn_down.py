"""Credits and commitments from files to balances and bills by the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.usage.samples import as_csv, told

BOOK = """
contracts:
  - id: acme
    customer: acme
    currency: USD
    inception: 2026-01-01
    obligations: [{id: api, product: api, measure: usage, meters: [tokens]}]
    consideration: [{id: use, kind: usage, obligation: api}]
credit_grants:
  - {id: promo, contract: acme, on: 2026-01-01, last_day: 2026-01-31, amount: "10"}
commitments:
  - {id: year, contract: acme, on: 2026-01-01, last_day: 2026-12-31, amount: "100",
     form: postpaid, priority: 1}
"""


@pytest.mark.timeout(300)
def test_balances_and_bills(command: Command, tmp_path: Path) -> None:
    """15.00 of use: 10 from the promotion, 5 of the commitment, which is to be billed."""
    book, usage = tmp_path / "book.yaml", tmp_path / "usage.csv"
    bill = tmp_path / "bill.ndjson"
    book.write_text(BOOK)
    usage.write_bytes(as_csv([told(usage_date="2026-01-15", amount="15.00")]))
    assert command("load", book).returncode == 0
    assert command("ingest", usage).returncode == 0
    day = ("--as-of", "2026-03-31")

    credits_told = json.loads(command("burn-down", *day, "--json").stdout)
    committed = command("commitments", *day, "--contract", "acme").stdout
    proposed = command("true-up", *day, "--out", bill)

    assert [(each["grant"], each["drawn"]) for each in credits_told] == [
        ("promo", "10.000000000000")
    ]
    assert "24.66" in committed
    assert "1 records" in " ".join(proposed.stderr.split())
    (record,) = map(json.loads, bill.read_text(encoding="utf-8").splitlines())
    assert (record["kind"], record["contract"], record["lines"]) == (
        "invoice",
        "acme",
        [{"amount": "5.00", "consideration": "use"}],
    )


@pytest.mark.timeout(300)
def test_a_period_is_settled_once(command: Command, tmp_path: Path) -> None:
    """Of 100 committed 15 were used: 15 are billed for use in 2026, 85 at the true-up, once."""
    book, usage, folder = tmp_path / "book.yaml", tmp_path / "usage.csv", tmp_path / "out"
    book.write_text(BOOK[: BOOK.index("credit_grants")] + BOOK[BOOK.index("commitments") :])
    usage.write_bytes(as_csv([told(usage_date="2026-01-15", amount="15.00")]))
    assert command("load", book).returncode == 0
    assert command("ingest", usage).returncode == 0
    later = {"REVREC_CLOCK": "2027-01-05T09:00:00Z"}
    day = ("--as-of", "2027-01-01", "--contract", "acme")

    shown = command("settle", *day, "--dry-run", **later)
    settled = command("settle", *day, "--json", **later)
    again = command("settle", *day, **later)
    written = command("balances", *day, "--out", folder, **later)

    assert "2 would be recorded" in shown.stderr
    assert sorted(each["lines"][0]["amount"] for each in json.loads(settled.stdout)) == [
        "15.00",
        "85.00",
    ]
    assert "0 recorded" in again.stderr
    assert written.returncode == 0
    names = {path.name.split(".", 1)[1] for path in folder.iterdir()}
    twins = {f"{each}.{end}" for each in ("commitment-burn-down", "credit-draws", "tie-out")
             for end in ("csv", "parquet")}  # fmt: skip
    assert names == {"xlsx", "json", *twins}
