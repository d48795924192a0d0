"""Cash against invoices: what is overdue, paid twice, paid beyond the bill, or applied to nothing.

A payment that names an invoice is applied to it; one that names none pays the contract's open
invoices, oldest first, and what is left is unapplied. Of contracts that were taken over it may pay
invoices of the other system, which nobody can tell here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol, TypeVar

from revrec.model.events import Invoice, InvoiceLine, Payment
from revrec.model.finding import Cause, Seen
from revrec.model.history import Book, ContractHistory
from revrec.periods import Calendar

CHECK = "cash"
OVERDUE, UNAPPLIED = "invoice_overdue", "payment_unapplied"
PAID_TWICE, PAID_MORE = "paid_twice", "paid_more"
NO_INVOICE = "payment_without_invoice"


@dataclass(slots=True)
class _Account:
    """An invoice with what was credited and paid of it."""

    invoice: Invoice
    owed: Decimal
    payments: list[Payment] = field(default_factory=list)
    refunded: Decimal = Decimal(0)

    @property
    def open(self) -> Decimal:
        """What is still to be paid; below zero where more was paid."""
        paid = sum((each.amount for each in self.payments), Decimal(0))
        return self.owed - paid + self.refunded


def cash_findings(book: Book, calendar: Calendar, *, as_of: date, days: int) -> list[Seen]:
    """What is wrong with the cash of every contract, as known on a day.

    Books that were never told a payment keep their cash elsewhere: nothing is overdue here.
    ``days`` is how long an invoice without a due day, or a payment without an invoice, may stand.
    """
    if not any(each.payments for each in book.histories.values()):
        return []
    found: list[Seen] = []
    for _, history in sorted(book.histories.items()):
        if history.invoices or history.payments:
            found += _of_contract(history, calendar, as_of, days)
    return found


def _of_contract(
    history: ContractHistory, calendar: Calendar, as_of: date, days: int
) -> Iterator[Seen]:
    def seen(reason: str, subject: str, amount: Decimal, since: date, sentence: str) -> Seen:
        return Seen(
            cause=Cause(check=CHECK, reason=reason, contract=history.contract.id, subject=subject),
            customer=history.contract.customer,
            currency=history.contract.currency,
            amount=amount,
            since=since,
            first_period=str(calendar.of(since)),
            sentence=sentence,
            remedy=_REMEDIES[reason],
        )

    accounts = _accounts(history, as_of)
    for payment in _told(history.payments, as_of):
        if payment.invoice not in accounts | {None: None} and not history.openings:
            told = f"{payment.id} pays {payment.invoice}, which is no invoice of the contract."
            yield seen(NO_INVOICE, payment.id, payment.amount, payment.on, told)
    for name, account in accounts.items():
        if account.open < 0:
            yield seen(*_overpaid(name, account))
    unnamed = [each for each in _told(history.payments, as_of) if each.invoice is None]
    returned = [each for each in _told(history.refunds, as_of) if each.invoice is None]
    left = _sum(unnamed) - _sum(returned)
    for name, account in accounts.items():
        drawn = max(min(left, account.open), Decimal(0))
        left -= drawn
        rest = account.open - drawn
        due = account.invoice.due or account.invoice.on + timedelta(days=days)
        if rest > 0 and due < as_of:
            told = f"{rest:,f} of {name} was due on {due} and is not paid."
            yield seen(OVERDUE, name, -rest, due, told)
    last = max((each.on for each in unnamed), default=as_of)
    if left > 0 and last < as_of - timedelta(days=days) and not history.openings:
        told = f"{left:,f} was paid, the last on {last}, and is of no invoice."
        yield seen(UNAPPLIED, "payments", left, last, told)


class _Cash(Protocol):
    """A payment, a refund or a write-off."""

    @property
    def on(self) -> date: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def invoice(self) -> str | None: ...


_Told = TypeVar("_Told", bound=_Cash)


def _told(events: Iterable[_Told], as_of: date) -> list[_Told]:
    return [each for each in events if each.on <= as_of]


def _sum(events: Iterable[_Cash]) -> Decimal:
    return sum((each.amount for each in events), Decimal(0))


def _accounts(history: ContractHistory, as_of: date) -> dict[str, _Account]:
    """The invoices told by a day, oldest first, with what was credited, paid and given up."""
    told = sorted(history.invoices, key=lambda each: (each.on, each.id))
    accounts = {
        each.id: _Account(invoice=each, owed=_payable(each.lines))
        for each in told
        if each.on <= as_of
    }
    for memo in history.credit_memos:
        if memo.invoice in accounts and memo.on <= as_of:
            accounts[memo.invoice].owed -= _payable(memo.lines)
    for lost in _told(history.write_offs, as_of):
        if lost.invoice in accounts:
            accounts[lost.invoice].owed -= lost.amount
    for refund in _told(history.refunds, as_of):
        if refund.invoice in accounts:
            accounts[refund.invoice].refunded += refund.amount
    for payment in _told(history.payments, as_of):
        if payment.invoice in accounts:
            accounts[payment.invoice].payments.append(payment)
    return accounts


def _payable(lines: Iterable[InvoiceLine]) -> Decimal:
    """What the customer pays: the price, tax, and what is collected for a principal."""
    return sum((each.amount + each.tax + each.for_principal for each in lines), Decimal(0))


def _overpaid(name: str, account: _Account) -> tuple[str, str, Decimal, date, str]:
    """Paid twice if the excess is what a repeated payment brought, else paid more."""
    more = -account.open
    times = Counter(each.amount for each in account.payments)
    last = max((each.on for each in account.payments), default=account.invoice.on)
    if times[more] > 1:
        documents = " and ".join(each.id for each in account.payments if each.amount == more)
        return PAID_TWICE, name, more, last, f"{name} was paid twice, by {documents}."
    told = f"{more:,f} more was paid of {name} than it bills after credits."
    return PAID_MORE, name, more, last, told


_REMEDIES = {
    OVERDUE: "Collect it, credit what is disputed, or write off what will not come.",
    UNAPPLIED: "Name the invoice it pays, or give it back.",
    PAID_TWICE: "Give one back, or apply it to another invoice with the customer's word.",
    PAID_MORE: "Give it back, or apply it to another invoice with the customer's word.",
    NO_INVOICE: "Correct the invoice that the payment names.",
}
