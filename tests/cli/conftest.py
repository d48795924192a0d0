"""Runs the command as its users do, in a process of its own.

The process is forked from one that has imported the program and done nothing else, because the
imports take longer than most commands.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from revrec.cli import main
from tests.processes import PROCESSES

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path, fresh_database: Callable[[], str]) -> Command:
    """Runs ``revrec`` on a database and lake of the test's own."""
    environment = dict(os.environ) | {
        "REVREC_DATABASE_URL": fresh_database(),
        "REVREC_HOME": str(tmp_path / "home"),
        "REVREC_CLOCK": "2026-04-05T09:00:00Z",
    }
    stdout, stderr = tmp_path / "stdout", tmp_path / "stderr"

    def run(*words: str | Path, **changed: str | None) -> subprocess.CompletedProcess[str]:
        told = [str(word) for word in words]
        given = {k: v for k, v in (environment | changed).items() if v is not None}
        process = PROCESSES.Process(target=_run, args=(told, given, stdout, stderr))
        process.start()
        process.join()
        assert process.exitcode is not None
        return subprocess.CompletedProcess(
            told, process.exitcode, stdout.read_text("utf-8"), stderr.read_text("utf-8")
        )

    return run


def _run(words: list[str], environment: dict[str, str], stdout: Path, stderr: Path) -> None:
    for number, path in ((1, stdout), (2, stderr)):
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["revrec", *words]
    main()
