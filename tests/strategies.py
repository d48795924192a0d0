"""Random but valid scenarios, as plain dictionaries of the public format.

Every feature of the model must be added here when it is added to the model: the oracle and the
properties know only what these strategies draw. Drawn so far: 1 to 4 obligations of every
measure, with selling prices of their own or from the book per contract, unit, month and year;
fixed, variable (shared or named) and usage consideration (by the day or above an entitlement);
entitlements in quantity or amount that lapse or not, with and without expected use; meters of
one's own and shared; up to 3 modifications (separate, added below selling price, revised,
withdrawn in part or whole, replaced, price only, a usage fee for what is there, nothing at all;
distinct or not; approved before, on and after their first day); estimates of both kinds; usage,
deliveries, invoices with tax, credit memos, payments; JPY, USD and KWD; starts on any day, leap
days, terms of one day to sixty months and without end.

``to_book`` turns a scenario into the model's objects. Dates are ``datetime.date``; amounts text.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.properties.books import to_book, to_model

__all__ = ["add_months", "contracts", "scenarios", "selling_price_book", "to_book", "to_model"]

Told = dict[str, Any]
_T = TypeVar("_T")
Draw = Callable[[st.SearchStrategy[Any]], Any]

DECIMALS = {"JPY": 0, "USD": 2, "KWD": 3}
TIMED = ("days", "even_months", "half_month")
COUNTED = ("units", "milestones", "costs")
DELIVERED = (*COUNTED, "point_in_time")
MEASURES = (*TIMED, *DELIVERED, "usage", "usage", "by_the_day")
"""Measures of progress; ``by_the_day`` is usage priced for its day, without an entitlement."""
MODIFICATIONS = (
    "separate", "add", "revise", "revise", "revise_two", "withdraw", "withdraw_all", "replace",
    "price", "usage_fee", "nothing",
)  # fmt: skip

_DAY = timedelta(days=1)
_ODD_DAYS = (
    date(2024, 2, 29),
    date(2023, 1, 31),
    date(2024, 1, 30),
    date(2023, 8, 31),
    date(2024, 12, 31),
    date(2024, 3, 1),
    date(2023, 1, 1),
)


def selling_price_book() -> list[Told]:
    """One price per product, currency and way of pricing; later and regional ones beside it."""
    entries: list[Told] = []
    for currency, digits in DECIMALS.items():
        for number, per in enumerate(("contract", "unit", "month", "year"), 1):
            for suffix, amount, more in (
                ("", 137, {}),
                ("-new", 151, {"effective_from": date(2024, 7, 1)}),
                ("-eu", 149, {"region": "eu"}),
            ):
                entry = {
                    "id": f"{per}-{currency}{suffix}",
                    "product": f"by-{per}",
                    "currency": currency,
                    "amount": str(Decimal(number * amount).scaleb(-digits)),
                    "per": per,
                    "effective_from": date(2020, 1, 1),
                }
                entries.append(entry | more)
    return entries


def add_months(day: date, months: int) -> date:
    """The same day months later, or the last day of that month."""
    ordinal = day.year * 12 + day.month - 1 + months
    year, month = ordinal // 12, ordinal % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@dataclass
class _Story:
    """A contract while it is drawn, and what its events need to know of it."""

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
    landmarks: list[date] = field(default_factory=list)
    """Days at whose turn something changes."""
    events: list[Told] = field(default_factory=list)
    made: int = 0

    def pick(self, choices: Sequence[_T]) -> _T:
        drawn: _T = self.draw(st.sampled_from(choices))
        return drawn

    def number(self, low: int, high: int) -> int:
        return int(self.draw(st.integers(low, high)))

    def chance(self, one_in: int) -> bool:
        return self.number(1, one_in) == one_in

    def amount(self, low: int, high: int) -> str:
        """An amount between minor units low and high."""
        return format(Decimal(self.number(low, high)).scaleb(-DECIMALS[self.currency]), "f")

    def promise(self, told: Told) -> None:
        self.in_force[told["id"]] = self.promised[told["id"]] = told
        self.landmarks += [told[name] for name in ("start", "end") if name in told]
        if "lapses" in told.get("usage", {}):
            self.landmarks.append(told["usage"]["lapses"])

    def day(self, first: date, last: date) -> date:
        """A day of the range, or one at a turn."""
        if self.landmarks and self.chance(3):
            near = self.pick(self.landmarks) + self.number(-1, 1) * _DAY
            return min(max(near, first), max(first, last))
        return first + timedelta(days=self.number(0, max((last - first).days, 0)))

    def event(self, kind: str, on: date, **told: object) -> Told:
        self.made += 1
        event = {"kind": kind, "id": f"{self.name}-{kind}-{self.made}", "contract": self.name}
        if kind == "usage":
            del event["id"]
        self.events.append(event | {"on": on} | told)
        return self.events[-1]


@st.composite
def contracts(draw: Draw, name: str = "C") -> tuple[Told, list[Told]]:
    """A contract and its events."""
    any_day = st.dates(date(2023, 1, 1), date(2025, 12, 31))
    inception = draw(st.one_of(st.sampled_from(_ODD_DAYS), any_day))
    start = draw(st.sampled_from([None, None, *(inception + n * _DAY for n in (0, 17, -12))]))
    first = start or inception
    last = _end_of_term(draw, first)
    story = _Story(draw, name, draw(st.sampled_from(sorted(DECIMALS))), inception, first, last)
    story.endless = story.chance(8)
    for number in range(story.number(1, 4)):
        story.promise(_obligation(story, f"o{number}", first, last))
    obligations = list(story.promised.values())
    contract = {
        "id": name,
        "customer": "K",
        "currency": story.currency,
        "inception": inception,
        "region": story.pick(["", "eu"]),
        "obligations": [_without_marks(each) for each in obligations],
        "consideration": _considerations(story, obligations),
    }
    contract |= {"start": start} if start is not None else {}
    contract |= {} if story.endless else {"end": last}
    _modify(story)
    _use_and_deliver(story)
    _estimate(story)
    _bill(story)
    return contract, story.events


@st.composite
def scenarios(draw: Draw, size: int = 1) -> Told:
    """A scenario of ``size`` contracts, each with an id of its own."""
    told = [draw(contracts(name=f"C{n}")) for n in range(size)]
    return {
        "standalone_selling_prices": selling_price_book(),
        "contracts": [contract for contract, _ in told],
        "events": [event for _, events in told for event in events],
    }


def _end_of_term(draw: Draw, first: date) -> date:
    """One day, whole months, or any number of days."""
    months = add_months(first, int(draw(st.integers(1, 60)))) - _DAY
    days = first + timedelta(days=int(draw(st.integers(0, 800))))
    last: date = draw(st.sampled_from([months, months, days, first]))
    return last


def _obligation(story: _Story, name: str, first: date, last: date) -> Told:
    """A promise; ``_by_the_day`` marks one that is priced only by its use."""
    measure = story.pick(MEASURES)
    told: Told = {
        "id": name,
        "product": f"by-{story.pick(['contract', 'unit', 'month', 'year'])}",
        "measure": "usage" if measure == "by_the_day" else measure,
        "distinct_increments": not story.chance(3),
    }
    if story.chance(2):
        told["standalone_selling_price"] = story.amount(1, 500_000)
    if story.chance(3):
        told["start"] = story.day(first, last)
    begins = told.get("start", first)
    needs_end = story.endless or last < begins or name.startswith("a")
    if measure == "half_month":
        told["start"] = begins
        told["end"] = add_months(begins, story.number(1, 24)) - _DAY
    elif story.chance(4) or needs_end:
        told["end"] = begins + timedelta(days=story.number(0, 400))
    if measure in COUNTED:
        told["quantity"] = str(Decimal(story.number(1, 4000)).scaleb(-story.number(0, 2)))
    if measure == "usage":
        told["usage"] = _entitlement(story, begins)
    if measure in {"usage", "by_the_day"}:
        told["meters"] = story.pick([[name], [f"{name}-a", f"{name}-b"], ["shared"]])
        told["_by_the_day"] = measure == "by_the_day"
    return told


def _entitlement(story: _Story, begins: date) -> Told:
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


def _considerations(story: _Story, obligations: Sequence[Told]) -> list[Told]:
    """Fixed and variable prices if anything shares in them, and a price for each use."""
    sharing = [each["id"] for each in obligations if not each.get("_by_the_day")]
    told: list[Told] = []
    if sharing:
        scale = story.pick([1, 1, 1, 10**5])
        told += [
            {"id": f"f{n}", "kind": "fixed", "amount": story.amount(0, 2_000_000 * scale)}
            for n in range(story.number(1, 2))
        ]
        told += [
            _variable(story, f"v{n}", sharing, story.inception) for n in range(story.number(0, 2))
        ]
    return told + _prices_of_use(story, obligations)


def _variable(story: _Story, name: str, sharing: Sequence[str], on: date) -> Told:
    told: Told = {"id": name, "kind": "variable", "amount": story.amount(-50_000, 300_000)}
    if story.chance(3):
        told["obligation"] = story.pick(sharing)
    story.estimated[name] = on
    return told


def _prices_of_use(story: _Story, obligations: Sequence[Told]) -> list[Told]:
    told = []
    for each in obligations:
        above = each.get("usage", {}).get("counted_in") == "amount" and story.chance(2)
        if each.get("_by_the_day") or above:
            told.append(_price_of_use(f"u-{each['id']}", each, above=above))
    return told


def _price_of_use(name: str, obligation: Told, *, above: bool) -> Told:
    return {
        "id": name,
        "kind": "usage",
        "obligation": obligation["id"],
        "above_entitlement": above,
    }


def _without_marks(told: Told) -> Told:
    return {key: value for key, value in told.items() if not key.startswith("_")}


def _modify(story: _Story) -> None:
    """Up to three modifications, each later than the one before."""
    on, new_terms_before = story.inception, story.inception
    for number in range(story.pick([0, 0, 1, 1, 2, 3])):
        on = on + timedelta(days=story.number(1, 200))
        next_month = add_months(on, 1).replace(day=1)
        new_terms = story.pick([on, on, next_month, on - 20 * _DAY, on + 45 * _DAY])
        new_terms = new_terms_before = max(new_terms, new_terms_before)
        told = story.event("modification", on, price_change="0")
        if new_terms != on:
            told["new_terms_from"] = new_terms
        on = max(on, new_terms)
        story.landmarks += [told["on"], new_terms]
        _change(story, told, new_terms, number)


def _change(story: _Story, told: Told, first: date, number: int) -> None:
    kind = story.pick(MODIFICATIONS)
    names = sorted(story.in_force)
    if kind in {"revise", "revise_two"} and names:
        chosen = sorted({story.pick(names) for _ in range(2 if kind == "revise_two" else 1)})
        told["revises"] = [_revised(story, story.in_force[name], first) for name in chosen]
        if story.chance(3):
            told["end"] = max(story.last, first) + timedelta(days=story.number(0, 400))
    if kind in {"withdraw", "replace"} and len(names) > 1:
        told["withdraws"] = [story.pick(names)]
    elif kind == "withdraw_all":
        told["withdraws"] = names
    for name in told.get("withdraws", ()):
        del story.in_force[name]
    if kind in {"separate", "add", "replace"}:
        _add(story, told, first, number, separate=kind == "separate")
    elif kind == "usage_fee" and names:
        each = story.in_force[story.pick(names)]
        above = each.get("usage", {}).get("counted_in") == "amount"
        if each["measure"] == "usage":
            told["adds_consideration"] = [_price_of_use(f"x{number}", each, above=above)]
    elif kind != "nothing" and any(not each.get("_by_the_day") for each in story.in_force.values()):
        told["price_change"] = story.amount(-900_000, 600_000)


def _add(story: _Story, told: Told, first: date, number: int, *, separate: bool) -> None:
    """A new promise, at its selling price or not, with its own price for use or estimate."""
    last = max(story.last, first + timedelta(days=story.number(0, 400)))
    new = _obligation(story, f"a{number}", first, last)
    by_the_day = new.get("_by_the_day", False)
    story.promise(new)
    told["adds"] = [_without_marks(new)]
    told["at_standalone_selling_prices"] = separate and not by_the_day
    if not by_the_day:
        told["price_change"] = story.amount(1, 600_000)
    extra = _prices_of_use(story, [new])
    if story.chance(3) and not by_the_day:
        extra.append(_variable(story, f"w{number}", [new["id"]], max(told["on"], first)))
    if story.chance(4) and not by_the_day:
        extra.append({"id": f"g{number}", "kind": "fixed", "amount": story.amount(0, 100_000)})
    if extra:
        told["adds_consideration"] = extra


def _revised(story: _Story, old: Told, first: date) -> Told:
    """The same promise under other terms, restated in full."""
    new = {key: value for key, value in old.items() if key not in {"start", "end"}}
    begins = first if old["distinct_increments"] else old.get("start", story.first)
    if not old["distinct_increments"] and "start" in old:
        new["start"] = begins
    months = story.number(1, 24)
    while add_months(begins, months) <= first:
        months += 1
    new["end"] = add_months(begins, months) - _DAY
    if old.get("usage"):
        new["usage"] = {**_entitlement(story, first), "counted_in": old["usage"]["counted_in"]}
    elif old["measure"] in COUNTED:
        new["quantity"] = str(story.number(1, 50))
    if "standalone_selling_price" in old:
        new["standalone_selling_price"] = story.amount(1, 500_000)
    story.promise(new)
    return _without_marks(new)


def _use_and_deliver(story: _Story) -> None:
    """Days of use and deliveries, mostly within the term."""
    for each in story.promised.values():
        for _ in range(story.number(0, 4)):
            if each["measure"] in DELIVERED:
                _deliver(story, each)
            elif each["measure"] == "usage":
                _use(story, each)


def _use(story: _Story, obligation: Told) -> None:
    """A day's usage, now and then a correction that takes some back."""
    sign = -1 if story.chance(10) else 1
    quantity = sign * Decimal(story.number(0, 10**6)).scaleb(-story.number(1, 9))
    amount = sign * Decimal(story.number(0, 10**9)).scaleb(-story.number(4, 12))
    story.event(
        "usage",
        story.day(story.first - 5 * _DAY, story.last + 30 * _DAY),
        meter=story.pick(obligation["meters"]),
        quantity=format(quantity, "f"),
        amount=format(amount, "f"),
    )


def _deliver(story: _Story, obligation: Told) -> None:
    whole = Decimal(obligation.get("quantity", "1"))
    part = story.pick(["1", "0.5", "0.25", "0.1"])
    story.event(
        "delivery",
        story.day(story.first, story.last + 30 * _DAY),
        obligation=obligation["id"],
        quantity=format(max(whole * Decimal(part), Decimal("0.01")), "f"),
    )


def _estimate(story: _Story) -> None:
    """New estimates of variable amounts and of use to come."""
    for name, promised_on in story.estimated.items():
        for _ in range(story.number(0, 2)):
            on = story.day(promised_on, story.last)
            amount = story.amount(-50_000, 300_000)
            story.event("estimate", on, consideration=name, amount=amount)
    for each in story.in_force.values():
        if each.get("usage") and story.chance(2):
            on = story.day(story.inception, story.last)
            expected = str(Decimal(story.number(1, 3000)).scaleb(-1))
            story.event("estimate", on, obligation=each["id"], expected=expected)


def _bill(story: _Story) -> None:
    """Invoices with tax, a credit memo for part of one, and payments."""
    for _ in range(story.number(0, 3)):
        lines = [
            {"amount": story.amount(0, 900_000), "tax": story.amount(0, 90_000)}
            for _ in range(story.number(1, 2))
        ]
        on = story.day(story.inception - 20 * _DAY, story.last)
        invoice = story.event("invoice", on, lines=lines)
        if story.chance(3):
            later = on + timedelta(days=story.number(0, 60))
            story.event("credit_memo", later, invoice=invoice["id"], lines=[dict(lines[0])])
        if story.chance(2):
            story.event("payment", on + 30 * _DAY, amount=story.amount(1, 900_000))


def moved(scenario: Mapping[str, Any], years: int) -> Told:
    """The same scenario with every date some years later, day and month kept."""

    def move(told: Any) -> Any:
        if isinstance(told, date):
            return told.replace(year=told.year + years)
        if isinstance(told, Mapping):
            return {key: move(value) for key, value in told.items()}
        return [move(each) for each in told] if isinstance(told, list) else told

    return dict(move(scenario))
