"""Properties of the two rules of rounding, and of amounts as text."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from revrec.errors import FeedError
from revrec.money import (
    Money,
    apportion,
    as_text,
    atoms,
    from_minor,
    minor_digits,
    round_ratio,
    to_minor,
)
from tests.properties.profiles import often
from tests.strategies import DECIMALS

amounts = st.integers(-(10**18), 10**18)
names = st.text("abcdefgh", min_size=1, max_size=3)
shares = st.dictionaries(names, st.integers(0, 10**12), min_size=1, max_size=12).filter(
    lambda found: any(found.values())
)
currencies = st.sampled_from(sorted(DECIMALS))


@often
@given(amounts, shares)
def test_apportioned_shares_sum_to_the_total(total: int, weights: dict[str, int]) -> None:
    """Not a unit is lost or made."""
    assert total == sum(apportion(total, weights).values())


@often
@given(amounts, shares)
def test_each_share_is_within_one_unit_of_exact(total: int, weights: dict[str, int]) -> None:
    """Nobody pays for another's rounding."""
    whole = sum(weights.values())

    for key, share in apportion(total, weights).items():
        assert abs(share - Fraction(total * weights[key], whole)) < 1


@often
@given(amounts, shares, st.randoms(use_true_random=False))
def test_shares_do_not_depend_on_the_order_of_weights(
    total: int, weights: dict[str, int], random: object
) -> None:
    """The same promises in another order are the same promises."""
    keys = list(weights)
    random.shuffle(keys)  # type: ignore[attr-defined]

    assert apportion(total, weights) == apportion(total, {key: weights[key] for key in keys})


@often
@given(amounts, shares)
def test_a_credit_mirrors_what_it_credits(total: int, weights: dict[str, int]) -> None:
    """Shares of the negative are the negatives of the shares."""
    mirrored = {key: -share for key, share in apportion(-total, weights).items()}

    assert apportion(total, weights) == mirrored


@often
@given(amounts, shares, st.integers(1, 10**6))
def test_only_proportions_of_weights_count(total: int, weights: dict[str, int], by: int) -> None:
    """Selling prices in cents or in euros allocate alike."""
    scaled = {key: weight * by for key, weight in weights.items()}

    assert apportion(total, weights) == apportion(total, scaled)


@often
@given(amounts, shares, st.text("xyz", min_size=1, max_size=2))
def test_a_longer_name_moves_no_cent(total: int, weights: dict[str, int], prefix: str) -> None:
    """Renaming obligations without changing their order changes no share."""
    renamed = apportion(total, {prefix + key: weight for key, weight in weights.items()})

    assert apportion(total, weights) == {key[len(prefix) :]: n for key, n in renamed.items()}


@often
@given(amounts, shares)
def test_nothing_goes_to_a_weight_of_zero(total: int, weights: dict[str, int]) -> None:
    """What has no selling price gets no part of the price."""
    apportioned = apportion(total, weights)

    assert all(apportioned[key] == 0 for key, weight in weights.items() if weight == 0)


@often
@given(st.integers(-(10**40), 10**40), st.integers(-(10**30), 10**30).filter(bool))
def test_round_ratio_is_exact_rounding(numerator: int, denominator: int) -> None:
    """Half to even, as exact fractions round."""
    assert round(Fraction(numerator, denominator)) == round_ratio(numerator, denominator)


@often
@given(st.integers(-(10**20), 10**20), st.integers(1, 10**10))
def test_round_ratio_mirrors(numerator: int, denominator: int) -> None:
    """Rounding a reversal reverses the rounding."""
    assert -round_ratio(numerator, denominator) == round_ratio(-numerator, denominator)


@often
@given(st.integers(-(10**20), 10**20), st.integers(1, 10**6), st.integers(1, 10**6))
def test_round_ratio_does_not_see_how_a_ratio_is_written(top: int, bottom: int, by: int) -> None:
    """1/2 and 2/4 round alike."""
    assert round_ratio(top, bottom) == round_ratio(top * by, bottom * by)


@often
@given(st.integers(-(10**36), 10**36), currencies)
def test_minor_units_and_decimals_are_inverse(minor: int, currency: str) -> None:
    """However large: no digit is lost on the way to text and back."""
    amount = from_minor(minor, currency)

    assert minor == to_minor(amount, currency)
    assert -minor_digits(currency) == amount.as_tuple().exponent


@often
@given(st.integers(-(10**36), 10**36), currencies)
def test_money_is_told_and_read_back(minor: int, currency: str) -> None:
    """``parse`` and ``str`` are inverse."""
    money = Money(minor, currency)

    assert money == Money.parse(str(money))


@often
@given(st.decimals(allow_nan=False, allow_infinity=False, places=5), currencies)
def test_an_amount_is_exact_or_refused(amount: Decimal, currency: str) -> None:
    """Never rounded: either the minor units are the amount, or it is an error."""
    try:
        minor = to_minor(amount, currency)
    except FeedError:
        assert (Fraction(amount) * 10 ** minor_digits(currency)).denominator > 1
    else:
        assert Fraction(amount) == Fraction(minor, 10 ** minor_digits(currency))


@often
@given(st.integers(-(10**37), 10**37), st.integers(0, 12))
def test_atoms_keep_every_digit(count: int, places: int) -> None:
    """38 digits of a rated amount are 38 digits of atoms."""
    assume(len(str(abs(count))) <= 38 - 12 + places)
    value = Decimal(f"{count}E-{places}")

    assert count * 10 ** (12 - places) == atoms(value, 12)


@often
@given(amounts, amounts, currencies)
def test_money_adds_like_integers(left: int, right: int, currency: str) -> None:
    """Addition, subtraction and negation, exactly."""
    one, other = Money(left, currency), Money(right, currency)

    assert Money(left + right, currency) == one + other
    assert one - other == -(other - one)
    assert one == one + Money.zero(currency)


@often
@given(amounts, currencies)
def test_an_amount_is_written_as_its_decimal_is(amount: int, currency: str) -> None:
    """All the currency's decimals, one digit before them, and the sign first."""
    assert as_text(amount, currency) == f"{from_minor(amount, currency)} {currency}"
