"""What general ledgers posted of exports: references taken back, and matched with documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from revrec.errors import FeedError
from revrec.general_ledger.references import (
    ExportedDocument,
    Matched,
    PostedReference,
    Standing,
    match,
    read_references,
)
from revrec.money import from_minor
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, calendars, exports, journal, periods
from revrec.store.exports import Recorded, ReferenceRow
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferencesTaken:
    """What became of a file of references."""

    recorded: Recorded
    refused: tuple[FeedError, ...]
    matched: tuple[Matched, ...]
    """Every document exported or posted, with its standing."""


def take_references(workspace: Workspace, content: bytes, name: str) -> ReferencesTaken:
    """Record the references of a CSV or JSON file, and match everything exported with them."""
    found, refused = read_references(content, name)

    def run(tx: Transaction) -> ReferencesTaken:
        recorded = recording_references(tx, found, source=name)
        return ReferencesTaken(
            recorded=recorded, refused=tuple(refused), matched=tuple(standings(tx))
        )

    return workspace.run(run)


def recording_references(
    tx: Transaction, found: Sequence[PostedReference], *, source: str
) -> Recorded:
    """Record references within a transaction of the caller's."""
    rows = [
        ReferenceRow(
            document=each.document,
            number=each.number,
            posted_on=each.posted_on,
            currency=each.currency,
            amount=each.minor,
        )
        for each in found
    ]
    recorded = exports.record_references(tx, rows, source=source)
    if recorded.new or recorded.corrected:
        counts = {"new": recorded.new, "corrected": recorded.corrected}
        audit_log.write(tx, "journal.references", source, counts)
    return recorded


def standings(tx: Transaction, known_at: datetime | None = None) -> list[Matched]:
    """Every document exported or posted by a moment or so far, with its standing, by id."""
    documents = [
        ExportedDocument(
            id=each.id,
            period=each.period,
            layout=each.layout,
            grain=each.grain,
            currency=each.currency,
            amount=each.amount,
        )
        for each in exports.documents_of(tx, known_at=known_at)
    ]
    told = {each.document: _told(each) for each in exports.references(tx, known_at)}
    return match(documents, told, calendars.calendar(tx))


def unposted(tx: Transaction, period: Period) -> list[int]:
    """Closes of a period whose journal of the first book no general ledger has, as references tell.

    It has it if all documents of one layout and grain are matched, or an export had none because
    all accounts came out at zero.
    """
    after, found = 0, []
    entries = [each.seq for each in journal.read(tx, period)]
    documents = [each for each in exports.documents_of(tx, period=str(period)) if not each.book]
    matched = {each.document for each in standings(tx) if each.standing is Standing.MATCHED}
    made = [each for each in exports.exports(tx, period=str(period)) if not each.book]
    nothing = {each.ordinal for each in made if not each.files}
    for close in (each for each in periods.closes(tx) if each.period == period):
        has_entries = any(after < seq <= close.chain_seq for seq in entries)
        after = close.chain_seq
        sets: dict[tuple[str, str], list[str]] = {}
        for each in documents:
            if each.ordinal == close.ordinal:
                sets.setdefault((each.layout, each.grain), []).append(each.id)
        if not has_entries or close.ordinal in nothing:
            continue
        if not any(matched.issuperset(ids) for ids in sets.values()):
            found.append(close.ordinal)
    return found


def _told(row: ReferenceRow) -> PostedReference:
    return PostedReference(
        document=row.document,
        number=row.number,
        posted_on=row.posted_on,
        currency=row.currency,
        amount=f"{from_minor(row.amount, row.currency):f}",
    )
