"""open -> closing -> closed; reopening takes two people and leaves a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from revrec.errors import PeriodClosed, PeriodNotReady, SelfApproval
from revrec.store import periods
from revrec.store.periods import PeriodReopening, PeriodStatus, Pins
from tests.store.samples import FEBRUARY, JANUARY, certificate, close

KNOWN_AT = datetime(2026, 2, 3, 8, 30, tzinfo=UTC)
PINS = Pins(fact_seq=17, usage_version=3, known_at=KNOWN_AT)


def begin(tx):
    """Begin the close of January."""
    periods.begin_closing(tx, JANUARY, PINS)


def finish(tx):
    """Finish the close of January."""
    periods.finish_closing(tx, certificate(tx, JANUARY))


def reopen(tx):
    """Reopen January."""
    return periods.reopen(
        tx, JANUARY, requested_by="preparer", approved_by="approver", reason="late invoice"
    )


def status(run, period=JANUARY):
    """Where the period stands."""
    return run(lambda tx: periods.status(tx, period))


def test_a_period_goes_through_its_life(run, clock):
    """Never opened, open, closing, closed, open again, closed again."""
    seen = [status(run)]
    for step in (
        lambda tx: periods.open_period(tx, JANUARY),
        begin,
        finish,
        reopen,
        begin,
        finish,
    ):
        run(step)
        seen.append(status(run))
    ordinals = [made.ordinal for made in run(periods.closes)]

    assert [None, "open", "closing", "closed", "open", "closing", "closed"] == seen
    assert [1, 2] == ordinals
    assert 3 == run(lambda tx: periods.next_ordinal(tx, JANUARY))
    assert [
        PeriodReopening(
            period=JANUARY,
            ordinal=1,
            reopened_at=clock.now(),
            requested_by="preparer",
            approved_by="approver",
            reason="late invoice",
        )
    ] == run(periods.reopenings)


def test_a_certificate_comes_back_as_it_was_written(run):
    """Totals are JSON of texts and integers; versions may be missing."""
    run(begin)
    written = run(
        lambda tx: certificate(
            tx,
            JANUARY,
            fact_seq=17,
            usage_version=3,
            posting_version=9,
            chain_seq=4,
            chain_head="ab" * 32,
            totals={"revenue": {"USD": 9_007_199_254_740_993}, "usage": "0.000000000001"},
        )
    )
    run(lambda tx: periods.finish_closing(tx, written))

    assert [written] == run(periods.closes)


def test_pins_last_as_long_as_the_close(run):
    """They are there while the period is closing and at no other time."""
    seen = []
    for step in (lambda tx: periods.open_period(tx, JANUARY), begin, finish):
        run(step)
        seen.append(run(lambda tx: periods.pins(tx, JANUARY)))

    assert [None, PINS, None] == seen


def test_a_close_that_died_is_begun_again_or_given_up(run):
    """New pins replace the old ones; giving up opens the period."""
    later = replace(PINS, fact_seq=18, usage_version=None)
    run(begin)
    run(lambda tx: periods.begin_closing(tx, JANUARY, later))

    assert later == run(lambda tx: periods.pins(tx, JANUARY))
    run(lambda tx: periods.abandon_closing(tx, JANUARY))
    assert PeriodStatus.OPEN is status(run)
    assert [] == run(periods.closes)


def test_last_closed_follows_reopening(run):
    """The latest period that is closed now."""
    assert None is run(periods.last_closed)
    run(lambda tx: close(tx, JANUARY))
    run(lambda tx: close(tx, FEBRUARY))
    assert FEBRUARY == run(periods.last_closed)
    run(
        lambda tx: periods.reopen(
            tx, FEBRUARY, requested_by="preparer", approved_by="approver", reason="x"
        )
    )
    assert JANUARY == run(periods.last_closed)


REFUSED = [
    # State, operation, error, part of the message.
    ("never opened", finish, PeriodNotReady, "2026-01 is not open, not closing"),
    ("never opened", reopen, PeriodNotReady, "2026-01 is not open"),
    ("open", finish, PeriodNotReady, "2026-01 is open, not closing"),
    ("open", reopen, PeriodNotReady, "2026-01 is open"),
    ("closing", reopen, PeriodNotReady, "2026-01 is closing"),
    ("closed", begin, PeriodClosed, "2026-01 is closed"),
    ("closed", finish, PeriodClosed, "2026-01 is closed"),
    ("closed", lambda tx: periods.open_period(tx, JANUARY), PeriodClosed, "2026-01 is closed"),
    ("closed", lambda tx: periods.abandon_closing(tx, JANUARY), PeriodClosed, "is closed"),
    ("open", lambda tx: periods.abandon_closing(tx, JANUARY), PeriodNotReady, "not closing"),
]
STATES = {
    "never opened": [],
    "open": [lambda tx: periods.open_period(tx, JANUARY)],
    "closing": [begin],
    "closed": [begin, finish],
}


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_other_steps_are_refused(run, case):
    """The period stays where it was."""
    state, operation, error, message = REFUSED[case]
    for step in STATES[state]:
        run(step)
    before = status(run)

    with pytest.raises(error, match=message):
        run(operation)

    assert before == status(run)


def test_nobody_approves_their_own_close(run):
    """Preparer and approver differ, in the program ..."""
    run(begin)

    with pytest.raises(SelfApproval, match="preparer prepared it and cannot approve it"):
        run(lambda tx: periods.finish_closing(tx, certificate(tx, JANUARY, approved_by="preparer")))
    assert PeriodStatus.CLOSING is status(run)


def test_nobody_approves_their_own_reopening(run):
    """... and for reopening; a reason is asked for too."""
    run(lambda tx: close(tx, JANUARY))

    with pytest.raises(SelfApproval, match="preparer asked for it"):
        run(
            lambda tx: periods.reopen(
                tx, JANUARY, requested_by="preparer", approved_by="preparer", reason="x"
            )
        )
    with pytest.raises(PeriodNotReady, match="no reason given"):
        run(
            lambda tx: periods.reopen(
                tx, JANUARY, requested_by="preparer", approved_by="approver", reason=""
            )
        )
    assert PeriodStatus.CLOSED is status(run)


@pytest.mark.parametrize("table", ["period_close", "period_reopening"])
def test_separation_of_duties_is_in_the_data(run, entity, table):
    """A row that says one person did both is refused by the table."""
    first = {"period_close": "prepared_by", "period_reopening": "requested_by"}[table]
    others = {
        "period_close": "closed_at, fact_seq, chain_seq, chain_head, engine_version, totals",
        "period_reopening": "reopened_at, reason",
    }[table]
    values = {
        "period_close": "now(), 0, 0, '', '1', '{}'",
        "period_reopening": "now(), 'x'",
    }[table]
    run(begin if table == "period_close" else lambda tx: close(tx, JANUARY))

    with pytest.raises(SelfApproval, match="cannot approve it"):
        run(
            lambda tx: tx.connection.execute(
                f"insert into records.{table}"
                f" (entity_id, period, ordinal, {first}, approved_by, {others})"
                f" values ({entity}, '2026-01', 1, 'same', 'same', {values})"
            )
        )


STATEMENTS = [
    # State, statement around the program, error.
    ("open", "update work.period set status = 'closed'", PeriodNotReady),
    (
        "closing",
        (
            "update work.period set status = 'closed', pin_fact_seq = null,"
            " pin_known_at = null, pin_usage_version = null"
        ),
        PeriodNotReady,
    ),
    ("closed", "update work.period set status = 'open'", PeriodClosed),
    (
        "closed",
        "update work.period set status = 'closing', pin_fact_seq = 0, pin_known_at = now()",
        PeriodClosed,
    ),
    ("closed", "update work.period set status = status", PeriodClosed),
    (
        "never opened",
        (
            "insert into work.period (entity_id, period, status)"
            " values (current_setting('revrec.entity_id')::int, '2026-01', 'closed')"
        ),
        PeriodNotReady,
    ),
]


@pytest.mark.parametrize("case", range(len(STATEMENTS)))
def test_the_database_guards_the_transitions_too(run, case):
    """No statement closes a period without a certificate or opens one without an approval."""
    state, statement, error = STATEMENTS[case]
    for step in STATES[state]:
        run(step)

    with pytest.raises(error):
        run(lambda tx: tx.connection.execute(statement))


@pytest.mark.parametrize("ordinal", [0, 1, 3])
def test_closes_are_numbered_without_gaps(run, ordinal):
    """After close 1 comes close 2."""
    run(lambda tx: close(tx, JANUARY))
    run(reopen)
    run(begin)

    with pytest.raises(Exception, match=r"does not follow close 1|ordinal|already"):
        run(lambda tx: periods.finish_closing(tx, certificate(tx, JANUARY, ordinal=ordinal)))


def test_a_close_is_reopened_once(run, entity):
    """A second reopening of the same close is refused; the latest close must be named."""
    run(lambda tx: close(tx, JANUARY))
    run(reopen)
    insert = (
        "insert into records.period_reopening (entity_id, period, ordinal, reopened_at,"
        " requested_by, approved_by, reason)"
        f" values ({entity}, '2026-01', %s, now(), 'a', 'b', 'x')"
    )

    with pytest.raises(PeriodNotReady, match="Reopening 2 of 2026-01 does not name the latest"):
        run(lambda tx: tx.connection.execute(insert, [2]))
    with pytest.raises(Exception, match="already"):
        run(lambda tx: tx.connection.execute(insert, [1]))
