"""Terms of payment that finance the customer or the entity (606-10-32-15 to 32-20)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

_STRICT = {"extra": "forbid", "use_attribute_docstrings": True, "allow_inf_nan": False}


class Compounding(StrEnum):
    """How often interest is added to the balance that bears it."""

    ANNUAL = "annual"
    """Each year, counted from the first payment or transfer."""
    MONTHLY = "monthly"
    """Each month, at a twelfth of the annual rate."""
    DAILY = "daily"
    """Each day, at a 365th of the annual rate."""


class FinancingException(StrEnum):
    """Why terms of payment finance nobody, as judged (606-10-32-17)."""

    CUSTOMER_DISCRETION = "customer_discretion"
    """Paid in advance, and the customer decides when goods or services are transferred (a)."""
    VARIABLE_BEYOND_CONTROL = "variable_beyond_control"
    """Mostly variable by a future event that neither party controls, such as a royalty (b)."""
    OTHER_REASON = "other_reason"
    """The difference in time is for another reason, such as protection of a party (c)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedPayment:
    """Consideration expected to be paid on a day."""

    __pydantic_config__ = _STRICT

    on: date
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedTransfer:
    """A part of an obligation expected to be transferred on a day."""

    __pydantic_config__ = _STRICT

    obligation: str
    on: date
    share: Decimal = Decimal(1)
    """Part of the whole obligation, above 0 and up to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Financing:
    """A significant financing component: payments far from the transfers they pay for."""

    __pydantic_config__ = _STRICT

    payments: tuple[ExpectedPayment, ...]
    """What is paid and when, as agreed; paid elsewhere is paid on transfer."""
    transfers: tuple[ExpectedTransfer, ...] = ()
    """When what is delivered is expected to be transferred; by its end if left out."""
    annual_rate: Decimal | None = None
    """Rate of a separate financing between the parties at inception (32-19): 0.06."""
    cash_selling_price: Decimal | None = None
    """Or the price if paid on transfer, from which the rate follows (32-16a, 32-19)."""
    compounding: Compounding = Compounding.ANNUAL
    exception: FinancingException | None = None
    """Judged: why there is no significant financing component after all (32-17)."""
    basis: str = ""
    """Why, for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reschedule:
    """Payments or transfers are expected on other days; the rate stays (606-10-32-19)."""

    __pydantic_config__ = _STRICT

    kind: Literal["reschedule"] = "reschedule"
    id: str
    contract: str
    on: date
    payments: tuple[ExpectedPayment, ...]
    """All payments of the contract's life: past ones as made, later ones as expected now."""
    transfers: tuple[ExpectedTransfer, ...] = ()
    """All transfers of what is delivered, as expected now."""
    reason: str = ""
