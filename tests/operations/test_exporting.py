"""The journal handed to general ledgers: the same bytes again, recorded, and matched."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from revrec.errors import FeedError, InvariantViolated, NotFound, PeriodNotReady
from revrec.feeds.policies import default_policy
from revrec.feeds.records import fact_of
from revrec.general_ledger.documents import Grain
from revrec.general_ledger.references import Standing
from revrec.money import to_minor
from revrec.operations.close import close_period, gate_states, reopen_period
from revrec.operations.exporting import (
    Wish,
    export_journal,
    file_of,
)
from revrec.operations.references import standings, take_references
from revrec.periods import Period
from revrec.store import exports, journal
from tests.books import agree, load_examples

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
CONTRACT = {
    "kind": "contract",
    "id": "C-1",
    "customer": "acme",
    "currency": "USD",
    "inception": "2025-12-20",
    "start": "2026-01-01",
    "end": "2026-12-31",
    "obligations": [{"id": "access", "product": "platform", "measure": "days"}],
    "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}],
}
"""100.00 a day: 3,100.00 in January."""
INVOICE = {
    "kind": "invoice",
    "id": "I-1",
    "contract": "C-1",
    "on": "2026-01-01",
    "lines": [{"amount": "36500.00"}],
}
LATE = {**INVOICE, "id": "I-2", "lines": [{"amount": "500.00"}]}


def tell(workspace, *records):
    """Record facts through the door."""
    agree(workspace, [fact_of(each, "test") for each in records])


@pytest.fixture
def closed(workspace):
    """January closed: 36,500.00 billed, 3,100.00 of it earned."""
    tell(workspace, CONTRACT, INVOICE)
    close_period(workspace, JANUARY, **PEOPLE)
    return workspace


def wish(layout="csv", **changes):
    """January in a layout."""
    return Wish(**{"period": JANUARY, "layout": layout, "told": {}, **changes})


def rows_of(file):
    """The rows of a CSV file by column."""
    return list(csv.DictReader(io.StringIO(file.content.decode(), newline="")))


def ledger(workspace, period=JANUARY):
    """The journal by account and currency, in minor units."""
    sums = {}
    for posted in workspace.run(lambda tx: journal.read(tx, period), read_only=True):
        for line in posted.entry.lines:
            key = line.gl_code, line.currency
            sums[key] = sums.get(key, 0) + line.amount
    return {key: amount for key, amount in sums.items() if amount}


def exported(files):
    """The same of exported files."""
    sums = {}
    for file in files:
        for row in rows_of(file):
            key = row["account"], row["currency"]
            amount = Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)
            sums[key] = sums.get(key, 0) + to_minor(amount, row["currency"])
    return {key: amount for key, amount in sums.items() if amount}


def test_the_same_close_gives_the_same_bytes_and_a_record(closed):
    """Again: the same files, one set of documents, a second record of who and when."""
    first = export_journal(closed, wish())
    again = export_journal(closed.acting_as("ben"), wish())

    assert [file.content for file in first.files] == [file.content for file in again.files]
    found = closed.run(exports.exports, read_only=True)
    assert ["preparer", "ben"] == [each.exported_by for each in found]
    assert 1 == len({each.digest for each in found})
    documents = closed.run(exports.documents_of, read_only=True)
    assert [("USD", 3_650_000, 3)] == [(d.currency, d.amount, d.line_count) for d in documents]
    (file,) = first.files
    assert (file, "csv") == file_of(closed, found[0].id, file.name)


def test_a_reopened_period_exports_what_its_second_close_added(closed):
    """The first export stays as it was; the second has the late bill of 500.00 only."""
    before = export_journal(closed, wish())
    detailed = export_journal(closed, wish(grain=Grain.POSTING))
    reopen_period(closed, JANUARY, requested_by="ada", approved_by="grace", reason="late")
    with pytest.raises(NotFound, match="2026-01 is not closed"):
        export_journal(closed, wish())
    name = before.files[0].name
    assert before.files[0] == file_of(closed, before.recorded[0].id, name)[0]
    tell(closed, LATE)
    close_period(closed, JANUARY, **PEOPLE)

    after = export_journal(closed, wish())
    again = export_journal(closed, wish(grain=Grain.POSTING))

    assert before.files[0] == after.files[0]
    assert detailed.files[0].content == again.files[0].content
    assert [1, 2] == [each.ordinal for each in after.recorded]
    assert [f"R{closed.entity}-2601-{n}SC1" for n in (1, 2)] == [
        name for file in after.files for name in file.documents
    ]
    assert {50_000, -50_000} == set(exported(after.files[1:]).values())
    assert ledger(closed) == exported(after.files) == exported(again.files)


@pytest.mark.parametrize("grain", Grain)
def test_an_export_sums_to_the_ledger(workspace, tmp_path, grain):
    """All examples, several currencies: by account and currency, whatever a line stands for."""
    load_examples(workspace, tmp_path)
    close_period(workspace, JANUARY, **PEOPLE)

    files = export_journal(workspace, wish(grain=grain)).files

    assert ledger(workspace) == exported(files)


def test_postings_name_contract_and_obligation(closed):
    """A document for each journal entry, a line for each posting."""
    (file,) = export_journal(closed, wish(grain=Grain.POSTING)).files
    rows = rows_of(file)

    assert {"R1-2601-1DC1", "R1-2601-1DC2"} == {row["document"].replace(
        f"R{closed.entity}-", "R1-") for row in rows}  # fmt: skip
    earned = [row for row in rows if row["ledger_account"] == "revenue"]
    assert [("C-1", "access", "acme", "platform", "3100.00", "2026-01")] == [
        tuple(
            row[name]
            for name in ("contract", "obligation", "customer", "product", "credit", "origin")
        )
        for row in earned
    ]


def test_a_look_ahead_is_exported_under_ids_of_its_own(workspace):
    """What a close would post; no document of it counts as exported."""
    tell(workspace, CONTRACT, INVOICE)

    flash = export_journal(workspace, wish(flash=True))
    close_period(workspace, JANUARY, **PEOPLE)
    real = export_journal(workspace, wish())

    assert exported(flash.files) == exported(real.files)
    assert not set(flash.files[0].documents) & set(real.files[0].documents)
    known = workspace.run(exports.documents_of, read_only=True)
    assert list(real.files[0].documents) == [each.id for each in known]
    assert 0 == flash.recorded[0].ordinal
    with pytest.raises(NotFound, match="no export"):
        file_of(workspace, flash.recorded[0].id, flash.files[0].name)


def test_references_are_matched(closed):
    """Matched, of another amount, missing, unknown; a correction is the next version."""
    documents = [
        export_journal(closed, wish(layout, told=told)).files[0].documents[0]
        for layout, told in (
            ("csv", {}),
            ("netsuite", {"subsidiary": "Parent"}),
            ("xero", {}),
        )
    ]
    head = "document,number,posted_on,currency,amount\n"
    told = (
        f"{head}{documents[0]},JE-1,2026-01-31,USD,36500.00\n"
        f"{documents[1]},JE-2,2026-01-31,USD,36499.99\nR1-2512-1SN1,JE-3,2026-01-31,USD,1.00\n"
        "R1,JE-4,2026-01-31,USD,lots\n"
    )

    taken = take_references(closed, told.encode(), "posted.csv")

    standing = {each.document: each.standing for each in taken.matched}
    assert (3, 0, 0) == (taken.recorded.new, taken.recorded.corrected, taken.recorded.unchanged)
    assert {
        documents[0]: Standing.MATCHED,
        documents[1]: Standing.DIFFERING,
        documents[2]: Standing.MISSING,
        "R1-2512-1SN1": Standing.UNKNOWN,
    } == standing
    assert ["posted.csv, row 5"] == [str(each)[:17] for each in taken.refused]
    differing = next(each for each in taken.matched if each.standing is Standing.DIFFERING)
    assert "Posted 1 USD (minor units) less." == differing.why

    right = told.replace("36499.99", "36500.00").splitlines(keepends=True)
    again = take_references(closed, "".join(right[:3]).encode(), "posted.csv")

    assert (0, 1, 1) == (again.recorded.new, again.recorded.corrected, again.recorded.unchanged)
    assert [Standing.MATCHED] * 2 == [
        each.standing
        for each in closed.run(standings, read_only=True)
        if each.document in documents[:2]
    ]


def test_references_as_json_and_in_the_wrong_month(closed):
    """A whole number of JSON counts as its digits; a date outside the month is a difference."""
    (document,) = export_journal(closed, wish()).files[0].documents
    told = (
        f'[{{"document": "{document}", "number": "JE-1", "posted_on": "2026-02-01",'
        ' "currency": "USD", "amount": 36500}]'
    )

    (matched,) = take_references(closed, told.encode(), "posted.json").matched

    assert (Standing.DIFFERING, "Posted on 2026-02-01, outside 2026-01.") == (
        matched.standing,
        matched.why,
    )
    with pytest.raises(FeedError, match=r"posted.csv has the columns a, b"):
        take_references(closed, b"a,b\n1,2\n", "posted.csv")


def test_other_bytes_for_the_same_close_are_found(closed, superuser):
    """A journal changed behind the program's back does not go out under the same ids."""
    export_journal(closed, wish())
    superuser.execute("set session_replication_role = replica")
    superuser.execute(
        "update records.journal_line set gl_code = '9999' where entity_id = %s"
        " and account = 'revenue'",
        [closed.entity],
    )

    with pytest.raises(InvariantViolated, match="has other bytes than before"):
        export_journal(closed, wish())


def test_the_next_close_waits_for_the_general_ledger_where_elected(closed):
    """Not exported, exported, posted with another amount: February waits; then it closes."""
    policy = default_policy()
    elected = replace(policy.elections["posted_references"], value="required")
    told = replace(policy, elections={**policy.elections, "posted_references": elected})
    body = TypeAdapter(type(policy)).dump_python(told, mode="json")
    agree(closed, [fact_of({"kind": "policy", **body}, "test")])
    head, right = "document,number,posted_on,currency,amount\n", "JE-1,2026-01-31,USD,36500.00\n"

    def waits():
        return [each.gate for each in gate_states(closed, FEBRUARY) if each.blocks]

    assert ["exported-journals-are-posted"] == waits()
    (document,) = export_journal(closed, wish()).files[0].documents
    export_journal(closed, wish("xero"))
    wrong = f"{head}{document},{right.replace('36500', '36501')}"
    take_references(closed, wrong.encode(), "posted.csv")
    assert ["exported-journals-are-posted"] == waits()
    with pytest.raises(PeriodNotReady, match=r"has posted the journal of 2026-01 \(close 1\)"):
        close_period(closed, FEBRUARY, **PEOPLE)
    take_references(closed, f"{head}{document},{right}".encode(), "posted.csv")

    assert [] == waits()
    assert close_period(closed, FEBRUARY, **PEOPLE).new
