"""A company's quarter drawn from a seed, billed as it should be, and ways to bill it wrong.

Nothing here is shared with the sample books of ``revrec.demo``: customers, rhythms and mistakes
are drawn anew, so that rules are not fitted to one generator.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    CountedIn,
    Measure,
    PerformanceObligation,
    UsageTerms,
)
from revrec.model.events import CreditMemo, Invoice, InvoiceLine, Modification
from revrec.model.history import Book
from revrec.model.policy import StandaloneSellingPrice
from revrec.money import minor_digits
from revrec.periods import MONTHS as CIVIL
from revrec.periods import Period, day_before, plus_months
from tests.reconciliation.books import book_of
from tests.reconciliation.posted import Told

MONTHS = tuple(Period(2026, 1).through(Period(2026, 3)))
AS_OF = date(2026, 4, 14)
"""After the run of March, which takes place in the first days of April."""
START, END = date(2026, 1, 1), date(2026, 12, 31)
CURRENCIES = ("USD", "EUR", "JPY")
PRICE_LISTS = {"USD": 1000, "EUR": 870, "JPY": 149_000}


@dataclass(frozen=True, slots=True)
class Planted:
    """A difference that the reconciliation must find."""

    contract: str
    month: str
    reason: str
    amount: int
    """Invoiced too much, in minor units."""


@dataclass(slots=True)
class Population:
    """Contracts, their documents and the usage ledger, in the making."""

    dice: random.Random
    contracts: dict[str, Contract] = field(default_factory=dict)
    invoices: list[Invoice] = field(default_factory=list)
    credits: list[CreditMemo] = field(default_factory=list)
    modifications: list[Modification] = field(default_factory=list)
    usage: list[Told] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)

    def book(self) -> Book:
        prices = [
            StandaloneSellingPrice(
                id=f"{product}-{currency}",
                product=product,
                currency=currency,
                amount=Decimal(factor * size),
                effective_from=date(2025, 1, 1),
            )
            for currency, factor in PRICE_LISTS.items()
            for product, size in (("seats", 3), ("workshop", 2), ("support", 7))
        ]
        events = [*self.invoices, *self.credits, *self.modifications]
        return book_of(self.contracts.values(), events, prices)

    def minor(self, contract: str, amount: Decimal) -> int:
        return int(amount.scaleb(minor_digits(self.contracts[contract].currency)))

    def replace_line(self, document: str, **changes) -> InvoiceLine:
        """Change the only line of an invoice; gives the line as it was."""
        place = next(i for i, each in enumerate(self.invoices) if each.id == document)
        (line,) = self.invoices[place].lines
        self.invoices[place] = replace(self.invoices[place], lines=(replace(line, **changes),))
        return line


def rounded(amount: Decimal, currency: str) -> Decimal:
    """Half to even in the currency's minor unit."""
    return amount.quantize(Decimal(1).scaleb(-minor_digits(currency)), ROUND_HALF_EVEN)


def clean(seed: int) -> Population:
    """Everything billed as agreed; some usage is recorded late, some corrected."""
    population = Population(random.Random(seed))
    for number in range(6):
        _metered(population, f"TOKENS-{number}")
    for number in range(2):
        _committed(population, f"COMMIT-{number}")
    for number in range(5):
        _subscribed(population, f"SEATS-{number}")
    _ended(population, "ENDED-0")
    _reduced(population, "REDUCED-0")
    _with_minimum(population, "MINIMUM-0")
    listed = Decimal(population.dice.randint(1_000, 90_000)).scaleb(-6)
    for number in range(3):
        _at_price(population, f"LISTED-{number}", listed)
    less = Decimal(population.dice.randint(60, 95)) / 100
    _at_price(population, "AGREED-0", listed * less)
    return population


def _metered(population: Population, name: str) -> None:
    """Two or three meters at rates of six decimals, billed monthly by units."""
    dice = population.dice
    currency = dice.choice(CURRENCIES) if name != "TOKENS-0" else "EUR"
    meters = [f"m{number}" for number in range(dice.randint(2, 3))]
    scale = 200 if currency == "JPY" else 1
    rates = {meter: Decimal(dice.randint(1_000, 90_000) * scale).scaleb(-6) for meter in meters}
    population.contracts[name] = Contract(
        id=name,
        customer=f"Customer of {name}",
        currency=currency,
        inception=START,
        start=START,
        obligations=(
            PerformanceObligation(
                id="inference", product="tokens", measure=Measure.USAGE, meters=tuple(meters)
            ),
        ),
        consideration=(
            Consideration(id="tokens", kind=ConsiderationKind.USAGE, obligation="inference"),
        ),
    )
    on = {month: month.next.first.replace(day=dice.randint(2, 4)) for month in MONTHS}
    for month in MONTHS:
        quantity = amount = Decimal(0)
        for meter in meters:
            for day in range(1, 28):
                units = Decimal(dice.randint(20_000, 90_000))
                used = month.first.replace(day=day)
                late = month == MONTHS[2] and dice.random() < 0.02
                recorded = on[month] + timedelta(days=2) if late else month.next.first
                population.usage.append((name, meter, used, units, units * rates[meter], recorded))
                if not late:
                    quantity, amount = quantity + units, amount + units * rates[meter]
        line = InvoiceLine(
            amount=rounded(amount, currency),
            quantity=quantity,
            obligation="inference",
            consideration="tokens",
            service_from=month.first,
            service_to=month.last,
        )
        document = f"INV-{name}-{month}"
        population.invoices.append(Invoice(id=document, contract=name, on=on[month], lines=(line,)))
        if month == MONTHS[0]:
            _corrected(population, name, rates, document, on[MONTHS[1]])


def _priced(name: str, meter: str) -> Contract:
    """Tokens in dollars as they are used."""
    return Contract(
        id=name,
        customer=f"Customer of {name}",
        currency="USD",
        inception=START,
        start=START,
        obligations=(
            PerformanceObligation(
                id="inference", product="tokens", measure=Measure.USAGE, meters=(meter,)
            ),
        ),
        consideration=(
            Consideration(id="tokens", kind=ConsiderationKind.USAGE, obligation="inference"),
        ),
    )


def _billed(population: Population, name: str, month: Period, units: int, amount: Decimal) -> None:
    """One line for a month, on the third of the next."""
    line = InvoiceLine(
        amount=rounded(amount, "USD"),
        quantity=Decimal(units),
        obligation="inference",
        consideration="tokens",
        service_from=month.first,
        service_to=month.last,
    )
    on = month.next.first.replace(day=3)
    population.invoices.append(
        Invoice(id=f"INV-{name}-{month}", contract=name, on=on, lines=(line,))
    )


def _at_price(population: Population, name: str, price: Decimal) -> None:
    """One meter that several contracts have, at a price."""
    population.contracts[name] = _priced(name, "listed")
    for month in MONTHS:
        units = 0
        for day in range(1, 28, 4):
            of_day = population.dice.randint(20_000, 90_000)
            used, units = month.first.replace(day=day), units + of_day
            row = (name, "listed", used, Decimal(of_day), of_day * price, month.next.first)
            population.usage.append(row)
        _billed(population, name, month, units, units * price)


def _with_minimum(population: Population, name: str) -> None:
    """A minimum for each month; what is missing to it is owed on its last day."""
    population.contracts[name] = _priced(name, "least")
    for month in MONTHS:
        units = population.dice.randint(1_000, 9_000)
        missing = Decimal(population.dice.randint(100, 90_000)).scaleb(-2)
        used, price = month.first.replace(day=9), Decimal("0.0125")
        for day, of_day, amount in ((used, units, units * price), (month.last, 0, missing)):
            row = (name, "least", day, Decimal(of_day), amount, month.next.first)
            population.usage.append(row)
        _billed(population, name, month, units, units * price + missing)


def _corrected(
    population: Population, name: str, rates: dict[str, Decimal], document: str, on: date
) -> None:
    """A fifth of a day of January is taken back in February and credited in the next run."""
    contract, meter, used, units, _, _ = next(
        row for row in population.usage if row[0] == name and row[2].day == 20
    )
    back = -(units // 5)
    population.usage.append((contract, meter, used, back, back * rates[meter], date(2026, 2, 20)))
    before = sum(
        (row[4] for row in population.usage[:-1] if row[0] == name and row[2] <= date(2026, 1, 31)),
        Decimal(0),
    )
    currency = population.contracts[name].currency
    amount = rounded(before, currency) - rounded(before + back * rates[meter], currency)
    line = InvoiceLine(
        amount=amount,
        quantity=-back,
        obligation="inference",
        consideration="tokens",
        service_from=MONTHS[0].first,
        service_to=MONTHS[0].last,
    )
    population.credits.append(
        CreditMemo(id=f"CM-{name}", contract=name, on=on, invoice=document, lines=(line,))
    )


def _committed(population: Population, name: str) -> None:
    """A commitment that is used up within January, and overage in each month."""
    dice = population.dice
    population.contracts[name] = Contract(
        id=name,
        customer=f"Customer of {name}",
        currency="USD",
        inception=START,
        start=START,
        end=END,
        obligations=(
            PerformanceObligation(
                id="inference",
                product="tokens",
                measure=Measure.USAGE,
                meters=("tokens",),
                usage=UsageTerms(counted_in=CountedIn.AMOUNT, entitled=Decimal(1000), lapses=END),
            ),
        ),
        consideration=(
            Consideration(
                id="commitment",
                kind=ConsiderationKind.FIXED,
                amount=Decimal(900),
                obligation="inference",
            ),
            Consideration(
                id="overage",
                kind=ConsiderationKind.USAGE,
                obligation="inference",
                above_entitlement=True,
            ),
        ),
    )
    purchase = InvoiceLine(
        amount=Decimal(900),
        obligation="inference",
        consideration="commitment",
        service_from=START,
        service_to=END,
    )
    population.invoices.append(
        Invoice(id=f"INV-{name}", contract=name, on=START, lines=(purchase,))
    )
    to_date = Decimal(0)
    for month in MONTHS:
        before = max(to_date - 1000, Decimal(0))
        for day in range(1, 28, 3):
            units = Decimal(dice.randint(10_000, 30_000))
            amount = units * Decimal("0.012345")
            to_date += amount
            population.usage.append(
                (name, "tokens", month.first.replace(day=day), units, amount, month.next.first)
            )
        over = rounded(max(to_date - 1000, Decimal(0)), "USD") - rounded(before, "USD")
        line = InvoiceLine(
            amount=over,
            obligation="inference",
            consideration="overage",
            service_from=month.first,
            service_to=month.last,
        )
        population.invoices.append(
            Invoice(
                id=f"INV-{name}-{month}",
                contract=name,
                on=month.next.first.replace(day=3),
                lines=(line,),
            )
        )


def _seats(name: str, currency: str, price: int, start: date, end: date, **terms) -> Contract:
    return Contract(
        id=name,
        customer=f"Customer of {name}",
        currency=currency,
        inception=start,
        start=start,
        end=end,
        obligations=(PerformanceObligation(id="seats", product="seats", measure=Measure.DAYS),),
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


def _subscribed(population: Population, name: str) -> None:
    """A year in advance by months or quarters; terms state the instalment, or siblings show it."""
    dice = population.dice
    every = dice.choice((1, 3))
    start = date(2025, dice.randint(7, 12), dice.randint(1, 28))
    end = day_before(plus_months(start, 12))
    each = 10 * dice.randint(13, 97) + dice.randint(2, 9)
    terms = {"instalment": str(each)} if every == 3 else {}
    terms["billing"] = f"every {every} months in advance"
    currency = dice.choice(CURRENCIES)
    population.contracts[name] = _seats(name, currency, each * 12 // every, start, end, **terms)
    for place in range(12 // every):
        first = plus_months(start, place * every)
        if first <= AS_OF:
            line = InvoiceLine(
                amount=Decimal(each),
                obligation="seats",
                consideration="fee",
                service_from=first,
                service_to=day_before(plus_months(start, (place + 1) * every)),
            )
            population.invoices.append(
                Invoice(id=f"INV-{name}-{place}", contract=name, on=first, lines=(line,))
            )


def _ended(population: Population, name: str) -> None:
    """Half a year that ended in February."""
    start, end = date(2025, 8, 20), date(2026, 2, 19)
    population.contracts[name] = _seats(name, "EUR", 3600, start, end)
    line = InvoiceLine(
        amount=Decimal(3600),
        obligation="seats",
        consideration="fee",
        service_from=start,
        service_to=end,
    )
    population.invoices.append(Invoice(id=f"INV-{name}", contract=name, on=start, lines=(line,)))


def _reduced(population: Population, name: str) -> None:
    """Fewer seats from February, credited on the day."""
    population.contracts[name] = _seats(name, "USD", 24_000, START, END)
    line = InvoiceLine(
        amount=Decimal(24_000),
        obligation="seats",
        consideration="fee",
        service_from=START,
        service_to=END,
    )
    on = date(2026, 2, population.dice.randint(1, 20))
    less = population.dice.randint(500, 5_000)
    service = PerformanceObligation(
        id="seats", product="seats", measure=Measure.DAYS, start=on, end=END
    )
    population.invoices.append(Invoice(id=f"INV-{name}", contract=name, on=START, lines=(line,)))
    population.modifications.append(
        Modification(
            id=f"MOD-{name}", contract=name, on=on, revises=(service,), price_change=Decimal(-less)
        )
    )
    memo = InvoiceLine(amount=Decimal(less), obligation="seats", consideration="fee")
    population.credits.append(
        CreditMemo(id=f"CM-{name}", contract=name, on=on, invoice=f"INV-{name}", lines=(memo,))
    )


Mistake = Callable[[Population, str], None]


def usage_not_billed(population: Population, name: str) -> None:
    """One month's invoice for usage is missing."""
    month = population.dice.choice(MONTHS[1:])
    document = f"INV-{name}-{month}"
    (line,) = _of(population, document).lines
    population.invoices.remove(_of(population, document))
    _record(population, name, month, "not_billed", -line.amount)


def fee_not_billed(population: Population, name: str) -> None:
    """An instalment is missing."""
    document, month = _instalment(population, name)
    (line,) = _of(population, document).lines
    population.invoices.remove(_of(population, document))
    _record(population, name, month, "not_billed", -line.amount)


def usage_billed_twice(population: Population, name: str) -> None:
    """The same lines on a second invoice, a day later."""
    month = population.dice.choice(MONTHS)
    _again(population, name, f"INV-{name}-{month}", month)


def fee_billed_twice(population: Population, name: str) -> None:
    """The same instalment on a second invoice, a day later."""
    document, month = _instalment(population, name)
    _again(population, name, document, month)


def wrong_rate(population: Population, name: str) -> None:
    """The units are right, the amount is 3% to 40% off."""
    month = population.dice.choice(MONTHS)
    percent = population.dice.choice((-1, 1)) * population.dice.randint(3, 40)
    _reprice(population, name, month, lambda amount: amount * (100 + percent) / 100, "wrong_rate")


def override_ignored(population: Population, name: str) -> None:
    """The units are right, at the price of the list instead of the one agreed."""
    month = population.dice.choice(MONTHS)
    rates = {row[4] / row[3] for row in population.usage if row[0] == "LISTED-0"}
    (listed,) = rates
    (line,) = _of(population, f"INV-{name}-{month}").lines
    amount = rounded(line.quantity * listed, "USD")
    population.replace_line(f"INV-{name}-{month}", amount=amount)
    _record(population, name, month, "override_not_billed", amount - line.amount)


def minimum_missed(population: Population, name: str) -> None:
    """Only what was used is billed."""
    month = population.dice.choice(MONTHS)
    (missing,) = (row[4] for row in population.usage if row[0] == name and row[2] == month.last)
    (line,) = _of(population, f"INV-{name}-{month}").lines
    population.replace_line(f"INV-{name}-{month}", amount=line.amount - missing)
    _record(population, name, month, "minimum_not_billed", -missing)


def wrong_currency(population: Population, name: str) -> None:
    """The amount of the dollar price list on an invoice in euros."""
    month = population.dice.choice(MONTHS)
    _reprice(population, name, month, lambda amount: amount * 1000 / 870, "wrong_currency_amount")


def wrong_quantity(population: Population, name: str) -> None:
    """Some days of one meter are missing from the invoice, or in it once too often."""
    month = population.dice.choice(MONTHS)
    days = [
        row
        for row in population.usage
        if row[0] == name and CIVIL.of(row[2]) == month and row[5] == month.next.first
    ]
    days = population.dice.sample(days, population.dice.randint(1, 4))
    sign = population.dice.choice((-1, 1))
    (line,) = _of(population, f"INV-{name}-{month}").lines
    currency = population.contracts[name].currency
    amount = sign * rounded(sum((row[4] for row in days), Decimal(0)), currency)
    population.replace_line(
        f"INV-{name}-{month}",
        amount=line.amount + amount,
        quantity=line.quantity + sign * sum((row[3] for row in days), Decimal(0)),
    )
    _record(population, name, month, "wrong_quantity", amount)


def wrong_fee(population: Population, name: str) -> None:
    """The first two digits of an instalment are transposed, or it is a tenth off."""
    document, month = _instalment(population, name)
    (line,) = _of(population, document).lines
    text = str(line.amount)
    wrong = Decimal(text[1] + text[0] + text[2:])
    if wrong == line.amount or text[1] == "0":
        wrong = line.amount + line.amount // 10
    population.replace_line(document, amount=wrong)
    _record(population, name, month, "wrong_amount", wrong - line.amount)


def wrong_overage(population: Population, name: str) -> None:
    """Overage, which tells no units, is off by a twentieth."""
    month = population.dice.choice(MONTHS)
    _reprice(population, name, month, lambda amount: amount * 21 / 20, "wrong_amount")


def billed_after_end(population: Population, name: str) -> None:
    """Another half year is billed although the contract ended."""
    (line,) = _of(population, f"INV-{name}").lines
    first = date(2026, 2, 20)
    again = replace(line, service_from=first, service_to=date(2026, 8, 19))
    population.invoices.append(Invoice(id=f"INV-{name}-2", contract=name, on=first, lines=(again,)))
    _record(population, name, MONTHS[1], "billed_after_end", line.amount)


def usage_credit_missing(population: Population, name: str) -> None:
    """The credit for January's correction is missing."""
    memo = next(each for each in population.credits if each.contract == name)
    population.credits.remove(memo)
    _record(population, name, MONTHS[0], "credit_missing", memo.lines[0].amount)


def price_credit_missing(population: Population, name: str) -> None:
    """The credit for the reduced price is missing."""
    memo = next(each for each in population.credits if each.contract == name)
    population.credits.remove(memo)
    _record(population, name, MONTHS[1], "credit_missing", memo.lines[0].amount)


MISTAKES: dict[str, tuple[str, Mistake]] = {
    "usage not billed": ("TOKENS-1", usage_not_billed),
    "fee not billed": ("SEATS-0", fee_not_billed),
    "usage billed twice": ("TOKENS-2", usage_billed_twice),
    "fee billed twice": ("SEATS-1", fee_billed_twice),
    "wrong rate": ("TOKENS-3", wrong_rate),
    "override ignored": ("AGREED-0", override_ignored),
    "minimum missed": ("MINIMUM-0", minimum_missed),
    "wrong currency": ("TOKENS-0", wrong_currency),
    "wrong quantity": ("TOKENS-4", wrong_quantity),
    "wrong fee": ("SEATS-2", wrong_fee),
    "wrong overage": ("COMMIT-0", wrong_overage),
    "billed after the end": ("ENDED-0", billed_after_end),
    "credit for usage missing": ("TOKENS-5", usage_credit_missing),
    "credit for a price missing": ("REDUCED-0", price_credit_missing),
}
"""Kind of difference -> the contract that suffers it, and how."""


def spoil(population: Population) -> None:
    """Make every mistake once."""
    for contract, mistake in MISTAKES.values():
        mistake(population, contract)


def _of(population: Population, document: str) -> Invoice:
    return next(each for each in population.invoices if each.id == document)


def _instalment(population: Population, name: str) -> tuple[str, Period]:
    """An invoice of the quarter that has siblings before or after it."""
    here = [
        each
        for each in population.invoices
        if each.contract == name and CIVIL.of(each.on) in MONTHS
    ]
    chosen = population.dice.choice(here)
    return chosen.id, CIVIL.of(chosen.on)


def _again(population: Population, name: str, document: str, month: Period) -> None:
    first = _of(population, document)
    line = first.lines[0]
    on = first.on + timedelta(days=1)
    month = CIVIL.of(on) if line.quantity is None else month
    population.invoices.append(replace(first, id=f"{document}-again", on=on))
    _record(population, name, month, "billed_twice", line.amount)


def _reprice(
    population: Population,
    name: str,
    month: Period,
    price: Callable[[Decimal], Decimal],
    reason: str,
) -> None:
    (line,) = _of(population, f"INV-{name}-{month}").lines
    amount = rounded(price(line.amount), population.contracts[name].currency)
    population.replace_line(f"INV-{name}-{month}", amount=amount)
    _record(population, name, month, reason, amount - line.amount)


def _record(population: Population, name: str, month: Period, reason: str, amount: Decimal) -> None:
    population.planted.append(Planted(name, str(month), reason, population.minor(name, amount)))
