"""Consideration other than cash, and what is payable to the customer (606-10-32-21 to 32-27)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class NonCash:
    """Consideration that is not cash, worth ``amount`` at contract inception (606-10-32-21)."""

    __pydantic_config__ = _STRICT

    what: str
    """What the customer gives: shares, materials, advertising."""
    quantity: Decimal = Decimal(1)
    """How much of it the amount is the fair value of."""
    measured_on: date
    """The day of that fair value: contract inception. Later changes in it are no revenue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payable:
    """What is promised to the customer, or to who buys from it (606-10-32-25 to 32-27)."""

    __pydantic_config__ = _STRICT

    distinct: bool = False
    """Judged: paid for a distinct good or service that the customer gives."""
    fair_value: Decimal | None = None
    """Of what is distinct; if it cannot be estimated, all of the amount comes off the price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NonCashReceipt:
    """Non-cash consideration that came in (606-10-32-21)."""

    __pydantic_config__ = _STRICT

    kind: Literal["noncash_receipt"] = "noncash_receipt"
    id: str
    contract: str
    on: date
    consideration: str
    """The non-cash consideration it settles, in whole or part."""
    quantity: Decimal = Decimal(1)
    """How much of it came in; positive."""
    fair_value: Decimal | None = None
    """What it is worth on this day, for the reader; the difference is no revenue (32-23)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPromise:
    """An amount promised to the customer after inception (606-10-32-27)."""

    __pydantic_config__ = _STRICT

    kind: Literal["customer_promise"] = "customer_promise"
    id: str
    contract: str
    on: date
    """The day of the promise, even if payment hangs on a future event."""
    amount: Decimal
    """What is promised; positive."""
    obligation: str | None = None
    """The obligation whose sales it rewards; all of them if left out."""
    payable: Payable = Payable()
    reason: str = ""
