"""Proposals and what was decided of them: append-only, the same proposal once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from itertools import islice

from psycopg.types.json import Jsonb

from revrec.model.proposal import (
    DecidedOutcome,
    Proposal,
    ProposalDecision,
    ProposalKind,
    Standing,
)
from revrec.store.transaction import Transaction

_NAMES = (
    *("id", "kind", "subject", "contract", "as_of", "prepared_by", "standing", "reason", "run"),
    *("seed", "fact_seq", "usage_version", "model_version", "facts", "evidence", "proposed_at"),
)
_COLUMNS = ", ".join(_NAMES)
_CHUNK = 1_000


def record(tx: Transaction, proposals: Iterable[Proposal]) -> int:
    """Record proposals; one that is there already is left as it is. Gives how many are new."""
    places = ", ".join(["%s"] * (len(_NAMES) + 1))
    written = 0
    remaining = iter(proposals)
    while chunk := list(islice(remaining, _CHUNK)):
        with tx.connection.cursor() as cursor:
            cursor.executemany(
                f"insert into records.proposal ({_COLUMNS}, entity_id) values ({places})"
                " on conflict do nothing",
                [
                    (
                        each.id,
                        each.kind.value,
                        each.subject,
                        each.contract,
                        each.as_of,
                        each.prepared_by,
                        each.standing.value,
                        each.reason,
                        each.run,
                        each.seed,
                        each.fact_seq,
                        each.usage_version,
                        each.model_version,
                        Jsonb(list(each.facts)),
                        Jsonb(dict(each.evidence)),
                        tx.now,
                        tx.entity,
                    )
                    for each in chunk
                ],
            )
            written += max(cursor.rowcount, 0)
    return written


def find(tx: Transaction, proposal: str) -> Proposal | None:
    """A proposal by its id."""
    found = _read(tx, "and id = %s", [proposal])
    return found[0] if found else None


def waiting(tx: Transaction, known_at: datetime | None = None) -> list[Proposal]:
    """Proposals that wait, nobody has decided of and no later one of the subject replaces.

    At a moment, or now.
    """
    latest = (
        "and standing = 'waits' and (%s::timestamptz is null or proposed_at <= %s)"
        " and not exists (select from records.proposal_decision as decided"
        " where decided.entity_id = proposal.entity_id and decided.id = proposal.id"
        " and (%s::timestamptz is null or decided.decided_at <= %s))"
        " and not exists (select from records.proposal as later"
        " where later.entity_id = proposal.entity_id and later.kind = proposal.kind"
        " and later.subject = proposal.subject"
        " and (%s::timestamptz is null or later.proposed_at <= %s)"
        " and (later.as_of, later.proposed_at) > (proposal.as_of, proposal.proposed_at))"
    )
    return _read(tx, latest, [known_at] * 6)


def history(
    tx: Transaction,
    kind: ProposalKind,
    *,
    subject: str | None = None,
    known_at: datetime | None = None,
) -> list[Proposal]:
    """Every proposal of a kind, of one subject or all, by a moment or so far, the oldest first."""
    narrow = (
        "and kind = %s and (%s::text is null or subject = %s)"
        " and (%s::timestamptz is null or proposed_at <= %s)"
    )
    return _read(tx, narrow, [kind.value, subject, subject, known_at, known_at])


def of_run(tx: Transaction, run: str) -> list[Proposal]:
    """What a run proposed."""
    return _read(tx, "and run = %s", [run])


def approved_for(
    tx: Transaction, contracts: Collection[str], facts: Collection[str]
) -> list[tuple[Proposal, ProposalDecision]]:
    """Approved proposals of contracts, or of facts named by kind and key, with their decisions."""
    narrow = (
        "and (contract = any(%s) or kind = 'change' and string_to_array(subject, ', ') && %s)"
        " and exists (select from records.proposal_decision as decided"
        " where decided.entity_id = proposal.entity_id and decided.id = proposal.id"
        " and decided.outcome = 'approved')"
    )
    found = _read(tx, narrow, [sorted(contracts), sorted(facts)])
    decided = decisions(tx, [each.id for each in found])
    return [(each, decided[each.id]) for each in found]


def latest(tx: Transaction, kind: ProposalKind, before: date) -> dict[str, Proposal]:
    """The last proposal of each subject as of an earlier day that stands or was approved."""
    counted = (
        "and kind = %s and as_of < %s and (standing = 'stands' or exists (select"
        " from records.proposal_decision as decided where decided.entity_id = proposal.entity_id"
        " and decided.id = proposal.id and decided.outcome = 'approved'))"
    )
    return {each.subject: each for each in _read(tx, counted, [kind.value, before])}


def decide(tx: Transaction, decision: ProposalDecision) -> None:
    """Record a decision; the database compares the two people."""
    tx.connection.execute(
        "insert into records.proposal_decision (entity_id, id, prepared_by, approved_by,"
        " decided_at, outcome, note) values (%s, %s, %s, %s, %s, %s, %s)",
        [
            tx.entity,
            decision.proposal,
            decision.prepared_by,
            decision.approved_by,
            tx.now,
            decision.outcome.value,
            decision.note,
        ],
    )


def decisions(
    tx: Transaction, among: Sequence[str] | None = None, *, known_at: datetime | None = None
) -> dict[str, ProposalDecision]:
    """What was decided by a moment or so far, by proposal; of all proposals or of some."""
    rows = tx.connection.execute(
        "select id, prepared_by, approved_by, decided_at, outcome, note"
        " from records.proposal_decision where entity_id = %s"
        " and (%s::text[] is null or id = any(%s))"
        " and (%s::timestamptz is null or decided_at <= %s) order by id",
        [tx.entity, among, among, known_at, known_at],
    )
    return {
        name: ProposalDecision(
            proposal=name,
            prepared_by=prepared_by,
            approved_by=approved_by,
            decided_at=decided_at,
            outcome=DecidedOutcome(outcome),
            note=note,
        )
        for name, prepared_by, approved_by, decided_at, outcome, note in rows
    }


def _read(tx: Transaction, narrow: str, values: Sequence[object]) -> list[Proposal]:
    rows = tx.connection.execute(
        f"select {_COLUMNS} from records.proposal where entity_id = %s {narrow}"
        " order by as_of, proposed_at, subject, id",
        [tx.entity, *values],
    )
    found = []
    for row in rows:
        told = dict(zip(_NAMES, row, strict=True))
        told |= {"kind": ProposalKind(told["kind"]), "standing": Standing(told["standing"])}
        found.append(Proposal(**told))
    return found
