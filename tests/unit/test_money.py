"""Money is exact: integer minor units, two rules of rounding, refusal of what does not fit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from revrec.errors import CurrencyMismatch, FeedError, InvariantViolated
from revrec.money import Money, apportion, atoms, from_minor, minor_digits, round_ratio, to_minor


@pytest.mark.parametrize(
    ("currency", "digits"),
    [
        ("JPY", 0),
        ("KRW", 0),
        ("CLP", 0),
        ("USD", 2),
        ("EUR", 2),
        ("GBP", 2),
        ("KWD", 3),
        ("BHD", 3),
    ],
)
def test_minor_digits_follow_iso_4217(currency: str, digits: int) -> None:
    """Each currency has the decimals of ISO 4217: yen none, dollars two, dinars three."""
    assert digits == minor_digits(currency)


@pytest.mark.parametrize("text", ["", "usd", "US", "USDD", "XXX", "BTC", "ÜSD"])
def test_what_is_no_currency_is_refused(text: str) -> None:
    """A code that ISO 4217 does not know names itself in the refusal."""
    with pytest.raises(FeedError) as refusal:
        minor_digits(text)

    assert text == refusal.value.attributes["value"]
    assert "ISO 4217" in refusal.value.message


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("1200.50", "USD", 120050),
        ("1200.5", "USD", 120050),
        ("-0.01", "USD", -1),
        ("0", "USD", 0),
        ("-0", "USD", 0),
        ("1E+3", "USD", 100000),
        ("100", "JPY", 100),
        ("100.000", "JPY", 100),
        ("1.234", "KWD", 1234),
        ("99999999999999999999.99", "USD", 9999999999999999999999),
    ],
)
def test_amounts_become_minor_units_exactly(amount: str, currency: str, minor: int) -> None:
    """Trailing zeros and exponents are ways of writing; the value is what counts."""
    assert minor == to_minor(Decimal(amount), currency)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.001", "USD"), ("-1200.505", "USD"), ("0.5", "JPY"), ("1.2345", "KWD"), ("1E-3", "USD")],
)
def test_decimals_a_currency_does_not_have_are_refused(amount: str, currency: str) -> None:
    """An amount is never rounded on the way in: half a yen is an error, not a yen."""
    with pytest.raises(FeedError) as refusal:
        to_minor(Decimal(amount), currency)

    assert str(Decimal(amount)) == refusal.value.attributes["value"]
    assert currency in refusal.value.message


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (120050, "USD", "1200.50"),
        (0, "USD", "0.00"),
        (-1, "USD", "-0.01"),
        (7, "JPY", "7"),
        (-1234, "KWD", "-1.234"),
    ],
)
def test_minor_units_show_all_decimals_of_the_currency(
    minor: int, currency: str, text: str
) -> None:
    """A whole dollar amount still shows its cents."""
    assert text == str(from_minor(minor, currency))


@pytest.mark.parametrize("text", ["NaN", "-NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_refused(text: str) -> None:
    """Neither an amount nor a count is infinite or unknown."""
    with pytest.raises(FeedError, match="not a number"):
        to_minor(Decimal(text), "USD")
    with pytest.raises(FeedError, match="not a number"):
        atoms(Decimal(text), 9)


def test_no_digit_is_lost_however_many_there_are() -> None:
    """Decimal's 28 digits of context do not reach money: 31 and 38 digits stay as they are."""
    minor = 1234567890123456789012345678901

    assert minor == to_minor(Decimal("12345678901234567890123456789.01"), "USD")
    assert "12345678901234567890123456789.01" == str(from_minor(minor, "USD"))
    assert 12345678901234567890123456123456789012 == atoms(
        Decimal("12345678901234567890123456.123456789012"), 12
    )


def test_atoms_keep_every_decimal_place() -> None:
    """A rated amount of a trillionth is one atom at scale 12."""
    assert 1 == atoms(Decimal("0.000000000001"), 12)
    assert -2_500_000_000 == atoms(Decimal("-2.5"), 9)


def test_atoms_refuse_a_thirteenth_decimal() -> None:
    """What the store cannot keep is refused, not rounded."""
    with pytest.raises(FeedError, match="more than 12 decimals"):
        atoms(Decimal("0.0000000000001"), 12)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"),
    [
        (1, 2, 0),  # 0.5: down to even
        (3, 2, 2),  # 1.5: up to even
        (5, 2, 2),  # 2.5: down to even
        (7, 2, 4),  # 3.5: up to even
        (-1, 2, 0),
        (-3, 2, -2),
        (-5, 2, -2),
        (1, 3, 0),
        (2, 3, 1),
        (-2, 3, -1),
        (4, 2, 2),
        (0, 7, 0),
        (5, -2, -2),
        (-3, -2, 2),
        (10**40 + 1, 2, 5 * 10**39),  # beyond any float: half, and 5E39 is even
    ],
)
def test_halves_go_to_the_even_neighbour(numerator: int, denominator: int, rounded: int) -> None:
    """Half to even on both sides of zero, whatever the sign of the denominator."""
    assert rounded == round_ratio(numerator, denominator)


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        # 100 x 50/150 = 33.33, x 25/150 = 16.67, x 75/150 = 50: the spare unit goes to .67
        (100, {"a": 50, "b": 25, "c": 75}, {"a": 33, "b": 17, "c": 50}),
        # equal remainders: the lower key
        (100, {"b": 1, "a": 1, "c": 1}, {"a": 34, "b": 33, "c": 33}),
        (101, {"c": 1, "b": 1, "a": 1}, {"a": 34, "b": 34, "c": 33}),
        (-100, {"a": 50, "b": 25, "c": 75}, {"a": -33, "b": -17, "c": -50}),
        (0, {"a": 1, "b": 2}, {"a": 0, "b": 0}),
        (1, {"a": 1, "b": 10**30}, {"a": 0, "b": 1}),
        (5, {"a": 0, "b": 3}, {"a": 0, "b": 5}),
        (7, {"only": 3}, {"only": 7}),
    ],
)
def test_apportion_gives_spare_units_to_the_largest_remainders(
    total: int, weights: dict[str, int], shares: dict[str, int]
) -> None:
    """Largest remainder, ties to the lower key, negatives mirrored; figures worked by hand."""
    assert shares == apportion(total, weights)


@pytest.mark.parametrize("weights", [{}, {"a": 0}, {"a": 0, "b": 0}])
def test_an_amount_that_nobody_shares_in_is_not_lost(weights: dict[str, int]) -> None:
    """Without a weight above zero there is no share: that is an error, not an empty answer."""
    with pytest.raises(InvariantViolated, match="100 cannot be shared"):
        apportion(100, weights)


def test_money_parses_what_it_prints() -> None:
    """``parse`` is the inverse of ``str``."""
    assert Money(120050, "USD") == Money.parse("1200.50 USD")
    assert "1200.50 USD" == str(Money.parse("1200.5 USD"))
    assert "-7 JPY" == str(Money(-7, "JPY"))


@pytest.mark.parametrize("text", ["12.00", "12.00 usd", "12.345 USD", "twelve USD", "", "NaN USD"])
def test_money_refuses_what_is_no_amount_of_a_currency(text: str) -> None:
    """The currency is part of the amount."""
    with pytest.raises(FeedError):
        Money.parse(text)


def test_one_currency_adds_and_two_do_not() -> None:
    """Dollars and euros have no sum without a rate."""
    ten = Money(1000, "USD")

    assert Money(1500, "USD") == ten + Money(500, "USD")
    assert Money(500, "USD") == ten - Money(500, "USD")
    assert Money(-1000, "USD") == -ten
    assert Money.zero("USD") == ten - ten
    with pytest.raises(CurrencyMismatch, match=r"10\.00 USD and 5\.00 EUR"):
        ten + Money(500, "EUR")
    with pytest.raises(CurrencyMismatch, match="two currencies"):
        ten - Money(500, "EUR")


def test_money_tells_its_decimals() -> None:
    """With the decimals of its currency, for a reader."""
    assert Money(-150, "USD").decimal == Decimal("-1.50")
    assert str(Money(5, "JPY")) == "5 JPY"
