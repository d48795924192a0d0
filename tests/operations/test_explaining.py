"""A posting explained as its close knew it, and a fact followed to the postings it touched."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from reports.explanation import write_explanation
from revrec.audit.explanation import Explanation, Subject
from revrec.audit.telling import lines_of
from revrec.errors import FeedError, NotFound
from revrec.feeds.records import fact_of
from revrec.model.books import Framework
from revrec.money import Money
from revrec.operations.closable import Kind
from revrec.operations.close import close_period, move_cut_off
from revrec.operations.computing import posted_detail
from revrec.operations.explaining import key_of_posting
from revrec.operations.explanations import Asked, explain, told
from revrec.operations.facts import record_facts
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.runtime.clock import FixedClock
from revrec.store.database import Database
from revrec.store.lake import Lake
from tests.books import send, write_usage

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
CONTRACT = {
    "kind": "contract", "id": "C/1", "customer": "acme", "customer_name": "Acme Inc.",
    "currency": "USD",
    "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31",
    "obligations": [
        {"id": "access", "product": "platform", "measure": "days"},
        {"id": "calls", "product": "calls", "measure": "usage"},
    ],
    "consideration": [
        {"id": "fee", "kind": "fixed", "amount": "1000.00", "obligation": "access"},
        {"id": "use", "kind": "usage", "obligation": "calls"},
    ],
}  # fmt: skip
INVOICE = {
    "kind": "invoice", "id": "I-1", "contract": "C/1", "on": "2026-01-05",
    "lines": [{"amount": "600.00"}, {"amount": "400.00"}],
}  # fmt: skip


def use(day: str, amount: str) -> dict[str, str]:
    """A day of calls."""
    return {
        "source": "gateway", "usage_id": f"u-{day}", "contract": "C/1", "meter": "calls",
        "usage_date": day, "quantity": "10", "unit": "call", "amount": amount, "currency": "USD",
    }  # fmt: skip


@pytest.fixture(scope="module")
def books(database: Database, lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """January closed softly, an invoice and use told after, the cut-off moved, February closed."""
    workspace = Workspace(database=database, lake=lake, entity=1, actor="preparer")
    tmp_path = tmp_path_factory.mktemp("usage")
    record_facts(workspace, [fact_of(CONTRACT, "test")], source="test")
    send(workspace, write_usage(tmp_path / "one.ndjson", [use("2026-01-10", "12.34")]))
    close_period(workspace, JANUARY, **PEOPLE, kind=Kind.SOFT)
    record_facts(workspace, [fact_of(INVOICE, "test")], source="test")
    send(workspace, write_usage(tmp_path / "two.ndjson", [use("2026-01-11", "0.66")]))
    two = {"requested_by": "ada", "approved_by": "grace"}
    move_cut_off(workspace, JANUARY, **two, reason="the invoice was late")
    close_period(workspace, JANUARY, **PEOPLE)
    close_period(workspace, FEBRUARY, **PEOPLE)
    return workspace


def posting(books: Workspace, number: int = -1, **narrow: str) -> Explanation:
    """The posting of these columns, explained."""
    rows = books.run(lambda tx: posted_detail(tx, books.lake)).to_pylist()
    found = [each for each in rows if narrow.items() <= each.items()]
    key = key_of_posting(found[number])
    return explain(books, Asked(subject=Subject.POSTING, name=key))


def test_a_posting_is_followed_to_its_last_cent(books: Workspace, tmp_path: Path) -> None:
    """59/365 of 1,000.00 are 161.6438..., 31/365 were 84.9315...: 76.71, of it 0.0023 rounded."""
    found = posting(books, event="satisfaction", obligation="access", period="2026-02",
                    account="revenue")  # fmt: skip

    assert {"posted": Money(-7671, "USD")} == found.amounts
    [working] = found.workings
    shares = [(each.value, each.numerator, each.denominator) for each in working.lines
              if each.operation == "share"]  # fmt: skip
    assert [(16164, 59, 365), (8493, 31, 365)] == shares
    assert 0 == working.difference
    # 161.64 - 161.6438... less 84.93 - 84.9315...: 365ths of a cent.
    assert (16164 * 365 - 59 * 100000) - (8493 * 365 - 31 * 100000) == -working.rounding * 365
    assert {1, 2, 3, 4} <= {each.decision.step for each in found.decisions}
    assert any(each.rests and "606-10-32-31" in each.decision.paragraphs
               for each in found.decisions)  # fmt: skip
    assert ["contract C/1", "invoice I-1"] == [each.name for each in found.facts]
    [approved] = found.approvals
    assert ("ada", "grace") == (approved.prepared_by, approved.approved_by)
    [changed] = found.changes
    assert (-8493, -7671) == (changed.before.minor, changed.after.minor)
    assert any("59 of 365 days of service" in line for line in lines_of(found))
    files = write_explanation(
        told(books, Asked(subject=Subject.POSTING, name=found.name)), tmp_path / "out"
    )
    [twin] = [each for each in files if each.suffix == ".json" and each.name != "manifest.json"]
    assert found.name == json.loads(twin.read_text())["name"]


def test_closes_of_one_period_are_told_apart(books: Workspace) -> None:
    """The soft close posted 12.34 of use; the moved cut-off adds 0.66 of what was told since."""
    of_use = {"event": "satisfaction", "obligation": "calls", "account": "revenue"}
    first, second = (posting(books, number, **of_use) for number in (0, 1))

    assert [-1234, -66] == [each.amounts["posted"].minor for each in (first, second)]
    assert ["contract C/1", "usage C/1/calls/2026-01-10"] == [each.name for each in first.facts]
    assert "usage C/1/calls/2026-01-11" in [each.name for each in second.facts]
    assert first.holds
    assert second.holds
    assert first.known.fact_seq < second.known.fact_seq


def test_a_contract_is_explained_as_it_was_known(books: Workspace) -> None:
    """On 28 February: 161.64 by days and 13.00 of use, 1,000.00 billed; nothing is held back."""
    asked = Asked(subject=Subject.CONTRACT, name="C/1", day=FEBRUARY.last)
    found = explain(books, asked)

    assert [16164, 1300, 100000 - 17464] == [each.result for each in found.workings]
    assert Money(100000 - 17464, "USD") == found.amounts["contract_liability"]
    own = Asked(subject=Subject.OBLIGATION, name=r"C\/1/calls", day=FEBRUARY.last)
    assert {"use, revenue": Money(1300, "USD")} == explain(books, own).amounts


def test_a_fact_is_followed_to_what_it_gave(books: Workspace) -> None:
    """A day's use gave 0.66 of what was posted, a line of an invoice its amount."""
    day = explain(books, Asked(subject=Subject.FACT, name="usage C/1/calls/2026-01-11"))
    line = explain(books, Asked(subject=Subject.FACT, name="invoice I-1#2"))
    whole = explain(books, Asked(subject=Subject.FACT, name="contract C/1"))

    def given(found: Explanation, event: str) -> list[tuple[str, int, int]]:
        return [
            (each.period, each.amount.minor, each.of_it.minor)
            for each in found.postings
            if f"/{event}/" in each.posting and "/contract_liability/" in each.posting
            and each.of_it is not None
        ]  # fmt: skip

    assert [("2026-01", 66, 66)] == given(day, "satisfaction")
    assert [("2026-01", -100000, -40000)] == given(line, "billing")
    rows = books.run(lambda tx: posted_detail(tx, books.lake)).num_rows
    assert rows == len(whole.postings)
    with pytest.raises(NotFound, match="No fact is known as invoice I-2"):
        explain(books, Asked(subject=Subject.FACT, name="invoice I-2"))
    with pytest.raises(NotFound, match="no line 3"):
        explain(books, Asked(subject=Subject.FACT, name="invoice I-1#3"))
    with pytest.raises(FeedError, match="on a day"):
        explain(books, Asked(subject=Subject.CONTRACT, name="C/1"))
    with pytest.raises(NotFound, match="Nothing is posted"):
        explain(books, Asked(subject=Subject.POSTING, name="2026-01/x"))


def test_a_period_and_its_lines_are_explained(books: Workspace) -> None:
    """Every account goes from its opening to what the journal holds; a row leads to its contract.

    At the end of February 161.64 by days and 13.00 of use are earned of 1,000.00 billed.
    """
    found = explain(books, Asked(subject=Subject.PERIOD, name="2026-02"))

    assert found.holds
    results = {each.title: each.result for each in found.workings}
    assert -17464 == results["revenue in 2026-02"]
    assert 17464 - 100000 == results["contract_liability in 2026-02"]
    row = explain(books, Asked(subject=Subject.LINE, name=r"2026-02/contract_position C\/1"))
    assert Money(100000 - 17464, "USD") in row.amounts.values()
    assert ["contract C/1", "invoice I-1"] == [each.name for each in row.facts]
    key = next(each.posting for each in found.postings)
    line = explain(books, Asked(subject=Subject.LINE, name=f"2026-02/journal_detail {key}"))
    assert (Subject.LINE, key) == (line.subject, line.name)
    whole = explain(books, Asked(subject=Subject.LINE, name=r"2026-01..2026-02/receivables C\/1"))
    assert {"2026-01", "2026-02"} == {each.period for each in whole.postings}
    earlier = r"2026-01..2026-02/revenue_by_product 2026-01/platform/USD"
    january = explain(books, Asked(subject=Subject.LINE, name=earlier))
    assert [Money(8493, "USD")] == list(january.amounts.values())
    assert (JANUARY.last, {"2026-01"}) == (
        january.day, {each.period for each in january.postings},
    )  # fmt: skip
    for name in ("2026-02/nothing C-1", "2026-02/contract_position C-9"):
        with pytest.raises(NotFound):
            explain(books, Asked(subject=Subject.LINE, name=name))


def test_what_became_known_between_moments_is_told(
    database: Database, lake: Lake, clock: FixedClock, tmp_path: Path
) -> None:
    """A corrected price and a day of use: 36.50 more for January, of 31 days of 430.00 more."""
    books = Workspace(database=database, lake=lake, entity=2, actor="preparer")
    record_facts(books, [fact_of(CONTRACT, "test")], source="test")
    before = books.run(lambda tx: tx.now)
    clock.advance(timedelta(hours=1))
    fee = {"id": "fee", "kind": "fixed", "amount": "1365.00", "obligation": "access"}
    dearer = {**CONTRACT, "consideration": [fee, *CONTRACT["consideration"][1:]]}
    record_facts(books, [fact_of(dearer, "test")], source="test")
    send(books, write_usage(tmp_path / "late.ndjson", [use("2026-01-10", "5.00")]))
    after = books.run(lambda tx: tx.now)

    name = f"{before.isoformat()}..{after.isoformat()}"
    found = explain(books, Asked(subject=Subject.CHANGES, name=name, day=JANUARY.last))

    moved = {each.name: each.change.minor for each in found.changes if "revenue" in each.name}
    # 31/365 of 1,365.00 are 115.93, of 1,000.00 were 84.93.
    assert [-3100, -500] == list(moved.values())
    assert {"Arrived: contract C/1, use."} == {each.why for each in found.changes}
    [fact] = found.facts
    assert ("contract C/1", 2) == (fact.name, fact.version)
    asked = Asked(subject=Subject.CONTRACT, name="C/1", day=JANUARY.last, known_at=before)
    assert 8493 == explain(books, asked).workings[0].result
    with pytest.raises(FeedError, match="no moments"):
        explain(books, Asked(subject=Subject.CHANGES, name="2026-01-01"))


IFRS = {"kind": "second_book", "framework": "ifrs15", "effective_from": "2026-01-01"}
LIKELY = {
    **CONTRACT, "id": "C-2", "collection_probability": "0.60",
    "obligations": CONTRACT["obligations"][:1], "consideration": CONTRACT["consideration"][:1],
}  # fmt: skip


def test_a_second_book_is_explained_by_its_own_rules(database: Database, lake: Lake) -> None:
    """60% likely to pay: no contract under Topic 606, one under IFRS 15; 84.93, then 76.71 of it.

    What became known in February changes nothing of what the second book had decided in January.
    """
    books = Workspace(database=database, lake=lake, entity=3, actor="preparer")
    record_facts(books, [fact_of(each, "test") for each in (IFRS, LIKELY)], source="test")
    close_period(books, JANUARY, **PEOPLE)
    invoice = {**INVOICE, "contract": "C-2", "on": "2026-02-03"}
    record_facts(books, [fact_of(invoice, "test")], source="test")
    close_period(books, FEBRUARY, **PEOPLE)

    def asked(subject: Subject, name: str, **how: object) -> Explanation:
        found = Asked(subject=subject, name=name, framework=Framework.IFRS15, **how)  # type: ignore[arg-type]
        return explain(books, found)

    rows = books.run(lambda tx: posted_detail(tx, books.lake, book="ifrs15")).to_pylist()
    explained = {each["event"]: asked(Subject.POSTING, key_of_posting(each)) for each in rows}
    assert {"billing", "netting", "satisfaction"} == set(explained)
    assert all(each.holds and each.known.book == "IFRS 15" for each in explained.values())
    earned = explained["satisfaction"]
    assert 7671 == abs(earned.amounts["posted"].minor)
    assert ["contract C-2", "invoice I-1", "second_book second_book"] == sorted(
        each.name for each in earned.facts
    )
    assert all(each.told_before for each in earned.decisions if each.decision.on < JANUARY.last)
    with pytest.raises(NotFound):
        explain(books, Asked(subject=Subject.POSTING, name=earned.name))

    last = {"day": FEBRUARY.last}
    contract = asked(Subject.CONTRACT, "C-2", **last)
    assert Money(16164, "USD") == contract.amounts["recognised"]
    assert contract.holds
    first = explain(books, Asked(subject=Subject.CONTRACT, name="C-2", **last))
    assert 0 == first.amounts["recognised"].minor
    own = asked(Subject.OBLIGATION, "C-2/access", **last)
    assert {"fixed, revenue": Money(16164, "USD")} == own.amounts
    period = asked(Subject.PERIOD, "2026-02")
    assert period.holds
    assert Money(16164, "USD") == period.amounts["recognised, USD"]
    row = asked(Subject.LINE, "2026-02/contract_position C-2")
    assert Money(16164, "USD") in row.amounts.values()
    touched = asked(Subject.FACT, "contract C-2").postings
    assert len(rows) == len(touched)


def test_a_fact_of_no_contract_is_followed_to_those_that_name_what_it_is_of(
    database: Database, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A selling price is looked for where its product is promised, and found as everywhere.

    1,200.00 for the platform at 300.00 and support at 100.00 are 900.00 and 300.00 of 365 days;
    without the latter's price the bundle cannot be accounted for.
    """
    books = Workspace(database=database, lake=lake, entity=4, actor="preparer")
    prices = [
        {"kind": "standalone_selling_price", "id": f"S-{product}", "product": product,
         "currency": "USD", "amount": amount, "effective_from": "2026-01-01"}
        for product, amount in (("platform", "300.00"), ("support", "100.00"), ("seats", "5.00"))
    ]  # fmt: skip
    fee = {"id": "fee", "kind": "fixed", "amount": "1200.00"}
    told = [
        {**CONTRACT, "id": name, "customer": name, "consideration": [fee], "obligations": [
            {"id": product, "product": product, "measure": "days"} for product in products
        ]}
        for name, products in (("BUNDLE", ["platform", "support"]), ("ALONE", ["platform"]))
    ]  # fmt: skip
    record_facts(books, [fact_of(each, "test") for each in (*prices, *told)], source="test")
    close_period(books, JANUARY, **PEOPLE)
    names = ["standalone_selling_price S-support", "standalone_selling_price S-seats"]

    narrowed = [explain(books, Asked(subject=Subject.FACT, name=name)) for name in names]
    monkeypatch.setattr("revrec.operations.tracing._concerned", lambda *_: None)
    everywhere = [explain(books, Asked(subject=Subject.FACT, name=name)) for name in names]

    assert [each.postings for each in everywhere] == [each.postings for each in narrowed]
    keys = [each.posting.split("/") for each in narrowed[0].postings]
    gave = {
        key[4]: each.of_it
        for key, each in zip(keys, narrowed[0].postings, strict=True)
        if (key[2], key[7]) == ("satisfaction", "revenue")
    }
    # 31 of 365 days: 76.44 of 900.00, 25.48 of 300.00.
    assert {"platform": Money(-7644, "USD"), "support": Money(-2548, "USD")} == gave
    assert {"BUNDLE"} == {key[3] for key in keys}
    assert not narrowed[1].postings
    digest = narrowed[0].facts[0].digest
    for start in (digest, digest[:9]):
        found = explain(books, Asked(subject=Subject.FACT, name=start))
        assert narrowed[0].postings == found.postings
    with pytest.raises(NotFound, match="No fact is known as zzz"):
        explain(books, Asked(subject=Subject.FACT, name="zzz"))
