"""Counts for step 5: what was consumed or delivered, by contract, obligation and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from revrec.columnar import connect, table_of
from revrec.model.contract import Measure
from revrec.model.history import Book, ContractHistory
from revrec.planned import FEW, asked
from revrec.recognition.arithmetic import COUNTS


class Count(Protocol):
    """A quantity that counts from a day, under the name of a counter."""

    @property
    def counter(self) -> str:
        """An obligation, or what is counted apart from it."""

    @property
    def on(self) -> date:
        """The day from which it counts."""

    @property
    def quantity(self) -> Decimal:
        """Units, weight or cost."""


@dataclass(frozen=True, slots=True)
class Shared:
    """Obligations of a contract that draw on the same use, and how."""

    contract: str
    obligations: frozenset[str]
    draw: Callable[[Iterable[Drawn]], Iterable[tuple[str, date, Decimal, Decimal]]]
    """From days with quantity and amount to obligation, day, quantity and amount."""


METERS = pa.schema(
    [
        ("contract", pa.string()),
        ("meter", pa.string()),
        ("obligation", pa.string()),
        ("counted", pa.bool_()),
    ]
)
"""What a meter counts towards; not ``counted`` where a royalty is owed for use alone."""
Drawn = tuple[date, Decimal, Decimal]
_NONE = Decimal(0)
_Row = tuple[str, str, date, Decimal, Decimal]


def deliveries(book: Book, performed: Callable[[ContractHistory], Iterable[Count]]) -> pa.Table:
    """What was transferred, reached or incurred by a rule that says what counts when."""
    return _table(
        (name, each.counter, each.on, each.quantity, _NONE)
        for name, history in book.histories.items()
        for each in performed(history)
    )


def before_cutover(
    book: Book,
    used: Callable[[ContractHistory], Iterable[tuple[str, date, Decimal, Decimal]]],
) -> pa.Table:
    """What another system had counted by the day a contract was taken over from it."""
    histories = book.histories.items()
    return _table((name, *each) for name, history in histories for each in used(history))


def usage_events(book: Book) -> pa.Table:
    """Usage told as scenario events, by the obligations whose meters count it.

    What a line owes to a provider is not the entity's (606-10-55-38).
    """
    if not book.usage:
        return COUNTS.empty_table()
    obligations = {
        (contract, meter): names
        for contract, history in book.histories.items()
        for meter, names in meters(history).items()
    }
    paid_for = {contract: by_royalty(history) for contract, history in book.histories.items()}
    return _table(
        (
            each.contract,
            obligation,
            each.on,
            _NONE if obligation in paid_for[each.contract] else each.quantity,
            each.amount - each.for_principal,
        )
        for each in book.usage
        for obligation in obligations.get((each.contract, each.meter), ())
    )


def redrawn(counts: Sequence[pa.Table], shared: Sequence[Shared]) -> list[pa.Table]:
    """Counts in which use that several obligations may take is counted for one of them only."""
    if not shared:
        return list(counts)
    contracts = pa.array(sorted({each.contract for each in shared}), pa.string())
    rows = pa.concat_tables(counts)
    concerned = pc.is_in(rows["contract"], value_set=contracts)
    listed: defaultdict[tuple[str, str], list[Drawn]] = defaultdict(list)
    for row in rows.filter(concerned).to_pylist():
        drawn = row["day"], row["quantity"], row["amount"]
        listed[row["contract"], row["obligation"]].append(drawn)
    taken: list[_Row] = []
    for each in shared:
        # Each of them was given all the use: that of one is all there is.
        of_all = listed.get((each.contract, min(each.obligations)), [])
        taken += [(each.contract, *drawn) for drawn in each.draw(of_all)]
    replaced = {(each.contract, name) for each in shared for name in each.obligations}
    kept = ((key, days) for key, days in listed.items() if key not in replaced)
    others = _table((*key, *drawn) for key, days in kept for drawn in days)
    return [rows.filter(pc.invert(concerned)), others, _table(taken)]


def usage_by_obligation(daily: pa.Table, histories: Iterable[ContractHistory]) -> pa.Table:
    """Daily usage by meter (contract, meter, usage_date, quantity, amount) as counts."""
    if not daily.num_rows:
        return COUNTS.empty_table()
    used = frozenset(daily["contract"].unique().to_pylist())
    return usage_counted(daily, meter_table(each for each in histories if each.contract.id in used))


def meter_table(histories: Iterable[ContractHistory]) -> pa.Table:
    """The obligations that the contracts' meters count towards (``METERS``)."""
    rows = [
        (history.contract.id, meter, obligation, obligation not in by_royalty(history))
        for history in histories
        for meter, names in meters(history).items()
        for obligation in names
    ]
    return table_of(rows, METERS)


def usage_counted(daily: pa.Table, counting: pa.Table) -> pa.Table:
    """Daily usage as counts of the obligations that meters (``METERS``) count towards."""
    tables = {"daily": daily, "meters": counting}
    if max(daily.num_rows, counting.num_rows) <= FEW:
        return asked(_BY_OBLIGATION, tables)
    with connect() as database:
        for name, table in tables.items():
            database.register(name, table)
        return database.sql(_BY_OBLIGATION).to_arrow_table()


_BY_OBLIGATION = """
select contract, obligation, usage_date as day,
       case when counted then quantity else 0::decimal(38, 9) end as quantity, amount
from daily join meters using (contract, meter)
"""


def under_combined_names(daily: pa.Table, book: Book) -> pa.Table:
    """Daily usage by meter under the names of the contracts it is accounted for with (25-9)."""
    rows = list(book.combined())
    if not rows or not daily.num_rows:
        return daily
    member_table = pa.table(
        {
            "member": pa.array([row[0] for row in rows], pa.string()),
            "combined": pa.array([row[1] for row in rows], pa.string()),
            "prefix": pa.array([row[2] for row in rows], pa.string()),
        }
    )
    with connect() as database:
        database.register("daily", daily)
        database.register("members", member_table)
        return (
            database.sql(
                """
                select d.* replace (
                    coalesce(combined, contract) as contract,
                    coalesce(prefix, '') || meter as meter
                )
                from daily d left join members on member = contract
                order by contract, meter, usage_date
                """
            )
            .to_arrow_table()
            .select(daily.schema.names)
            .cast(daily.schema)
        )


def meters(history: ContractHistory) -> dict[str, list[str]]:
    """Meter -> the obligations it counts towards, over the contract's life."""
    promised = history.promised
    for exercise in history.exercises:
        promised += exercise.buys
    counted: dict[str, list[str]] = {}
    for obligation in promised:
        for meter in obligation.counted_meters:
            names = counted.setdefault(meter, [])
            if obligation.id not in names:
                names.append(obligation.id)
    return counted


def by_royalty(history: ContractHistory) -> frozenset[str]:
    """Obligations whose royalties are metered: what the customer sells delivers none of them."""
    named = {each.obligation for each in history.consideration if each.royalty is not None}
    if not named:
        return frozenset()
    return frozenset(
        each.id
        for each in history.promised
        if each.measure is not Measure.USAGE and (None in named or each.id in named)
    )


def _table(rows: Iterable[_Row] | Iterator[_Row]) -> pa.Table:
    return table_of(rows, COUNTS)
