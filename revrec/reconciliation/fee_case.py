"""What the rules over fixed fees are given, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from revrec.model.history import ContractHistory
from revrec.money import to_minor
from revrec.periods import Period
from revrec.reconciliation.bills import Bill
from revrec.reconciliation.ratios import Slips
from revrec.reconciliation.reasons import Reason
from revrec.reconciliation.schedules import Schedule
from revrec.reconciliation.terms import Terms


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeDifference:
    """An amount of a contract's fixed fees that a rule has named."""

    reason: Reason
    consideration: str
    obligation: str
    month: Period
    amount: int
    """Invoiced less what should have been, in minor units."""
    should: int
    """What should have been invoiced for the same, in minor units."""
    documents: tuple[str, ...]
    on: date
    """Day of the document, or the day by which there should have been one."""
    note: str
    """What is wrong, for the sentence of the finding."""


@dataclass(slots=True, kw_only=True)
class FeeCase:
    """The fixed fees of one contract while the rules look at them."""

    history: ContractHistory
    terms: Terms
    bills: Sequence[Bill]
    """Lines for fixed consideration that were not taken back in full."""
    first: Period
    through: Period
    as_of: date
    slips: Slips
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    settled: set[tuple[str, int]] = field(default_factory=set)
    """Document and position of lines that a rule has explained."""
    supported: set[tuple[str, int]] = field(default_factory=set)
    """Credits that correct an invoice found wrong."""
    found: list[FeeDifference] = field(default_factory=list)

    def open_lines(self, consideration: str | None = None) -> list[Bill]:
        """Invoice lines not yet explained, of one consideration or of all."""
        return [
            each
            for each in self.bills
            if not each.credit
            and key(each) not in self.settled
            and consideration in {None, each.consideration}
        ]

    def credits(self, line: Bill) -> list[Bill]:
        """Credits of the same consideration and obligation against the line's invoice."""
        subject = (line.document, line.consideration, line.obligation)
        return [
            each
            for each in self.bills
            if each.credit and (each.corrects, each.consideration, each.obligation) == subject
        ]

    def excess(self, consideration: str | None = None) -> int:
        """Invoiced above what is promised, less what was found; of one or all considerations."""
        either: list[Bill | FeeDifference] = [*self.bills, *self.found]
        signed = (
            each.amount if isinstance(each, Bill) else -each.amount
            for each in either
            if consideration in {None, each.consideration}
        )
        return sum(signed) - self.promised(consideration)

    def unnamed(self, obligation: str | None) -> bool:
        """Whether lines that name no fee may be for this obligation's."""
        return any(
            not each.consideration and each.obligation in {"", obligation} for each in self.bills
        )

    def promised(self, consideration: str | None = None) -> int:
        """The fixed price of one consideration, or of the contract as modified."""
        if consideration is None:
            return self.terms.price
        return to_minor(
            self.terms.consideration[consideration].amount, self.terms.contract.currency
        )


def key(line: Bill) -> tuple[str, int]:
    """What tells a line of a contract from every other."""
    return line.document, line.position
