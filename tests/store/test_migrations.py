"""Migrations lead from nothing to the newest step, and the tables are what the program thinks."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import CheckConstraint, create_engine

from revrec.errors import StoreError
from revrec.runtime.settings import Settings
from revrec.store import audit_log, migration
from revrec.store.database import Database
from revrec.store.migration import SCHEMAS
from revrec.store.tables import SQLModel
from tests.conftest import with_database
from tests.store.samples import as_role

_numbers = itertools.count(1)


@pytest.fixture
def empty(server_url):
    """The URL of an empty database."""
    name = f"revrec_empty_{os.getpid()}_{next(_numbers)}"
    identifier = sql.Identifier(name)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(identifier))
        yield with_database(server_url, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(identifier))


def version(url):
    """The migration a database is at."""
    with psycopg.connect(url) as connection:
        return migration.current(connection)


def test_an_empty_database_comes_to_the_head(empty):
    """Twice is harmless."""
    assert None is version(empty)
    for _ in range(2):
        migration.upgrade(empty)
        assert migration.head() == version(empty)


def test_there_is_one_head():
    """Two branches of migrations would leave the order to chance."""
    script = ScriptDirectory(str(migration.folder()))

    assert [migration.head()] == script.get_heads()


def test_files_are_named_for_their_migrations():
    """Which ones there are is read from their names; alembic reads them all."""
    script = ScriptDirectory(str(migration.folder()))
    for each in script.walk_revisions():
        assert Path(each.path).name.startswith(f"{each.revision}_")
        assert migration.knows(each.revision)

    assert not migration.knows("9999")


def test_migrations_are_numbered_slugs():
    """0001_what_it_does, without a gap."""
    names = sorted(path.stem for path in (migration.folder() / "versions").glob("[0-9]*.py"))

    assert [f"{number:04d}" for number in range(1, len(names) + 1)] == [
        name.partition("_")[0] for name in names
    ]


def test_the_tables_are_what_the_program_thinks(database_url):
    """Alembic finds nothing to change."""
    assert [] == migration.differences(database_url)


def test_a_difference_would_be_found(empty):
    """The check looks at columns: one dropped behind its back is reported."""
    migration.upgrade(empty)
    with psycopg.connect(empty) as connection:
        connection.execute("alter table facts.fact drop column recorded_by")

    found = migration.differences(empty)
    assert 1 == len(found)
    assert "recorded_by" in found[0]


def test_checks_are_what_the_program_thinks(superuser, empty):
    """Alembic does not compare CHECKs and collations; the catalogue does."""
    query = """
        select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
        where connamespace::regnamespace::text = any(%s) and contype in ('c', 'p', 'u')
        union all
        select attrelid::regclass::text, attname, collname::text
        from pg_attribute
        join pg_class on pg_class.oid = attrelid
        join pg_collation on pg_collation.oid = attcollation
        where relnamespace::regnamespace::text = any(%s) and relkind = 'r' and attnum > 0
        order by 1, 2
    """
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(empty))
    with psycopg.connect(empty, autocommit=True) as connection:
        for schema in SCHEMAS:
            connection.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        SQLModel.metadata.create_all(engine)
        engine.dispose()
        expected = connection.execute(query, [list(SCHEMAS)] * 2).fetchall()
    declared = sum(
        isinstance(constraint, CheckConstraint)
        for table in SQLModel.metadata.tables.values()
        for constraint in table.constraints
    )

    assert expected == superuser.execute(query, [list(SCHEMAS)] * 2).fetchall()
    assert declared == sum(definition.startswith("CHECK") for _, _, definition in expected)


def test_an_unmigrated_database_is_refused(empty, clock):
    """The message says what to run; running it is enough."""
    with Database.open(Settings(database_url=empty), clock) as database:
        with pytest.raises(StoreError, match=r"is at migration none.*Run `revrec migrate`"):
            database.run(audit_log.read, entity=1, actor="a")
        database.migrate()

        assert [] == database.run(audit_log.read, entity=1, actor="a")


def test_a_database_of_another_release_is_refused(empty, clock):
    """Older or newer than the program: neither is worked on."""
    migration.upgrade(empty)
    with psycopg.connect(empty) as connection:
        connection.execute("update migrations.alembic_version set version_num = '9999'")

    with (
        Database.open(Settings(database_url=empty), clock) as database,
        pytest.raises(
            StoreError, match=f"at migration 9999, this program needs {migration.head()}"
        ),
    ):
        database.run(audit_log.read, entity=1, actor="a")


def test_a_migration_gives_up_rather_than_queue(empty, clock, monkeypatch):
    """A lock that is not free within the time allowed stops it, and nothing was changed."""
    monkeypatch.setattr(migration, "LOCK_TIMEOUT", "50ms")
    migration.upgrade(empty)
    with (
        psycopg.connect(empty) as other,
        Database.open(Settings(database_url=empty), clock) as database,
    ):
        other.execute("lock table migrations.alembic_version")
        with pytest.raises(StoreError, match="A lock was not free"):
            database.migrate()
        other.rollback()
        database.migrate()


@pytest.fixture
def logins(superuser):
    """A login that owns a database and may create roles, and one that may do nothing."""
    names = [f"revrec_test_{kind}_{next(_numbers)}" for kind in ("owner", "service")]
    for name, rights in zip(names, ("createrole", "nocreaterole"), strict=True):
        superuser.execute(
            sql.SQL("create role {} login {}").format(sql.Identifier(name), sql.SQL(rights))
        )
    superuser.execute(
        sql.SQL("grant revrec_owner, revrec_app, revrec_bulk, revrec_reader to {}").format(
            sql.Identifier(names[0])
        )
        + sql.SQL(" with admin option")
    )
    yield names
    for name in names:
        superuser.execute(sql.SQL("drop owned by {}").format(sql.Identifier(name)))
        superuser.execute(sql.SQL("drop role {}").format(sql.Identifier(name)))


def test_owner_and_service_are_two_logins(empty, logins, clock):
    """The owner's URL migrates; the service's login gets the service's roles and no other."""
    owner, service = logins
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(
            sql.SQL("alter database {} owner to {}").format(
                sql.Identifier(connection.info.dbname), sql.Identifier(owner)
            )
        )
    settings = Settings(
        database_url=as_login(empty, service), owner_database_url=as_login(empty, owner)
    )
    with Database.open(settings, clock) as database:
        database.migrate()
        seen = database.run(
            lambda tx: tx.connection.execute("select session_user, current_user").fetchone(),
            entity=1,
            actor="a",
        )

    assert (service, "revrec_app") == seen
    with (
        psycopg.connect(as_login(empty, service)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute("set role revrec_owner")
    with psycopg.connect(empty, autocommit=True) as connection:
        connection.execute(
            sql.SQL("reassign owned by {} to {}").format(
                sql.Identifier(owner), sql.Identifier(connection.info.user)
            )
        )


def test_a_login_without_the_role_is_explained(empty, logins, clock):
    """A service's login that nobody granted anything: the message says what grants it."""
    migration.upgrade(empty)
    settings = Settings(database_url=as_login(empty, logins[1]), connect_timeout_seconds=2)

    with (
        Database.open(settings, clock) as database,
        pytest.raises(StoreError, match="revrec migrate"),
    ):
        database.run(audit_log.read, entity=1, actor="a")


def test_the_roles_of_the_session_are_the_catalogues(database_url):
    """The reader may read what auditors read, the migration included."""
    with as_role(database_url, "revrec_reader") as connection:
        assert migration.head() == migration.current(connection)


def as_login(url, name):
    """The same database for another login."""
    return psycopg.conninfo.make_conninfo(url, user=name)
