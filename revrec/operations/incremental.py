"""A close as the difference to the period's last close: what did not change is not read again.

A soft close whose cut-off is moved posts for few contracts. They alone are read, decided and
compared with what is posted; balances of all are those of the close before, moved by theirs. The
result is the same to the byte as of everything, which the close for good always computes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from revrec.model.history import Book
from revrec.operations import gates
from revrec.operations.changed import changed_since
from revrec.operations.computing import Computed, compute, read_inputs
from revrec.operations.engines import Engine
from revrec.operations.parts import (
    BALANCES,
    Asked,
    Balances,
    PartClosed,
    balances_of,
    together,
)
from revrec.operations.parts import closed as closed_of
from revrec.periods import Period
from revrec.store import periods
from revrec.store.lake import Lake
from revrec.store.periods import CloseStage, PeriodClose, Pins
from revrec.store.transaction import Transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class ToClose:
    """What a close writes, from all contracts or from those that changed."""

    closed: PartClosed
    """Of the contracts that were computed."""
    balances: Balances
    """Of all contracts."""
    contracts: int
    """How many there are."""
    book: Book
    """What is told of the entity; with the contracts where they were computed as one."""
    among: frozenset[str] | None = None
    """Those that changed; none if all were computed."""
    computed: Computed | None = None
    """All of it, where it was computed as one."""


def to_close(tx: Transaction, lake: Lake, period: Period, pins: Pins, engine: Engine) -> ToClose:
    """Compute a close on its pins; one that is not for good from what changed, if that is enough.

    Raises what ``compute`` raises.
    """
    if pins.stage is CloseStage.SOFT:
        made = [each for each in periods.closes(tx) if each.period == period]
        moved = _moved(tx, lake, made[-1], pins) if made else None
        if moved is not None:
            return moved
    if pins.stage is CloseStage.SOFT or not gates.need_everything(tx, pins):
        parted = engine.close(tx, lake, pins, Asked(period=period))
        if parted is not None:
            closed, book = parted
            return ToClose(
                closed=closed, balances=closed.balances, contracts=closed.contracts, book=book
            )
    computed = compute(read_inputs(tx, lake, pins), period)
    one = together([closed_of(computed, period)])
    return ToClose(
        closed=one,
        balances=one.balances,
        contracts=one.contracts,
        book=computed.inputs.book,
        computed=computed,
    )


def pass_gates(tx: Transaction, lake: Lake, period: Period, found: ToClose) -> None:
    """Raise PeriodNotReady, listing what waits in the books as computed, unless nothing does."""
    if found.computed is not None:
        gates.pass_books(tx, lake, period, found.computed)
    else:
        gates.pass_parts(tx, lake, period, found.book.policy, found.closed.proposals)


def _moved(tx: Transaction, lake: Lake, last: PeriodClose, pins: Pins) -> ToClose | None:
    """The close as the last one, moved by what changed; None if that cannot tell it."""
    names = changed_since(tx, lake, last, pins)
    if names is None:
        return None
    before = compute(read_inputs(tx, lake, last.pins, among=names), last.period)
    after = compute(read_inputs(tx, lake, pins, among=names), last.period)
    was, now = balances_of(before), balances_of(after)
    if before.postings.num_rows or not set(was) <= set(now):
        # Something else is posted than the close says, or a currency may not be told any more.
        return None
    told: Mapping[str, Any] = last.totals
    balances = {currency: dict(sums) for currency, sums in told["balances_minor"].items()}
    for sign, sums in ((-1, was), (1, now)):
        for currency, of_currency in sums.items():
            total = balances.setdefault(currency, dict.fromkeys(BALANCES, 0))
            for name, amount in of_currency.items():
                total[name] += sign * amount
    were, are = (len(each.inputs.book.histories) for each in (before, after))
    return ToClose(
        closed=together([closed_of(after, last.period)]),
        book=after.inputs.book,
        computed=after,
        balances={key: balances[key] for key in sorted(balances)},
        contracts=told["contracts"] - were + are,
        among=names,
    )
