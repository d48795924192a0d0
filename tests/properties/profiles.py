"""How many random examples: profile ``commit`` by default, ``torture`` with REVREC_TORTURE=1.

Every failure prints a blob that replays it: ``@reproduce_failure(...)``, and is remembered in
``.hypothesis`` until it passes.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

TORTURE = os.environ.get("REVREC_TORTURE") == "1"

_SLOW_IS_FINE = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
    HealthCheck.filter_too_much,
)
_COMMIT = settings(
    deadline=None, print_blob=True, max_examples=500, suppress_health_check=_SLOW_IS_FINE
)
settings.register_profile("commit", _COMMIT)
settings.register_profile("torture", _COMMIT, max_examples=10_000)


def examples(commit: int, torture: int) -> settings:
    """The profile in force, with a number of examples that fits what one costs."""
    profile = settings.get_profile("torture" if TORTURE else "commit")
    return settings(profile, max_examples=torture if TORTURE else commit)


often = examples(commit=500, torture=10_000)
"""For examples that cost next to nothing."""
