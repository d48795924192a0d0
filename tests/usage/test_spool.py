"""The rows of a batch come back from disk day by day, and one identity is never in two parts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from revrec.usage import spool
from revrec.usage.columns import RATED, WELL_FORMED
from revrec.usage.plain import split
from revrec.usage.spool import Spool
from tests.usage.samples import judge, told

DAYS = [date(2026, 1, 3), date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 1)]
NUMBERS = [9, 2**64 - 1, 9, 2**63, 9, 0, 9, 2**64 - 1]


def block(first: int, days: list[date], contracts: list[str]) -> pa.RecordBatch:
    """Well-formed rows of the days, numbered from the first."""
    count = len(days)
    columns = {
        "row_number": pa.array(range(first, first + count), pa.int64()),
        "usage_id": pa.array([f"u-{number}" for number in range(first, first + count)]),
        "usage_date": pa.array(days),
        "contract": pa.array(contracts),
    } | {
        name: pa.array([text] * count)
        for name, text in told().items()
        if name not in {"usage_id", "usage_date", "contract"}
    }
    (meant, doubtful), *_ = split(pa.RecordBatch.from_pydict(columns), RATED, rated_here=False)
    assert meant is not None
    assert doubtful is None
    return meant


@pytest.fixture
def spooled(tmp_path: Path) -> Iterator[Spool]:
    """Two blocks of three days; rows 1 to 8 have the numbers of identities below."""
    held = Spool(tmp_path / "spool")
    for first, names in ((1, ["a", "b", "a", "c"]), (5, ["d", "a", "b", "b"])):
        rows = block(first, DAYS, names)
        held.add(rows, pa.array(NUMBERS[first - 1 : first + 3], pa.uint64()))
    yield held
    held.close()


def rows_of(held: Spool, day: date) -> list[tuple[object, ...]]:
    """Number, id and contract of each row of a day, in the order they come."""
    return [
        (row["row_number"], row["usage_id"], row["contract"])
        for rows in held.rows_of(day)
        for row in rows.to_pylist()
    ]


@pytest.mark.parametrize("texts_max", [spool.TEXTS_MAX, 3])
def test_a_day_comes_back_as_it_was_added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts_max: int
) -> None:
    """From all blocks, in order; also when texts that were few become many."""
    monkeypatch.setattr(spool, "TEXTS_MAX", texts_max)
    held = Spool(tmp_path / "spool")
    for first, names in ((1, ["a", "b", "a", "c"]), (5, ["d", "a", "b", "b"])):
        rows = block(first, DAYS, names)
        held.add(rows, pa.array(range(4), pa.uint64()))

    assert sorted(set(DAYS)) == held.days()
    assert [(2, "u-2", "b"), (4, "u-4", "c"), (6, "u-6", "a"), (8, "u-8", "b")] == rows_of(
        held, date(2026, 1, 1)
    )
    assert [(1, "u-1", "a"), (5, "u-5", "d")] == rows_of(held, date(2026, 1, 3))
    assert {tuple(WELL_FORMED.names)} == {tuple(rows.schema.names) for rows in held.rows()}
    held.close()


def test_identities_come_in_parts(spooled: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number of a day is in one part, with its row."""
    day = date(2026, 1, 1)
    whole = [(numbers.tolist(), rows.tolist()) for numbers, rows in spooled.identities_of([day])]
    monkeypatch.setattr(spool, "IDENTITIES_AT_ONCE", 2)
    parts = list(spooled.identities_of([day]))

    assert [([2**64 - 1, 2**63, 0, 2**64 - 1], [2, 4, 6, 8])] == whole
    assert [([0], [6]), ([2**63], [4]), ([2**64 - 1] * 2, [2, 8])] == [
        (numbers.tolist(), rows.tolist()) for numbers, rows in parts
    ]


def test_days_with_few_rows_are_looked_at_together(
    spooled: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four rows on the first of January, two on the second, two on the third."""
    first, second, third = spooled.days()

    for rows, expected in (
        (8, [[first, second, third]]),
        (6, [[first, second], [third]]),
        (5, [[first], [second, third]]),
        (3, [[first], [second], [third]]),
    ):
        monkeypatch.setattr(spool, "SPAN_ROWS", rows)
        assert expected == list(spooled.spans())
    numbers, rows_told = next(spooled.identities_of([second, third]))
    assert {3: 9, 7: 9, 1: 9, 5: 9} == dict(zip(rows_told.tolist(), numbers.tolist(), strict=True))


def test_repeats_are_found_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Told again in the batch, and told before in the ledger, whatever part they are in."""
    monkeypatch.setattr(spool, "IDENTITIES_AT_ONCE", 3)
    first = [told(usage_id=f"u-{number}") for number in range(10)]
    held = judge(first).accepted
    again = [told(usage_id=f"u-{number}") for number in (12, 3, 11, 12, 7)]
    again[-1]["quantity"] = "2"

    assert {
        1: "accepted",
        2: "duplicate",
        3: "accepted",
        4: "duplicate",
        5: "conflicting-duplicate",
    } == judge(again, held=held).fates
