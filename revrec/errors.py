"""Every error revrec raises on purpose.

::

    RevrecError                  code, message, citation, remedy, attributes
      ContractError              the contract cannot be accounted for as given
        NotAContract             606-10-25-1 is not met; cash stays a liability
        MissingSellingPrice      an allocation needs a standalone selling price
        MissingEstimate          variable consideration without an estimate
        MissingExchangeRate      an amount has to be measured in another currency
        CurrencyMismatch         two currencies meet where one is needed
        UnsupportedTerm          the terms are outside what the engine computes; it never guesses
      FeedError                  bad bytes: file, row, column, value, accepted form
      NotFound                   nothing is known under that name
      PeriodError                the state of a period does not allow it
        PeriodClosed             a closed period does not change
        PeriodNotReady           lists what blocks the close
        CloseInProgress          another close of the period holds the lock
      AccessError                whoever acts is not let in
        Unauthorised             nothing shows who acts
        Forbidden                whoever acts has no right to do this
      ApprovalError              whoever approved it may not
        SelfApproval             preparer and approver are the same person
        ApprovalNeeded           one person alone may not do so much; another has to approve
      Conflict                   another request is being worked on, or got there first
        IdempotencyMismatch      a key reused for another request
        RequestInProgress        the same request is being worked on
        StaleVersion             the fact changed since it was read
      ReportError                a report cannot show its figures exactly, or is not complete
      StoreError                 a store cannot be reached, read or written; nothing was changed
      LedgerBroken               programmer error or tampering: stop, never catch
        UnbalancedEntry          debits and credits of an entry differ
        ChainBroken              an entry was changed, removed or put elsewhere
        InvariantViolated        what always holds does not

A message says what happened with its values, which side is off and by how much, and names the
place. ``remedy`` says what to do. ``attributes`` carry the values for machines.
"""

from __future__ import annotations

from typing import ClassVar


class RevrecError(Exception):
    """Base of all deliberate errors; ``code`` is stable and public."""

    code: ClassVar[str] = "revrec-error"

    def __init__(
        self, message: str, *, remedy: str = "", citation: str | None = None, **attributes: object
    ) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.citation = citation
        self.attributes = attributes

    @property
    def field(self) -> str:
        """The field that is wrong, if one is."""
        return str(self.attributes.get("field") or "")

    def __str__(self) -> str:
        parts = [self.message]
        if self.citation:
            parts.append(f"[{self.citation}]")
        if self.remedy:
            parts.append(self.remedy)
        return " ".join(parts)


class ContractError(RevrecError):
    code = "contract-error"


class NotAContract(ContractError):
    code = "not-a-contract"


class MissingSellingPrice(ContractError):
    code = "missing-selling-price"


class MissingEstimate(ContractError):
    code = "missing-estimate"


class MissingExchangeRate(ContractError):
    code = "missing-exchange-rate"


class CurrencyMismatch(ContractError):
    code = "currency-mismatch"


class UnsupportedTerm(ContractError):
    code = "unsupported-term"


class FeedError(RevrecError):
    code = "feed-error"


class NotFound(RevrecError):
    code = "not-found"


class PeriodError(RevrecError):
    code = "period-error"


class PeriodClosed(PeriodError):
    code = "period-closed"


class PeriodNotReady(PeriodError):
    code = "period-not-ready"


class CloseInProgress(PeriodError):
    code = "close-in-progress"


class AccessError(RevrecError):
    code = "access-error"


class Unauthorised(AccessError):
    code = "unauthorised"


class Forbidden(AccessError):
    code = "forbidden"


class ApprovalError(RevrecError):
    code = "approval-error"


class SelfApproval(ApprovalError):
    code = "self-approval"


class ApprovalNeeded(ApprovalError):
    code = "approval-needed"


class Conflict(RevrecError):
    code = "conflict"


class IdempotencyMismatch(Conflict):
    code = "idempotency-mismatch"


class RequestInProgress(Conflict):
    code = "request-in-progress"


class StaleVersion(Conflict):
    code = "stale-version"


class StoreError(RevrecError):
    code = "store-error"


class ReportError(RevrecError):
    code = "report-error"


class LedgerBroken(RevrecError):
    code = "ledger-broken"


class UnbalancedEntry(LedgerBroken):
    code = "unbalanced-entry"


class ChainBroken(LedgerBroken):
    code = "chain-broken"


class InvariantViolated(LedgerBroken):
    code = "invariant-violated"
