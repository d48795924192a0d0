"""Text in files that people may open with a spreadsheet program."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that spreadsheet programs may take for the start of a formula."""


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet program could run the text.

    >>> [looks_like_formula(text) for text in ("=1+1", "-5", "C-0001", "")]
    [True, True, False, False]
    """
    return text.startswith(FORMULA_STARTS)


def csv_text(text: str) -> str:
    """The text with an apostrophe before what could run as a formula when a file is opened.

    Text that starts with an apostrophe gets another one, so that a program gets the original
    back by removing one leading apostrophe.

    >>> [csv_text(text) for text in ("=1+1", "'s-Hertogenbosch", "C-0001")]
    ["'=1+1", "''s-Hertogenbosch", 'C-0001']
    """
    return f"'{text}" if looks_like_formula(text) or text.startswith("'") else text


def original(field: str) -> str:
    """What ``csv_text`` was given.

    >>> [original(csv_text(text)) for text in ("=1+1", "'s-Hertogenbosch", "C-0001")]
    ['=1+1', "'s-Hertogenbosch", 'C-0001']
    """
    return field.removeprefix("'")
