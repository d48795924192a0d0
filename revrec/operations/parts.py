"""A close in parts: contracts that share nothing with those of other parts, closed by themselves.

A part is closed by the same functions as everything at once, wherever that is done: in this
process, in others beside it, or in a task of a cluster. What comes of it is put in one order, so
that neither the number of parts nor who closed them can be seen in the books.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from revrec.asc606.combination import Proposal, propose_combinations
from revrec.collector import collector_at_rest
from revrec.errors import PeriodNotReady, RevrecError
from revrec.ledger.chart import charted, in_order
from revrec.ledger.detail import REASONED, contracts_of, reasoned
from revrec.operations.changed import READ_ELSEWHERE, concerning, groups_of
from revrec.operations.computing import Computed, compute, inputs_of, sound_book
from revrec.periods import Period
from revrec.store.fact_columns import facts_of
from revrec.store.parting import Cut, cut
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction

Balances = Mapping[str, Mapping[str, int]]
"""Sums by currency and name, in minor units."""
BALANCES = ("contract_liability", "contract_asset", "receivable", "recognised", "billed")
_BLOCKERS_SHOWN_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of every part."""

    period: Period
    since: date | None = None
    """The first day that anything is told of, of any part."""
    differing: tuple[str, ...] = ()
    """Differences of the second book's framework that apply; none for the first book."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some contracts with all that is told of them."""

    facts: pa.Table
    """Of these contracts and of none (``fact_columns.TOLD``)."""
    usage: pa.Table
    """Daily (``rollup.DAILY``)."""
    posted: pa.Table
    """``detail.DETAIL``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a part cannot be closed."""

    message: str
    remedy: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartClosed:
    """What closing a part posts, or all of them together."""

    rows: pa.Table = field(default_factory=REASONED.empty_table)
    """``detail.REASONED``."""
    postings: int = 0
    """How many there are before those that move balances within the chart."""
    balances: Balances = field(default_factory=dict)
    contracts: int = 0
    proposals: tuple[Proposal, ...] = ()
    """Contracts of it that may have to be combined."""
    refused: Refused | None = None


def cut_up(
    tx: Transaction, pins: Pins, parts: int, among: Collection[str] | None = None
) -> AbstractContextManager[Cut]:
    """All contracts in so many parts, as of the pins; or some, who share nothing with others."""
    return cut(
        tx,
        parts,
        through_seq=pins.fact_seq,
        joined=groups_of(tx, pins),
        aside=READ_ELSEWHERE,
        among=among,
    )


def part_of(pieces: Cut, number: int) -> Part:
    """A part, of what was loaded as ``usage`` and ``posted`` beside the facts."""
    usage, posted = (pieces.of(name, number) for name in ("usage", "posted"))
    return Part(facts=with_shared(pieces.facts(number), pieces.of_all), usage=usage, posted=posted)


def with_shared(own: pa.Table, of_all: pa.Table) -> pa.Table:
    """Facts of the contracts of a part, with those of no contract that concern them."""
    among = frozenset(own["contract"].unique().to_pylist())
    kept = {(each.kind.value, each.key) for each in concerning(facts_of(of_all), among)}
    names = zip(*(of_all[name].to_pylist() for name in ("kind", "key")), strict=True)
    mask = pa.array([name in kept for name in names], pa.bool_())
    return pa.concat_tables([own, of_all.filter(mask)])


@collector_at_rest()
def close_part(part: Part, asked: Asked) -> PartClosed:
    """Close a part; one that cannot be closed says why."""
    order = [("kind", "ascending"), ("key", "ascending")]
    try:
        book = sound_book(facts_of(part.facts.sort_by(order)), differing=asked.differing)
        inputs = inputs_of(book, part.usage, part.posted)
        return closed(compute(inputs, asked.period, since=asked.since), asked.period)
    except PeriodNotReady as error:
        return PartClosed(refused=refused_by(error))


def refused_by(error: RevrecError) -> Refused:
    """Why a part is refused, in a form that leaves its process."""
    told = {**error.attributes, "citation": error.citation}
    return Refused(message=error.message, remedy=error.remedy, attributes=told)


def closed(computed: Computed, period: Period) -> PartClosed:
    """What is computed, on the chart, with what it rests on. Raises PeriodNotReady."""
    book = computed.inputs.book
    postings = charted(computed.postings, computed.inputs.posted, book, period)
    return PartClosed(
        rows=reasoned(postings, book, computed.accounting, period),
        postings=computed.postings.num_rows,
        balances=balances_of(computed),
        contracts=len(book.histories),
        proposals=tuple(propose_combinations(book)),
    )


def together(parts: Iterable[PartClosed]) -> PartClosed:
    """The parts as one; raises PeriodNotReady, listing what keeps any of them from being closed."""
    rows, refused = [REASONED.empty_table()], []
    proposals: list[Proposal] = []
    balances: dict[str, dict[str, int]] = {}
    contracts = postings = 0
    for each in parts:
        rows.append(each.rows)
        postings += each.postings
        contracts += each.contracts
        proposals += each.proposals
        refused += [each.refused] if each.refused else []
        for currency, sums in each.balances.items():
            total = balances.setdefault(currency, dict.fromkeys(BALANCES, 0))
            for name, amount in sums.items():
                total[name] += amount
    if refused:
        raise refusal(refused)
    return PartClosed(
        rows=in_order(pa.concat_tables(rows)),
        postings=postings,
        balances={key: balances[key] for key in sorted(balances)},
        contracts=contracts,
        proposals=tuple(sorted(proposals, key=lambda each: (each.customer, each.contracts))),
    )


def balances_of(computed: Computed) -> Balances:
    """Balances and sums to date at the period's end."""
    return sums_by_currency(computed.positions, contracts_of(computed.inputs.book.histories))


def sums_by_currency(positions: pa.Table, contracts: pa.Table) -> Balances:
    """The same of positions, of contracts (``detail.CONTRACTS``)."""
    place = pc.index_in(positions["contract"], contracts["contract"])
    rows = positions.append_column("currency", contracts["currency"].take(place))
    sums = rows.group_by("currency").aggregate([(name, "sum") for name in BALANCES])
    return {
        row["currency"]: {name: row[f"{name}_sum"] for name in BALANCES}
        for row in sums.sort_by("currency").to_pylist()
    }


def refusal(refused: Sequence[Refused]) -> PeriodNotReady:
    """The refusals of parts as one, with what keeps any of them from being accounted for."""
    if len(refused) == 1:
        (only,) = refused
        return PeriodNotReady(only.message, remedy=only.remedy, **only.attributes)
    first = refused[0]
    blockers = sorted({text for each in refused for text in each.attributes["blockers"]})
    more = len(blockers) - _BLOCKERS_SHOWN_MAX
    shown = "; ".join(blockers[:_BLOCKERS_SHOWN_MAX])
    return PeriodNotReady(
        f"{len(blockers):,} things keep the period from being closed: {shown}"
        + (f"; and {more:,} more" if more > 0 else ""),
        remedy=first.remedy,
        **{**first.attributes, "blockers": blockers},
    )
