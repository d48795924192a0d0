"""Lines of invoices and credit memos, each at the service and the period it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from revrec.model.contract import Consideration, ConsiderationKind
from revrec.model.events import CreditMemo, Invoice, InvoiceLine
from revrec.model.history import ContractHistory
from revrec.money import to_minor
from revrec.periods import Calendar, Month, Period
from revrec.reconciliation.limits import INVOICE_DAYS
from revrec.reconciliation.terms import Terms, bought_with

Service = tuple[date, date] | None
"""First and last day of a service billed, where a line tells both."""


class Side(StrEnum):
    """What a line is compared with."""

    USAGE = "usage"
    """Rated usage."""
    FIXED = "fixed"
    """The fixed price of the contract."""
    VARIABLE = "variable"
    """An estimate of variable consideration."""


_SIDES = {
    ConsiderationKind.USAGE: Side.USAGE,
    ConsiderationKind.FIXED: Side.FIXED,
    ConsiderationKind.VARIABLE: Side.VARIABLE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A line of a document; credits are negative in amount and quantity."""

    contract: str
    document: str
    corrects: str | None
    """The invoice that a credit memo takes back in part or whole."""
    on: date
    position: int
    """Of the line in its document."""
    side: Side
    consideration: str
    """The consideration billed, empty where the line names none that the contract has."""
    obligation: str
    """The obligation billed for, empty for the contract as a whole."""
    amount: int
    """Minor units before tax."""
    quantity: Decimal | None
    first: date | None
    """First day of the service billed, where the line tells both days."""
    last: date | None
    month: Period
    """The period of service; for a service in several, that of the bill in it."""
    cancelled: bool = False
    """Taken back in full by a credit memo, or the line of that memo."""

    @property
    def credit(self) -> bool:
        """Whether the line is of a credit memo."""
        return self.corrects is not None

    @property
    def service(self) -> Service:
        """Both days of the service billed, or none."""
        return None if self.first is None or self.last is None else (self.first, self.last)


def bills_of(history: ContractHistory, terms: Terms, as_of: date) -> list[Bill]:
    """All lines of the contract's documents dated up to ``as_of``, in order of day and id.

    A credit without service days takes those of the invoice line it corrects. Lines that name
    nothing bill the fixed price first; what they bill above it is the contract's variable
    consideration, if there is one, or its only usage fee.
    """
    invoices = [each for each in history.invoices if each.on <= as_of]
    bills = [bill for each in invoices for bill in _lines(each, terms)]
    if terms.exercises:
        bills = list(_for_rights_used(bills, terms))
    if any(each.side is Side.USAGE and each.service is None for each in bills):
        bills = _since_last_bill(bills, terms)
    originals: dict[str, list[Bill]] = {}
    for bill in bills:
        originals.setdefault(bill.document, []).append(bill)
    for memo in history.credit_memos:
        if memo.on <= as_of:
            bills += (
                _as_original(bill, originals.get(memo.invoice, ()), terms.calendar)
                for bill in _lines(memo, terms)
            )
    if history.credit_memos:
        bills = _with_cancelled(bills)
    further = _beyond_fixed(terms)
    return bills if further is None else list(_above_the_price(bills, terms, further))


def period_of(on: date, service: Service, side: Side, calendar: Calendar) -> Period:
    """The period a line is compared in.

    A bill for service in one period counts in that one. A bill for a longer service counts in
    the one in which it was issued, moved into the service if it was issued before or after it.
    Usage billed without service days in the first days of a period was that of the one before.
    """
    if service is not None:
        return calendar.of(min(max(on, service[0]), service[1]))
    period = calendar.of(on)
    soon = (on - period.first).days < INVOICE_DAYS
    return period.previous if side is Side.USAGE and soon else period


def _lines(document: Invoice | CreditMemo, terms: Terms) -> Iterator[Bill]:
    corrects = document.invoice if isinstance(document, CreditMemo) else None
    sign = 1 if corrects is None else -1
    for position, line in enumerate(document.lines):
        side, consideration, obligation = _subject(line, terms, document.on)
        from_day, to_day = line.service_from, line.service_to
        service = None if from_day is None or to_day is None else (from_day, to_day)
        yield Bill(
            contract=document.contract,
            document=document.id,
            corrects=corrects,
            on=document.on,
            position=position,
            side=side,
            consideration=consideration,
            obligation=obligation,
            amount=sign * to_minor(line.amount, terms.contract.currency),
            quantity=None if line.quantity is None else sign * line.quantity,
            first=None if service is None else service[0],
            last=None if service is None else service[1],
            month=period_of(document.on, service, side, terms.calendar),
        )


def _subject(line: InvoiceLine, terms: Terms, on: date) -> tuple[Side, str, str]:
    """What a line bills: the consideration it names, else the only one that it can be for."""
    unused = {each.id for each in terms.exercises if each.on > on}
    promised = terms.consideration.get(line.consideration or "")
    if promised is None:
        among = [
            each
            for each in terms.consideration.values()
            if line.obligation in {None, each.obligation} and each.id not in unused
        ]
        charged = [each for each in among if each.kind is ConsiderationKind.USAGE]
        if len(among) > 1 and line.quantity is not None and len(charged) == 1:
            among = charged
        if len(among) != 1:
            return Side.FIXED, "", line.obligation or ""
        (promised,) = among
    obligation = line.obligation or promised.obligation or ""
    if promised.kind is ConsiderationKind.USAGE:
        obligation = terms.charged_by(promised) or obligation
    return _SIDES[promised.kind], promised.id, obligation


def _for_rights_used(bills: Sequence[Bill], terms: Terms) -> Iterator[Bill]:
    """Lines that name no fee and bill, from the day a right is used on, just what that costs."""
    currency = terms.contract.currency
    named = {each.consideration for each in bills}
    waiting = [each for each in terms.exercises if each.price and each.id not in named]
    for bill in bills:
        for each in waiting:
            names = bought_with(each)
            alike = bill.amount == to_minor(each.price, currency) and each.on <= bill.on
            if not bill.consideration and alike and bill.obligation in {"", *names}:
                waiting.remove(each)
                obligation = names[0] if len(names) == 1 else bill.obligation
                yield replace(bill, consideration=each.id, obligation=obligation)
                break
        else:
            yield bill


def _since_last_bill(bills: Sequence[Bill], terms: Terms) -> list[Bill]:
    """Usage billed without service days, after the first days of a month: since the bill before.

    In periods of weeks, what is billed in the first days of a month was used in the month before.
    """
    billed_to: dict[str, date] = {}
    dated: list[Bill] = []
    for bill in bills:
        last = bill.last or bill.month.last
        undated = bill.side is Side.USAGE and bill.service is None
        if undated and bill.on.day > INVOICE_DAYS:
            span = terms.span(bill.obligation)
            begins = span[0] if span else bill.on
            before = billed_to.get(bill.consideration)
            first = begins if before is None else before + timedelta(days=1)
            last = bill.on
            if first <= last:
                dated.append(_serving(bill, first, last, terms))
                billed_to[bill.consideration] = last
                continue
        elif undated and not terms.calendar.by_months:
            month = Month.of(bill.on).previous
            last = month.last
            bill = _serving(bill, month.first, last, terms)  # noqa: PLW2901 - the same, dated
        dated.append(bill)
        billed_to[bill.consideration] = max(last, billed_to.get(bill.consideration, last))
    return dated


def _serving(bill: Bill, first: date, last: date, terms: Terms) -> Bill:
    """The bill with service days that it does not tell."""
    month = period_of(bill.on, (first, last), bill.side, terms.calendar)
    return replace(bill, first=first, last=last, month=month)


def _beyond_fixed(terms: Terms) -> Consideration | None:
    """What unnamed lines bill above the fixed price, where it can be said."""
    promised = terms.consideration.values()
    variable = [each for each in promised if each.kind is ConsiderationKind.VARIABLE]
    used = [each for each in promised if each.kind is ConsiderationKind.USAGE]
    return next(iter(variable), used[0] if len(used) == 1 else None)


def _above_the_price(bills: Sequence[Bill], terms: Terms, further: Consideration) -> Iterator[Bill]:
    """Move what unnamed lines bill above the fixed price to another consideration."""
    fixed = terms.fixed
    named = sum(each.amount for each in bills if each.consideration in fixed)
    room = terms.price - named
    for bill in bills:
        if bill.side is not Side.FIXED or bill.consideration or bill.cancelled:
            yield bill
            continue
        part = min(bill.amount, max(room, 0)) if bill.amount > 0 else bill.amount
        room -= part
        if part:
            yield replace(bill, amount=part)
        if bill.amount - part:
            side = _SIDES[further.kind]
            yield replace(
                bill,
                side=side,
                consideration=further.id,
                obligation=further.obligation or bill.obligation,
                amount=bill.amount - part,
                month=period_of(bill.on, bill.service, side, terms.calendar),
            )


def _as_original(credit: Bill, originals: Sequence[Bill], calendar: Calendar) -> Bill:
    """A credit at the service of the line it corrects, when it names no service itself."""
    alike = [
        each
        for each in originals
        if (each.side, each.consideration, each.obligation)
        == (credit.side, credit.consideration, credit.obligation)
    ]
    service = alike[0].service if len(alike) == 1 else None
    if credit.service is not None or service is None:
        return credit
    month = period_of(credit.on, service, credit.side, calendar)
    return replace(credit, first=service[0], last=service[1], month=month)


def _with_cancelled(bills: Iterable[Bill]) -> list[Bill]:
    """Mark each invoice line and the credit that takes all of it back."""
    listed = list(bills)
    lines: dict[tuple[str | None, str, str, int], list[int]] = {}
    for place, each in enumerate(listed):
        if not each.credit:
            key = (each.document, each.consideration, each.obligation, each.amount)
            lines.setdefault(key, []).append(place)
    for place, each in enumerate(listed):
        if each.credit:
            taken = (each.corrects, each.consideration, each.obligation, -each.amount)
            if lines.get(taken):
                original = lines[taken].pop(0)
                listed[place] = replace(each, cancelled=True)
                listed[original] = replace(listed[original], cancelled=True)
    return listed
