"""A company's random years: what it is told, month by month, some of it late."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from revrec.feeds.records import fact_of
from revrec.model.fact import Fact
from revrec.periods import MONTHS, Period

Told = dict[str, Any]
FIRST = Period(2026, 1)


@dataclass
class Month:
    """What is told by the end of a month."""

    facts: list[Fact] = field(default_factory=list)
    usage: list[dict[str, str]] = field(default_factory=list)


@dataclass
class Life:
    """So many contracts over so many months, drawn from a seed."""

    seed: int
    contracts: int
    months: int

    def __post_init__(self) -> None:
        self.dice = Random(self.seed)
        self.told = {month: Month() for month in FIRST.through(self.last)}
        for number in range(self.contracts):
            tell = (self._subscription, self._metered, self._credits, self._delivered)[number % 4]
            tell(f"C-{number:03}")

    @property
    def last(self) -> Period:
        """The last month."""
        return FIRST.plus(self.months - 1)

    def _day(self, first: Period, last: Period) -> date:
        span = (min(last, self.last).last - first.first).days
        return first.first + timedelta(days=self.dice.randint(0, max(0, span)))

    def _start(self) -> Period:
        return FIRST.plus(self.dice.randint(0, max(0, self.months - 3)))

    def _tell(self, told: Told, *, late: int = 0) -> None:
        """In the month of its day, or some months later; never after the last."""
        month = MONTHS.of(date.fromisoformat(told.get("on") or told["inception"]))
        heard = min(month.plus(self.dice.randint(0, late)), self.last)
        self.told[heard].facts.append(fact_of(told, "life"))

    def _contract(self, name: str, start: Period, months: int, **terms: Any) -> None:
        self._tell(
            {
                "kind": "contract",
                "id": name,
                "customer": f"customer of {name}",
                "currency": self.dice.choice(["USD", "USD", "EUR"]),
                "inception": str(start.first),
                "start": str(start.first),
                "end": str(start.plus(months - 1).last),
                **terms,
            }
        )

    def _bill(self, name: str, number: int, on: date, amount: str, **line: str) -> None:
        """A bill, paid or credited in part as it comes; each of them may be told late."""
        bill = {"kind": "invoice", "id": f"I-{name}-{number}", "contract": name, "on": str(on)}
        self._tell({**bill, "lines": [{"amount": amount, **line}]}, late=1)
        if self.dice.random() < 0.7:
            paid = on + timedelta(days=self.dice.randint(0, 40))
            if paid <= self.last.last:
                told = {"kind": "payment", "id": f"P-{name}-{number}", "contract": name}
                self._tell({**told, "on": str(paid), "amount": amount}, late=2)

    def _subscription(self, name: str) -> None:
        """A year or more of two services, some of it repriced on the way."""
        start, term = self._start(), self.dice.choice([12, 12, 24, 36])
        services = [
            {"id": each, "product": each, "measure": "days", "standalone_selling_price": price}
            for each, price in (("access", "9000"), ("support", "3000"))
        ]
        fee = f"{self.dice.randint(5_000, 90_000)}.{self.dice.randint(0, 99):02}"
        price = {"id": "fee", "kind": "fixed", "amount": fee}
        self._contract(name, start, term, obligations=services, consideration=[price])
        self._bill(name, 0, start.first, fee)
        if self.dice.random() < 0.5:
            on = self._day(start.plus(1), start.plus(term - 2))
            change = f"{self.dice.randint(-3_000, 9_000)}.00"
            told = {"kind": "modification", "id": f"M-{name}", "contract": name, "on": str(on)}
            self._tell({**told, "price_change": change}, late=1)

    def _usage(self, name: str, start: Period, end: Period, most: int) -> Iterator[date]:
        """Some days of use in each month, a few of them told later."""
        currency = "USD"
        for contract in (f for m in self.told.values() for f in m.facts if f.key == name):
            currency = str(contract.body["currency"])
        for month in start.through(min(end, self.last)):
            for number in range(self.dice.randint(0, 3)):
                on = self._day(month, month)
                heard = min(month.plus(self.dice.choice([0, 0, 0, 1, 2])), self.last)
                units = self.dice.randint(1, most)
                worth = f"{units * self.dice.randint(1, 999)}.{self.dice.randint(0, 999)}"
                self.told[heard].usage.append(
                    {
                        "source": "gateway",
                        "usage_id": f"{name}-{month}-{number}",
                        "contract": name,
                        "meter": "calls",
                        "usage_date": str(on),
                        "quantity": str(units),
                        "unit": "call",
                        "amount": worth,
                        "currency": currency,
                    }
                )
                yield on

    def _metered(self, name: str) -> None:
        """Paid as it is used, billed now and then for no more than a guess."""
        start, term = self._start(), 12
        calls = {"id": "calls", "product": "calls", "measure": "usage"}
        fee = {"id": "use", "kind": "usage", "obligation": "calls"}
        self._contract(name, start, term, obligations=[calls], consideration=[fee])
        for number, on in enumerate(self._usage(name, start, start.plus(term - 1), 50)):
            if self.dice.random() < 0.4:
                self._bill(name, number, MONTHS.of(on).last, f"{self.dice.randint(1, 999)}.50")

    def _credits(self, name: str) -> None:
        """A prepaid entitlement that lapses with the term."""
        start, term = self._start(), self.dice.randint(2, 12)
        end = start.plus(term - 1)
        entitled = {"counted_in": "quantity", "entitled": "500", "lapses": str(end.last)}
        calls = {"id": "calls", "product": "calls", "measure": "usage", "usage": entitled}
        paid = f"{self.dice.randint(100, 9_999)}.99"
        price = {"id": "purchase", "kind": "fixed", "amount": paid, "obligation": "calls"}
        self._contract(name, start, term, obligations=[calls], consideration=[price])
        self._bill(name, 0, start.first, paid)
        list(self._usage(name, start, end, 40))

    def _delivered(self, name: str) -> None:
        """A workshop that is held some day, heard of a little later."""
        start = self._start()
        held = {"id": "workshop", "product": "training", "measure": "point_in_time"}
        amount = f"{self.dice.randint(500, 20_000)}.00"
        price = {"id": "fee", "kind": "fixed", "amount": amount}
        self._contract(name, start, 6, obligations=[held], consideration=[price])
        on = self._day(start, start.plus(5))
        told = {"kind": "delivery", "id": f"D-{name}", "contract": name, "obligation": "workshop"}
        self._tell({**told, "on": str(on)}, late=1)
        self._bill(name, 0, self._day(start, start.plus(5)), amount)
