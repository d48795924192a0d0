"""CSV (RFC 4180, comma, UTF-8, first line names the columns) as batches of text."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.csv as arrow_csv

from revrec.errors import FeedError
from revrec.usage.columns import ARRIVED, RATED, ROW_NUMBER, Form
from revrec.usage.lines import Bytes, blocks, decoded, is_utf8, numbered, set_aside

_FIELD = rb'(?>"(?:[^"\n]++|"")*+"|[^",\n]*+)'
_LINE = re.compile(rb"%b(?:,%b)*+\n" % (_FIELD, _FIELD))
_LINES = re.compile(rb"(?:%b)*+" % _LINE.pattern)
_PLACEHOLDER = b"\x00\n"
"""Stands for a line set aside: one field, so that the reader counts it and hands it back."""


def read(stream: Bytes, file: str, form: Form = RATED) -> Iterator[pa.RecordBatch]:
    """The rows of a CSV file; lines that are not rows come as faults."""
    columns: list[str] | None = None
    count = 0
    for whole in blocks(stream, file):
        block = whole
        if columns is None:
            line, _, block = whole.partition(b"\n")
            columns = _heading(line, file, form)
        if block:
            yield from _batches(block, columns, count + 1)
            count += block.count(b"\n")
    if columns is None:
        raise FeedError(
            f"{file}: the file is empty, not even the columns are named.",
            remedy=f"The first line names the columns: {', '.join(form.columns)}.",
            file=file,
        )


def check_columns(names: Sequence[str], file: str, form: Form = RATED) -> None:
    """Refuse a file whose columns cannot be told apart, are missing or are not known."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    missing = [name for name in form.required if name not in names]
    unknown = sorted(set(names) - set(form.columns))
    if repeated:
        what, remedy = f"two columns are named {repeated[0]!r}", "Name each column once."
    elif missing:
        what = f"the column {missing[0]!r} is missing"
        remedy = (
            f"A usage file has the columns {', '.join(form.required)};"
            f" optional: {', '.join(form.optional)}."
        )
    elif unknown:
        what = f"the column {unknown[0]!r} is not known"
        remedy = "Leave it out, or put it into the dimensions."
    else:
        return
    raise FeedError(
        f"{file}: {what} (found: {', '.join(names)[:200]}).",
        remedy=remedy,
        file=file,
        row=0,
        column=(repeated or missing or unknown)[0],
        accepted=", ".join(form.columns),
    )


def _heading(line: bytes, file: str, form: Form) -> list[str]:
    try:
        names = [name.strip() for name in next(csv.reader([line.decode()], strict=True))]
    except (UnicodeDecodeError, csv.Error) as error:
        raise FeedError(
            f"{file}: the first line cannot be read as names of columns: {decoded(line)[:200]!r}.",
            remedy="Save the file as CSV in UTF-8, columns separated by commas.",
            file=file,
            row=0,
            value=decoded(line)[:200],
        ) from error
    check_columns(names, file, form)
    return names


def _batches(block: bytes, columns: list[str], first: int) -> Iterator[pa.RecordBatch]:
    faults: dict[int, tuple[str, str]] = {}
    if _looks_damaged(block):
        block = _without_damage(block, first, faults)

    def keep(row: arrow_csv.InvalidRow) -> str:
        assert row.number is not None, "a serial reader numbers its rows"
        faults.setdefault(first + row.number - 1, ("malformed-row", row.text))
        return "skip"

    table = arrow_csv.read_csv(
        pa.BufferReader(block),
        read_options=arrow_csv.ReadOptions(
            column_names=columns, use_threads=False, block_size=len(block) + 1
        ),
        parse_options=arrow_csv.ParseOptions(invalid_row_handler=keep),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=[],
            strings_can_be_null=False,
        ),
    )
    faults = dict(sorted(faults.items()))
    assert table.num_rows + len(faults) == block.count(b"\n"), "a line is a row or a fault"
    if table.num_rows:
        yield _arrived(table, numbered(first, table.num_rows, faults))
    if faults:
        yield set_aside(faults)


def _looks_damaged(block: bytes) -> bool:
    """Whether some line is no row, found without taking the block apart."""
    if b"\r" in block or not is_utf8(block):
        return True
    return b'"' in block and _LINES.fullmatch(block) is None


def _without_damage(block: bytes, first: int, faults: dict[int, tuple[str, str]]) -> bytes:
    """Replace lines that no two readers would read alike, and note them."""
    lines = block.split(b"\n")[:-1]
    for position, line in enumerate(lines):
        if not is_utf8(line):
            faults[first + position] = ("unreadable-text", decoded(line))
        elif b"\r" in line or (b'"' in line and not _LINE.fullmatch(line + b"\n")):
            faults[first + position] = ("malformed-row", decoded(line))
        else:
            continue
        lines[position] = _PLACEHOLDER[:-1]
    return b"\n".join(lines) + b"\n"


def _arrived(table: pa.Table, numbers: pa.Array) -> pa.RecordBatch:
    """The table in the columns of ``ARRIVED``, those left out blank."""
    blank = pa.nulls(table.num_rows, pa.string())
    given: dict[str, pa.Array] = {
        name: table.column(name).combine_chunks() for name in table.column_names
    }
    given[ROW_NUMBER] = numbers
    return pa.RecordBatch.from_arrays(
        [given.get(name, blank) for name in ARRIVED.names], schema=ARRIVED
    )
