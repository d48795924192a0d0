"""Fixtures of tests with many sessions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.concurrency.watching import Watch


@pytest.fixture
def watch(database_url: str) -> Iterator[Watch]:
    """Sees which sessions of the module's database wait."""
    watching = Watch(database_url)
    yield watching
    watching.close()
