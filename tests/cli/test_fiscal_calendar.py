"""A company that closes a 4-4-5 quarter by the command: to the cent, tied out and reconciled."""

from __future__ import annotations

import csv
import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.books import write_usage
from tests.cli.conftest import Command

_COMMON = {"currency": "USD", "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31"}
_USE = {"consideration": "use"}
COMPANY = [
    {"kind": "fiscal_calendar", "pattern": "4-4-5", "effective_from": "2025-12-28"},
    {
        "kind": "contract", "id": "S-1", "customer": "acme", **_COMMON,
        "obligations": [{"id": "access", "product": "platform", "measure": "days"}],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "1000.00"}],
    },
    {
        "kind": "contract", "id": "U-1", "customer": "beta", **_COMMON,
        "obligations": [
            {"id": "api", "product": "api", "measure": "usage", "meters": ["tokens"]}
        ],
        "consideration": [{"id": "use", "kind": "usage", "obligation": "api"}],
    },
    {
        "kind": "invoice", "id": "I-1", "contract": "S-1", "on": "2026-01-01",
        "lines": [{"amount": "1000.00"}],
    },
    # Bills of calendar months; the second does not say so.
    {
        "kind": "invoice", "id": "I-2", "contract": "U-1", "on": "2026-02-02",
        "lines": [{**_USE, "amount": "310.00", "service_from": "2026-01-01",
                   "service_to": "2026-01-31"}],
    },
    {
        "kind": "invoice", "id": "I-3", "contract": "U-1", "on": "2026-03-02",
        "lines": [{**_USE, "amount": "280.00"}],
    },
]  # fmt: skip
"""1,000.00 over 365 days, and 10.00 of use a day that is billed month by month in arrears."""


def used() -> list[dict[str, str]]:
    """10.00 a day, to the end of the quarter."""
    first = date(2026, 1, 1)
    days = [first + timedelta(days=number) for number in range(87)]
    return [
        {
            "source": "gateway", "usage_id": f"u-{day}", "contract": "U-1", "meter": "tokens",
            "usage_date": str(day), "quantity": "1000", "unit": "token", "amount": "10.00",
            "currency": "USD",
        }
        for day in days
    ]  # fmt: skip


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a report's CSV twin."""
    (path,) = [each for each in folder.iterdir() if each.name.endswith(f".{name}.csv")]
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


@pytest.mark.timeout(300)
def test_a_quarter_of_weeks_is_closed(command: Command, tmp_path: Path) -> None:
    """Days of service: 24 to 24 January, 28 to 21 February, 35 to 28 March.

    Of 1,000.00 over 365 days 65.753, 142.466 and 238.356 are earned by then, and of use 240.00,
    280.00 and 350.00. What was used in March is on no invoice yet.
    """
    book, out = tmp_path / "company.json", tmp_path / "out"
    book.write_text(json.dumps(COMPANY))
    assert command("load", book).returncode == 0
    assert command("ingest", write_usage(tmp_path / "usage.ndjson", used())).returncode == 0
    people = ("--prepared-by", "ana", "--approved-by", "ben")

    refused = command("close", "2026-01", *people)
    assert (1, True) == (refused.returncode, "write FY2026-P01" in refused.stderr)
    for number in (1, 2, 3):
        done = command("close", f"FY2026-P{number:02}", *people)
        assert done.returncode == 0, done.stderr
    done = command("export", "FY2026-P03", "--first", "quarter", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "0 do not hold" in done.stderr

    fee, use = rows(out, "revenue-waterfall")
    actual = [f"actual_FY2026_P{number:02}" for number in (1, 2, 3)]
    assert ["65.75", "76.72", "95.89"] == [fee[name] for name in actual]
    assert ["240.00", "280.00", "350.00"] == [use[name] for name in actual]
    liability = [each for each in rows(out, "contract-balances-by-month")
                 if each["contract"] == "S-1"]  # fmt: skip
    assert ["0.00", "934.25", "857.53"] == [each["opening"] for each in liability]
    assert ["934.25", "857.53", "761.64"] == [each["closing"] for each in liability]
    # By 27 June 178 days, 487.67; the rest within the twelve periods.
    (owed,) = rows(out, "remaining-obligations")[:1]
    assert ("249.31", "512.33") == (owed["months_0_3"], owed["months_4_12"])

    assert [] == rows(out, "billing-findings")
    found = [each for each in rows(out, "reconciliation") if each["contract"] == "U-1"]
    assert ["240.00", "280.00", "70.00"] == [each["invoiced"] for each in found]
    assert ["", "", "timing_unbilled 280.00"] == [each["why_rated_less_invoiced"] for each in found]
    assert ("FY2026-P03", "FY2026", "Q1", "2026-02-22", "2026-03-28", "35") == tuple(
        rows(out, "accounting-periods")[2][name]
        for name in ("period", "fiscal_year", "quarter", "first", "last", "days")
    )
    done = command("reconcile", "FY2026-P03", "--from", "FY2026-P01", "--grain", "day",
                   "--out", tmp_path / "now", "--json")  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    days = [(each["metered"], each["rated"]) for each in told["metered_to_rated"]]
    assert [("1000.000000000", "1000.000000000")] * 87 == days
    assert {"timing", "unbilled", "minimum"} == {
        each["code"] for each in told["reconciliation_reasons"]
    }
    assert len(rows(tmp_path / "now", "metered-to-rated")) == 87
    _exported(command, tmp_path)


def _exported(command: Command, folder: Path) -> None:
    """Documents are dated to the end of the period, and posted within it."""
    assert command("export-journal", "FY2026-P03", "--out", folder / "gl").returncode == 0
    (path,) = (folder / "gl").iterdir()
    lines = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    assert {("FY2026-P03", "2026-03-28")} == {(each["period"], each["date"]) for each in lines}
    total = sum(int(each["debit"].replace(".", "") or 0) for each in lines)
    posted = folder / "posted.csv"
    for day, standing in (("2026-02-22", "matched"), ("2026-03-29", "differing")):
        amount = f"{total // 100}.{total % 100:02}"
        posted.write_text(
            "document,number,posted_on,currency,amount\n"
            f"{lines[0]['document']},7,{day},USD,{amount}\n"
        )
        told = command("posted-references", posted, "--json")
        assert standing == json.loads(told.stdout)[0]["standing"]
