"""What one person may release, and what takes two."""

from __future__ import annotations

import psycopg
import pytest

from revrec.errors import ApprovalNeeded, Conflict, NotFound, SelfApproval
from revrec.feeds.policies import default_policy, with_elections
from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from revrec.store import audit_log, facts
from revrec.usage.quarantine import list_quarantine, reject
from revrec.usage.releases import approve_release, open_requests, release, request_release
from tests.usage.samples import told


@pytest.fixture
def act(database, books):
    """Runs an operation as a person."""
    return lambda actor, operation: database.run(operation, entity=books, actor=actor)


@pytest.fixture
def set_aside(send, run):
    """Sends rows with an unreadable quantity; their numbers."""

    def rows(*amounts, currency="USD"):
        send(
            [
                told(usage_id=f"{number}-{amount}-{currency}", amount=amount, quantity="x",
                     currency=currency)
                for number, amount in enumerate(amounts)
            ]
        )  # fmt: skip
        return [row.id for row in run(list_quarantine)]

    return rows


def fixed(rows):
    """The quantity put right."""
    return {row: {"quantity": "1"} for row in rows}


@pytest.mark.parametrize(
    ("amounts", "needed"),
    [
        (["10000"], False),
        (["10000.000000000001"], True),
        (["6000", "4000"], False),
        (["6000", "4000.01"], True),
        (["-6000", "4000.01"], True),
    ],
)
def test_the_amount_of_one_person_is_bounded(amounts, needed, set_aside, act, lake):
    """Absolute amounts of a currency are summed; exactly the bound is still one person's."""
    rows = set_aside(*amounts)
    ask = lambda tx: release(tx, lake, rows, note="ok", corrections=fixed(rows))  # noqa: E731

    if needed:
        with pytest.raises(ApprovalNeeded, match="may release 10,000 of a currency"):
            act("ana", ask)
    else:
        assert len(rows) == act("ana", ask).accepted.rows


def test_currencies_are_not_mixed(set_aside, act, lake):
    """6,000 dollars and 6,000 euros are within 10,000 of each."""
    set_aside("6000")
    rows = set_aside("6000", currency="EUR")

    assert act("ana", lambda tx: release(tx, lake, rows, note="ok")).quarantined.rows == 2


def test_a_corrected_amount_is_the_one_that_counts(set_aside, act, lake):
    """The bound is on what gets in."""
    rows = set_aside("1")
    corrections = {rows[0]: {"quantity": "1", "amount": "10001"}}

    with pytest.raises(ApprovalNeeded, match=r"1 rows of USD 10,001"):
        act("ana", lambda tx: release(tx, lake, rows, note="ok", corrections=corrections))


def test_the_bounds_are_elected(set_aside, act, lake):
    """Two rows are too many for an entity that allows one."""
    policy = with_elections(default_policy(), {"release_rows_of_one_person": "1"})
    act("ana", lambda tx: facts.record(tx, [to_fact(FactKind.POLICY, policy)]))
    rows = set_aside("1", "2")

    with pytest.raises(ApprovalNeeded, match="may release 1 rows"):
        act("ana", lambda tx: release(tx, lake, rows, note="ok"))


def test_one_asks_and_another_approves(set_aside, act, lake, run):
    """The rows count with the approval; both people are on record; again changes nothing."""
    rows = set_aside("20000")
    ask = lambda tx: request_release(tx, rows, note="late", corrections=fixed(rows))  # noqa: E731
    asked = act("ana", ask)
    assert asked == act("ana", ask)
    assert [asked] == run(open_requests)
    with pytest.raises(SelfApproval, match="ana cannot approve"):
        act("ana", lambda tx: approve_release(tx, lake, asked.id))

    totals = act("ben", lambda tx: approve_release(tx, lake, asked.id))

    assert (1, 0) == (totals.accepted.rows, totals.quarantined.rows)
    assert totals == act("cleo", lambda tx: approve_release(tx, lake, asked.id))
    assert [] == run(open_requests)
    assert [] == run(list_quarantine)
    (event,) = [each for each in run(audit_log.read) if each.subject == totals.batch
                and each.operation == "usage.ingest"]  # fmt: skip
    assert ("ben", "ana", asked.id) == (
        event.actor,
        event.details["requested_by"],
        event.details["request"],
    )


def test_a_request_of_a_row_resolved_meanwhile_is_refused(set_aside, act, lake):
    """And one that nobody made is not found."""
    rows = set_aside("20000")
    asked = act("ana", lambda tx: request_release(tx, rows, note="late"))
    act("ana", lambda tx: reject(tx, rows, note="test data"))

    with pytest.raises(Conflict, match="was rejected by ana"):
        act("ben", lambda tx: approve_release(tx, lake, asked.id))
    with pytest.raises(NotFound, match="no request 999"):
        act("ben", lambda tx: approve_release(tx, lake, 999))


def test_the_database_keeps_the_two_people_apart(set_aside, act, superuser, books):
    """Nobody approves their own, under their own name or by giving another's as who asked."""
    rows = set_aside("20000")
    asked = act("ana", lambda tx: request_release(tx, rows, note="late"))
    approval = (
        "insert into records.release_approval"
        " (entity_id, request, requested_by, approved_by, approved_at)"
        " values (%s, %s, %s, 'ana', now())"
    )

    with pytest.raises(psycopg.errors.CheckViolation, match="approved_by_another"):
        superuser.execute(approval, [books, asked.id, "ana"])
    with pytest.raises(psycopg.Error, match="was not requested by ben"):
        superuser.execute(approval, [books, asked.id, "ben"])
