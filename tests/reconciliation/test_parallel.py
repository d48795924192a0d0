"""Each kind of difference between two schedules is found and named by its rule."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from revrec.errors import FeedError
from revrec.feeds.schedules import read_schedule
from revrec.periods import MONTHS
from revrec.reconciliation.parallel import REVENUE, Cell, Schedule, compare

QUARTER = ("2026-01", "2026-02", "2026-03")


def schedule(*rows: tuple[str, list[int]], modified: str = "", currency: str = "USD") -> Schedule:
    """Revenue of a quarter by obligation of contract C."""
    made = Schedule()
    for obligation, amounts in rows:
        for period, amount in zip(QUARTER, amounts, strict=True):
            if amount:
                made.figures[Cell("C", obligation, currency, REVENUE, period)] = amount
    if modified:
        made.modified["C"].add(modified)
    return made


def reasons(theirs: Schedule, ours: Schedule, tolerance: int = 0) -> set[tuple[str, str]]:
    """Status and reason of everything that differs."""
    found = compare(theirs, ours, tolerance=tolerance)
    return {(str(each.status), str(each.reason)) for each in found if each.difference}


SAME = [10_000, 10_000, 10_000]


@pytest.mark.parametrize(
    ("theirs", "ours", "tolerance", "reason"),
    [
        (schedule(("a", SAME)), schedule(("a", SAME)), 0, None),
        (schedule(("a", SAME)), schedule(("a", [10_001, 9_999, 10_000])), 1, "rounding"),
        # A year by twelve months and by days: 31, 28 and 31 of them.
        (schedule(("a", SAME)), schedule(("a", [10_333, 9_334, 10_333])), 0, "proration"),
        (schedule(("a", SAME)), schedule(("a", [0, 15_000, 15_000])), 0, "timing"),
        (schedule(("a", SAME)), schedule(("a", [30_000, 0, 0])), 0, "timing"),
        (
            schedule(("a", SAME), ("b", [0, 0, 6_000])),
            schedule(("a", [9_000, 9_000, 9_000]), ("b", [0, 0, 9_000])),
            0,
            "allocation",
        ),
        (
            schedule(("a", SAME)),
            schedule(("a", [10_000, 12_000, 12_000]), modified="2026-02"),
            0,
            "modification",
        ),
        (schedule(("a", SAME)), schedule(("a", [11_000, 11_000, 11_000])), 0, "price"),
        (schedule(("a", SAME)), schedule(("a", [10_000, 12_000, 12_000])), 0, "unexplained"),
        (schedule(("a", SAME)), schedule(("a", SAME), currency="EUR"), 0, "currency"),
        (schedule(("a", SAME)), Schedule(), 0, "contract"),
        (schedule(("a", SAME)), schedule(("a", SAME), ("b", SAME)), 0, "obligation"),
        # Told as a whole, what is shared otherwise does not differ.
        (schedule(("", [16_000] * 3)), schedule(("a", SAME), ("b", [6_000] * 3)), 0, None),
    ],
)
def test_a_difference_is_named(
    theirs: Schedule, ours: Schedule, tolerance: int, reason: str | None
) -> None:
    """By the first rule that accounts for it, whichever side has more."""
    assert {each for _, each in reasons(theirs, ours, tolerance)} == ({reason} if reason else set())


def test_one_side_alone_is_told_by_its_side() -> None:
    """What only they have, what only we have."""
    one = schedule(("a", SAME))

    assert reasons(one, Schedule()) == {("only_there", "contract")}
    other = Schedule(figures={**one.figures, Cell("D", "a", "USD", REVENUE, "2026-01"): 5})
    assert reasons(one, other) == {("only_here", "contract")}


def test_a_balance_follows_revenue() -> None:
    """Revenue is 20.00 more to date and the liability 20.00 less; 21.00 does not follow."""

    def side(revenue: int, liability: int) -> Schedule:
        return Schedule(
            figures={
                Cell("C", "", "USD", REVENUE, "2026-01"): revenue,
                Cell("C", "", "USD", "contract_liability", "2026-01"): liability,
            }
        )

    found = compare(side(10_000, 5_000), side(12_000, 3_000))
    assert [str(each.reason) for each in found] == ["revenue", "price"]
    found = compare(side(10_000, 5_000), side(12_000, 2_900))
    assert [str(each.reason) for each in found] == ["unexplained", "price"]


def test_a_bad_row_waits_and_stops_no_other(tmp_path: Path) -> None:
    """Each bad row is told with its place; the good ones are read."""
    path = tmp_path / "theirs.csv"
    path.write_text(
        "contract,obligation,period,currency,revenue\n"
        "C,a,2026-01,USD,10.00\n"
        "C,a,January,USD,10.00\n"
        "C,a,2026-02,USD,ten\n"
        "C,a,2026-02,,10.00\n"
        "C,a,2026-02,USD,\n"
        "C,a,2026-01,USD,2.50\n"
    )

    told = read_schedule(path, MONTHS)

    assert dict(told.schedule.figures) == {Cell("C", "a", "USD", REVENUE, "2026-01"): 1_250}
    assert [each.place for each in told.rejections] == ["row 2", "row 3", "row 4", "row 5"]
    assert "revenue is 'ten'" in told.rejections[1].message


def test_parquet_is_read_alike(tmp_path: Path) -> None:
    """Decimals as they are, empty amounts left out."""
    path = tmp_path / "theirs.parquet"
    columns = {
        "contract": ["C", "C"],
        "period": ["2026-01", "2026-02"],
        "currency": ["USD", "USD"],
        "revenue": pa.array([Decimal("12.50"), None], pa.decimal128(20, 2)),
        "receivable": pa.array([None, Decimal("3.00")], pa.decimal128(20, 2)),
    }
    pq.write_table(pa.table(columns), path)

    told = read_schedule(path, MONTHS)

    assert dict(told.schedule.figures) == {
        Cell("C", "", "USD", REVENUE, "2026-01"): 1_250,
        Cell("C", "", "USD", "receivable", "2026-02"): 300,
    }


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    """An empty schedule would seem to agree with nothing."""
    path = tmp_path / "theirs.csv"
    path.write_text("contract,period,currency,revenue\n")

    with pytest.raises(FeedError, match="no rows"):
        read_schedule(path, MONTHS)
