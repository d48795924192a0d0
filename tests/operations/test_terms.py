"""Shortened terms, deposits and changed prices through closes and the report."""

from __future__ import annotations

from datetime import date

import pytest

from revrec.operations.close import close_period
from revrec.operations.facts import record_facts
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.books import facts_of
from tests.scenarios.step1 import scenario, subscription

JANUARY, MARCH = Period(2026, 1), Period(2026, 3)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
JAN_1, FEB_10, MAR_1 = date(2026, 1, 1), date(2026, 2, 10), date(2026, 3, 1)

MONTHLY = [{"id": "fee", "kind": "fixed", "amount": "1000.00", "charged": "monthly"}]
CANCELLABLE = subscription(termination=[{"notice_days": 30}], consideration=MONTHLY)
UNMET = subscription(unmet_criteria=["collectibility"])


def modified(**more):
    """A modification of contract C."""
    return {"kind": "modification", "id": "M-1", "contract": "C", "on": FEB_10, **more}


def assessed(on: date = MAR_1, **more):
    """An assessment of contract C."""
    return {"kind": "assessment", "id": "A-1", "contract": "C", "on": on, **more}


PAID = {"kind": "payment", "id": "P-1", "contract": "C", "on": JAN_1, "amount": "5000.00"}


@pytest.mark.parametrize(
    ("contract", "events"),
    [
        (CANCELLABLE, []),
        (
            CANCELLABLE,
            [modified(revises_consideration=[MONTHLY[0] | {"amount": "1600.00"}])],
        ),
        (CANCELLABLE, [modified(end=date(2026, 2, 28))]),
        (subscription(consideration=MONTHLY), [modified(end=date(2026, 6, 30))]),
        (subscription(), [modified(price_change="1200.00", unpriced=True)]),
        (UNMET, [PAID]),
        (UNMET, [PAID, assessed()]),
        (UNMET, [PAID, assessed(event="terminated", non_refundable=True)]),
        (
            subscription(),
            [PAID, assessed(unmet=["collectibility"], significant_change="insolvency")],
        ),
    ],
)
def test_a_quarter_closes_and_its_report_ties(workspace: Workspace, contract, events) -> None:
    """Journal, invariants and disclosures agree whatever the term and the contract's existence."""
    record_facts(workspace, facts_of([scenario(contract, events=events)]), source="test")
    for month in JANUARY.through(MARCH):
        close_period(workspace, month, **PEOPLE)

    assert verify(workspace)
    told = report(workspace, JANUARY, MARCH)
    assert [] == [f"{each.name} {each.difference}" for each in told.tie_outs if each.difference]
