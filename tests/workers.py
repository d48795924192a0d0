"""A worker in a thread of the test, which looks at what it does meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from revrec.operations.worker import working
from revrec.operations.workspace import Workspace


@contextmanager
def worker_beside(workspace: Workspace) -> Iterator[None]:
    """A worker while the block runs; the job under way is finished."""
    loop = asyncio.new_event_loop()
    task = loop.create_task(working(workspace, wait=True, signals=False))

    def work() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)
        loop.close()

    thread = threading.Thread(target=work, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join()
