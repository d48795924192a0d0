"""Small books by hand: contracts, documents, usage, and what the reconciliation says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

import pyarrow as pa

from revrec.feeds.policies import default_policy
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    CountedIn,
    Measure,
    PerformanceObligation,
    UsageTerms,
)
from revrec.model.events import CreditMemo, Invoice, InvoiceLine
from revrec.model.history import Book, ContractHistory
from revrec.money import from_minor
from revrec.periods import MONTHS, Calendar
from revrec.reconciliation import Reconciliation, reconcile
from tests.reconciliation.posted import Told, posted_revenue, rolled_up

RATED, INVOICED = "rated_less_invoiced", "invoiced_less_revenue"
JAN, FEB, MAR = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
DECEMBER = date(2026, 12, 31)


def subscription(name: str = "SUB", price: str = "12000", **terms) -> Contract:
    """Seats for the year 2026, recognised by even months."""
    return Contract(
        id=name,
        customer=f"{name} Ltd",
        currency=terms.pop("currency", "USD"),
        inception=JAN,
        start=terms.pop("start", JAN),
        end=terms.pop("end", DECEMBER),
        obligations=(
            PerformanceObligation(id="seats", product="seats", measure=Measure.EVEN_MONTHS),
        ),
        consideration=(
            Consideration(
                id="fee",
                kind=ConsiderationKind.FIXED,
                amount=Decimal(price),
                obligation="seats",
            ),
        ),
        terms=terms,
    )


def pay_as_you_go(name: str = "PAYG", meters: Sequence[str] = ("tokens",), **terms) -> Contract:
    """Tokens at their rated amount, without a minimum."""
    return Contract(
        id=name,
        customer=f"{name} Ltd",
        currency=terms.pop("currency", "USD"),
        inception=JAN,
        start=JAN,
        end=terms.pop("end", None),
        obligations=(
            PerformanceObligation(
                id="inference", product="tokens", measure=Measure.USAGE, meters=tuple(meters)
            ),
        ),
        consideration=(
            Consideration(id="tokens", kind=ConsiderationKind.USAGE, obligation="inference"),
        ),
        terms=terms,
    )


def commitment(
    name: str = "COMMIT", price: str = "900", entitled: str = "1000", *, overage: bool = True
) -> Contract:
    """A year's commitment to spend, lapsing at its end, with or without charged overage."""
    considerations = [
        Consideration(
            id="commitment",
            kind=ConsiderationKind.FIXED,
            amount=Decimal(price),
            obligation="inference",
        )
    ]
    if overage:
        considerations.append(
            Consideration(
                id="overage",
                kind=ConsiderationKind.USAGE,
                obligation="inference",
                above_entitlement=True,
            )
        )
    return Contract(
        id=name,
        customer=f"{name} Ltd",
        currency="USD",
        inception=JAN,
        start=JAN,
        end=DECEMBER,
        obligations=(
            PerformanceObligation(
                id="inference",
                product="tokens",
                measure=Measure.USAGE,
                meters=("tokens",),
                usage=UsageTerms(
                    counted_in=CountedIn.AMOUNT, entitled=Decimal(entitled), lapses=DECEMBER
                ),
            ),
        ),
        consideration=tuple(considerations),
    )


def line(amount: str, service: str | tuple[date, date] | None = None, **more) -> InvoiceLine:
    """A line; a service written 2026-01 is that month's."""
    if isinstance(service, str):
        month = MONTHS.parse(service)
        service = (month.first, month.last)
    first, last = service or (None, None)
    quantity = more.pop("quantity", None)
    return InvoiceLine(
        amount=Decimal(amount),
        quantity=None if quantity is None else Decimal(quantity),
        service_from=first,
        service_to=last,
        **more,
    )


def tokens(amount: str, quantity: str | None, month: str) -> InvoiceLine:
    """A line for a month's tokens."""
    return line(amount, month, quantity=quantity, obligation="inference", consideration="tokens")


def fee(amount: str, service: str | tuple[date, date] | None = None) -> InvoiceLine:
    """A line for seats."""
    return line(amount, service, obligation="seats", consideration="fee")


def invoice(contract: str, name: str, on: date, *lines: InvoiceLine) -> Invoice:
    """An invoice."""
    return Invoice(id=name, contract=contract, on=on, lines=lines)


def credit(contract: str, name: str, on: date, of: str, *lines: InvoiceLine) -> CreditMemo:
    """A credit memo against an invoice."""
    return CreditMemo(id=name, contract=contract, on=on, invoice=of, lines=lines)


def used(contract: str, on: date, quantity: str, amount: str, **more) -> Told:
    """A row of the usage ledger, recorded on its own day unless said otherwise."""
    recorded = more.get("recorded", on)
    meter = more.get("meter", "tokens")
    return contract, meter, on, Decimal(quantity), Decimal(amount), recorded


_PLACES = {
    "invoice": "invoices",
    "credit_memo": "credit_memos",
    "modification": "modifications",
    "estimate": "estimates",
    "delivery": "deliveries",
    "payment": "payments",
    "assessment": "assessments",
}


def book_of(contracts: Iterable[Contract], events: Iterable = (), prices: Iterable = ()) -> Book:
    """Contracts with their events in order."""
    histories = {each.id: ContractHistory(each) for each in contracts}
    for event in sorted(events, key=lambda each: (each.on, each.id)):
        getattr(histories[event.contract], _PLACES[event.kind]).append(event)
    return Book(policy=default_policy(), histories=histories, selling_prices=list(prices))


def told(
    book: Book,
    usage: Iterable[Told] = (),
    *,
    as_of: date = date(2026, 4, 15),
    through: str = "2026-03",
    first: str = "2026-01",
    revenue: pa.Table | None = None,
    by_recording: bool = False,
    calendar: Calendar = MONTHS,
    days: bool = False,
) -> Reconciliation:
    """Reconcile the first quarter; revenue is what the engine gives unless posted otherwise."""
    rows = rolled_up(usage, by_recording=by_recording)
    last = calendar.parse(through)
    return reconcile(
        book=book,
        usage=rows,
        revenue=posted_revenue(book, rows, last) if revenue is None else revenue,
        first=calendar.parse(first),
        through=last,
        as_of=as_of,
        days=days,
    )


def rows_of(data) -> list[dict]:
    """Rows of a data set by column name."""
    names = [column.name for column in data.columns]
    return [dict(zip(names, row, strict=True)) for row in data.rows]


def named(
    result: Reconciliation, contract: str, month: str, obligation: str | None = None
) -> Mapping[tuple[str, str], str]:
    """Amounts by difference and reason of a contract in a month, as text."""
    return {
        (row["difference"], row["reason"]): str(from_minor(row["amount"], row["currency"]))
        for row in rows_of(result.reasons)
        if (row["contract"], row["service_month"]) == (contract, month)
        and obligation in {None, row["obligation"]}
    }


def found(result: Reconciliation) -> list[tuple[str, str, str, str]]:
    """Contract, month, reason and amount of every finding."""
    return [
        (
            row["contract"],
            row["service_month"],
            row["reason"],
            str(from_minor(row["amount"], row["currency"])),
        )
        for row in rows_of(result.findings)
    ]


def off(result: Reconciliation) -> list:
    """Tie-outs that do not hold."""
    return [each for each in result.tie_outs if each.difference]
