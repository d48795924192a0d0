"""What became known between two moments, what that does to the books, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import pyarrow.dataset as ds

from revrec.audit.explanation import Approval, Change, Explanation, Known, Subject
from revrec.errors import FeedError
from revrec.ledger.kinds import KINDS
from revrec.model.books import Framework
from revrec.model.fact import RecordedFact
from revrec.money import Money
from revrec.operations import books
from revrec.operations.changed import sharing_with
from revrec.operations.knowing import fact_evidence, in_order, known_of
from revrec.operations.known import pins_at
from revrec.operations.tracing import KEY_NAMES, Key, targets
from revrec.operations.workspace import Workspace
from revrec.periods import Period
from revrec.store import calendars, facts, periods
from revrec.store.lake import Lake
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction
from revrec.usage.ledger import TABLE

_NAMED_MAX = 5
_ALL_CONTRACTS = "every contract"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Between:
    """What arrived between two moments."""

    pins: tuple[Pins, Pins]
    told: Sequence[RecordedFact]
    used: frozenset[str]
    """Contracts with use that was appended."""

    @property
    def contracts(self) -> frozenset[str] | None:
        """Those it is of; None where something is of no contract, and so of all."""
        if any(not each.fact.contracts for each in self.told):
            return None
        return self.used.union(*(each.fact.contracts for each in self.told))


def changes_between(
    workspace: Workspace,
    earlier: datetime,
    later: datetime | None = None,
    *,
    period: Period | None = None,
    framework: Framework | None = None,
) -> Explanation:
    """What the books should hold at the end of a period, by what was known at two moments.

    The later one is now if left out, the period that of the later one. Each posting that would
    differ is named with the facts that arrived for its contract. Raises FeedError for moments
    without a zone, or in the wrong order.
    """

    def read(tx: Transaction) -> Explanation:
        lake, now = workspace.lake, later or tx.now
        pins = pins_at(tx, lake, earlier), pins_at(tx, lake, now)
        if earlier > now:
            raise FeedError(
                f"{earlier.isoformat()} is after {now.isoformat()}.",
                remedy="Tell the earlier moment first.",
            )
        wanted = period or calendars.calendar(tx).of(now.date())
        return _explained(tx, lake, _between(tx, lake, pins), wanted, framework)

    return workspace.run(read, read_only=True)


def _between(tx: Transaction, lake: Lake, pins: tuple[Pins, Pins]) -> _Between:
    before, after = pins
    used: frozenset[str] = frozenset()
    if after.usage_version is not None and after.usage_version != before.usage_version:
        # Versions count from 0, and before the first one there was none.
        since = -1 if before.usage_version is None else before.usage_version
        appended = lake.appended(tx, TABLE, after=since, through=after.usage_version)
        if appended is not None:
            own = ds.field("entity_id") == tx.entity
            names = appended.to_table(columns=["contract"], filter=own)["contract"]
            used = frozenset(names.unique().to_pylist())
    told = facts.arrived(tx, before.fact_seq, after.fact_seq)
    return _Between(pins=pins, told=told, used=used)


def _explained(
    tx: Transaction, lake: Lake, between: _Between, period: Period, framework: Framework | None
) -> Explanation:
    before, after = between.pins
    name = books.chosen(tx, period, after, framework)
    concerned = between.contracts
    among = None if concerned is None else sharing_with(tx, concerned, after)
    moved: Counter[Key] = Counter()
    held: list[Counter[Key]] = [Counter(), Counter()]
    if between.told or between.used:
        held = [
            targets(books.inputs_of(tx, lake, pins, name, among=among), period)
            for pins in (before, after)
        ]
        moved = Counter(held[1])
        moved.subtract(held[0])
    inputs = books.inputs_of(tx, lake, after, name, among=among)
    currencies = {
        contract: history.contract.currency for contract, history in inputs.book.histories.items()
    }
    known: Known = known_of(tx, after, name, period)
    return Explanation(
        subject=Subject.CHANGES,
        name=f"{before.known_at.isoformat()}..{after.known_at.isoformat()}",
        title=(
            f"What became known after {before.known_at:%Y-%m-%d %H:%M:%S} UTC until "
            f"{after.known_at:%Y-%m-%d %H:%M:%S} UTC, and what it does to {period}"
        ),
        day=period.last,
        known=known,
        amounts={},
        facts=[fact_evidence(each) for each in between.told],
        approvals=list(_closed(tx, before.known_at, after.known_at)),
        changes=[
            Change(
                name=_named(key),
                before=Money(held[0][key], currencies.get(key[0], "USD")),
                after=Money(held[1][key], currencies.get(key[0], "USD")),
                why=_why(between, key[0]),
            )
            for key, amount in sorted(moved.items())
            if amount
        ],
        notes=list(_notes(between, concerned)),
    )


def _named(key: Key) -> str:
    told = dict(zip(KEY_NAMES, key, strict=True))
    names = ("contract", "origin", "obligation", "component", "account")
    return " / ".join([KINDS[told["event"]].tells, *filter(None, (told[each] for each in names))])


def _why(between: _Between, contract: str) -> str:
    """What arrived for the contract, or for all."""
    told = [
        f"{each.fact.kind} {each.fact.key}"
        for each in between.told
        if contract in each.fact.contracts or not each.fact.contracts
    ]
    if contract in between.used:
        told.append("use")
    more = len(told) - _NAMED_MAX
    shown = ", ".join(told[:_NAMED_MAX]) + (f" and {more:,} more" if more > 0 else "")
    return f"Arrived: {shown}." if told else "It shares something with contracts that changed."


def _closed(tx: Transaction, after: datetime, until: datetime) -> Iterator[Approval]:
    for close in in_order(periods.closes(tx)):
        if after < close.closed_at <= until:
            yield Approval(
                what=f"close {close.ordinal} of {close.period}, {close.stage}",
                prepared_by=close.prepared_by,
                approved_by=close.approved_by,
                at=close.closed_at,
                why=f"{close.totals.get('postings')} postings, chain head {close.chain_head}",
            )
    for reopening in periods.reopenings(tx):
        if after < reopening.reopened_at <= until:
            yield Approval(
                what=f"close {reopening.ordinal} of {reopening.period} reopened",
                prepared_by=reopening.requested_by,
                approved_by=reopening.approved_by,
                at=reopening.reopened_at,
                why=reopening.reason,
            )


def _notes(between: _Between, concerned: frozenset[str] | None) -> Iterator[str]:
    kinds = Counter(each.fact.kind.value for each in between.told)
    for kind, count in sorted(kinds.items()):
        corrected = sum(each.version > 1 for each in between.told if each.fact.kind.value == kind)
        yield f"{kind}: {count:,} told, {corrected:,} of them corrections."
    if between.used:
        yield f"Use of {len(between.used):,} contracts was recorded."
    if not between.told and not between.used:
        yield "Nothing was told."
    of = _ALL_CONTRACTS if concerned is None else f"{len(concerned):,} contracts"
    yield f"What was told is of {of}."
