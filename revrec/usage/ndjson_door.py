"""NDJSON (one JSON object per line, UTF-8) as batches of text.

A number is kept as the digits that were sent: 0.1 is the text ``0.1``, never a binary fraction.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from revrec.errors import FeedError
from revrec.usage.columns import ARRIVED, RATED, ROW_NUMBER, Form
from revrec.usage.lines import Bytes, blocks, decoded, is_utf8, numbered, set_aside

_PLAIN_TYPES = frozenset({str, type(None)})

_TEXT = r'"[^"\\\x00-\x1f]*"'
_PLAIN_VALUE = rf"({_TEXT}|-?[0-9]+(?:\.[0-9]+)?|null)"
_LABELS_VALUE = rf"({_TEXT}|\{{[^{{}}\x00-\x1f]*\}}|null)"


def read(stream: Bytes, file: str, form: Form = RATED) -> Iterator[pa.RecordBatch]:
    """The rows of an NDJSON file; lines that are not usage rows come as faults."""
    count = 0
    for block in blocks(stream, file):
        if not count and block.lstrip().startswith(b"["):
            raise FeedError(
                f"{file}: the file is one JSON array.",
                remedy="Write one JSON object per line.",
                file=file,
                accepted="NDJSON",
            )
        lines = block.count(b"\n")
        yield from _plain(block, lines, count + 1, form) or _any_form(block, count + 1, form)
        count += lines


def labels_as_text(value: object) -> str:
    """A JSON value in its canonical encoding; numbers are texts since nobody counts a label."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parse(text: str) -> object:
    """The JSON value; numbers as the text sent.

    Raises ``ValueError`` for text that is not JSON, says a name twice or nests too deep.
    """
    try:
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is repeated")
    return members


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unrepeated, parse_float=str, parse_int=str, parse_constant=str
)


def _plain(block: bytes, lines: int, first: int, form: Form) -> list[pa.RecordBatch]:
    """The rows, if all lines have the shape of the first and hold no escapes; else nothing.

    Programs write every line alike, and one pattern reads such lines twice as fast as a JSON
    parser. The pattern matches only what a parser would read in the same way.
    """
    if not is_utf8(block):
        return []
    text = block.decode()
    keys = _keys(text[: text.index("\n")])
    if len(keys) < 2 or not set(form.columns).issuperset(keys):  # noqa: PLR2004 - one group gives no tuples
        return []
    members = (
        f'"{key}": ?{_LABELS_VALUE if key == "dimensions" else _PLAIN_VALUE}' for key in keys
    )
    found = re.findall(rf"^\{{{', ?'.join(members)}\}}$", text, re.MULTILINE)
    if len(found) != lines:
        return []
    values = {
        key: _unquoted(pa.array(column, pa.string()))
        for key, column in zip(keys, zip(*found, strict=True), strict=True)
    }
    return [_batch(values, numbered(first, lines, {}))]


def _keys(line: str) -> list[str]:
    try:
        members = parse(line)
    except ValueError:
        return []
    return list(members) if isinstance(members, dict) else []


def _unquoted(values: pa.Array) -> pa.Array:
    """JSON texts without escapes as the text they hold, ``null`` as null."""
    absent = pc.equal(values, "null")
    bare = pc.ascii_trim(values, '"')
    return cast("pa.Array", pc.if_else(absent, None, bare))


def _any_form(block: bytes, first: int, form: Form) -> list[pa.RecordBatch]:
    """Line by line: whatever JSON allows."""
    faults: dict[int, tuple[str, str]] = {}
    rows: list[Sequence[str | None]] = []
    for number, line in enumerate(block.split(b"\n")[:-1], first):
        try:
            rows.append(_row(line, form.columns))
        except _DamagedLine as damage:
            faults[number] = (damage.reason, decoded(line))
    told = list(zip(*rows, strict=True))
    columns: Sequence[Sequence[str | None]] = told or [()] * len(form.columns)
    values = {
        name: pa.array(column, pa.string())
        for name, column in zip(form.columns, columns, strict=True)
    }
    given = [_batch(values, numbered(first, len(rows), faults))]
    return [*given, set_aside(faults)] if faults else given


class _DamagedLine(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _row(line: bytes, columns: Sequence[str]) -> Sequence[str | None]:
    try:
        members = parse(line.decode())
    except UnicodeDecodeError as error:
        raise _DamagedLine("unreadable-text") from error
    except ValueError as error:
        raise _DamagedLine("malformed-row") from error
    if not isinstance(members, dict):
        raise _DamagedLine("malformed-row")
    if not members.keys() <= set(columns):
        raise _DamagedLine("unknown-field")
    if isinstance(members.get("dimensions"), dict):
        members["dimensions"] = labels_as_text(members["dimensions"])
    row = tuple(map(members.get, columns))
    if not set(map(type, row)) <= _PLAIN_TYPES:
        raise _DamagedLine("malformed-row")
    if b"\\u" in line and not _is_text(row):
        raise _DamagedLine("unreadable-text")
    return row


def _is_text(row: Sequence[str | None]) -> bool:
    """Whether no value holds half a surrogate pair, which JSON can write and UTF-8 cannot."""
    return not any("\ud800" <= letter <= "\udfff" for value in row if value for letter in value)


def _batch(values: dict[str, pa.Array], numbers: pa.Array) -> pa.RecordBatch:
    blank = pa.nulls(len(numbers), pa.string())
    given = values | {ROW_NUMBER: numbers}
    return pa.RecordBatch.from_arrays(
        [given.get(name, blank) for name in ARRIVED.names], schema=ARRIVED
    )
