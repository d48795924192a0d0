"""Two counts of the same usage: the ledger's and another system's; what drifts is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.errors import FeedError, IdempotencyMismatch
from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from revrec.store import audit_log, facts
from revrec.usage.columns import EVENTS
from revrec.usage.comparison import Drift, compare
from revrec.usage.counts import recording
from revrec.usage.ingest import ingest
from tests.usage.samples import as_csv, told

JANUARY = {"first": date(2026, 1, 1), "last": date(2026, 1, 31)}


@pytest.fixture
def count(database, books, tmp_path):
    """Records lines of counts, by customer unless the heading says otherwise."""

    def record(*lines, source="gateway", batch=None, heading="customer,meter,usage_date,quantity"):
        path = tmp_path / "counts.csv"
        path.write_text("\n".join([heading, *lines, ""]))
        return database.run(
            lambda tx: recording(tx, path, name=path.name, source=source, batch=batch),
            entity=books,
            actor="gateway",
        )

    return record


@pytest.fixture
def drift(database, lake, books):
    """Compares January and tells what drifts, shortly."""

    def run(**narrow):
        found = database.run(
            lambda tx: compare(tx, lake, **JANUARY, **narrow),
            entity=books,
            actor="auditor",
            read_only=True,
        )
        return found.compared, [
            (each.source, each.customer, each.day.day, each.drift, each.difference)
            for each in found.drifted
        ]

    return run


def day(number, quantity, **changes):
    """A row of acme's usage on a day of January."""
    return told(
        usage_id=f"u-{number}-{quantity}",
        usage_date=f"2026-01-{number:02}",
        quantity=str(quantity),
        **changes,
    )


def test_what_drifts_is_named(send, count, drift):
    """Missing on either side, and different; equal counts and a sum of rows are quiet."""
    send([day(1, 100), day(2, 60), day(2, 40), day(3, 100), day(5, 7)])
    count("acme,tokens,2026-01-01,100", "acme,tokens,2026-01-02,100.000",
          "acme,tokens,2026-01-03,101", "acme,tokens,2026-01-04,5",
          "acme,tokens,2026-01-06,0")  # fmt: skip

    assert drift() == (
        6,
        [
            ("gateway", "acme", 3, Drift.DIFFERS, Decimal(-1)),
            ("gateway", "acme", 4, Drift.MISSING_IN_LEDGER, Decimal(-5)),
            ("gateway", "acme", 5, Drift.MISSING_IN_SOURCE, Decimal(7)),
        ],
    )


@pytest.mark.parametrize(
    ("ledger", "expected"),
    [(10_001, []), (9_999, []), ("10001.000000001", [Drift.DIFFERS]), (9_998, [Drift.DIFFERS])],
)
def test_a_difference_within_the_share_is_no_drift(ledger, expected, send, count, drift):
    """One in ten thousand of 10,000 is 1: up to it is quiet, a billionth more is not."""
    send([day(1, ledger)])
    count("acme,tokens,2026-01-01,10000")

    assert expected == [each[3] for each in drift()[1]]


def test_the_share_is_elected(send, count, drift, database, books):
    """A policy of the entity's own allows one percent."""
    send([day(1, 99)])
    count("acme,tokens,2026-01-01,100")
    assert 1 == len(drift()[1])

    policy = with_elections(default_policy(), {"drift_of_usage_counts": "1%"})
    database.run(
        lambda tx: facts.record(tx, [to_fact(FactKind.POLICY, policy)]), entity=books, actor="ana"
    )

    assert (1, []) == drift()


def test_a_share_that_is_no_percentage_is_refused():
    """The form is told."""
    with pytest.raises(FeedError, match=r"a percentage, such as 0\.01%"):
        with_elections(default_policy(), {"drift_of_usage_counts": "some"})


def test_a_source_is_held_to_what_it_counts(send, count, drift):
    """A source that tells of two days is not asked for the others, nor for other meters."""
    send([day(1, 100), day(9, 5), day(12, 3)])
    count("acme,tokens,2026-01-08,0", "acme,tokens,2026-01-09,5")
    count("acme,images,2026-01-01,4", source="billing")

    assert drift() == (3, [("billing", "acme", 1, Drift.MISSING_IN_LEDGER, Decimal(-4))])
    assert drift(source="gateway") == (2, [])


def test_contracts_count_for_their_customer(send, count, drift):
    """A source may count by contract, another by customer; a contract nobody knows is named."""
    send([day(1, 100)])
    count("acme,tokens,2026-01-01,100", heading="contract,meter,usage_date,quantity")
    count("nobody,tokens,2026-01-01,1", source="server",
          heading="contract,meter,usage_date,quantity")  # fmt: skip

    assert drift(source="gateway") == (1, [])
    assert [each[1] for each in drift(source="server")[1]] == ["acme", "nobody"]


def test_the_last_version_counts(send, count, drift):
    """A total told again is corrected; told alike it is unchanged; both are kept."""
    send([day(1, 100)])
    first = count("acme,tokens,2026-01-01,90", "acme,tokens,2026-01-02,1")
    second = count("acme,tokens,2026-01-01,100", "acme,tokens,2026-01-02,1.0")

    assert (2, 0, 0) == (first.new, first.corrected, first.unchanged)
    assert (0, 1, 1) == (second.new, second.corrected, second.unchanged)
    assert [("gateway", "acme", 2, Drift.MISSING_IN_LEDGER, Decimal(-1))] == drift()[1]


def test_a_batch_counts_once_for_its_source(count, run):
    """The same bytes again give the first answer; other bytes under its name are refused."""
    first = count("acme,tokens,2026-01-01,90", "acme,tokens,x,1", batch="b")

    assert first == count("acme,tokens,2026-01-01,90", "acme,tokens,x,1", batch="b")
    assert 1 == count("acme,tokens,2026-01-01,7", batch="b", source="billing").new
    with pytest.raises(IdempotencyMismatch, match="'b' of gateway"):
        count("acme,tokens,2026-01-01,91", batch="b")
    events = [each for each in run(audit_log.read) if each.operation == "usage.count"]
    assert ["gateway b", "billing b"] == [each.subject for each in events]


def test_a_bad_row_stops_no_good_one(count):
    """Each refused row says what is wrong; the rows add up."""
    found = count(
        "acme,,tokens,2026-01-01,1",
        "acme,acme,tokens,2026-01-02,1",
        ",,tokens,2026-01-02,1",
        "acme,,,2026-01-02,1",
        "acme,,tokens,2026-02-30,1",
        "acme,,tokens,2026-01-02,1e3",
        "acme,,tokens,2026-01-02,-1",
        "acme,,tokens,2026-01-01,1",
        "acme,,tokens",
        heading="customer,contract,meter,usage_date,quantity",
    )

    assert (9, 1, 8) == (found.received, found.new, len(found.refused))
    assert [
        (2, "names a contract and a customer"),
        (3, "names a contract and a customer"),
        (4, "column meter is empty"),
        (5, "'2026-02-30' is no day"),
        (6, "'1e3' is no number"),
        (7, "'-1' is negative"),
        (8, "is told twice"),
        (9, "cannot be read"),
    ] == [
        (each.row, next(words for words in _WORDS if words in each.message))
        for each in found.refused
    ]


_WORDS = ("names a contract and a customer", "column meter is empty", "'2026-02-30' is no day",
          "'1e3' is no number", "'-1' is negative", "is told twice", "cannot be read")  # fmt: skip


def test_events_count_on_the_day_elected(database, lake, books, count, drift, tmp_path):
    """Usage rated here is compared as it was counted, on the day of its time in UTC."""
    path = tmp_path / "events.csv"
    rows = [
        {"source": "edge", "usage_id": f"e-{n}", "time": time, "contract": "acme",
         "meter": "tokens", "quantity": "10", "unit": "token"}
        for n, time in enumerate(("2026-01-01T23:59:59Z", "2026-01-02T01:00:00+02:00"))
    ]  # fmt: skip
    path.write_bytes(as_csv(rows, list(rows[0])))
    ingest(database, lake, path, source_name=path.name, entity=books, actor="edge", form=EVENTS)
    count("acme,tokens,2026-01-01,20")

    assert drift() == (1, [])


def test_a_finding_is_told_in_words(send, count, database, lake, books):
    """Who, where, both sides, the difference with its direction, and its share."""
    send([day(3, 100)])
    count("acme,tokens,2026-01-03,125")
    found = database.run(lambda tx: compare(tx, lake, **JANUARY), entity=books, actor="a")

    assert Fraction(1, 5) == found.drifted[0].relative
    assert str(found.drifted[0]) == (
        "differs: acme on tokens, 2026-01-03: the ledger holds 100.000000000, gateway counted "
        "125.000000000; 25.000000000 less (20.0000%)."
    )
