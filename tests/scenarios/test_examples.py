"""Every published example holds to the cent."""

from __future__ import annotations

from pathlib import Path

import pytest

from revrec.audit.check import check
from revrec.feeds.scenario import read_scenario
from tests.books import EXAMPLES

FILES = sorted(EXAMPLES.rglob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(EXAMPLES)) for path in FILES])
def test_example(path: Path) -> None:
    """What the example expects is what comes out."""
    outcomes = check(read_scenario(path))

    assert outcomes
    assert [each for each in outcomes if not each.holds] == []
