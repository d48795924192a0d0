"""Documents within a limit of lines: parts that balance by themselves and lose nothing.

Debits and credits are matched in their order, each match as much as both sides have left. A run
of matches balances by itself, whatever its length; cut where the limit is reached, at most the
lines at a cut appear on both sides of it, each with a part of its amount. No clearing account.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from revrec.errors import ReportError
from revrec.general_ledger.documents import Document, DocumentLine
from revrec.money import round_ratio

LINES_LEAST = 4
"""A part holds at least a debit and a credit, and carries what is over in the functional
currency on a third line."""

_Part = dict[int, int]
"""Position of a line -> its amount in the part."""


def split(document: Document, lines_max: int | None) -> list[Document]:
    """The document in parts of at most so many lines, each balanced; itself if it fits.

    Amounts of a line's parts add up to the line, in both currencies. Raises ReportError for a
    limit too low to balance anything.
    """
    if lines_max is None or len(document.lines) <= lines_max:
        return [document]
    if lines_max < LINES_LEAST:
        raise ReportError(
            f"Documents of {lines_max} lines cannot be balanced.",
            remedy=f"Allow {LINES_LEAST} lines or more.",
        )
    lines = document.lines
    functional = document.functional_currency != ""
    limit = lines_max - 1 if functional else lines_max
    parts = _filled(list(_matched([line.amount for line in lines], limit)), lines, limit)
    worths = _worths(parts, lines) if functional else None
    found = []
    for number, part in enumerate(parts):
        held = [
            replace(
                lines[at],
                amount=amount,
                functional=None if worths is None else worths[number].pop(at, 0),
            )
            for at, amount in sorted(part.items())
        ]
        if worths is not None:
            held += [
                replace(lines[at], amount=0, functional=worth)
                for at, worth in sorted(worths[number].items())
                if worth
            ]
        kept = tuple(line for line in held if line.amount or line.functional)
        found.append(replace(document, lines=kept))
    return [part for part in found if part.lines]


def _matched(amounts: Sequence[int], limit: int) -> Iterator[_Part]:
    """Runs of matches of at most so many lines."""
    debits = [[at, amount] for at, amount in enumerate(amounts) if amount > 0]
    owing = [[at, -amount] for at, amount in enumerate(amounts) if amount < 0]
    part: _Part = {}
    debit = credit = 0
    while debit < len(debits):
        (owes, due), (owed, left) = debits[debit], owing[credit]
        if len(part.keys() | {owes, owed}) > limit:
            yield part
            part = {}
        matched = min(due, left)
        part[owes] = part.get(owes, 0) + matched
        part[owed] = part.get(owed, 0) - matched
        debits[debit][1] -= matched
        owing[credit][1] -= matched
        debit += due == matched
        credit += left == matched
    if part:
        yield part


def _filled(parts: list[_Part], lines: Sequence[DocumentLine], limit: int) -> list[_Part]:
    """The parts with the lines that have a functional amount only, where there is room."""
    room = iter(parts)
    part = next(room, None)
    for at, line in enumerate(lines):
        if line.amount:
            continue
        while part is not None and len(part) >= limit:
            part = next(room, None)
        if part is None:
            part = {}
            parts.append(part)
        part[at] = 0
    return parts


def _worths(parts: Sequence[_Part], lines: Sequence[DocumentLine]) -> list[dict[int, int]]:
    """Functional amounts of the parts of lines; each part balances.

    In proportion to the amounts, rounded cumulatively. What a part is then off moves between two
    parts of a line: out of the part and into the next, with an amount of zero if need be.
    """
    told: dict[int, int] = {}
    given: dict[int, int] = {}
    worths: list[dict[int, int]] = []
    for part in parts:
        held = {}
        for at, amount in part.items():
            line = lines[at]
            told[at] = told.get(at, 0) + amount
            whole = line.functional or 0
            upto = round_ratio(whole * told[at], line.amount) if line.amount else whole
            held[at] = upto - given.get(at, 0)
            given[at] = upto
        worths.append(held)
    for held, following in pairwise(worths):
        off = sum(held.values())
        if off:
            at = next((at for at in held if at in following), max(held))
            held[at] -= off
            following[at] = following.get(at, 0) + off
    return worths
