"""Python's collector rests while asked to, and wakes when the last one has left."""

from __future__ import annotations

import gc
from threading import Barrier, Thread

import pytest

from revrec.collector import collector_at_rest


def test_it_rests_inside_and_is_awake_after():
    """Also when what is inside fails."""
    with pytest.raises(ValueError, match="inside"), collector_at_rest():  # noqa: PT012
        assert not gc.isenabled()
        raise ValueError("inside")

    assert gc.isenabled()


def test_whoever_leaves_first_does_not_wake_it():
    """Two threads are inside together; it wakes with the last."""
    both, one_left = Barrier(2, timeout=10), Barrier(2, timeout=10)
    seen: list[bool] = []

    def first():
        with collector_at_rest():
            both.wait()
        one_left.wait()

    thread = Thread(target=first)
    thread.start()
    with collector_at_rest():
        both.wait()
        one_left.wait()
        seen.append(gc.isenabled())
    thread.join()

    assert seen == [False]
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    """Whoever turned it off keeps it off."""
    gc.disable()
    try:
        with collector_at_rest():
            pass

        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_made_at_rest_counts_as_old():
    """It is among what is walked least, without having been walked."""
    gc.collect()
    with collector_at_rest():
        made: list[object] = []

    assert any(each is made for each in gc.get_objects(generation=2))


def test_what_somebody_froze_stays_frozen():
    """To thaw it is for whoever froze it."""
    gc.freeze()
    try:
        with collector_at_rest():
            pass

        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
