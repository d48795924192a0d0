"""A contract while it is drawn: its promises, its prices, and the days that matter to it."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

Told = dict[str, Any]
_T = TypeVar("_T")
Draw = Callable[[st.SearchStrategy[Any]], Any]

DAY = timedelta(days=1)
DECIMALS = {"JPY": 0, "USD": 2, "KWD": 3}
TIMED = (
    "days", "even_months", "half_month", "calendar_months", "whole_months", "prorated_months",
    "seconds", "time_elapsed",
)  # fmt: skip
ZONES = (UTC, timezone(timedelta(hours=5, minutes=30)), timezone(timedelta(hours=-8)))
COUNTED = ("units", "milestones", "costs")
DELIVERED = (*COUNTED, "point_in_time")
MEASURES = (*TIMED, *DELIVERED, "usage", "usage", "by_the_day")
"""Measures of progress; ``by_the_day`` is usage priced for its day, without an entitlement."""


def add_months(day: date, months: int) -> date:
    """The same day months later, or the last day of that month."""
    ordinal = day.year * 12 + day.month - 1 + months
    year, month = ordinal // 12, ordinal % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def without_marks(told: Told) -> Told:
    """What is told to others: names with an underscore are the story's own."""
    return {key: value for key, value in told.items() if not key.startswith("_")}


@dataclass
class Story:
    """What has been drawn of a contract, and what its events need to know of it."""

    draw: Draw
    name: str
    currency: str
    inception: date
    first: date
    last: date
    endless: bool = False
    in_force: dict[str, Told] = field(default_factory=dict)
    promised: dict[str, Told] = field(default_factory=dict)
    """Every obligation ever in force, under its latest terms."""
    estimated: dict[str, date] = field(default_factory=dict)
    """Variable consideration -> the day it was promised."""
    per_unit: dict[str, Told] = field(default_factory=dict)
    """Prices per unit -> their terms."""
    landmarks: list[date] = field(default_factory=list)
    """Days at whose turn something changes."""
    events: list[Told] = field(default_factory=list)
    made: int = 0

    def pick(self, choices: Sequence[_T]) -> _T:
        """One of the choices."""
        drawn: _T = self.draw(st.sampled_from(choices))
        return drawn

    def number(self, low: int, high: int) -> int:
        """A number from low to high."""
        return int(self.draw(st.integers(low, high)))

    def chance(self, one_in: int) -> bool:
        """True once in so many times."""
        return self.number(1, one_in) == one_in

    def amount(self, low: int, high: int) -> str:
        """An amount between minor units low and high."""
        return self.told(self.number(low, high))

    def rate(self) -> str:
        """A price of one unit, now and then below zero, of up to six decimals."""
        return format(Decimal(self.number(-10, 10**6)).scaleb(-self.number(0, 6)), "f")

    def told(self, minor: int) -> str:
        """Minor units as the currency tells them."""
        return format(Decimal(minor).scaleb(-DECIMALS[self.currency]), "f")

    def promise(self, told: Told) -> None:
        """Bring an obligation into force, or restate it."""
        self.in_force[told["id"]] = self.promised[told["id"]] = told
        self.landmarks += [told[name] for name in ("start", "end") if name in told]
        if "lapses" in told.get("usage", {}):
            self.landmarks.append(told["usage"]["lapses"])

    def day(self, first: date, last: date) -> date:
        """A day of the range, or one at a turn."""
        if self.landmarks and self.chance(3):
            near = self.pick(self.landmarks) + self.number(-1, 1) * DAY
            return min(max(near, first), max(first, last))
        return first + timedelta(days=self.number(0, max((last - first).days, 0)))

    def event(self, kind: str, on: date, **told: object) -> Told:
        """Something that happened."""
        self.made += 1
        event = {"kind": kind, "id": f"{self.name}-{kind}-{self.made}", "contract": self.name}
        if kind == "usage":
            del event["id"]
        self.events.append(event | {"on": on} | told)
        return self.events[-1]


def obligation(story: Story, name: str, first: date, last: date) -> Told:
    """A promise; ``_by_the_day`` marks one that is priced only by its use."""
    measure = story.pick(MEASURES)
    told: Told = {
        "id": name,
        "product": f"by-{story.pick(['contract', 'unit', 'month', 'year'])}",
        "measure": "usage" if measure == "by_the_day" else measure,
        "distinct_increments": not story.chance(3),
    }
    _price(story, told)
    if story.chance(3):
        told["start"] = story.day(first, last)
    begins = told.get("start", first)
    needs_end = story.endless or last < begins or name[0] != "o"
    if measure == "half_month":
        told["start"] = begins
        told["end"] = add_months(begins, story.number(1, 24)) - DAY
    elif story.chance(4) or needs_end:
        told["end"] = begins + timedelta(days=story.number(0, 400))
    if measure in {"seconds", "prorated_months"} and story.chance(2):
        _moments(story, told, begins)
    if measure in COUNTED:
        told["quantity"] = str(Decimal(story.number(1, 4000)).scaleb(-story.number(0, 2)))
    if measure == "usage":
        told["usage"] = entitlement(story, begins)
    if measure in {"usage", "by_the_day"}:
        told["meters"] = story.pick([[name], [f"{name}-a", f"{name}-b"], ["shared"]])
        told["_by_the_day"] = measure == "by_the_day"
    return told


def _moments(story: Story, told: Told, begins: date) -> None:
    """The moments between which service runs, in one zone, at least a day apart."""
    zone = story.pick(ZONES)
    at = time(story.number(0, 23), story.number(0, 59), story.number(0, 59))
    until = max(told.pop("end", story.last), begins) + story.number(1, 2) * DAY
    told.pop("start", None)
    told["starts_at"] = datetime.combine(begins, at, zone)
    told["ends_at"] = datetime.combine(until + DAY, time(story.number(0, 23)), zone)


def _price(story: Story, told: Told) -> None:
    """Its own selling price, a range, the worth of an option, or what the book says."""
    if story.chance(2):
        told["standalone_selling_price"] = story.amount(1, 500_000)
    elif story.chance(8):
        low = story.number(1, 300_000)
        high = low + story.number(0, 300_000)
        told["selling_price_range"] = {"low": story.told(low), "high": story.told(high)}
    elif story.chance(12):
        told["option"] = {
            "discount": story.pick(["0.1", "0.25", "0.375"]),
            "purchase": story.amount(1, 500_000),
            "likelihood": story.pick(["0.05", "0.8", "1"]),
        }


def entitlement(story: Story, begins: date) -> Told:
    """Usage bought in advance."""
    entitled = story.number(1, 3000)
    terms: Told = {
        "counted_in": story.pick(["quantity", "amount"]),
        "entitled": str(Decimal(entitled).scaleb(-1)),
    }
    if story.chance(3):
        terms["expected"] = str(Decimal(story.number(1, entitled)).scaleb(-1))
    if story.chance(3):
        terms["lapses"] = begins + timedelta(days=story.number(0, 500))
    return terms


def considerations(story: Story, obligations: Sequence[Told]) -> list[Told]:
    """Fixed and variable prices if anything shares in them, and a price for each use."""
    sharing = [each["id"] for each in obligations if not each.get("_by_the_day")]
    told: list[Told] = []
    if sharing:
        scale = story.pick([1, 1, 1, 10**5])
        for number in range(story.number(1, 2)):
            amount = story.amount(0, 2_000_000 * scale)
            told.append({"id": f"f{number}", "kind": "fixed", "amount": amount})
            if story.chance(3):
                told[-1]["obligation"] = story.pick(sharing)
        told += [
            variable(story, f"v{n}", sharing, story.inception) for n in range(story.number(0, 2))
        ]
        if not story.chance(10):
            _cover(told)
    return told + prices_of_use(story, obligations)


def _cover(told: Sequence[Told]) -> None:
    """Raise the first amount by what others may take off, so that the price is not below zero."""
    lowest = [
        min(Decimal(outcome["amount"]) for outcome in each.get("outcomes") or [each])
        for each in told
        if each["kind"] == "variable"
    ]
    taken = -sum(min(amount, Decimal(0)) for amount in lowest)
    told[0]["amount"] = format(Decimal(told[0]["amount"]) + taken, "f")


def variable(story: Story, name: str, sharing: Sequence[str], on: date) -> Told:
    """An estimate, or outcomes to make one of, for all or for one obligation."""
    told: Told = {"id": name, "kind": "variable"}
    if story.chance(5):
        told["outcomes"] = [
            {"amount": story.amount(-50_000, 300_000), "probability": probability}
            for probability in story.pick([("0.6", "0.3", "0.1"), ("0.5", "0.5"), ("1",)])
        ]
        told["method"] = story.pick(["expected_value", "most_likely_amount"])
    else:
        told["amount"] = story.amount(-50_000, 300_000)
    if story.chance(3):
        told["obligation"] = story.pick(sharing)
    story.estimated[name] = on
    return told


def prices_of_use(story: Story, obligations: Sequence[Told]) -> list[Told]:
    """A fee for the use of what has no other price, and now and then one above an entitlement."""
    told = []
    for each in obligations:
        above = each.get("usage", {}).get("counted_in") == "amount" and story.chance(2)
        if each.get("_by_the_day") and story.chance(2):
            told.append(price_of_units(story, f"u-{each['id']}", each))
        elif each.get("_by_the_day") or above:
            told.append(price_of_use(f"u-{each['id']}", each, above=above))
    return told


def price_of_use(name: str, of: Told, *, above: bool) -> Told:
    """Usage consideration."""
    return {"id": name, "kind": "usage", "obligation": of["id"], "above_entitlement": above}


def price_of_units(story: Story, name: str, of: Told) -> Told:
    """A price per unit that is estimated, or tiers of it with the volume expected."""
    told: Told = {"id": name, "kind": "variable", "obligation": of["id"]}
    if story.chance(2):
        told |= {"per_unit": True, "amount": story.rate()}
    else:
        bounds = sorted({story.number(1, 500) for _ in range(story.number(1, 3))})
        tiers = [{"up_to": str(bound), "unit_price": story.rate()} for bound in bounds]
        told |= {
            "tiers": [*tiers, {"unit_price": story.rate()}],
            "tiers_price": story.pick(["all_units", "next_units"]),
            "expected_units": str(story.number(1, 900)),
        }
    story.per_unit[name] = told
    return told


def special_prices(story: Story, contract: Told) -> None:
    """Now and then a residual, or a bundle whose price may prove where a discount belongs."""
    sharing = [
        each
        for each in contract["obligations"]
        if each["id"] in story.promised and (each["measure"] != "usage" or "usage" in each)
    ]
    if len(sharing) < 2:
        return
    if story.chance(12):
        sharing[0]["residual"] = story.promised[sharing[0]["id"]]["residual"] = True
    elif story.chance(6):
        bundled = sharing[: story.number(1, len(sharing))]
        price = story.amount(1, 900_000)
        alone = [each.get("standalone_selling_price") for each in sharing[len(bundled) :]]
        if all(alone) and story.chance(2):
            fixed = [e["amount"] for e in contract["consideration"] if e["kind"] == "fixed"]
            estimates = [
                each.get("amount", "0")
                for each in contract["consideration"]
                if each["kind"] == "variable" and "obligation" not in each
            ]
            rest = sum(map(Decimal, [*fixed, *estimates])) - sum(Decimal(n) for n in alone if n)
            price = format(max(rest, Decimal(1)), "f")
        contract["bundles"] = [{"obligations": [each["id"] for each in bundled], "price": price}]
