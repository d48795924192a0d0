"""Processes that answer at one address and processes that do jobs, under one that looks after them.

Each has stores of its own; what must be so among them, the database sees to. Long work is never
done where requests are answered. A process that dies is replaced, and all leave when the one above
them is gone, however it went.
"""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import structlog

from revrec.operations.people import NAMELESS
from revrec.operations.worker import run_worker
from revrec.operations.workspace import open_workspace
from revrec.runtime.logging import configure
from revrec.runtime.metrics import shared_in
from revrec.runtime.settings import Settings

_log = structlog.get_logger()
_SPAWNED = get_context("spawn")
"""A process with threads and connections must not be forked."""
_PAUSE = 1.0
"""Seconds a process is at least there before another takes its place: one that cannot begin would
be begun again and again."""
_NICE = 5
"""How far jobs stand back behind answers where both want a processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What a process that answers needs to know."""

    settings: Settings
    open_key: str | None
    options: dict[str, Any]
    """Of the server."""

    def answer(self, listener: socket.socket) -> None:
        """Answer until SIGINT or SIGTERM, then finish the requests under way."""
        import uvicorn

        from api.app import create_app  # takes long, and only who answers needs it

        configure(self.settings.log_level)
        with open_workspace(self.settings, actor=NAMELESS) as workspace:
            app = create_app(workspace, self.settings, open_key=self.open_key, apart=True)
            server = uvicorn.Server(uvicorn.Config(app, **self.options))
            app.state.is_stopping = lambda: server.should_exit
            # Heard before the server runs, and harmless when it gives the signal back at its end.
            for stopping in (signal.SIGINT, signal.SIGTERM):
                signal.signal(stopping, server.handle_exit)
            _leave_with_parent()
            server.run(sockets=[listener])


@dataclass(frozen=True, slots=True, kw_only=True)
class JobWorker:
    """What a process that does jobs needs to know."""

    settings: Settings
    actor: str
    """In whose name it asks for what is due."""

    def work(self) -> None:
        """Do jobs until SIGINT or SIGTERM, then finish the one under way."""
        configure(self.settings.log_level)
        os.nice(_NICE)
        with open_workspace(self.settings, actor=self.actor) as workspace:
            _leave_with_parent()
            run_worker(workspace)


@dataclass(slots=True, kw_only=True)
class _Running:
    """A process that is looked after."""

    begin: Callable[[], SpawnProcess]
    process: SpawnProcess
    since: float = field(default_factory=time.monotonic)

    def replace(self) -> None:
        """Begin it again where it died."""
        self.process.join()
        died, code = self.process.pid, self.process.exitcode
        _log.warning("a process died", does=self.process.name, died=died, exit_code=code)
        time.sleep(max(0.0, self.since + _PAUSE - time.monotonic()))
        self.process, self.since = self.begin(), time.monotonic()


def run_workers(
    answering: Worker, listener: socket.socket, workers: int, doing: Sequence[JobWorker]
) -> None:
    """Answer in so many processes, and do jobs beside them, until SIGINT or SIGTERM.

    One that dies is replaced. Asked to stop, each finishes what it is at; asked again, they are cut
    off, which loses nothing.
    """
    told, tell = os.pipe()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, lambda *_: os.write(tell, b"."))
    with tempfile.TemporaryDirectory(prefix="revrec-metrics-") as folder:
        shared_in(Path(folder))
        begins = [
            *([partial(_begun, "answers", answering.answer, listener)] * workers),
            *(partial(_begun, "does jobs", each.work) for each in doing),
        ]
        running = [_Running(begin=begin, process=begin()) for begin in begins]
        while told not in (
            ended := connection.wait([told, *(it.process.sentinel for it in running)])
        ):
            for it in running:
                if it.process.sentinel in ended:
                    it.replace()
        os.read(told, 1)
        # Or who comes now would wait for an answer that nobody is going to give.
        listener.close()
        for it in running:
            it.process.terminate()
        while left := _ends([it for it in running if it.process.is_alive()]):
            if told in connection.wait([told, *left]):
                os.read(told, 1)
                for it in running:
                    it.process.kill()
        for it in running:
            it.process.join()
    os.close(told)
    os.close(tell)


def _ends(running: Sequence[_Running]) -> list[int]:
    """What tells that a process has ended."""
    return [it.process.sentinel for it in running]


def _begun(name: str, target: Callable[..., None], *arguments: object) -> SpawnProcess:
    process = _SPAWNED.Process(target=target, args=arguments, name=name)
    process.start()
    return process


def _leave_with_parent() -> None:
    """Stop as if asked to once the process above is gone: nobody would look after this one."""
    above = parent_process()
    if above is None:
        return

    def watch() -> None:
        above.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch", daemon=True).start()
