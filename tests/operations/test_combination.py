"""Contracts found to be one after they were posted apart."""

from __future__ import annotations

from collections import Counter

import pytest

from revrec.operations.close import close_period, flash_close, waive_gate
from revrec.operations.computing import posted_detail
from revrec.operations.facts import record_facts
from revrec.operations.inspect import by_account, open_combinations
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.books import facts_of, send, write_usage
from tests.scenarios.step1 import scenario
from tests.scenarios.test_step1_combination import (
    JAN_1,
    billed,
    decided,
    delivered,
    licence,
    platform,
)

JANUARY, FEBRUARY, MARCH = Period(2026, 1), Period(2026, 2), Period(2026, 3)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}


def tell(workspace: Workspace, *contracts, events=()):
    """Record the facts of a scenario."""
    record_facts(workspace, facts_of([scenario(*contracts, events=events)]), source="test")


def waive(workspace: Workspace, period: Period) -> None:
    """Close over the question whether contracts are one."""
    people = {"requested_by": "ada", "approved_by": "grace"}
    gate = "combinations-are-decided"
    waive_gate(workspace, period, gate, **people, reason="the contracts are with counsel")


def balances(workspace: Workspace) -> Counter[tuple[str, str]]:
    """Posted so far by contract and account, in minor units."""
    sums: Counter[tuple[str, str]] = Counter()
    for row in workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist():
        sums[row["contract"], row["account"]] += row["amount"]
    return Counter({key: amount for key, amount in sums.items() if amount})


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A platform and a license given away with it; January closed with each on its own."""
    events = [billed(JAN_1, "12000.00", "A"), delivered(JAN_1)]
    tell(workspace, platform(), licence(), events=events)
    waive(workspace, JANUARY)
    close_period(workspace, JANUARY, **PEOPLE)
    return workspace


def test_what_was_posted_apart_is_taken_back_in_the_open_period(workspace: Workspace) -> None:
    """After February nothing stands under the two; under the combination 3,000 + 2 x 750."""
    assert balances(workspace)["A", "revenue"] == -1_000_00
    assert [("A", "B")] == [each.contracts for each in open_combinations(workspace)]

    tell(workspace, events=[decided("A", "B")])
    close_period(workspace, FEBRUARY, **PEOPLE)

    posted = balances(workspace)
    assert {"DEAL"} == {contract for contract, _ in posted}
    assert posted["DEAL", "revenue"] == -4_500_00
    assert posted["DEAL", "receivable"] == 12_000_00
    assert posted["DEAL", "contract_liability"] == -7_500_00
    assert [] == open_combinations(workspace)
    assert verify(workspace)
    told = report(workspace, JANUARY, FEBRUARY)
    assert [] == [each.name for each in told.tie_outs if each.difference]


def test_a_combination_given_up_is_taken_back_too(workspace: Workspace) -> None:
    """Refused in March under the same name: the two stand alone again."""
    tell(workspace, events=[decided("A", "B")])
    close_period(workspace, FEBRUARY, **PEOPLE)

    tell(workspace, events=[decided("A", "B", outcome="refused")])
    assert by_account(flash_close(workspace, MARCH))
    close_period(workspace, MARCH, **PEOPLE)

    posted = balances(workspace)
    assert {"A"} == {contract for contract, _ in posted}
    assert posted["A", "revenue"] == -3_000_00
    assert verify(workspace)


def test_usage_in_the_ledger_is_counted_for_the_combination(workspace: Workspace, tmp_path) -> None:
    """A row sent for one contract earns its fee under the combined one."""
    metered = {
        "obligations": [{"id": "tokens", "product": "tokens", "measure": "usage"}],
        "consideration": [{"id": "use", "kind": "usage", "obligation": "tokens"}],
    }
    tell(workspace, licence(id="D", **metered))
    row = {
        "source": "gateway",
        "usage_id": "u-1",
        "contract": "D",
        "meter": "tokens",
        "usage_date": "2026-02-10",
        "quantity": "1",
        "unit": "token",
        "amount": "40.00",
        "currency": "USD",
    }
    send(workspace, write_usage(tmp_path / "usage.ndjson", [row]))
    tell(workspace, events=[decided("A", "D")])

    waive(workspace, FEBRUARY)
    close_period(workspace, FEBRUARY, **PEOPLE)

    # Two months of 1,000 and 40 of use.
    assert balances(workspace)["DEAL", "revenue"] == -2_040_00
