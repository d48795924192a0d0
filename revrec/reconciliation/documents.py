"""What contracts say against the documents that are there, or are not.

A contract long in service without any invoice, an amendment after which every bill is of the old
amount, revenue of a contract that has ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from revrec.model.contract import ConsiderationKind
from revrec.model.events import Modification
from revrec.model.finding import Cause, Seen
from revrec.model.history import Book, ContractHistory
from revrec.money import from_minor
from revrec.periods import Calendar
from revrec.reconciliation.terms import terms_of

CHECK = "contracts"
NO_INVOICE = "contract_without_invoice"
AMENDMENT = "amendment_not_billed"
REVENUE = "revenue_after_end"
_REMEDIES = {
    NO_INVOICE: "Invoice it, or resolve the finding with what its terms say of billing.",
    AMENDMENT: "Bill at the changed price and invoice the difference.",
    REVENUE: "Record the renewal if there is one, or correct the end of the contract.",
}

Earned = Mapping[str, Sequence[tuple[date, int]]]
"""Contract -> revenue in minor units by the first day of its economic period."""


def document_findings(
    book: Book, earned: Earned, calendar: Calendar, *, as_of: date, days: int
) -> list[Seen]:
    """Findings of every contract as known on a day.

    ``days`` is how long a contract may be in service, and an amendment in force, without a bill.
    """
    found: list[Seen] = []
    for name, history in sorted(book.histories.items()):
        told = [
            *_without_invoice(history, calendar, as_of, days),
            *_amendments(history, as_of, days),
            *_after_end(history, calendar, earned.get(name, ()), as_of),
        ]
        for reason, subject, amount, since, sentence in told:
            found.append(
                Seen(
                    cause=Cause(check=CHECK, reason=reason, contract=name, subject=subject),
                    customer=history.contract.customer,
                    currency=history.contract.currency,
                    amount=amount,
                    since=since,
                    first_period=str(calendar.of(since)),
                    sentence=sentence,
                    remedy=_REMEDIES[reason],
                )
            )
    return found


_Found = tuple[str, str, Decimal, date, str]


def _without_invoice(
    history: ContractHistory, calendar: Calendar, as_of: date, days: int
) -> Iterator[_Found]:
    """A fixed price, in service for long, and nothing was ever invoiced.

    What is billed when it is done may take as long as it takes.
    """
    contract = history.contract
    starts = contract.start or contract.inception
    price = sum(
        (
            each.amount
            for each in contract.consideration
            if each.kind is ConsiderationKind.FIXED and each.amount is not None
        ),
        Decimal(0),
    )
    invoiced = [each for each in history.invoices if each.on <= as_of]
    if price > 0 and not invoiced and not history.openings and not history.members:
        by = starts + timedelta(days=days)
        if by < as_of and not terms_of(history, as_of, calendar).when_done:
            told = f"Service began on {starts}, and nothing of {price:,f} is invoiced."
            yield NO_INVOICE, "contract", -price, by, told


def _amendments(history: ContractHistory, as_of: date, days: int) -> Iterator[_Found]:
    """A higher price, and every bill since is of an amount that was billed before it."""
    for each in history.modifications:
        by = each.on + timedelta(days=days)
        change = each.price_change or Decimal(0)
        if change > 0 and by < as_of and _billed_as_before(history, each, as_of):
            told = f"{each.id} raised the price by {change:,f} on {each.on}; bills are as before."
            yield AMENDMENT, each.id, -change, by, told


def _billed_as_before(history: ContractHistory, amendment: Modification, as_of: date) -> bool:
    before: defaultdict[str, set[Decimal]] = defaultdict(set)
    since: list[tuple[str, Decimal]] = []
    for each in history.invoices:
        for line in each.lines if each.on <= as_of else ():
            if line.quantity is None and each.on < amendment.on:
                before[line.obligation or ""].add(line.amount)
            elif line.quantity is None:
                since.append((line.obligation or "", line.amount))
    return bool(since) and all(amount in before[obligation] for obligation, amount in since)


def _after_end(
    history: ContractHistory, calendar: Calendar, earned: Sequence[tuple[date, int]], as_of: date
) -> Iterator[_Found]:
    """Revenue of periods that begin after the last day of every obligation."""
    if not any(amount for _, amount in earned):
        return
    ends = max(
        (each.last_day for each in terms_of(history, as_of, calendar).versions), default=None
    )
    if ends is None:
        return
    late = [(on, amount) for on, amount in earned if on > ends and amount]
    if sum(amount for _, amount in late):
        currency = history.contract.currency
        amount = from_minor(sum(amount for _, amount in late), currency)
        told = f"{amount:,f} of revenue is of periods after {ends}, when the service ended."
        yield REVENUE, "contract", amount, min(on for on, _ in late), told
