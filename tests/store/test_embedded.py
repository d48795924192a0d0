"""The private server: there when it is needed, gone with its last user, back after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from revrec.errors import StoreError
from revrec.runtime.clock import SystemClock
from revrec.runtime.settings import Settings
from revrec.store import audit_log, embedded
from revrec.store.database import Database
from tests.conftest import with_database

ROOT = Path(__file__).parents[2]
USE = """
import sys, psycopg
from pathlib import Path
from revrec.store import embedded
with psycopg.connect(embedded.start(Path(sys.argv[1]))) as connection:
    print(connection.execute("select count(*) from kept").fetchone()[0], flush=True)
    if sys.argv[2] == "wait":
        sys.stdin.readline()
"""


@pytest.fixture(scope="module")
def home():
    """A data folder with a server of its own, stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="revrec-"))
    url = embedded.start(folder)
    with psycopg.connect(url) as connection:
        connection.execute("create table kept (n int)")
        connection.execute("insert into kept values (1)")
    yield folder
    embedded.stop(folder)
    shutil.rmtree(folder)


def pid_of(home):
    """The server's process."""
    return int((home / "postgres" / "postmaster.pid").read_text().partition("\n")[0])


def alive(pid):
    """Whether the process runs; one that ended and was not waited for does not."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


def until_gone(pid):
    """Wait for a killed process to be gone from the kernel's tables."""
    while alive(pid):
        os.sched_yield()


def count(home):
    """What the server keeps."""
    with psycopg.connect(embedded.start(home)) as connection:
        return connection.execute("select count(*) from kept").fetchone()[0]


def use(home, how, **streams):
    """Another process that uses the server; warnings are errors there."""
    command = [sys.executable, "-W", "error", "-c", USE, str(home), how]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, **streams)


def test_starting_again_is_harmless(home):
    """The same server answers."""
    before = pid_of(home)

    assert 1 == count(home)
    assert before == pid_of(home)


def test_nobody_else_reaches_it(home):
    """No address is listened on; folder and socket are the server's user's alone."""
    with psycopg.connect(embedded.start(home)) as connection:
        addresses = connection.execute("show listen_addresses").fetchone()

    assert ("",) == addresses
    assert 0o700 == (home / "postgres").stat().st_mode & 0o777
    assert 0 == (home / "postgres" / ".s.PGSQL.5432").stat().st_mode & 0o077


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may run programs as another user")
def test_root_runs_it_as_an_unprivileged_user(home):
    """PostgreSQL refuses to run as root."""
    assert Path(f"/proc/{pid_of(home)}").stat().st_uid != 0


def test_two_processes_share_it(home):
    """Each sees the other's rows; one leaving does not stop it."""
    with use(home, "leave") as other:
        assert "1\n" == other.stdout.read()

    assert 0 == other.returncode
    assert 1 == count(home)


def test_it_comes_back_after_a_crash(home):
    """Killed with signal 9, with its stale pid file: the next start recovers what was committed."""
    crashed = pid_of(home)
    os.kill(crashed, signal.SIGKILL)
    until_gone(crashed)

    assert 1 == count(home)
    assert crashed != pid_of(home)


def test_a_pid_that_is_now_a_strangers_does_not_matter(home):
    """After a restart of the machine the pid in the file may belong to anybody."""
    crashed = pid_of(home)
    os.kill(crashed, signal.SIGKILL)
    until_gone(crashed)
    file = home / "postgres" / "postmaster.pid"
    file.write_text(file.read_text().replace(str(crashed), str(os.getpid()), 1))

    assert 1 == count(home)
    assert os.getpid() != pid_of(home)


def test_a_half_made_cluster_is_made_again(open_folder):
    """A process killed while it made the data folder leaves nothing that counts."""
    unfinished = open_folder / "postgres.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    url = embedded.start(open_folder)
    with psycopg.connect(url) as connection:
        answer = connection.execute("show server_version_num").fetchone()
    embedded.stop(open_folder)

    assert answer[0] >= "180000"
    assert not unfinished.exists()


def test_it_stops_with_its_last_user(open_folder):
    """Also when an earlier user was killed; a long path gets a socket elsewhere."""
    home = open_folder / ("long" * 25)
    with psycopg.connect(embedded.start(home)) as connection:
        connection.execute("create table kept (n int)")
    server = pid_of(home)
    with use(home, "wait", stdin=subprocess.PIPE) as killed:
        assert "0\n" == killed.stdout.readline()
        killed.kill()
    with use(home, "wait", stdin=subprocess.PIPE) as other:
        assert "0\n" == other.stdout.readline()
        embedded.stop(home)
        assert alive(server)
        other.communicate("\n")

    assert not (home / "postgres" / "postmaster.pid").exists()
    until_gone(server)


def test_an_owner_who_is_no_superuser_can_migrate(home, entity):
    """On a server that knows no roles of ours yet: the right to create roles is enough."""
    url = embedded.start(home)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create role plain_owner login createrole")
        connection.execute(sql.SQL("create database plain owner plain_owner"))
    plain = psycopg.conninfo.make_conninfo(with_database(url, "plain"), user="plain_owner")
    with Database.open(Settings(database_url=plain), SystemClock()) as database:
        database.migrate()
        database.run(lambda tx: audit_log.write(tx, "test", "s", {}), entity=entity, actor="a")
        found = database.run(audit_log.read, entity=entity, actor="a")

    assert ["s"] == [event.subject for event in found]


@pytest.mark.parametrize("place", ["/proc/no-such-place", "{file}/home"])
def test_a_folder_that_cannot_be_used_says_so(tmp_path, place):
    """A read-only place, or a file where a folder should be."""
    file = tmp_path / "file"
    file.write_text("not a folder")

    with pytest.raises(StoreError, match=r"cannot be used.*Set REVREC_HOME"):
        embedded.start(Path(place.format(file=file)))


def test_a_server_that_does_not_start_shows_its_log(open_folder):
    """The last lines of the server's log are in the message."""
    embedded.start(open_folder)
    embedded.stop(open_folder)
    with (open_folder / "postgres" / "postgresql.conf").open("a") as file:
        file.write("\nnonsense = on\n")

    with pytest.raises(StoreError, match=r"does not start.*nonsense"):
        embedded.start(open_folder)
    embedded.stop(open_folder)
