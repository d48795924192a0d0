"""Changes under control: their effect is shown before, and two people let them in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from revrec.errors import ApprovalNeeded, Conflict, FeedError, SelfApproval
from revrec.feeds.records import fact_of
from revrec.model.fact import Fact
from revrec.operations.changing import effect_of, propose_change
from revrec.operations.close import close_period
from revrec.operations.contracts import explain_contract
from revrec.operations.estimating import decide_proposal, waiting_proposals
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import facts

JANUARY, FEBRUARY, APRIL = Period(2026, 1), Period(2026, 2), Period(2026, 4)
CONTRACT = {
    "kind": "contract", "id": "C-1", "customer": "acme", "currency": "USD",
    "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-04-30",
    "obligations": [
        {"id": "licence", "product": "licence", "measure": "point_in_time"},
        {"id": "support", "product": "support", "measure": "even_months"},
    ],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "1200.00"}],
}  # fmt: skip
DELIVERY = {
    "kind": "delivery", "id": "D-1", "contract": "C-1", "obligation": "licence", "on": "2026-01-05"
}  # fmt: skip


def price(product: str, amount: str) -> Fact:
    """The selling price of a product, in force from the start of the year."""
    told = {"kind": "standalone_selling_price", "id": product, "product": product}
    told |= {"currency": "USD", "amount": amount, "effective_from": "2026-01-01"}
    return fact_of(told, "prices")


@pytest.fixture
def books(workspace: Workspace) -> Workspace:
    """1,200.00 for a licence and four months of support at 400 and 800; January is closed."""
    told = [fact_of(CONTRACT, "set-up"), fact_of(DELIVERY, "set-up"), price("licence", "400.00")]
    record_facts(workspace, [*told, price("support", "800.00")], source="set-up")
    close_period(workspace, JANUARY, prepared_by="ada", approved_by="grace")
    return workspace.acting_as("ada")


def test_the_effect_is_what_would_come_of_it(books: Workspace) -> None:
    """At 800 each the licence takes 600 at once and support 150 a month, in place of 400 and 200.

    January was closed with 600: of 750 the other 150 are posted to February, which has 150 itself
    in place of 200.
    """
    before = books.run(facts.last_seq, read_only=True)

    effect = effect_of(books, [price("licence", "800.00")], FEBRUARY, APRIL)

    assert (0, 1) == (effect.recorded.new, effect.recorded.corrected)
    assert [row[2:8] for row in effect.revenue.rows] == [
        ("licence", "USD", "2026-01", 40000, 60000, 20000),
        ("support", "USD", "2026-01", 20000, 15000, -5000),
        ("support", "USD", "2026-02", 20000, 15000, -5000),
        ("support", "USD", "2026-03", 20000, 15000, -5000),
        ("support", "USD", "2026-04", 20000, 15000, -5000),
    ]
    assert {
        "USD": {"2026-01": 15000} | dict.fromkeys(("2026-02", "2026-03", "2026-04"), -5000)
    } == (effect.totals)
    revenue = [
        row for row in effect.entries.rows if row[0] == "satisfaction" and row[1] == "revenue"
    ]
    assert [(-20000, -30000, -10000)] == [row[4:7] for row in revenue]
    assert 0 == sum(int(str(row[6])) for row in effect.entries.rows)
    assert before == books.run(facts.last_seq, read_only=True), "nothing was recorded"


def test_what_moves_many_contracts_needs_two_people(books: Workspace) -> None:
    """Recorded by one it is refused; proposed, it waits; approved by another it counts."""
    change = [price("licence", "800.00")]
    with pytest.raises(ApprovalNeeded, match="standalone_selling_price licence") as refused:
        record_facts(books, change, source="prices.yaml")
    assert ["standalone_selling_price licence"] == refused.value.attributes["facts"]
    assert 0 == record_facts(books, [price("licence", "400.00")], source="again").corrected

    proposal = propose_change(books, change, FEBRUARY, APRIL, note="new price list")

    assert proposal == replace(waiting_proposals(books)[0], proposed_at=None)
    assert 15000 == proposal.evidence["revenue_by_currency_and_month"]["USD"]["2026-01"]
    assert ("licence", 20000) == (
        proposal.evidence["largest"][0]["obligation"],
        proposal.evidence["largest"][0]["change"],
    )
    with pytest.raises(SelfApproval):
        decide_proposal(books, proposal.id, approve=True)
    decide_proposal(books.acting_as("grace"), proposal.id, approve=True, note="agreed")
    told = explain_contract(books, "C-1", FEBRUARY.last)
    assert any("600.00" in str(each) for each in told.earned)
    with pytest.raises(Conflict):
        propose_change(books, change, FEBRUARY, APRIL, note="new price list")


def test_changes_of_many_facts_wait_beside_each_other(books: Workspace) -> None:
    """They share all but their last fact; neither takes the other's place."""
    shared = [price(name, "1.00") for name in ("a", "b", "c")]
    for last in ("d", "e"):
        propose_change(books, [*shared, price(last, "1.00")], FEBRUARY, FEBRUARY, note="list")

    assert 2 == len({each.subject for each in waiting_proposals(books)})


def test_before_the_first_close_books_are_set_up_freely(workspace: Workspace) -> None:
    """Nothing was reported yet that a change could move."""
    record_facts(workspace, [price("licence", "400.00")], source="set-up")
    assert 1 == record_facts(workspace, [price("licence", "500.00")], source="again").corrected


def test_months_that_end_before_they_begin(books: Workspace) -> None:
    """The order of the months is told."""
    with pytest.raises(FeedError, match="2026-01, before 2026-02"):
        effect_of(books, [], FEBRUARY, JANUARY)
