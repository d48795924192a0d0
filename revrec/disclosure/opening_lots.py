"""Revenue out of the contract liability a stretch began with, lot by lot (606-10-50-8b).

As posted, contract by contract and period by period. What the stretch began with is earned first;
what is billed or received in it is newer. Credits are of the bill they name, and other
withdrawals of the newest lots, so that either may leave less of the opening balance to be earned.
Usage allocated to its day is paid for by newer bills and never draws on it (32-40).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from revrec.citations import cites
from revrec.columnar import table_of
from revrec.model.history import Book
from revrec.money import to_minor
from revrec.periods import Calendar

MOVEMENTS = """
with moved as (
    select contract, month, event, late, as_used, -sum(amount) as amount
    from posted where account = 'contract_liability' group by all
)
select contract, month,
       case when event = 'netting' then 'netted'
            when event in ('satisfaction', 'breakage') and as_used then 'used'
            when event = 'satisfaction' and not late then 'performed'
            when event in ('satisfaction', 'breakage') then 'earned'
            when amount > 0 then 'added'
            else 'withdrawn' end as what,
       sum(amount)::bigint as amount
from moved group by all
"""
"""What moved the contract liability of each contract and month of posting, credits positive."""
DRAWN = pa.schema(
    [
        ("label", pa.string()),
        ("contract", pa.string()),
        ("from_opening", pa.int64()),
        ("included_in_opening", pa.int64()),
    ]
)
"""By stretch: what was performed out of the opening balance, and all revenue out of it."""

Moves = Mapping[str, Mapping[str, int]]
"""Month of posting -> what -> amount."""
Credits = Mapping[str, Sequence[tuple[str, int]]]
"""Month of a credit memo -> month of the bill it credits, amount."""


@dataclass(slots=True)
class _Lots:
    """What is left of the opening balance and of newer lots; usage not billed is negative."""

    opening: int
    newer: int = 0
    drawn: int = 0
    """Of the opening balance, by revenue."""
    drawn_newer: int = 0
    performed: int = 0
    """Of ``drawn``, what was performed in its month."""

    def month(self, moves: Mapping[str, int], credited: int) -> None:
        """A month: what came in, what was withdrawn, use, then what was earned."""
        self.newer += moves.get("added", 0)
        self._withdraw(-moves.get("withdrawn", 0), credited)
        self.newer += moves.get("used", 0)
        before = self.drawn
        self._earn(-moves.get("performed", 0))
        self.performed += self.drawn - before
        self._earn(-moves.get("earned", 0))

    def _withdraw(self, amount: int, of_opening: int) -> None:
        known = min(amount, of_opening, self.opening)
        of_newer = min(amount - known, max(self.newer, 0))
        beyond = min(amount - known - of_newer, self.opening - known)
        self.opening -= known + beyond
        self.newer -= amount - known - beyond

    def _earn(self, amount: int) -> None:
        """First in, first out; what is taken back goes to the newest lots it came from."""
        if amount >= 0:
            drawn = min(amount, self.opening)
            of_newer = amount - drawn
        else:
            of_newer = -min(-amount, max(self.drawn_newer, 0))
            drawn = -min(of_newer - amount, self.drawn)
            of_newer = amount - drawn
        self.opening -= drawn
        self.drawn += drawn
        self.newer -= of_newer
        self.drawn_newer += of_newer


@cites("606-10-50-8")
def drawn_from_opening(
    movements: Iterable[Sequence[object]],
    book: Book,
    stretches: Iterable[tuple[str, str, str]],
    calendar: Calendar,
) -> pa.Table:
    """By stretch (label, first and last period) and contract that began it with a liability.

    ``movements`` are the rows of ``MOVEMENTS``; the period is empty before the report.
    """
    by_contract: defaultdict[str, defaultdict[str, dict[str, int]]] = defaultdict(
        lambda: defaultdict(dict)
    )
    for contract, month, what, amount in movements:
        by_contract[str(contract)][str(month)][str(what)] = int(str(amount))
    rows = []
    spans = list(stretches)
    for contract, moves in sorted(by_contract.items()):
        credits_of = _credits(book, contract, calendar)
        for label, first, last in spans:
            opening = sum(sum(each.values()) for month, each in moves.items() if month < first)
            if opening > 0:
                lots = _walked(opening, moves, credits_of, first, last)
                rows.append((label, contract, lots.performed, lots.drawn))
    return table_of(rows, DRAWN)


def _walked(opening: int, moves: Moves, credits_of: Credits, first: str, last: str) -> _Lots:
    lots = _Lots(opening)
    for month in sorted(month for month in moves if first <= month <= last):
        credited = sum(amount for billed, amount in credits_of.get(month, ()) if billed < first)
        lots.month(moves[month], credited)
    return lots


def _credits(book: Book, contract: str, calendar: Calendar) -> Credits:
    """Credit memos of a contract with the months of the bills they name."""
    history = book.known(contract)
    billed = {invoice.id: str(calendar.of(invoice.on)) for invoice in history.invoices}
    found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for memo in history.credit_memos:
        amount = sum(to_minor(line.amount, history.contract.currency) for line in memo.lines)
        if memo.invoice in billed:
            found[str(calendar.of(memo.on))].append((billed[memo.invoice], amount))
    return found
