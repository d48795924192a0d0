"""Several processes that answer at one address, under one that looks after them and does the jobs.

Each has stores of its own; what must be so among them, the database sees to. A process that dies
is replaced, and all leave when the one above them is gone, however it went.
"""

from __future__ import annotations

import os
import signal
import socket
import tempfile
import threading
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

import structlog
import uvicorn

from api.app import create_app
from revrec.operations.people import NAMELESS
from revrec.operations.workspace import open_workspace
from revrec.runtime.logging import configure
from revrec.runtime.metrics import shared_in
from revrec.runtime.settings import Settings

_log = structlog.get_logger()
_SPAWNED = get_context("spawn")
"""A process with threads and connections must not be forked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What a process that answers needs to know."""

    settings: Settings
    open_key: str | None
    options: dict[str, Any]
    """Of the server."""

    def answer(self, listener: socket.socket) -> None:
        """Answer until SIGINT or SIGTERM, then finish the requests under way."""
        configure(self.settings.log_level)
        with open_workspace(self.settings, actor=NAMELESS) as workspace:
            app = create_app(workspace, self.settings, open_key=self.open_key)
            server = uvicorn.Server(uvicorn.Config(app, **self.options))
            app.state.is_stopping = lambda: server.should_exit
            # Heard before the server runs, and harmless when it gives the signal back at its end.
            for stopping in (signal.SIGINT, signal.SIGTERM):
                signal.signal(stopping, server.handle_exit)
            _leave_with_parent()
            server.run(sockets=[listener])


def run_workers(worker: Worker, listener: socket.socket, workers: int) -> None:
    """Answer in so many processes until SIGINT or SIGTERM; one that dies is replaced."""
    told, tell = os.pipe()
    for stopping in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stopping, lambda *_: os.write(tell, b"."))
    with tempfile.TemporaryDirectory(prefix="revrec-metrics-") as folder:
        shared_in(Path(folder))
        running = [_begun(worker, listener) for _ in range(workers)]
        while told not in (ended := connection.wait([told, *(it.sentinel for it in running)])):
            for place, it in enumerate(running):
                if it.sentinel in ended:
                    it.join()
                    _log.warning("a process that answers died", died=it.pid, exit_code=it.exitcode)
                    running[place] = _begun(worker, listener)
        for it in running:
            it.terminate()
        for it in running:
            it.join()
    os.close(told)
    os.close(tell)


def _begun(worker: Worker, listener: socket.socket) -> SpawnProcess:
    process = _SPAWNED.Process(target=worker.answer, args=(listener,))
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
