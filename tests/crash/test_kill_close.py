"""kill -9 while a quarter is closed: nothing is lost, nothing is doubled, the same books result."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from revrec.feeds.records import to_fact
from revrec.model.books import Framework, SecondBook
from revrec.model.fact import FactKind
from revrec.operations.close import close_period
from revrec.operations.verify import verify
from revrec.operations.workspace import open_workspace
from revrec.periods import MONTHS as CIVIL
from revrec.runtime.settings import Settings
from revrec.store import journal
from tests.books import agree, load_examples
from tests.processes import PROCESSES

SEED = int(os.environ.get("REVREC_SEED", "606"))
CLOCK = "2026-04-05T09:00:00Z"
IFRS = SecondBook(framework=Framework.IFRS15, effective_from=date(2026, 1, 1))
MONTHS = ("2026-01", "2026-02", "2026-03")


def closer(settings: Settings) -> tuple[BaseProcess, Connection]:
    """A process that closes the quarter and is ready to, and where it tells the months closed."""
    hear, say = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=close_quarter, args=(settings, say))
    process.start()
    say.close()
    assert hear.recv() == "ready"
    return process, hear


def close_quarter(settings: Settings, say: Connection) -> None:
    """Close the months in order, telling each."""
    with open_workspace(settings, actor="ada") as workspace:
        say.send("ready")
        for month in MONTHS:
            close_period(workspace, CIVIL.parse(month), prepared_by="ada", approved_by="grace")
            say.send(month)


def head(settings: Settings) -> tuple[int, str]:
    """The journal's head, after everything verified."""
    with open_workspace(settings, actor="auditor") as workspace:
        verify(workspace)
        return workspace.run(journal.head)


def prepared(settings: Settings, folder: Path) -> None:
    """Books with the examples loaded, to be kept under both frameworks, nothing closed."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_workspace(settings, actor="ada", migrate=True) as workspace:
        load_examples(workspace, folder)
        agree(workspace, [to_fact(FactKind.SECOND_BOOK, IFRS)])


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kills_max", [8, pytest.param(100, marks=pytest.mark.torture)])
def test_killed_closes_resume_to_the_same_books(
    tmp_path: Path, fresh_database: Callable[[], str], kills_max: int
) -> None:
    """However often and wherever the close is killed, the chain head is the uninterrupted one.

    It covers both books: a killed close posts both or neither.
    """
    chance = random.Random(SEED)
    heads = []
    for run, kills in (("calm", 0), ("killed", kills_max)):
        url = fresh_database()
        lake = tmp_path / run / "lake"
        settings = Settings(database_url=url, lake=str(lake), home=tmp_path / run, clock=CLOCK)
        prepared(settings, tmp_path / run)
        for _ in range(kills):
            process, _ = closer(settings)
            process.join(chance.uniform(0, 1.2))
            process.kill()
            process.join()
        process, closed = closer(settings)
        assert [closed.recv() for _ in MONTHS] == list(MONTHS)
        process.join()
        assert process.exitcode == 0
        heads.append(head(settings))
    expected, actual = heads

    assert expected == actual, f"seed {SEED}"
