"""How many digits of a number are shown."""

from __future__ import annotations

from decimal import Decimal

from revrec.money import minor_digits

PRICE_DIGITS = 6
"""Significant digits of a price that are shown; its cell holds all."""


def price_places(value: int | Decimal, currency: str | None) -> int:
    """Decimals of a price as shown: its own to six significant digits, at least the currency's.

    >>> [price_places(Decimal(text), "USD") for text in ("15000", "28.416667", "0.0000025")]
    [2, 4, 7]
    """
    own = Decimal(plain(value))
    least = minor_digits(currency) if currency else 0
    significant = PRICE_DIGITS - 1 - own.adjusted() if own else 0
    return max(least, min(-int(own.as_tuple().exponent), significant), 0)


def plain(value: int | Decimal) -> str:
    """All digits of a number and no more: no exponent, no zeros after the last decimal.

    >>> [plain(Decimal(text)) for text in ("1.500000000", "1E+3", "0.00")]
    ['1.5', '1000', '0']
    """
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
