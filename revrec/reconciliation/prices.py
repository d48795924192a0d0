"""What each obligation is billed for, and what it earns, of the fixed price of its contract."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from revrec import engine
from revrec.asc606.allocation import participants
from revrec.model.contract import ConsiderationKind
from revrec.model.decision import ContractAccounting
from revrec.model.events import Modification
from revrec.model.history import Book
from revrec.money import apportion, to_minor
from revrec.recognition.counts import usage_by_obligation
from revrec.reconciliation.terms import Terms, bought_with


@dataclass(frozen=True, slots=True)
class Share:
    """An obligation's part of the fixed price, in minor units."""

    stated: int
    """As quoted and billed."""
    allocated: int
    """As allocated by standalone selling prices."""
    earned: int
    """What it earns: as allocated, with or without the interest of a financing (32-15)."""


Accounted = Mapping[str, ContractAccounting]
"""By contract, without those that are refused."""
Shares = Mapping[str, Share]
"""By obligation; together the fixed price of one contract."""


def shares_of(
    book: Book,
    terms: Mapping[str, Terms],
    usage: pa.Table | None,
    day: date,
    accounted: Accounted | None = None,
) -> dict[str, Shares]:
    """The shares of every contract's obligations in its fixed price, as of the end of ``day``.

    A single obligation takes all. Where several share, or a modification moved the price, the
    allocation is taken from the book as it is ``accounted`` for, or asked of the engine; a
    contract it refuses has no shares.
    """
    shares: dict[str, Shares] = {}
    asked: list[str] = []
    for name, each in terms.items():
        sharing = participants(each.contract.obligations, each.contract.consideration)
        financed = each.contract.financing is not None
        if each.modifications or each.exercises or financed or len(sharing) > 1:
            asked.append(name)
        elif sharing and each.fixed:
            shares[name] = {sharing[0].id: Share(each.price, each.price, each.price)}
    if accounted is None:
        accounted = _accounted(book, asked, usage, day) if asked else {}
    allocated = _allocated(
        {name: accounted[name] for name in asked if name in accounted}, terms, day
    )
    for name, earned in allocated.items():
        amounts = _without_interest(terms[name], earned)
        stated = _stated(terms[name], amounts)
        if sum(stated.values()) != sum(amounts.values()):
            stated = amounts
        shares[name] = {
            key: Share(stated.get(key, 0), amounts[key], earned[key]) for key in sorted(amounts)
        }
    return shares


def _without_interest(terms: Terms, earned: dict[str, int]) -> dict[str, int]:
    """Of a financed price, what was agreed to be paid; the rest is interest."""
    weights = {name: abs(amount) for name, amount in earned.items()}
    if terms.contract.financing is None or not any(weights.values()):
        return earned
    return apportion(terms.price, weights)


def parts(
    amount: int, obligation: str, shares: Shares, later: Collection[str] = ()
) -> dict[str, int]:
    """An amount by obligation: that of the obligation named, if it shares in the price.

    What names none, or one that does not share, is for all but those bought ``later`` and is
    split as the price is quoted.
    """
    if obligation in shares or not shares:
        return {obligation: amount}
    weights = {name: abs(share.stated) for name, share in shares.items() if name not in later}
    return apportion(amount, weights) if any(weights.values()) else {min(shares): amount}


def _accounted(book: Book, names: Sequence[str], usage: pa.Table | None, day: date) -> Accounted:
    """Some contracts of a book as the engine accounts for them."""
    chosen = {name: book.histories[name] for name in names}
    part = Book(
        policy=book.policy,
        histories=chosen,
        selling_prices=book.selling_prices,
        usage=[each for each in book.usage if each.contract in chosen],
    )
    counts = [] if usage is None else [usage_by_obligation(usage, chosen.values())]
    return engine.account(part, [day], usage=counts).contracts


def _allocated(
    accounted: Accounted, terms: Mapping[str, Terms], day: date
) -> dict[str, dict[str, int]]:
    """Minor units of the fixed price by contract and obligation, in force on the day."""
    allocated: dict[str, dict[str, int]] = {}
    for name, each in accounted.items():
        apart = {
            told.id
            for told in terms[name].consideration.values()
            if told.kind is not ConsiderationKind.FIXED
        }
        amounts = allocated.setdefault(name, {})
        for segment in each.segments:
            in_force = segment.valid_from <= day <= segment.valid_to
            if in_force and not segment.as_used and segment.component not in apart:
                amounts[segment.obligation] = amounts.get(segment.obligation, 0) + segment.price
    return allocated


def _stated(terms: Terms, allocated: Mapping[str, int]) -> dict[str, int]:
    """The price as quoted: by the obligation named, else in the proportions of the allocation.

    What a right used costs is the price of what was bought with it, and nothing else is. A change
    of price belongs to what the modification adds or restates, else to what it ends.
    """
    currency = terms.contract.currency
    stated = dict.fromkeys(allocated, 0)
    bought = {name for each in terms.exercises for name in bought_with(each)}
    promised = [name for name in allocated if name not in bought]
    amounts: list[tuple[int, tuple[str, ...]]] = [
        (to_minor(each.amount, currency), (each.obligation,) if each.obligation else ())
        for name, each in terms.fixed.items()
        if all(exercise.id != name for exercise in terms.exercises)
    ]
    amounts += [(to_minor(each.price, currency), bought_with(each)) for each in terms.exercises]
    amounts += [
        (to_minor(each.price_change, currency), _changed(each)) for each in terms.modifications
    ]
    for amount, named in amounts:
        among = [name for name in named if name in allocated] or promised or list(allocated)
        weights = {name: abs(allocated[name]) for name in among}
        if not any(weights.values()):
            weights = dict.fromkeys(among, 1)
        for name, part in (apportion(amount, weights) if among else {}).items():
            stated[name] += part
    return stated


def _changed(modification: Modification) -> tuple[str, ...]:
    names = [each.id for each in (*modification.adds, *modification.revises)]
    return tuple(names) or modification.withdraws
