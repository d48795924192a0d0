"""One contract out of many: its own facts alone, beside what is told of none, which is kept.

A contract is accounted for from its facts, those of the contracts it shares anything with, its
usage, and what is told of no contract: policy, prices, products, rates. The latter is read and
validated once for each state of it and kept, named by the last facts it comes from. What is said
of a contract is a derivation, kept under all that it stands on: a fact that is new gives it
another name, so what is kept is never stale.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from revrec.engine import ENGINE_VERSION
from revrec.errors import FeedError
from revrec.feeds.book import Validated
from revrec.feeds.records import of_fact
from revrec.model.fact import FactKind
from revrec.operations.changed import JOINING, joined
from revrec.store import facts
from revrec.store.lake import Lake
from revrec.store.periods import Pins
from revrec.store.transaction import Transaction
from revrec.usage.ledger import TABLE

T = TypeVar("T")

STATES_MAX = 8
"""States of what is told of no contract that are kept: some entities, some moments."""
ANSWERS_MAX = 10_000
"""Answers on contracts that are kept."""


class Kept(Generic[T]):
    """The values used last, by what they stand on, each computed once. Safe to share by threads."""

    def __init__(self, most: int) -> None:
        self._lock = Lock()
        self._most = most
        self._found: OrderedDict[Hashable, T] = OrderedDict()
        self._under_way: dict[Hashable, Lock] = {}

    def of(self, name: Hashable, compute: Callable[[], T]) -> T:
        """What is kept under a name, or is computed now; who asks for another name waits not."""
        with self._lock:
            if name in self._found:
                self._found.move_to_end(name)
                return self._found[name]
            own = self._under_way.setdefault(name, Lock())
        with own:
            with self._lock:
                if name in self._found:
                    return self._found[name]
            try:
                value = compute()
                with self._lock:
                    self._found[name] = value
                    while len(self._found) > self._most:
                        self._found.popitem(last=False)
            finally:
                with self._lock:
                    self._under_way.pop(name, None)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class OfNone:
    """What is told of no contract, validated, with what joins contracts apart."""

    told: Sequence[Validated]
    """What every contract is read with."""
    joining: Sequence[Validated]
    """Combinations, pools, and transfers out of them."""
    groups: Sequence[frozenset[str]]
    """Contracts that are accounted for together or share something."""

    def sharing_with(self, contract: str) -> frozenset[str]:
        """The contract with all that share anything with it, directly or by others."""
        return joined({contract}, self.groups)

    def beside(self, contracts: frozenset[str]) -> list[Validated]:
        """What contracts that share nothing with others are read with beside their own facts."""
        pools = {
            each.fact.key
            for each in self.joining
            if each.fact.kind is FactKind.CREDIT_POOL
            and not contracts.isdisjoint(each.fact.body["contracts"])
        }
        return [
            *self.told,
            *(
                each
                for each in self.joining
                if each.fact.kind is FactKind.CREDIT_TRANSFER and each.fact.body["pool"] in pools
            ),
            *(
                each
                for each in self.joining
                if each.fact.kind in JOINING
                and not contracts.isdisjoint(each.fact.body["contracts"])
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """What a process keeps of what it read."""

    of_none: Kept[OfNone] = field(default_factory=lambda: Kept(STATES_MAX))
    answers: Kept[object] = field(default_factory=lambda: Kept(ANSWERS_MAX))


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """A contract's surroundings at a point of the books."""

    of_none: OfNone
    contracts: frozenset[str]
    """It, and all that share anything with it."""
    pins: Pins
    stands_on: tuple[object, ...]
    """Names everything that is said of the contract."""


def around(
    tx: Transaction, lake: Lake, memory: Memory, contract: str, known_at: datetime | None = None
) -> Around:
    """What a contract is read with, as known at a moment or now.

    Raises FeedError for a moment without a zone.
    """
    pins = pins_at(tx, lake, known_at)
    last = facts.last_joining(tx, pins.fact_seq)
    of_none = memory.of_none.of((tx.entity, *last), lambda: _read_of_none(tx, pins.fact_seq))
    contracts = of_none.sharing_with(contract)
    own = facts.last_of(tx, contracts, pins.fact_seq)
    stands_on = (tx.entity, ENGINE_VERSION, *last, own, pins.usage_version)
    return Around(of_none=of_none, contracts=contracts, pins=pins, stands_on=stands_on)


def pins_at(tx: Transaction, lake: Lake, known_at: datetime | None = None) -> Pins:
    """What was known at a moment, everything if none is told; FeedError without a zone."""
    if known_at is None:
        through, version = facts.last_seq(tx), lake.committed_version(tx, TABLE)
        return Pins(fact_seq=through, usage_version=version, known_at=tx.now)
    if known_at.tzinfo is None:
        raise FeedError(f"{known_at} has no time zone.", remedy="Write it as 2026-03-31T23:59:59Z.")
    return Pins(
        fact_seq=facts.seq_at(tx, known_at),
        usage_version=lake.committed_version(tx, TABLE, known_at),
        known_at=known_at,
    )


def _read_of_none(tx: Transaction, through: int) -> OfNone:
    read = facts.read(tx, through_seq=through, among=())
    told = [Validated(each.fact, of_fact(each.fact)) for each in read]
    joining = [each for each in told if each.fact.kind in {*JOINING, FactKind.CREDIT_TRANSFER}]
    groups: Iterable[set[str]] = [
        *(each.contracts for each in facts.sharing(tx, through)),
        # What is combined stands in the ledger under the combination's name.
        *(
            {each.fact.key, *each.fact.body["contracts"]}
            for each in joining
            if each.fact.kind in JOINING
        ),
    ]
    return OfNone(
        told=[each for each in told if each.fact.kind not in {*JOINING, FactKind.CREDIT_TRANSFER}],
        joining=joining,
        groups=[frozenset(each) for each in groups],
    )
