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
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from multiprocessing import parent_process
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.supervisors import Multiprocess

from api.app import Service, create_app
from revrec.operations.people import NAMELESS
from revrec.operations.workspace import open_workspace
from revrec.runtime.logging import configure
from revrec.runtime.metrics import shared_in
from revrec.runtime.settings import Settings

_SILENT_SECONDS = 120
"""A process that does not answer for so long is replaced; a loaded machine takes long to begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Makes the application in a process of its own; called there."""

    settings: Settings
    open_key: str | None

    def __call__(self) -> Service:
        """The service over stores that are closed when the server has finished."""
        configure(self.settings.log_level)
        held = ExitStack()
        workspace = held.enter_context(open_workspace(self.settings, actor=NAMELESS))

        @asynccontextmanager
        async def closing(_: FastAPI) -> AsyncIterator[None]:
            with held:
                yield

        app = create_app(workspace, self.settings, open_key=self.open_key)
        app.state.is_stopping = _stopping()
        app.router.lifespan_context = closing
        _leave_with_parent()
        return app


def run_workers(worker: Worker, options: dict[str, Any], listener: socket.socket) -> None:
    """Answer in as many processes as the options say until SIGINT or SIGTERM.

    Each then finishes the requests under way. SIGHUP replaces them one by one.
    """
    with tempfile.TemporaryDirectory(prefix="revrec-metrics-") as folder:
        shared_in(Path(folder))
        config = uvicorn.Config(
            worker, factory=True, timeout_worker_healthcheck=_SILENT_SECONDS, **options
        )
        Multiprocess(config, [listener]).run()


def _stopping() -> Callable[[], bool]:
    """Tells whether the process was asked to stop; the server goes on to handle the signal."""
    asked = threading.Event()

    def heard(then: Callable[[int, FrameType | None], object]) -> Callable[..., None]:
        def hear(number: int, frame: FrameType | None) -> None:
            asked.set()
            then(number, frame)

        return hear

    for each in (signal.SIGINT, signal.SIGTERM):
        then = signal.getsignal(each)
        if callable(then):
            signal.signal(each, heard(then))
    return asked.is_set


def _leave_with_parent() -> None:
    """Stop as if asked to once the process above is gone: nobody would look after this one."""
    above = parent_process()
    if above is None:
        return

    def watch() -> None:
        above.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="watch", daemon=True).start()
