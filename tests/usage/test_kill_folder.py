"""kill -9 in the middle of a folder of files: taken in again, its ledger is as if undisturbed."""

from __future__ import annotations

import hashlib
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from revrec.runtime.settings import Settings
from revrec.store import facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from revrec.usage import batches
from revrec.usage.quarantine import list_quarantine
from revrec.usage.totals import ControlTotals
from tests.processes import PROCESSES
from tests.usage.customers import customers
from tests.usage.samples import as_csv, told
from tests.usage.victim import bring_folder

SEED = 20260203
FILES, ROWS = 8, 200
FIRST_ENTITY = 8000


@dataclass(frozen=True)
class Books:
    """What the stores hold of the folder's files."""

    totals: list[ControlTotals | None]
    """Of each file, in order."""
    ledger: list[dict[str, object]]
    quarantined: int
    commits: int

    def after(self, files: int) -> Books:
        """What they held when so many files had been taken in."""
        told = self.totals[:files]
        known = {each.batch for each in told if each}
        return Books(
            totals=told + [None] * (len(self.totals) - files),
            ledger=[row for row in self.ledger if row["batch"] in known],
            quarantined=sum(each.quarantined.rows for each in told if each),
            commits=files,
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of five days each; every file but the first tells 20 rows of the one before again.

    Of these, ten are told with another quantity; ten rows of each file are damaged.
    """
    path = tmp_path_factory.mktemp("usage")
    for file in range(FILES):
        first = file * ROWS
        rows = [
            told(
                usage_id=f"u-{number}",
                usage_date=f"2026-01-{number % 5 + file + 1:02}",
                quantity=str(number),
            )
            for number in range(first, first + ROWS)
        ]
        before = [
            told(
                usage_id=f"u-{number}",
                usage_date=f"2026-01-{number % 5 + file:02}",
                quantity=str(number + number % 2),
            )
            for number in range(first - 40, first - 20)
            if file
        ]
        for row in rows[:10]:
            row["amount"] = "NaN"
        (path / f"usage-{file}.csv").write_bytes(as_csv(rows + before))
    return path


def books_of(database: Database, lake: Lake, entity: int, folder: Path) -> Books:
    """Read everything the files wrote, after the lake is verified.

    But for the number of its version in the lake: one that was taken back keeps its number.
    """
    sent = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())]

    def read(tx: Transaction) -> Books:
        lake.verify(tx)
        dataset = lake.dataset(tx, "usage")
        columns = ["usage_date", "usage_id", "quantity", "amount", "batch", "recorded_at"]
        rows = [] if dataset is None else dataset.to_table(columns=columns).to_pylist()
        (commits,) = tx.connection.execute(
            "select count(*) from records.lake_commit where entity_id = %s", [entity]
        ).fetchone() or (0,)
        return Books(
            totals=[
                replace(each, lake_version=None) if each else None
                for each in (batches.recorded(tx, batch) for batch in sent)
            ],
            ledger=sorted(rows, key=lambda row: str(row["usage_id"])),
            quarantined=len(list_quarantine(tx)),
            commits=commits,
        )

    return database.run(read, entity=entity, actor="auditor", read_only=True)


def run(settings: Settings, folder: Path, entity: int, *, kill_after: float | None) -> bool:
    """Take the folder in by a process; whether it came to its end before it was killed."""
    hear, say = PROCESSES.Pipe(duplex=False)
    child = PROCESSES.Process(
        target=bring_folder, args=(settings, folder, entity), kwargs={"say": say}
    )
    child.start()
    say.close()
    assert "begins" == hear.recv()
    child.join(timeout=kill_after)
    child.kill()
    child.join()
    try:
        return "is done" == hear.recv()
    except EOFError:
        return False


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kills", [2, pytest.param(100, marks=pytest.mark.torture)])
def test_a_folder_is_resumed(
    database: Database, lake: Lake, settings: Settings, folder: Path, kills: int
) -> None:
    """Kills over the length of a folder; whole files are in, in order, and the others are not."""
    entities = range(FIRST_ENTITY, FIRST_ENTITY + kills + 1)
    for entity in entities:
        database.run(lambda tx: facts.record(tx, customers()), entity=entity, actor="preparer")
    started = time.monotonic()
    assert run(settings, folder, FIRST_ENTITY, kill_after=None)
    length = time.monotonic() - started
    expected = books_of(database, lake, FIRST_ENTITY, folder)
    assert FILES * (ROWS - 10) == len(expected.ledger)
    assert FILES * 10 + (FILES - 1) * 10 == expected.quarantined
    chance = random.Random(SEED)

    inside = 0
    for entity in entities[1:]:
        done = run(settings, folder, entity, kill_after=chance.uniform(0, length))

        found = books_of(database, lake, entity, folder)
        files = sum(each is not None for each in found.totals)
        assert expected.after(files) == found
        assert files == FILES or not done
        inside += 0 < files < FILES
        assert run(settings, folder, entity, kill_after=None)
        assert expected == books_of(database, lake, entity, folder)

    assert inside >= kills // 4
