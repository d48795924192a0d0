"""Folders of derived files, each made once by one of several processes, the oldest let go.

A folder is written under another name and renamed, so it is whole or absent. Locks are the
operating system's and end with the process that holds them: after a kill, what was half-written is
made anew.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from revrec.errors import StoreError

_HALF = ".half"
"""Ends the names of folders that are being written, or removed."""
_MAKING, _READING = ".making", ".reading"
"""End the names of locks: of who makes a folder, alone, and of who reads one, among others."""


class Folders:
    """The folders under a root, by names that say all that their contents stand on."""

    def __init__(self, root: Path, bytes_max: int) -> None:
        """``bytes_max`` is what all of them may take together, the one read last apart."""
        self._root, self._locks = root, root / "locks"
        self._bytes_max = bytes_max

    @contextmanager
    def held(self, name: str, make: Callable[[Path], None]) -> Iterator[Path]:
        """The folder of that name, which stays while it is held; made first if there is none.

        ``make`` fills an empty folder. Whoever asks for the same meanwhile waits, in whatever
        process. Raises what ``make`` raises, and StoreError if the root cannot be written.
        """
        folder = self._root / name
        self._begin()
        while True:
            with self._locked(name + _READING, fcntl.LOCK_SH):
                if folder.is_dir():
                    os.utime(folder)
                    yield folder
                    return
            with self._alone(name + _MAKING, fcntl.LOCK_EX):
                if not folder.is_dir():
                    self._make(folder, make)
            self._let_go(keeping=name)

    def _begin(self) -> None:
        try:
            self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._not_written(error) from error

    def _make(self, folder: Path, make: Callable[[Path], None]) -> None:
        for left in self._root.glob(f"{folder.name}.*{_HALF}"):
            shutil.rmtree(left, ignore_errors=True)
        half = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=_HALF, dir=self._root))
        try:
            make(half)
            for each in half.iterdir():
                with each.open("rb") as written:
                    os.fsync(written.fileno())
            half.rename(folder)
        except OSError as error:
            raise self._not_written(error) from error
        finally:
            shutil.rmtree(half, ignore_errors=True)

    def _not_written(self, error: OSError) -> StoreError:
        return StoreError(
            f"Reports cannot be kept in {self._root}: {error.strerror or error}.",
            remedy="Make the home folder writable, with room for them.",
        )

    def _let_go(self, keeping: str) -> None:
        """Remove what was read longest ago until the rest is small enough, and what is left over.

        What someone reads or makes now stays.
        """
        whole = []
        for folder in self._root.iterdir():
            name = folder.name.partition(".")[0]
            if folder.name.endswith(_HALF):
                with suppress(BlockingIOError), self._alone(name + _MAKING):
                    shutil.rmtree(folder, ignore_errors=True)
            elif folder != self._locks and name != keeping:
                whole.append(_measured(folder))
        together = _measured(self._root / keeping)[1]
        for _, size, folder in sorted(whole, reverse=True):
            together += size
            if together > self._bytes_max:
                with suppress(BlockingIOError), self._alone(folder.name + _READING):
                    self._remove(folder)

    def _remove(self, folder: Path) -> None:
        """Out of sight first, so that nobody finds half of it after a kill."""
        aside = folder.with_name(f"{folder.name}.gone{_HALF}")
        with suppress(FileNotFoundError):  # another process was faster
            folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)

    @contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        """A lock, held inside; waited for unless ``how`` says not to (BlockingIOError)."""
        path = self._locks / name
        while True:
            with path.open("ab") as file:
                fcntl.flock(file, how)
                if _is_file_of(path, file.fileno()):
                    yield
                    return

    @contextmanager
    def _alone(self, name: str, how: int = fcntl.LOCK_EX | fcntl.LOCK_NB) -> Iterator[None]:
        """A lock that nobody else holds, whose file goes with it."""
        with self._locked(name, how):
            try:
                yield
            finally:
                (self._locks / name).unlink(missing_ok=True)


def _is_file_of(path: Path, handle: int) -> bool:
    """Whether the file that was locked is still the one of that name."""
    try:
        return path.stat().st_ino == os.fstat(handle).st_ino
    except FileNotFoundError:
        return False


def _measured(folder: Path) -> tuple[int, int, Path]:
    """When it was read last, its bytes, and the folder; nothing of what is gone meanwhile."""
    try:
        size = sum(each.stat().st_size for each in os.scandir(folder))
        return folder.stat().st_mtime_ns, size, folder
    except FileNotFoundError:
        return 0, 0, folder
