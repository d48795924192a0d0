"""Waivers of gates, evidence and sign-offs of tasks: append-only, by period and opening.

The opening is 1 until the period is reopened, and one more after each reopening: what was waived
or signed for one close does not count for the next.
"""

from __future__ import annotations

from revrec.model.controls import Evidence, SignOff, SignOffOutcome, Waiver
from revrec.periods import Period
from revrec.store.transaction import Transaction


def opening(tx: Transaction, period: Period) -> int:
    """1, and one more for each time the period was reopened."""
    row = tx.connection.execute(
        "select 1 + count(*) from records.period_reopening where entity_id = %s and period = %s",
        [tx.entity, str(period)],
    ).fetchone()
    return 1 if row is None else int(row[0])


def waive(tx: Transaction, waiver: Waiver) -> bool:
    """Record a waiver for the next close; false if the gate was waived for it before."""
    cursor = tx.connection.execute(
        "insert into records.gate_waiver (entity_id, period, opening, gate, requested_by,"
        " approved_by, reason, waived_at) values (%s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict do nothing",
        [
            *(tx.entity, str(waiver.period), opening(tx, waiver.period), waiver.gate),
            *(waiver.requested_by, waiver.approved_by, waiver.reason, waiver.waived_at),
        ],
    )
    return cursor.rowcount > 0


def waivers(tx: Transaction, period: Period) -> dict[str, Waiver]:
    """What is waived for the period's next close, or was for its last, by gate."""
    rows = tx.connection.execute(
        "select gate, requested_by, approved_by, reason, waived_at from records.gate_waiver"
        " where entity_id = %s and period = %s and opening = %s order by gate",
        [tx.entity, str(period), opening(tx, period)],
    )
    return {
        gate: Waiver(
            period=period,
            gate=gate,
            requested_by=requested_by,
            approved_by=approved_by,
            reason=reason,
            waived_at=waived_at,
        )
        for gate, requested_by, approved_by, reason, waived_at in rows
    }


def give_evidence(
    tx: Transaction, period: Period, task: str, *, sha256: str, link: str, note: str
) -> int:
    """Record what the actor did for a task; gives its number."""
    row = tx.connection.execute(
        "insert into records.task_evidence (entity_id, period, opening, task, prepared_by,"
        " prepared_at, sha256, link, note) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " returning id",
        [
            *(tx.entity, str(period), opening(tx, period), task),
            *(tx.actor, tx.now, sha256, link, note),
        ],
    ).fetchone()
    assert row is not None, "an insert gives its row back"
    return int(row[0])


def sign(tx: Transaction, evidence: Evidence, outcome: SignOffOutcome, note: str) -> None:
    """Record what the actor says of evidence; the database compares the two people."""
    tx.connection.execute(
        "insert into records.task_sign_off (entity_id, evidence, prepared_by, signed_by,"
        " signed_at, outcome, note) values (%s, %s, %s, %s, %s, %s, %s)",
        [
            *(tx.entity, evidence.id, evidence.prepared_by),
            *(tx.actor, tx.now, outcome.value, note),
        ],
    )


def evidence(tx: Transaction, period: Period) -> dict[str, Evidence]:
    """The last evidence of each task for the period's next close, or of its last."""
    rows = tx.connection.execute(
        """
        select distinct on (given.task) given.task, given.id, given.prepared_by,
               given.prepared_at, given.sha256, given.link, given.note,
               signed.signed_by, signed.signed_at, signed.outcome, signed.note
        from records.task_evidence as given
        left join records.task_sign_off as signed
          on signed.entity_id = given.entity_id and signed.evidence = given.id
        where given.entity_id = %s and given.period = %s and given.opening = %s
        order by given.task, given.id desc
        """,
        [tx.entity, str(period), opening(tx, period)],
    )
    found = {}
    for task, number, prepared_by, prepared_at, sha256, link, note, *signed in rows:
        by, at, outcome, said = signed
        found[task] = Evidence(
            id=number,
            task=task,
            prepared_by=prepared_by,
            prepared_at=prepared_at,
            sha256=sha256,
            link=link,
            note=note,
            sign_off=None
            if by is None
            else SignOff(signed_by=by, signed_at=at, outcome=SignOffOutcome(outcome), note=said),
        )
    return found
