"""Documents as files in a layout: the same documents, the same bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import pyarrow as pa
import pyarrow.parquet as pq

from revrec.errors import ReportError
from revrec.general_ledger.cells import Place, cell
from revrec.general_ledger.documents import Document
from revrec.general_ledger.layouts import Layout, LayoutColumn
from revrec.spreadsheets import csv_text

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_AMOUNT = pa.decimal128(38, 3)
_AMOUNTS = frozenset({"debit", "credit", "functional_debit", "functional_credit"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A file of an export."""

    name: str
    content: bytes
    documents: tuple[str, ...]
    """External ids, in order."""
    lines: int

    @property
    def sha256(self) -> str:
        """Of the content, in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How documents are written: the layout, what the entity told for it, the day."""

    layout: Layout
    told: Mapping[str, str]
    created: date


def render(documents: Sequence[Document], how: Written) -> list[ExportFile]:
    """The documents as files; a document is in one file, whole.

    Raises ReportError for what the layout cannot hold.
    """
    layout = how.layout
    for document in documents:
        if layout.id_characters is not None and len(document.id) > layout.id_characters:
            raise ReportError(
                f"The id {document.id} has more than the {layout.id_characters} characters "
                f"{layout.title} takes.",
                remedy="Export by account, which makes fewer documents.",
            )
    return [
        ExportFile(
            name=f"{chosen[0].batch}_{layout.name}_{number:03}.{layout.suffix}",
            content=_content(chosen, how),
            documents=tuple(each.id for each in chosen),
            lines=sum(len(each.lines) for each in chosen),
        )
        for number, chosen in enumerate(_by_file(documents, layout.lines_per_file), start=1)
    ]


def _by_file(documents: Iterable[Document], lines_max: int | None) -> Iterator[list[Document]]:
    chosen: list[Document] = []
    lines = 0
    for document in documents:
        if chosen and lines_max is not None and lines + len(document.lines) > lines_max:
            yield chosen
            chosen, lines = [], 0
        chosen.append(document)
        lines += len(document.lines)
    if chosen:
        yield chosen


def _content(documents: Sequence[Document], how: Written) -> bytes:
    match how.layout.form:
        case "rows":
            content = _rows(documents, how)
        case "blocks":
            content = _blocks(documents, how)
        case "json":
            content = _json(documents, how)
        case "parquet":
            content = _parquet(documents, how)
    return _zipped(content, how.layout.archive) if how.layout.archive else content


def _places(documents: Iterable[Document], how: Written) -> Iterator[Place]:
    in_file = 0
    for document in documents:
        for number, line in enumerate(document.lines, start=1):
            in_file += 1
            yield Place(
                document=document,
                line=line,
                number=number,
                number_in_file=in_file,
                created=how.created,
            )


def _cells(place: Place, columns: Sequence[LayoutColumn], how: Written) -> list[str]:
    cells = [cell(place, column, how.layout, how.told) for column in columns]
    if not how.layout.spreadsheet:
        return cells
    safe = {at for at, column in enumerate(columns) if column.value in _AMOUNTS}
    return [text if at in safe else csv_text(text) for at, text in enumerate(cells)]


def _rows(documents: Sequence[Document], how: Written) -> bytes:
    """A row for each line."""
    columns = how.layout.columns
    heading = [[column.title for column in columns]] if how.layout.heading else []
    rows = (_cells(place, columns, how) for place in _places(documents, how))
    return _csv([*heading, *rows])


def _blocks(documents: Sequence[Document], how: Written) -> bytes:
    """A block for each document: its head, then its lines, each under technical names."""
    layout = how.layout
    rows: list[Sequence[str]] = list(layout.preamble)
    for number, document in enumerate(documents, start=1):
        places = list(_places([document], how))
        rows += [
            [],
            [str(number), "Header"],
            ["", *(column.name for column in layout.header)],
            ["", *(column.title for column in layout.header)],
            ["", *_cells(places[0], layout.header, how)],
            [],
            ["", "Line Items"],
            ["", *(column.name for column in layout.columns)],
            ["", *(column.title for column in layout.columns)],
            *(["", *_cells(place, layout.columns, how)] for place in places),
        ]
    return _csv(rows)


def _csv(rows: Iterable[Sequence[str]]) -> bytes:
    """RFC 4180 in UTF-8."""
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows(rows)
    return file.getvalue().encode("utf-8")


def _json(documents: Sequence[Document], how: Written) -> bytes:
    of_document = {"document", "date", "period", "memo", "currency", "functional_currency"}
    found = []
    for document in documents:
        told: dict[str, object] = {}
        lines = []
        for place in _places([document], how):
            row = dict(_titled(place, how))
            told |= {name: row.pop(name) for name in of_document & row.keys()}
            lines.append({name: text for name, text in row.items() if text})
        found.append({**dict(sorted(told.items())), "lines": lines})
    return (json.dumps(found, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _titled(place: Place, how: Written) -> Iterator[tuple[str, str]]:
    columns = how.layout.columns
    for column, text in zip(columns, _cells(place, columns, how), strict=True):
        yield column.title, text


def _parquet(documents: Sequence[Document], how: Written) -> bytes:
    columns = how.layout.columns
    rows = [_cells(place, columns, how) for place in _places(documents, how)]
    table = pa.table(
        {
            column.title: pa.array([Decimal(row[at]) if row[at] else None for row in rows], _AMOUNT)
            if column.value in _AMOUNTS
            else pa.array([row[at] for row in rows], pa.string())
            for at, column in enumerate(columns)
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()


def _zipped(content: bytes, name: str) -> bytes:
    """A zip of one file, whose bytes depend on its content alone."""
    sink = io.BytesIO()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:
        entry = ZipInfo(name, _ZIP_EPOCH)
        entry.external_attr = _READABLE
        entry.compress_type = ZIP_DEFLATED
        archive.writestr(entry, content)
    return sink.getvalue()
