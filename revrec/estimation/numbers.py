"""Array types, the seeded generator, and the way back from floats to decimals."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Booleans = NDArray[np.bool_]

MODEL_VERSION = "1"
"""Version of the statistics: changes when the same seed and data give other numbers."""
_QUANTITY_PLACES = Decimal("0.000001")
_RATIO_PLACES = Decimal("0.0001")


def generator(seed: int) -> Generator:
    """The one source of chance of a run; it is passed on, never shared behind the back."""
    return np.random.default_rng(seed)


def quantity(value: float) -> Decimal:
    """A quantity to six decimals, half to even: what is recorded of a float."""
    return Decimal(repr(float(value))).quantize(_QUANTITY_PLACES, rounding=ROUND_HALF_EVEN)


def ratio(value: float) -> Decimal:
    """A probability or share to four decimals, half to even."""
    return Decimal(repr(float(value))).quantize(_RATIO_PLACES, rounding=ROUND_HALF_EVEN)


def money(value: float, digits: int) -> Decimal:
    """An amount in the currency's own decimals, half to even."""
    places = Decimal(1).scaleb(-digits)
    return Decimal(repr(float(value))).quantize(places, rounding=ROUND_HALF_EVEN)
