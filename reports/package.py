"""The xlsx file itself: the same bytes for the same workbook, with results beside formulas.

openpyxl stamps a file with the time of saving and leaves formulas without results. Here every
zip entry carries one fixed date, the document keeps the dates it was given, formulas get the
results computed from the same exact figures (so that a preview or a reader that does not
recalculate sees them; Excel recalculates on opening), and streamed data rows are put into their
sheets.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_OWNER_READS = 0o600 << 16
_FORMULA = re.compile(rb'<c r="([A-Z]+[0-9]+)"([^>]*)><f>(.*?)</f><v ?/?>(?:</v>)?</c>')

_LINKED = re.compile(rb'(<(?:c:)?numFmt formatCode="[^"]*") ?/>')
"""Label formats of charts, which readers would otherwise replace by the cells' formats."""


@dataclass(slots=True, kw_only=True)
class Part:
    """What a sheet gets besides what openpyxl writes."""

    results: dict[str, Decimal | int | str] = field(default_factory=dict)
    """Cell -> result of its formula."""
    body: Callable[[], Iterator[bytes]] | None = None
    """Streams the data rows ..."""
    body_before: int = 0
    """... which come before this row of the frame."""
    digits_as_text: str = ""
    """Cells where numbers are text on purpose, so that Excel does not flag each of them."""


def save(workbook: Workbook, path: Path, parts: Mapping[str, Part]) -> None:
    """Write the workbook; ``parts`` by sheet title."""
    by_entry = {
        f"xl/worksheets/sheet{number}.xml": parts[title]
        for number, title in enumerate(workbook.sheetnames, start=1)
    }
    with _Package(path, by_entry) as package:
        ExcelWriter(workbook, package).write_data()


class _Package(ZipFile):
    """A zip file whose bytes depend on its content alone."""

    def __init__(self, path: Path, parts: Mapping[str, Part]) -> None:
        super().__init__(path, "w", ZIP_DEFLATED)
        self._parts = parts

    def writestr(  # type: ignore[override] # openpyxl gives text and bytes
        self,
        zinfo_or_arcname: str | ZipInfo,
        data: str | bytes,
        compress_type: int | None = None,  # noqa: ARG002 # every entry is written alike
        compresslevel: int | None = None,  # noqa: ARG002 # same
    ) -> None:
        name = str(zinfo_or_arcname)
        if name.startswith("xl/charts/") and isinstance(data, bytes):
            data = _LINKED.sub(rb'\1 sourceLinked="0"/>', data)
        super().writestr(_entry(name), data)

    def write(
        self,
        filename: str | os.PathLike[str],
        arcname: str | os.PathLike[str] | None = None,
        compress_type: int | None = None,  # noqa: ARG002 # every entry is written alike
        compresslevel: int | None = None,  # noqa: ARG002 # same
    ) -> None:
        name = str(arcname)
        part = self._parts[name]
        frame = _with_results(Path(filename).read_bytes(), part.results)
        with self.open(_entry(name), "w") as entry:
            if part.body is None:
                entry.write(frame)
                return
            head, mark, tail = frame.partition(b'<row r="%d"' % part.body_before)
            assert mark, f"{name} has no row {part.body_before} to put its data before"
            entry.write(head)
            for chunk in part.body():
                entry.write(chunk)
            entry.write(mark + _without_flags(tail, part.digits_as_text))


def _entry(name: str) -> ZipInfo:
    entry = ZipInfo(name, _ZIP_EPOCH)
    entry.compress_type = ZIP_DEFLATED
    entry.create_system = _UNIX
    entry.external_attr = _OWNER_READS
    return entry


def _with_results(xml: bytes, results: Mapping[str, Decimal | int | str]) -> bytes:
    """Every formula of a sheet with its result; each must be known."""

    def replaced(match: re.Match[bytes]) -> bytes:
        cell, attributes, formula = match.groups()
        result = results[cell.decode()]
        kind = b' t="str"' if isinstance(result, str) else b""
        return b'<c r="%s"%s%s><f>%s</f><v>%s</v></c>' % (
            cell,
            attributes,
            kind,
            formula,
            str(result).encode(),
        )

    replaced_xml, count = _FORMULA.subn(replaced, xml)
    assert count == len(results), f"{len(results)} results for {count} formulas"
    return replaced_xml


def _without_flags(tail: bytes, cells: str) -> bytes:
    """Tell Excel that numbers kept as text in these cells are meant."""
    mark = b"<tableParts"
    flags = b'<ignoredErrors><ignoredError sqref="%s" numberStoredAsText="1"/></ignoredErrors>'
    return tail.replace(mark, flags % cells.encode() + mark, 1)
