"""Facts other than usage as records of NDJSON files, by the month in which they arrive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from revrec.demo.billing import Billing
from revrec.demo.catalogue import selling_prices
from revrec.demo.deals import USAGE_FIRST, Deal
from revrec.demo.dice import Dice
from revrec.feeds.adapters import adapter_of
from revrec.model.events import (
    CreditMemo,
    Delivery,
    Estimate,
    Event,
    Invoice,
    Modification,
    Payment,
)
from revrec.model.fact import FactKind
from revrec.periods import Month

OPENING = Month.of(USAGE_FIRST).previous
"""Everything from before the sample's quarter arrives together, for the opening balances."""
_LATE_DELIVERIES = 3

CONTRACTS, PRICES = "contracts.ndjson", "selling_prices.ndjson"
EVENTS, INVOICES, PAYMENTS = "events.ndjson", "invoices.ndjson", "payments.ndjson"
FACT_FILES = (CONTRACTS, PRICES, EVENTS, INVOICES, PAYMENTS)
"""Names of the files of facts, in the order of their arrival."""

_FILE_OF: Mapping[type[Event], str] = {
    Delivery: EVENTS,
    Estimate: EVENTS,
    Modification: EVENTS,
    Invoice: INVOICES,
    CreditMemo: INVOICES,
    Payment: PAYMENTS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A fact as told, with the file and the month it is told in."""

    file: str
    arrives: Month
    kind: FactKind
    id: str
    contract: str
    on: date
    body: Mapping[str, object]

    @property
    def late(self) -> bool:
        """Whether the month in which it took effect is closed when it arrives."""
        return max(Month.of(self.on), OPENING) < self.arrives

    @property
    def record(self) -> dict[str, object]:
        """The line of the file."""
        return {"kind": self.kind.value, **self.body}


def tell(seed: int, deals: Sequence[Deal], billing: Billing) -> dict[tuple[Month, str], list[Told]]:
    """All facts by month of arrival and file, each file in order of (day, id)."""
    late = _late_deliveries(seed, deals)
    files: dict[tuple[Month, str], list[Told]] = defaultdict(list)
    for told in (*_agreed(deals), *_happened(deals, billing, late)):
        files[told.arrives, told.file].append(told)
    for facts in files.values():
        facts.sort(key=lambda fact: (fact.on, fact.id))
    return files


def _agreed(deals: Sequence[Deal]) -> Iterator[Told]:
    for deal in deals:
        contract = deal.contract
        yield Told(
            file=CONTRACTS,
            arrives=max(Month.of(contract.inception), OPENING),
            kind=FactKind.CONTRACT,
            id=contract.id,
            contract=contract.id,
            on=contract.inception,
            body=_body(contract),
        )
    for price in selling_prices():
        yield Told(
            file=PRICES,
            arrives=OPENING,
            kind=FactKind.STANDALONE_SELLING_PRICE,
            id=price.id,
            contract="",
            on=price.effective_from,
            body=_body(price),
        )


def _happened(deals: Sequence[Deal], billing: Billing, late: set[str]) -> Iterator[Told]:
    events: list[Event] = [event for deal in deals for event in deal.events]
    events += [*billing.invoices, *billing.credit_memos, *billing.payments]
    for event in events:
        month = max(Month.of(event.on), OPENING)
        yield Told(
            file=_FILE_OF[type(event)],
            arrives=month.next if event.id in late else month,
            kind=FactKind(event.kind),
            id=event.id,
            contract=event.contract,
            on=event.on,
            body=_body(event),
        )


def _late_deliveries(seed: int, deals: Sequence[Deal]) -> set[str]:
    """A few acceptance protocols of January that are handed in after its close."""
    done = [
        event.id
        for deal in deals
        for event in deal.events
        if isinstance(event, Delivery) and Month.of(event.on) == OPENING.next
    ]
    return set(Dice(seed, "late facts").some(done, _LATE_DELIVERIES))


def _body(fact: object) -> Mapping[str, object]:
    """The fact as JSON: decimals and dates as text, what is left at its default left out."""
    body: dict[str, object] = adapter_of(type(fact)).dump_python(
        fact, mode="json", exclude_defaults=True
    )
    return body
