"""Trial balances of entities, and their translation into one currency of reports."""

from __future__ import annotations

from dataclasses import replace

import pytest

from revrec.disclosure.columns import records_of
from revrec.errors import CurrencyMismatch, NotFound, PeriodNotReady
from revrec.feeds.records import fact_of
from revrec.operations.close import close_period
from revrec.operations.report import report
from revrec.operations.trial_balances import of_entities, trial_balance
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from tests.books import agree

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
EUROS = {
    "kind": "entity_currencies",
    "functional_currency": "EUR",
    "reporting_currency": "USD",
    "effective_from": "2026-01-01",
}
CONTRACT = {
    "kind": "contract",
    "id": "C-1",
    "customer": "acme",
    "currency": "EUR",
    "inception": "2026-01-01",
    "end": "2026-03-31",
    "obligations": [{"id": "access", "product": "platform", "measure": "even_months"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "300.00"}],
}
INVOICE = {"kind": "invoice", "id": "I-1", "contract": "C-1", "on": "2026-01-01"}
BILLED = {**INVOICE, "lines": [{"amount": "300.00"}]}


def rate(day: str, of: str, basis: str = "spot") -> dict[str, str]:
    """A rate of the euro in dollars."""
    told = {"kind": "exchange_rate", "id": f"{basis} {day}", "currency": "EUR", "into": "USD"}
    return {**told, "on": day, "rate": of, "basis": basis}


RATES = [
    *(rate("2026-01-31", "1.10"), rate("2026-01-31", "1.08", "average")),
    *(rate("2026-02-28", "1.20"), rate("2026-02-28", "1.15", "average")),
]


def tell(workspace: Workspace, *records: dict[str, object]) -> None:
    """Record facts as two people agree on them."""
    agree(workspace, [fact_of(each, "test") for each in records])


def test_an_entity_in_euros_reports_in_dollars(workspace: Workspace) -> None:
    """By hand: 300.00 billed, 100.00 a month earned, at 1.10 and 1.20, averages 1.08 and 1.15.

    At the end 360.00 receivable less 120.00 liability are 240.00; income is 108.00 and 115.00, so
    17.00 are the adjustment: 2.00 of January, 10.00 on net assets, 5.00 on February's income.
    """
    tell(workspace, EUROS, CONTRACT, BILLED, *RATES)
    close_period(workspace, JANUARY, **PEOPLE)
    close_period(workspace, FEBRUARY, **PEOPLE)

    told = report(workspace, FEBRUARY, FEBRUARY)

    translated = records_of(told.datasets["translated_trial_balance"])
    names = ("account", "opening", "movement", "closing")
    assert [
        ("receivable", "330.00", "30.00", "360.00"),
        ("contract_liability", "-220.00", "100.00", "-120.00"),
        ("translation_adjustment", "-2.00", "-15.00", "-17.00"),
        ("revenue", "-108.00", "-115.00", "-223.00"),
    ] == [tuple(row[name] for name in names) for row in translated]
    [moved] = records_of(told.datasets["translation_adjustment"])
    parts = ("opening", "on_net_assets", "on_income", "rounding", "closing", "rate_average")
    assert ["2.00", "10.00", "5.00", "0.00", "17.00", "1.15"] == [str(moved[n]) for n in parts]
    assert [] == [each for each in told.tie_outs if each.difference]
    assert told.ledger == trial_balance(workspace, FEBRUARY, FEBRUARY)


def test_several_entities_are_added_up(workspace: Workspace) -> None:
    """One in euros and one in dollars; in other currencies, or without one, they are refused."""
    tell(workspace, EUROS, CONTRACT, BILLED, *RATES)
    close_period(workspace, JANUARY, **PEOPLE)
    other = replace(workspace, entity=workspace.entity + 5000)
    both = [workspace.entity, other.entity]
    dollars = {**EUROS, "functional_currency": "USD"}
    tell(other, {**CONTRACT, "currency": "USD"}, BILLED)
    close_period(other, JANUARY, **PEOPLE)

    with pytest.raises(NotFound, match="no currency of reports"):
        of_entities(workspace, both, JANUARY)
    with pytest.raises(NotFound, match="not closed for entity"):
        of_entities(workspace, both, FEBRUARY)
    tell(other, {**dollars, "reporting_currency": "EUR"}, *[
        {**each, "currency": "USD", "into": "EUR"} for each in RATES
    ])  # fmt: skip
    close_period(other, FEBRUARY, **PEOPLE)
    close_period(workspace, FEBRUARY, **PEOPLE)
    with pytest.raises(CurrencyMismatch, match="different currencies"):
        of_entities(workspace, both, FEBRUARY)
    tell(other, dollars)
    march = Period(2026, 3)
    tell(workspace, rate("2026-03-31", "1.20"))
    for each in (workspace, other):
        close_period(each, march, **PEOPLE)

    rows = records_of(of_entities(workspace, both, march))

    # March: 108.00 + 115.00 and, by days at 1.20, 120.00; nothing is owed any more.
    assert [
        ("receivable", "360.00", "300.00", "660.00"),
        ("translation_adjustment", "-17.00", "0.00", "-17.00"),
        ("revenue", "-343.00", "-300.00", "-643.00"),
    ] == [
        (row["account"], *(row[f"entity_{number}"] for number in both), row["closing"])
        for row in rows
        if row["closing"] != "0.00"
    ]


def test_a_period_without_a_rate_for_reports_waits(workspace: Workspace) -> None:
    """The rate is named, and once it is told the close goes through."""
    tell(workspace, EUROS, CONTRACT, BILLED)

    with pytest.raises(PeriodNotReady, match=r"2026-01 cannot be translated.*EUR into USD"):
        close_period(workspace, JANUARY, **PEOPLE)

    tell(workspace, *RATES)
    assert close_period(workspace, JANUARY, **PEOPLE).new
