"""Two workers of a real cluster on this machine, one of whose executors is killed at work."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import pytest

from revrec.operations.engines import LOCAL
from revrec.operations.spark_engine import Spark
from revrec.operations.workspace import Workspace
from tests.books import load_examples
from tests.operations.test_parts import posting, written
from tests.operations.test_spark_engine import JANUARY, needs_spark

pytestmark = [needs_spark, pytest.mark.torture]
WAIT_SECONDS = 300


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[int]]]:
    """A master and two workers of one processor each: where it is, and the workers."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "bin" / "spark-class"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"spark://127.0.0.1:{port}"
    of_worker = ("worker.Worker", url, "-c", "1", "-m", "1g", "-h", "127.0.0.1")
    roles = [
        ("master.Master", "--host", "127.0.0.1", "--port", str(port)),
        *(of_worker, of_worker),
    ]
    environment = {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(tmp_path / "work"),
    }
    with ExitStack() as stack:
        started = []
        for number, (role, *arguments) in enumerate(roles):
            log = tmp_path / f"{number}.log"
            process = subprocess.Popen(
                [program, f"org.apache.spark.deploy.{role}", *arguments, "--webui-port", "0"],
                env=environment,
                stdout=stack.enter_context(log.open("wb")),
                stderr=subprocess.STDOUT,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            ready = "Successfully registered" if number else "Started daemon|I have been elected"
            wait_for(log, ready)
            started.append(process.pid)
        yield url, started[1:]


def wait_for(log: Path, words: str) -> None:
    """Until any of the words stand in the log."""
    until = time.monotonic() + WAIT_SECONDS
    while not any(each in log.read_text(encoding="utf-8") for each in words.split("|")):
        assert time.monotonic() < until, log.read_text(encoding="utf-8")[-2000:]
        time.sleep(0.2)


def below(process: int) -> list[int]:
    """Processes that a process started and those they started."""
    found = []
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, thread.read_text(encoding="ascii").split()):
            found += [child, *below(child)]
    return found


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
    workspace: Workspace, tmp_path: Path, cluster: tuple[str, list[int]]
) -> None:
    """Its tasks are run again by another, and what is posted is the same to the byte."""
    url, workers = cluster
    load_examples(workspace, tmp_path)
    here = posting(workspace, JANUARY, LOCAL)
    killed: list[int] = []
    done = threading.Event()
    killer = threading.Thread(target=kill_at_work, args=(workers, killed, done))
    killer.start()
    try:
        there = posting(workspace, JANUARY, Spark(master=url, part_contracts=3))
    finally:
        done.set()
        killer.join()
    assert killed
    assert (here.balances, here.contracts) == (there.balances, there.contracts)
    assert written(here.closed.rows) == written(there.closed.rows)
