"""Compaction writes rows anew and changes none: not now, not in any version before."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pyarrow.dataset as ds
import pytest
from deltalake import DeltaTable

from revrec.errors import InvariantViolated, LedgerBroken
from revrec.store.compaction import proven_equal
from revrec.store.lake_tables import USAGE
from tests.store.test_lake import flip_a_byte, usage

BATCHES = (
    ("a", 1, "1.5"),
    ("b", 1, "0.000000000001"),
    ("c", 2, "7"),
    ("d", 2, "-2"),
    ("e", 3, "9"),
)
"""Batch, day, amount: five files, of which four lie on two days."""


@pytest.fixture
def versions(lake, run, entity):
    """Appends the batches; their versions."""

    def append(batch, day, amount):
        rows = usage(entity, amount, day=day)
        return run(lambda tx: lake.append(tx, "usage", rows, batch, {}))

    return [append(*each) for each in BATCHES]


@pytest.fixture
def rows(lake, run):
    """The rows that readers see, in an order of their own."""

    def read(version=None):
        table = run(lambda tx: lake.dataset(tx, "usage", version)).to_table()
        return table.select(USAGE.names).sort_by(
            [("usage_date", "ascending"), ("amount", "ascending")]
        )

    return read


@pytest.fixture
def folder(settings, entity):
    """The entity's usage table on disk."""
    return Path(settings.lake_root) / f"entity-{entity}" / "usage"


@pytest.fixture
def compact(lake, run):
    """Compacts the usage table."""
    return lambda: run(lambda tx: lake.compact(tx, "usage"))


def test_the_files_of_a_day_become_one(lake, run, versions, rows, compact):
    """Five files become three; every row, and every version before, is what it was."""
    before = {version: rows(version) for version in versions}

    done = compact()

    assert (5, 3, 4) == (done.files_before, done.files_after, done.rows)
    assert "6.500000000001" == done.totals["amount"]
    assert done.version == run(lambda tx: lake.committed_version(tx, "usage"))
    assert rows().equals(before[versions[-1]])
    assert all(rows(version).equals(table) for version, table in before.items())
    run(lake.verify)


@pytest.mark.usefixtures("versions")
def test_there_is_nothing_to_compact_twice(run, lake, compact):
    """A table without small files gets no version; one that is empty has none."""
    assert run(lambda tx: lake.compact(tx, "metered")) is None
    first = compact()

    assert compact() is None
    assert first.version == run(lambda tx: lake.committed_version(tx, "usage"))


def test_appends_go_on_and_a_batch_still_counts_once(lake, run, entity, versions, rows, compact):
    """After a compaction the next batch is added and an old one is known."""
    compact()
    again = run(lambda tx: lake.append(tx, "usage", usage(entity, "1.5"), "a", {}))
    run(lambda tx: lake.append(tx, "usage", usage(entity, "4", day=3), "f", {}))

    assert versions[0] == again
    assert len(BATCHES) + 1 == rows().num_rows
    assert (4, 3) == ((second := compact()).files_before, second.files_after)
    run(lake.verify)


@pytest.mark.usefixtures("versions")
def test_a_compaction_that_died_is_taken_back(lake, run, rows, compact):
    """Delta committed, PostgreSQL did not: recovery restores the files that are named."""
    before = rows()

    def die(tx):
        lake.compact(tx, "usage")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(die)

    assert rows().equals(before)
    assert ["usage"] == run(lake.recover)
    assert [] == run(lake.recover)
    run(lake.verify)
    assert 3 == compact().files_after
    run(lake.verify)


@pytest.mark.usefixtures("versions")
def test_a_killed_compaction_leaves_nothing(
    lake, run, entity, rows, compact, folder, settings, database_url
):
    """Signal 9 between the two commits: the books read as before, and the next append heals."""
    before = rows()
    script = f"""
import os, signal
from revrec.runtime.clock import SystemClock
from revrec.runtime.settings import Settings
from revrec.store.database import Database
from revrec.store.lake import Lake

def die(tx):
    Lake({settings.lake_root!r}).compact(tx, "usage")
    os.kill(os.getpid(), signal.SIGKILL)

settings = Settings(home={str(settings.home)!r}, database_url={database_url!r})
Database.open(settings, SystemClock()).run(die, entity={entity}, actor="victim")
"""
    killed = subprocess.run(
        [sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2]
    )

    assert -signal.SIGKILL == killed.returncode
    assert len(before) == 5
    assert 3 == len(DeltaTable(str(folder)).file_uris())
    assert rows().equals(before)
    run(lambda tx: lake.append(tx, "usage", usage(entity, "4", day=3), "f", {}))
    assert 6 == len(DeltaTable(str(folder)).file_uris())
    run(lake.verify)
    assert 3 == compact().files_after
    run(lake.verify)


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize("which", ["replaced", "written anew"])
def test_a_damaged_file_is_named(lake, run, compact, folder, which):
    """Old files are read by old versions, so they are verified as the new ones are."""
    compact()
    standing = {Path(uri).name for uri in DeltaTable(str(folder)).file_uris()}
    victim = next(
        path
        for path in sorted(folder.rglob("*.parquet"))
        if (path.name in standing) == (which == "written anew")
    )
    flip_a_byte(victim)

    with pytest.raises(LedgerBroken, match="is not the one committed") as caught:
        run(lake.verify)

    assert victim.name in caught.value.message


@pytest.mark.usefixtures("versions")
def test_a_changed_list_of_replaced_files_is_found(lake, run, entity, compact, superuser):
    """The digest of the commit covers what it replaced."""
    compact()
    superuser.execute("set session_replication_role = replica")
    superuser.execute(
        "update records.lake_commit set replaced = replaced - 0"
        " where entity_id = %s and replaced <> '[]'",
        [entity],
    )

    with pytest.raises(LedgerBroken, match=r"without a commit|was changed"):
        run(lake.verify)


@pytest.mark.parametrize(
    ("kept", "why"),
    [
        (("1.5",), "a row is gone"),
        (("1.5", "2", "2"), "a row is there twice"),
        (("1.5", "2.000000000001"), "a digit moved"),
        (("2", "1.5"), "quantities went to other amounts, all sums the same"),
    ],
)
def test_rows_that_changed_are_not_committed(kept, why):
    """Number, sums and hashes of whole rows are compared."""
    before = ds.dataset(usage(1, "1.5", "2"))

    with pytest.raises(InvariantViolated, match="would change its rows"):
        proven_equal(before, ds.dataset(usage(1, *kept)), why)


def test_order_does_not_matter():
    """The same rows in another order are the same rows."""
    table = usage(1, "1.5", "2", "3")

    told = proven_equal(ds.dataset(table), ds.dataset(table.take([2, 0, 1])), "usage")

    assert (3, {"quantity": "6.000000000", "amount": "6.500000000000"}) == told
