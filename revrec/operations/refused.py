"""Records that are no facts: set aside when they are told, corrected and released, or dismissed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_jsonable_python

from revrec.errors import FeedError
from revrec.feeds.loading import Loaded, Rejection, judged
from revrec.model.fact import Fact, FactKind, digest_of
from revrec.operations.facts import recording
from revrec.store import audit_log, fact_quarantine, facts, locks
from revrec.store.fact_quarantine import QuarantinedFact, Refused
from revrec.store.facts import Recorded
from revrec.store.transaction import Transaction

Corrections = Mapping[int, Mapping[str, Any]]
"""By number, fields to replace; one that is None is left out."""
_KINDS = frozenset(kind.value for kind in FactKind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A record that is no fact, and its number in quarantine."""

    number: int
    rejection: Rejection


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What became of records: facts, and what waits in quarantine."""

    recorded: Recorded
    refused: Sequence[Kept]


def take(tx: Transaction, loaded: Loaded, *, source: str) -> Taken:
    """Record what is a fact and set aside what is none, in one transaction.

    A record that was set aside before is so no second time, whatever has become of it. Raises
    ApprovalNeeded, and neither records nor sets aside, as ``record_facts`` does.
    """
    locks.facts_shared(tx)
    locks.recording(tx)
    refused = [_refused(each) for each in loaded.rejections]
    numbers = fact_quarantine.add(tx, refused, source=source, fact_seq=facts.last_seq(tx))
    if numbers:
        audit_log.write(tx, "facts.quarantine", source, {"records": sorted(set(numbers))})
    recorded = recording(tx, loaded.facts, source=source)
    kept = [
        Kept(number=number, rejection=each)
        for number, each in zip(numbers, loaded.rejections, strict=True)
    ]
    return Taken(recorded=recorded, refused=kept)


def release(
    tx: Transaction, numbers: Sequence[int], *, note: str, corrections: Corrections | None = None
) -> Taken:
    """Judge records again, corrected where told, and record those that are facts now.

    What is still none stays where it is, as it was sent, and so does what would undo a fact that
    was told since. A correction of what could not be read, or is no object, is the whole record.

    Raises NotFound for a number there is not, Conflict for one that is resolved, FeedError for a
    correction of a record that is not released, ApprovalNeeded for facts under control.
    """
    locks.facts_shared(tx)
    locks.recording(tx)
    given = corrections or {}
    stray = sorted(set(given) - set(numbers))
    if stray:
        raise FeedError(
            f"A correction is given for record {stray[0]}, which is not released.",
            remedy="Release the record too, or leave the correction out.",
            record=stray[0],
        )
    told: list[Fact] = []
    done: list[int] = []
    refused: list[Kept] = []
    for each in fact_quarantine.open_ones(tx, numbers):
        place = f"quarantined record {each.id}"
        loaded = judged([(place, _corrected(each, given.get(each.id, {})))], each.source)
        undone = [fact for fact in loaded.facts if _told_since(tx, fact, each)]
        for rejection in [*loaded.rejections, *(_undoes(fact, each) for fact in undone)]:
            refused.append(Kept(number=each.id, rejection=rejection))
            break
        else:
            told += loaded.facts
            done.append(each.id)
    if done:
        fact_quarantine.resolve(tx, done, "released", note)
        audit_log.write(tx, "facts.release", "quarantine", {"records": done, "note": note})
    recorded = recording(tx, told, source="quarantine")
    return Taken(recorded=recorded, refused=refused)


def dismiss(tx: Transaction, numbers: Sequence[int], *, note: str) -> int:
    """Decide that records will not count; they stay on record. Gives how many.

    Raises NotFound for a number there is not, Conflict for one that is resolved.
    """
    done = [each.id for each in fact_quarantine.open_ones(tx, numbers)]
    fact_quarantine.resolve(tx, done, "dismissed", note)
    audit_log.write(tx, "facts.dismiss", "quarantine", {"records": done, "note": note})
    return len(done)


def _refused(rejection: Rejection) -> Refused:
    sent = to_jsonable_python(rejection.sent, fallback=str)
    try:
        digest = digest_of(sent)
    except UnicodeError:
        # A lone surrogate cannot be hashed, and nobody could read it: it is kept as it is written.
        sent = {"text": json.dumps(sent)}
        digest = digest_of(sent)
    kind = sent.get("kind") if isinstance(sent, Mapping) else None
    return Refused(
        digest=digest,
        place=rejection.place,
        kind=kind if isinstance(kind, str) and kind in _KINDS else "",
        reason=rejection.reason,
        message=_storable(rejection.message),
        fields=[_storable(each) for each in rejection.fields],
        sent=json.dumps(sent),
    )


def _storable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\x00")


def _corrected(record: QuarantinedFact, correction: Mapping[str, Any]) -> object:
    is_whole = record.reason == "unreadable" or not isinstance(record.sent, Mapping)
    if is_whole and not correction:
        return record.sent
    fields = {**({} if is_whole else record.sent), **correction}
    return {name: value for name, value in fields.items() if value is not None}


def _told_since(tx: Transaction, fact: Fact, record: QuarantinedFact) -> bool:
    """Whether the books were told another version after the record, or beside it."""
    known = facts.versions(tx, fact.kind.value, fact.key)
    return bool(known) and known[-1].seq > record.fact_seq and bool(facts.differing(tx, [fact]))


def _undoes(fact: Fact, record: QuarantinedFact) -> Rejection:
    place = f"quarantined record {record.id}"
    return Rejection(
        source=record.source,
        place=place,
        message=f"{place}: {fact.kind} {fact.key} was told since, and is not undone. Dismiss the "
        "record, or tell the fact anew if the record is right.",
        reason="told-since",
    )
