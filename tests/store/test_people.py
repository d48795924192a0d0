"""Who may write what, held by the database whatever writes to it: the matrix, cell by cell."""

from __future__ import annotations

from datetime import timedelta

import psycopg
import pytest

from revrec.errors import (
    ApprovalNeeded,
    Conflict,
    Forbidden,
    InvariantViolated,
    SelfApproval,
    Unauthorised,
)
from revrec.model.people import ConsentAction, Duty, PersonKind
from revrec.operations import people as enrolling
from revrec.periods import Period
from revrec.store import audit_log, people, periods
from revrec.store.periods import Pins
from revrec.store.transaction import taken_back
from tests.store.samples import JANUARY, certificate, close, insert, rows_of_every_table

ROLES = {
    **{role: role for role in ("preparer", "approver", "controller", "auditor", "service")},
    "admin": "administrator",
}
"""A person of each role, and the role."""

DUTIES = """
                preparer approver controller auditor administrator service
    read        yes      yes      yes        yes     no            yes
    record      yes      no       no         no      no            yes
    prepare     yes      no       no         no      no            no
    approve     no       yes      yes        no      no            no
    control     no       no       yes        no      no            no
    inspect     no       no       yes        yes     yes           no
    audit       no       no       no         yes     no            no
    operate     no       no       no         no      yes           no
    administer  no       no       no         no      yes           no
"""

ROWS = """
                                               preparer approver controller auditor admin service
    facts.fact                    recorded_by  yes      no       no         no      no    yes
    records.journal_entry         posted_by    yes      yes      yes        no      no    no
    records.usage_batch           recorded_by  yes      no       no         no      no    yes
    records.usage_count_batch     recorded_by  yes      no       no         no      no    yes
    records.quarantine_resolution resolved_by  yes      no       no         no      no    yes
    records.quarantined_fact      told_by      yes      no       no         no      no    yes
    records.quarantined_fact_resolution resolved_by yes no       no         no      no    no
    records.release_request       requested_by yes      no       no         no      no    no
    records.release_approval      approved_by  no       yes      yes        no      no    no
    records.proposal              prepared_by  yes      no       no         no      no    no
    records.proposal_decision     approved_by  no       yes      yes        no      no    no
    records.task_evidence         prepared_by  yes      no       no         no      no    no
    records.task_sign_off         signed_by    no       yes      yes        no      no    no
    records.journal_export        exported_by  yes      no       no         no      no    no
    records.posted_reference      recorded_by  yes      no       no         no      no    yes
    records.finding_event         acted_by     yes      yes      yes        no      no    no
    records.sample                drawn_by     no       no       no         yes     no    no
    records.sample_result         recorded_by  no       no       no         yes     no    no
    records.sample_evaluation     evaluated_by no       no       no         yes     no    no
    records.person                enrolled_by  no       no       no         no      yes   no
    records.role_grant            granted_by   no       no       no         no      yes   no
    records.role_end              ended_by     no       no       no         no      yes   no
    records.duty_exception        accepted_by  no       no       yes        no      no    no
    records.access_key            issued_by    no       no       no         no      yes   no
    records.access_key_end        ended_by     no       no       no         no      yes   no
    records.webhook_endpoint      created_by   no       no       no         no      yes   no
    records.webhook_rotation      rotated_by   no       no       no         no      yes   no
    records.webhook_end           ended_by     no       no       no         no      yes   no
    work.job                      requested_by yes      yes      yes        yes     no    yes
    records.consent               given_by     yes      yes      yes        no      no    no
    records.audit_event           actor        yes      yes      yes        yes     yes   yes
    records.period_close          approved_by  no       yes      yes        no      no    no
    records.period_reopening      approved_by  no       no       yes        no      no    no
    records.gate_waiver           approved_by  no       no       yes        no      no    no
"""
DECEMBER = Period(2025, 12)
COUNTERPART = {
    "records.period_close": "prepared_by",
    "records.period_reopening": "requested_by",
    "records.gate_waiver": "requested_by",
}


def cells(text):
    """The rows of a table of words, under its header."""
    header, *rows = [line.split() for line in text.strip().splitlines()]
    return header, rows


@pytest.fixture
def enrolled(database, entity):
    """Runs what a person does, in an entity with one person of each role."""

    def run_as(name, operation):
        return database.run(operation, entity=entity, actor=name)

    def enrol(name, role):
        kind = PersonKind.SERVICE if role == "service" else PersonKind.PERSON
        told = {"login": None, "roles": [role], "reason": "hired"}
        run_as("admin", lambda tx: enrolling.enrol(tx, name, kind, **told))

    run_as("admin", lambda tx: enrolling.begin(tx, "admin", "root"))
    for name, role in ROLES.items():
        if name != "admin":
            enrol(name, role)
    return run_as


def word(action, gate="", period=JANUARY):
    """Gives the actor's word."""
    return lambda tx: people.consent(tx, period, action, gate=gate, note="")


def close_december(tx):
    """By the preparer, on the approver's word."""
    periods.begin_closing(tx, DECEMBER, Pins(fact_seq=0, usage_version=None, known_at=tx.now))
    names = {"prepared_by": "preparer", "approved_by": "approver"}
    periods.finish_closing(tx, certificate(tx, DECEMBER, **names))


def state_of(enrolled, name, *rows):
    """With which state the last row is refused to a person; None when it is taken."""
    states = []

    def write(tx):
        with tx.connection.transaction(force_rollback=True):
            for table, row in rows:
                try:
                    with tx.connection.transaction():
                        insert(tx.connection, table, row)
                    states.append(None)
                except psycopg.Error as error:
                    states.append(error.sqlstate)

    enrolled(name, write)
    return states[-1]


def test_the_matrix_is_what_it_says(run):
    """Six roles, eight duties; the database holds the table, nothing else does."""
    header, rows = cells(DUTIES)
    expected = {
        role: frozenset(Duty(duty) for duty, *words in rows if words[at] == "yes")
        for at, role in enumerate(header)
    }

    assert expected == run(people.matrix)
    assert set(Duty) == {Duty(duty) for duty, *_ in rows}


def test_every_role_by_every_row(enrolled, entity):
    """A row signed by a person of a role is taken or refused as the table says."""
    header, rows = cells(ROWS)
    samples = prepared(enrolled, entity)
    found = {}
    for table, column, *words in rows:
        for name, word_ in zip(header, words, strict=True):
            state = state_of(enrolled, name, (table, {**samples[table], column: name}))
            found[table, name] = (word_, state)

    wrong = {
        cell: told
        for cell, told in found.items()
        if (told[1] is None) != (told[0] == "yes") or told[1] not in {None, "RV011", "23514"}
    }
    assert {} == wrong
    assert len(ROLES) * len(rows) == len(found)


def prepared(enrolled, entity):
    """A row of each table that any person with the right to it could write."""
    samples = rows_of_every_table(entity)
    ids = {}

    def prepare(tx):
        for table in ("records.proposal", "records.release_request", "records.task_evidence"):
            column = "requested_by" if table.endswith("request") else "prepared_by"
            insert(tx.connection, table, {**samples[table], column: "preparer"})
            found = tx.connection.execute(f"select id from {table}").fetchone()
            ids[table] = found[0]
        insert(tx.connection, "records.finding", samples["records.finding"])
        periods.open_period(tx, JANUARY)
        close_december(tx)
        for action, gate in (("close", ""), ("waive", "g")):
            word(ConsentAction(action), gate)(tx)
        word(ConsentAction.REOPEN, period=DECEMBER)(tx)

    def give(tx):
        people.enrol(tx, "keyless", PersonKind.PERSON, None)
        key = {**samples["records.access_key"], "person": "keyless", "issued_by": "admin"}
        insert(tx.connection, "records.access_key", key)
        people.grant(tx, "keyless", "auditor", "")
        ids["records.role_grant"] = tx.connection.execute(
            "select max(id) from records.role_grant"
        ).fetchone()[0]

    enrolled("admin", give)
    enrolled("approver", word(ConsentAction.CLOSE, period=DECEMBER))
    enrolled("preparer", prepare)
    drawn = {**samples["records.sample"], "id": "S-0", "drawn_by": "auditor"}
    item = {**samples["records.sample_item"], "sample": "S-0"}

    def draw(tx):
        insert(tx.connection, "records.sample", drawn)
        insert(tx.connection, "records.sample_item", item)

    enrolled("auditor", draw)
    changes = {
        "records.sample_result": {"sample": "S-0"},
        "records.proposal": {"id": "another"},
        "records.proposal_decision": {"prepared_by": "preparer"},
        "records.release_approval": {
            "request": ids["records.release_request"],
            "requested_by": "preparer",
        },
        "records.task_sign_off": {
            "evidence": ids["records.task_evidence"],
            "prepared_by": "preparer",
        },
        "records.person": {"name": "new"},
        "records.role_grant": {"person": "auditor", "role": "approver"},
        "records.access_key": {"id": "key_2", "digest": "2" * 64, "person": "keyless"},
        "records.role_end": {"role_grant": ids["records.role_grant"]},
        "records.period_close": {"prepared_by": "preparer"},
        "records.period_reopening": {"requested_by": "preparer", "period": "2025-12"},
        "records.gate_waiver": {"requested_by": "preparer", "gate": "g"},
    }
    return {table: row | changes.get(table, {}) for table, row in samples.items()}


def test_the_table_has_every_row_with_a_name(superuser):
    """A table added later with a name in it is found here."""
    _, rows = cells(ROWS)
    found = superuser.execute(
        "select distinct table_schema || '.' || table_name from information_schema.columns"
        " where table_schema in ('facts', 'records', 'work')"
        " and (column_name like '%\\_by' or column_name = 'actor')"
    )

    assert {table for table, *_ in rows} == {name for (name,) in found}


def test_nobody_signs_as_another(enrolled, entity):
    """A preparer who writes the approver's name is refused, in every table of the matrix."""
    _, rows = cells(ROWS)
    samples = prepared(enrolled, entity)
    for table, column, *_ in rows:
        row = {**samples[table], column: "controller"}
        if table in COUNTERPART:
            row |= {COUNTERPART[table]: "approver"}

        assert "RV011" == state_of(enrolled, "preparer", (table, row)), table
        assert "RV011" == state_of(enrolled, "", (table, row)), table


@pytest.mark.parametrize(
    ("table", "action", "gate", "approver"),
    [
        ("records.period_close", "close", "", "approver"),
        ("records.gate_waiver", "waive", "h", "controller"),
    ],
)
def test_two_people_stand_behind_it(enrolled, entity, table, action, gate, approver):
    """One of them writes it, and only after the other gave their word on it."""
    row = {
        **rows_of_every_table(entity)[table],
        COUNTERPART[table]: "preparer",
        "approved_by": approver,
    }
    if gate:
        row |= {"gate": gate}
    before = state_of(enrolled, "preparer", (table, row))
    enrolled(
        approver,
        lambda tx: people.consent(tx, JANUARY, ConsentAction(action), gate=gate, note=""),
    )

    assert ("RV012", None) == (before, state_of(enrolled, "preparer", (table, row)))
    assert "RV011" == state_of(enrolled, "auditor", (table, row))


def test_a_word_is_good_for_one_certificate(enrolled):
    """What was said of the first close approves no second."""
    names = {"prepared_by": "preparer", "approved_by": "approver"}

    def closed(tx):
        periods.begin_closing(tx, JANUARY, Pins(fact_seq=0, usage_version=None, known_at=tx.now))
        periods.finish_closing(tx, certificate(tx, JANUARY, **names))

    def reopened(tx):
        named = {"requested_by": "preparer", "approved_by": "controller"}
        periods.reopen(tx, JANUARY, **named, reason="a late invoice")

    enrolled("approver", word(ConsentAction.CLOSE))
    enrolled("preparer", closed)
    with pytest.raises(ApprovalNeeded, match="preparer has not given their word"):
        enrolled("controller", reopened)
    enrolled("preparer", word(ConsentAction.REOPEN))
    enrolled("controller", reopened)
    with pytest.raises(ApprovalNeeded, match="approver has not given their word"):
        enrolled("preparer", closed)


def test_an_approver_records_facts_by_deciding_alone(enrolled, entity):
    """In the transaction of the decision and in no other."""
    samples = rows_of_every_table(entity)
    proposal = {**samples["records.proposal"], "prepared_by": "preparer"}
    decision = {
        **samples["records.proposal_decision"],
        "prepared_by": "preparer",
        "approved_by": "approver",
    }
    fact = {**samples["facts.fact"], "recorded_by": "approver"}
    enrolled("preparer", lambda tx: insert(tx.connection, "records.proposal", proposal))

    def decided(tx):
        insert(tx.connection, "records.proposal_decision", decision)
        insert(tx.connection, "facts.fact", fact)

    enrolled("approver", decided)

    fact |= {"version": 2}
    assert "RV011" == state_of(enrolled, "approver", ("facts.fact", fact))


def test_a_trial_is_seen_and_never_kept(enrolled, entity):
    """Who may not record sees what facts would do; nothing of it can be committed."""
    fact = {**rows_of_every_table(entity)["facts.fact"], "recorded_by": "auditor"}

    def tried(tx):
        with taken_back(tx):
            insert(tx.connection, "facts.fact", fact)
            return tx.connection.execute("select count(*) from facts.fact").fetchone()[0]

    def kept(tx):
        tx.connection.execute("set local revrec.trial = 'on'")
        insert(tx.connection, "facts.fact", fact)

    assert 1 == enrolled("auditor", tried)
    with pytest.raises(InvariantViolated, match="trial is not kept"):
        enrolled("auditor", kept)


def test_contracts_are_combined_by_two_people(enrolled, entity):
    """A preparer alone records no combination; with a decision it is taken."""
    samples = rows_of_every_table(entity)
    fact = {**samples["facts.fact"], "kind": "combination", "recorded_by": "preparer"}
    proposal = {**samples["records.proposal"], "prepared_by": "preparer"}
    decision = {
        **samples["records.proposal_decision"],
        "prepared_by": "preparer",
        "approved_by": "approver",
    }
    enrolled("preparer", lambda tx: insert(tx.connection, "records.proposal", proposal))

    alone = state_of(enrolled, "preparer", ("facts.fact", fact))
    decided = state_of(
        enrolled,
        "approver",
        ("records.proposal_decision", decision),
        ("facts.fact", {**fact, "recorded_by": "approver"}),
    )

    assert ("RV012", None) == (alone, decided)


def test_the_first_person_becomes_administrator_and_nothing_else(database, entity):
    """Nobody enrols another first, and the first takes no right of accounting."""
    begin = {"entity": entity, "actor": "eve"}
    for operation in (
        lambda tx: people.enrol(tx, "ana", PersonKind.PERSON, None),
        lambda tx: people.enrol(tx, "eve", PersonKind.SERVICE, None),
        lambda tx: (
            people.enrol(tx, "eve", PersonKind.PERSON, None),
            people.grant(tx, "eve", "controller", ""),
        ),
    ):
        with pytest.raises(Forbidden):
            database.run(operation, **begin)

    database.run(lambda tx: enrolling.begin(tx, "eve", None), **begin)
    with pytest.raises(Conflict):
        database.run(lambda tx: enrolling.begin(tx, "eve", None), **begin)


def test_conflicting_duties_need_an_exception(enrolled):
    """Somebody who controls answers for them, for some days; never the administrator alone."""

    def as_approver(tx):
        enrolling.grant(tx, "preparer", "approver", "two people in all")

    with pytest.raises(ApprovalNeeded, match="both prepare and approve"):
        enrolled("admin", as_approver)
    with pytest.raises(ApprovalNeeded):
        enrolled("admin", lambda tx: enrolling.grant(tx, "admin", "preparer", ""))
    with pytest.raises(SelfApproval):
        enrolled("controller", lambda tx: enrolling.accept_conflict(tx, "controller", 30, "me"))
    enrolled("controller", lambda tx: enrolling.accept_conflict(tx, "preparer", 30, "few of us"))
    enrolled("admin", as_approver)

    [ana] = [each for each in enrolled("auditor", people.everyone) if each.name == "preparer"]
    assert ((Duty.PREPARE, Duty.APPROVE), (Duty.RECORD, Duty.APPROVE)) == tuple(
        sorted(ana.conflicts)
    )
    assert ("controller", "few of us") == (ana.exception.accepted_by, ana.exception.reason)


def test_an_exception_does_not_let_anyone_approve_their_own_work(enrolled, entity):
    """With both roles, the names are still compared."""
    enrolled("controller", lambda tx: enrolling.accept_conflict(tx, "preparer", 30, "few of us"))
    enrolled("admin", lambda tx: enrolling.grant(tx, "preparer", "controller", "few"))
    samples = rows_of_every_table(entity)
    enrolled(
        "preparer",
        lambda tx: insert(
            tx.connection,
            "records.proposal",
            {**samples["records.proposal"], "prepared_by": "preparer"},
        ),
    )
    own = {
        "records.proposal_decision": ("prepared_by", "approved_by"),
        "records.release_approval": ("requested_by", "approved_by"),
        "records.task_sign_off": ("prepared_by", "signed_by"),
        "records.period_close": ("prepared_by", "approved_by"),
        "records.period_reopening": ("requested_by", "approved_by"),
        "records.gate_waiver": ("requested_by", "approved_by"),
    }
    for table, columns in own.items():
        row = {**samples[table], **dict.fromkeys(columns, "preparer")}

        assert "23514" == state_of(enrolled, "preparer", (table, row)), table


def test_the_last_administrator_stays(enrolled):
    """A role ends on an administrator's word, and somebody is left to give it again."""
    with pytest.raises(ApprovalNeeded, match="last administrator"):
        enrolled(
            "admin",
            lambda tx: enrolling.end_role(tx, "admin", "administrator", "leaves"),
        )
    enrolled("admin", lambda tx: enrolling.end_role(tx, "approver", "approver", "leaves"))

    assert frozenset() == enrolled("auditor", lambda tx: people.actor(tx, "approver")).duties


def test_a_role_is_of_its_kind(enrolled):
    """A service approves nothing, a person is no service, and there are no other roles."""
    for name, role in (("service", "approver"), ("auditor", "service"), ("auditor", "owner")):
        with pytest.raises(Conflict):
            enrolled("admin", lambda tx, n=name, r=role: enrolling.grant(tx, n, r, ""))


def test_keys_end(enrolled, clock):
    """By their term, by being ended, and after the hours of a rotation; only a digest is kept."""
    digest = enrolling.digest_of_key
    first, second = enrolling.new_key(), enrolling.new_key()
    made = enrolled(
        "preparer",
        lambda tx: enrolling.issue_key(tx, "preparer", digest(first), days=2, duties=[Duty.READ]),
    )
    held = enrolled("auditor", lambda tx: enrolling.by_key(tx, first))
    assert ("preparer", {Duty.READ}) == (held.name, set(held.duties))

    enrolled("admin", lambda tx: enrolling.rotate_key(tx, made.id, digest(second), after_hours=24))
    clock.advance(timedelta(hours=23))
    assert held == enrolled("auditor", lambda tx: enrolling.by_key(tx, first))
    clock.advance(timedelta(hours=1))
    with pytest.raises(Unauthorised, match="has ended"):
        enrolled("auditor", lambda tx: enrolling.by_key(tx, first))
    assert held == enrolled("auditor", lambda tx: enrolling.by_key(tx, second))
    clock.advance(timedelta(hours=24))
    with pytest.raises(Unauthorised, match="has ended"):
        enrolled("auditor", lambda tx: enrolling.by_key(tx, second))
    with pytest.raises(Forbidden):
        enrolled("preparer", lambda tx: enrolling.issue_key(tx, "approver", "0" * 64))


def test_every_denial_is_in_the_audit_log(enrolled):
    """Who was refused what, though nothing else of the transaction remains."""
    with pytest.raises(Forbidden):
        enrolled(
            "auditor", lambda tx: people.consent(tx, JANUARY, ConsentAction.CLOSE, gate="", note="")
        )

    last = enrolled("auditor", audit_log.read)[-1]
    assert ("auditor", "access.denied") == (last.actor, last.operation)
    assert "may not prepare or approve or control" in last.details["message"]


def test_without_people_names_are_taken_at_their_word(run):
    """As the demonstration has it: two names, not compared with anybody."""
    run(lambda tx: close(tx, JANUARY))

    assert not run(people.is_enrolled)
