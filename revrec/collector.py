"""Python's collector of reference cycles, at rest while many records are made that all stay.

It would walk what was made so far over and over, for a quarter of the time of steps 1-4, and free
nothing: the records form no cycles. What is let go meanwhile is freed by its reference count.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class _Sleepers:
    """Who keeps the collector at rest; the last one to leave wakes it, if it was awake."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._inside = 0
        self._was_awake = False

    def enter(self) -> None:
        """One more inside."""
        with self._lock:
            if not self._inside:
                self._was_awake = gc.isenabled()
                gc.disable()
            self._inside += 1

    def leave(self) -> None:
        """One less inside."""
        with self._lock:
            self._inside -= 1
            if not self._inside and self._was_awake:
                _count_as_old()
                gc.enable()


def _count_as_old() -> None:
    """What was made stays: it joins the oldest records, which are walked least, unwalked.

    Not where something is frozen already: to thaw it is for whoever froze it.
    """
    if not gc.get_freeze_count():
        gc.freeze()
        gc.unfreeze()


_SLEEPERS = _Sleepers()


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """No walk for cycles inside, whichever thread asks; threads may be inside together."""
    _SLEEPERS.enter()
    try:
        yield
    finally:
        _SLEEPERS.leave()
