"""Whole lines out of a stream of bytes, in blocks of bounded size.

One line is one row, in CSV too: a quote that is never closed damages its own row and cannot
swallow the rows after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import pyarrow as pa

from revrec.errors import FeedError
from revrec.usage.columns import ARRIVED, FAULT, FAULT_VALUE, ROW_NUMBER

BLOCK_BYTES = 4 * 2**20
"""Bytes read at once; two blocks of text are in memory at a time."""
LINE_BYTES_MAX = 2**20
"""Longest line; a longer one is not a row of usage but a damaged or hostile file."""

_UTF8_MARK = b"\xef\xbb\xbf"
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Bytes(Protocol):
    """A stream of bytes, decompressed."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


def blocks(stream: Bytes, file: str) -> Iterator[bytes]:
    """Blocks of whole lines, each ended by a line feed, without blank lines.

    A byte order mark of UTF-8 is taken off; other encodings that announce themselves are refused.
    """
    tail = _start(stream, file)
    while chunk := stream.read(BLOCK_BYTES):
        tail += chunk
        cut = tail.rfind(b"\n") + 1
        if cut and (block := _tidy(tail[:cut])):
            yield block
        tail = tail[cut:]
        if len(tail) > LINE_BYTES_MAX:
            raise FeedError(
                f"{file}: a line is longer than {LINE_BYTES_MAX} bytes.",
                remedy="Write one usage row per line, each line ended by a line feed.",
                file=file,
            )
    if tail and (block := _tidy(tail + b"\n")):
        yield block


def decoded(line: bytes) -> str:
    """The line for a person to read; bytes that are not UTF-8 show in hexadecimal."""
    return line.decode("utf-8", "backslashreplace")


def is_utf8(block: bytes) -> bool:
    """Whether the block is UTF-8 text."""
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def set_aside(faults: dict[int, tuple[str, str]]) -> pa.RecordBatch:
    """Rows that could not be read: row number -> (reason code, the text as it came)."""
    blank = pa.nulls(len(faults), pa.string())
    given: dict[str, pa.Array] = {
        ROW_NUMBER: pa.array(list(faults), pa.int64()),
        FAULT: pa.array([reason for reason, _ in faults.values()], pa.string()),
        FAULT_VALUE: pa.array([text for _, text in faults.values()], pa.string()),
    }
    return pa.RecordBatch.from_arrays(
        [given.get(name, blank) for name in ARRIVED.names], schema=ARRIVED
    )


def numbered(first: int, count: int, faults: dict[int, tuple[str, str]]) -> pa.Array:
    """Row numbers from ``first`` for the ``count`` rows of a block that are not faults."""
    if not faults:
        return pa.array(range(first, first + count), pa.int64())
    everyone = range(first, first + count + len(faults))
    return pa.array([number for number in everyone if number not in faults], pa.int64())


def _start(stream: Bytes, file: str) -> bytes:
    """The first bytes, without the byte order mark."""
    head = b""
    while len(head) < len(_UTF8_MARK) and (more := stream.read(BLOCK_BYTES)):
        head += more
    if head.startswith(_UTF16_MARKS):
        raise FeedError(
            f"{file}: the text is encoded in UTF-16.",
            remedy="Save it as UTF-8 and send it again.",
            file=file,
            accepted="UTF-8",
        )
    return head.removeprefix(_UTF8_MARK)


def _tidy(block: bytes) -> bytes:
    """One kind of line end, no blank lines."""
    if b"\r\n" in block:
        block = block.replace(b"\r\n", b"\n")
    if block.startswith(b"\n") or b"\n\n" in block:
        block = b"".join(line + b"\n" for line in block.split(b"\n") if line)
    return block
