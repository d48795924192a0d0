"""Control totals prove what they claim, or are not made."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from revrec.errors import InvariantViolated
from revrec.usage.totals import ControlTotals, Total

ONE = Total(rows=1, quantity=Decimal("0.5"), amount=Decimal(2))
DAY = date(2026, 1, 15)


def account(received: Total, accepted: Total, by_day: Total) -> ControlTotals:
    """A batch without duplicates or quarantined rows."""
    return ControlTotals(
        batch="b",
        name="n",
        recorded_at=datetime(2026, 2, 1, tzinfo=UTC),
        recorded_by="metering",
        received=received,
        accepted=accepted,
        duplicate=Total(),
        quarantined=Total(),
        days={DAY: by_day},
    )


def test_totals_add_up_to_the_last_of_thirty_eight_digits() -> None:
    """Python's decimals round at 28 digits unless told otherwise."""
    large = Total(rows=1, quantity=Decimal("50661323812405453680.576737540"))
    small = Total(rows=1, quantity=Decimal("0.000000001"))

    assert Decimal("50661323812405453680.576737541") == (large + small).quantity


@pytest.mark.parametrize(
    "lost",
    [
        Total(rows=2, quantity=Decimal("0.5"), amount=Decimal(2)),
        Total(rows=1, quantity=Decimal("0.6"), amount=Decimal(2)),
        Total(rows=1, quantity=Decimal("0.5"), amount=Decimal(3)),
    ],
)
def test_a_row_lost_between_door_and_ledger_stops_the_batch(lost: Total) -> None:
    """In count, in quantity or in amount alone."""
    assert ONE == account(ONE, ONE, ONE).accepted
    with pytest.raises(InvariantViolated, match="received"):
        account(lost, ONE, ONE)
    with pytest.raises(InvariantViolated, match="its days sum to"):
        account(ONE, ONE, lost)
