"""A close that Spark computes is, to the byte, the close of one machine.

They run for real where Java and pyspark (the extra ``spark``) are installed.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from revrec.errors import StoreError
from revrec.operations.close import close_period
from revrec.operations.engines import LOCAL, Local
from revrec.operations.spark_engine import Spark
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store.transaction import Transaction
from tests.books import load_examples
from tests.operations.test_parts import pinned, posting, told, written

JANUARY = Period(2026, 1)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}


def missing() -> str:
    """What Spark lacks here; nothing if it can run."""
    if find_spec("pyspark") is None:
        return "pyspark is not installed: pip install 'revrec[spark]'"
    java = shutil.which("java")
    if java is None:
        return "there is no Java"
    if subprocess.run([java, "-version"], check=False, capture_output=True).returncode:
        return "there is no Java that runs"
    return ""


needs_spark = pytest.mark.skipif(bool(missing()), reason=missing() or "Spark is here")


@needs_spark
def test_a_month_on_spark_upon_closed_ones(workspace: Workspace, tmp_path: Path) -> None:
    """February, of every example, with usage rolled up and not, upon what January posted."""
    load_examples(workspace, tmp_path)
    close_period(workspace, JANUARY, **PEOPLE)
    here = posting(workspace, JANUARY.next, LOCAL)
    there = posting(workspace, JANUARY.next, Spark(master="local[2]", part_contracts=9))
    assert (here.balances, here.contracts) == (there.balances, there.contracts)
    assert written(here.closed.rows) == written(there.closed.rows)


@needs_spark
def test_what_tasks_decided_ahead_is_closed_by_tasks(workspace: Workspace, tmp_path: Path) -> None:
    """Contracts decided by Spark, some of them changed since, closed by Spark and here."""
    load_examples(workspace, tmp_path)
    close_period(workspace, JANUARY, **PEOPLE)
    february, spark = JANUARY.next, Spark(master="local[2]", part_contracts=9)

    def decide(tx: Transaction) -> int | None:
        return spark.decide_ahead(tx, workspace.lake, pinned(workspace, tx), february)

    decided = workspace.run(decide)
    assert decided
    told(workspace, "C-NEW", "somebody new")
    ahead = Local(part_contracts=9, undivided=0, processes=1)
    here, there, close_by = (posting(workspace, february, each) for each in (LOCAL, spark, ahead))
    assert (here.balances, here.contracts) == (there.balances, there.contracts)
    assert written(here.closed.rows) == written(there.closed.rows) == written(close_by.closed.rows)


def test_without_spark_the_close_says_what_to_install(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is posted."""
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(StoreError, match="Spark is not installed"):
        posting(workspace, JANUARY, Spark())
