"""On real customers, split by time, what is stated is what happens."""

from __future__ import annotations

import pytest

from tests.estimation.judging import POLICY, judge, luck
from tests.estimation.spending import OTHER_SPLITS, PATH, SPLITS, split


@pytest.mark.skipif(not PATH.is_file(), reason=f"{PATH.name} is not beside the project")
@pytest.mark.parametrize(("days", "steps"), SPLITS)
def test_real_spending_falls_where_it_was_said_to(days, steps):
    """2,357 customers who come, come back, burst and stay away; room for their luck."""
    holds(days, steps)


@pytest.mark.torture
@pytest.mark.skipif(not PATH.is_file(), reason=f"{PATH.name} is not beside the project")
@pytest.mark.parametrize(("days", "steps"), OTHER_SPLITS)
def test_other_days_do_no_worse(days, steps):
    """Days that no page shows."""
    holds(days, steps)


def holds(days, steps):
    """Coverage and reversals after so many days, for so many steps."""
    panel, spent = split(days, steps)

    found = judge(panel, spent, steps)

    for confidence, share in found.coverage.items():
        assert abs(share - confidence) <= 0.02 + luck(confidence, len(spent)), (confidence, share)
    tolerated = 1 - POLICY.probable
    assert found.reversals <= tolerated + luck(tolerated, found.at_risk)
