"""Step 1: the facts of several contracts as those of one (606-10-25-9).

Obligations and amounts keep their names, after the name of the contract that promised them, and
their own days of service.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar

from msgspec import structs

from revrec.asc606.term import enforceable_term
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.combination import Combination
from revrec.model.contract import Consideration, Contract, PerformanceObligation
from revrec.model.costs import ContractCost
from revrec.model.events import Event, Modification
from revrec.model.history import ContractHistory
from revrec.model.performance import Pause

_PARAGRAPH = "606-10-25-9"
_NAMES = frozenset(
    {
        "consideration",
        "lot_of",
        "meters",
        "obligation",
        "obligations",
        "part_of",
        "right",
        "withdraws",
    }
)
"""Fields that name an obligation, an amount or a meter of a contract."""
_T = TypeVar("_T")


@cites("606-10-25-9")
def as_one_contract(told: Combination, members: Sequence[ContractHistory]) -> ContractHistory:
    """One history of the members, in order of their inception."""
    ordered = sorted(members, key=lambda each: (each.contract.inception, each.contract.id))
    named = [_named(told, each) for each in ordered]
    whole = [each.contract for each in named]
    contract = _one_contract(told, whole)
    combined = ContractHistory(contract)
    for each in fields(ContractHistory):
        if each.default_factory is list:
            events = [event for member in named for event in getattr(member, each.name)]
            once = {event.id: event for event in events}
            setattr(combined, each.name, sorted(once.values(), key=attrgetter("on", "id")))
    combined.refusal = next((each.refusal for each in members if each.refusal is not None), None)
    combined.read_as = tuple(why for each in named for why in each.read_as)
    combined.members = {each.contract.id: _prefix_of(each.contract.id) for each in ordered}
    last = contract.inception
    days = sorted({each.inception for each in whole if each.inception < last})
    combined.earlier = tuple(
        replace(
            _one_contract(told, [each for each in whole if each.inception <= day]), inception=day
        )
        for day in days
    )
    return combined


def _one_contract(told: Combination, members: Sequence[Contract]) -> Contract:
    """Promises and consideration together, from the first day of any to the last day of any."""
    first = members[0]
    ends = [each.end for each in members]
    regions, segments = {each.region for each in members}, {each.segment for each in members}
    return replace(
        first,
        id=told.id,
        inception=max(each.inception for each in members),
        start=min(each.first_day for each in members),
        end=None if None in ends else max(end for end in ends if end is not None),
        region=first.region if len(regions) == 1 else "",
        segment=first.segment if len(segments) == 1 else "",
        cancellable=all(each.cancellable for each in members),
        obligations=tuple(one for each in members for one in each.obligations),
        consideration=tuple(one for each in members for one in each.consideration),
        bundles=tuple(one for each in members for one in each.bundles),
        unmet_criteria=tuple(dict.fromkeys(one for each in members for one in each.unmet_criteria)),
        termination=(),
        terms={f"{each.id}.{key}": value for each in members for key, value in each.terms.items()},
    )


def _named(told: Combination, history: ContractHistory) -> ContractHistory:
    """A member with names of its own and with its own days of service."""
    contract = history.contract
    term, bound, _ = enforceable_term(contract)
    if term.every:
        raise UnsupportedTerm(
            f"Contract {contract.id} of combination {told.id} may be left early, to {bound.end}.",
            citation=_PARAGRAPH,
            remedy="Tell its enforceable term as `end`, and each renewal as a modification.",
            contract=contract.id,
            field="termination",
        )
    if any(each.on < contract.inception or each.end for each in history.modifications):
        raise UnsupportedTerm(
            f"Contract {contract.id} of combination {told.id} is modified with a new end.",
            citation=_PARAGRAPH,
            remedy="Give the obligations that change their own `end`.",
            contract=contract.id,
            field="modification.end",
        )
    prefix = _prefix_of(contract.id)
    rename = _Renaming(prefix=prefix, combined=told.id, members=frozenset(told.contracts))
    own = replace(
        contract,
        obligations=tuple(_in_own_days(each, contract) for each in contract.obligations),
        consideration=tuple(_plain(each) for each in bound.consideration),
    )
    named = ContractHistory(replace(rename.value(own), id=contract.id))
    promised = [each.id for each in own.obligations]
    for each in fields(ContractHistory):
        if each.default_factory is list:
            events = [_whole(event, own, promised) for event in getattr(history, each.name)]
            setattr(named, each.name, [rename.value(event) for event in events])
    named.read_as = tuple(structs.replace(each, contract=told.id) for each in history.read_as)
    named.digest = history.digest
    return named


def _plain(told: Consideration) -> Consideration:
    """An amount for the whole term, whatever it recurs by."""
    return replace(told, charged=None, steps=())


def _in_own_days(told: PerformanceObligation, contract: Contract) -> PerformanceObligation:
    """An obligation with the days, and the meters, it had in its own contract."""
    moments = told.starts_at is not None or told.ends_at is not None
    return replace(
        told,
        start=told.start or (None if moments else contract.first_day),
        end=told.end or (None if moments else contract.end),
        meters=told.counted_meters,
    )


def _whole(event: Event, contract: Contract, promised: Sequence[str]) -> Event:
    """What an event leaves to its own contract, said."""
    if isinstance(event, Modification):
        return replace(
            event,
            adds=tuple(_to_own_end(each, contract) for each in event.adds),
            revises=tuple(_to_own_end(each, contract) for each in event.revises),
        )
    if isinstance(event, Pause) and not event.obligations:
        return replace(event, obligations=tuple(promised))
    return event


def _to_own_end(told: PerformanceObligation, contract: Contract) -> PerformanceObligation:
    end = told.end or (None if told.ends_at is not None else contract.end)
    return replace(told, end=end, meters=told.counted_meters)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Renaming:
    """Puts a prefix before every name of a contract's own, wherever a fact tells it."""

    prefix: str
    combined: str
    members: frozenset[str]

    def value(self, told: _T) -> _T:
        """The same with names of the combined contract."""
        if isinstance(told, tuple):
            return type(told)(self.value(each) for each in told)
        if not is_dataclass(told) or isinstance(told, type):
            return told
        changed: dict[str, Any] = {}
        for each in fields(told):
            before = getattr(told, each.name)
            after = self._field(told, each.name, before)
            if after != before:
                changed[each.name] = after
        return replace(told, **changed) if changed else told

    def _field(self, told: object, name: str, value: object) -> object:
        own = name == "id" and isinstance(told, PerformanceObligation | Consideration)
        if isinstance(value, str) and (own or name in _NAMES):
            return self.prefix + value if value else value
        if name == "contract" and isinstance(value, str):
            return self.combined
        if isinstance(told, ContractCost) and name == "shared":
            return self._shared(told.shared)
        if name in _NAMES and isinstance(value, tuple):
            return tuple(
                self.prefix + each if isinstance(each, str) else self.value(each) for each in value
            )
        return self.value(value)

    def _shared(self, weights: Mapping[str, Decimal]) -> dict[str, Decimal]:
        """Weights of a cost that several contracts share, those combined as one."""
        found: dict[str, Decimal] = {}
        for name, weight in weights.items():
            key = self.combined if name in self.members else name
            found[key] = found.get(key, Decimal(0)) + weight
        return found


def _prefix_of(contract: str) -> str:
    """What stands before the names of a contract's obligations when it is combined."""
    return f"{contract}/"
