"""A backup is of one moment, also while work goes on; what is restored is the same books."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from revrec.errors import ChainBroken, InvariantViolated, StoreError
from revrec.operations.backing_up import back_up, restore
from revrec.operations.close import close_period
from revrec.operations.compacting import compact
from revrec.operations.workspace import Workspace, open_workspace
from revrec.periods import Period
from revrec.runtime.settings import Settings
from revrec.store import facts, journal, table_texts
from revrec.store.manifest import Manifest, TableKept
from tests.books import load_examples
from tests.operations.test_exporting import CONTRACT, INVOICE, LATE, tell
from tests.store.samples import rows_of_every_table, tables

JANUARY, FEBRUARY, MARCH = (Period(2026, month) for month in (1, 2, 3))
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
CLOCK = "2026-04-05T09:00:00Z"

Make = Callable[..., Settings]


@pytest.fixture
def stores(tmp_path: Path, fresh_database: Callable[[], str]) -> Make:
    """Settings of stores of their own; the database is migrated and empty."""

    def make(name: str, **changes: object) -> Settings:
        home = tmp_path / name
        told = {"lake": str(home / "lake"), **changes}
        return Settings(
            home=home, database_url=SecretStr(fresh_database()), clock=CLOCK, **told
        )  # fmt: skip

    return make


def opened(settings: Settings, entity: int = 1):
    """The stores of settings, for an entity."""
    return open_workspace(settings.model_copy(update={"entity": entity}), actor="ada")


def close(workspace: Workspace, *months: Period) -> None:
    """Close months in order."""
    for month in months:
        close_period(workspace, month, **PEOPLE)


def content(settings: Settings) -> dict[str, TableKept]:
    """Every table: rows, and a hash of them."""
    with psycopg.connect(settings.database_url.get_secret_value()) as connection:
        table_texts.prepare(connection)
        return {
            name: table_texts.measured(connection, name) for name in table_texts.names(connection)
        }


def test_restored_books_are_the_same_and_so_is_their_next_close(stores, tmp_path):
    """Two entities, a compacted lake: every row, every hash; February closes to the same head."""
    target, folder = stores("target"), tmp_path / "backup"
    # At a URL, as a lake in an object store is.
    source = stores("source", lake=(tmp_path / "source" / "lake").as_uri())
    with opened(source) as workspace:
        load_examples(workspace, tmp_path)
        close(workspace, JANUARY)
        compact(workspace, ())
    with opened(source, entity=2) as workspace:
        tell(workspace, CONTRACT, INVOICE)
        close(workspace, JANUARY)

    made = back_up(source, folder)
    done = restore(target, folder)

    assert {1, 2} == set(done.verified)
    assert made == done.manifest
    assert content(source) == content(target)
    heads = []
    for settings in (source, target):
        with opened(settings) as workspace:
            close(workspace, FEBRUARY)
            heads.append(workspace.run(journal.head))
    assert heads[0] == heads[1]
    with opened(target, entity=2) as workspace, opened(source, entity=2) as before:
        for each in (workspace, before):
            tell(each, LATE)
        assert before.run(facts.last_seq) == workspace.run(facts.last_seq)


def test_a_backup_during_closes_is_of_one_moment(stores, tmp_path):
    """A quarter closes while backups are made: each restores to a head the quarter passed by."""
    source = stores("source")
    with opened(source) as workspace:
        load_examples(workspace, tmp_path)
        passed = [workspace.run(journal.head)]

        def work() -> None:
            for month in (JANUARY, FEBRUARY, MARCH):
                close(workspace, month)
                passed.append(workspace.run(journal.head))

        with ThreadPoolExecutor(1) as pool:
            working = pool.submit(work)
            made: list[Manifest] = []
            while not working.done() and len(made) < 4:
                made.append(back_up(source, tmp_path / f"backup-{len(made)}"))
            working.result()
    assert made

    target = stores("target")
    restore(target, tmp_path / f"backup-{len(made) - 1}")

    for each in made:
        assert (each.entities[0].entries, each.entities[0].chain_head) in passed
    with opened(target) as workspace:
        close(workspace, JANUARY, FEBRUARY, MARCH)
        assert passed[-1] == workspace.run(journal.head)


def test_guards_stand_again_and_numbers_go_on(stores, tmp_path):
    """Append-only, whole entries, row-level security; numbers follow those restored."""
    source, target = stores("source"), stores("target")
    with opened(source) as workspace:
        tell(workspace, CONTRACT, INVOICE)
        close(workspace, JANUARY)
    back_up(source, tmp_path / "backup")
    restore(target, tmp_path / "backup")

    with psycopg.connect(target.database_url.get_secret_value(), autocommit=True) as connection:
        for table in tables(connection, "facts", "records"):
            with pytest.raises(psycopg.Error, match="append-only"):
                connection.execute(f"delete from {table}")
        unguarded = connection.execute(
            "select count(*) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace"
            " where nspname in ('facts', 'records', 'work') and relkind = 'r'"
            " and not (relrowsecurity and relforcerowsecurity)"
        ).fetchone()
        resting = connection.execute(
            "select count(*) from pg_trigger where tgenabled <> 'O' and not tgisinternal"
        ).fetchone()
    assert ((0,), (0,)) == (unguarded, resting)
    with opened(target) as workspace:
        before = workspace.run(facts.last_seq)
        tell(workspace, LATE)
        assert before + 1 == workspace.run(facts.last_seq)


def test_every_table_is_backed_up(stores, tmp_path):
    """One row in each table, whatever table a migration adds."""
    source, target = stores("source"), stores("target")
    with psycopg.connect(source.database_url.get_secret_value()) as connection:
        connection.execute("set session_replication_role = replica")
        for table, row in rows_of_every_table(1).items():
            if table == "records.lake_commit":
                continue
            columns = ", ".join(row)
            places = ", ".join(["%s"] * len(row))
            values = list(row.values())
            connection.execute(f"insert into {table} ({columns}) values ({places})", values)
    made = back_up(source, tmp_path / "backup")

    with pytest.raises(ChainBroken, match="broken at entry 1"):
        restore(target, tmp_path / "backup")

    assert {"records.lake_commit": 0} == {t.name: t.rows for t in made.tables if not t.rows}
    assert content(source) == content(target)


def test_nothing_is_overwritten(stores, tmp_path):
    """A folder, database or lake that holds anything is refused, and stays as it is."""
    source, target, folder = stores("source"), stores("target"), tmp_path / "backup"
    with opened(source) as workspace:
        tell(workspace, CONTRACT)
    back_up(source, folder)
    before = content(source), sorted(folder.rglob("*"))

    with pytest.raises(StoreError, match="holds a backup"):
        back_up(source, folder)
    with pytest.raises(StoreError, match=r"The database is not empty: facts\.fact has rows"):
        restore(source, folder)
    Path(target.lake_root).mkdir(parents=True)
    (Path(target.lake_root) / "mine").touch()
    with pytest.raises(StoreError, match=r"lake .* is not empty"):
        restore(target, folder)
    with pytest.raises(StoreError, match="holds files"):
        back_up(source, Path(target.lake_root))
    with pytest.raises(StoreError, match="holds no backup"):
        restore(target, tmp_path)
    with pytest.raises(StoreError, match="not the one expected"):
        restore(target, folder, digest="0" * 64)

    assert before == (content(source), sorted(folder.rglob("*")))
    with opened(source) as workspace:
        assert 1 == workspace.run(facts.last_seq)


@pytest.mark.parametrize("place", ["tables/facts.fact.copy.zst", "lake"])
def test_a_damaged_backup_is_refused_before_anything_is_written(stores, tmp_path, place):
    """A flipped byte in a table or a file of the lake."""
    source, target, folder = stores("source"), stores("target"), tmp_path / "backup"
    with opened(source) as workspace:
        tell(workspace, CONTRACT, INVOICE)
        close(workspace, JANUARY)
    back_up(source, folder)
    path = folder / place
    if path.is_dir():
        path = next(path.rglob("*.parquet"))
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)

    with pytest.raises(StoreError, match="is damaged: not the file that was backed up"):
        restore(target, folder)

    assert not Path(target.lake_root).exists()
    assert all(not each.rows for each in content(target).values())


def test_a_file_that_is_not_the_one_committed_is_not_backed_up(stores, tmp_path):
    """A backup does not hide that the lake was damaged."""
    source = stores("source")
    with opened(source) as workspace:
        tell(workspace, CONTRACT, INVOICE)
        close(workspace, JANUARY)
    file = next(Path(source.lake_root).rglob("*.parquet"))
    file.write_bytes(file.read_bytes()[:-1] + b"x")

    with pytest.raises(StoreError, match="in the lake is not the one that was committed"):
        back_up(source, tmp_path / "backup")
    with pytest.raises(StoreError, match="A backup to it was not finished"):
        restore(stores("target"), tmp_path / "backup")


def test_other_rows_than_went_out_do_not_come_in(stores, tmp_path):
    """The text of a table is compared again after it came in; nothing stays of a wrong one."""
    source, target, folder = stores("source"), stores("target"), tmp_path / "backup"
    with opened(source) as workspace:
        tell(workspace, CONTRACT)
    back_up(source, folder)
    told = json.loads((folder / "manifest.json").read_text())
    (table,) = (each for each in told["tables"] if each["name"] == "facts.fact")
    table["sha256"] = "0" * 64
    (folder / "manifest.json").write_text(json.dumps(told))

    with pytest.raises(InvariantViolated, match=r"facts\.fact came back as other rows"):
        restore(target, folder)
    with pytest.raises(StoreError, match=r"A restore to .* is under way, or was killed"):
        opened(target).__enter__()

    assert all(not each.rows for each in content(target).values())


def test_a_restore_of_another_backup_is_not_resumed(stores, tmp_path):
    """Half of one and half of another would be no books at all."""
    source, target = stores("source"), stores("target")
    with opened(source) as workspace:
        tell(workspace, CONTRACT)
        back_up(source, tmp_path / "first")
        tell(workspace, INVOICE)
        back_up(source, tmp_path / "second")
    shutil.copytree(tmp_path / "first", tmp_path / "lame")
    (tmp_path / "lame" / "tables" / "facts.fact.copy.zst").unlink()
    lake = Path(target.lake_root)
    lake.mkdir(parents=True)
    (lake / ".restoring").write_text("the digest of another\n")

    with pytest.raises(StoreError, match=r"facts\.fact\.copy\.zst of the backup .* is damaged"):
        restore(target, tmp_path / "lame")
    with pytest.raises(StoreError, match="A restore of another backup"):
        restore(target, tmp_path / "second")
    (lake / ".restoring").unlink()
    restore(target, tmp_path / "second")

    with opened(target) as workspace:
        assert 2 == workspace.run(facts.last_seq)


@pytest.fixture
def plain(server_url: str) -> Iterator[tuple[str, str]]:
    """A login that is no superuser and owns a database of its own, and that login's name."""
    name = f"revrec_plain_{os.getpid()}"
    login = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create role {} login password 'plain'").format(login))
        for role in ("revrec_owner", "revrec_app", "revrec_bulk", "revrec_reader"):
            grant = sql.SQL("grant {} to {}").format(sql.Identifier(role), login)
            connection.execute(grant)
        connection.execute(sql.SQL("create database {} owner {}").format(login, login))
        yield make_conninfo(server_url, user=name, password="plain", dbname=name), name
        connection.execute(sql.SQL("drop database {} with (force)").format(login))
        connection.execute(sql.SQL("drop role {}").format(login))


def test_a_restore_needs_no_superuser_and_a_backup_needs_to_see_all(
    stores, tmp_path, plain, server_url
):
    """Onto a database that was never migrated; rows that are hidden are refused, not left out."""
    source, folder = stores("source"), tmp_path / "backup"
    with opened(source) as workspace:
        tell(workspace, CONTRACT, INVOICE)
        close(workspace, JANUARY)
    back_up(source, folder)
    url, name = plain
    home = tmp_path / "plain"
    target = Settings(home=home, database_url=SecretStr(url), lake=str(home / "lake"), clock=CLOCK)

    restore(target, folder)

    with pytest.raises(StoreError, match="does not see all entities"):
        back_up(target, tmp_path / "again")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("alter role {} bypassrls").format(sql.Identifier(name)))
    assert {t.name: t.sha256 for t in back_up(target, tmp_path / "again").tables} == {
        name: each.sha256 for name, each in content(source).items()
    }
