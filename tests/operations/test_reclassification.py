"""Current and non-current balances posted by closes, on both stores and in another currency."""

from __future__ import annotations

from revrec.disclosure.columns import records_of
from revrec.ledger.entries import PostedEntry
from revrec.operations.close import close_period
from revrec.operations.exporting import Wish, export_journal
from revrec.operations.report import report
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import journal
from tests.operations.test_books import IFRS, bill, signed, tell

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
EUROS = {
    "kind": "entity_currencies",
    "functional_currency": "EUR",
    "reporting_currency": "USD",
    "effective_from": "2026-01-01",
}
POSTED = {
    "kind": "policy",
    "elections": {
        "current_and_non_current": {
            "value": "posted",
            "effective_from": "2026-01-01",
            "cites": ["210-10-45-3"],
            "rationale": "The general ledger keeps both.",
        }
    },
    "accounts": {"default": {}},
}
MAPPED = {
    "kind": "account_mapping",
    "id": "later",
    "account": "non_current_contract_liability",
    "code": "2950",
    "name": "Contract liabilities beyond a year",
    "effective_from": "2026-01-01",
}


def rates(on: str, dollar: str, euro: str) -> list[dict[str, object]]:
    """Of the dollar in euros, and of the euro in dollars, on a day and on average."""
    return [
        {"kind": "exchange_rate", "id": f"{basis} {of} {on}", "currency": of, "into": into,
         "on": on, "rate": rate, "basis": basis}
        for of, into, rate in (("USD", "EUR", dollar), ("EUR", "USD", euro))
        for basis in ("spot", "average")
    ]  # fmt: skip


def reclassified(entries: list[PostedEntry], book: str) -> list[tuple[object, ...]]:
    """Lines of reclassifications of a book: period, code, amount, worth."""
    return [
        (str(each.entry.period), line.gl_code, line.amount, line.functional)
        for each in entries
        if each.entry.book == book and each.entry.event == "reclassification"
        for line in each.entry.lines
    ]


def test_closes_reclassify_in_both_books_and_currencies(workspace: Workspace) -> None:
    """1,400.00 for 14 months, billed at 0.50: of 1,300.00 then 100.00 are later, worth 50.00.

    A month later nothing is. Both books say so, the general ledger balances, and every total of
    the report agrees.
    """
    terms = signed("LONG", "1400.00", end="2027-02-28")
    told = [*rates("2026-01-01", "0.50", "2.00"), *rates("2026-01-31", "0.60", "1.60")]
    tell(workspace, POSTED, EUROS, MAPPED, IFRS, terms, bill("LONG", "2026-01-01", "1400.00"))
    tell(workspace, *told, *rates("2026-02-28", "0.70", "1.40"))

    close_period(workspace, JANUARY, **PEOPLE)
    close_period(workspace, FEBRUARY, **PEOPLE)
    made = report(workspace, FEBRUARY, FEBRUARY)

    entries = workspace.run(journal.read_all)
    for book in ("", "ifrs15"):
        assert [
            ("2026-01", "2400", 100_00, 50_00),
            ("2026-01", "2950", -100_00, -50_00),
            ("2026-02", "2400", -100_00, -50_00),
            ("2026-02", "2950", 100_00, 50_00),
        ] == reclassified(entries, book)
    assert [] == [each for each in made.tie_outs if each.difference]
    trial = {row["gl_code"]: row for row in records_of(made.datasets["trial_balance"])}
    assert ("-50.00", "-600.00") == (trial["2950"]["opening"], trial["2400"]["opening"])
    [translated] = [
        row["opening"]
        for row in records_of(made.datasets["translated_trial_balance"])
        if row["account"] == "non_current_contract_liability"
    ]
    assert "-80.00" == translated
    [file] = export_journal(workspace, Wish(period=JANUARY, layout="csv", told={})).files
    assert b"2950" in file.content
    assert len(verify(workspace)) == 5
