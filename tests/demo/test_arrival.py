"""The service takes the sample in as the manifest says it should."""

from __future__ import annotations

import csv
import hashlib
import json
import math
import re
import shlex
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from reports.export import export
from reports.files import slug
from reports.layout import sheet_titles
from reports.packages import Package
from revrec import cli
from revrec.demo.manifest import Close
from revrec.disclosure.columns import records_of
from revrec.feeds.loading import load
from revrec.money import to_minor
from revrec.operations.close import close_period
from revrec.operations.computing import posted_detail
from revrec.operations.facts import record_facts
from revrec.operations.report import report
from revrec.operations.workspace import Workspace
from revrec.periods import MONTHS, Period
from revrec.usage.ingest import ingest
from tests.reports.conventions import deviations
from tests.reports.libreoffice import recalculated

ENTITY = 606
ACCEPTED = {"plain", "late", "correction", "duplicate"}


@pytest.fixture(scope="module")
def workspace(database, lake):
    """The sample company's books, empty at first."""
    return Workspace(database=database, lake=lake, entity=ENTITY, actor="feed")


@pytest.fixture(scope="module")
def arrived(sample, workspace, clock):
    """Files and closes in the order of the manifest; what was made of each, by path or month."""
    manifest = sample.manifest
    steps = [(file.arrives, file.path, file) for file in manifest.files]
    steps += [(close.at, close.period, close) for close in manifest.closes]
    answers = {}
    for at, name, step in sorted(steps, key=lambda step: step[:2]):
        clock.time = at
        answers[name] = take_in(workspace, sample.folder, step)
    return answers


def take_in(workspace, folder, step):
    """Record, ingest or close, as the step asks."""
    if isinstance(step, Close):
        period = MONTHS.parse(step.period)
        return close_period(workspace, period, prepared_by="ada", approved_by="grace").certificate
    path = folder / step.path
    if step.kind == "usage":
        return ingest(
            workspace.database,
            workspace.lake,
            path,
            source_name=step.path,
            entity=workspace.entity,
            actor=workspace.actor,
        )
    loaded = load(path)

    assert [] == loaded.rejections
    return record_facts(workspace, loaded.facts, source=step.path)


def test_facts_are_all_new(sample, arrived):
    """No fact is rejected, told twice, or told before as something else."""
    for file in sample.manifest.files:
        if file.kind == "facts":
            recorded = arrived[file.path]

            assert (file.rows, 0, 0) == (recorded.new, recorded.unchanged, recorded.corrected)


def test_usage_is_accounted_for(sample, arrived):
    """Accepted, duplicate and quarantined rows of each file are those that were planted."""
    for file in sample.manifest.files:
        if file.usage is not None:
            expected, totals = file.usage, arrived[file.path]

            assert expected.received == totals.received.rows
            assert expected.accepted == totals.accepted.rows
            assert expected.duplicate == totals.duplicate.rows
            assert expected.quarantined == totals.quarantined.rows
            assert expected.accepted_quantity == totals.accepted.quantity
            assert sum(expected.accepted_amount.values(), Decimal(0)) == totals.accepted.amount


def test_quarantine_names_the_reasons(sample, arrived, workspace):
    """Each damaged row is set aside for the reason it was damaged by, at its place in the file."""
    found = workspace.run(
        lambda tx: tx.connection.execute(
            """
            select batch.name, kept.row_number, kept.reason
            from records.quarantined_row kept
            join records.usage_batch batch using (entity_id, batch)
            """
        ).fetchall()
    )
    planted = {
        (row.path, row.row_number, row.label)
        for row in sample.manifest.rows
        if row.label not in ACCEPTED
    }

    assert arrived
    assert planted == set(found)
    assert Counter(label for _, _, label in planted) == Counter(
        {name: n for name, n in sample.manifest.labels.items() if name not in ACCEPTED}
    )


@pytest.fixture(scope="module")
def posted(arrived, workspace):
    """Posting detail of all closes."""
    assert arrived
    return workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()


def test_closes_follow_one_another(sample, arrived):
    """Each month closes once, over more facts than the month before."""
    closes = [arrived[close.period] for close in sample.manifest.closes]
    facts = [close.fact_seq for close in closes]

    assert [close.at for close in sample.manifest.closes] == [close.closed_at for close in closes]
    assert [1, 1, 1, 1] == [close.ordinal for close in closes]
    assert sorted(set(facts)) == facts


def test_late_work_is_posted_to_the_open_month(sample, posted):
    """Work of January that was accepted in February: revenue of January, posted in February."""
    late = {fact.contract for fact in sample.manifest.late_facts}
    found = {
        row["contract"]
        for row in posted
        if row["account"] == "revenue"
        and (row["period"], row["origin"]) == ("2026-02", "2026-01")
        and row["obligation"] in {"implementation", "training"}
    }

    assert late == found


def test_revenue_of_usage_is_the_usage(sample, arrived, posted):
    """Revenue to date of pay-as-you-go contracts is their rated usage, within half a cent each.

    The reference is a plain sum of the rows of the files that the manifest does not damn.
    """
    bad = {
        (row.path, row.row_number)
        for row in sample.manifest.rows
        if row.label not in {"late", "correction"}
    }
    used = Counter()
    for file, number, row in sample.usage():
        if (file.path, number) not in bad:
            used[row["contract"]] += Decimal(row["amount"])
    contracts = {record["id"]: record for record in sample.records("contracts.ndjson")}
    revenue = Counter()
    for row in posted:
        if row["account"] == "revenue":
            revenue[row["contract"]] -= row["amount"]
    as_used = {
        name: contract
        for name, contract in contracts.items()
        if all(
            told["kind"] == "usage" and not told.get("above_entitlement")
            for told in contract["consideration"]
        )
    }

    assert 70 == len(as_used)
    assert date(2026, 4, 5) == arrived["2026-03"].closed_at.date()
    for name, contract in as_used.items():
        minor = used[name] * (1 if contract["currency"] == "JPY" else 100)

        assert 2 * abs(minor - revenue[name]) <= len(contract["obligations"])


NAMED = {
    "usage-not-billed": "not_billed",
    "overage-not-billed": "not_billed",
    "fee-not-billed": "not_billed",
    "billed-twice": "billed_twice",
    "override-not-billed": "override_not_billed",
    "wrong-rate": "wrong_rate",
    "missing-days": "wrong_quantity",
    "wrong-fee": "wrong_amount",
    "billed-after-end": "billed_after_end",
    "credit-memo-missing": "credit_missing",
    "wrong-currency": "wrong_currency_amount",
}
"""Kind of a planted mistake -> the reason by which the reconciliation names it."""


@pytest.fixture(scope="module")
def told(arrived, workspace):
    """The quarter's report."""
    assert arrived
    return report(workspace, Period(2026, 1), Period(2026, 3))


def test_the_reconciliation_names_every_planted_mistake_and_nothing_else(sample, told):
    """Contract, month, reason and amount of each finding are those of a planted mistake."""
    findings = told.reconciliation.findings
    places = {column.name: place for place, column in enumerate(findings.columns)}
    names = ("contract", "service_month", "reason", "amount")

    found = sorted(tuple(row[places[name]] for name in names) for row in findings.rows)

    planted = sorted(
        (each.contract, each.period, NAMED[each.kind], to_minor(each.difference, each.currency))
        for each in sample.manifest.mistakes
    )
    assert planted == found
    assert [each for each in told.tie_outs if each.difference] == []


@pytest.fixture(scope="module")
def computed(told, tmp_path_factory):
    """Folder of the exported report; workbook -> the same as LibreOffice computes it."""
    folder = tmp_path_factory.mktemp("report")
    export(told, folder)
    for package in (Package.BOARD, Package.FLUX):
        export(told, folder, package)
    books = sorted(folder.glob("*.xlsx"))
    return folder, dict(
        zip(books, recalculated(books, tmp_path_factory.mktemp("computed")), strict=True)
    )


def test_every_workbook_of_the_report_computes_without_a_difference(computed):
    """No cell is an error, every check is zero, and the cover counts none that is not."""
    _, books = computed

    assert len(books) == 3 + 2
    for path in books.values():
        with zipfile.ZipFile(path) as package:
            sheets = [name for name in package.namelist() if name.startswith("xl/worksheets/s")]
            assert [] == [name for name in sheets if b't="e"' in package.read(name)]
        book = openpyxl.load_workbook(path, data_only=True, read_only=True)
        checks = [row for row in book["Tie-out"].iter_rows(min_row=10, values_only=True) if row[0]]
        cover = {row[0]: row[1] for row in book["Cover"].iter_rows(max_row=30, values_only=True)}
        assert checks
        assert [] == [row for row in checks if row[7] != 0 or row[9] != "OK"]
        assert 0 == cover["Checks that do not agree"]


def test_what_people_told_is_told_of_them(told):
    """Who recorded each modification and each selling price, and who closed each entry."""
    changed = records_of(told.datasets["modification_log"])
    prices = [each for each in records_of(told.datasets["selling_price_analysis"]) if each["book"]]

    assert changed
    assert {("feed", 64)} == {(each["recorded_by"], len(each["evidence"])) for each in changed}
    assert {"feed"} == {each["book_told_by"] for each in prices}


def test_every_sheet_keeps_the_conventions(computed, told):
    """One flat named table each, identified, filtered, totalled live, formatted, printable."""
    data = {**told.datasets, **told.board()}
    found = [
        each
        for report_ in ("Schedules", "Board")
        for path in computed[0].glob(f"*_{report_}_*.xlsx")
        for each in deviations(path, data)
    ]

    assert [] == found


def test_every_sheet_holds_what_its_twin_holds(computed, told):
    """Row by row as calamine reads them: no amount is off, no text is changed."""
    folder, books = computed
    told_of = {**told.datasets, **told.board()}
    names = {sheet_titles([each.title], [])[0]: name for name, each in told_of.items()}
    seen = set()
    for original, path in books.items():
        book = CalamineWorkbook.from_path(path)
        for title in names.keys() & set(book.sheet_names):
            twin = folder / f"{original.stem}.{slug(names[title])}.csv"
            with twin.open(encoding="utf-8", newline="") as file:
                _, *expected = csv.reader(file)
            shown = book.get_sheet_by_name(title).to_python()[9 : 9 + len(expected)]
            off = [pair for pair in zip(expected, shown, strict=True) if not all(map(same, *pair))]
            assert [] == off[:3], title
            seen.add(twin)

    others = ("tie-out", "journal-chain")
    twins = {path for path in folder.glob("*.csv") if not any(x in path.name for x in others)}
    assert seen == twins


def same(text, shown):
    """Whether a cell shows what the field of a CSV file says, to the fifteen digits it keeps."""
    match shown:
        case datetime():
            return text[:19] == shown.isoformat()
        case date():
            return text == shown.isoformat()
        case float():
            return math.isclose(float(text), shown, rel_tol=1e-14)
        case _:
            return text.removeprefix("'") == shown


def test_revenue_of_the_workbook_is_the_ledgers(computed, posted):
    """Live sums of revenue by product, by currency, against what was posted in the quarter."""
    _, books = computed
    ledger = Counter()
    for row in posted:
        if row["account"] == "revenue" and row["period"] >= "2026-01":
            ledger[row["currency"]] -= row["amount"]
    path = next(found for book, found in books.items() if "Schedules" in book.name)

    rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Revenue by product").to_python()

    sums = {row[2]: row[3] for row in rows if str(row[0]).startswith("Sum of the rows")}
    assert ledger == {name: to_minor(Decimal(str(sums[name])), name) for name in sums}


def test_the_auditors_walk_through(arrived, workspace, settings, tmp_path):
    """Every command of docs/audit-walkthrough.md, on these books: each line under it comes out."""
    assert arrived
    folder = tmp_path / "out"
    env = {
        "REVREC_HOME": str(settings.home),
        "REVREC_LAKE": settings.lake,
        "REVREC_DATABASE_URL": settings.database_url.get_secret_value(),
        "REVREC_ENTITY": str(workspace.entity),
    }
    named, ran = "S-0a1b2c3d4e5f6071", []
    told = Path("docs/audit-walkthrough.md").read_text(encoding="utf-8")
    for step in re.findall(r"^\$ (.*\n(?:(?!\$ |```).*\n)*)", told, re.MULTILINE):
        command, *lines = step.splitlines()
        words = shlex.split(command.replace(named, ran[0] if ran else named))
        words = [re.sub(r"^out\b", str(folder), word) for word in words]
        if words[0] == "python":
            shown = subprocess.run(
                [sys.executable, *words[1:]], capture_output=True, text=True, check=True
            ).stdout
        else:
            done = CliRunner().invoke(cli.app, words[1:], env=env)
            shown = done.output
            assert 0 == done.exit_code, (command, shown, done.exception)
        if "draw" in words and not ran:
            ran += re.findall(r"S-[0-9a-f]{16}", shown)[:1]
        text = " ".join(shown.split())
        for line in lines:
            plain = " ".join(line.replace(named, ran[0] if ran else named).split())
            pattern = ".*?".join(map(re.escape, plain.split("...")))
            assert re.search(pattern, text), (command, line, shown[-3000:])
    population = (folder / "sample" / "population.csv").read_bytes()
    sample = json.loads((folder / "sample" / "sample.json").read_text(encoding="utf-8"))
    proof = sample["sample"]["population"]
    assert hashlib.sha256(population).hexdigest() == proof["sha256"]
    assert proof["count"] == len(population.splitlines()) - 1
    assert {each["detail"]["contract"] for each in sample["sample"]["items"]} == set(
        sample["contracts"]
    )
    assert all(each["explanation"]["holds"] for each in sample["items"])
