"""Shapes of answers that several rooms share. Amounts are exact decimals."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """An amount of money with its currency."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What was done to whom."""

    name: str
    done: str
