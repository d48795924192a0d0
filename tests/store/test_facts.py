"""Facts are kept in versions; what was known at any point can be read again."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from msgspec import structs

from revrec.model.fact import Fact, FactKind, digest_of
from revrec.store import facts
from revrec.store.facts import Recorded
from tests.store.samples import fact


def record(run, *told):
    """Facts are given one after another."""
    return run(lambda tx: facts.record(tx, told))


def prices(run, **narrow):
    """Key, version and price of what is read."""
    return [
        (known.fact.key, known.version, known.fact.body["amount"])
        for known in run(lambda tx: facts.read(tx, **narrow))
    ]


def test_first_versions_are_new(run, clock):
    """A fact comes back as it was told, with who recorded it and the clock's time."""
    assert Recorded(new=2, unchanged=0, corrected=0) == record(run, fact("A"), fact("B"))
    read = run(facts.read)

    assert [fact("A"), fact("B")] == [known.fact for known in read]
    assert [(1, clock.now(), "preparer")] * 2 == [
        (known.version, known.recorded_at, known.recorded_by) for known in read
    ]


def test_the_same_fact_again_changes_nothing(run):
    """A feed may be sent twice."""
    record(run, fact("A"), fact("B"))

    assert Recorded(new=0, unchanged=2, corrected=0) == record(run, fact("A"), fact("B"))
    assert [1, 1] == [known.version for known in run(facts.read)]


def test_a_changed_fact_is_the_next_version(run):
    """The old version stays; the new one is read."""
    record(run, fact("A", price="1.00"), fact("B"))

    assert Recorded(new=1, unchanged=1, corrected=1) == record(
        run, fact("A", price="2.00"), fact("B"), fact("C")
    )
    assert [("A", 2, "2.00"), ("B", 1, "1.00"), ("C", 1, "1.00")] == prices(run)


def test_facts_are_read_as_they_were_known(run):
    """Through a seq: later corrections and later facts do not exist yet."""
    record(run, fact("A", price="1.00"))
    first = run(facts.last_seq)
    record(run, fact("A", price="2.00"), fact("B"))
    second = run(facts.last_seq)
    record(run, fact("A", price="3.00"))

    assert [("A", 1, "1.00")] == prices(run, through_seq=first)
    assert [("A", 2, "2.00")] == prices(run, through_seq=second - 1)
    assert [("A", 2, "2.00"), ("B", 1, "1.00")] == prices(run, through_seq=second)
    assert [("A", 3, "3.00"), ("B", 1, "1.00")] == prices(run)
    assert [] == prices(run, through_seq=0)


def test_one_batch_may_hold_several_versions(run):
    """In the order told: there, back, and there again are three versions."""
    told = [fact("A", price=price) for price in ("1.00", "1.00", "2.00", "1.00", "1.00")]

    assert Recorded(new=1, unchanged=2, corrected=2) == record(run, *told)
    assert [("A", 3, "1.00")] == prices(run)


@pytest.mark.parametrize("few", [0, 1_000])
@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_the_size_of_a_batch_does_not_matter(run, monkeypatch, few, chunk):
    """Plain inserts and staging, in one piece or many: same versions, seq in the order told."""
    monkeypatch.setattr(facts, "FEW", few)
    monkeypatch.setattr(facts, "CHUNK_FACTS", chunk)
    first = [fact(f"K{n:02d}", price="1.00") for n in range(20)]
    mixed = [fact(f"K{n:02d}", price="2.00" if n % 2 else "1.00") for n in range(30)]

    assert Recorded(new=20, unchanged=0, corrected=0) == record(run, *first[::-1])
    assert Recorded(new=10, unchanged=10, corrected=10) == record(run, *mixed)
    expected = [(f"K{n:02d}", 2 if n % 2 and n < 20 else 1) for n in range(30)]
    read = run(facts.read)
    by_seq = sorted(read, key=lambda known: known.seq)
    assert expected == [(known.fact.key, known.version) for known in read]
    assert [f"K{n:02d}" for n in range(18, -1, -2)] == [known.fact.key for known in by_seq[:10]]
    assert [f"K{n:02d}" for n in [*range(1, 20, 2), *range(20, 30)]] == [
        known.fact.key for known in by_seq[10:]
    ]


def test_the_order_is_by_code_point(run):
    """The same on every machine, whatever its locale."""
    record(run, *(fact(key) for key in ("é", "b", "B", "a-1", "a1", "A")))

    assert ["A", "B", "a-1", "a1", "b", "é"] == [known.fact.key for known in run(facts.read)]


def test_kinds_come_before_keys(run):
    """Order is (kind, key); the same key may be used by two kinds."""
    contract = structs.replace(fact("A"), kind=FactKind.CONTRACT)
    record(run, fact("A"), contract)

    assert [contract, fact("A")] == [known.fact for known in run(facts.read)]


def test_facts_are_read_by_contract(run):
    """One contract's facts; those of no contract are read with all only."""
    record(run, fact("A", contract="X"), fact("B", contract="Y"), fact("C", contract=None))

    assert ["B"] == [key for key, _, _ in prices(run, among=["Y"], of_none=False)]
    assert ["B", "C"] == [key for key, _, _ in prices(run, among=["Y"])]
    assert ["A", "B", "C"] == [key for key, _, _ in prices(run)]


def test_the_stored_digest_is_the_facts_own(run, superuser, entity):
    """The encoder is gone through once for digest and body; both are the documented ones."""
    known = "".join(map(chr, (*range(1, 0x250), 0x2028, 0xFFFF, 0x1F600)))
    body = {"b": [1, None, True, 10**40], "a": {"ü": "1.50", "😀": 1, "\uffff": 2}, "all": known}
    told = Fact(
        kind=FactKind.CONTRACT,
        key='k"1',
        contract=None,
        effective_on=date(2026, 1, 1),
        body=body,
    )
    record(run, told)
    row = superuser.execute(
        "select digest, body from facts.fact where entity_id = %s", [entity]
    ).fetchone()

    assert (told.digest, body) == row
    assert digest_of(["contract", 'k"1', body]) == told.digest
    assert [told] == [known.fact for known in run(facts.read)]
    assert told.digest == run(facts.read)[0].fact.digest


def test_numbers_of_a_body_stay_exact(run):
    """Decimals travel as text, integers at any size; nothing becomes a float."""
    told = structs.replace(
        fact("A"), body={"amount": "0.000000000001", "minor": 9_007_199_254_740_993}
    )
    record(run, told)

    assert told == run(facts.read)[0].fact
    assert Decimal("1E-12") == Decimal(run(facts.read)[0].fact.body["amount"])


def test_recorded_at_moves_with_the_clock(run, clock):
    """What was learned later says so."""
    record(run, fact("A"))
    earlier = clock.now()
    clock.advance(timedelta(days=1))
    record(run, fact("A", price="2.00"))

    assert earlier + timedelta(days=1) == run(facts.read)[0].recorded_at


def test_an_entity_without_facts_has_none(run):
    """Nothing told, nothing known."""
    assert 0 == run(facts.last_seq)
    assert [] == run(facts.read)
    assert Recorded(new=0, unchanged=0, corrected=0) == record(run)
