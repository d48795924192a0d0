"""A move from another system by the command: what ties, and what runs beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.books import EXAMPLES
from tests.cli.conftest import Command

THEIRS = """contract,obligation,period,currency,revenue
NORTHWIND,access,2026-07,USD,3100.00
LAKESIDE,access,2026-07,USD,3041.67
HARBOUR,models,2026-07,USD,1000.00
"""


@pytest.mark.timeout(300)
def test_a_cutover_ties_and_a_month_runs_beside_it(command: Command, tmp_path: Path) -> None:
    """One total is off by a cent; LAKESIDE by twelfths is 33.06 less than what is left by days."""
    controls, theirs, out = (tmp_path / name for name in ("totals.csv", "theirs.csv", "out"))
    controls.write_text("account,currency,amount\ncontract_liability,USD,36650.01\n")
    theirs.write_text(THEIRS)
    assert command("load", EXAMPLES / "taken_over_at_cutover.yaml").returncode == 0

    tied = command("cutover", "2026-06")
    off = command("cutover", "2026-06", "--controls", controls, "--json")
    beside = command("parallel", theirs, "--out", out, "--json")

    assert (0, True) == (tied.returncode, "3 contracts are taken over" in tied.stderr)
    assert off.returncode == 1
    totals = json.loads(off.stdout)["cutover_totals"]
    assert ["-0.01"] == [each["off"] for each in totals if each["off"] is not None]
    assert beside.returncode == 1
    (row,) = json.loads(beside.stdout)["parallel_run_differences"]
    assert ("LAKESIDE", "3041.67", "3074.73", "33.06") == (
        row["contract"],
        row["theirs"],
        row["ours"],
        row["difference"],
    )
    assert any(each.suffix == ".xlsx" for each in out.iterdir())
