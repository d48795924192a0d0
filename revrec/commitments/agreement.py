"""What was drawn for an obligation beside what the engine counts of it: the two must agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from revrec.commitments.burn import Burned, held_in
from revrec.commitments.lots import beyond, scale_of
from revrec.commitments.standing import counted_of
from revrec.engine import counted
from revrec.model.contract import CountedIn, PerformanceObligation
from revrec.model.history import Book
from revrec.recognition.counts import usage_by_obligation

_Key = tuple[str, str]
"""Contract and obligation, as accounted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """An entitlement by both: what it was for, and what was drawn of it by a day."""

    contract: str
    obligation: str
    granted: Decimal
    """By grants and commitments that name the obligation."""
    entitled: Decimal
    """By the contract."""
    drawn: Decimal
    """By burn-down, with use beyond that counts towards the obligation."""
    counted: Decimal
    """By the engine."""

    @property
    def holds(self) -> bool:
        """Whether both say the same."""
        return self.granted == self.entitled and self.drawn == self.counted


def agreements(
    book: Book, performed: pa.Table, burned: Iterable[Burned], as_of: date
) -> Iterator[Agreement]:
    """Every obligation with an entitlement of a contract that holds credits or commitments.

    ``performed`` is daily usage as the engine is given it. One that no grant names is drawn by
    nothing, which shows as a difference: name it, or nothing ties its revenue to the balances.
    """
    accounts = list(burned)
    drawn, granted = _drawn(book, accounts)
    counts = _counted(book, performed, as_of)
    places = {member: (name, prefix) for member, name, prefix in book.combined()}
    holders = {
        places.get(name, (name, ""))[0]
        for each in accounts
        for name in each.account.contracts
        if name in book.credits.holders
    }
    for key, obligation in sorted(_entitled(book, holders).items()):
        yield Agreement(
            contract=key[0],
            obligation=key[1],
            granted=granted[key],
            entitled=obligation.usage.entitled or Decimal(0),
            drawn=drawn[key],
            counted=counts[key][obligation.usage.counted_in],
        )


def _entitled(book: Book, holders: set[str]) -> dict[_Key, PerformanceObligation]:
    """Obligations with an entitlement, under their latest terms."""
    found: dict[_Key, PerformanceObligation] = {}
    for name in holders & book.histories.keys():
        history = book.histories[name]
        for each in history.promised:
            if each.usage.entitled is not None:
                found[name, each.id] = each
    return found


def _drawn(book: Book, burned: Iterable[Burned]) -> tuple[dict[_Key, Decimal], dict[_Key, Decimal]]:
    """What was drawn, and granted, for each obligation that a grant names."""
    drawn: dict[_Key, Decimal] = defaultdict(Decimal)
    granted: dict[_Key, Decimal] = defaultdict(Decimal)
    places = {member: (name, prefix) for member, name, prefix in book.combined()}
    for account in burned:
        exceeding: dict[tuple[str, str], int] = defaultdict(int)
        lots = {each.lot.name: each for each in held_in(account)}
        for draw in account.draws:
            if (
                draw.exceeds
                and draw.lot
                and (draw.contract, draw.meter) not in book.credits.counted
            ):
                held = lots[draw.lot]
                counts = counted_of(draw, held.lot)
                exceeding[draw.lot, draw.contract] += (
                    beyond(counts, held.of) if held.lot.by_amount else counts
                )
        for held in lots.values():
            if not held.of.obligation:
                continue
            name, prefix = places.get(held.of.contract, (held.of.contract, ""))
            key = name, prefix + held.of.obligation
            unit = Decimal(1).scaleb(-scale_of(held.of.counted_in))
            lot = held.lot
            drawn[key] += (lot.drawn + exceeding[lot.name, held.of.contract]) * unit
            if not held.rolled_over:
                granted[key] += (lot.amount + lot.adjusted) * unit
    return drawn, granted


def _counted(book: Book, performed: pa.Table, as_of: date) -> dict[_Key, dict[CountedIn, Decimal]]:
    """The engine's counts by a day, in both units."""
    found: dict[_Key, dict[CountedIn, Decimal]] = defaultdict(
        lambda: {CountedIn.QUANTITY: Decimal(0), CountedIn.AMOUNT: Decimal(0)}
    )
    for table in counted(book, [usage_by_obligation(performed, book.histories.values())]):
        rows = table.filter(pc.less_equal(table["day"], pa.scalar(as_of)))
        for row in rows.to_pylist():
            sums = found[row["contract"], row["obligation"]]
            sums[CountedIn.QUANTITY] += row["quantity"]
            sums[CountedIn.AMOUNT] += row["amount"]
    return found
