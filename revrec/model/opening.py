"""What another system had of a contract on the day the books move here: opening balances."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from revrec.model.contract import _STRICT


class OpeningBasis(StrEnum):
    """What is told of the time before the cutover."""

    BALANCES = "balances"
    """Balances only: obligations go on from the progress and the revenue told here."""
    HISTORY = "history"
    """Every fact since inception: all is computed anew, and what is told here is compared."""


class CutoverAccount(StrEnum):
    """What is compared at a cutover: revenue to date, and the balances of ``OpeningBalance``."""

    RECOGNISED = "recognised"
    RECEIVABLE = "receivable"
    CONTRACT_ASSET = "contract_asset"
    CONTRACT_LIABILITY = "contract_liability"
    REFUND_LIABILITY = "refund_liability"
    CONTRACT_COSTS = "contract_costs"


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlTotal:
    """What another system's ledger shows on an account for all contracts taken over on a day."""

    __pydantic_config__ = _STRICT

    kind: Literal["control_total"] = "control_total"
    id: str
    on: date
    """The day of cutover."""
    account: CutoverAccount
    currency: str
    amount: Decimal
    """The balance, positive on the account's own side; of several totals of an account the sum."""
    reason: str = ""
    """Why what was told by contract comes to something else, where a person accepts that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningObligation:
    """An obligation as the other system had it at the end of the day of cutover."""

    __pydantic_config__ = _STRICT

    obligation: str
    """Its id in the contract."""
    recognized: Decimal
    """Revenue recognised to date, usage included."""
    allocated: Decimal | None = None
    """Its part of the fixed price as the other system allocated it; by selling prices if left
    out. Told of all obligations that share in the price, or of none."""
    quantity: Decimal = Decimal(0)
    """Units delivered, weight reached, cost incurred or units used by then."""
    amount: Decimal | None = None
    """Rated value used by then; of usage without an entitlement ``recognized`` if left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningBalance:
    """A contract in flight, taken over from another system at the end of a period."""

    __pydantic_config__ = _STRICT

    kind: Literal["opening_balance"] = "opening_balance"
    id: str
    contract: str
    on: date
    """The day of cutover: the last day the other system accounts for, and of a period."""
    currency: str
    """The contract's, told again so that balances of another one are not taken for it."""
    basis: OpeningBasis = OpeningBasis.BALANCES
    obligations: tuple[OpeningObligation, ...]
    """Every obligation promised by then, those satisfied too."""
    billed: Decimal
    """Billed to date less credited, before tax."""
    billed_for_others: Decimal = Decimal(0)
    """Sales tax and what is for principals, billed to date."""
    paid: Decimal
    """Received to date less returned."""
    written_off: Decimal = Decimal(0)
    """Receivables written off to date."""
    receivable: Decimal = Decimal(0)
    """The other system's balance, which ours is tied to, as are the following."""
    contract_asset: Decimal = Decimal(0)
    contract_liability: Decimal = Decimal(0)
    refund_liability: Decimal = Decimal(0)
    contract_costs: Decimal = Decimal(0)
    """Capitalised costs not yet amortised. They are told as ``contract_cost``: what remains, on
    the day of cutover, or each cost on its own day."""
    rate: Decimal | None = None
    """Units of the functional currency at which a contract in another one is carried; the rate
    of the day of cutover if left out."""
    adjusts: bool = False
    """With ``history``: post what revenue to date differs as an adjustment at cutover."""
    reason: str = ""
    """Why the other system's balances differ from ours, where a person accepts that."""

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """Every amount told in the contract's currency."""
        told = (
            self.billed,
            self.billed_for_others,
            self.paid,
            self.written_off,
            self.receivable,
            self.contract_asset,
            self.contract_liability,
            self.refund_liability,
            self.contract_costs,
        )
        parts = [(each.recognized, each.allocated or Decimal(0)) for each in self.obligations]
        return (*told, *(amount for part in parts for amount in part))
