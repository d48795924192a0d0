"""Two customers in the books, so that their usage is allowed; see ``samples.terms``."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from revrec.feeds.records import to_fact
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.fact import Fact, FactKind


def customer(name: str = "acme", currency: str = "USD", *, end: date | None = None) -> Contract:
    """A contract of 2026 with tokens by the day."""
    return Contract(
        id=name,
        customer=name,
        currency=currency,
        inception=date(2026, 1, 1),
        end=end,
        obligations=(
            PerformanceObligation(
                id="inference", product="api", measure=Measure.USAGE, meters=("tokens",)
            ),
        ),
        consideration=(
            Consideration(
                id="use", kind=ConsiderationKind.USAGE, amount=Decimal(0), obligation="inference"
            ),
        ),
    )


def fact(contract: Contract) -> Fact:
    """The contract as a fact."""
    return to_fact(FactKind.CONTRACT, contract)


def customers() -> list[Fact]:
    """Acme in dollars to the end of 2026, Globex in euros without an end."""
    return [fact(customer(end=date(2026, 12, 31))), fact(customer("globex", "EUR"))]
