"""Money: integer minor units of a currency, never a float.

Amounts enter as decimal strings, become integers of the currency's minor unit once, and are
split and scaled exactly. Two rules of rounding exist, both here: ``round_ratio`` (half to even)
and ``apportion`` (largest remainder). Step 5 states the first again in SQL; a test holds the two
together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from revrec.errors import CurrencyMismatch, FeedError, InvariantViolated

# ISO 4217 minor units that differ from two, then those that do not.
_DIGITS = {
    **dict.fromkeys(
        ("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
         "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}  # fmt: skip
_DIGITS |= dict.fromkeys(
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD "
    "MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP "
    "PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS "
    "TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG".split(),
    2,
)

AMOUNT_SCALE = 12
"""Decimal places kept of a rated amount: DECIMAL(38,12)."""
QUANTITY_SCALE = 9
"""Decimal places kept of a quantity: DECIMAL(38,9)."""
_POWERS = tuple(10**places for places in range(AMOUNT_SCALE + 1))


def minor_digits(currency: str) -> int:
    """Decimal places of a currency's minor unit (ISO 4217): USD 2, JPY 0, KWD 3."""
    digits = _DIGITS.get(currency)
    if digits is None:
        raise FeedError(
            f"{currency!r} is not an ISO 4217 currency code.",
            remedy="Use three capital letters such as USD, EUR or JPY.",
            value=currency,
        )
    return digits


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units; refuses digits the currency does not have.

    >>> to_minor(Decimal("1200.50"), "USD")
    120050
    """
    whole = _shifted(amount, minor_digits(currency))
    if whole is None:
        raise FeedError(
            f"{amount} {currency} has more decimals than {currency} has minor units "
            f"({minor_digits(currency)}).",
            remedy="Give the amount rounded to the minor unit.",
            value=str(amount),
        )
    return whole


def from_minor(amount: int, currency: str) -> Decimal:
    """The decimal amount with exactly the currency's decimals.

    >>> from_minor(120050, "USD")
    Decimal('1200.50')
    """
    return Decimal(f"{amount}E-{minor_digits(currency)}")


def as_text(amount: int, currency: str) -> str:
    """Minor units for a reader.

    >>> as_text(-150, "USD")
    '-1.50 USD'
    """
    return f"{with_decimals(amount, minor_digits(currency))} {currency}"


def with_decimals(whole: int, digits: int) -> str:
    """Units of the last of so many decimals, written out.

    >>> with_decimals(-5, 2), with_decimals(1200, 0)
    ('-0.05', '1200')
    """
    if not digits:
        return str(whole)
    told = str(abs(whole)).zfill(digits + 1)
    return f"{'-' if whole < 0 else ''}{told[:-digits]}.{told[-digits:]}"


def atoms(value: Decimal, scale: int) -> int:
    """A decimal as an integer of its last kept place; refuses further digits."""
    whole = _shifted(value, scale)
    if whole is None:
        raise FeedError(
            f"{value} has more than {scale} decimals.",
            remedy=f"Round to {scale}.",
            value=str(value),
        )
    return whole


def _shifted(value: Decimal, places: int) -> int | None:
    """``value x 10^places`` as an integer, or none if it is not whole; exact at any size.

    Decimal arithmetic would round to the context's digits before the check.
    """
    try:
        numerator, denominator = value.as_integer_ratio()
    except (ValueError, OverflowError) as error:
        raise FeedError(
            f"{value} is not a number.", remedy="Give a decimal such as 12.50.", value=str(value)
        ) from error
    power: int = _POWERS[places]
    if denominator == 1:
        return numerator * power
    whole, rest = divmod(numerator * power, denominator)
    return None if rest else whole


def round_ratio(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, half to even, mirrored for negatives.

    >>> [round_ratio(n, 2) for n in (1, 3, 5, -1, -3)]
    [0, 2, 2, 0, -2]
    """
    if denominator < 0:
        numerator, denominator = -numerator, -denominator
    magnitude = abs(numerator)
    quotient, remainder = divmod(magnitude, denominator)
    if 2 * remainder > denominator or (2 * remainder == denominator and quotient % 2 == 1):
        quotient += 1
    return quotient if numerator >= 0 else -quotient


def apportion(total: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split total in proportion to weights, exactly.

    Whole units left over by the division go to the largest remainders, ties to
    the lower key, so the order in which weights arrive does not matter. Negative
    totals mirror positive ones: a credit undoes the invoice it credits.

    >>> apportion(100, {"a": 50, "b": 25, "c": 75})
    {'a': 33, 'b': 17, 'c': 50}
    """
    if not total:
        return dict.fromkeys(weights, 0)
    if total < 0:
        return {key: -share for key, share in apportion(-total, weights).items()}
    whole = sum(weights.values())
    if not whole:
        raise InvariantViolated(
            f"{total} cannot be shared: the weights of {', '.join(weights) or 'no one'} are zero."
        )
    shares: dict[str, int] = {}
    remainders: list[tuple[int, str]] = []
    for key, weight in weights.items():
        shares[key], remainder = divmod(total * weight, whole)
        remainders.append((-remainder, key))
    left = total - sum(shares.values())
    for _, key in sorted(remainders)[:left]:
        shares[key] += 1
    return shares


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency in integer minor units.

    >>> str(Money.parse("1200.00 USD") + Money(150, "USD"))
    '1201.50 USD'
    """

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str) -> Money:
        """The inverse of ``str``: a decimal, a space, a currency code."""
        amount, _, currency = text.partition(" ")
        try:
            return cls(to_minor(Decimal(amount), currency), currency)
        except InvalidOperation as error:
            raise FeedError(
                f"{text!r} is not an amount of money.",
                remedy="Write a decimal, a space and a currency: 1200.00 USD.",
                value=text,
            ) from error

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    @property
    def decimal(self) -> Decimal:
        """The amount with the currency's decimals, for readers."""
        return from_minor(self.minor, self.currency)

    def __str__(self) -> str:
        return as_text(self.minor, self.currency)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self} and {other} are of two currencies and do not add.")
        return other.minor
