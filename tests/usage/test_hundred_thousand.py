"""A hundred thousand rows, sent in two ways, give one ledger."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

import pyarrow as pa
import pyarrow.compute as pc

from revrec.store import facts
from revrec.store.database import Database
from revrec.store.lake import Lake
from revrec.usage.ingest import ingest
from revrec.usage.rollup import daily
from revrec.usage.totals import ControlTotals, Total
from tests.usage.customers import customer, fact
from tests.usage.samples import Told, as_csv, as_ndjson, as_parquet, told

ROWS = 100_000
AGAIN = 1_000
CONFLICTING = 100
LATE = 5_000
CONTRACTS = 200
FIRST, SECOND = 7001, 7002


@dataclass
class Sending:
    """Rows in the order they are sent."""

    rows: list[Told]

    def parts(self, *sizes: int) -> list[list[Told]]:
        """Cut into batches: the sizes in turn, until nothing is left."""
        parts, start, turn = [], 0, 0
        while start < len(self.rows):
            size = sizes[turn % len(sizes)]
            parts.append(self.rows[start : start + size])
            start, turn = start + size, turn + 1
        return parts


def usage(chance: random.Random) -> list[Told]:
    """Rows of February, the last of them late: of January."""
    return [
        told(
            usage_id=f"u-{number:06}",
            contract=f"c-{number % CONTRACTS}",
            usage_date=f"2026-{'01' if number >= ROWS - LATE else '02'}-{number % 28 + 1:02}",
            quantity=f"{chance.randrange(10**15)}.{chance.randrange(10**9):09}",
            amount=f"{chance.randrange(10**6)}.{chance.randrange(10**12):012}",
        )
        for number in range(ROWS)
    ]


def arranged(rows: list[Told], chance: random.Random, *, shuffled: bool) -> Sending:
    """The rows with 1% sent again and 0.1% again with other content, both after the first."""
    placed = [
        (chance.random() if shuffled else position / ROWS, row) for position, row in enumerate(rows)
    ]
    copied = chance.sample(placed, AGAIN + CONFLICTING)
    again = [(chance.uniform(at, 1), row) for at, row in copied[:AGAIN]]
    other = [(chance.uniform(at, 1), row | {"amount": "1"}) for at, row in copied[AGAIN:]]
    everything = sorted([*placed, *again, *other], key=lambda each: each[0])
    return Sending([row for _, row in everything])


def bring(
    database: Database, lake: Lake, entity: int, parts: list[list[Told]]
) -> list[ControlTotals]:
    """Send the parts in turn as CSV, NDJSON and Parquet."""
    contracts = [fact(customer(f"c-{number}")) for number in range(CONTRACTS)]
    database.run(lambda tx: facts.record(tx, contracts), entity=entity, actor="preparer")
    forms = (("csv", as_csv), ("ndjson", as_ndjson), ("parquet", as_parquet))
    totals = []
    for number, part in enumerate(parts):
        suffix, write = forms[number % 3]
        totals.append(
            ingest(
                database,
                lake,
                io.BytesIO(write(part)),
                source_name=f"part-{number}.{suffix}",
                entity=entity,
                actor="metering",
            )
        )
    return totals


def exact_sum(rows: list[Told], column: str) -> Decimal:
    """The sum of a column, in more digits than Python's 28."""
    with localcontext(prec=60):
        return sum((Decimal(row[column]) for row in rows), Decimal(0))


def summed(totals: list[ControlTotals], fate: str) -> Total:
    """One control total over all batches."""
    return sum((getattr(each, fate) for each in totals), Total())


def ledger(database: Database, lake: Lake, entity: int) -> tuple[pa.Table, pa.Table]:
    """What was told of all rows, in order, and the daily sums."""
    held = database.run(
        lambda tx: lake.dataset(tx, "usage"), entity=entity, actor="auditor", read_only=True
    )
    assert held is not None
    told = held.to_table().drop_columns(["entity_id", "batch", "recorded_at"])
    return told.sort_by("usage_id"), daily(held).drop_columns("last_recorded_at")


def test_two_ways_of_sending_give_one_ledger(database: Database, lake: Lake) -> None:
    """In order in one file; shuffled, in 23 uneven batches of three forms."""
    chance = random.Random(606)
    rows = usage(chance)
    in_order = arranged(rows, chance, shuffled=False)
    shuffled = arranged(rows, chance, shuffled=True)

    one = bring(database, lake, FIRST, in_order.parts(10**6))
    many = bring(database, lake, SECOND, shuffled.parts(1, 9_999, 333, 4_000, 8_000))

    accepted = Total(
        rows=ROWS,
        quantity=exact_sum(rows, "quantity"),
        amount=exact_sum(rows, "amount"),
    )
    for totals, sending in ((one, in_order), (many, shuffled)):
        assert accepted == summed(totals, "accepted")
        assert (AGAIN, CONFLICTING) == (
            summed(totals, "duplicate").rows,
            summed(totals, "quarantined").rows,
        )
        assert exact_sum(sending.rows, "amount") == summed(totals, "received").amount
    assert (1, 24) == (len(one), len(many))
    held, sums = ledger(database, lake, FIRST)
    assert ROWS == len(set(held["usage_id"].to_pylist()))
    assert (held, sums) == ledger(database, lake, SECOND)
    late = pc.less(sums["usage_date"], pa.scalar(date(2026, 2, 1)))
    assert LATE == sum(sums.filter(late)["rows"].to_pylist())
