"""A dump restored into an empty database holds the same books, and the work goes on there."""

from __future__ import annotations

import subprocess

import psycopg
import pytest
from psycopg import sql
from pydantic import SecretStr

from revrec.errors import InvariantViolated
from revrec.store import audit_log, embedded, facts, journal, migration, periods
from revrec.store.database import Database
from tests.conftest import with_database
from tests.store.samples import FEBRUARY, JANUARY, close, entry, fact


@pytest.fixture
def restored(database_url, server_url, run, tmp_path):
    """The module's database after some work, dumped and restored under another name."""

    def work(tx):
        periods.open_period(tx, JANUARY)
        journal.append(tx, [entry(100), entry(200)])
        facts.record(tx, [fact("A"), fact("B")])
        audit_log.write(tx, "test", "s", {})
        close(tx, JANUARY)

    run(work)
    file, name = tmp_path / "books.dump", "revrec_restored"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        url = with_database(server_url, name)
        for command in (
            ["pg_dump", "--format=custom", f"--file={file}", f"--dbname={database_url}"],
            ["pg_restore", "--exit-on-error", f"--dbname={url}", str(file)],
        ):
            subprocess.run([embedded.program(command[0]), *command[1:]], check=True)
        yield url
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def books(run):
    """Everything that must be equal."""
    return (
        run(journal.verify),
        run(journal.read),
        run(facts.read),
        run(periods.closes),
        run(audit_log.read),
    )


def test_a_restored_database_holds_the_same_books(restored, settings, clock, run, entity):
    """Counts, chain, versions; guards and roles are there too, and the next period opens."""
    moved = settings.model_copy(update={"database_url": SecretStr(restored)})
    with Database.open(moved, clock) as database:

        def run_there(operation):
            return database.run(operation, entity=entity, actor="preparer")

        assert books(run) == books(run_there)
        with psycopg.connect(restored) as connection, pytest.raises(psycopg.Error, match="append"):
            connection.execute("delete from records.journal_line")
        run_there(lambda tx: periods.open_period(tx, FEBRUARY))
        run_there(lambda tx: journal.append(tx, [entry(300, period=FEBRUARY)]))
        with pytest.raises(InvariantViolated, match="Entry 1 was not made by this transaction"):
            run_there(
                lambda tx: tx.connection.execute(
                    "insert into records.journal_line select entity_id, entry_seq, line_no + 2,"
                    " account, product, gl_code, gl_name, currency, amount"
                    " from records.journal_line where entry_seq = 1"
                )
            )

        assert 3 == run_there(journal.verify)[0]
        assert [] == migration.differences(restored)
