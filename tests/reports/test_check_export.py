"""The stand-alone checker: an export is right, and whatever is changed in it is found."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from decimal import Decimal

import pytest

from reports.check_export import CHAIN, check
from reports.checker import CHECKER, source
from reports.export import export
from revrec.feeds.records import fact_of
from revrec.model.books import Framework
from revrec.operations.close import close_period
from revrec.operations.facts import record_facts
from revrec.operations.report import report
from revrec.periods import Period
from tests.books import examples, facts_of, send, usage_rows, write_usage

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}


@pytest.fixture
def folder(workspace, tmp_path):
    """The export of February, January before it, without workbooks."""
    some = examples()[::5]
    record_facts(workspace, facts_of(some), source="examples")
    send(workspace, write_usage(tmp_path / "usage.ndjson", usage_rows(some)))
    for month in (JANUARY, FEBRUARY):
        close_period(workspace, month, **PEOPLE)
    export(report(workspace, FEBRUARY, FEBRUARY), tmp_path / "out")
    return tmp_path / "out"


def wrong(folder, anchor=(0, "")):
    """What does not hold."""
    return {what for what, found in check(folder, anchor).items() if found}


def changed(folder, name, change):
    """Change rows of a CSV file and seal the manifest again, as somebody would who knows how."""
    path = next(each for each in folder.glob("*.csv") if each.name.endswith(name))
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        columns, rows = reader.fieldnames, list(reader)
    rows = change(rows) or rows
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    sealed = next(each for each in manifest["files"] if each["name"] == path.name)
    sealed["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    for sheet in sealed["sheets"]:
        sheet["rows"] = len(rows)
        for column, totals in sheet["totals"].items():
            for currency in totals:
                of = [r for r in rows if not currency or r.get("currency", currency) == currency]
                totals[currency] = str(sum((Decimal(r[column] or 0) for r in of), Decimal(0)))
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def add_to(column, *, row=0, amount="1.00"):
    """A change: an amount more in a row."""

    def change(rows):
        rows[row][column] = str(Decimal(rows[row][column]) + Decimal(amount))

    return change


LEDGER, ROLLED, DAYS = (
    "the ledger adds up", "rollforwards add up to the postings", "periods follow one another",
)  # fmt: skip
REVENUE, CHAINED = "revenue is what was posted", "the chain of the journal is whole"
TAMPERED = [
    ("journal-chain.csv", add_to("amount", amount="1"), {CHAINED, LEDGER}),
    ("journal-chain.csv", lambda rows: [r for r in rows if r["seq"] != rows[-1]["seq"]],
     {CHAINED, LEDGER}),
    ("journal-detail.csv", add_to("debit"), {LEDGER}),
    ("journal-detail.csv", lambda rows: rows[:-1], {LEDGER}),
    ("trial-balance.csv", add_to("closing"), {LEDGER}),
    ("contract-balances.csv", add_to("closing"), {ROLLED}),
    ("receivables-by-month.csv", add_to("opening"), {ROLLED}),
    ("disaggregated-revenue.csv", add_to("amount"), {REVENUE}),
]  # fmt: skip
"""What is changed in which file, and what is found to be wrong at least."""


def runs_alone(folder):
    """Isolated from the environment; with an anchor that is not the chain's it ends with 1."""
    assert "revrec." not in re.sub(r'""".*?"""', "", source(), flags=re.DOTALL)
    with (folder / CHAIN).open(encoding="utf-8", newline="") as file:
        seq = len({row["seq"] for row in csv.DictReader(file)})
    ran = [
        subprocess.run(
            [sys.executable, "-I", str(folder / CHECKER), str(folder), *anchor],
            capture_output=True, text=True, check=False,
        )
        for anchor in ([], [str(seq), "0" * 64], [str(seq + 1), "0" * 64])
    ]  # fmt: skip

    assert [0, 1, 1] == [each.returncode for each in ran], ran[0].stdout + ran[0].stderr
    assert 7 == ran[0].stdout.count("ok: ")
    assert "its digest is not the anchor's" in ran[1].stdout
    assert "it is missing" in ran[2].stdout


def test_whatever_is_changed_is_found(folder, tmp_path):
    """Right as exported; then each change, with the manifest made to fit it."""
    assert set() == wrong(folder)
    runs_alone(folder)
    for number, (name, change, found) in enumerate(TAMPERED):
        there = tmp_path / str(number)
        shutil.copytree(folder, there)
        changed(there, name, change)
        assert found <= wrong(there), (name, wrong(there))
    (some, *_) = folder.glob("*waterfall.csv")
    some.write_bytes(some.read_bytes().replace(b"2026", b"2027", 1))
    assert {"files have their hashes"} == wrong(folder)
    some.unlink()
    assert {"files have their hashes"} == wrong(folder)


WEEKS = {"kind": "fiscal_calendar", "effective_from": "2025-01-01", "pattern": "4-4-5"}
IFRS = {"kind": "second_book", "framework": "ifrs15", "effective_from": "2026-01-01"}
SHORT = {
    "kind": "contract", "id": "SHORT", "customer": "acme", "currency": "USD",
    "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-02-21",
    "obligations": [{"id": "access", "product": "platform", "measure": "days"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "5200.00"}],
}  # fmt: skip
LIKELY = {**SHORT, "id": "LIKELY", "customer": "likely", "collection_probability": "0.60"}
"""Contracts of 100.00 a day for 52 days; the second is one under IFRS 15 alone."""
OTHERWISE = [
    ("journal-detail.csv", add_to("debit"), {LEDGER}),
    ("disaggregated-revenue.csv", add_to("amount"), {REVENUE}),
    ("accounting-periods.csv", lambda rows: rows[0].update(last="2026-01-25"), {DAYS}),
    ("accounting-periods.csv", lambda rows: [rows[0], *rows[2:]], {DAYS}),
]


def test_periods_of_weeks_and_the_second_book_are_checked(workspace, tmp_path):
    """24 and 28 days: 2,400.00 and 2,800.00, under IFRS 15 twice that; then nothing is posted."""
    told = [fact_of(each, "test") for each in (WEEKS, IFRS, SHORT, LIKELY)]
    record_facts(workspace, told, source="test")
    first, second, third = map(
        workspace.calendar().parse, ("FY2026-P01", "FY2026-P02", "FY2026-P03")
    )
    for period in (first, second, third):
        close_period(workspace, period, **PEOPLE)
    asked = {"gaap": None, "ifrs": Framework.IFRS15}
    for name, framework in asked.items():
        folder = tmp_path / name
        export(report(workspace, first, second, framework=framework), folder)
        assert set() == wrong(folder)
        (path,) = folder.glob("*disaggregated-revenue.csv")
        with path.open(encoding="utf-8", newline="") as file:
            amounts = [Decimal(row["amount"]) for row in csv.DictReader(file)]
        times = 1 if framework is None else 2
        assert sum(amounts) == times * Decimal("5200.00")
        for number, (changes, change, found) in enumerate(OTHERWISE):
            there = tmp_path / f"{name}{number}"
            shutil.copytree(folder, there)
            changed(there, changes, change)
            assert found <= wrong(there), (name, changes, wrong(there))
    manifest = json.loads((tmp_path / "ifrs" / "manifest.json").read_text(encoding="utf-8"))
    (tmp_path / "ifrs" / "manifest.json").write_text(json.dumps({**manifest, "journal_book": ""}))
    assert LEDGER in wrong(tmp_path / "ifrs")

    export(report(workspace, third, third), tmp_path / "quiet")
    assert set() == wrong(tmp_path / "quiet")
