"""Two years of the sample company, closed one month after another."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from revrec.operations.close import close_period
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.demo.test_arrival import take_in
from tests.operations.test_long_life import opening_and_closing

FIRST, LAST = Period(2026, 1), Period(2027, 12)


@pytest.fixture
def workspace(database, lake):
    """The sample company's books, empty at first."""
    return Workspace(database=database, lake=lake, entity=607, actor="feed")


@pytest.mark.torture
@pytest.mark.timeout(3600)
def test_every_rollforward_opens_where_the_last_ended(sample, workspace, clock):
    """After the quarter with its facts come months in which time alone passes.

    Each month is reported by itself, with every tie-out at zero, and verified at the end.
    """
    manifest = sample.manifest
    steps = [(file.arrives, file.path, file) for file in manifest.files]
    steps += [(close.at, close.period, close) for close in manifest.closes]
    for at, _, step in sorted(steps, key=lambda step: step[:2]):
        clock.time = at
        take_in(workspace, sample.folder, step)
    told = {close.period for close in manifest.closes}
    ends = {}
    for month in FIRST.through(LAST):
        if str(month) not in told:
            clock.time = datetime(month.next.year, month.next.number, 5, 17, tzinfo=UTC)
            close_period(workspace, month, prepared_by="ada", approved_by="grace")
        found = opening_and_closing(workspace, month, month)
        starts = {key: lines["Opening"] for key, lines in found.items()}

        assert ends in ({}, starts)
        ends = {key: lines["Closing"] for key, lines in found.items()}

    assert ends
    assert len(verify(workspace)) == 5
