"""Handing the journal to general ledgers: exports of closes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.errors import NotFound
from revrec.general_ledger.documents import Document, Exported, Grain
from revrec.general_ledger.layouts import layout_of, parameters_of
from revrec.general_ledger.rendering import ExportFile, Written, render
from revrec.general_ledger.sources import detail_documents, summary_documents
from revrec.ledger import chain
from revrec.ledger.chart import charted
from revrec.ledger.detail import detail, journal_entries
from revrec.ledger.entries import PostedEntry
from revrec.model.books import Framework
from revrec.model.fact import digest_of
from revrec.operations import books
from revrec.operations.computing import SECOND_POSTING, compute, posted_detail
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import audit_log, calendars, entities, exports, journal, locks, periods
from revrec.store.exports import (
    ExportedRow,
    JournalExport,
    RecordedExport,
)
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose, PeriodStatus
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to export, how."""

    period: Period
    layout: str
    grain: Grain = Grain.PRODUCT
    told: Mapping[str, str]
    """Parameters of the layout."""
    framework: Framework | None = None
    """What the book is kept under; the first if left out."""
    flash: bool = False
    """What closing the period now would post, instead of its closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """Exports with their files, one for each close of the period."""

    recorded: tuple[RecordedExport, ...]
    files: tuple[ExportFile, ...]


@dataclass(frozen=True, slots=True)
class _Source:
    """What an export is made of."""

    exported: Exported
    entries: Sequence[PostedEntry]
    rows: pa.Table
    """Posting detail (``DETAIL``)."""


def export_journal(workspace: Workspace, wish: Wish) -> Exports:
    """Export the closes of a period, each for itself, and record it; again gives the same bytes.

    A close after a reopening exports what it added. Raises NotFound for a period that is not
    closed or has no such book, FeedError for parameters the layout does not take, ReportError for
    what it cannot say.
    """
    return workspace.run(lambda tx: exporting(tx, workspace.lake, wish))


def exporting(tx: Transaction, lake: Lake, wish: Wish) -> Exports:
    """Export within a transaction of the caller's."""
    locks.exporting(tx)
    if not wish.flash and periods.status(tx, wish.period) is not PeriodStatus.CLOSED:
        raise NotFound(
            f"{wish.period} is not closed, so there is nothing to export of it.",
            remedy=f"Close it first: revrec close {wish.period}; or look ahead with --flash.",
            period=str(wish.period),
        )
    recorded, files = [], []
    for source in _sources(tx, lake, wish):
        documents, rendered = _rendered(source, wish)
        export = _export_of(source.exported, wish, rendered)
        rows = [] if wish.flash else [_row_of(each, export) for each in documents]
        number = exports.record(tx, export, rows)
        audit_log.write(
            tx,
            "journal.export",
            str(wish.period),
            {"export": number, "layout": wish.layout, "digest": export.digest},
        )
        recorded += exports.exports(tx, after=number - 1, limit=1)
        files += rendered
    return Exports(recorded=tuple(recorded), files=tuple(files))


def file_of(workspace: Workspace, export: int, name: str) -> tuple[ExportFile, str]:
    """A file of an export that was recorded, made again, and its layout; NotFound for another.

    A look ahead is not made again: what it looked at is gone.
    """

    def read(tx: Transaction) -> tuple[ExportFile, str]:
        found = exports.exports(tx, after=export - 1, limit=1)
        if not found or found[0].id != export or not found[0].ordinal:
            raise NotFound(f"There is no export {export} of a close.", remedy="List the exports.")
        recorded = found[0]
        wish = Wish(
            period=calendars.calendar(tx).parse(recorded.period),
            layout=recorded.layout,
            grain=Grain(recorded.grain),
            told=recorded.parameters,
            framework=Framework(recorded.book) if recorded.book else None,
        )
        sources = _sources(tx, workspace.lake, wish)
        source = next(each for each in sources if each.exported.ordinal == recorded.ordinal)
        _, rendered = _rendered(source, wish)
        exports.check_same(tx, _export_of(source.exported, wish, rendered))
        for file in rendered:
            if file.name == name:
                return file, recorded.layout
        raise NotFound(
            f"Export {export} has no file {name!r}.",
            remedy=f"It has {', '.join(each.name for each in rendered)}.",
        )

    return workspace.run(read, read_only=True)


def _sources(tx: Transaction, lake: Lake, wish: Wish) -> list[_Source]:
    if wish.flash:
        return [_flash(tx, lake, wish)]
    closes = [each for each in periods.closes(tx) if each.period == wish.period]
    book = books.chosen(tx, wish.period, closes[-1].pins, wish.framework)
    entries = journal.read(tx, wish.period, book=book)
    rows = posted_detail(tx, lake, book=book) if wish.grain is Grain.POSTING else None
    found, after = [], 0
    for close in closes:
        of_close = [each for each in entries if after < each.seq <= close.chain_seq]
        held = pa.table({}) if rows is None else _rows_of(rows, close, closes, lake, tx, book)
        found.append(_Source(_exported(tx, close, of_close, book), of_close, held))
        after = close.chain_seq
    return found


def _rows_of(  # noqa: PLR0917 - rows, and where they are from
    rows: pa.Table,
    close: PeriodClose,
    closes: Sequence[PeriodClose],
    lake: Lake,
    tx: Transaction,
    book: str,
) -> pa.Table:
    """Posting detail that a close added."""
    before = [each for each in closes if each.ordinal < close.ordinal]
    version, since = _version(close, book), _version(before[-1], book) if before else None
    of_period = rows.filter(pc.equal(rows["period"], str(close.period)))
    if version is None or len(closes) == 1:
        return of_period
    appended = None
    if version != since:
        # Versions count from 0, and before the first one there was none.
        first = -1 if since is None else since
        appended = lake.appended(
            tx, SECOND_POSTING if book else "posting", after=first, through=version
        )
    if appended is None:
        return of_period.slice(0, 0)
    held = appended.to_table(columns=rows.column_names).cast(rows.schema)
    ordered = [("entry_seq", "ascending"), ("line_no", "ascending")]
    return held.filter(pc.equal(held["period"], str(close.period))).sort_by(ordered)


def _version(close: PeriodClose, book: str) -> int | None:
    """That of the table of a book's postings after a close."""
    if not book:
        return close.posting_version
    told: Mapping[str, Any] = close.totals
    version: int | None = told.get("second_book", {}).get("version")
    return version


def _exported(
    tx: Transaction, close: PeriodClose, entries: Sequence[PostedEntry], book: str
) -> Exported:
    return Exported(
        entity=tx.entity,
        period=close.period,
        ordinal=close.ordinal,
        run=close.chain_head,
        created=close.closed_at.astimezone(UTC).date(),
        currency=_functional_currency(tx, entries),
        book=book,
    )


def _functional_currency(tx: Transaction, entries: Sequence[PostedEntry]) -> str:
    """As posted, else as registered, else the only one there is; empty if there are several."""
    lines = [line for posted in entries for line in posted.entry.lines]
    told = {line.functional_currency for line in lines} - {""}
    entity = entities.get(tx)
    if not told and entity is not None:
        return entity.functional_currency
    only = told or {line.currency for line in lines}
    return only.pop() if len(only) == 1 else ""


def _flash(tx: Transaction, lake: Lake, wish: Wish) -> _Source:
    """What closing the period now would post, as if it were posted."""
    period = wish.period
    name = books.chosen(tx, period, None, wish.framework)
    computed = compute(books.inputs_of(tx, lake, None, name), period)
    book = computed.inputs.book
    postings = charted(computed.postings, computed.inputs.posted, book, period)
    entries = chain.link(
        journal_entries(postings, book, period),
        (0, chain.GENESIS),
        entity=tx.entity,
        posted_at=tx.now,
        by=tx.actor,
    )
    rows = detail(postings, book, computed.accounting, entries, period=period, entity=tx.entity)
    exported = Exported(
        entity=tx.entity,
        period=period,
        ordinal=0,
        run=digest_of([each.lines_digest for each in entries]),
        created=tx.now.astimezone(UTC).date(),
        currency=_functional_currency(tx, entries),
        book=name,
    )
    return _Source(exported, entries, rows)


def _rendered(source: _Source, wish: Wish) -> tuple[list[Document], list[ExportFile]]:
    layout = layout_of(wish.layout)
    told = parameters_of(layout, wish.told)
    if wish.grain is Grain.POSTING:
        documents = detail_documents(source.rows, source.exported, layout)
    else:
        by_product = wish.grain is Grain.PRODUCT
        documents = summary_documents(
            source.entries, source.exported, layout, by_product=by_product
        )
    how = Written(layout=layout, told=told, created=source.exported.created)
    return documents, render(documents, how)


def _export_of(exported: Exported, wish: Wish, files: Sequence[ExportFile]) -> JournalExport:
    layout = layout_of(wish.layout)
    return JournalExport(
        period=str(exported.period),
        ordinal=exported.ordinal,
        run=exported.run,
        grain=wish.grain.value,
        layout=layout.name,
        layout_version=layout.version,
        parameters=parameters_of(layout, wish.told),
        files=[
            {
                "name": each.name,
                "sha256": each.sha256,
                "bytes": len(each.content),
                "documents": len(each.documents),
                "lines": each.lines,
            }
            for each in files
        ],
        digest=digest_of([[each.name, each.sha256] for each in files]),
        book=exported.book,
    )


def _row_of(document: Document, export: JournalExport) -> ExportedRow:
    return ExportedRow(
        id=document.id,
        period=export.period,
        ordinal=export.ordinal,
        grain=export.grain,
        layout=export.layout,
        currency=document.currency,
        amount=document.debits,
        line_count=len(document.lines),
        book=export.book,
    )
