"""Text that is safe to open: no formula by accident, no character a file cannot hold."""

from __future__ import annotations

import re

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that spreadsheet programs may take for the start of a formula."""

CELL_TEXT_MAX = 32_767
"""Characters Excel keeps in one cell."""
_CUT = " [cut: the CSV twin has the full text]"
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_ENDS = re.compile("\r\n?")


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet program could run the text.

    >>> [looks_like_formula(text) for text in ("=1+1", "-5", "C-0001", "")]
    [True, True, False, False]
    """
    return text.startswith(FORMULA_STARTS)


def printable(text: str) -> str:
    """The text without characters that XML cannot hold; each becomes U+FFFD."""
    return _ILLEGAL.sub("\ufffd", text)


def cell_text(text: str) -> str:
    """The text as a cell keeps it: printable, lines ended by one character, cut with a note."""
    clean = _LINE_ENDS.sub("\n", printable(text))
    if len(clean) > CELL_TEXT_MAX:
        return clean[: CELL_TEXT_MAX - len(_CUT)] + _CUT
    return clean


def csv_text(text: str) -> str:
    """The text with an apostrophe before what could run as a formula when a file is opened.

    Text that starts with an apostrophe gets another one, so that a program gets the original
    back by removing one leading apostrophe.

    >>> [csv_text(text) for text in ("=1+1", "'s-Hertogenbosch", "C-0001")]
    ["'=1+1", "''s-Hertogenbosch", 'C-0001']
    """
    return f"'{text}" if looks_like_formula(text) or text.startswith("'") else text


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
