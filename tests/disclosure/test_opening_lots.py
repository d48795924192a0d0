"""Revenue out of opening contract liabilities, lot by lot (606-10-50-8b)."""

from __future__ import annotations

from decimal import Decimal

import pytest

from revrec.disclosure.opening_lots import drawn_from_opening
from revrec.model.history import Book
from revrec.periods import MONTHS
from tests.properties.books import read_book

FEBRUARY, MARCH = "2026-02", "2026-03"
STRETCHES = [(FEBRUARY, FEBRUARY, FEBRUARY), (MARCH, MARCH, MARCH), ("", FEBRUARY, MARCH)]


def book(credited: str = "60.00", of: str = "I-1") -> Book:
    """A contract billed in January and February, with a credit memo in February."""
    return read_book(
        {
            "contracts": [
                {
                    "id": "C",
                    "customer": "acme",
                    "currency": "USD",
                    "inception": "2026-01-01",
                    "end": "2026-12-31",
                    "obligations": [{"id": "access", "product": "p", "measure": "days"}],
                    "consideration": [{"id": "fee", "kind": "fixed", "amount": "200.00"}],
                }
            ],
            "events": [
                {
                    "kind": kind,
                    "id": name,
                    "contract": "C",
                    "on": day,
                    "lines": [{"amount": amount}],
                    **names,
                }
                for kind, name, day, amount, names in (
                    ("invoice", "I-1", "2026-01-05", "100.00", {}),
                    ("invoice", "I-2", "2026-02-05", "30.00", {}),
                    ("credit_memo", "M-1", "2026-02-10", credited, {"invoice": of}),
                )
            ],
        }
    )


def drawn(*moves: tuple[str, str, int], of: Book | None = None) -> dict[str, tuple[int, int]]:
    """Performed and all revenue out of the opening balance, by stretch; the balance is 100.00."""
    rows = [("C", "", "added", 100_00), *(("C", *move) for move in moves)]
    table = drawn_from_opening(rows, of or book(), STRETCHES, MONTHS)
    return {
        row["label"]: (row["from_opening"], row["included_in_opening"]) for row in table.to_pylist()
    }


def test_what_the_stretch_began_with_is_earned_first():
    """100.00, billed 30.00 more: February earns 50.00 and March 60.00, of which 50.00 are old."""
    found = drawn(
        (FEBRUARY, "added", 30_00), (FEBRUARY, "performed", -50_00), (MARCH, "performed", -60_00)
    )

    # March began with 80.00: 50.00 of January's bill and 30.00 of February's.
    expected = {FEBRUARY: (50_00, 50_00), MARCH: (60_00, 60_00), "": (100_00, 100_00)}
    assert expected == found


@pytest.mark.parametrize(
    ("credited", "of", "expected"),
    [
        ("60.00", "I-1", 40_00),  # 60.00 of January's 100.00 are taken back: 40.00 are left
        ("30.00", "I-2", 50_00),  # February's bill is taken back: nothing of the opening is
        ("60.00", "", 50_00),  # of no bill known: the newest 30.00, then 30.00 of the opening
    ],
)
def test_credits_of_earlier_bills_leave_less(credited, of, expected):
    """50.00 are earned in February; a least-of-both would say 50.00 in each case."""
    amount = int(Decimal(credited) * 100)
    told = book(credited, of or "unknown")
    found = drawn(
        (FEBRUARY, "added", 30_00),
        (FEBRUARY, "withdrawn", -amount),
        (FEBRUARY, "performed", -50_00),
        of=told,
    )

    assert (expected, expected) == found[FEBRUARY]


def test_usage_never_draws_on_it():
    """Use of 80.00, billed later, and 20.00 earned of what was there."""
    found = drawn((FEBRUARY, "used", -80_00), (FEBRUARY, "performed", -20_00))

    assert (20_00, 20_00) == found[FEBRUARY]


def test_what_is_taken_back_goes_where_it_came_from():
    """120.00 earned of 100.00 and 30.00; 40.00 taken back: 20.00 newer, then 20.00 of the old."""
    found = drawn(
        (FEBRUARY, "added", 30_00), (FEBRUARY, "performed", -120_00), (MARCH, "earned", 40_00)
    )

    assert (100_00, 80_00) == found[""]


def test_catch_up_and_breakage_are_included_beside_performance():
    """30.00 performed, 20.00 of breakage or for earlier months."""
    found = drawn((FEBRUARY, "performed", -30_00), (FEBRUARY, "earned", -20_00))

    assert (30_00, 50_00) == found[FEBRUARY]


def test_a_contract_that_began_with_an_asset_is_not_there():
    """Nothing was owed, so nothing of it can be earned."""
    rows = [("C", "", "netted", -50_00), ("C", FEBRUARY, "performed", -10_00)]

    assert 0 == drawn_from_opening(rows, book(), STRETCHES, MONTHS).num_rows
