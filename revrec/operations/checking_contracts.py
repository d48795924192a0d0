"""Checks that account for every contract: run in parts, which share nothing with one another.

What they are asked about is read in one transaction; they are run after it, so that nothing is held
open and no more than a part is in memory however many contracts there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from revrec.commitments.position import position_of
from revrec.disclosure.columns import records_of
from revrec.errors import LedgerBroken, PeriodNotReady, RevrecError
from revrec.feeds.book import book_of
from revrec.model.dataset import DataSet
from revrec.model.fact import Fact
from revrec.model.finding import Cause, Seen
from revrec.operations.computing import (
    Computed,
    Metered,
    compute,
    inputs_of,
    metered_usage,
    posted_detail,
    refuse_unknown,
)
from revrec.operations.engines import Local
from revrec.operations.parts import Refused, cut_up, part_of, refusal, refused_by
from revrec.operations.reconciling import with_postings, wrongly_billed
from revrec.operations.thresholds import Crossed, crossed
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.reconciliation.cash import cash_findings
from revrec.reconciliation.documents import document_findings
from revrec.store import facts
from revrec.store.fact_columns import facts_of
from revrec.store.parting import Cut, contracts_told
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction

CONTRACTS, THREE_WAY, CASH = "contracts", "three-way", "cash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of every contract."""

    checks: Sequence[str]
    first: Period
    period: Period
    today: date
    invoiced_within: int
    """Days in service, or since an amendment, without a bill."""
    due_within: int
    """Days to pay an invoice in."""
    thresholds: Sequence[int] = ()
    """Percents of commitments and credits whose crossing somebody wants to be told."""
    used_through: date
    """The day at whose end they are looked at."""
    since: date | None = None
    """The first day that anything is told of, of any part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Some contracts with all that is told of them."""

    told: Sequence[Fact]
    usage: pa.Table
    """Daily (``rollup.DAILY``) ..."""
    recorded: pa.Table
    """... and with days of recording apart (``rollup.BY_RECORDING``)."""
    posted: pa.Table
    """``detail.DETAIL``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the checks saw of some contracts, or of all."""

    seen: Sequence[Seen] = ()
    refused: Mapping[str, RevrecError]
    """Checks that could not be run."""
    crossed: Sequence[Crossed] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPiece:
    """What the checks saw of a piece, as it comes out of another process."""

    seen: Sequence[Seen]
    crossed: Sequence[Crossed]
    not_ready: Refused | None = None
    """Why its contracts cannot be accounted for; then no check of it is run."""
    refused: Mapping[str, Refused]


def check_contracts(workspace: Workspace, pins: Pins, asked: Asked, engine: Local) -> Found:
    """Run the checks over all contracts as of the pins."""
    with ExitStack() as held:
        # Begun again, the transaction reads again: what an attempt held before is let go.
        read = workspace.run(partial(_read, workspace, held, pins, engine), read_only=True)
        if isinstance(read, Piece):
            return _together([_checked(read, asked)], asked)
        asked = replace(asked, since=read.since)
        return _together(engine.over(read, _piece, partial(_checked, asked=asked)), asked)


def _read(
    workspace: Workspace, held: ExitStack, pins: Pins, engine: Local, tx: Transaction
) -> Piece | Cut:
    """All that is told of all contracts: as one piece where it is no more than one, else cut up."""
    held.close()
    metered = metered_usage(tx, workspace.lake, pins)
    parts = engine.parts(contracts_told(tx, pins.fact_seq))
    if parts <= 1:
        return Piece(
            told=[each.fact for each in facts.read(tx, through_seq=pins.fact_seq)],
            usage=metered.daily(),
            recorded=metered.daily(by_recording=True),
            posted=posted_detail(tx, workspace.lake),
        )
    pieces = held.enter_context(cut_up(tx, pins, parts))
    pieces.load("usage", metered.daily())
    pieces.load("recorded", metered.daily(by_recording=True))
    pieces.load("posted", posted_detail(tx, workspace.lake))
    return pieces


def _piece(pieces: Cut, number: int) -> Piece:
    part = part_of(pieces, number)
    order = [("kind", "ascending"), ("key", "ascending")]
    return Piece(
        told=list(facts_of(part.facts.sort_by(order))),
        usage=part.usage,
        recorded=pieces.of("recorded", number),
        posted=part.posted,
    )


def _checked(piece: Piece, asked: Asked) -> _OfPiece:
    """Run the checks over a piece."""
    book, unknown = book_of(piece.told, differing=())
    refused: dict[str, Refused] = {}
    past: list[Crossed] = []
    if asked.thresholds:
        until = pc.less_equal(piece.usage["usage_date"], pa.scalar(asked.used_through))
        with _refusable(refused, "thresholds"):
            position = position_of(book, piece.usage.filter(until), asked.used_through)
            past = list(crossed(position, asked.thresholds))
    if not asked.checks:
        return _OfPiece(seen=(), crossed=past, refused=refused)
    try:
        refuse_unknown(unknown)
        metered = Metered(cells=None, entity=0, among=(), recorded=piece.recorded)
        inputs = inputs_of(book, piece.usage, piece.posted, metered)
        computed = compute(inputs, asked.period, since=asked.since)
    except PeriodNotReady as error:
        return _OfPiece(seen=(), crossed=past, not_ready=refused_by(error), refused=refused)
    seen: list[Seen] = []
    for name in asked.checks:
        with _refusable(refused, name):
            seen += _CHECKS[name](computed, asked)
    return _OfPiece(seen=seen, crossed=past, refused=refused)


@contextmanager
def _refusable(refused: dict[str, Refused], name: str) -> Iterator[None]:
    """Note why a check could not be run; broken books are no such reason."""
    try:
        yield
    except LedgerBroken:
        raise
    except RevrecError as error:
        refused[name] = refused_by(error)


def _together(pieces: Iterable[_OfPiece], asked: Asked) -> Found:
    """What was seen of all pieces. A check is run over all contracts, or it is refused."""
    seen: list[Seen] = []
    past: list[Crossed] = []
    not_ready: list[Refused] = []
    refused: dict[str, RevrecError] = {}
    for each in pieces:
        seen += each.seen
        past += each.crossed
        not_ready += [each.not_ready] if each.not_ready else []
        for name, why in each.refused.items():
            refused.setdefault(name, RevrecError(why.message, remedy=why.remedy))
    if not_ready:
        refused |= dict.fromkeys(asked.checks, refusal(not_ready))
    kept = [each for each in seen if each.cause.check not in refused]
    return Found(seen=kept, refused=refused, crossed=past)


def _contracts(computed: Computed, asked: Asked) -> list[Seen]:
    """Contracts against the documents that are there, and against their revenue."""
    posted = with_postings(computed)
    calendar = asked.period.calendar
    earned: defaultdict[str, list[tuple[date, int]]] = defaultdict(list)
    revenue = posted.filter(pc.equal(posted["account"], "revenue"))
    columns = (revenue[name].to_pylist() for name in ("contract", "origin", "amount"))
    for contract, origin, amount in zip(*columns, strict=True):
        earned[contract].append((calendar.parse(origin).first, -amount))
    book, days = computed.inputs.book, asked.invoiced_within
    return document_findings(book, earned, calendar, as_of=asked.today, days=days)


def _three_way(computed: Computed, asked: Asked) -> list[Seen]:
    """The findings of the reconciliation of all periods asked about, one per cause."""
    posted, accounting = with_postings(computed), computed.accounting
    periods = asked.first, asked.period
    return seen_of(wrongly_billed(computed.inputs, posted, *periods, asked.today, accounting))


def seen_of(found: DataSet) -> list[Seen]:
    """The rows of billing findings by cause: the fee, or the obligation, and the reason."""
    causes: defaultdict[Cause, list[dict[str, object]]] = defaultdict(list)
    for row in records_of(found):
        subject = "/".join(filter(None, (str(row["obligation"]), str(row["consideration"]))))
        cause = Cause(
            check=THREE_WAY,
            reason=str(row["reason"]),
            contract=str(row["contract"]),
            subject=subject,
        )
        causes[cause].append(row)
    seen = []
    for cause, rows in causes.items():
        days = [day for row in rows if isinstance(day := row["since"], date)]
        amount = sum((Decimal(str(row["amount"])) for row in rows), Decimal(0))
        seen.append(
            Seen(
                cause=cause,
                customer=str(rows[0]["customer"]),
                currency=str(rows[0]["currency"]),
                amount=amount or Decimal(str(rows[0]["amount"])),
                since=min(days),
                first_period=min(str(row["service_month"]) for row in rows),
                sentence=first_of([str(row["sentence"]) for row in rows]),
                remedy=str(rows[0]["remedy"]),
            )
        )
    return seen


def _cash(computed: Computed, asked: Asked) -> list[Seen]:
    """Cash of every contract against its invoices."""
    book, days = computed.inputs.book, asked.due_within
    return cash_findings(book, asked.period.calendar, as_of=asked.today, days=days)


def first_of(sentences: Sequence[str]) -> str:
    """The first of several sentences, and how many more there are."""
    more = len(sentences) - 1
    return sentences[0] + (f" And {more:,} more." if more else "")


_CHECKS: Mapping[str, Callable[[Computed, Asked], list[Seen]]] = {
    CONTRACTS: _contracts,
    THREE_WAY: _three_way,
    CASH: _cash,
}
