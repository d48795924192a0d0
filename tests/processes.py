"""Processes of the tests' own, which may be killed.

They are forked from one that has imported the program and done nothing else: the imports take
longer than most of what is done in them, and a child should die in its work and not on the way.
"""

from __future__ import annotations

from multiprocessing import get_context

PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["revrec.cli", "tests.usage.victim"])
