"""Closing books with contracts in other currencies than the functional one, on both stores."""

from __future__ import annotations

import csv
import io

import pytest

from revrec.disclosure.columns import records_of
from revrec.errors import PeriodNotReady
from revrec.feeds.records import fact_of
from revrec.ledger import chain, verify_chain
from revrec.operations.close import close_period, flash_close
from revrec.operations.computing import posted_detail
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal
from tests.books import agree

JANUARY, FEBRUARY, MARCH = Period(2026, 1), Period(2026, 2), Period(2026, 3)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
DOLLARS = {
    "kind": "entity_currencies",
    "functional_currency": "USD",
    "effective_from": "2026-01-01",
}
CONTRACT = {
    "kind": "contract",
    "id": "E-1",
    "customer": "acme",
    "currency": "EUR",
    "inception": "2026-01-01",
    "start": "2026-01-01",
    "end": "2026-03-31",
    "obligations": [{"id": "access", "product": "platform", "measure": "even_months"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "300.00"}],
}
INVOICE = {
    "kind": "invoice",
    "id": "I-1",
    "contract": "E-1",
    "on": "2026-01-01",
    "lines": [{"amount": "300.00"}],
}
PAYMENT = {
    "kind": "payment",
    "id": "P-1",
    "contract": "E-1",
    "on": "2026-02-10",
    "amount": "300.00",
    "invoice": "I-1",
}


def rate(day: str, of: str) -> dict[str, str]:
    """A spot rate of the euro in dollars."""
    told = {"kind": "exchange_rate", "id": f"EUR {day}", "currency": "EUR", "into": "USD"}
    return {**told, "on": day, "rate": of}


def tell(workspace: Workspace, *records: dict[str, object]) -> None:
    """Record facts through the door."""
    agree(workspace, [fact_of(each, "test") for each in records])


def functional(workspace: Workspace, **narrow: str) -> dict[str, int]:
    """Functional amounts posted, by account."""
    sums: dict[str, int] = {}
    for row in workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist():
        if row["functional"] and all(row[name] == value for name, value in narrow.items()):
            sums[row["account"]] = sums.get(row["account"], 0) + row["functional"]
    return {account: amount for account, amount in sums.items() if amount}


def test_a_quarter_in_euros_is_kept_in_dollars(workspace: Workspace) -> None:
    """300.00 euros at 1.10: 110.00 a month; the claim gains 6.00, then loses on settlement."""
    tell(workspace, CONTRACT, INVOICE, PAYMENT, DOLLARS)
    tell(workspace, rate("2026-01-01", "1.10"), rate("2026-01-31", "1.12"))
    tell(workspace, rate("2026-02-10", "1.08"), rate("2026-02-28", "1.05"))

    close_period(workspace, JANUARY, **PEOPLE)
    assert {
        "receivable": 336_00,
        "contract_liability": -220_00,
        "revenue": -110_00,
        "exchange_unrealized": -6_00,
    } == functional(workspace)

    close_period(workspace, FEBRUARY, **PEOPLE)
    assert {
        "cash": 324_00,
        "contract_liability": -110_00,
        "revenue": -220_00,
        "exchange_realized": 6_00,
    } == functional(workspace)
    assert len(verify(workspace)) == 4
    told = report(workspace, JANUARY, FEBRUARY)
    assert [] == [each for each in told.tie_outs if each.difference]
    # Billed 330.00 and paid 324.00, so 6.00 were lost; of the liability 110.00 are left.
    balances = records_of(told.datasets["functional_balances"])
    shown = ("account", "opening", "billed", "earned", "settled", "moved", "exchange", "closing")
    assert [
        ("contract_liability", "0.00", "-330.00", "220.00", "0.00", "0.00", "0.00", "-110.00"),
        ("receivable", "0.00", "330.00", "0.00", "-324.00", "0.00", "-6.00", "0.00"),
    ] == [tuple(row[name] for name in shown) for row in balances]
    detail = records_of(told.datasets["journal_detail"])
    revenue = [row for row in detail if row["account"] == "revenue"]
    worth = {(row["credit"], str(row["functional"]), row["functional_currency"]) for row in revenue}
    assert {("100.00", "-110.00", "USD")} == worth
    assert {("ada", "grace")} == {(row["prepared_by"], row["approved_by"]) for row in detail}
    summary = records_of(told.datasets["journal_summary"])
    assert [("100.00", "-110.00", "USD")] * 2 == [
        (row["credit"], str(row["functional"]), row["functional_currency"])
        for row in summary
        if row["account"] == "revenue"
    ]


def test_a_corrected_rate_is_posted_where_it_is_learned(workspace: Workspace) -> None:
    """January was closed at 1.10 and was 1.20: February posts the difference as January's."""
    tell(workspace, CONTRACT, INVOICE, DOLLARS, rate("2026-01-01", "1.10"))
    tell(workspace, rate("2026-02-01", "1.10"))
    close_period(workspace, JANUARY, **PEOPLE)

    tell(workspace, rate("2026-01-01", "1.20"))
    close_period(workspace, FEBRUARY, **PEOPLE)

    late = functional(workspace, period="2026-02", origin="2026-01", event="satisfaction")
    assert {"contract_liability": 10_00, "revenue": -10_00} == late
    assert -240_00 == functional(workspace)["revenue"]
    assert len(verify(workspace)) == 4
    # 100.00 euros in each month; February posts 130.00 dollars, of which 20.00 are exchange.
    told = report(workspace, FEBRUARY, FEBRUARY)
    assert [] == [each for each in told.tie_outs if each.difference]
    (change,) = (
        row
        for row in records_of(told.datasets["flux_functional"])
        if row["comparison"] == "the period before"
    )
    names = ("rate_base", "rate_current", "base", "in_currency", "exchange", "current")
    assert ["1.100000", "1.300000", "110.00", "0.00", "20.00", "130.00"] == [
        str(change[name]) for name in names
    ]


def test_books_kept_without_it_are_measured_when_it_is_told(workspace: Workspace) -> None:
    """The next close gives every earlier posting its worth, under the month it belongs to."""
    tell(workspace, CONTRACT, INVOICE)
    close_period(workspace, JANUARY, **PEOPLE)
    assert {} == functional(workspace)

    tell(workspace, DOLLARS, rate("2026-01-01", "1.10"), rate("2026-02-01", "1.10"))
    close_period(workspace, FEBRUARY, **PEOPLE)

    assert -110_00 == functional(workspace, origin="2026-01")["revenue"]
    assert -220_00 == functional(workspace)["revenue"]
    assert len(verify(workspace)) == 4


def test_missing_rates_block_the_close_and_are_named(workspace: Workspace) -> None:
    """The day and the currencies; once told, the close goes through."""
    tell(workspace, CONTRACT, INVOICE, DOLLARS, rate("2025-11-01", "1.10"))

    with pytest.raises(PeriodNotReady, match="EUR into USD stands on 2026-01-01") as refused:
        close_period(workspace, JANUARY, **PEOPLE)
    assert 1 == len(refused.value.attributes["blockers"])
    assert 0 == workspace.run(journal.head)[0]

    tell(workspace, rate("2026-01-01", "1.10"))
    assert close_period(workspace, JANUARY, **PEOPLE).new


def test_another_functional_currency_is_refused(workspace: Workspace) -> None:
    """Amounts of two currencies would be added."""
    tell(workspace, CONTRACT, INVOICE, DOLLARS, rate("2026-01-01", "1.10"))
    close_period(workspace, JANUARY, **PEOPLE)

    tell(workspace, {**DOLLARS, "functional_currency": "CHF"})
    with pytest.raises(PeriodNotReady, match="posted in USD"):
        flash_close(workspace, FEBRUARY)


def test_an_auditor_checks_functional_amounts_without_revrec(
    workspace: Workspace, tmp_path
) -> None:
    """The export's chain covers them: one changed figure and the entry is broken."""
    tell(workspace, CONTRACT, INVOICE, DOLLARS, rate("2026-01-01", "1.10"))
    close_period(workspace, JANUARY, **PEOPLE)
    seq, head = workspace.run(journal.head)
    file = io.StringIO()
    chain.export_csv(workspace.run(journal.read), file)
    path = tmp_path / "journal.csv"
    path.write_text(file.getvalue(), encoding="utf-8", newline="")
    assert ("", seq, head) == verify_chain.verify(path, (seq, head))

    rows = list(csv.reader(file.getvalue().splitlines()))
    changed = next(row for row in rows[1:] if row[-1] == "33000")
    path.write_text(file.getvalue().replace('"33000"', '"33001"'), encoding="utf-8", newline="")
    why, at, _ = verify_chain.verify(path)
    assert (int(changed[1]), "its lines changed") == (at, why)
