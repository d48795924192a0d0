"""Ledger accounts mapped to the entity's chart, from a day on, for some postings or all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from revrec.model.contract import _STRICT
from revrec.model.policy import Account


class OpenBalances(StrEnum):
    """What becomes of balances that stand on another account when a mapping takes effect."""

    TRANSFER = "transfer"
    """They move to the new account with the first close under it."""
    RUN_OFF = "run_off"
    """They stay until what lowers them has used them up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountMapping:
    """A code and name in the chart for an account; of those that fit, the narrowest counts."""

    __pydantic_config__ = _STRICT

    id: str
    account: Account
    code: str
    name: str
    effective_from: date
    """Postings of the period of this day, and later ones."""
    product: str = ""
    """Only of this product ..."""
    obligation: str = ""
    """... obligation ..."""
    event: str = ""
    """... or event, such as breakage."""
    open_balances: OpenBalances | None = None
    """Chosen where balances stand elsewhere; without a choice they block the close."""
    reason: str = ""
    """Why, for the reader."""

    @property
    def narrowed(self) -> int:
        """By how much it is narrowed."""
        return sum(map(bool, (self.product, self.obligation, self.event)))

    def fits(self, product: str, obligation: str, event: str) -> bool:
        """Whether it is for such a posting."""
        return (
            self.product in {"", product}
            and self.obligation in {"", obligation}
            and self.event in {"", event}
        )
