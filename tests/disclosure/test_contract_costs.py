"""Rollforwards of contract costs (340-40-50), by hand."""

from __future__ import annotations

from revrec.periods import Period
from tests.disclosure.cases import book_of, workshops
from tests.disclosure.closing import close, close_and_report, example, report, row, rows

JAN, FEB, MAR = Period(2026, 1), Period(2026, 2), Period(2026, 3)
FIGURES = ("opening", "capitalized", "amortized", "impaired", "closing", "expensed")


def cost(on: str, amount: str, **terms: object) -> dict[str, object]:
    """A commission of the workshops, for a year of benefit."""
    return {
        "kind": "contract_cost",
        "id": "commission",
        "contract": "WORKSHOPS",
        "on": on,
        "amount": amount,
        "incremental": True,
        "benefit_end": "2026-12-31",
        **terms,
    }


def figures(found: dict) -> list[int]:
    """The rollforward and what was expensed beside it."""
    return [found[name] for name in FIGURES]


def test_a_cost_rolls_from_opening_to_closing():
    """From win to loss, June 2027 to August 2028.

    2,880.00 less five months of 120.00 open. Amortised: 120.00, six months of 72.00, six of 30.00.
    Lost: 1,008.00 and 340.00. 200.00 were given back.
    """
    book = example("asc606/commission_from_win_to_loss").book()

    made = close_and_report(book, Period(2027, 6), Period(2028, 8))
    found = row(made.datasets["contract_costs"])
    july = row(made.datasets["contract_costs_by_month"], period="2028-07")

    assert [228_000, -20_000, -73_200, -134_800, 0, 0] == figures(found)
    assert [54_000, -20_000, 0, -34_000, 0, 0] == figures(july)
    assert () == made.differences


def test_costs_stand_by_main_category_and_those_of_other_topics_are_listed():
    """The Subtopic's Example 2 in its first year: 128,571.43 are left of 150,000.00."""
    made = close_and_report(
        example("asc606/setup_costs_over_renewals").book(), Period(2025, 1), Period(2025, 12)
    )
    obtain = row(made.datasets["contract_costs_by_category"], category="costs to obtain contracts")
    setup = row(made.datasets["contract_costs_by_category"], category="set-up")
    listed = made.datasets["contract_costs"]

    assert [0, 1_000_000, -142_857, 0, 857_143, 0] == figures(obtain)
    assert [0, 14_000_000, -2_000_000, 0, 12_000_000, 0] == figures(setup)
    assert [0, 0, 0, 0, 0, 0] == figures(row(listed, cost="hardware"))
    assert "accounted for under another topic" == row(listed, cost="software")["treatment"]
    assert ("even months", "2031-12-31") == (
        row(listed, cost="design")["basis"],
        str(row(listed, cost="design")["benefit_end"]),
    )
    assert () == made.differences


def test_what_is_an_expense_stands_beside_the_asset():
    """Legal fees and travel of the Subtopic's Example 1."""
    book = example("asc606/only_incremental_costs").book()

    made = close_and_report(book, Period(2025, 1), Period(2025, 1))
    listed = made.datasets["contract_costs"]

    assert [0, 0, 0, 0, 0, 2_500_000] == figures(row(listed, cost="travel"))
    assert 4_000_000 == row(made.datasets["contract_costs_by_category"])["expensed"]
    assert () == made.differences


def test_a_cost_that_is_learned_late_is_posted_now():
    """120.00 of January for twelve months, told in February: two months are amortised there."""
    told = cost("2026-01-01", "120.00")
    before, after = book_of([workshops()], []), book_of([workshops()], [told])

    closed = close(lambda period: before if period == JAN else after, JAN, FEB)
    made = report(after, closed, JAN, FEB)

    assert [] == list(rows(made.datasets["contract_costs_by_month"], period="2026-01"))
    february = row(made.datasets["contract_costs_by_month"], period="2026-02")
    assert [0, 12_000, -2_000, 0, 10_000, 0] == figures(february)
    assert () == made.differences


def test_a_cost_that_is_taken_back_leaves_no_balance():
    """A commission told in error and corrected to nothing a month later."""
    wrong, right = (
        book_of([workshops()], [cost("2026-01-01", amount)]) for amount in ("120.00", "0.00")
    )

    closed = close(lambda period: wrong if period == JAN else right, JAN, FEB)
    made = report(right, closed, FEB, FEB)

    assert [11_000, -12_000, 1_000, 0, 0, 0] == figures(row(made.datasets["contract_costs"]))
    assert () == made.differences


def test_a_book_without_costs_has_empty_rollforwards():
    """The data sets are there and hold nothing."""
    made = close_and_report(book_of([workshops()], []), JAN, JAN)
    names = ("contract_costs", "contract_costs_by_month", "contract_costs_by_category")

    assert [[], [], []] == [list(made.datasets[name].rows) for name in names]
    assert () == made.differences
