"""Documents for a general ledger: balanced journals with an id of their own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from revrec.errors import UnbalancedEntry
from revrec.periods import Period


class Grain(StrEnum):
    """What a line of an export stands for."""

    ACCOUNT = "account"
    """An account of the chart in a currency."""
    PRODUCT = "product"
    """An account and product in a currency."""
    POSTING = "posting"
    """A posting, with its contract and obligation; one document for each journal entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """Which close is exported, or a look ahead."""

    entity: int
    period: Period
    ordinal: int
    """The close's number in its period; 0 for a flash close, which is no record."""
    run: str
    """Digest that names the content: the chain head of the close, or of what a flash shows."""
    created: date
    """Day of the close or the look ahead, UTC."""
    currency: str
    """The entity's functional currency."""
    book: str = ""
    """The book, as journal entries name theirs; empty for the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLine:
    """A debit (positive) or credit (negative); empty text where the grain has no such thing."""

    account: str
    """Code in the chart of accounts."""
    account_name: str
    ledger_account: str
    """A value of ``revrec.model.policy.Account``."""
    product: str
    amount: int
    """Minor units of the document's currency, debit positive."""
    functional: int | None
    """Minor units of the functional currency; none where the document has none."""
    customer: str = ""
    contract: str = ""
    obligation: str = ""
    event: str = ""
    origin: str = ""
    """Economic month, where a line has one."""
    entry: str = ""
    """Number of the journal entry, where a line is of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A balanced journal of one currency."""

    id: str
    """The external id: the same whenever the same close is exported, and no other's."""
    batch: str
    """What the documents of an export have in common: entity, month, close and grain."""
    period: Period
    on: date
    """Accounting date: the last day of the period."""
    currency: str
    functional_currency: str
    """Empty where lines have no functional amount."""
    memo: str
    lines: tuple[DocumentLine, ...]

    def check(self) -> None:
        """Raise UnbalancedEntry unless debits equal credits, in both currencies."""
        sums: defaultdict[str, int] = defaultdict(int)
        for line in self.lines:
            sums[self.currency] += line.amount
            if line.functional is not None:
                sums[f"{self.functional_currency}, functional"] += line.functional
        for currency, off in sums.items():
            if off:
                side = "debits exceed credits" if off > 0 else "credits exceed debits"
                raise UnbalancedEntry(
                    f"Document {self.id}: {side} by {abs(off)} {currency} (minor units).",
                    currency=currency,
                    difference=off,
                )

    @property
    def debits(self) -> int:
        """Sum of debits in minor units of the currency."""
        return sum(line.amount for line in self.lines if line.amount > 0)
