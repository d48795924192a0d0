"""The journal to a general ledger and back by the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.operations.test_exporting import CONTRACT, INVOICE


@pytest.mark.timeout(300)
def test_a_month_goes_out_and_comes_back(command: Command, tmp_path: Path) -> None:
    """36,500.00 billed; the ledger posted a cent less, then all of it."""
    book, out, posted = tmp_path / "book.json", tmp_path / "out", tmp_path / "posted.csv"
    book.write_text(json.dumps([CONTRACT, INVOICE]))
    assert command("load", book).returncode == 0
    people = ("--prepared-by", "ana", "--approved-by", "ben")
    assert command("close", "2026-01", *people).returncode == 0

    done = command("export-journal", "2026-01", "--layout", "quickbooks_online", "--out", out)

    assert done.returncode == 0, done.stderr
    (path,) = out.iterdir()
    assert str(path) == done.stdout.strip()
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert {"R1-2601-1SQ1"} == {row["JournalNo"] for row in rows}

    head = "document,number,posted_on,currency,amount\n"
    posted.write_text(f"{head}R1-2601-1SQ1,12,2026-01-31,USD,36499.99\n")
    off = command("posted-references", posted)
    posted.write_text(f"{head}R1-2601-1SQ1,12,2026-01-31,USD,36500.00\n")
    right = command("posted-references", posted, "--json")
    listed = command("exports", "--json")

    assert (1, True) == (off.returncode, "differing" in off.stdout)
    assert (0, "matched") == (right.returncode, json.loads(right.stdout)[0]["standing"])
    assert [("2026-01", "quickbooks_online", 1)] == [
        (each["period"], each["layout"], each["ordinal"]) for each in json.loads(listed.stdout)
    ]
