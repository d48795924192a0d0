"""Control totals add up on every usage day, whatever became of the rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import partial

import pytest

from revrec.errors import InvariantViolated, NotFound
from revrec.usage import control
from revrec.usage.quarantine import list_quarantine
from revrec.usage.releases import release
from revrec.usage.rules import RULES_VERSION
from revrec.usage.totals import ControlTotals, Fates, Total
from tests.usage.samples import told

FIRST, SECOND = date(2026, 1, 15), date(2026, 1, 16)


def total(rows=0, quantity=0, amount="0"):
    """A total."""
    return Total(rows=rows, quantity=Decimal(quantity), amount=Decimal(amount))


@pytest.fixture
def sent(send):
    """Two accepted on two days, a duplicate, an unknown contract, an absurd day, a bad quantity."""
    return send(
        [
            told(usage_id="1", amount="1"),
            told(usage_id="1", amount="1"),
            told(usage_id="2", usage_date="2026-01-16", amount="2"),
            told(usage_id="3", contract="nobody", amount="4"),
            told(usage_id="4", usage_date="January", amount="8"),
            told(usage_id="5", usage_date="2026-01-16", quantity="x", amount="16"),
        ],
        batch="b",
    )


EXPECTED = {
    FIRST: Fates(
        accepted=total(1, 1000, "1"), duplicate=total(1, 1000, "1"), quarantined=total(1, 1000, "4")
    ),
    SECOND: Fates(accepted=total(1, 1000, "2"), quarantined=total(1, 0, "16")),
    None: Fates(quarantined=total(1, 1000, "8")),
}


def test_every_fate_is_told_by_day(sent):
    """Days in order, the unreadable last; each adds up, and all of them to the batch."""
    assert list(EXPECTED.items()) == list(sent.fates.items())
    assert total(3, 3000, "6") == sent.fates[FIRST].received
    assert sent.received == sum(sent.fates.values(), Fates()).received


@pytest.mark.usefixtures("sent")
def test_a_batch_is_asked_for(run, sent):
    """The same totals, the same rules; one that is not there is not found."""
    assert sent == run(partial(control.batch_of, batch="b"))
    assert RULES_VERSION == sent.rules
    with pytest.raises(NotFound, match="no batch 'c'"):
        run(partial(control.batch_of, batch="c"))


@pytest.mark.usefixtures("sent")
def test_batches_and_days_are_listed(run, send, lake):
    """Over all batches; what is released is received again, and waits no more."""
    send([told(usage_id="6", usage_date="2026-01-16", amount="32")], batch="a")
    row = next(row.id for row in run(list_quarantine) if row.reason == "malformed-quantity")
    fixed = {row: {"quantity": "7"}}
    run(lambda tx: release(tx, lake, [row], note="slip", corrections=fixed))

    listed = run(control.list_batches)
    days = {each.day: each for each in run(control.list_days)}

    assert {"a", "b"} < {each.batch for each in listed}
    assert 3 == len(listed)
    assert all(each.received == each.fates.received for each in listed)
    assert (EXPECTED[FIRST], 1) == (days[FIRST].fates, days[FIRST].waiting)
    assert (total(3, 2007, "50"), 0) == (days[SECOND].fates.accepted, days[SECOND].waiting)
    assert total(4, 2007, "66") == days[SECOND].fates.received
    assert (EXPECTED[None], 1) == (days[None].fates, days[None].waiting)
    assert [SECOND, None] == [each.day for each in run(partial(control.list_days, first=SECOND))]


def test_days_that_do_not_add_up_are_refused(clock):
    """A batch whose days say something else is never recorded."""
    with pytest.raises(InvariantViolated, match="its days sum to"):
        ControlTotals(
            batch="b",
            name="n",
            recorded_at=clock.now(),
            recorded_by="a",
            received=total(1),
            accepted=total(),
            duplicate=total(1),
            quarantined=total(),
            fates={FIRST: Fates(quarantined=total(1))},
        )
