"""Postings to journal entries by account, and to detail that names what each cent rests on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import pyarrow as pa

from revrec.engine import Accounting
from revrec.ledger.chart import TRANSFER
from revrec.ledger.entries import JournalEntry, JournalLine, PostedEntry
from revrec.ledger.kinds import ENTRIES, KINDS
from revrec.model.history import Book
from revrec.model.policy import Account
from revrec.periods import Period

DETAIL = pa.schema(
    [
        ("entity_id", pa.int32()),
        ("period", pa.string()),
        ("origin", pa.string()),
        ("contract", pa.string()),
        ("customer", pa.string()),
        ("obligation", pa.string()),
        ("component", pa.string()),
        ("product", pa.string()),
        ("event", pa.string()),
        ("account", pa.string()),
        ("currency", pa.string()),
        ("amount", pa.int64()),
        ("functional_currency", pa.string()),
        ("functional", pa.int64()),
        ("gl_code", pa.string()),
        ("gl_name", pa.string()),
        ("entry_seq", pa.int64()),
        ("line_no", pa.int64()),
        ("decisions", pa.string()),
        ("paragraphs", pa.string()),
        ("facts_digest", pa.string()),
    ]
)
"""One row per posting: what, for which obligation, on which decisions, paragraphs and facts.

``decisions`` are positions in the contract's decisions as of the close; ``facts_digest`` names
the state of the contract's facts. ``functional`` is the amount in the functional currency, empty
where that is the contract's own or none was told.
"""

_Key = tuple[str, str, str]
"""Origin, event, currency: one journal entry."""
_Line = tuple[Account, str, str, str]
"""Account, product, code and name in the chart."""


@dataclass(slots=True)
class _Sum:
    """Of postings on one line."""

    amount: int = 0
    functional: int | None = None

    def add(self, row: Mapping[str, Any]) -> None:
        self.amount += row["amount"]
        if row["functional"] is not None:
            self.functional = (self.functional or 0) + row["functional"]


def journal_entries(postings: pa.Table, book: Book, period: Period) -> list[JournalEntry]:
    """One balanced entry per economic period, event and currency, with lines by account.

    ``postings`` are on the chart (``chart.CHARTED``).
    """
    sums: dict[_Key, dict[_Line, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
    for row in postings.to_pylist():
        account = Account(row["account"])
        product = row["product"] if account is Account.REVENUE else ""
        currency = book.known(row["contract"]).contract.currency
        line = account, product, row["gl_code"], row["gl_name"]
        sums[row["origin"], row["entry_event"], currency][line].add(row)
    functional = book.currencies.functional_currency if book.currencies else ""
    entries = []
    for (origin, event, currency), amounts in sorted(sums.items()):
        lines = tuple(
            _line(line, currency, of_line, functional)
            for line, of_line in sorted(amounts.items(), key=itemgetter(0))
            if of_line.amount or of_line.functional
        )
        if not lines:
            continue
        late = f", learned in {period}" if origin != str(period) else ""
        entry = JournalEntry(
            period=period,
            origin=period.calendar.parse(origin),
            event=event,
            currency=currency,
            memo=f"{_tells(event)}, {origin}{late}",
            lines=lines,
        )
        entry.check()
        entries.append(entry)
    return entries


def detail(
    postings: pa.Table,
    book: Book,
    accounting: Accounting,
    posted: Sequence[PostedEntry],
    *,
    period: Period,
    entity: int,
) -> pa.Table:
    """The postings with their journal entry, decisions, paragraphs and facts (``DETAIL``).

    Postings of an entry whose lines cancel by account have no entry: ``entry_seq`` 0.
    """
    entries = {
        (str(each.entry.origin), each.entry.event, each.entry.currency): each.seq for each in posted
    }
    reasons = _reasons(accounting, period)
    numbers: dict[int, int] = defaultdict(int)
    functional = book.currencies.functional_currency if book.currencies else None
    rows = []
    for row in postings.to_pylist():
        history = book.known(row["contract"])
        currency = history.contract.currency
        seq = entries.get((row["origin"], row["entry_event"], currency), 0)
        numbers[seq] += 1
        decisions, paragraphs = reasons.get(
            (row["contract"], row["obligation"], row["component"]), ("", "")
        )
        rows.append(
            row
            | {
                "entity_id": entity,
                "period": str(period),
                "customer": history.contract.customer,
                "currency": currency,
                "functional_currency": None if row["functional"] is None else functional,
                "entry_seq": seq,
                "line_no": numbers[seq],
                "decisions": decisions,
                "paragraphs": f"{KINDS[row['event']].paragraphs} {paragraphs}".strip(),
                "facts_digest": history.digest,
            }
        )
    return pa.Table.from_pylist(rows, schema=DETAIL)


def _reasons(accounting: Accounting, period: Period) -> dict[tuple[str, str, str], tuple[str, str]]:
    """Decisions and paragraphs behind each component in force at the end of the period."""
    positions: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for segment in (*accounting.recognised.segments, *accounting.accrued.segments):
        if segment.valid_from <= period.last:
            key = (segment.contract, segment.obligation, segment.component)
            positions[key].update(segment.decisions)
    reasons = {}
    for key, found in positions.items():
        cited = {
            paragraph
            for position in found
            for paragraph in accounting.decision(key[0], position).paragraphs
        }
        reasons[key] = (
            " ".join(str(position) for position in sorted(found)),
            " ".join(sorted(cited)),
        )
    return reasons


def _line(line: _Line, currency: str, of: _Sum, functional: str) -> JournalLine:
    account, product, code, name = line
    return JournalLine(
        account=account.value,
        product=product,
        gl_code=code,
        gl_name=name,
        currency=currency,
        amount=of.amount,
        functional_currency="" if of.functional is None else functional,
        functional=of.functional,
    )


def _tells(event: str) -> str:
    if event == TRANSFER:
        return "Balances moved to other accounts of the chart"
    return ENTRIES[event]
