"""Goods that came back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from revrec.model.contract import _STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsReturn:
    """Units the customer gave back under its right to return them (606-10-55-22)."""

    __pydantic_config__ = _STRICT

    kind: Literal["return"] = "return"
    id: str
    contract: str
    on: date
    """The day the entity had the goods back."""
    obligation: str
    quantity: Decimal = Decimal(1)
    """Units that came back; positive."""
