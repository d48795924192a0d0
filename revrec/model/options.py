"""What customers do with rights to buy more: use them, in whole or part, or let them lapse."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from revrec.model.contract import _STRICT, PerformanceObligation


@dataclass(frozen=True, slots=True, kw_only=True)
class Exercise:
    """A right is used: what was deferred for it joins the price of what is bought (55-42).

    ``buys`` may be left out for a renewal used as a whole: its own service goes into force.
    """

    __pydantic_config__ = _STRICT

    kind: Literal["exercise"] = "exercise"
    id: str
    contract: str
    on: date
    right: str
    """Id of the obligation that is the right."""
    price: Decimal = Decimal(0)
    """New money: what is charged for what is bought, after the discount."""
    quantity: Decimal | None = None
    """How much of the right is used, in units of its ``quantity``; all that is left if left out."""
    buys: tuple[PerformanceObligation, ...] = ()
    """The goods bought, new obligations of the contract."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapse:
    """A right comes to its end unused: what is deferred for it is revenue (55-42)."""

    __pydantic_config__ = _STRICT

    kind: Literal["lapse"] = "lapse"
    id: str
    contract: str
    on: date
    right: str
    """Id of the obligation that is the right."""
    quantity: Decimal | None = None
    """How much of it lapses, in units of its ``quantity``; all that is left if left out."""
    reason: str = ""
