"""kill -9 at any point of an ingest leaves the batch whole or absent; sent again, it is whole."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pytest

from revrec.runtime.settings import Settings
from revrec.store import facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.ingest import ingest
from revrec.usage.quarantine import list_quarantine
from revrec.usage.totals import ControlTotals
from tests.processes import PROCESSES
from tests.usage.customers import customers
from tests.usage.samples import as_csv, told
from tests.usage.victim import bring

SEED = 20260201
ROWS = 4000
FIRST_ENTITY = 5000


@dataclass(frozen=True)
class State:
    """What the stores hold of a batch."""

    totals: ControlTotals | None
    ledger: list[dict[str, object]]
    quarantined: int
    commits: int


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Usage of five days with duplicates and damaged rows."""
    rows = [
        told(usage_id=f"u-{n}", usage_date=f"2026-01-{n % 5 + 1:02}", quantity=str(n))
        for n in range(ROWS)
    ]
    rows[100:140] = rows[200:240]
    for row in rows[300:320]:
        row["amount"] = "NaN"
    path = tmp_path_factory.mktemp("usage") / "usage.csv"
    path.write_bytes(as_csv(rows))
    return path


def state(database: Database, lake: Lake, entity: int, batch: str) -> State:
    """Read everything a batch writes.

    But for the number of its version in the lake: one that was taken back keeps its number.
    """

    def read(tx: Transaction) -> State:
        dataset = lake.dataset(tx, "usage")
        columns = ["usage_date", "usage_id", "quantity", "amount", "batch", "recorded_at"]
        table = pa.table({}) if dataset is None else dataset.to_table(columns=columns)
        (commits,) = tx.connection.execute(
            "select count(*) from records.lake_commit where entity_id = %s", [entity]
        ).fetchone() or (0,)
        lake.verify(tx)
        totals = batches.recorded(tx, batch)
        return State(
            totals=replace(totals, lake_version=None) if totals else None,
            ledger=sorted(table.to_pylist(), key=lambda row: str(row["usage_id"])),
            quarantined=len(list_quarantine(tx)),
            commits=commits,
        )

    return database.run(read, entity=entity, actor="auditor", read_only=True)


def open_books(database: Database, entity: int) -> None:
    """Give the entity its contracts."""
    database.run(lambda tx: facts.record(tx, customers()), entity=entity, actor="preparer")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [5, pytest.param(100, marks=pytest.mark.torture)])
def test_killed_at_random_points(
    database: Database, lake: Lake, settings: Settings, file: Path, kills: int
) -> None:
    """Kills over the length of an ingest; the seed is fixed, the scheduler is not."""
    open_books(database, FIRST_ENTITY)
    started = time.monotonic()
    whole = ingest(
        database, lake, file, source_name=file.name, entity=FIRST_ENTITY, actor="metering"
    )
    length = time.monotonic() - started
    expected = state(database, lake, FIRST_ENTITY, whole.batch)
    assert (ROWS, 40, 20) == (
        whole.received.rows,
        whole.duplicate.rows,
        expected.quarantined,
    )
    nothing = State(totals=None, ledger=[], quarantined=0, commits=0)
    chance = random.Random(SEED)

    deaths = 0
    for entity in range(FIRST_ENTITY + 1, FIRST_ENTITY + 1 + kills):
        open_books(database, entity)
        hear, say = PROCESSES.Pipe(duplex=False)
        child = PROCESSES.Process(
            target=bring, args=(settings, file, entity), kwargs={"say": say, "dying": False}
        )
        child.start()
        assert "begins" == hear.recv()
        child.join(timeout=chance.uniform(0, length))
        child.kill()
        child.join()
        deaths += child.exitcode != 0

        found = state(database, lake, entity, whole.batch)
        assert found in (nothing, expected)
        ingest(database, lake, file, source_name=file.name, entity=entity, actor="metering")
        assert expected == state(database, lake, entity, whole.batch)

    assert deaths >= kills // 2


def test_killed_between_the_two_commits(
    database: Database, lake: Lake, settings: Settings, file: Path
) -> None:
    """A Delta version that PostgreSQL does not name is as if it were not there."""
    entity = FIRST_ENTITY - 1
    open_books(database, entity)
    child = PROCESSES.Process(
        target=bring, args=(settings, file, entity), kwargs={"say": None, "dying": True}
    )
    child.start()
    child.join()

    assert -9 == child.exitcode
    dangling = Path(settings.lake_root) / f"entity-{entity}" / "usage"
    assert any(dangling.rglob("*.parquet"))
    assert 0 == len(state(database, lake, entity, "any").ledger)
    totals = ingest(database, lake, file, source_name=file.name, entity=entity, actor="metering")
    after = state(database, lake, entity, totals.batch)
    assert (ROWS - 60, ROWS - 60) == (totals.accepted.rows, len(after.ledger))
    assert [] == database.run(lake.recover, entity=entity, actor="service")
