"""Documents of a close: by account, by account and product, or posting by posting."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

import pyarrow as pa

from revrec.errors import ReportError
from revrec.general_ledger.documents import Document, DocumentLine, Exported, Grain
from revrec.general_ledger.layouts import Layout
from revrec.general_ledger.splitting import split
from revrec.ledger.entries import JournalLine, PostedEntry
from revrec.ledger.kinds import KINDS

_LETTERS = {Grain.ACCOUNT: "A", Grain.PRODUCT: "S", Grain.POSTING: "D"}
_FLASH_DIGITS = 3


@dataclass(slots=True)
class _Sum:
    """Of lines that become one."""

    amount: int = 0
    functional: int | None = None

    def add(self, amount: int, functional: int | None) -> None:
        self.amount += amount
        if functional is not None:
            self.functional = (self.functional or 0) + functional

    @property
    def one_sided(self) -> bool:
        """Whether both amounts are on one side, so that one line can say them."""
        return self.functional is None or self.amount * self.functional >= 0


def _sides(lines: Iterable[JournalLine]) -> list[_Sum]:
    """The sum of lines; debits, credits and mere exchange differences apart if it has two sides.

    A debit that is worth a credit, as when little moved at another rate, is no line of a journal.
    """
    net, by_side = _Sum(), defaultdict[tuple[bool, bool, bool], _Sum](_Sum)
    for line in lines:
        net.add(line.amount, line.functional)
        exchange = (line.functional or 0) > 0 and not line.amount
        by_side[line.amount > 0, line.amount < 0, exchange].add(line.amount, line.functional)
    return [net] if net.one_sided else [side for _, side in sorted(by_side.items())]


def summary_documents(
    entries: Iterable[PostedEntry], exported: Exported, layout: Layout, *, by_product: bool
) -> list[Document]:
    """One document for each currency, of sums by account, and product if asked.

    Raises ReportError for what the layout cannot say.
    """
    held: dict[tuple[str, str], dict[tuple[str, str, str, str], list[JournalLine]]]
    held = defaultdict(lambda: defaultdict(list))
    for posted in entries:
        for line in posted.entry.lines:
            key = line.gl_code, line.account, line.product if by_product else "", line.gl_name
            held[line.currency, line.functional_currency][key].append(line)
    found = [
        _Draft(
            currency=currency,
            functional_currency=functional_currency,
            memo=f"Revenue accounting {exported.period}, close {exported.ordinal or 'preview'}",
            groups=[
                [
                    DocumentLine(
                        account=code,
                        account_name=name,
                        ledger_account=account,
                        product=product,
                        amount=total.amount,
                        functional=total.functional,
                    )
                    for (code, account, product, name), lines in sorted(of_currency.items())
                    for total in _sides(lines)
                ]
            ],
        )
        for (currency, functional_currency), of_currency in sorted(held.items())
    ]
    grain = Grain.PRODUCT if by_product else Grain.ACCOUNT
    return _finished(found, exported, layout, grain)


def detail_documents(rows: pa.Table, exported: Exported, layout: Layout) -> list[Document]:
    """One document for each journal entry, of a line for each posting (``ledger.DETAIL``).

    Postings whose entry cancelled by account are a document too: they move amounts between
    contracts. Raises ReportError for what the layout cannot say.
    """
    by_entry: dict[tuple[int, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows.to_pylist():
        key = row["entry_seq"], row["currency"], row["functional_currency"] or ""
        by_entry[key].append(row)
    found = [
        _Draft(
            currency=currency,
            functional_currency=functional_currency,
            memo=_memo_of(of_entry, seq, exported),
            groups=list(_balanced_groups([_detail_line(row) for row in of_entry])),
        )
        for (seq, currency, functional_currency), of_entry in sorted(
            by_entry.items(), key=itemgetter(0)
        )
    ]
    return _finished(found, exported, layout, Grain.POSTING)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A document before its limit and its id: groups of lines, each balanced."""

    currency: str
    functional_currency: str
    memo: str
    groups: Sequence[Sequence[DocumentLine]]


def _memo_of(rows: Sequence[Mapping[str, Any]], seq: int, exported: Exported) -> str:
    """What a journal entry is about."""
    if not seq:
        return f"Revenue accounting {exported.period}: between contracts, no account moves"
    events = sorted({KINDS[row["event"]].tells for row in rows})
    told = events[0] if len(events) == 1 else "Balances moved to other accounts of the chart"
    return f"Revenue accounting {exported.period}, entry {seq}: {told}, {rows[0]['origin']}"


def _detail_line(row: Mapping[str, Any]) -> DocumentLine:
    seq = row["entry_seq"]
    return DocumentLine(
        account=row["gl_code"] or "",
        account_name=row["gl_name"] or "",
        ledger_account=row["account"],
        product=row["product"],
        amount=row["amount"],
        functional=row["functional"],
        customer=row["customer"],
        contract=row["contract"],
        obligation=row["obligation"],
        event=row["event"],
        origin=row["origin"],
        entry=str(seq) if seq else "",
    )


def _balanced_groups(lines: Sequence[DocumentLine]) -> Iterable[list[DocumentLine]]:
    """Lines of one posting together: a posting balances by itself, in both currencies."""
    groups: dict[tuple[str, ...], list[DocumentLine]] = defaultdict(list)
    for line in lines:
        groups[line.contract, line.obligation, line.event, line.origin].append(line)
    return groups.values()


def _finished(
    drafts: Iterable[_Draft], exported: Exported, layout: Layout, grain: Grain
) -> list[Document]:
    """The drafts as the layout says amounts, within its limit, each with its id."""
    found: list[Document] = []
    for draft in drafts:
        said = _as_said(draft, exported, layout)
        for packed in _packed(said, layout.lines_per_document):
            whole = Document(
                id="",
                batch=_batch(exported, grain),
                period=exported.period,
                on=exported.period.last,
                currency=said.currency,
                functional_currency=said.functional_currency,
                memo=said.memo,
                lines=tuple(packed),
            )
            found += split(whole, layout.lines_per_document)
    named = [
        replace(each, id=f"{each.batch}{layout.letter}{number}")
        for number, each in enumerate(found, 1)
    ]
    for each in named:
        each.check()
    return named


def _batch(exported: Exported, grain: Grain) -> str:
    """Entity, month, close and grain: ``R1-2601-1S``; of a second book, ``R1I-2601-1S``.

    A preview has some of its digest instead of a close, so another content has another id.
    """
    of = str(exported.ordinal) if exported.ordinal else f"F{exported.run[:_FLASH_DIGITS]}"
    month = f"{exported.period.year % 100:02}{exported.period.number:02}"
    own = f"{exported.entity}{exported.book[:1].upper()}"
    return f"R{own}-{month}-{of}{_LETTERS[grain]}"


def _as_said(draft: _Draft, exported: Exported, layout: Layout) -> _Draft:
    """Amounts in both currencies where the layout has room for both, else in one.

    Then it is the functional one, where there is one: lots keep the rate of their day, which no
    single rate of a document gives back.
    """
    said = draft
    if draft.functional_currency and not layout.both_amounts:
        said = replace(
            draft,
            currency=draft.functional_currency,
            functional_currency="",
            groups=[
                [replace(line, amount=line.functional or 0, functional=None) for line in group]
                for group in draft.groups
            ],
        )
    if not layout.any_currency and said.currency != exported.currency:
        raise ReportError(
            f"{layout.title} takes amounts in {exported.currency or 'one currency'} only, and "
            f"those in {said.currency} have no worth in it.",
            remedy="Tell entity_currencies and exchange rates before the close, or use a layout "
            "with a currency.",
            currency=said.currency,
        )
    groups = [[line for line in group if line.amount or line.functional] for group in said.groups]
    return replace(said, groups=groups)


def _packed(draft: _Draft, lines_max: int | None) -> Iterable[list[DocumentLine]]:
    """Whole groups together as long as they fit; a group beyond the limit stands alone."""
    packed: list[DocumentLine] = []
    for group in draft.groups:
        if packed and lines_max is not None and len(packed) + len(group) > lines_max:
            yield packed
            packed = []
        packed += group
    if packed:
        yield packed
