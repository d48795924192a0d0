"""Mistakes with cash and documents planted in drawn books are found, and nothing else is."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from revrec.model.events import Modification, Payment
from revrec.periods import MONTHS as CIVIL
from revrec.reconciliation.cash import cash_findings
from revrec.reconciliation.documents import document_findings
from tests.reconciliation.books import book_of
from tests.reconciliation.population import AS_OF, Population, clean

SEEDS = 12
"""Eight mistakes each."""
TORTURED = 650
"""More than five thousand."""
ENDED = (date(2026, 3, 1), 12_345)
"""Revenue of the month after a contract ended, in minor units."""


def found(population: Population, payments, modifications=(), earned=None):
    """Reason, contract, subject and amount of every finding."""
    events = [*population.invoices, *population.credits, *population.modifications]
    book = book_of(population.contracts.values(), [*events, *payments, *modifications])
    told = [
        *cash_findings(book, CIVIL, as_of=AS_OF, days=30),
        *document_findings(book, earned or {}, CIVIL, as_of=AS_OF, days=60),
    ]
    return sorted(
        (each.cause.reason, each.cause.contract, each.cause.subject, each.amount) for each in told
    )


def taxed(document):
    """With a tax of a fifth on every line."""
    lines = (replace(line, tax=line.amount // 5) for line in document.lines)
    return replace(document, lines=tuple(lines))


def total(document) -> Decimal:
    """What the customer pays, or is given back."""
    return sum((line.amount + line.tax for line in document.lines), Decimal(0))


def paid(population: Population):
    """Every invoice of at least 25 days ago is paid in full, less what was credited of it."""
    credited: defaultdict[str, Decimal] = defaultdict(Decimal)
    for memo in population.credits:
        credited[memo.invoice] += total(memo)
    return {
        each.id: Payment(
            id=f"PAY-{each.id}",
            contract=each.contract,
            on=each.on + timedelta(days=25),
            amount=total(each) - credited[each.id],
            invoice=each.id,
        )
        for each in population.invoices
        if each.on + timedelta(days=25) <= AS_OF
    }


def of(population: Population, contract: str) -> list[str]:
    """The contract's invoices that should be paid by now, oldest first."""
    told = [each for each in population.invoices if each.contract == contract]
    return [
        each.id
        for each in sorted(told, key=lambda each: (each.on, each.id))
        if each.on + timedelta(days=30) < AS_OF
    ]


def check(seed: int) -> None:
    """A clean book has no finding; spoilt, it has the planted ones with their amounts."""
    population = clean(seed)
    population.invoices = [taxed(each) for each in population.invoices]
    population.credits = [taxed(each) for each in population.credits]
    payments = paid(population)
    assert found(population, payments.values()) == []
    dice = population.dice
    planted = []

    twice = dice.choice(of(population, "TOKENS-1"))
    again = replace(payments[twice], id=f"{payments[twice].id}-again")
    planted.append(("paid_twice", "TOKENS-1", twice, again.amount))

    more, cents = dice.choice(of(population, "TOKENS-2")), Decimal(dice.randint(1, 900))
    payments[more] = replace(payments[more], amount=payments[more].amount + cents)
    planted.append(("paid_more", "TOKENS-2", more, cents))

    unpaid = dice.choice(of(population, "TOKENS-3"))
    planted.append(("invoice_overdue", "TOKENS-3", unpaid, -payments.pop(unpaid).amount))

    lost = dice.choice(of(population, "TOKENS-4"))
    gone = payments[lost]
    payments[lost] = replace(gone, invoice="INV-OF-ANOTHER")
    planted.append(("payment_without_invoice", "TOKENS-4", gone.id, gone.amount))
    planted.append(("invoice_overdue", "TOKENS-4", lost, -gone.amount))

    spare = Payment(
        id="PAY-SPARE", contract="REDUCED-0", on=date(2026, 3, 1), amount=cents, invoice=None
    )
    planted.append(("payment_unapplied", "REDUCED-0", "payments", cents))

    dropped = {each.id for each in population.invoices if each.contract == "SEATS-0"}
    population.invoices = [each for each in population.invoices if each.id not in dropped]
    payments = {name: each for name, each in payments.items() if name not in dropped}
    price = population.contracts["SEATS-0"].consideration[0].amount
    planted.append(("contract_without_invoice", "SEATS-0", "contract", -price))

    rise = Modification(
        id="RISE", contract="SEATS-1", on=date(2026, 1, 20), price_change=Decimal(600)
    )
    before = [each for each in population.invoices if each.contract == "SEATS-1"]
    if any(each.on >= rise.on for each in before) and any(each.on < rise.on for each in before):
        planted.append(("amendment_not_billed", "SEATS-1", "RISE", Decimal(-600)))

    planted.append(("revenue_after_end", "ENDED-0", "contract", Decimal("123.45")))
    told = found(population, [*payments.values(), again, spare], [rise], {"ENDED-0": [ENDED]})
    assert told == sorted(planted)


@pytest.mark.parametrize("seed", range(1, SEEDS + 1))
def test_mistakes_with_cash_and_documents_are_found_and_nothing_else(seed: int) -> None:
    """Amounts to the cent."""
    check(seed)


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_five_thousand_mistakes() -> None:
    """The same over hundreds of books."""
    for seed in range(1, TORTURED + 1):
        check(seed)
