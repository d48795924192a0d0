"""What a run took: of this process, of those it started, and of the private database."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """Seconds, and the most memory."""

    processor: float = 0.0
    """Of all processors, by the program and processes it started."""
    database: float = 0.0
    """Of all processors, by PostgreSQL."""
    wall: float = 0.0
    megabytes: int = 0
    """The most this process ever held by then, or one it started."""

    def __add__(self, other: Took) -> Took:
        return Took(
            processor=self.processor + other.processor,
            database=self.database + other.database,
            wall=self.wall + other.wall,
            megabytes=max(self.megabytes, other.megabytes),
        )


class Clock:
    """Measures runs beside a private server below a folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def took(self, run: Callable[[], object]) -> Took:
        """Run, and tell what it took."""
        before = time.perf_counter(), _own(), self._database()
        run()
        wall, own, database = time.perf_counter(), _own(), self._database()
        used = [resource.getrusage(who) for who in _BOTH]
        return Took(
            wall=wall - before[0],
            processor=own - before[1],
            database=database - before[2],
            megabytes=max(each.ru_maxrss for each in used) // 1024,
        )

    def _database(self) -> float:
        """Processor seconds of the server, of its sessions and of those that ended."""
        for told in self._home.rglob("postmaster.pid"):
            server = int(told.read_text(encoding="utf-8").splitlines()[0])
            children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii")
            sessions = sum(of_process(int(each)) for each in children.split())
            return of_process(server, ended=True) + sessions
        return 0.0


_BOTH = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def _own() -> float:
    used = [resource.getrusage(who) for who in _BOTH]
    return sum(each.ru_utime + each.ru_stime for each in used)


def of_process(process: int, *, ended: bool = False) -> float:
    """Processor seconds of a process, with those of its children that ended if asked for."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return 0.0  # it ended since it was listed, and counts with those that did
    fields = told.rpartition(")")[2].split()
    return sum(int(each) for each in fields[11 : 15 if ended else 13]) / TICKS
