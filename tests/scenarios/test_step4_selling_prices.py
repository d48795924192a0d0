"""Step 4: standalone selling prices from the book (606-10-32-31 to 32-34)."""

from __future__ import annotations

from typing import Any

import pytest

from revrec.errors import FeedError, MissingSellingPrice, UnsupportedTerm
from revrec.feeds.scenario import Scenario
from tests.scenarios.telling import Told, as_of, contract, decisions, fixed, measured, scenario

OTHER = {"id": "other", "product": "other", "measure": "even_months",
         "standalone_selling_price": "1000.00"}  # fmt: skip
SEATS = {"id": "seats", "product": "seats", "measure": "even_months", "quantity": "50"}


def entry(name: str, amount: str = "0", **more: Any) -> Told:
    """A price of seats for the whole obligation, from 2020."""
    return {"id": name, "product": "seats", "currency": "USD", "amount": amount,
            "effective_from": "2020-01-01"} | more  # fmt: skip


def sold(*book: Told, stated: str | None = None, **more: Any) -> Scenario:
    """Seats beside another product for 1,000, with this book, for an enterprise in Europe."""
    named = {} if stated is None else {"obligation": "seats"}
    amounts = [fixed(stated or "1000.00", **named)]
    policy = more.pop("policy", {})
    signed = contract([SEATS | more, OTHER], amounts, region="eu", segment="enterprise")
    return scenario(signed, standalone_selling_prices=list(book), policy=policy)


PRICE = as_of("standalone_selling_price", "2026-01-01", obligation="seats")


@pytest.mark.parametrize(
    ("book", "price"),
    [
        # For everyone, and a later version of that.
        ([entry("a", "10"), entry("b", "20", effective_from="2025-01-01")], 20),
        # A version after inception does not count (32-43).
        ([entry("a", "10"), entry("b", "20", effective_from="2026-01-02")], 10),
        # Narrower comes before later.
        ([entry("a", "10", region="eu"), entry("b", "20", effective_from="2025-01-01")], 10),
        ([entry("a", "10", region="eu"), entry("b", "20", region="eu", segment="enterprise")], 20),
        ([entry("a", "10", region="us"), entry("b", "20")], 20),
        # Volume is one more way to be narrow; both ends are in the band.
        ([entry("a", "10"), entry("b", "20", quantity_from="50")], 20),
        ([entry("a", "10"), entry("b", "20", quantity_to="50")], 20),
        ([entry("a", "10"), entry("b", "20", quantity_from="51")], 10),
        ([entry("a", "10"), entry("b", "20", quantity_to="49")], 10),
        (
            [entry("a", "10", quantity_from="1", quantity_to="49"),
             entry("b", "20", quantity_from="50", quantity_to="99"),
             entry("c", "30", quantity_from="100")],
            20,
        ),
        # Narrowed alike and from the same day, at the same price: no contradiction.
        ([entry("a", "10", region="eu"), entry("b", "10", segment="enterprise")], 10),
        # Per unit, per month and both: 50 seats, 12 months.
        ([entry("a", "3", per="unit")], 150),
        ([entry("a", "3", per="month")], 36),
        ([entry("a", "3", per="unit_month")], 1800),
        ([entry("a", "3", per="unit_year")], 150),
    ],
)  # fmt: skip
def test_the_narrowest_entry_then_the_latest_counts(book: list[Told], price: int) -> None:
    """Region, segment and volume narrow an entry; of equally narrow ones the latest counts."""
    assert measured(sold(*book), PRICE) == [price]


def test_entries_that_contradict_each_other_are_refused() -> None:
    """Equally narrow, from the same day, at different prices: neither is chosen."""
    book = [entry("a", "10", region="eu"), entry("b", "20", segment="enterprise")]

    with pytest.raises(UnsupportedTerm, match="told by a, b, which differ"):
        measured(sold(*book), as_of("allocated_price", "2026-01-01"))


@pytest.mark.parametrize(
    ("book", "said"),
    [
        ([], "is not in the book for USD and a volume of 50"),
        ([entry("a", "10", quantity_from="51")], "a volume of 50"),
        ([entry("a", "10", currency="EUR")], "is not in the book for USD"),
        ([entry("a", "0.00")], "is 0; it must be above zero"),
        ([entry("a", "9", low="10", high="20")], "ranges from 10 over 9 to 20"),
    ],
)
def test_a_price_that_is_missing_or_zero_is_told(book: list[Told], said: str) -> None:
    """An allocation needs a price above zero."""
    with pytest.raises(MissingSellingPrice, match=said):
        measured(sold(*book), as_of("allocated_price", "2026-01-01"))


@pytest.mark.parametrize(
    ("book", "said"),
    [
        ([entry("a", method="residual")], "is a residual by a of the book"),
        ([entry("a", "10", per="week")], "is per 'week' in a"),
    ],
)
def test_what_the_book_cannot_price_is_told(book: list[Told], said: str) -> None:
    """A residual has no price of its own; nothing is priced per week."""
    with pytest.raises(UnsupportedTerm, match=said):
        measured(sold(*book), as_of("allocated_price", "2026-01-01"))


def test_a_method_of_estimate_is_one_of_the_four() -> None:
    """32-33, 32-34: other methods are refused where the book is read."""
    with pytest.raises(FeedError, match="method"):
        sold(entry("a", "10", method="guess"))


@pytest.mark.parametrize(
    ("stated", "policy", "price"),
    [
        ("90.00", {}, 90),
        ("90.00", {"selling_price_in_range": "midpoint"}, 100),
        ("70.00", {}, 100),
        ("70.00", {"selling_price_out_of_range": "nearest_bound"}, 80),
        ("150.00", {"selling_price_out_of_range": "nearest_bound"}, 140),
        (None, {}, 100),
    ],
)
def test_a_range_of_the_book_gives_the_point_policy_elects(
    stated: str | None, policy: Told, price: int
) -> None:
    """From 80 over 100 to 140: the middle told is not halfway."""
    told = sold(entry("a", "100", low="80", high="140"), stated=stated, policy=policy)

    assert measured(told, PRICE) == [price]


def test_a_range_per_unit_is_multiplied() -> None:
    """50 seats at 1 to 3 each: 100 stated is inside 50 to 150; halfway is 100 without a price."""
    told = entry("a", low="1", high="3", per="unit")

    assert measured(sold(told, stated="60.00"), PRICE) == [60]
    assert measured(sold(told), PRICE) == [100]


def test_the_decision_names_method_and_entry() -> None:
    """What an auditor asks of an estimate: how it was made, and where it stands."""
    told = sold(entry("seats-eu", "500", region="eu", method="adjusted_market"))

    (decision,) = decisions(told, "explain_prices")

    assert decision.inputs == {"seats": "adjusted market, entry seats-eu"}


def test_the_part_of_all_selling_prices_is_a_ratio() -> None:
    """500 beside 1,000: one third and two thirds."""
    told = sold(entry("a", "500"))

    found = measured(
        told,
        as_of("relative_ssp", "2026-01-01", obligation="seats"),
        as_of("relative_ssp", "2026-01-01", obligation="other"),
    )

    assert [str(each) for each in found] == ["0.33333333333333", "0.66666666666667"]
