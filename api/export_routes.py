"""The routes of exports to general ledgers, and of what was posted there."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Response

from api import export_schemas as schemas
from api.access import Books, Key, keyed
from api.listing import LISTED, REFUSED, Listed
from api.routing import EVERY, WRITES, PathPeriod, answer, attachment, refusals, router, saved_as
from api.schemas import PeriodText, page_of
from revrec.general_ledger.layouts import layout_of
from revrec.general_ledger.references import Standing
from revrec.operations import exporting, references
from revrec.operations.answering import once
from revrec.operations.exporting import Exports, Wish
from revrec.store import exports
from revrec.store.transaction import Transaction

_OfPeriod = Annotated[PeriodText | None, Query(description="Of this period.")]


@router.post(
    "/periods/{period}/exports",
    tags=["journal"],
    operation_id="export_journal",
    summary="Export a closed period",
    response_model=schemas.ExportsMade,
    responses=refusals(*WRITES, "not-found", "report-error", "payload-too-large"),
)
def export_journal(
    period: PathPeriod, body: schemas.ExportRequested, books: Books, key: Key
) -> Response:
    """Export the closes of a period for a general ledger; read the files one by one.

    The same close in the same form has the same files, and its documents the same ids, by which
    the general ledger can refuse a second import.
    """
    wish = Wish(
        period=period, layout=body.layout, grain=body.by, told=body.parameters, framework=body.book
    )

    def encode(made: Exports) -> str:
        recorded = [schemas.Exported.of(each) for each in made.recorded]
        return schemas.ExportsMade(exports=recorded).model_dump_json()

    asked = (
        "export",
        str(period),
        body.layout,
        body.by.value,
        dict(sorted(body.parameters.items())),
        *([body.book.value] if body.book else []),
    )
    return answer(
        once(
            books, keyed(key, *asked), lambda tx: exporting.exporting(tx, books.lake, wish), encode
        )
    )


@router.get(
    "/exports",
    tags=["journal"],
    operation_id="list_exports",
    summary="List exports",
    response_model=page_of(schemas.Exported),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_exports(asked: Listed, period: _OfPeriod = None) -> Response:
    """What was exported, when, by whom, with the hashes of the files; in order."""

    def read(tx: Transaction, after: int, limit: int) -> list[exports.RecordedExport]:
        return exports.exports(tx, period=period, known_at=asked.known_at, after=after, limit=limit)

    return asked.numbered(schemas.Exported, read, schemas.Exported.of, number=lambda each: each.id)


@router.get(
    "/exports/documents",
    tags=["journal"],
    operation_id="list_exported_documents",
    summary="List exported documents",
    response_model=page_of(schemas.DocumentStanding),
    responses={**LISTED, **refusals(*EVERY, *REFUSED)},
)
def list_exported_documents(
    books: Books,
    asked: Listed,
    period: _OfPeriod = None,
    standing: Annotated[
        Standing | None, Query(description="Those that stand so.", examples=["missing"])
    ] = None,
) -> Response:
    """Every document exported or posted: matched, differing, missing or unknown."""
    found = [
        schemas.DocumentStanding.of(each)
        for each in books.run(lambda tx: references.standings(tx, asked.known_at), read_only=True)
        if standing in {None, each.standing} and period in {None, each.period}
    ]
    return asked.whole(schemas.DocumentStanding, found)


@router.get(
    "/exports/{export}/files/{name}",
    tags=["journal"],
    operation_id="get_export_file",
    summary="Read a file of an export",
    response_class=Response,
    responses={
        **saved_as("application/octet-stream"),
        **refusals(*EVERY, "not-found", "report-error"),
    },
)
def get_export_file(
    export: Annotated[int, Path(ge=1, le=2**53, examples=[1])],
    name: Annotated[str, Path(max_length=255, examples=["R1-2601-1S_netsuite_001.csv"])],
    books: Books,
) -> Response:
    """The file, with the hash that was recorded."""
    file, layout = exporting.file_of(books, export, name)
    return attachment(file.content, file.name, layout_of(layout).media_type)


@router.post(
    "/posted-references",
    tags=["journal"],
    operation_id="record_references",
    summary="Record what was posted",
    response_model=schemas.ReferencesRecorded,
    responses=refusals(*WRITES, "payload-too-large"),
)
def record_references(body: schemas.ReferencesTold, books: Books, key: Key) -> Response:
    """Record the numbers and amounts that a general ledger gave exported documents."""
    told = [each.model_dump(mode="json") for each in body.references]
    return answer(
        once(
            books,
            keyed(key, "references", body.source, told),
            lambda tx: references.recording_references(tx, body.references, source=body.source),
            lambda recorded: schemas.ReferencesRecorded.of(recorded).model_dump_json(),
        )
    )
