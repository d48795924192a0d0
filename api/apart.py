"""Work on files in a process of its own, which stands back and ends with the one that asks.

What it holds in memory goes with it, and who asks goes on answering others meanwhile. It is forked
from one that has imported the program and does nothing else: to import it takes as long as to
compute a small report, and one with threads must not be forked.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from pathlib import Path

from revrec.errors import StoreError
from revrec.operations.people import NAMELESS
from revrec.operations.workspace import Workspace, open_workspace
from revrec.runtime.logging import configure
from revrec.runtime.settings import Settings

_NICE = 5
"""How far the work stands back behind answers where both want a processor."""
_FORKED = get_context("forkserver")
_IMPORTED = ["revrec.cli", "api.kept_reports"]
"""The program that runs and what computes reports."""
_AT_ONCE = threading.BoundedSemaphore(1)
"""So many processes beside this one."""
Work = Callable[[Workspace, Path], None]
"""Fills an empty folder; a function of a module, or ``partial`` of one."""


def run_apart(settings: Settings, work: Work, folder: Path) -> None:
    """Fill a folder in a process of its own, one at a time.

    Raises what the work raises, and StoreError where the process was killed.
    """
    _FORKED.set_forkserver_preload(_IMPORTED)  # heard when the first is asked for
    try:
        with (
            _AT_ONCE,
            ProcessPoolExecutor(
                1,
                mp_context=_FORKED,
                initializer=_stand_back,
                initargs=(settings.log_level,),
            ) as alone,
        ):
            alone.submit(_worked, settings, work, folder).result()
    except BrokenProcessPool as error:
        raise StoreError(
            "The process that computes what was asked for ended before it was done.",
            remedy="Ask again; if it ends every time, give the machine more memory.",
        ) from error


def _stand_back(log_level: str) -> None:
    configure(log_level)
    os.nice(_NICE)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was begun is finished for who waits
    above = parent_process()
    assert above is not None, "runs under another process"

    def watch() -> None:
        above.join()
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="watch", daemon=True).start()


def _worked(settings: Settings, work: Work, folder: Path) -> None:
    with open_workspace(settings, actor=NAMELESS) as books:
        work(books, folder)
