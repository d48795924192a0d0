"""What vendors settle differently, each an option with a default; figures worked by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.model.rating import Rounding
from revrec.rating.proration import ChangeDay, changed, part_left, part_of_time
from revrec.rating.settlement import (
    Coupon,
    InvoiceStep,
    discounted,
    invoiced,
    laid_over,
    past_fresh_threshold,
)
from tests.properties.profiles import examples

CENTS = Rounding(decimals=2)
LINES = [("tokens", Decimal(100)), ("seats", Decimal(50)), ("setup", Decimal(50))]


def test_credits_over_lines_in_proportion() -> None:
    """100 over 100, 50 and 50 are 50, 25 and 25; in order they pay the first line."""
    credit = [("c", Decimal(100))]

    assert [each.due for each in laid_over(LINES, credit, in_proportion=True)] == [50, 25, 25]
    assert [each.due for each in laid_over(LINES, credit)] == [0, 50, 50]


def test_credits_that_pay_some_lines_only() -> None:
    """One for metered lines pays 100 of its 120; one for all then shares 60 over the rest."""
    given_now = [("metered", Decimal(120)), ("any", Decimal(60))]
    pays = {"metered": ["tokens"]}

    found = laid_over(LINES, given_now, pays=pays, in_proportion=True)

    assert [(each.credits, each.due) for each in found] == [
        ({"metered": 100}, 0), ({"any": 30}, 20), ({"any": 30}, 20),
    ]  # fmt: skip


_amounts = st.lists(st.decimals(0, 90, places=2), min_size=1, max_size=4)


@examples(commit=100, torture=2_000)
@given(lines=_amounts, credits_given=_amounts, in_proportion=st.booleans())
def test_no_credit_pays_twice(
    lines: list[Decimal], credits_given: list[Decimal], *, in_proportion: bool
) -> None:
    """Lines are paid or due, credits pay at most what they are, and one of the two is used up."""
    found = laid_over(
        [(f"l{n}", amount) for n, amount in enumerate(lines)],
        [(f"c{n}", amount) for n, amount in enumerate(credits_given)],
        in_proportion=in_proportion,
    )

    paid = sum((sum(each.credits.values(), Decimal(0)) for each in found), Decimal(0))
    assert paid == min(sum(lines), sum(credits_given))
    for amount, each in zip(lines, found, strict=True):
        assert amount == sum(each.credits.values(), Decimal(0)) + each.due


@pytest.mark.parametrize(("chained", "off"), [(True, "28.00"), (False, "30.00")])
def test_coupons_chained_or_on_the_base(off: str, *, chained: bool) -> None:
    """10 off and 20 percent of 90, or of 100; nothing falls below 0."""
    coupons = [Coupon(amount=Decimal(10)), Coupon(percent=Decimal(20))]
    terms = {"chained": chained, "rounding": CENTS, "currency": "USD"}

    assert discounted([("a", Decimal(100))], coupons, **terms) == Decimal(off)  # type: ignore[arg-type]
    assert discounted([("a", Decimal(5))], coupons, **terms) == 5  # type: ignore[arg-type]


@pytest.mark.parametrize(("compounding", "tax"), [(False, "14.98"), (True, "15.47")])
def test_two_taxes_side_by_side_or_one_on_the_other(tax: str, *, compounding: bool) -> None:
    """5 percent and 9.975 percent of 100: 5.00 and 9.98; compounding 10.47 of 105."""
    found = invoiced(
        Decimal(100),
        tax_percents=[Decimal(5), Decimal("9.975")],
        compounding=compounding,
        rounding=CENTS,
        currency="CAD",
    )

    assert (found.tax, found.due) == (Decimal(tax), 100 + Decimal(tax))


@pytest.mark.parametrize(
    ("order", "keeps_base", "tax", "due"),
    [
        ((InvoiceStep.COUPON, InvoiceStep.CREDIT, InvoiceStep.TAX), False, "4.50", "49.50"),
        ((InvoiceStep.COUPON, InvoiceStep.CREDIT, InvoiceStep.TAX), True, "7.00", "52.00"),
        ((InvoiceStep.COUPON, InvoiceStep.TAX, InvoiceStep.CREDIT), True, "7.00", "52.00"),
        ((InvoiceStep.TAX, InvoiceStep.COUPON, InvoiceStep.CREDIT), True, "10.00", "55.00"),
    ],
)
def test_promotional_credits_before_and_after_tax_with_a_coupon(
    order: Sequence[InvoiceStep], tax: str, due: str, *, keeps_base: bool
) -> None:
    """100 less a coupon of 30, a credit of 25, 10 percent tax: of 45, of 70 or of 100."""
    found = invoiced(
        Decimal(100),
        coupon=Decimal(30),
        tax_percents=[Decimal(10)],
        credits_applied=Decimal(25),
        order=order,
        taxed_before_credits=keeps_base,
        rounding=CENTS,
        currency="USD",
    )

    assert (found.tax, found.due) == (Decimal(tax), Decimal(due))


def test_a_threshold_that_is_fresh_after_each_invoice() -> None:
    """Use of 60, 60, 150 and 90 against 100: 120 on the second day, 150 on the third; 90 wait."""
    usage = [(date(2026, 1, day), Decimal(n)) for day, n in enumerate((60, 60, 150, 90), 1)]

    found = past_fresh_threshold(usage, Decimal(100))

    assert [(each.on.day, each.amount) for each in found] == [(2, 120), (3, 150)]


APRIL = date(2026, 4, 1), date(2026, 4, 30)


@pytest.mark.parametrize(
    ("old", "new", "day", "change_day", "credit", "charge"),
    [
        ("30", "90", 11, ChangeDay.NEW, "-20.00", "60.00"),
        ("30", "90", 11, ChangeDay.OLD, "-19.00", "57.00"),
        ("90", "30", 16, ChangeDay.NEW, "-45.00", "15.00"),
        ("90", "0", 30, ChangeDay.OLD, "0.00", "0.00"),
        ("100", "70", 8, ChangeDay.NEW, "-76.67", "53.67"),
    ],
)
def test_an_upgrade_or_downgrade_within_a_month(
    old: str, new: str, day: int, change_day: ChangeDay, credit: str, charge: str
) -> None:
    """20, 19, 15, no and 23 of 30 days have the new price."""
    part = part_left(APRIL, date(2026, 4, day), change_day)

    found = changed(Decimal(old), Decimal(new), part, rounding=CENTS, currency="USD")

    assert (found.credit, found.charge) == (Decimal(credit), Decimal(charge))


def test_a_change_at_a_moment() -> None:
    """At 18:00 on 1 February 2024, 28.25 of 29 days are left: 113 of 116 quarters of a day."""
    period = _moment("2024-02-01T00:00:00Z"), _moment("2024-03-01T00:00:00Z")

    part = part_of_time(period, _moment("2024-02-01T18:00:00Z"), period[1])

    assert part == Fraction(113, 116)
    after = _moment("2024-03-02T00:00:00Z"), _moment("2024-03-09T00:00:00Z")
    assert part_of_time(period, *after) == 0


_moment = datetime.fromisoformat
