"""How many random examples, and which: profile ``commit`` by default, else ``torture``.

A commit is judged by the same examples each time, so that it fails for what it changed and not by
chance. ``make torture`` (REVREC_TORTURE=1) draws new ones, many more; what fails there is
remembered in ``.hypothesis`` until it passes. Every failure prints a blob that replays it:
``@reproduce_failure(...)``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, seed, settings
from hypothesis.internal.conjecture import providers

_Test = TypeVar("_Test", bound=Callable[..., Any])

TORTURE = os.environ.get("REVREC_TORTURE") == "1"

_SLOW_IS_FINE = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.filter_too_much,
    HealthCheck.function_scoped_fixture,
)
_COMMIT = settings(
    deadline=None, print_blob=True, max_examples=500, suppress_health_check=_SLOW_IS_FINE
)
settings.register_profile("commit", _COMMIT, derandomize=True)
settings.register_profile("torture", _COMMIT, max_examples=10_000)


def load() -> None:
    """Put the profile in force, also for tests that tell settings of their own.

    Hypothesis mixes constants of the modules imported so far into what it draws. Which those are
    depends on the tests that ran before in the worker, so a commit does without.
    """
    if not TORTURE:
        providers._get_local_constants = providers.Constants
    settings.load_profile("torture" if TORTURE else "commit")


load()


def examples(commit: int, torture: int) -> settings:
    """The profile in force, with a number of examples that fits what one costs."""
    profile = settings.get_profile("torture" if TORTURE else "commit")
    return settings(profile, max_examples=torture if TORTURE else commit)


def part(number: int) -> Callable[[_Test], _Test]:
    """Other examples for each part of a test that workers share; new ones under torture."""
    return (lambda test: test) if TORTURE else seed(number)


often = examples(commit=500, torture=10_000)
"""For examples that cost next to nothing."""
