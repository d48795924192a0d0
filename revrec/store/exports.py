"""Exports of the journal to general ledgers, the documents in them, and what was posted there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.types.json import Jsonb

from revrec.errors import InvariantViolated
from revrec.store import locks
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalExport:
    """An export."""

    period: str
    ordinal: int
    """The close's number in its period; 0 for a look ahead."""
    run: str
    """Chain head of the close, or a digest of what a look ahead showed."""
    grain: str
    layout: str
    layout_version: int
    parameters: dict[str, str]
    files: list[dict[str, object]]
    """Name, sha256, bytes, documents and lines of each."""
    digest: str
    """SHA-256 of the files' names and hashes."""
    book: str = ""
    """The book it is of, as journal entries name theirs; empty for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedExport(JournalExport):
    """An export, as recorded."""

    id: int
    exported_at: datetime
    exported_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedRow:
    """A document that was exported."""

    id: str
    period: str
    ordinal: int
    grain: str
    layout: str
    currency: str
    amount: int
    """Sum of debits in minor units."""
    line_count: int
    book: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRow:
    """What a general ledger posted under an id."""

    document: str
    number: str
    posted_on: date
    currency: str
    amount: int
    """Sum of debits in minor units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What became of references: new, corrected (a next version), unchanged."""

    new: int
    corrected: int
    unchanged: int


_EXPORT = (
    "period, ordinal, run, grain, layout, layout_version, parameters, files, digest,"
    " book, id, exported_at, exported_by"
)
_DOCUMENT = "id, period, ordinal, grain, layout, currency, amount, line_count, book"
_REFERENCE = "document, number, posted_on, currency, amount"


def record(tx: Transaction, export: JournalExport, documents: Sequence[ExportedRow]) -> int:
    """Record an export by the transaction's actor; returns its id.

    Documents are kept once. Raises InvariantViolated where a document or the files of the same
    close, grain, layout and parameters are not what they were before.
    """
    locks.exporting(tx)
    check_same(tx, export)
    known = {each.id: each for each in documents_of(tx, period=export.period)}
    changed = [each.id for each in documents if known.get(each.id, each) != each]
    if changed:
        raise InvariantViolated(
            f"Document {changed[0]} of {export.period} is not what was exported before.",
            remedy="Compare the journal with the chain head of the close: revrec verify.",
        )
    rows = [each for each in documents if each.id not in known]
    with tx.connection.cursor() as cursor:
        cursor.executemany(
            f"insert into records.exported_document (entity_id, {_DOCUMENT})"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                [
                    *(tx.entity, each.id, each.period, each.ordinal, each.grain),
                    *(each.layout, each.currency, each.amount, each.line_count, each.book),
                ]
                for each in rows
            ],
        )
    row = tx.connection.execute(
        "insert into records.journal_export (entity_id, period, ordinal, run, grain, layout,"
        " layout_version, parameters, files, digest, book, exported_at, exported_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        [
            *(tx.entity, export.period, export.ordinal, export.run, export.grain, export.layout),
            *(export.layout_version, Jsonb(export.parameters), Jsonb(export.files)),
            *(export.digest, export.book, tx.now, tx.actor),
        ],
    ).fetchone()
    if row is None:
        raise InvariantViolated("An export got no number.")
    return int(row[0])


def check_same(tx: Transaction, export: JournalExport) -> None:
    """The same close in the same form has the same bytes."""
    row = tx.connection.execute(
        "select digest from records.journal_export where entity_id = %s and period = %s"
        " and ordinal = %s and run = %s and grain = %s and layout = %s and layout_version = %s"
        " and parameters = %s and book = %s and digest <> %s limit 1",
        [
            *(tx.entity, export.period, export.ordinal, export.run, export.grain, export.layout),
            *(export.layout_version, Jsonb(export.parameters), export.book, export.digest),
        ],
    ).fetchone()
    if row is not None:
        raise InvariantViolated(
            f"The export of {export.period} to {export.layout} has other bytes than before.",
            remedy="Compare the files; the program's version may have changed the layout.",
            before=row[0],
            now=export.digest,
        )


def exports(
    tx: Transaction,
    *,
    period: str | None = None,
    known_at: datetime | None = None,
    after: int = 0,
    limit: int = 500,
) -> list[RecordedExport]:
    """Exports in order of their number, of one period or of all, made by a moment or so far."""
    rows = tx.connection.execute(
        f"select {_EXPORT} from records.journal_export where entity_id = %s and id > %s"
        " and (%s::text is null or period = %s)"
        " and (%s::timestamptz is null or exported_at <= %s) order by id limit %s",
        [tx.entity, after, period, period, known_at, known_at, limit],
    )
    names = _EXPORT.split(", ")
    return [RecordedExport(**dict(zip(names, row, strict=True))) for row in rows]


def documents_of(
    tx: Transaction, *, period: str | None = None, known_at: datetime | None = None
) -> list[ExportedRow]:
    """Documents that were exported by a moment or so far, of one period or of all, by id."""
    rows = tx.connection.execute(
        f"select {_DOCUMENT} from records.exported_document as told where entity_id = %(entity)s"
        " and (%(period)s::text is null or period = %(period)s)"
        " and (%(known_at)s::timestamptz is null or exists (select from records.journal_export made"
        " where made.entity_id = told.entity_id and made.exported_at <= %(known_at)s"
        " and (made.period, made.ordinal, made.grain, made.layout, made.book)"
        " = (told.period, told.ordinal, told.grain, told.layout, told.book))) order by id",
        {"entity": tx.entity, "period": period, "known_at": known_at},
    )
    names = _DOCUMENT.split(", ")
    return [ExportedRow(**dict(zip(names, row, strict=True))) for row in rows]


def record_references(
    tx: Transaction, references: Iterable[ReferenceRow], *, source: str
) -> Recorded:
    """Record what was posted; a reference that changed becomes the next version."""
    locks.exporting(tx)
    known = {each.document: (version, each) for version, each in _versions(tx)}
    counts = {"new": 0, "corrected": 0, "unchanged": 0}
    for each in references:
        version, before = known.get(each.document, (0, None))
        if before == each:
            counts["unchanged"] += 1
            continue
        counts["corrected" if before else "new"] += 1
        known[each.document] = (version + 1, each)
        tx.connection.execute(
            f"insert into records.posted_reference (entity_id, {_REFERENCE}, version, source,"
            " recorded_at, recorded_by) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                *(tx.entity, each.document, each.number, each.posted_on, each.currency),
                *(each.amount, version + 1, source, tx.now, tx.actor),
            ],
        )
    return Recorded(**counts)


def references(tx: Transaction, known_at: datetime | None = None) -> list[ReferenceRow]:
    """What was posted last under each id, as told by a moment or so far."""
    return [each for _, each in _versions(tx, known_at)]


def _versions(tx: Transaction, known_at: datetime | None = None) -> list[tuple[int, ReferenceRow]]:
    rows = tx.connection.execute(
        f"select distinct on (document) version, {_REFERENCE} from records.posted_reference"
        " where entity_id = %s and (%s::timestamptz is null or recorded_at <= %s)"
        " order by document, version desc",
        [tx.entity, known_at, known_at],
    )
    names = _REFERENCE.split(", ")
    return [(version, ReferenceRow(**dict(zip(names, row, strict=True)))) for version, *row in rows]
