"""Shared fixtures: one PostgreSQL for the session, a fresh migrated database for each module.

The server is a private one in the session's temporary folder, shared by all workers, or the one
``REVREC_DATABASE_URL`` names. A database is copied from a migrated template in some 50 ms. Tests
of one module share their database, whose records cannot be deleted: take ``entity`` for one of
your own.
"""

from __future__ import annotations

import fcntl
import itertools
import os
import pickle
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import is_hypothesis_test
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from revrec.demo import DemoManifest, generate
from revrec.operations.workspace import Workspace
from revrec.runtime.clock import FixedClock
from revrec.runtime.settings import Settings
from revrec.store import embedded, migration
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.store.transaction import Transaction
from tests.properties import profiles

profiles.load()
_numbers = itertools.count(1)

Run = Callable[[Callable[[Transaction], Any]], Any]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Under ``make torture`` every random test is a long one; otherwise the marker stays off."""
    if not (profiles.TORTURE and config.option.markexpr == "torture"):
        return
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.torture)


@pytest.fixture(scope="session")
def session_folder() -> Iterator[Path]:
    """A folder that all workers of the session share.

    Not below pytest's own temporary folder: every session of the user that starts closes that
    one to other users, such as the one that runs PostgreSQL when the tests run as root.
    """
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    folder = Path(tempfile.gettempdir()) / f"revrec-tests-{session}"
    folder.mkdir(mode=0o755, exist_ok=True)
    yield folder
    embedded.stop(folder)
    if not (folder / "postgres" / "postmaster.pid").exists():
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder for a private server of the test's own, removed afterwards."""
    with tempfile.TemporaryDirectory(prefix="revrec-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(scope="session")
def server_url(session_folder: Path) -> str:
    """A URL whose login may create databases and roles."""
    given = os.environ.get("REVREC_DATABASE_URL")
    if given:
        return given
    url = embedded.start(session_folder)
    with psycopg.connect(url, autocommit=True) as connection:
        # The session's server need not survive a power cut; what must is tested by crashing it.
        for name in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "jit"):
            connection.execute(sql.SQL("alter system set {} = off").format(sql.Identifier(name)))
        connection.execute("select pg_reload_conf()")
    return url


@pytest.fixture(scope="session")
def template(session_folder: Path, server_url: str) -> Iterator[str]:
    """The name of a migrated, empty database."""
    name = f"revrec_template_{session_folder.stat().st_ino}"
    with (session_folder / "template.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(server_url, autocommit=True) as connection:
            known = connection.execute("select from pg_database where datname = %s", [name])
            if known.fetchone() is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
                migration.upgrade(with_database(server_url, name))
    yield name
    if "PYTEST_XDIST_WORKER" not in os.environ:
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {}").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def demo_files(session_folder: Path) -> tuple[Path, DemoManifest]:
    """The demonstration's files and their manifest, written once for all workers; only read."""
    folder, told = session_folder / "demo", session_folder / "demo.pickle"
    with (session_folder / "demo.lock").open("a+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_bytes(pickle.dumps(generate(folder)))
    manifest: DemoManifest = pickle.loads(told.read_bytes())
    return folder, manifest


@pytest.fixture(scope="module")
def database_url(server_url: str, template: str) -> Iterator[str]:
    """A fresh migrated database of the module's own."""
    name = f"revrec_test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        identifiers = sql.Identifier(name), sql.Identifier(template)
        connection.execute(sql.SQL("create database {} template {}").format(*identifiers))
        yield with_database(server_url, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings for the module's database and a lake of its own."""
    home = tmp_path_factory.mktemp("home")
    return Settings(
        home=home, database_url=SecretStr(database_url), lake=str(home / "lake"), connections_max=20
    )


@pytest.fixture(scope="module")
def clock() -> FixedClock:
    """A clock that stands at 9 o'clock on 1 February 2026 until a test moves it."""
    return FixedClock(datetime(2026, 2, 1, 9, tzinfo=UTC))


@pytest.fixture(scope="module")
def database(settings: Settings, clock: FixedClock) -> Iterator[Database]:
    """The module's database, migrated."""
    with Database.open(settings, clock) as opened:
        yield opened


@pytest.fixture(scope="module")
def lake(settings: Settings) -> Lake:
    """The module's lake, empty at first."""
    return Lake(settings.lake_root)


@pytest.fixture
def entity() -> int:
    """An entity that no other test of the module uses."""
    return next(_numbers)


@pytest.fixture
def run(database: Database, entity: int) -> Run:
    """Runs an operation as the preparer, for the test's own entity."""
    return lambda operation: database.run(operation, entity=entity, actor="preparer")


@pytest.fixture
def workspace(database: Database, lake: Lake, entity: int) -> Workspace:
    """Both stores of the module, for an entity of the test's own."""
    return Workspace(database=database, lake=lake, entity=entity, actor="preparer")


@pytest.fixture
def fresh_database(server_url: str, template: str) -> Iterator[Callable[[], str]]:
    """Makes a migrated database each time it is called; all are dropped after the test."""
    made: list[str] = []
    with psycopg.connect(server_url, autocommit=True) as connection:

        def make() -> str:
            name = f"revrec_test_{os.getpid()}_{next(_numbers)}"
            identifiers = sql.Identifier(name), sql.Identifier(template)
            connection.execute(sql.SQL("create database {} template {}").format(*identifiers))
            made.append(name)
            return with_database(server_url, name)

        yield make
        for name in made:
            identifier = sql.Identifier(name)
            connection.execute(sql.SQL("drop database {} with (force)").format(identifier))


@pytest.fixture
def superuser(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection to the module's database with the login's own role, committing at once."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


def with_database(url: str, name: str) -> str:
    """The same server and login, another database."""
    return make_conninfo(url, dbname=name)
