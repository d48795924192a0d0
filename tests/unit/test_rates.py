"""Which exchange rate stands on a day and for a month, by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from revrec.errors import MissingExchangeRate
from revrec.ledger.rates import Rates
from revrec.model.currencies import ExchangeRate, RateBasis
from revrec.periods import Calendar, Pattern, Period

FEBRUARY = Period(2026, 2)


def february(day: int) -> date:
    """A day of February 2026, which has 28."""
    return date(2026, 2, day)


def rate(worth: str, on: date, **told) -> ExchangeRate:
    """Of euros into dollars, unless told otherwise."""
    usual = {"id": f"r {on}", "currency": "EUR", "into": "USD"}
    return ExchangeRate(**{**usual, **told}, rate=Decimal(worth), on=on)


def rates(*told: ExchangeRate, into: str = "USD", stands_days: int = 3) -> Rates:
    """Rates that stand for three days."""
    return Rates(into, told, stands_days=stands_days)


def test_a_rate_stands_for_so_many_days():
    """That of the 10th stands to the 13th, unless another is told."""
    known = rates(rate("2", february(10)), rate("1.5", february(12)))

    assert [known.spot("EUR", february(day)) for day in (10, 11, 12, 15)] == [
        2,
        2,
        Fraction(3, 2),
        Fraction(3, 2),
    ]


@pytest.mark.parametrize(
    ("day", "last"),
    [
        (9, "there is none before"),
        (14, "the last before is of 2026-02-10"),
    ],
)
def test_without_a_rate_that_stands_it_says_which_is_missing(day, last):
    """The day before the first, and the day after it stood."""
    with pytest.raises(MissingExchangeRate) as refusal:
        rates(rate("2", february(10)), rate("3", february(20))).spot("EUR", february(day))

    assert refusal.value.message == (
        f"No exchange rate of EUR into USD stands on 2026-02-{day:02}: {last}, and a rate stands "
        "for 3 days."
    )
    assert refusal.value.attributes == {
        "currency": "EUR",
        "into": "USD",
        "day": f"2026-02-{day:02}",
    }


def test_a_currency_of_which_nothing_was_told():
    """Rates into another currency, and of the other direction, are no rates."""
    known = rates(
        rate("2", february(1), into="GBP"), rate("2", february(1), currency="USD", into="EUR")
    )

    with pytest.raises(MissingExchangeRate, match="there is none before"):
        known.spot("EUR", february(1))


@pytest.mark.parametrize(
    ("currency", "into", "worth"),
    [("JPY", "USD", 200), ("USD", "JPY", Fraction(2, 100)), ("KWD", "USD", Fraction(2, 10))],
)
def test_rates_are_between_minor_units(currency, into, worth):
    """A yen of 2 dollars is 200 cents; a cent of 2 yen a dollar is a fiftieth of a yen."""
    known = rates(rate("2", february(1), currency=currency, into=into), into=into)

    assert known.spot(currency, february(1)) == worth


def test_of_two_rates_of_a_day_the_later_name_stands():
    """Whatever the order in which they arrive."""
    told = [rate("2", february(1), id="b"), rate("3", february(1), id="a")]

    assert rates(*told).spot("EUR", february(1)) == 2
    assert rates(*reversed(told)).spot("EUR", february(1)) == 2


def test_a_month_is_worth_the_average_told():
    """It is of the whole month of its day, and no rate of any day."""
    known = rates(
        rate("2", february(14), basis=RateBasis.AVERAGE), rate("9", february(1), id="spot")
    )

    assert known.average("EUR", FEBRUARY) == 2
    assert known.spot("EUR", february(1)) == 9
    with pytest.raises(MissingExchangeRate):
        known.spot("EUR", february(14))


def test_without_one_the_average_of_the_days_that_have_a_rate():
    """15 to 18 at 2 and 22 to 26 at 3, the last told on the 23rd: (8 + 15) / 9."""
    known = rates(rate("2", february(15)), rate("3", february(22)), rate("3", february(23)))

    assert known.average("EUR", FEBRUARY) == Fraction(23, 9)


def test_the_first_and_the_last_day_of_the_month_count():
    """2 stands on the 1st from January; 4 on the 28th: 3 on average."""
    known = rates(rate("2", date(2026, 1, 29)), rate("4", february(28)))

    assert known.average("EUR", FEBRUARY) == 3


def test_a_month_without_any_rate_misses_that_of_its_last_day():
    """Rates of the months beside it do not stand."""
    known = rates(rate("2", date(2026, 1, 28)), rate("2", date(2026, 3, 1)))

    with pytest.raises(MissingExchangeRate, match="stands on 2026-02-28"):
        known.average("EUR", FEBRUARY)


def test_periods_of_weeks_have_rates_of_their_days():
    """FY2026-P01 is 28 December to 24 January, FY2026-P02 to 21 February.

    The average of 24 January is of the first and that of the 25th of the second; without any, 28
    days of 2 but for the last 7 of 4: 2.5. A period without a rate misses that of its last day.
    """
    weeks = Calendar(pattern=Pattern.WEEKS_4_4_5)
    first, second = weeks.parse("FY2026-P01"), weeks.parse("FY2026-P02")
    told = [(date(2026, 1, 24), "3"), (date(2026, 1, 25), "5")]
    averages = rates(*(rate(of, day, basis=RateBasis.AVERAGE, id=of) for day, of in told))
    spots = rates(rate("2", date(2025, 12, 28)), rate("4", date(2026, 1, 18)), stands_days=31)

    assert (3, 5) == (averages.average("EUR", first), averages.average("EUR", second))
    assert Fraction(5, 2) == spots.average("EUR", first)
    with pytest.raises(MissingExchangeRate, match="stands on 2026-03-28"):
        spots.average("EUR", second.next)
