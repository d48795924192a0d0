"""Closing periods on both stores, with the example contracts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from revrec.errors import PeriodClosed, PeriodNotReady, SelfApproval
from revrec.feeds.records import fact_of
from revrec.ledger.subledger import POSTED
from revrec.operations.close import (
    Kind,
    begin_close,
    close_period,
    flash_close,
    move_cut_off,
    reopen_period,
)
from revrec.operations.computing import posted_detail
from revrec.operations.facts import record_facts
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from revrec.store import journal, periods
from revrec.usage import rollup
from tests.books import load_examples, send, write_usage

JANUARY, FEBRUARY, MARCH = Period(2026, 1), Period(2026, 2), Period(2026, 3)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}


@pytest.fixture
def workspace(workspace: Workspace, tmp_path: Path) -> Workspace:
    """The examples, loaded, nothing closed."""
    load_examples(workspace, tmp_path)
    return workspace


def revenue(workspace: Workspace, contract: str, **narrow: str) -> int:
    """Revenue posted for a contract, in minor units."""
    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    return -sum(
        row["amount"]
        for row in rows
        if row["account"] == "revenue"
        and row["contract"] == contract
        and all(row[name] == value for name, value in narrow.items())
    )


def test_a_quarter_is_closed_month_by_month_and_verifies(workspace: Workspace) -> None:
    """Three closes leave a chain, detail and roll-up that are sums, and invariants that hold."""
    for month in (JANUARY, FEBRUARY, MARCH):
        assert close_period(workspace, month, **PEOPLE).new

    assert len(verify(workspace)) == 5


def test_a_close_rolls_up_the_usage_it_pins(workspace: Workspace) -> None:
    """The sums go through the version the certificate names, and are those of the rows."""
    certificate = close_period(workspace, JANUARY, **PEOPLE).certificate

    through = workspace.run(lambda tx: rollup.verify(tx, workspace.lake), read_only=True)

    assert through == certificate.usage_version
    assert workspace.run(lambda tx: rollup.roll_up(tx, workspace.lake)) is None


def test_a_second_close_changes_nothing(workspace: Workspace) -> None:
    """The first certificate is given again and the journal is as long as before."""
    first = close_period(workspace, JANUARY, **PEOPLE)
    before = workspace.run(journal.head)

    again = close_period(workspace, JANUARY, **PEOPLE)

    assert not again.new
    assert again.certificate == first.certificate
    assert workspace.run(journal.head) == before


def test_a_flash_close_writes_nothing_and_shows_what_the_close_posts(
    workspace: Workspace, clock: FixedClock
) -> None:
    """The dry run's postings are the close's postings; after it, those of the moment before it."""
    shown = flash_close(workspace, JANUARY)
    moment = clock.time

    assert workspace.run(journal.head)[0] == 0
    clock.advance(timedelta(minutes=1))
    close_period(workspace, JANUARY, **PEOPLE)
    posted = workspace.run(lambda tx: posted_detail(tx, workspace.lake))
    order = [(name, "ascending") for name in POSTED.names]
    assert posted.select(POSTED.names).sort_by(order).equals(shown.postings.sort_by(order))
    assert flash_close(workspace, JANUARY).postings.num_rows == 0
    assert flash_close(workspace, JANUARY, known_at=moment).postings.equals(shown.postings)
    long_before = moment - timedelta(days=365)
    assert flash_close(workspace, JANUARY, known_at=long_before).postings.num_rows == 0


def test_periods_close_in_order(workspace: Workspace) -> None:
    """March cannot be closed before February."""
    close_period(workspace, JANUARY, **PEOPLE)

    with pytest.raises(PeriodNotReady, match="last closed period is 2026-01"):
        close_period(workspace, MARCH, **PEOPLE)


def test_a_close_that_was_begun_is_finished_before_later_ones(workspace: Workspace) -> None:
    """Killed after it pinned the first month, it is not overtaken by the second."""
    begin_close(workspace, JANUARY, **PEOPLE)

    with pytest.raises(PeriodNotReady, match="2026-01 is being closed"):
        close_period(workspace, FEBRUARY, **PEOPLE)

    assert close_period(workspace, JANUARY, **PEOPLE).new
    assert close_period(workspace, FEBRUARY, **PEOPLE).new


def test_nobody_approves_their_own_close(workspace: Workspace) -> None:
    """Preparer and approver are two people."""
    with pytest.raises(SelfApproval):
        close_period(workspace, JANUARY, prepared_by="ada", approved_by="ada")


def test_late_usage_posts_to_the_open_period_and_names_its_month(
    workspace: Workspace, tmp_path: Path
) -> None:
    """A January row that comes after the close of January is February's posting of January."""
    close_period(workspace, JANUARY, **PEOPLE)
    january = revenue(workspace, "LARKSPUR-PAYG")
    row = {
        "source": "gateway",
        "usage_id": "late-1",
        "contract": "LARKSPUR-PAYG",
        "meter": "aurora-small.input_tokens",
        "usage_date": "2026-01-20",
        "quantity": "1000000",
        "unit": "token",
        "amount": "12.34",
        "currency": "USD",
    }
    assert send(workspace, write_usage(tmp_path / "late.ndjson", [row])).accepted.rows == 1

    close_period(workspace, FEBRUARY, **PEOPLE)

    assert january == revenue(workspace, "LARKSPUR-PAYG", period="2026-01")
    assert revenue(workspace, "LARKSPUR-PAYG", period="2026-02", origin="2026-01") == 1234
    verify(workspace)


def test_a_late_invoice_posts_to_the_open_period(workspace: Workspace) -> None:
    """An invoice dated in a closed month moves receivables of the open one, named as January's."""
    close_period(workspace, JANUARY, **PEOPLE)
    invoice = {
        "kind": "invoice",
        "id": "INV-LATE",
        "contract": "LARKSPUR-PAYG",
        "on": "2026-01-31",
        "lines": [{"amount": "100.00"}],
    }
    record_facts(workspace, [fact_of(invoice, "test")], source="test")

    close_period(workspace, FEBRUARY, **PEOPLE)

    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    late = [
        (row["account"], row["amount"])
        for row in rows
        if row["contract"] == "LARKSPUR-PAYG"
        and row["period"] == "2026-02"
        and row["origin"] == "2026-01"
        and row["event"] == "billing"
    ]
    assert sorted(late) == [("contract_liability", -10000), ("receivable", 10000)]


def test_a_reopened_period_posts_only_the_difference(workspace: Workspace) -> None:
    """Reclosing after a late fact posts that fact's effect, under the next ordinal."""
    close_period(workspace, JANUARY, **PEOPLE)
    before = workspace.run(journal.head)[0]
    reopen_period(
        workspace, JANUARY, requested_by="ada", approved_by="grace", reason="late invoice"
    )
    row = {
        "kind": "payment",
        "id": "PAY-LATE",
        "contract": "LARKSPUR-PAYG",
        "on": "2026-01-30",
        "amount": "55.00",
    }
    record_facts(workspace, [fact_of(row, "test")], source="test")

    closed = close_period(workspace, JANUARY, **PEOPLE)

    assert closed.certificate.ordinal == 2
    added = [each for each in workspace.run(journal.read) if each.seq > before]
    assert [(each.entry.event, each.line_count) for each in added] == [
        ("cash_in_advance", 2),
        ("netting", 2),
        ("payment", 2),
    ]
    assert {abs(line.amount) for each in added for line in each.entry.lines} == {5500}


def test_months_reopened_together_keep_their_own_postings(workspace: Workspace) -> None:
    """January closed again takes nothing of February's back, and February then posts nothing."""
    for period in (JANUARY, JANUARY.next):
        close_period(workspace, period, **PEOPLE)
    before = workspace.run(journal.head)[0]
    again = {"requested_by": "ada", "approved_by": "grace", "reason": "to look again"}
    for period in (JANUARY.next, JANUARY):
        reopen_period(workspace, period, **again)

    for period in (JANUARY, JANUARY.next):
        assert 2 == close_period(workspace, period, **PEOPLE).certificate.ordinal
        assert verify(workspace)

    assert before == workspace.run(journal.head)[0]


PAYMENT = {
    "kind": "payment",
    "id": "PAY-LATE",
    "contract": "LARKSPUR-PAYG",
    "on": "2026-01-30",
    "amount": "55.00",
}
MOVED = {"requested_by": "ada", "approved_by": "grace", "reason": "late payment"}


def late_payment(workspace: Workspace, month: Period) -> set[str]:
    """Origins under which the late payment was posted in a month."""
    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    return {
        row["origin"]
        for row in rows
        if row["event"] == "payment" and row["period"] == str(month) and abs(row["amount"]) == 5500
    }


def test_what_is_told_after_a_soft_close_belongs_to_the_next_period(workspace: Workspace) -> None:
    """The close for good certifies the cut-off and posts nothing; February learns it late."""
    soft = close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
    again = close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
    record_facts(workspace, [fact_of(PAYMENT, "test")], source="test")
    hard = close_period(workspace, JANUARY, **PEOPLE)

    assert (True, False, True) == (soft.new, again.new, hard.new)
    assert ("soft", "hard") == (soft.certificate.stage, hard.certificate.stage)
    assert (1, 2) == (soft.certificate.ordinal, hard.certificate.ordinal)
    assert soft.certificate.chain_head == hard.certificate.chain_head
    assert soft.certificate.fact_seq == hard.certificate.fact_seq
    assert 1 == hard.certificate.totals["facts_after_cut_off"]
    close_period(workspace, FEBRUARY, **PEOPLE)
    assert set() == late_payment(workspace, JANUARY)
    assert {"2026-01"} == late_payment(workspace, FEBRUARY)
    assert len(verify(workspace)) == 5


def test_a_controller_moves_the_cut_off(workspace: Workspace) -> None:
    """The difference posts in the same period; with nothing new, nothing happens."""
    soft = close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
    nothing = move_cut_off(workspace, JANUARY, **MOVED)
    record_facts(workspace, [fact_of(PAYMENT, "test")], source="test")
    moved = move_cut_off(workspace, JANUARY, **MOVED)

    assert (False, True) == (nothing.new, moved.new)
    assert nothing.certificate == soft.certificate
    assert {"2026-01"} == late_payment(workspace, JANUARY)
    assert len(verify(workspace)) == 5
    hard = close_period(workspace, JANUARY, **PEOPLE).certificate
    assert (3, moved.certificate.chain_head) == (hard.ordinal, hard.chain_head)
    shown = report(workspace, JANUARY, JANUARY)
    assert [] == [each.name for each in shown.tie_outs if each.difference]
    with pytest.raises(PeriodClosed):
        workspace.run(lambda tx: periods.begin_closing(tx, JANUARY, hard.pins))


def test_a_soft_closed_period_is_closed_before_others(workspace: Workspace) -> None:
    """Nothing is posted to it meanwhile, and it cannot be reopened, for it is not closed."""
    soft = close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT).certificate
    entry = workspace.run(journal.read)[0].entry

    for kind in (Kind.SOFT, Kind.HARD):
        with pytest.raises(PeriodNotReady, match="2026-02 cannot be closed: 2026-01 is soft-"):
            close_period(workspace, FEBRUARY, **PEOPLE, kind=kind)
    with pytest.raises(PeriodClosed, match="soft-closed"):
        workspace.run(lambda tx: journal.append(tx, [entry]))
    with pytest.raises(PeriodNotReady, match="2026-01 is soft-closed"):
        reopen_period(workspace, JANUARY, requested_by="a", approved_by="b", reason="x")
    with pytest.raises(PeriodNotReady, match="2026-02 cannot be closed"):
        move_cut_off(workspace, FEBRUARY, **MOVED)
    with pytest.raises(SelfApproval):
        move_cut_off(workspace, JANUARY, **{**MOVED, "approved_by": "ada"})
    assert soft == workspace.run(lambda tx: periods.standing_close(tx, JANUARY))


def test_a_soft_close_that_died_is_not_taken_for_a_close(workspace: Workspace) -> None:
    """Pinned for a soft close and then closed for good: begun anew, through the gates."""
    begin_close(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
    record_facts(workspace, [fact_of(PAYMENT, "test")], source="test")

    closed = close_period(workspace, JANUARY, **PEOPLE).certificate

    assert ("hard", 0) == (closed.stage, closed.totals["facts_after_cut_off"])
    assert {"2026-01"} == late_payment(workspace, JANUARY)


def test_a_move_given_up_leaves_the_soft_close(workspace: Workspace) -> None:
    """Facts that block it are told; the period stays as its last certificate says."""
    soft = close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT).certificate
    stray = {**PAYMENT, "contract": "NOBODY"}
    record_facts(workspace, [fact_of(stray, "test")], source="test")

    with pytest.raises(PeriodNotReady, match="payment PAY-LATE of contract NOBODY"):
        move_cut_off(workspace, JANUARY, **MOVED)

    status = workspace.run(lambda tx: periods.status(tx, JANUARY))
    assert status is periods.PeriodStatus.SOFT_CLOSED
    assert close_period(workspace, JANUARY, **PEOPLE).certificate.chain_head == soft.chain_head


def test_an_event_of_an_unknown_contract_blocks_the_close(workspace: Workspace) -> None:
    """It is named; nothing is skipped in silence and nothing is closed."""
    stray = {
        "kind": "payment",
        "id": "PAY-STRAY",
        "contract": "NOBODY",
        "on": "2026-01-30",
        "amount": "5.00",
    }
    record_facts(workspace, [fact_of(stray, "test")], source="test")

    with pytest.raises(PeriodNotReady, match="payment PAY-STRAY of contract NOBODY"):
        close_period(workspace, JANUARY, **PEOPLE)
    assert workspace.run(journal.head)[0] == 0


def test_a_contract_that_cannot_be_accounted_for_blocks_the_close(workspace: Workspace) -> None:
    """The blocker names the contract, the field and the paragraph."""
    bad = {
        "kind": "contract",
        "id": "BAD-1",
        "customer": "x",
        "currency": "USD",
        "inception": "2026-01-01",
        "obligations": [{"id": "a", "product": "p", "measure": "days"}],
        "consideration": [{"id": "f", "kind": "fixed", "amount": "10.00"}],
    }
    record_facts(workspace, [fact_of(bad, "test")], source="test")

    with pytest.raises(PeriodNotReady, match=r"BAD-1 .*606-10-25-3"):
        close_period(workspace, JANUARY, **PEOPLE)


def test_postings_to_a_closed_period_are_refused(workspace: Workspace) -> None:
    """The store itself refuses to post what the close posted once more."""
    close_period(workspace, JANUARY, **PEOPLE)
    entry = workspace.run(journal.read)[0].entry

    with pytest.raises(PeriodClosed):
        workspace.run(lambda tx: journal.append(tx, [entry]))
    assert workspace.run(lambda tx: periods.status(tx, JANUARY)) is periods.PeriodStatus.CLOSED


def test_every_posting_names_its_paragraph_decision_and_facts(workspace: Workspace) -> None:
    """Nothing is posted that cannot be followed."""
    close_period(workspace, JANUARY, **PEOPLE)

    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    assert rows
    for row in rows:
        assert row["paragraphs"]
        assert len(row["facts_digest"]) == 64
        if row["event"] in {"satisfaction", "breakage"}:
            assert row["decisions"]
        assert row["entry_seq"] > 0


def test_amounts_posted_are_those_derived_by_hand(workspace: Workspace) -> None:
    """Usage of January at its rated amount, to the cent (see pay_as_you_go_tokens.yaml)."""
    close_period(workspace, JANUARY, **PEOPLE)

    assert Decimal(revenue(workspace, "LARKSPUR-PAYG")) / 100 == Decimal("1783.37")
