"""A closed period explained: every balance from its opening to its closing, by kind of posting."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.audit.explanation import Change, Explanation, Subject
from revrec.audit.workings import Sheet, Working
from revrec.errors import NotFound
from revrec.ledger.entries import PostedEntry
from revrec.ledger.kinds import KINDS
from revrec.model.books import Framework
from revrec.money import Money
from revrec.operations import books
from revrec.operations.computing import posted_detail
from revrec.operations.explaining import touched
from revrec.operations.knowing import approvals_of, in_order, known_of
from revrec.operations.since_close import changes_of
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import facts, journal, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose
from revrec.store.transaction import Transaction

Row = Mapping[str, Any]
_LARGEST = 20
"""Postings that are named."""
_SUMMED = ("period", "event", "account", "currency")


def explain_period(
    workspace: Workspace, period: Period, *, framework: Framework | None = None
) -> Explanation:
    """A period as its last close left it; NotFound if it is not closed.

    Each account and currency goes from what stood before to what the journal holds, by kind of
    posting; the largest postings are named, with what arrived since the close before.
    """
    return workspace.run(
        lambda tx: period_explained(tx, workspace.lake, period, framework), read_only=True
    )


def period_explained(
    tx: Transaction, lake: Lake, period: Period, framework: Framework | None
) -> Explanation:
    """The same within a transaction of the caller's."""
    close = periods.standing_close(tx, period)
    if close is None:
        raise NotFound(
            f"{period} is not closed.", remedy=f"Close it, or explain a contract in {period}."
        )
    name = books.chosen(tx, period, close.pins, framework)
    posted = posted_detail(tx, lake, book=name)
    posted = posted.filter(pc.less_equal(posted["period"], str(period)))
    entries = [
        each
        for each in journal.read(tx, book=name)
        if each.entry.period <= period and each.seq <= close.chain_seq
    ]
    earlier = [each for each in in_order(periods.closes(tx)) if each.period < period]
    since = earlier[-1] if earlier else None
    sums = _sums(posted)
    return Explanation(
        subject=Subject.PERIOD,
        name=str(period),
        title=f"{period}, close {close.ordinal}, {close.stage}",
        day=period.last,
        known=known_of(tx, close.pins, name, period),
        amounts=dict(_amounts(_told(close, name))),
        workings=list(_workings(sums, entries, period)),
        approvals=approvals_of(tx, close, (), ()),
        changes=list(_changes(sums, since, period)),
        postings=[touched(row) for row in _largest(posted, period)],
        notes=list(_notes(tx, close, since, name)),
    )


def _sums(posted: pa.Table) -> list[Row]:
    found = posted.group_by([*_SUMMED]).aggregate([("amount", "sum"), ("amount", "count")])
    rows: list[Row] = found.to_pylist()
    return rows


def _told(close: PeriodClose, name: str) -> Mapping[str, Any]:
    """What the certificate tells of the book of a name."""
    told: Mapping[str, Any] = close.totals
    return told["second_book"] if name else told


def _amounts(told: Mapping[str, Any]) -> Iterator[tuple[str, Money]]:
    """Balances and sums to date as the certificate has them, if it does: of a part it does not."""
    for currency, sums in told.get("balances_minor", {}).items():
        for name, amount in sums.items():
            yield f"{name}, {currency}", Money(int(amount), currency)


def _workings(
    sums: Sequence[Row], entries: Sequence[PostedEntry], period: Period
) -> Iterator[Working]:
    """Accounts that moved: what stood before, each kind of posting, what the journal holds."""
    held: Counter[tuple[str, str]] = Counter()
    for each in entries:
        for line in each.entry.lines:
            held[line.account, line.currency] += line.amount
    by_account: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sums:
        by_account[row["account"], row["currency"]].append(row)
    for (account, currency), rows in sorted(by_account.items()):
        now = [each for each in rows if each["period"] == str(period)]
        if not now:
            continue
        sheet = Sheet()
        before = sum(each["amount_sum"] for each in rows if each["period"] < str(period))
        lines = [sheet.told("Posted by the periods before", before, "debit positive")]
        lines += [
            sheet.told(
                KINDS[each["event"]].tells,
                each["amount_sum"],
                f"{each['amount_count']:,} postings; {KINDS[each['event']].paragraphs}",
            )
            for each in sorted(now, key=lambda each: str(each["event"]))
        ]
        sheet.sum("At the end of the period, debit positive", *lines)
        yield sheet.working(f"{account} in {period}", currency, held[account, currency])


def _changes(sums: Sequence[Row], since: PeriodClose | None, period: Period) -> Iterator[Change]:
    if since is None:
        return
    rows = [
        {**each, "amount": each["amount_sum"], "obligation": "", "component": ""}
        for each in sums
        if each["account"] == KINDS[each["event"]].debit.value
    ]
    now = [each for each in rows if each["period"] == str(period)]
    yield from changes_of(now, rows, since, f"Postings of {since.period} and of {period}.")


def _largest(posted: pa.Table, period: Period) -> list[Row]:
    of_period = posted.filter(pc.equal(posted["period"], str(period)))
    ranked = of_period.append_column("size", pc.abs(of_period["amount"]))
    keys = [("size", "descending"), ("entry_seq", "ascending"), ("line_no", "ascending")]
    rows: list[Row] = ranked.sort_by(keys).slice(0, _LARGEST).to_pylist()
    return rows


def _notes(
    tx: Transaction, close: PeriodClose, since: PeriodClose | None, name: str
) -> Iterator[str]:
    postings, contracts = _told(close, name).get("postings"), close.totals.get("contracts")
    yield f"{postings} postings of {contracts} contracts."
    yield f"Elections of the policy (SHA-256): {close.totals.get('policy')}."
    after = 0 if since is None else since.fact_seq
    for kind, told, corrected in facts.counts_between(tx, after, close.fact_seq):
        yield f"Told since the close before: {told:,} {kind}, {corrected:,} of them corrections."
    for waived in close.totals.get("waived") or ():  # type: ignore[attr-defined] # a list of text
        yield str(waived)
