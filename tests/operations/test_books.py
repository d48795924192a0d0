"""Two books from the same facts, closed together, on both stores."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from reports.csv_twin import FileRecord
from reports.export import export
from revrec.disclosure.books import Compared, Sides, compared
from revrec.disclosure.columns import records_of
from revrec.errors import ApprovalNeeded, FeedError, NotFound, ReportError
from revrec.feeds.records import fact_of
from revrec.general_ledger.documents import Grain
from revrec.ledger import chain, verify_chain
from revrec.ledger.subledger import POSTED
from revrec.model.books import Framework
from revrec.operations import books
from revrec.operations.books import compare
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, move_cut_off, reopen_period
from revrec.operations.computing import Computed, Inputs, posted_detail
from revrec.operations.contracts import explain_contract
from revrec.operations.exporting import Wish, export_journal, file_of
from revrec.operations.facts import record_facts
from revrec.operations.report import report
from revrec.operations.trial_balances import trial_balance
from revrec.operations.verify import verify
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import exports, journal, periods
from tests.books import agree

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
IFRS = {"kind": "second_book", "framework": "ifrs15", "effective_from": "2026-01-01"}


def signed(name: str, amount: str, **terms: object) -> dict[str, object]:
    """A year of access in even months."""
    return {
        "kind": "contract",
        "id": name,
        "customer": name.lower(),
        "currency": "USD",
        "inception": "2026-01-01",
        "end": "2026-12-31",
        "obligations": [{"id": "access", "product": "platform", "measure": "even_months"}],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": amount}],
        **terms,
    }


LIKELY = signed("LIKELY", "1200.00", collection_probability="0.60")
PLAIN = signed("PLAIN", "2400.00")


def bill(name: str, on: str, amount: str) -> dict[str, object]:
    """An invoice of a contract."""
    told = {"kind": "invoice", "id": f"I-{name}-{on}", "contract": name, "on": on}
    return {**told, "lines": [{"amount": amount}]}


def tell(workspace: Workspace, *records: dict[str, object]) -> None:
    """Record facts as two people agree on them."""
    agree(workspace, [fact_of(each, "test") for each in records])


def revenue(workspace: Workspace, book: str = "", period: str = "") -> dict[str, int]:
    """Revenue posted by contract, positive, in minor units."""
    sums: dict[str, int] = {}
    detail = workspace.run(lambda tx: posted_detail(tx, workspace.lake, book=book))
    for row in detail.to_pylist():
        if row["account"] == "revenue" and period in {"", row["period"]}:
            sums[row["contract"]] = sums.get(row["contract"], 0) - row["amount"]
    return {name: amount for name, amount in sums.items() if amount}


def test_both_books_are_closed_together(workspace: Workspace) -> None:
    """60% likely to pay: a contract under IFRS 15 alone, 100.00 a month."""
    tell(workspace, IFRS, LIKELY, PLAIN, bill("LIKELY", "2026-01-01", "1200.00"))

    made = close_period(workspace, JANUARY, **PEOPLE).certificate

    assert {"PLAIN": 200_00} == revenue(workspace)
    assert {"PLAIN": 200_00, "LIKELY": 100_00} == revenue(workspace, "ifrs15")
    told = made.totals["second_book"]
    assert ("ifrs15", 300_00) == (told["framework"], told["balances_minor"]["USD"]["recognised"])
    assert ["ifrs15"] == workspace.run(journal.books)
    assert len(verify(workspace)) == 5

    # The chain goes through both, so that its head on the certificate covers both.
    entries = workspace.run(journal.read_all)
    assert made.chain_seq == len(entries)
    assert {"", "ifrs15"} == {each.entry.book for each in entries}


def test_a_book_that_begins_later_catches_up(workspace: Workspace) -> None:
    """Closed from February on, January is posted with it, under its own name; then nothing."""
    later = {**IFRS, "effective_from": "2026-02-01"}
    tell(workspace, later, LIKELY)
    close_period(workspace, JANUARY, **PEOPLE)
    assert {} == revenue(workspace, "ifrs15")

    close_period(workspace, FEBRUARY, **PEOPLE)
    assert {"LIKELY": 200_00} == revenue(workspace, "ifrs15", "2026-02")
    by_origin = workspace.run(lambda tx: posted_detail(tx, workspace.lake, book="ifrs15"))
    assert {"2026-01", "2026-02"} == set(by_origin["origin"].to_pylist())

    again = {"approved_by": "grace", "reason": "a bill was missing"}
    reopen_period(workspace, FEBRUARY, requested_by="ada", **again)
    close_period(workspace, FEBRUARY, **PEOPLE)
    assert {"LIKELY": 200_00} == revenue(workspace, "ifrs15", "2026-02")
    assert len(verify(workspace)) == 5


def test_a_moved_cut_off_moves_both_books(workspace: Workspace) -> None:
    """Closed softly, then a contract more: only it is computed, and posted in both."""
    tell(workspace, IFRS, LIKELY)
    close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
    tell(workspace, signed("MORE", "600.00", collection_probability="0.55"), PLAIN)

    word = {"requested_by": "ada", "approved_by": "grace", "reason": "signed in January"}
    move_cut_off(workspace, JANUARY, **word)

    assert {"PLAIN": 200_00} == revenue(workspace)
    wanted = {"LIKELY": 100_00, "MORE": 50_00, "PLAIN": 200_00}
    assert wanted == revenue(workspace, "ifrs15")
    close_period(workspace, JANUARY, **PEOPLE)
    assert wanted == revenue(workspace, "ifrs15")
    assert len(verify(workspace)) == 5


def test_a_book_elects_otherwise_where_its_framework_allows(workspace: Workspace) -> None:
    """An entity that reads more likely than not as above 65%; what no difference is, is refused."""
    tell(workspace, {**IFRS, "elections": {"collectibility_probable": "65%"}}, LIKELY)
    close_period(workspace, JANUARY, **PEOPLE)
    assert {} == revenue(workspace, "ifrs15")

    with pytest.raises(FeedError, match="lower_tiers, on which the frameworks do not differ"):
        fact_of({**IFRS, "elections": {"lower_tiers": "price_of_one_contract"}}, "test")
    with pytest.raises(ApprovalNeeded, match="second_book"):
        record_facts(workspace, [fact_of(IFRS, "test")], source="test")


def test_an_auditor_checks_both_books_without_revrec(workspace: Workspace, tmp_path) -> None:
    """The export names the book of an entry, and its digest covers the name."""
    tell(workspace, IFRS, LIKELY)
    close_period(workspace, JANUARY, **PEOPLE)
    file = io.StringIO()
    chain.export_csv(workspace.run(journal.read_all), file)
    path = tmp_path / "journal.csv"
    path.write_text(file.getvalue(), encoding="utf-8", newline="")
    assert ("", *workspace.run(journal.head)) == verify_chain.verify(path)

    path.write_text(file.getvalue().replace('"ifrs15"', '"asc606"'), encoding="utf-8", newline="")
    first = next(row for row in csv.DictReader(io.StringIO(file.getvalue())) if row["book"])
    why, at, _ = verify_chain.verify(path)
    assert ("its header changed", int(first["seq"])) == (why, at)


def rows_of(told: Compared, name: str) -> list[dict[str, object]]:
    """A data set's rows by column."""
    [data] = [each for each in told.datasets if each.name == name]
    return [dict(zip((c.name for c in data.columns), row, strict=True)) for row in data.rows]


def test_every_difference_has_its_rule(workspace: Workspace, tmp_path: Path) -> None:
    """A contract at 60% with a bonus of 120.00, of which IFRS 15 lets in 24.00; by hand.

    Topic 606 has no contract. IFRS 15: 102.00 a month, of them 110.00 because there is a contract,
    less 8.00 by the constraint. What both hold alike is not shown.
    """
    bonus = {"id": "bonus", "kind": "variable", "amount": "0"}
    terms = LIKELY["consideration"]
    estimate = {"kind": "estimate", "contract": "LIKELY", "on": "2026-01-10"}
    tell(workspace, IFRS, PLAIN, {**LIKELY, "consideration": [*terms, bonus]})
    tell(workspace, {**estimate, "id": "E-1", "consideration": "bonus", "amount": "120.00"})
    strict = {"standard": "ifrs", "consideration": "bonus", "amount": "24.00"}
    tell(workspace, {**estimate, "id": "E-2", **strict})
    close_period(workspace, JANUARY, **PEOPLE)
    close_period(workspace, FEBRUARY, **PEOPLE)

    with pytest.MonkeyPatch.context() as patch:
        computed: list[int] = []
        real = books.compute

        def counted(inputs: Inputs, period: Period) -> Computed:
            computed.append(len(inputs.book.histories))
            return real(inputs, period)

        patch.setattr(books, "compute", counted)
        told = compare(workspace, JANUARY, FEBRUARY)

    # Each book once, and what differs after each of the seven rules but the last.
    assert [2, 2, 1, 1, 1, 1, 1, 1] == computed
    shown = ("contract", "period", "account", "first", "second", "difference")
    parts = ("by_collectibility", "by_constraint", "by_licenses", "unexplained")
    wanted = [
        ("LIKELY", month, "revenue", 0, 102_00, 102_00, 110_00, -8_00, 0, 0)
        for month in ("2026-01", "2026-02")
    ]
    found = rows_of(told, "book_comparison")
    assert wanted == [tuple(row[name] for name in (*shown, *parts)) for row in found]
    assert "606-10-25-1; IFRS 15.9(e)" in str(found[0]["reasons"])
    assert "606-10-32-11; IFRS 15.56" in str(found[0]["reasons"])

    [asset] = rows_of(told, "book_balances")
    assert ("contract_asset", 0, 204_00) == tuple(asset[n] for n in ("account", "first", "second"))
    total = {(row["kind"], row["account"]): row["second"] for row in rows_of(told, "book_totals")}
    assert 204_00 + 400_00 == total["income", "revenue"]
    assert [] == [each for each in told.tie_outs if each.difference]
    counts = {row["rule"]: row["contracts"] for row in rows_of(told, "book_rules")}
    assert (1, 1, 0, 0) == tuple(
        counts[name] for name in ("collectibility", "constraint", "noncash", "onerous_contracts")
    )
    second = report(workspace, JANUARY, FEBRUARY, framework=Framework.IFRS15)
    [waterfall] = [
        row
        for row in records_of(second.datasets["revenue_waterfall"])
        if row["contract"] == "LIKELY" and row["component"] == "bonus"
    ]
    assert ("2.00", "2.00") == (waterfall["actual_2026_01"], waterfall["actual_2026_02"])
    assert [] == [each for each in second.tie_outs if each.difference]
    assert "book_comparison" not in second.datasets
    of_ifrs = names_of(export(second, tmp_path / "ifrs"))
    reports_ = [name for name in of_ifrs if "_" in name and name.endswith((".xlsx", ".csv"))]
    assert {each.split("_")[1] for each in reports_} == {"IFRS"}
    both = report(workspace, JANUARY, FEBRUARY)
    with pytest.raises(ReportError, match=r"is of the book 'IFRS \(IFRS 15\)'"):
        export(both, tmp_path, since=tmp_path / "ifrs")
    files = names_of(export(both, tmp_path))
    assert 1 == sum("_Books_" in name and name.endswith(".xlsx") for name in files)
    [twin] = [name for name in files if name.endswith("book-comparison.csv")]
    assert "-8.00" in (tmp_path / twin).read_text(encoding="utf-8")


def names_of(files: list[FileRecord]) -> list[str]:
    """Names of files."""
    return [each.name for each in files]


def test_each_book_is_read_by_its_name(workspace: Workspace) -> None:
    """100.00 a month of a contract that is none under Topic 606; a book nobody keeps is refused."""
    ifrs, us = Framework.IFRS15, Framework.ASC606
    tell(workspace, LIKELY, PLAIN, {**IFRS, "effective_from": "2026-02-01"})
    close_period(workspace, JANUARY, **PEOPLE)
    with pytest.raises(NotFound, match="No book under IFRS 15 is kept in 2026-01"):
        trial_balance(workspace, JANUARY, JANUARY, framework=ifrs)
    close_period(workspace, FEBRUARY, **PEOPLE)

    for framework, earned in ((None, "-400.00"), (us, "-400.00"), (ifrs, "-600.00")):
        told = trial_balance(workspace, FEBRUARY, FEBRUARY, framework=framework)
        held = {row["account"]: row["closing"] for row in records_of(told.datasets[0])}
        assert earned == held["revenue"]
        assert [] == [each for each in told.tie_outs if each.difference]
    day = FEBRUARY.last
    assert "200.00" in str(explain_contract(workspace, "LIKELY", day, framework=ifrs).earned[0])
    assert not explain_contract(workspace, "LIKELY", day).earned
    # Its journal has ids of its own; postings are those of its close, and the record names it.
    made = [
        export_journal(workspace, Wish(period=FEBRUARY, layout="csv", told={}, framework=each))
        for each in (None, ifrs)
    ]
    documents = [{name for file in each.files for name in file.documents} for each in made]
    own = workspace.entity
    assert [{f"R{own}-2602-1SC1"}, {f"R{own}I-2602-1SC1"}] == documents
    wish = Wish(period=FEBRUARY, layout="csv", told={}, framework=ifrs, grain=Grain.POSTING)
    [detailed] = export_journal(workspace, wish).files
    rows = list(csv.DictReader(io.StringIO(detailed.content.decode(), newline="")))
    earned = [each["credit"] for each in rows if each["ledger_account"] == "revenue"]
    assert ["100.00", "100.00", "200.00", "200.00"] == sorted(earned)
    recorded = workspace.run(exports.exports)
    assert ["", "ifrs15", "ifrs15"] == [each.book for each in recorded]
    assert detailed == file_of(workspace, recorded[-1].id, detailed.name)[0]
    with pytest.raises(NotFound, match="No book under IFRS 15"):
        explain_contract(workspace, "LIKELY", JANUARY.last, framework=ifrs)


def test_a_difference_without_a_rule_is_found(workspace: Workspace) -> None:
    """One amount of the last step changed by hand: the tie-outs tell by how much."""
    tell(workspace, IFRS, LIKELY)
    close_period(workspace, JANUARY, **PEOPLE)
    certificate = workspace.run(lambda tx: periods.standing_close(tx, JANUARY))

    def planted(sides: Sides, *rest: object, **more: object) -> Compared:
        last = sides.steps[-1].to_pylist()
        for row in last:
            if row["event"] == "satisfaction":
                row["amount"] += 7 if row["account"] == "contract_liability" else -7
        steps = [*sides.steps[:-1], pa.Table.from_pylist(last, schema=POSTED)]
        return compared(replace(sides, steps=steps), *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(books, "compared", planted)
        told = workspace.run(
            lambda tx: books.comparing(tx, workspace.lake, JANUARY, JANUARY, certificate.pins)
        )

    off = {each.name: each.difference for each in told.tie_outs if each.difference}
    assert {
        "Both books: income that no rule explains": 7,
        "Both books: balances that no rule explains": 7,
    } == off
