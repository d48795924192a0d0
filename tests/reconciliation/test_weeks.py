"""Bills of calendar months and periods of weeks: P01 ends on 24 January, P02 on 21 February."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from revrec.money import from_minor
from revrec.periods import Calendar, Pattern
from revrec.reconciliation import Reconciliation
from tests.reconciliation.books import (
    JAN,
    RATED,
    book_of,
    found,
    invoice,
    line,
    off,
    pay_as_you_go,
    rows_of,
    told,
    used,
)

BY_USE = {"obligation": "inference", "consideration": "tokens"}
SPLIT = {"late_event", "month_split", "rounding"}


def reconciled(billed: str, *late: tuple) -> Reconciliation:
    """10.00 a day to 21 February; January is billed on 2 February."""
    days = [JAN + timedelta(days=number) for number in range(52)]
    usage = [used("PAYG", day, "20", "10") for day in days]
    january = invoice("PAYG", "INV-1", date(2026, 2, 2), line(billed, "2026-01", **BY_USE))
    return told(
        book_of([pay_as_you_go()], [january]),
        [*usage, *late],
        as_of=date(2026, 2, 21),
        first="FY2026-P01",
        through="FY2026-P02",
        calendar=Calendar(pattern=Pattern.WEEKS_4_4_5),
    )


def rated_less_invoiced(result: Reconciliation, period: str) -> dict[str, Decimal]:
    """Amounts by reason."""
    return {
        row["reason"]: from_minor(row["amount"], row["currency"])
        for row in rows_of(result.reasons)
        if (row["difference"], row["service_month"]) == (RATED, period)
    }


def test_a_right_bill_is_right_in_both_its_periods() -> None:
    """310.00 of January: 240.00 in the first and 70.00 in the second, where 210.00 wait."""
    result = reconciled("310.00")

    assert {} == rated_less_invoiced(result, "FY2026-P01")
    assert {"timing_unbilled": Decimal("210.00")} == rated_less_invoiced(result, "FY2026-P02")
    assert ([], []) == (found(result), off(result))


def test_what_is_recorded_after_the_bill_makes_it_no_mistake() -> None:
    """31.00 of 10 January come on 10 February.

    The bill is then split as 271.00 to 70.00: 246.36 and 63.64, so that 24.64 and 6.36 are off
    that were no mistake of it.
    """
    late = used("PAYG", date(2026, 1, 10), "62", "31", recorded=date(2026, 2, 10))
    result = reconciled("310.00", late)
    first, second = (rated_less_invoiced(result, f"FY2026-P0{number}") for number in (1, 2))

    assert Decimal("24.64") == sum(first.values())
    assert Decimal("6.36") == sum(second.values()) - second["timing_unbilled"]
    assert Decimal("210.00") == second["timing_unbilled"]
    assert {*first, *second} <= {*SPLIT, "timing_unbilled"}
    assert "month_split" in {*first, *second}
    assert ([], []) == (found(result), off(result))


def test_a_wrong_bill_is_found_once_in_its_month() -> None:
    """410.00 for January: 317.42 and 92.58 are billed, 77.42 and 22.58 too much."""
    result = reconciled("410.00")

    assert [("PAYG", "2026-01", "wrong_amount", "100.00")] == found(result)
    assert {"wrong_amount": Decimal("-77.42")} == rated_less_invoiced(result, "FY2026-P01")
    assert {"wrong_amount": Decimal("-22.58"), "timing_unbilled": Decimal("210.00")} == (
        rated_less_invoiced(result, "FY2026-P02")
    )
    assert [] == off(result)
