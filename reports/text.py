"""Text that a file can hold, and words for numbers."""

from __future__ import annotations

import re

CELL_TEXT_MAX = 32_767
"""Characters Excel keeps in one cell."""
_CUT = " [cut: the CSV twin has the full text]"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?")


def printable(text: str) -> str:
    """The text without characters that XML cannot hold; each becomes U+FFFD."""
    return text if text.isprintable() else _ILLEGAL.sub("\ufffd", text)


def cell_text(text: str) -> str:
    """The text as a cell keeps it: printable, lines ended by one character, cut with a note."""
    clean = text if text.isprintable() else _LINE_ENDS.sub("\n", printable(text))
    if len(clean) > CELL_TEXT_MAX:
        return clean[: CELL_TEXT_MAX - len(_CUT)] + _CUT
    return clean


def counted(number: int, noun: str) -> str:
    """The number with its noun, which takes an s unless it is one.

    >>> counted(1, "row"), counted(1200, "row")
    ('1 row', '1,200 rows')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def identifier(text: str) -> str:
    """Letters, digits and underscores only, starting with a letter: the name of a range or table.

    >>> identifier("revenue by month/2026")
    'revenue_by_month_2026'
    """
    name = re.sub(r"[^A-Za-z0-9]+", "_", text).strip("_")
    return name if name[:1].isalpha() else f"n_{name}"
