"""Accounts of the chart, mapped from a month on; open balances are transferred or run off."""

from __future__ import annotations

from collections import defaultdict

import pytest

from revrec.errors import PeriodNotReady
from revrec.feeds.records import fact_of
from revrec.operations.close import close_period
from revrec.operations.computing import posted_detail
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal
from tests.books import agree

JANUARY, FEBRUARY, MARCH = Period(2026, 1), Period(2026, 2), Period(2026, 3)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
CONTRACT = {
    "kind": "contract",
    "id": "C-1",
    "customer": "acme",
    "currency": "USD",
    "inception": "2026-01-01",
    "start": "2026-01-01",
    "end": "2026-04-30",
    "obligations": [{"id": "access", "product": "platform", "measure": "even_months"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "400.00"}],
}
MAPPING = {
    "kind": "account_mapping",
    "id": "M-1",
    "account": "contract_liability",
    "code": "2410",
    "name": "Deferred platform revenue",
    "effective_from": "2026-02-01",
}


def invoice(name: str, day: str, amount: str) -> dict[str, object]:
    """A bill of the contract."""
    told = {"kind": "invoice", "id": name, "contract": "C-1", "on": day}
    return {**told, "lines": [{"amount": amount}]}


def tell(workspace: Workspace, *records: dict[str, object]) -> None:
    """Record facts through the door."""
    agree(workspace, [fact_of(each, "test") for each in records])


def lines(workspace: Workspace, period: Period, event: str) -> dict[str, int]:
    """Lines of a period's entries of an event, by account of the chart."""
    found: defaultdict[str, int] = defaultdict(int)
    for posted in workspace.run(lambda tx: journal.read(tx, period)):
        for line in posted.entry.lines if posted.entry.event == event else ():
            found[line.gl_code] += line.amount
    return dict(found)


def standing(workspace: Workspace, account: str) -> dict[str, int]:
    """What stands on a ledger account, by account of the chart."""
    found: defaultdict[str, int] = defaultdict(int)
    for posted in workspace.run(journal.read):
        for line in posted.entry.lines:
            if line.account == account:
                found[line.gl_code] += line.amount
    return {code: amount for code, amount in found.items() if amount}


def test_open_balances_are_transferred_by_an_entry_of_their_own(workspace: Workspace) -> None:
    """400.00 billed, 100.00 earned: 300.00 stand on 2400 and move to 2410 in February."""
    tell(workspace, CONTRACT, invoice("I-1", "2026-01-01", "400.00"))
    close_period(workspace, JANUARY, **PEOPLE)
    tell(workspace, {**MAPPING, "open_balances": "transfer"})

    close_period(workspace, FEBRUARY, **PEOPLE)

    assert {"2400": 300_00, "2410": -300_00} == lines(workspace, FEBRUARY, "account_transfer")
    assert {"2410": 100_00, "4000": -100_00} == lines(workspace, FEBRUARY, "satisfaction")
    assert {"2410": -200_00} == standing(workspace, "contract_liability")

    close_period(workspace, MARCH, **PEOPLE)
    assert {} == lines(workspace, MARCH, "account_transfer")
    assert {"2410": -100_00} == standing(workspace, "contract_liability")
    assert len(verify(workspace)) == 4
    off = [each for each in report(workspace, JANUARY, MARCH).tie_outs if each.difference]
    assert [] == off


def test_balances_run_off_where_they_stand(workspace: Workspace) -> None:
    """200.00 stand on 2400; what is billed in February stands on 2410; revenue uses up the old."""
    tell(workspace, CONTRACT, invoice("I-1", "2026-01-01", "250.00"))
    close_period(workspace, JANUARY, **PEOPLE)
    tell(workspace, {**MAPPING, "open_balances": "run_off"})
    tell(workspace, invoice("I-2", "2026-02-01", "150.00"))

    close_period(workspace, FEBRUARY, **PEOPLE)
    assert {} == lines(workspace, FEBRUARY, "account_transfer")
    assert {"2400": -50_00, "2410": -150_00} == standing(workspace, "contract_liability")

    # 100.00 are earned: the last 50.00 of the old account, then 50.00 of the new one.
    close_period(workspace, MARCH, **PEOPLE)
    assert {"2400": 50_00, "2410": 50_00, "4000": -100_00} == lines(
        workspace, MARCH, "satisfaction"
    )
    assert {"2410": -100_00} == standing(workspace, "contract_liability")
    assert len(verify(workspace)) == 4
    assert [] == [each for each in report(workspace, JANUARY, MARCH).tie_outs if each.difference]


def test_balances_elsewhere_block_the_close_until_somebody_chooses(workspace: Workspace) -> None:
    """The account is named; nothing is posted."""
    tell(workspace, CONTRACT, invoice("I-1", "2026-01-01", "400.00"))
    close_period(workspace, JANUARY, **PEOPLE)
    tell(workspace, MAPPING)

    with pytest.raises(PeriodNotReady, match="transfer or run_off") as refused:
        close_period(workspace, FEBRUARY, **PEOPLE)
    assert ["contract_liability 2400"] == refused.value.attributes["blockers"]

    tell(workspace, {**MAPPING, "open_balances": "run_off"})
    assert close_period(workspace, FEBRUARY, **PEOPLE).new


def test_the_narrowest_mapping_counts_and_later_ones_before_their_month_do_not(
    workspace: Workspace,
) -> None:
    """Revenue of the product, then of its obligation; the last is from March on."""
    revenue = {"kind": "account_mapping", "account": "revenue", "effective_from": "2026-01-01"}
    tell(workspace, CONTRACT, invoice("I-1", "2026-01-01", "400.00"))
    tell(
        workspace,
        {**revenue, "id": "R-1", "code": "4001", "name": "Any"},
        {**revenue, "id": "R-2", "code": "4002", "name": "Platform", "product": "platform"},
        {**revenue, "id": "R-3", "code": "4003", "name": "Other", "product": "other"},
        {
            **revenue,
            "id": "R-4",
            "code": "4004",
            "name": "Access",
            "product": "platform",
            "obligation": "access",
            "effective_from": "2026-03-01",
        },
    )
    for month in (JANUARY, FEBRUARY, MARCH):
        close_period(workspace, month, **PEOPLE)

    assert {"4002": -200_00, "4004": -100_00} == standing(workspace, "revenue")
    rows = workspace.run(lambda tx: posted_detail(tx, workspace.lake)).to_pylist()
    assert {"4002", "4004"} == {r["gl_code"] for r in rows if r["account"] == "revenue"}


def test_mappings_that_contradict_each_other_are_refused(workspace: Workspace) -> None:
    """Equally narrow and of one day: which one is meant is not guessed."""
    tell(workspace, CONTRACT, invoice("I-1", "2026-01-01", "400.00"))
    tell(workspace, {**MAPPING, "effective_from": "2026-01-01"})
    tell(workspace, {**MAPPING, "effective_from": "2026-01-01", "id": "M-2", "code": "2420"})

    with pytest.raises(PeriodNotReady, match="M-1, M-2"):
        close_period(workspace, JANUARY, **PEOPLE)


def test_products_without_an_account_can_be_refused(workspace: Workspace) -> None:
    """Elected by those who keep revenue by product."""
    tell(workspace, CONTRACT, invoice("I-1", "2026-01-01", "400.00"))
    election = {
        "value": "refused",
        "effective_from": "2026-01-01",
        "cites": ["606-10-50-5"],
        "rationale": "Revenue is kept by product.",
    }
    policy = {"elections": {"revenue_of_unmapped_products": election}, "accounts": {"default": {}}}
    tell(workspace, {"kind": "policy", **policy})

    with pytest.raises(PeriodNotReady, match="products without an account: platform"):
        close_period(workspace, JANUARY, **PEOPLE)

    mapped = {"account": "revenue", "code": "4002", "name": "Platform", "product": "platform"}
    tell(workspace, {**MAPPING, **mapped, "effective_from": "2026-01-01"})
    assert close_period(workspace, JANUARY, **PEOPLE).new
