"""Samples of closed books: drawn from what is posted, kept, looked at and evaluated."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from reports.sample_pack import sheets
from revrec.audit import populations
from revrec.errors import Conflict, FeedError, InvariantViolated, NotFound
from revrec.feeds.records import fact_of
from revrec.feeds.scenario import read_scenario
from revrec.model.people import PersonKind
from revrec.model.policy import Account
from revrec.model.sample import SampleMethod, SampleUnit, Target
from revrec.operations import people as enrolling
from revrec.operations import sample_packs, sampled, sampling
from revrec.operations.close import close_period
from revrec.operations.computing import posted_detail
from revrec.operations.evidence import evidence
from revrec.operations.facts import record_facts
from revrec.operations.sample_packs import row_key_of, sample_pack
from revrec.operations.sampled import Told
from revrec.operations.sampling import Wish
from revrec.periods import Period
from revrec.store import audit_log, journal, people, samples
from tests.books import EXAMPLES, load_examples
from tests.people import enrol

JANUARY, FEBRUARY = Period(2026, 1), Period(2026, 2)
CASE = EXAMPLES / "annual_subscription.yaml"
PEOPLE = {"prepared_by": "ada", "approved_by": "grace"}
UNITS = Wish(
    method=SampleMethod.MONETARY_UNIT,
    seed=7,
    currency="USD",
    first=JANUARY,
    last=JANUARY,
    tolerable=Decimal(100_000),
)


@pytest.fixture
def books(workspace, tmp_path):
    """The examples, January closed."""
    load_examples(workspace, tmp_path)
    close_period(workspace, JANUARY, **PEOPLE)
    return workspace


def draw(books, wish):
    """Draws a sample."""
    return books.run(lambda tx: sampling.draw(tx, books.lake, wish))


def test_a_population_is_every_posting_on_the_account_and_sums_to_the_journal(books):
    """By hand from the detail: count, total, order and hash; twice gives the same sample."""
    rows = books.run(lambda tx: posted_detail(tx, books.lake)).to_pylist()
    revenue = [row for row in rows if row["account"] == "revenue" and row["currency"] == "USD"]
    ordered = sorted(revenue, key=lambda row: (row["entry_seq"], row["line_no"]))
    text = '"item","amount"\n' + "".join(
        f'"2026-01/{row["entry_seq"]}.{row["line_no"]}",{-row["amount"]}\n' for row in ordered
    )

    drawn = draw(books, UNITS)

    proof = drawn.population
    assert len(revenue) == proof.count == sum(count for count, _ in proof.strata.values())
    assert -sum(row["amount"] for row in revenue) == proof.total == proof.ledger_total
    assert hashlib.sha256(text.encode()).hexdigest() == proof.sha256
    assert "account = revenue and currency = USD" in proof.query
    lines = text.splitlines()
    assert [f'"{each.item}",{each.amount}' for each in drawn.items] == [
        lines[each.place] for each in drawn.items
    ]
    by_key = {f"2026-01/{row['entry_seq']}.{row['line_no']}": row for row in revenue}
    for each in drawn.items:
        row = by_key[each.item]
        assert (row["contract"], row["facts_digest"]) == (
            each.detail["contract"], each.detail["facts_digest"],
        )  # fmt: skip
    assert drawn == draw(books, UNITS)
    assert 1 == len(books.run(samples.read))
    assert drawn.id != draw(books, replace(UNITS, seed=8)).id


def test_contracts_sum_to_the_account(books):
    """A balance by contract, with liabilities above zero."""
    wish = replace(UNITS, unit=SampleUnit.CONTRACT, account=Account.CONTRACT_LIABILITY)

    drawn = draw(books, wish)

    rows = books.run(lambda tx: posted_detail(tx, books.lake)).to_pylist()
    of = [r for r in rows if r["account"] == "contract_liability" and r["currency"] == "USD"]
    assert (len({row["contract"] for row in of}), -sum(row["amount"] for row in of)) == (
        drawn.population.count, drawn.population.total,
    )  # fmt: skip
    first = drawn.items[0]
    assert first.amount == -sum(r["amount"] for r in of if r["contract"] == first.item)


def test_what_is_not_the_ledgers_is_not_sampled(books, monkeypatch):
    """A posting that a population leaves out is noticed before anything is drawn."""
    whole = populations.population
    monkeypatch.setattr(populations, "population", lambda scope, held: whole(scope, held[1:]))

    with pytest.raises(InvariantViolated, match="the journal"):
        draw(books, UNITS)
    assert not books.run(samples.read)


def test_an_auditor_tells_what_was_found_and_the_sample_is_evaluated(books):
    """The last word on an item counts; an evaluation is kept with who made it."""
    drawn = draw(books, replace(UNITS, expected=Decimal(10_000)))
    items = [each.item for each in drawn.items]
    amount = Decimal(drawn.items[0].amount) / 100

    with pytest.raises(Conflict, match="nobody says why"):
        books.run(
            lambda tx: sampled.record_results(
                tx, drawn.id, [Told(item=items[0], audited=amount - 1)]
            )
        )
    with pytest.raises(NotFound):
        books.run(lambda tx: sampled.record_results(tx, drawn.id, [Told(item="2026-01/0.0")]))
    with pytest.raises(Conflict, match="have no result"):
        books.run(lambda tx: sampled.evaluating(tx, drawn.id))
    for told in (
        [Told(item=each) for each in items],
        [Told(item=items[0], audited=amount - 1, note="billed twice")],
        [Told(item=items[0], audited=amount - 1, note="billed twice")],
    ):
        books.run(lambda tx, told=told: sampled.record_results(tx, drawn.id, told))
    for _ in range(2):
        found = books.acting_as("iris").run(lambda tx: sampled.evaluating(tx, drawn.id))

    assert len(items) == len(found.results)
    assert (drawn.items[0].amount - 100, True, "billed twice") == (
        found.results[1].audited, found.results[1].deviates, found.results[1].note,
    )  # fmt: skip
    assert ["iris"] == [each.by for each in found.evaluations]
    assert found.evaluations[0].supported
    events = books.run(lambda tx: audit_log.read(tx, wanted=audit_log.Wanted(operation="sample.")))
    assert ["sample.draw", "sample.results", "sample.results", "sample.evaluate"] == [
        each.operation for each in events
    ]


def test_the_evidence_explains_each_item(books, monkeypatch):
    """Postings to the last cent, contracts as they stand; beyond the bound each by its row key."""
    postings = draw(books, replace(UNITS, zeros=0))
    contracts = draw(books, replace(UNITS, unit=SampleUnit.CONTRACT, zeros=0))

    for drawn in (postings, contracts):
        pack = sample_pack(books, drawn.id)
        assert {each.number for each in drawn.items} == set(pack.explained)
        assert not pack.refused
        for each in drawn.items:
            found = pack.explained[each.number]
            assert found.holds
            assert found.known.fact_seq == pack.fact_seq
            if drawn is postings:
                assert -each.amount == found.amounts["posted"].minor
                assert row_key_of(drawn, each) == found.name
    monkeypatch.setattr(sample_packs, "EXPLAINED_MAX", 1)
    pack = sample_pack(books, postings.id)
    assert [1] == list(pack.explained)
    assert all(row_key_of(postings, each) in pack.refused[each.number]
               for each in postings.items[1:])  # fmt: skip


def test_targets_choose_by_what_is_known(books):
    """The largest three, whole thousands, and what a later month posted of January."""
    told = {
        "kind": "modification", "id": "M-9", "contract": "C-T", "on": "2026-02-10",
        "price_change": "1200.00",
    }  # fmt: skip
    contract = {
        "kind": "contract", "id": "C-T", "customer": "acme", "currency": "USD",
        "inception": "2026-01-01", "start": "2026-01-01", "end": "2026-12-31",
        "obligations": [{"id": "access", "product": "platform", "measure": "days"}],
        "consideration": [{"id": "fee", "kind": "fixed", "amount": "36500.00"}],
    }  # fmt: skip
    record_facts(books, [fact_of(contract, "test"), fact_of(told, "test")], source="test")
    close_period(books, FEBRUARY, **PEOPLE)
    wish = replace(UNITS, method=SampleMethod.TARGETED, first=JANUARY, last=FEBRUARY, top=3)

    def keys(*targets):
        drawn = draw(books, replace(wish, targets=targets))
        return {(each.item, each.stratum): each for each in drawn.items}

    rows = [
        row
        for row in books.run(lambda tx: posted_detail(tx, books.lake)).to_pylist()
        if row["account"] == "revenue" and row["currency"] == "USD"
    ]
    top = sorted((abs(row["amount"]) for row in rows), reverse=True)[:3]
    assert top == sorted((abs(x.amount) for x in keys(Target.TOP).values()), reverse=True)
    round_ = [row for row in rows if row["amount"] and row["amount"] % 100_000 == 0]
    assert len(round_) == len(keys(Target.ROUND))
    late = [row for row in rows if row["origin"] < row["period"]]
    found = keys(Target.AFTER_CLOSE, Target.MODIFICATION)
    assert len(late) == len([why for _, why in found if "after_close" in why])
    # 31 days of January at 100.00 became known after it was closed, and C-T was modified.
    assert ("after_close modification", 310_000) in {
        (why, each.amount) for (_, why), each in found.items() if each.detail["contract"] == "C-T"
    }
    # The clock of the test stands on Sunday, 1 February 2026.
    assert len(rows) == len(keys(Target.WEEKEND))
    with pytest.raises(NotFound, match="meets what is asked"):
        draw(books, replace(wish, targets=[Target.OVERRIDE]))


def test_a_controls_occurrences_are_sampled(books):
    """Closes of the audit log; the size is the table's where it is not told."""
    wish = Wish(
        method=SampleMethod.ATTRIBUTE,
        unit=SampleUnit.EVENT,
        seed=1,
        operation="period.close",
        tolerable=Decimal(10),
        confidence=Fraction(9, 10),
    )

    drawn = draw(books, wish)

    assert ("22", 1, "2026-01") == (
        drawn.parameters["size"], drawn.population.count, drawn.items[0].detail["subject"],
    )  # fmt: skip
    pack = sample_pack(books, drawn.id)
    assert drawn.population.sha256 == pack.population_sha256
    assert {"sample_items", "sample_population"} <= {each.name for each in sheets(pack)}
    told = [Told(item=drawn.items[0].item, deviates=True, note="approved by the preparer's deputy")]
    books.run(lambda tx: sampled.record_results(tx, drawn.id, told))
    assert not books.run(lambda tx: sampled.evaluating(tx, drawn.id)).evaluations[0].supported


REFUSED = [
    ({"tolerable": None}, FeedError),
    ({"seed": 2**64}, FeedError),
    ({"currency": ""}, FeedError),
    ({"last": FEBRUARY}, NotFound),
    ({"account": Account.CREDIT_LOSS}, NotFound),
    ({"unit": SampleUnit.EVENT}, FeedError),
    ({"method": SampleMethod.RANDOM}, FeedError),
    ({"method": SampleMethod.STRATIFIED, "size": 5}, FeedError),
    ({"method": SampleMethod.TARGETED}, FeedError),
]


def test_what_does_not_make_a_sample_is_refused(books):
    """With what is missing."""
    for changes, error in REFUSED:
        with pytest.raises(error) as refused:
            draw(books, replace(UNITS, **changes))
        assert refused.value.remedy


def test_evidence_has_a_card_for_each_list_and_says_what_misses(books):
    """By the books: one close, one batch, every entry; of two cases the one that is wrong."""
    right, wrong = read_scenario(CASE), read_scenario(CASE)
    off = wrong.expected[0].amount + 1
    wrong = replace(wrong, expected=(replace(wrong.expected[0], amount=off),))

    gathered = evidence(books, JANUARY, JANUARY, [right, wrong]).datasets

    tested = [(row[2], row[3]) for row in gathered["control_tests"].rows]
    assert [(str(len(right.expected)), "0"), ("0", "1")] == tested
    assert [("2026-01", "closed (hard)", "ada", "grace")] == [
        row[1:5] for row in gathered["period_log"].rows
    ]
    entries = books.run(journal.read_all)
    assert [each.digest for each in entries] == [
        row[-1] for row in gathered["journal_entries"].rows
    ]
    (batch,) = gathered["interface_completeness"].rows
    assert "0" == batch[-1]
    assert int(batch[4]) == int(batch[5]) + int(batch[6]) + int(batch[7]) > 0
    lists = set(gathered) - {"request_list", "information_cards"}
    cards = {row[0]: row for row in gathered["information_cards"].rows}
    assert lists == set(cards)
    assert all(str(len(gathered[name].rows)) == cards[name][7] for name in lists)
    debits = sum(
        line.amount
        for each in entries
        for line in each.entry.lines
        if line.amount > 0 and line.currency == "USD"
    )
    assert f"debits USD {debits} " in cards["journal_entries"][8]


def test_the_query_on_a_card_gives_the_rows_again(books, clock):
    """As they were, though more was done since; and of people what is told of each of them."""
    draw(books, UNITS)
    enrol(books, {"dora": "administrator", "ben": "controller", "cleo": "auditor"})

    gathered = evidence(books, JANUARY, JANUARY).datasets
    clock.advance(timedelta(hours=1))
    eve = {"login": None, "roles": ["approver"], "reason": "hired"}
    books.acting_as("dora").run(lambda tx: enrolling.enrol(tx, "eve", PersonKind.PERSON, **eve))
    draw(books.acting_as("cleo"), replace(UNITS, seed=8))

    cards = {row[0]: row for row in gathered["information_cards"].rows}
    later = evidence(books, JANUARY, JANUARY).datasets
    for name, (_, _, query, *_) in cards.items():
        again = books.run(lambda tx, query=query: tx.connection.execute(query).fetchall())
        assert gathered[name].rows == again, name
    grown = {name for name in cards if len(later[name].rows) > len(gathered[name].rows)}
    assert {"access_report", "change_log", "samples"} == grown
    access = {row[0]: row for row in gathered["access_report"].rows}
    for each in books.run(people.everyone):
        if each.name != "eve":
            duties = " ".join(sorted(each.duties))
            roles = " ".join(grant.role for grant in each.grants)
            keys = str(sum(key.is_good(each.enrolled_at) for key in each.keys))
            assert (roles, duties, keys) == access[each.name][3:6]
