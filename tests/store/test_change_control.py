"""What moves many contracts takes two people after the first close, whatever writes the row."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.types.json import Jsonb

from revrec.errors import ApprovalNeeded
from revrec.model.fact import FactKind
from revrec.operations.facts import CONTROLLED
from tests.store.samples import JANUARY, as_role, close, insert, rows_of_every_table

BODY = {"id": "A", "amount": "2.00"}
TOLD = {"kind": "product", **BODY}
ONE = {"elections": {"change_control": {"value": "one_person"}}}


@pytest.fixture
def rows(entity):
    """Rows of a fact, of the proposal that tells it and of its approval, to be varied."""
    samples = rows_of_every_table(entity)
    fact = {"kind": "product", "key": "A", "contract": None, "body": Jsonb(BODY)}
    by = {"prepared_by": "ana", "approved_by": "ben", "outcome": "approved"}
    return {
        "facts.fact": {**samples["facts.fact"], **fact, "recorded_by": "ben"},
        "records.proposal": {
            **samples["records.proposal"],
            "kind": "change",
            "prepared_by": "ana",
            "facts": Jsonb([{"kind": "product", "id": "Z"}, TOLD]),
        },
        "records.proposal_decision": {**samples["records.proposal_decision"], **by},
    }


@pytest.fixture
def refused(run):
    """Whether PostgreSQL refuses rows written in one transaction as the service's role."""

    def write(*told):
        def insert_all(tx):
            for table, *of_table in told:
                insert(tx.connection, table, *of_table)

        try:
            run(insert_all)
        except ApprovalNeeded:
            return True
        return False

    return write


@pytest.mark.parametrize("kind", FactKind)
def test_the_database_and_the_program_guard_the_same_kinds(kind, run, rows, refused):
    """Before the first close everything is taken, after it what is not under control."""
    fact = {**rows["facts.fact"], "kind": kind.value}
    assert not refused(("facts.fact", fact))
    run(lambda tx: close(tx, JANUARY))

    assert (kind in CONTROLLED) is refused(("facts.fact", {**fact, "version": 2}))


@pytest.mark.parametrize(
    ("change", "is_refused"),
    [
        ({}, False),
        ({"records.proposal_decision": {"outcome": "rejected"}}, True),
        ({"facts.fact": {"recorded_by": "ana"}}, True),
        ({"facts.fact": {"recorded_by": "cleo"}}, True),
        ({"facts.fact": {"body": Jsonb({**BODY, "amount": "3.00"})}}, True),
        ({"facts.fact": {"body": Jsonb({"id": "A"})}}, True),
        ({"facts.fact": {"key": "B"}}, True),
        ({"facts.fact": {"kind": "rate_card"}}, True),
    ],
)
def test_what_another_person_approved_is_taken_word_for_word(
    run, rows, refused, change, is_refused
):
    """Not what was rejected, is signed by somebody else or says anything else."""
    run(lambda tx: close(tx, JANUARY))
    told = {table: {**row, **change.get(table, {})} for table, row in rows.items()}
    order = ("records.proposal", "records.proposal_decision", "facts.fact")

    assert is_refused is refused(*((table, told[table]) for table in order))


def test_an_approval_is_used_in_its_transaction(run, rows, refused):
    """An old one does not bring back what was changed since."""
    run(lambda tx: close(tx, JANUARY))
    order = ("records.proposal", "records.proposal_decision")
    assert not refused(*((table, rows[table]) for table in order))

    assert refused(("facts.fact", rows["facts.fact"]))


def test_a_policy_does_not_let_itself_in(run, rows, refused):
    """Two versions that elect one person, in one statement, do not vouch for each other."""
    run(lambda tx: close(tx, JANUARY))
    policy = {**rows["facts.fact"], "kind": "policy", "key": "policy", "body": Jsonb(ONE)}

    assert refused(("facts.fact", policy, {**policy, "version": 2}))


def test_an_entity_may_elect_one_person(run, rows, refused):
    """Elected before the first close, it stands after."""
    policy = {**rows["facts.fact"], "kind": "policy", "key": "policy", "body": Jsonb(ONE)}
    assert not refused(("facts.fact", policy))
    run(lambda tx: close(tx, JANUARY))

    assert not refused(("facts.fact", rows["facts.fact"]))


def test_a_client_of_its_own_is_refused_too(database_url, run, rows, entity):
    """The service's role in any other program gets no further."""
    run(lambda tx: close(tx, JANUARY))
    with as_role(database_url, "revrec_app") as connection:
        connection.execute("select set_config('revrec.entity_id', %s, false)", [str(entity)])
        with pytest.raises(psycopg.Error, match="product A can only be changed by two") as error:
            insert(connection, "facts.fact", rows["facts.fact"])

    assert "RV012" == error.value.sqlstate
