"""One contract read by itself says what it says among all of them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from revrec import engine
from revrec.audit.explain import explain
from revrec.errors import ContractError, NotFound
from revrec.feeds.records import fact_of
from revrec.operations.computing import read_inputs
from revrec.operations.contracts import contract_schedule, explain_contract
from revrec.operations.facts import record_facts
from revrec.recognition.counts import usage_by_obligation
from tests.api.requests import CONTRACT
from tests.books import examples, facts_of, send, usage_rows, write_usage

DAY = date(2026, 6, 30)


@pytest.fixture
def told(workspace):
    """Records facts."""

    def telling(*records):
        given = [fact_of(each, "test") for each in records]
        return record_facts(workspace, given, source="test")

    return telling


BILL = {
    "kind": "invoice",
    "id": "I-1",
    "contract": "C-1",
    "on": "2026-01-05",
    "lines": [{"amount": "100.00"}],
}
COMBINED = {
    "kind": "combination",
    "id": "DEAL",
    "on": "2026-01-02",
    "contracts": ["C-1", "C-2"],
    "outcome": "confirmed",
    "reasons": ["one_objective"],
    "by": "grace",
}
COMMISSION = {
    "kind": "contract_cost",
    "id": "K-1",
    "contract": "C-3",
    "on": "2026-01-01",
    "amount": "365.00",
    "incremental": True,
    "shared": {"C-3": "1", "C-4": "3"},
    "currency": "USD",
}
POOL = {"kind": "credit_pool", "id": "P", "on": "2026-01-01", "contracts": ["C-4", "C-5"]}


def test_a_contract_alone_is_what_it_is_among_all(workspace, told, tmp_path):
    """Combined contracts, pools of credits, shared costs, metered use: the same explanation."""
    scenarios = examples()
    record_facts(workspace, facts_of(scenarios), source="test")
    access = [{**CONTRACT["obligations"][0], "standalone_selling_price": "36500"}]
    ours = [{**CONTRACT, "id": f"C-{n}", "obligations": access} for n in range(1, 6)]
    told(*ours, COMBINED, COMMISSION, POOL)
    send(workspace, write_usage(tmp_path / "usage.ndjson", usage_rows(scenarios)))
    inputs = workspace.run(lambda tx: read_inputs(tx, workspace.lake, None), read_only=True)
    counts = usage_by_obligation(inputs.usage, inputs.book.histories.values())
    accounting = engine.account(inputs.book, [DAY], usage=[counts])
    used = sorted(set(inputs.usage["contract"].unique().to_pylist()))
    names = {*sorted(inputs.book.histories)[::20], *used[::10], "DEAL", *(c["id"] for c in ours)}

    for name in sorted(names):
        whole = _or_refusal(lambda: explain(inputs.book, accounting, name, DAY))  # noqa: B023
        assert whole == _or_refusal(lambda: explain_contract(workspace, name, DAY))  # noqa: B023
    deal = explain_contract(workspace, "DEAL", DAY)
    assert "36200.00 USD" == str(deal.balances["recognised"])
    with pytest.raises(NotFound, match="as part of DEAL"):
        explain_contract(workspace, "C-1", DAY)


def _or_refusal(tell):
    """What is told, or why it is not."""
    try:
        return tell()
    except (ContractError, NotFound) as error:
        return str(error)


def test_what_is_kept_is_never_stale(workspace, told, clock):
    """New facts of the contract, of none, and a bill that was told of another change the answer."""
    told(CONTRACT, {**CONTRACT, "id": "C-2"}, BILL)
    moment = clock.now()
    clock.advance(timedelta(minutes=1))

    def billed(**asked):
        return [
            str(explain_contract(workspace, name, DAY, **asked).balances["billed"])
            for name in ("C-1", "C-2")
        ]

    assert ["100.00 USD", "0.00 USD"] == billed()
    told({**BILL, "contract": "C-2"})
    assert ["0.00 USD", "100.00 USD"] == billed()
    told({**BILL, "contract": "C-2", "lines": [{"amount": "70.00"}]})
    assert ["0.00 USD", "70.00 USD"] == billed()
    assert ["100.00 USD", "0.00 USD"] == billed(known_at=moment)


def test_a_schedule_goes_from_the_first_period_to_the_last(workspace, told):
    """36,500.00 over 365 days: 100.00 a day; billed at once, so a liability runs off."""
    told(
        CONTRACT,
        {**BILL, "lines": [{"amount": "36500.00"}]},
    )
    found = contract_schedule(workspace, "C-1")

    assert [
        ("2026-01", "3100.00", "3100.00"),
        ("2026-02", "2800.00", "5900.00"),
        ("2026-12", "3100.00", "36500.00"),
    ] == [
        (str(each.period), str(each.amount.decimal), str(each.to_date.decimal))
        for each in found.lines
        if each.period.number in {1, 2, 12}
    ]
    assert ["33400.00", "30600.00", "0.00"] == [
        str(each.balances["contract_liability"].decimal)
        for each in found.standing
        if str(each.period) in {"2026-01", "2026-02", "2026-12"}
    ]
    with pytest.raises(NotFound):
        contract_schedule(workspace, "C-9")
