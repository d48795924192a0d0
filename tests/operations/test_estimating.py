"""Estimates from recorded facts and use to proposals, approvals, and revenue in a close."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest

from revrec.errors import Conflict, NotFound, SelfApproval
from revrec.feeds.records import fact_of
from revrec.model.proposal import DecidedOutcome, Standing
from revrec.operations.close import flash_close
from revrec.operations.estimating import (
    decide_proposal,
    override_estimate,
    propose_estimates,
    waiting_proposals,
)
from revrec.operations.facts import record_facts
from revrec.operations.inspect import by_account
from revrec.operations.looking_back import look_back_on
from revrec.periods import Period
from revrec.store import facts
from tests.books import send, write_usage

FIRST = date(2025, 7, 1)
AS_OF = date(2026, 3, 31)
CONTRACTS = 34


def contract(number):
    """Access for a year, and a shortfall fee below 1,000 calls."""
    return {
        "kind": "contract", "id": f"C-{number:02}", "customer": f"c-{number}",
        "currency": "USD", "inception": str(FIRST), "end": "2026-06-30", "segment": "mid",
        "obligations": [
            {"id": "access", "product": "platform", "measure": "days",
             "standalone_selling_price": "3650.00", "meters": ["calls"]},
        ],
        "consideration": [
            {"id": "fee", "kind": "fixed", "amount": "3650.00"},
            {"id": "short", "kind": "variable", "amount": "0", "obligation": "access"},
        ],
    }  # fmt: skip


def component(number, **changes):
    """The shortfall of a contract."""
    return {
        "kind": "variable_component", "id": f"V-{number:02}", "contract": f"C-{number:02}",
        "on": str(FIRST), "component": "shortfall", "method": "expected_value",
        "consideration": "short", "threshold": "1000", "unit_price": "1", "meters": ["calls"],
        **changes,
    }  # fmt: skip


def used(number):
    """Calls of nine months, even but for a slow wave: a little more than 500 in a year."""
    days = (AS_OF - FIRST).days + 1
    return [
        {
            "source": "gateway", "usage_id": f"u-{number}-{day}", "contract": f"C-{number:02}",
            "meter": "calls", "usage_date": str(FIRST + timedelta(day)),
            "quantity": str(round(10 + 4 * math.sin(day + number), 3)), "unit": "call",
            "amount": "0", "currency": "USD",
        }
        for day in range(0, days, 7)
    ]  # fmt: skip


@pytest.fixture
def books(workspace, tmp_path):
    """Thirty-four contracts alike, each with its component."""
    told = [make(n) for n in range(CONTRACTS) for make in (contract, component)]
    record_facts(workspace, [fact_of(each, "test") for each in told], source="test")
    rows = [row for number in range(CONTRACTS) for row in used(number)]
    send(workspace, write_usage(tmp_path / "usage.ndjson", rows))
    return workspace


def test_a_first_estimate_waits_then_stands_while_it_moves_little(books):
    """About 480 calls short at 1.00; approved by another, it is a fact and revenue follows."""
    run = propose_estimates(books.acting_as("model"), AS_OF)

    assert (CONTRACTS, True, {}) == (len(run.proposals), run.new, run.refused)
    assert {Standing.WAITS} == {each.standing for each in run.proposals}
    first = run.proposals[0]
    assert Decimal(420) < Decimal(first.evidence["unconstrained"]) < Decimal(540)
    assert Decimal(first.evidence["included"]) <= Decimal(first.evidence["unconstrained"])
    assert Decimal(first.evidence["reversal"]) <= Decimal(first.evidence["tolerated"])
    for each in waiting_proposals(books):
        decide_proposal(books.acting_as("grace"), each.id, approve=True, note="fits the look-back")
    assert [] == waiting_proposals(books)

    shown = by_account(flash_close(books, Period(2026, 3)))
    revenue = sum(int(each["amount"]) for each in shown if each["account"] == "revenue")
    included = sum(Decimal(each.evidence["included"]) for each in run.proposals)
    price = 365_000 * CONTRACTS + int(included * 100)
    # 274 of 365 days are over.
    assert abs(-revenue - price * 274 // 365) <= CONTRACTS

    again = propose_estimates(books.acting_as("model"), date(2026, 4, 14))
    stands = [each for each in again.proposals if each.standing is Standing.STANDS]
    assert len(stands) > CONTRACTS // 2
    change = stands[0].evidence["change"]
    assert str(AS_OF) == change["since"]
    parts = sum(Decimal(change[part]) for part in ("usage", "mix", "price", "method"))
    assert parts == Decimal(change["after"]) - Decimal(change["before"])


def test_the_same_run_again_is_the_same_run(books):
    """The same data and seed: nothing is added, and what is shown is what was recorded."""
    first = propose_estimates(books, AS_OF, seed=3)
    before = books.run(facts.last_seq)
    second = propose_estimates(books, AS_OF, seed=3)
    other = propose_estimates(books, AS_OF, seed=4)

    assert (True, False, True) == (first.new, second.new, other.new)
    assert [each.evidence for each in first.proposals] == [
        each.evidence for each in sorted(second.proposals, key=lambda e: order(first, e))
    ]
    assert before == books.run(facts.last_seq)


def order(run, proposal):
    """The place of a proposal's component in a run."""
    return [each.subject for each in run.proposals].index(proposal.subject)


def test_nobody_decides_of_what_they_prepared(books):
    """Not in the program and, with the program out of the way, not in the database."""
    mine = override_estimate(
        books.acting_as("ada"), "V-01", Decimal("300.00"), as_of=AS_OF, basis="a letter"
    )

    with pytest.raises(SelfApproval):
        decide_proposal(books.acting_as("ada"), mine.id, approve=True)

    def around(tx):
        tx.connection.execute(
            "insert into records.proposal_decision values (%s, %s, 'ada', 'ada', now(),"
            " 'approved', '')",
            [tx.entity, mine.id],
        )

    with pytest.raises((SelfApproval, psycopg.Error)):
        books.run(around)
    assert [mine.id] == [each.id for each in waiting_proposals(books) if each.subject == "V-01"]


def test_a_decision_names_who_prepared(books):
    """Another name in the row would let the same person in by the back door."""
    mine = override_estimate(
        books.acting_as("ada"), "V-01", Decimal("300.00"), as_of=AS_OF, basis="a letter"
    )

    def around(tx):
        tx.connection.execute(
            "insert into records.proposal_decision values (%s, %s, 'bob', 'ada', now(),"
            " 'approved', '')",
            [tx.entity, mine.id],
        )

    with pytest.raises(Exception, match="Nobody of the name bob prepared"):
        books.run(around)


def test_an_override_counts_once_approved_and_only_once(books):
    """The fact it proposes is recorded with the approval; a second decision is refused."""
    mine = override_estimate(
        books.acting_as("ada"), "V-02", Decimal("250.00"), as_of=AS_OF, basis="a letter"
    )
    made = decide_proposal(books.acting_as("ben"), mine.id, approve=True, note="seen the letter")

    assert ("ada", "ben", DecidedOutcome.APPROVED) == (
        made.prepared_by, made.approved_by, made.outcome
    )  # fmt: skip
    known = books.run(lambda tx: facts.read(tx, among=["C-02"], of_none=False))
    (estimate,) = [each.fact.body for each in known if each.fact.kind == "estimate"]
    assert ("250.00", "a letter") == (estimate["amount"], estimate["basis"])
    with pytest.raises(Conflict, match="approved by ben"):
        decide_proposal(books.acting_as("cleo"), mine.id, approve=False)


def test_a_rejected_proposal_records_nothing(books):
    """Its evidence stays, its facts do not come."""
    mine = override_estimate(books, "V-02", Decimal(1), as_of=AS_OF, basis="a guess")
    before = books.run(facts.last_seq)
    decide_proposal(books.acting_as("ben"), mine.id, approve=False, note="no support")

    assert before == books.run(facts.last_seq)
    assert [] == waiting_proposals(books)


def test_a_component_that_cannot_be_estimated_stops_no_other(books):
    """It is refused with its field; an unknown name and a missing reason are refused too."""
    wrong = component(99, contract="C-01", threshold=None)
    wrong.pop("threshold")
    record_facts(books, [fact_of(wrong, "test")], source="test")

    run = propose_estimates(books, AS_OF)

    assert ["V-99"] == list(run.refused)
    assert "needs threshold" in str(run.refused["V-99"])
    assert len(run.proposals) == CONTRACTS
    with pytest.raises(NotFound):
        override_estimate(books, "V-77", Decimal(1), as_of=AS_OF, basis="x")
    with pytest.raises(Conflict):
        override_estimate(books, "V-01", Decimal(1), as_of=AS_OF, basis=" ")


def test_a_look_back_compares_what_counted_with_what_came_out(books):
    """At the end of the term a contract used 390 calls or 1,300: the fee is 610.00, or nothing."""
    run = propose_estimates(books.acting_as("model"), AS_OF)
    for each in run.proposals:
        decide_proposal(books.acting_as("grace"), each.id, approve=True)
    told = {"kind": "component_outcome", "on": "2026-07-01", "final": True}
    ends = [
        {**told, "id": "O-1", "contract": "C-01", "component": "V-01", "quantity": "1300",
         "amount": "0.00"},
        {**told, "id": "O-2", "contract": "C-02", "component": "V-02", "quantity": "390",
         "amount": "610.00"},
    ]  # fmt: skip
    record_facts(books, [fact_of(each, "test") for each in ends], source="test")

    found = look_back_on(books, date(2026, 7, 31))

    by_component = {each.component: each for each in found.past}
    assert by_component["V-01"].is_reversed
    assert not by_component["V-02"].is_reversed
    assert Decimal("610.00") == by_component["V-02"].actual
    # The term of the others is over too: their use in the ledger says what they came to.
    assert len(found.past) == CONTRACTS
    assert found.groups[0].count == CONTRACTS


def test_a_change_of_currency_is_little_experience(books):
    """What a customer used under a contract in another currency says less of this one."""
    before = {**contract(50), "customer": "c-3", "currency": "EUR", "inception": "2025-01-01",
              "end": "2025-06-30"}  # fmt: skip
    record_facts(books, [fact_of(before, "test")], source="test")

    run = propose_estimates(books, AS_OF)

    told = {each.subject: each.evidence for each in run.proposals}
    assert ["currency_changed"] == told["V-03"]["doubts"]
    assert "little_experience" in told["V-03"]["factors"]
    assert "currency_changed" not in told["V-04"]["doubts"]


def test_what_is_final_is_not_estimated_again(books):
    """An outcome ends a component's uncertainty."""
    final = {
        "kind": "component_outcome", "id": "O-1", "contract": "C-01", "on": "2026-03-30",
        "component": "V-01", "quantity": "520", "final": True, "amount": "480.00",
    }  # fmt: skip
    record_facts(books, [fact_of(final, "test")], source="test")

    run = propose_estimates(books, AS_OF)

    assert "V-01" not in {each.subject for each in run.proposals}
