"""Two workers of a real cluster on this machine, one of whose executors is killed at work."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from revrec.operations.engines import LOCAL
from revrec.operations.spark_engine import Spark
from revrec.operations.workspace import Workspace
from tests.books import load_examples
from tests.operations.test_parts import posting, written
from tests.operations.test_spark_engine import JANUARY, needs_spark
from tests.spark_cluster import Cluster, below, cluster

pytestmark = [needs_spark, pytest.mark.torture]


@pytest.fixture
def two_workers(tmp_path: Path) -> Iterator[Cluster]:
    """A cluster of two workers."""
    with cluster(tmp_path) as running:
        yield running


def command(process: int) -> str:
    """How a process was started; nothing if it is gone."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


def kill_at_work(workers: list[int], killed: list[int], done: threading.Event) -> None:
    """Kill the first executor that runs a task in Python, unless all is done before."""
    while not (killed or done.is_set()):
        for worker in workers:
            running = {each: command(each) for each in below(worker)}
            if any("pyspark.daemon" in told for told in running.values()) and not killed:
                (executor,) = (
                    each for each, told in running.items() if "CoarseGrainedExecutor" in told
                )
                os.kill(executor, signal.SIGKILL)
                killed.append(executor)
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="processes are found below /proc")
def test_a_killed_executor_changes_nothing(
    workspace: Workspace, tmp_path: Path, two_workers: Cluster
) -> None:
    """Its tasks are run again by another, and what is posted is the same to the byte."""
    load_examples(workspace, tmp_path)
    here = posting(workspace, JANUARY, LOCAL)
    killed: list[int] = []
    done = threading.Event()
    killer = threading.Thread(target=kill_at_work, args=(two_workers.workers, killed, done))
    killer.start()
    try:
        there = posting(workspace, JANUARY, Spark(master=two_workers.url, part_contracts=3))
    finally:
        done.set()
        killer.join()
    assert killed
    assert (here.balances, here.contracts) == (there.balances, there.contracts)
    assert written(here.closed.rows) == written(there.closed.rows)
