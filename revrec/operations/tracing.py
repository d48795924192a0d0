"""Backwards: from a fact to every posting it touched, and what it gave of each.

The books are computed at every close as they were known then, with the fact and without it: what
differs, less what differed at the close before, is what the fact gave of that close's postings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

import pyarrow.compute as pc
from msgspec import structs

from revrec import engine
from revrec.audit.explanation import Evidence, Explanation, Subject, Touched
from revrec.disclosure.columns import parts_of
from revrec.errors import NotFound
from revrec.feeds.frameworks import frameworks
from revrec.ledger.detail import DETAIL
from revrec.ledger.kinds import OPENING, PRESENTATION
from revrec.ledger.subledger import POSTED, Subledger, first_period
from revrec.model.books import Framework
from revrec.model.fact import Fact, FactKind, RecordedFact
from revrec.money import Money
from revrec.operations import books
from revrec.operations.changed import READ_ELSEWHERE, sharing_with
from revrec.operations.computing import Inputs, accounted_here, inputs_of_facts, posted_detail
from revrec.operations.explaining import KEY, key_of_posting, touched
from revrec.operations.knowing import (
    fact_evidence,
    in_order,
    known_of,
    usage_evidence,
    usage_name,
)
from revrec.operations.known import pins_at
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.recognition.counts import usage_by_obligation
from revrec.store import calendars, facts, periods
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose, Pins
from revrec.store.transaction import Transaction

Row = Mapping[str, Any]
Key = tuple[str, ...]
KEY_NAMES = ("contract", "origin", "obligation", "component", "product", "event", "account")
_NAMED_BY = {
    FactKind.PRODUCT: "product",
    FactKind.STANDALONE_SELLING_PRICE: "product",
    FactKind.EXCHANGE_RATE: "currency",
}
"""What a fact of no contract tells of, which contracts name."""
_LINE = "#"
"""Between the name of a document and the number of its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Traced:
    """What is left out: a fact, a line of one, or a day of use."""

    evidence: Evidence
    contracts: frozenset[str] | None
    """Those that may rest on it; None for all."""
    fact: RecordedFact | None = None
    earlier: Fact | None = None
    """What stands in its place without it: the version before, or it without the line."""
    use: tuple[str, str, date] | None = None
    """Contract, meter and day."""


def explain_fact(
    workspace: Workspace, name: str, *, framework: Framework | None = None
) -> Explanation:
    """Every posting that a fact touched, with what it gave of each.

    ``name`` is the fact's digest or its beginning; its kind and key, such as ``invoice INV-1``;
    the same with ``#2`` for its second line; or ``usage CONTRACT/METER/DAY``. Raises NotFound for
    what is unknown.
    """
    return workspace.run(
        lambda tx: fact_explained(tx, workspace.lake, name, framework), read_only=True
    )


def fact_explained(
    tx: Transaction, lake: Lake, name: str, framework: Framework | None
) -> Explanation:
    """The same within a transaction of the caller's."""
    now = pins_at(tx, lake, None)
    traced = _find(tx, lake, name, now)
    last = traced.evidence.effective_on
    found: list[Touched] = []
    before: Counter[Key] = Counter()
    reached, chain = None, 0
    for close in in_order(periods.closes(tx)):
        if _unknown_to(close, traced):
            chain = close.chain_seq
            continue
        book = books.chosen(tx, close.period, close.pins, framework)
        effect = _effect((tx, lake), traced, close, book)
        moved = Counter(effect)
        moved.subtract(before)
        before, reached = effect, close
        found += _touched(tx, lake, (chain, close), moved, book)
        chain = close.chain_seq
    notes = []
    if reached is None:
        notes.append("No close has read it yet.")
    elif not found:
        notes.append("No posting would be another without it.")
    amounts = _sums(found)
    period = calendars.calendar(tx).of(last)
    return Explanation(
        subject=Subject.FACT,
        name=name,
        title=f"{traced.evidence.name}, of {last}: {len(found):,} postings rest on it",
        day=last,
        known=known_of(tx, now, books.chosen(tx, period, now, framework), period),
        amounts=amounts,
        facts=[traced.evidence],
        postings=found,
        notes=notes,
    )


def _unknown_to(close: PeriodClose, traced: _Traced) -> bool:
    if traced.fact is not None:
        return close.fact_seq < traced.fact.seq
    return close.closed_at < traced.evidence.recorded_at


def _sums(found: Iterable[Touched]) -> dict[str, Money]:
    """What it gave by account."""
    sums: Counter[tuple[str, str]] = Counter()
    for each in found:
        if each.of_it is not None:
            account = parts_of(each.posting)[KEY.index("account")]
            sums[account, each.of_it.currency] += each.of_it.minor
    return {
        f"{account}, {currency}": Money(amount, currency)
        for (account, currency), amount in sorted(sums.items())
        if amount
    }


def _find(tx: Transaction, lake: Lake, name: str, now: Pins) -> _Traced:
    kind, _, key = name.partition(" ")
    if kind == "usage":
        return _day_of_use(tx, lake, name, now)
    document, _, line = key.partition(_LINE)
    found = facts.versions(tx, kind, key) if key else facts.by_digest(tx, name)
    if found:
        line = ""
    elif line:
        found = facts.versions(tx, kind, document)
    if not found or len({(each.fact.kind, each.fact.key) for each in found}) > 1:
        raise NotFound(
            f"{'More than one' if found else 'No'} fact is known as {name}.",
            remedy="Give its SHA-256, its kind and key, or usage CONTRACT/METER/DAY.",
        )
    fact = found[-1]
    versions = facts.versions(tx, fact.fact.kind, fact.fact.key)
    before = [each for each in versions if each.version < fact.version]
    without = before[-1].fact if before else None
    if line:
        without = _without_line(fact.fact, line)
    concerned = _concerned(tx, [each.fact for each in versions], now)
    return _Traced(
        evidence=replace(
            fact_evidence(fact), name=f"{fact.fact.kind} {fact.fact.key}{_LINE}{line}".rstrip(_LINE)
        ),
        contracts=None if concerned is None else sharing_with(tx, concerned, now),
        fact=fact,
        earlier=without,
    )


def _concerned(tx: Transaction, versions: Sequence[Fact], now: Pins) -> frozenset[str] | None:
    """Contracts that may rest on any version of a fact; None for all of them.

    Of a fact of no contract those that name what it is of: a product, a currency, a pool.
    """
    kind = versions[-1].kind
    named = frozenset(name for each in versions for name in each.contracts)
    if named or kind in READ_ELSEWHERE:
        return named
    if kind is FactKind.CREDIT_TRANSFER:
        pools = {each.body["pool"] for each in versions}
        told = [each for pool in pools for each in facts.versions(tx, FactKind.CREDIT_POOL, pool)]
        return frozenset(name for each in told for name in each.fact.contracts)
    if kind not in _NAMED_BY:
        return None
    names = {each.body[_NAMED_BY[kind]] for each in versions}
    return frozenset().union(*(facts.naming(tx, each, now.fact_seq) for each in names))


def _without_line(fact: Fact, line: str) -> Fact | None:
    lines = fact.body.get("lines", ())
    if not line.isdecimal() or not 1 <= int(line) <= len(lines):
        raise NotFound(
            f"{fact.kind} {fact.key} has no line {line}.",
            remedy=f"It has {len(lines)} lines, numbered from 1.",
        )
    kept = [each for number, each in enumerate(lines, start=1) if number != int(line)]
    return structs.replace(fact, body={**fact.body, "lines": kept}) if kept else None


def _day_of_use(tx: Transaction, lake: Lake, name: str, now: Pins) -> _Traced:
    told = name.removeprefix("usage ")
    contract = told.rsplit("/", 2)[0]
    group = sharing_with(tx, {contract}, now)
    daily = inputs_of_facts(tx, lake, now, facts.read(tx, among=group), among=group).daily
    found = [row for row in daily.to_pylist() if usage_name(row) == name]
    if not found:
        raise NotFound(f"No use is known as {told}.", remedy="Name it as usage CONTRACT/METER/DAY.")
    row = found[0]
    return _Traced(
        evidence=usage_evidence(row, None),
        contracts=group,
        use=(row["contract"], row["meter"], row["usage_date"]),
    )


def _effect(
    stores: tuple[Transaction, Lake], traced: _Traced, close: PeriodClose, book: str
) -> Counter[Key]:
    """What the books should hold at the pins with it, less what they should hold without it."""
    (tx, lake), pins, period, among = stores, close.pins, close.period, traced.contracts
    if among is not None and not among:
        return Counter()
    told = facts.read(tx, through_seq=pins.fact_seq, among=among)
    differing = frameworks().differences if book else ()
    of = partial(
        inputs_of_facts, tx, lake, pins, among=among, differing=differing,
        posted=DETAIL.empty_table(),
    )  # fmt: skip
    inputs = of(told)
    other = of(told, left_out=traced.use) if traced.use else of(list(_without(told, traced)))
    effect = targets(inputs, period)
    effect.subtract(targets(other, period))
    return Counter({key: amount for key, amount in effect.items() if amount})


def _without(told: Iterable[RecordedFact], traced: _Traced) -> Iterator[RecordedFact]:
    """The facts without it; without a contract, also without all that is told of it."""
    assert traced.fact is not None
    gone = traced.fact.fact if traced.earlier is None else None
    for each in told:
        if each.seq != traced.fact.seq:
            if gone is None or gone.kind != FactKind.CONTRACT or each.fact.contract != gone.key:
                yield each
        elif traced.earlier is not None:
            yield structs.replace(each, fact=traced.earlier)


def targets(inputs: Inputs, period: Period) -> Counter[Key]:
    """What contracts should hold at the end of a period, by key of posting.

    A contract that is refused holds nothing. What is presented is of the period itself.
    """
    book = accounted_here(inputs.book, period)
    months = list(first_period(book, period).through(period))
    if not months or not book.histories:
        return Counter()
    days = [months[0].previous.last, *(each.last for each in months)]
    counts = usage_by_obligation(inputs.usage, book.histories.values())
    accounting = engine.account(book, days, usage=[counts])
    with Subledger(book, accounting) as subledger:
        table = subledger.postings(period, months, POSTED.empty_table())
    return Counter({_key(row): row["amount"] for row in table.to_pylist()})


def _key(row: Row) -> Key:
    names = dict(row)
    if row["event"] in PRESENTATION:
        names["origin"] = ""
    names["event"] = row["event"].removeprefix(OPENING)
    return tuple(str(names[name]) for name in KEY_NAMES)


def _touched(
    tx: Transaction,
    lake: Lake,
    made: tuple[int, PeriodClose],
    moved: Counter[Key],
    book: str,
) -> Iterator[Touched]:
    """Postings of the close under the keys that moved; the first of several of a key has it."""
    names = sorted({key[0] for key, amount in moved.items() if amount})
    if not names:
        return
    posted = posted_detail(tx, lake, names, book=book)
    after, close = made
    of_close = posted.filter(pc.equal(posted["period"], str(close.period)))
    left = Counter(moved)
    for row in sorted(of_close.to_pylist(), key=key_of_posting):
        # Postings that cancel out by account stand in no entry.
        if row["entry_seq"] and not after < row["entry_seq"] <= close.chain_seq:
            continue
        amount = left.pop(_key(row), 0)
        if amount:
            yield touched(row, amount)
