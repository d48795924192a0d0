"""kill -9 of the worker in the middle of a close: no job is lost and none is done twice."""

from __future__ import annotations

import os
import random
import signal
import time

import pytest

from revrec.model.job import JobState
from revrec.operations import jobs
from revrec.operations.verify import verify
from revrec.operations.worker import run_worker
from revrec.operations.workspace import open_workspace
from revrec.runtime.settings import Settings
from revrec.store import journal, periods
from tests.books import load_examples
from tests.processes import PROCESSES

SEED = int(os.environ.get("REVREC_SEED", "606"))
CLOCK = "2026-04-05T09:00:00Z"
MONTHS = ("2026-01", "2026-02", "2026-03")
_WAITS_MAX = 1_200


def work(settings):
    """What a worker process does."""
    with open_workspace(settings, actor="operator") as workspace:
        run_worker(workspace)


def kill(process):
    """As a power cut would."""
    os.kill(process.pid, signal.SIGKILL)
    process.join()


def started(settings):
    """A worker process."""
    process = PROCESSES.Process(target=work, args=(settings,))
    process.start()
    return process


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.torture)])
def test_a_killed_worker_loses_no_job_and_doubles_none(fresh_database, kills, tmp_path):
    """Closes that wait are done in order by whoever is started last, once each."""
    dice = random.Random(SEED)
    settings = Settings(
        database_url=fresh_database(), lake=str(tmp_path / "lake"), home=tmp_path, clock=CLOCK
    )
    with open_workspace(settings, actor="ana") as workspace:
        load_examples(workspace, tmp_path)
        asked = [
            workspace.run(
                lambda tx, month=month: jobs.submit(
                    tx, "close", {"period": month, "approved_by": "ben"}
                )
            ).id
            for month in MONTHS
        ]

        def states():
            return [
                workspace.run(lambda tx, job=job: jobs.found(tx, job), read_only=True)
                for job in asked
            ]

        for _ in range(kills):
            process = started(settings)
            until(lambda: any(each.state is JobState.RUNNING for each in states()), states)
            time.sleep(dice.random() * 0.5)
            kill(process)
        process = started(settings)
        until(lambda: all(each.state is JobState.DONE for each in states()), states)
        os.kill(process.pid, signal.SIGTERM)
        process.join()

        made = [str(each.period) for each in workspace.run(periods.closes)]
        assert list(MONTHS) == made
        assert max(each.attempts for each in states()) > 1
        assert workspace.run(journal.head)[1] == states()[-1].result["chain_head"]
        assert verify(workspace)


def until(reached, states):
    """Wait until something is so, or every job has ended."""
    for _ in range(_WAITS_MAX):
        if reached() or all(each.state is JobState.DONE for each in states()):
            return
        time.sleep(0.05)
    raise AssertionError([(each.state, each.error) for each in states()])
