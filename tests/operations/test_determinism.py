"""The same facts give the same bytes in any process, whatever its hash seed, zone or locale."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

VARIANTS = (
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8"},
    {"PYTHONHASHSEED": "99", "TZ": "America/Los_Angeles", "LC_ALL": "POSIX"},
)
_PROGRAM = """
import sys
from pathlib import Path
from revrec.operations.close import close_period
from revrec.operations.workspace import open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings
from tests.books import load_examples

with open_workspace(Settings(), actor="ada") as workspace:
    load_examples(workspace, Path(sys.argv[1]))
    for month in (1, 2, 3):
        closed = close_period(
            workspace, Period(2026, month), prepared_by="ada", approved_by="grace"
        )
        print(closed.certificate.chain_head, sorted(closed.certificate.totals.items()))
"""


def test_the_chain_head_is_the_same_in_every_environment(
    tmp_path: Path, fresh_database: Callable[[], str]
) -> None:
    """Journal, certificate totals and chain head do not depend on the process."""
    seen = set()
    for number, variant in enumerate(VARIANTS):
        folder = tmp_path / str(number)
        folder.mkdir()
        environment = {
            "REVREC_DATABASE_URL": fresh_database(),
            "REVREC_HOME": str(folder),
            "REVREC_CLOCK": "2026-04-05T09:00:00Z",
        }
        done = subprocess.run(
            [sys.executable, "-c", _PROGRAM, str(folder)],
            env=os.environ | environment | variant,
            cwd=Path(__file__).parent.parent.parent,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        seen.add(done.stdout)

    assert len(seen) == 1
