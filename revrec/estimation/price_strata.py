"""What invoices of a window show of selling prices, stratum by stratum, beside the book."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from revrec.citations import cites
from revrec.estimation.selling_prices import PriceSeen, Stratum, StudyPolicy, study
from revrec.model.contract import Contract, Measure, PerformanceObligation
from revrec.model.events import Invoice, InvoiceLine
from revrec.model.history import Book
from revrec.model.policy import Policy, StandaloneSellingPrice
from revrec.periods import months_of

_SIGNIFICANT_DIGITS = 4
_PLACES = Decimal("0.000001")
_COMPARABLE = {
    "unit": (("unit", 1), ("contract", 1)),
    "unit_month": (("unit_month", 1), ("unit_year", 12), ("month", 1), ("year", 12)),
}
"""What a price seen is for -> what entries of the book are compared with it, and their months.

Entries of a whole obligation are compared only where it was never sold but once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Studied:
    """A stratum, what it proposes, and what that would do."""

    stratum: Stratum
    entry: StandaloneSellingPrice
    book: StandaloneSellingPrice | None
    """The book's entry for it on the day; none if it had none."""
    months: int = 1
    """Months that the book's price is of, for one of the stratum's."""

    @property
    def before(self) -> Decimal | None:
        """The book's price for it on the day; none if it had none."""
        if self.book is None:
            return None
        bounds = self.book.bounds
        price = self.book.amount or (bounds.midpoint if bounds else None)
        if price is None or self.months == 1:
            return price
        return (price / self.months).quantize(_PLACES)

    @property
    def drift(self) -> Decimal | None:
        """Change against the book."""
        before = self.before
        return None if not before else (self.entry.amount / before - 1).quantize(Decimal("0.0001"))


@cites("606-10-32-32", "606-10-32-33")
def studied(book: Book, since: date, as_of: date, *, use: bool = True) -> list[Studied]:
    """What was invoiced from ``since`` to ``as_of`` by stratum, beside the book of that day.

    ``use``: with what is charged as it is used, which no price is allocated to (32-40).
    """
    seen = list(prices_seen(book, since, as_of, use=use))
    strata = study(seen, _policy(book.policy))
    several = {_kind(each) for each in seen if each.units != 1}
    return [_studied(each, book, as_of, single=_kind(each) not in several) for each in strata]


def _kind(of: PriceSeen | Stratum) -> tuple[str, str, str]:
    return of.product, of.currency, of.per


def prices_seen(book: Book, since: date, as_of: date, *, use: bool = True) -> Iterator[PriceSeen]:
    """What each invoiced line of an obligation was charged for one unit, or a unit and month.

    Without ``use``, not what is measured by it.
    """
    for history in book.histories.values():
        contract = history.contract
        products = {each.product for each in contract.obligations}
        promised = {each.id: each for each in contract.obligations}
        for invoice in history.invoices:
            if not since <= invoice.on <= as_of:
                continue
            for line in invoice.lines:
                obligation = promised.get(line.obligation or "")
                if obligation is not None and (use or obligation.measure is not Measure.USAGE):
                    yield _seen(contract, obligation, invoice, line, alone=len(products) == 1)


def _seen(
    contract: Contract,
    obligation: PerformanceObligation,
    invoice: Invoice,
    line: InvoiceLine,
    *,
    alone: bool,
) -> PriceSeen:
    units = line.quantity or obligation.quantity or Decimal(1)
    price, per = line.amount / units, "unit"
    if line.service_from is not None and line.service_to is not None:
        months = months_of(line.service_from, line.service_to)
        price, per = price * months.denominator / months.numerator, "unit_month"
    return PriceSeen(
        product=obligation.product,
        currency=contract.currency,
        per=per,
        price=price,
        units=units,
        on=invoice.on,
        region=contract.region,
        segment=contract.segment,
        alone=alone,
    )


def _policy(policy: Policy) -> StudyPolicy:
    def share(name: str) -> float:
        return float(policy.value(name).removesuffix("%")) / 100

    return StudyPolicy(
        band=share("selling_prices_band"),
        inside=share("selling_prices_inside"),
        least=int(policy.value("selling_prices_least").partition("_")[0]),
    )


def _studied(stratum: Stratum, book: Book, as_of: date, *, single: bool) -> Studied:
    """The entry a stratum proposes, to four significant digits, beside the one in force."""

    def rounded(value: Decimal) -> Decimal:
        places = value.adjusted() - _SIGNIFICANT_DIGITS + 1
        return value.quantize(Decimal(1).scaleb(places), rounding=ROUND_HALF_EVEN)

    name = "-".join(
        part
        for part in (
            stratum.product,
            stratum.currency,
            stratum.region,
            stratum.segment,
            "" if stratum.quantity_from is None else f"from {stratum.quantity_from.normalize():f}",
            str(as_of),
        )
        if part
    )
    entry = StandaloneSellingPrice(
        id=name,
        product=stratum.product,
        currency=stratum.currency,
        amount=rounded(stratum.middle),
        low=rounded(stratum.low),
        high=rounded(stratum.high),
        per=stratum.per,
        effective_from=as_of,
        region=stratum.region,
        segment=stratum.segment,
        quantity_from=stratum.quantity_from,
        quantity_to=stratum.quantity_to,
    )
    for per, months in _COMPARABLE[stratum.per]:
        wanted = replace(entry, per=per)
        found = _in_force(wanted, book.selling_prices, as_of)
        if found is not None and (single or per.startswith("unit")):
            return Studied(stratum=stratum, entry=entry, book=found, months=months)
    return Studied(stratum=stratum, entry=entry, book=None)


def _in_force(
    entry: StandaloneSellingPrice, known: Sequence[StandaloneSellingPrice], on: date
) -> StandaloneSellingPrice | None:
    """The latest entry of the book for the same customers, of the same measure."""
    same = [
        each
        for each in known
        if (each.product, each.currency, each.per) == (entry.product, entry.currency, entry.per)
        and each.effective_from <= on
        and each.region in {"", entry.region}
        and each.segment in {"", entry.segment}
    ]
    return max(
        same,
        key=lambda each: (each.effective_from, each.region, each.segment, each.id),
        default=None,
    )
