"""Runs the command as its users do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path: Path, fresh_database: Callable[[], str]) -> Command:
    """Runs ``revrec`` on a database and lake of the test's own."""
    environment = os.environ | {
        "REVREC_DATABASE_URL": fresh_database(),
        "REVREC_HOME": str(tmp_path / "home"),
        "REVREC_CLOCK": "2026-04-05T09:00:00Z",
        "COLUMNS": "200",
    }

    def run(*words: str | Path, **changed: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", "from revrec.cli import main; main()", *map(str, words)],
            env=environment | changed,
            capture_output=True,
            text=True,
            check=False,
        )

    return run
