"""kill -9 while a quarter is closed: nothing is lost, nothing is doubled, the same books result."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from revrec.operations.verify import verify
from revrec.operations.workspace import open_workspace
from revrec.runtime.settings import Settings
from revrec.store import journal
from tests.books import load_examples

SEED = int(os.environ.get("REVREC_SEED", "606"))
CLOCK = "2026-04-05T09:00:00Z"
_CLOSE = """
import sys
from revrec.operations.close import close_period
from revrec.operations.workspace import open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings

with open_workspace(Settings(), actor="ada") as workspace:
    print("ready", flush=True)
    for month in sys.argv[1:]:
        close_period(workspace, Period.parse(month), prepared_by="ada", approved_by="grace")
        print(month, flush=True)
"""
MONTHS = ("2026-01", "2026-02", "2026-03")


def closer(environment: dict[str, str]) -> subprocess.Popen[str]:
    """A process that closes the quarter, and has told that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", _CLOSE, *MONTHS],
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def head(settings: Settings) -> tuple[int, str]:
    """The journal's head, after everything verified."""
    with open_workspace(settings, actor="auditor") as workspace:
        verify(workspace)
        return workspace.run(journal.head)


def prepared(settings: Settings, folder: Path) -> None:
    """Books with the examples loaded, nothing closed."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_workspace(settings, actor="ada", migrate=True) as workspace:
        load_examples(workspace, folder)


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kills_max", [8, pytest.param(100, marks=pytest.mark.torture)])
def test_killed_closes_resume_to_the_same_books(
    tmp_path: Path, fresh_database: Callable[[], str], kills_max: int
) -> None:
    """However often and wherever the close is killed, the chain head is the uninterrupted one."""
    chance = random.Random(SEED)
    heads = []
    for run, kills in (("calm", 0), ("killed", kills_max)):
        url = fresh_database()
        lake = tmp_path / run / "lake"
        environment = {
            "REVREC_DATABASE_URL": url,
            "REVREC_LAKE": str(lake),
            "REVREC_HOME": str(tmp_path / run),
            "REVREC_CLOCK": CLOCK,
        }
        settings = Settings(database_url=url, lake=str(lake), home=tmp_path / run, clock=CLOCK)
        prepared(settings, tmp_path / run)
        for _ in range(kills):
            process = closer(environment)
            time.sleep(chance.uniform(0, 1.2))
            process.send_signal(signal.SIGKILL)
            process.communicate()
        process = closer(environment)
        out, _ = process.communicate()
        assert process.returncode == 0
        assert out.split() == list(MONTHS)
        heads.append(head(settings))
    expected, actual = heads

    assert expected == actual, f"seed {SEED}"
