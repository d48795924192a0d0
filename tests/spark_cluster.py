"""A standalone Spark cluster on this machine, of real processes."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

WAIT_SECONDS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A master and its workers."""

    url: str
    master: int
    """The master's process."""
    workers: list[int]
    """The workers' processes."""


@contextmanager
def cluster(folder: Path, *, workers: int = 2, memory: str = "1g") -> Iterator[Cluster]:
    """A master and workers of one processor each, with their logs in a folder."""
    spec = find_spec("pyspark")
    assert spec is not None
    assert spec.origin is not None
    program = Path(spec.origin).parent / "bin" / "spark-class"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"spark://127.0.0.1:{port}"
    of_worker = ("worker.Worker", url, "-c", "1", "-m", memory, "-h", "127.0.0.1")
    roles = [
        ("master.Master", "--host", "127.0.0.1", "--port", str(port)),
        *(of_worker for _ in range(workers)),
    ]
    environment = {
        **os.environ,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder / "work"),
    }
    with ExitStack() as stack:
        started = []
        for number, (role, *arguments) in enumerate(roles):
            log = folder / f"{number}.log"
            process = subprocess.Popen(
                [program, f"org.apache.spark.deploy.{role}", *arguments, "--webui-port", "0"],
                env=environment,
                stdout=stack.enter_context(log.open("wb")),
                stderr=subprocess.STDOUT,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            ready = "Successfully registered" if number else "Started daemon|I have been elected"
            _wait_for(log, ready)
            started.append(process.pid)
        yield Cluster(url=url, master=started[0], workers=started[1:])


def below(process: int) -> list[int]:
    """Processes that a process started and those they started."""
    found = []
    for thread in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, thread.read_text(encoding="ascii").split()):
            found += [child, *below(child)]
    return found


def _wait_for(log: Path, words: str) -> None:
    """Until any of the words stand in the log."""
    until = time.monotonic() + WAIT_SECONDS
    while not any(each in log.read_text(encoding="utf-8") for each in words.split("|")):
        assert time.monotonic() < until, log.read_text(encoding="utf-8")[-2000:]
        time.sleep(0.2)
