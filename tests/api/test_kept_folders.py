"""Folders of derived files: made once, whole or absent, the ones read longest ago let go."""

from __future__ import annotations

import errno
import os
import signal
import threading
from functools import partial
from pathlib import Path

import pytest

from api.kept_folders import Folders
from revrec.errors import StoreError
from tests.processes import PROCESSES

KILOBYTE = bytes(1000)


def write(folder: Path, *, log: Path) -> None:
    """A file of a thousand bytes, noted in a log that every process adds to."""
    with log.open("ab") as noted:
        noted.write(b".")
    (folder / "rows").write_bytes(KILOBYTE)


def read(root: Path, log: Path) -> None:
    """What a process does that asks for a folder."""
    with Folders(root, 10**6).held("a", partial(write, log=log)) as folder:
        assert KILOBYTE == (folder / "rows").read_bytes()


def dies(root: Path) -> None:
    """A process that is killed while it writes."""

    def kill(folder: Path) -> None:
        (folder / "rows").write_bytes(KILOBYTE[:1])
        os.kill(os.getpid(), signal.SIGKILL)

    with Folders(root, 10**6).held("a", kill):
        raise AssertionError("it was killed")


def names(root: Path) -> set[str]:
    """What is kept, finished or not."""
    return {each.name for each in root.iterdir()} - {"locks"}


def test_processes_and_threads_make_a_folder_once(tmp_path):
    """Four processes and four threads ask at once; one of them writes."""
    root, log = tmp_path / "kept", tmp_path / "log"
    asking = [
        *(PROCESSES.Process(target=read, args=(root, log)) for _ in range(4)),
        *(threading.Thread(target=read, args=(root, log)) for _ in range(4)),
    ]
    for each in asking:
        each.start()
    for each in asking:
        each.join()

    assert [0] * 4 == [each.exitcode for each in asking[:4]]
    assert b"." == log.read_bytes()
    assert {"a"} == names(root)
    assert ["a.reading"] == [each.name for each in (root / "locks").iterdir()]


def test_a_folder_appears_whole(tmp_path):
    """Whoever looks sees none of its five hundred files, or all of them."""
    root, seen = tmp_path / "kept", []

    def fill(folder: Path) -> None:
        for number in range(500):
            (folder / f"rows-{number}").write_bytes(KILOBYTE)

    def look() -> None:
        while not seen:
            seen.extend([len(list((root / "a").iterdir()))] if (root / "a").is_dir() else [])

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    with Folders(root, 10**6).held("a", fill):
        looking.join()
    assert [500] == seen


def test_what_a_killed_process_half_wrote_is_made_anew(tmp_path):
    """Nothing of it is ever read, and it is gone once someone asks again, for it or another."""
    root, log = tmp_path / "kept", tmp_path / "log"
    killed = PROCESSES.Process(target=dies, args=(root,))
    killed.start()
    killed.join()
    assert -signal.SIGKILL == killed.exitcode
    (half,) = names(root)
    assert half != "a"

    with Folders(root, 10**6).held("b", partial(write, log=log)):
        assert {"b"} == names(root)
    read(root, log)
    assert {"a", "b"} == names(root)


def test_what_was_read_longest_ago_is_let_go(tmp_path):
    """Two of a thousand bytes fit; reading the first again makes the second the oldest."""
    folders, log = Folders(tmp_path / "kept", 2500), tmp_path / "log"

    def ask(name):
        with folders.held(name, partial(write, log=log)) as folder:
            os.utime(folder, ns=(next(ticks), next(ticks)))
            return names(tmp_path / "kept")

    ticks = iter(range(1, 100))
    assert [{"a"}, {"a", "b"}, {"a", "b"}, {"a", "c"}] == [ask(each) for each in "abac"]
    assert b"..." == log.read_bytes()


def test_what_is_being_read_stays(tmp_path):
    """However little may be kept: it is let go once nobody reads it."""
    folders, log = Folders(tmp_path / "kept", 0), tmp_path / "log"
    make = partial(write, log=log)
    with folders.held("a", make) as first:
        with folders.held("b", make):
            assert {"a", "b"} == names(tmp_path / "kept")
        assert KILOBYTE == (first / "rows").read_bytes()
    with folders.held("c", make):
        assert {"c"} == names(tmp_path / "kept")


def test_what_cannot_be_made_leaves_nothing(tmp_path):
    """The reason is told to who asked, and the next one makes it."""
    folders = Folders(tmp_path / "kept", 10**6)

    def fail(folder):
        (folder / "rows").write_bytes(KILOBYTE)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"), folders.held("a", fail):
        pass
    assert set() == names(tmp_path / "kept")
    read(tmp_path / "kept", tmp_path / "log")


def test_a_full_disk_is_told_as_a_store_that_cannot_be_written(tmp_path):
    """Nothing of what was begun is left."""
    folders = Folders(tmp_path / "kept", 10**6)

    def fill(folder):
        (folder / "rows").write_bytes(KILOBYTE)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(StoreError, match="No space left"), folders.held("a", fill):
        pass
    assert set() == names(tmp_path / "kept")
