"""Contracts that changed since a close, with all that share anything with them.

A contract is accounted for from its own facts, its usage, and what is told of no contract: policy,
prices, products, rates. So when nothing of the latter changed, only contracts with new facts or
usage can come out otherwise, and those that are combined with them (25-9), draw on a pool with
them, or share a cost. All others were posted by the close as they would be now.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pyarrow.dataset as ds

from revrec.engine import ENGINE_VERSION
from revrec.model.fact import Fact, FactKind
from revrec.store import facts, journal
from revrec.store.lake import Lake
from revrec.store.periods import PeriodClose, Pins
from revrec.store.transaction import Transaction

READ_ELSEWHERE = frozenset(
    {
        FactKind.RATE_CARD,
        FactKind.PRICE_AGREEMENT,
        FactKind.VARIABLE_COMPONENT,
        FactKind.COMPONENT_OUTCOME,
        FactKind.MISSTATEMENT,
        FactKind.FINANCIAL_BENCHMARK,
        FactKind.CONTROL_TOTAL,
    }
)
"""Kinds that revenue follows only through other facts or usage."""
JOINING = frozenset({FactKind.COMBINATION, FactKind.CREDIT_POOL})


def changed_since(
    tx: Transaction, lake: Lake, close: PeriodClose, pins: Pins
) -> frozenset[str] | None:
    """Names of contracts that may come out otherwise than at a close; None for all of them.

    All of them where the close is not what was posted last, was made by another engine, or facts
    of no contract changed since.
    """
    if journal.head(tx) != (close.chain_seq, close.chain_head):
        return None
    if close.engine_version != ENGINE_VERSION:
        return None
    told = [
        each
        for each in facts.told_between(tx, close.fact_seq, pins.fact_seq)
        if each.kind not in READ_ELSEWHERE
    ]
    if any(each.contract is None for each in told):
        return None
    names = {name for each in told for name in each.contracts}
    names |= _used(tx, lake, close.usage_version, pins.usage_version)
    return sharing_with(tx, names, pins)


def sharing_with(tx: Transaction, names: Iterable[str], pins: Pins) -> frozenset[str]:
    """The names with those of all contracts that share anything with one of them."""
    return joined(set(names), groups_of(tx, pins))


def concerning(told: Iterable[Fact], among: Collection[str]) -> Iterator[Fact]:
    """Facts without those that join or share among other contracts alone."""
    known = set(among)
    listed = list(told)
    pools = {
        fact.key
        for fact in listed
        if fact.kind is FactKind.CREDIT_POOL and not known.isdisjoint(fact.body["contracts"])
    }
    for fact in listed:
        joins = fact.kind in JOINING and known.isdisjoint(fact.body["contracts"])
        elsewhere = fact.kind is FactKind.CREDIT_TRANSFER and fact.body["pool"] not in pools
        if not joins and not elsewhere:
            yield fact


def _used(tx: Transaction, lake: Lake, after: int | None, through: int | None) -> set[str]:
    """Contracts of usage that was appended between two versions of its ledger."""
    if through is None or through == after:
        return set()
    # Versions count from 0, and before the first one there was none.
    appended = lake.appended(tx, "usage", after=-1 if after is None else after, through=through)
    if appended is None:
        return set()
    own = ds.field("entity_id") == tx.entity
    return set(appended.to_table(columns=["contract"], filter=own)["contract"].unique().to_pylist())


def groups_of(tx: Transaction, pins: Pins) -> list[set[str]]:
    """Contracts that are accounted for together or share something."""
    groups = [each.contracts for each in facts.sharing(tx)]
    for kind in sorted(JOINING):
        # What is combined stands in the ledger under the combination's name.
        groups += [
            {each.fact.key, *each.fact.body["contracts"]}
            for each in facts.read(tx, through_seq=pins.fact_seq, kind=kind)
        ]
    return groups


def joined(names: Collection[str], groups: Iterable[Collection[str]]) -> frozenset[str]:
    """The names with all that groups join to them, directly or by others."""
    found, left = frozenset(names), list(groups)
    while near := [group for group in left if not found.isdisjoint(group)]:
        left = [group for group in left if found.isdisjoint(group)]
        found = found.union(*near)
    return found
