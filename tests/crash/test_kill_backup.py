"""kill -9 in the middle of a backup or a restore: never half, and the same command finishes it."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr

from revrec.errors import StoreError
from revrec.feeds.records import fact_of
from revrec.operations.backing_up import back_up, restore
from revrec.operations.close import close_period
from revrec.operations.facts import record_facts
from revrec.operations.workspace import open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings
from revrec.store import journal, manifest, table_texts
from tests.books import examples, load_examples, send, usage_rows, write_usage
from tests.processes import PROCESSES

SEED = int(os.environ.get("REVREC_SEED", "606"))
CLOCK = "2026-04-05T09:00:00Z"
LONGEST_SECONDS = 0.6
"""The last wait before a kill; the first ones are shorter, so that some come early anywhere."""
_Stores = Callable[[str], Settings]


@pytest.fixture
def stores(tmp_path: Path, fresh_database: Callable[[], str]) -> _Stores:
    """Settings of stores of their own."""

    def make(name: str) -> Settings:
        home = tmp_path / name
        url = SecretStr(fresh_database())
        return Settings(home=home, database_url=url, lake=str(home / "lake"), clock=CLOCK)

    return make


def killed_after(begun: Path, seconds: float, work: Callable, *told: object) -> bool:
    """Do the work in a process that is killed a while after a file shows that it has begun.

    Gives whether it had ended before.
    """
    process = PROCESSES.Process(target=work, args=told)
    process.start()
    while process.is_alive() and not begun.exists():
        process.join(0.01)
    process.join(seconds)
    process.kill()
    process.join()
    return process.exitcode == 0


def rows(settings: Settings) -> dict[str, tuple[int, str]]:
    """Rows of every table, with a hash of them."""
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        table_texts.prepare(connection)
        found = [table_texts.measured(connection, name) for name in table_texts.names(connection)]
    return {each.name: (each.rows, each.sha256) for each in found}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kills", [3, pytest.param(60, marks=pytest.mark.torture)])
def test_a_killed_backup_or_restore_is_finished_by_the_same_command(
    tmp_path: Path, stores: _Stores, kills: int
) -> None:
    """After each kill: no manifest or a whole backup; empty tables or all rows; then the books."""
    chance = random.Random(SEED)
    source, target, folder = stores("source"), stores("target"), tmp_path / "backup"
    with open_workspace(source, actor="ada") as workspace:
        load_examples(workspace, tmp_path)
        close_period(workspace, Period(2026, 1), prepared_by="ada", approved_by="grace")
        head = workspace.run(journal.head)
    before, empty = rows(source), rows(target)

    halfway = 0
    waits = [chance.uniform(0, LONGEST_SECONDS * number / kills) for number in range(1, kills + 1)]
    for seconds in waits:
        if killed_after(folder / manifest.UNFINISHED, seconds, back_up, source, folder):
            break
        halfway += not (folder / manifest.NAME).exists()
    if not (folder / manifest.NAME).exists():
        back_up(source, folder)
    manifest.check_files(folder, manifest.read(folder))
    marker = Path(target.lake_root) / ".restoring"
    for seconds in waits:
        if killed_after(marker, seconds, restore, target, folder):
            break
        halfway += 1
        assert rows(target) in (empty, before), f"seed {SEED}"
        with pytest.raises(StoreError, match="A restore to"), open_workspace(target, actor="a"):
            pass
    else:
        restore(target, folder)

    assert halfway >= 1
    assert before == rows(target)
    with open_workspace(target, actor="auditor") as workspace:
        assert head == workspace.run(journal.head)


@pytest.mark.torture
@pytest.mark.timeout(3000)
def test_a_hundred_thousand_rows_come_back(tmp_path: Path, stores: _Stores) -> None:
    """100,000 facts and 100,000 rows of usage: the same rows, and the next close the same."""
    source, target, folder = stores("source"), stores("target"), tmp_path / "backup"
    heads = []
    with open_workspace(source, actor="ada") as workspace:
        load_examples(workspace, tmp_path)
        price = {
            "kind": "standalone_selling_price", "amount": "1.00", "currency": "USD",
            "effective_from": "2026-01-01",
        }  # fmt: skip
        told = [
            fact_of({**price, "id": f"p-{n}", "product": f"product-{n}"}, "prices")
            for n in range(100_000)
        ]
        record_facts(workspace, told, source="prices")
        row = usage_rows(examples())[0] | {"quantity": "1", "amount": "0.01"}
        usage = ({**row, "usage_id": f"u-{number}"} for number in range(100_000))
        totals = send(workspace, write_usage(tmp_path / "many.ndjson", usage))
        assert 100_000 == totals.accepted.rows

    made = back_up(source, folder)
    restore(target, folder)

    assert 100_000 < sum(each.rows for each in made.tables)
    assert rows(source) == rows(target)
    for settings in (source, target):
        with open_workspace(settings, actor="ada") as workspace:
            close_period(workspace, Period(2026, 1), prepared_by="ada", approved_by="grace")
            heads.append(workspace.run(journal.head))
    assert heads[0] == heads[1]
