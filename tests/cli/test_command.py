"""The command as its users meet it: a book from first file to workbooks, and what goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from revrec.feeds.scenario import read_scenario
from tests.books import EXAMPLES, examples, usage_rows, write_usage
from tests.cli.conftest import Command


@pytest.mark.timeout(300)
def test_a_book_from_files_to_workbooks(command: Command, tmp_path: Path) -> None:
    """Load, ingest, look ahead, close, explain, export, verify; each ends well."""
    files = sorted(EXAMPLES.glob("*.yaml"))
    usage = write_usage(tmp_path / "usage.ndjson", usage_rows(examples()))
    close = ("close", "2026-01", "--prepared-by", "ada", "--approved-by", "grace")

    loaded = command("load", *files)
    assert "usage" in loaded.stderr, "usage events of a scenario come through ingest"
    ingested = command("ingest", usage, "--json")
    assert ingested.returncode == 0, ingested.stderr
    counted = json.loads(ingested.stdout)
    assert counted["received"] == counted["accepted"] > 0
    assert command(*close, "--dry-run").returncode == 0
    assert command("export", "2026-01", "--out", tmp_path / "out").returncode == 1
    closed = command(*close, "--json")
    assert closed.returncode == 0, closed.stderr
    assert json.loads(closed.stdout)["new"] is True
    assert json.loads(command(*close, "--json").stdout)["new"] is False
    explained = command("explain", "contract", "LARKSPUR-PAYG", "--as-of", "2026-01-31")
    assert "606-10-32-40" in explained.stdout
    assert "1783.37" in explained.stdout
    exported = command("export", "2026-01", "--out", tmp_path / "out")
    assert exported.returncode == 0, exported.stderr
    assert len(list((tmp_path / "out").glob("*.xlsx"))) == 3
    assert command("verify").stdout.count("ok ") == 5
    assert "2026-01" in command("status").stdout


def test_scenarios_are_checked_and_differences_told(command: Command, tmp_path: Path) -> None:
    """All hold: 0. One figure is wrong: 1, with both figures and the difference."""
    held = command("check", *sorted(EXAMPLES.glob("p*.yaml")))
    assert held.returncode == 0, held.stdout
    assert "expectations hold, 0 do not" in held.stdout
    text = (EXAMPLES / "annual_subscription.yaml").read_text(encoding="utf-8")
    wrong = tmp_path / "wrong.yaml"
    first = next(line for line in text.splitlines() if "measure: revenue" in line)
    amount = first.split('amount: "')[1].split('"')[0]
    wrong.write_text(text.replace(first, first.replace(amount, "1.00"), 1), encoding="utf-8")

    told = command("check", wrong)

    assert told.returncode == 1
    assert f"expected 1.00, came out {amount}" in told.stdout


def test_a_database_that_is_down_is_told_in_words(command: Command) -> None:
    """No traceback; what cannot be reached, and what to do."""
    told = command("status", REVREC_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")

    assert told.returncode == 1
    assert "store-error" in told.stderr
    assert "127.0.0.1" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_lake_that_cannot_be_written_changes_nothing(command: Command, tmp_path: Path) -> None:
    """The error names the place; no row counts as received."""
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    metered = EXAMPLES / "pay_as_you_go_tokens.yaml"
    command("load", metered)
    usage = write_usage(tmp_path / "usage.ndjson", usage_rows([read_scenario(metered)]))

    told = command("ingest", usage, REVREC_LAKE=str(blocked / "lake"))

    assert told.returncode == 1
    assert "store-error" in told.stderr
    assert "Traceback" not in told.stderr
    again = command("ingest", usage, "--json")
    assert again.returncode == 0, again.stderr
    assert json.loads(again.stdout)["duplicate"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("close", "2026-13", "--prepared-by", "a", "--approved-by", "b"), "is not a period"),
        (("close", "2026-01", "--prepared-by", "a", "--approved-by", "a"), "self-approval"),
        (("export", "2026-01"), "is not closed"),
        (("explain", "contract", "NOBODY", "--as-of", "2026-01-31"), "There is no contract NOBODY"),
        (("check", "nowhere.yaml"), "No such file"),
        (("ingest", "nowhere.csv"), "There is no file at nowhere.csv"),
    ],
    ids=["period", "self-approval", "not-closed", "contract", "scenario", "usage"],
)
def test_wrong_requests_are_told_in_words(
    command: Command, words: tuple[str, ...], told: str
) -> None:
    """Exit code 1, a sentence, and no traceback."""
    done = command(*words)

    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
