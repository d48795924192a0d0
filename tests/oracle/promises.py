"""The facts of one contract, a promise with its terms, and how far it is on a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from functools import lru_cache
from typing import Any

from tests.oracle.service_time import ONE_DAY, NotStated, progress_by_time

Told = Mapping[str, Any]
"""A mapping of the public format, as parsed from YAML."""

FIXED = "fixed"
BY_TIME = (
    "days", "even_months", "half_month", "calendar_months", "whole_months", "prorated_months",
    "seconds", "time_elapsed",
)  # fmt: skip
TO_THE_MOMENT = ("seconds", "prorated_months")
BY_DELIVERY = ("units", "milestones", "costs", "point_in_time")
_DECIMALS = {"JPY": 0, "KRW": 0, "CLP": 0, "KWD": 3, "BHD": 3}


def as_day(told: date | str) -> date:
    """A day, told as a date or as ISO text."""
    return date.fromisoformat(told) if isinstance(told, str) else told


@lru_cache(maxsize=65536)
def exact(told: object) -> Fraction:
    """A decimal told as text."""
    return Fraction(str(told))


def rounded(amount: Fraction) -> int:
    """To the nearest integer, half to even: what Python's own ``round`` does to a fraction."""
    return round(amount)


def minor(told: object, unit: int) -> int:
    """An amount in minor units, which must be whole."""
    scaled = exact(told) * unit
    assert scaled.denominator == 1, f"{told} has more decimals than its currency"
    return int(scaled)


def apportion(total: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    """Everyone's exact share cut to whole units; the rest to whoever lost most by the cut."""
    sign = -1 if total < 0 else 1
    whole = sum(weights.values())
    if len(weights) == 1:
        return dict.fromkeys(weights, total)
    exactly = {name: abs(total) * weight / whole for name, weight in weights.items()}
    shares = {name: int(share) for name, share in exactly.items()}
    lost = sorted(weights, key=lambda name: (shares[name] - exactly[name], name))
    for name in lost[: abs(total) - sum(shares.values())]:
        shares[name] += 1
    return {name: sign * share for name, share in shares.items()}


@dataclass(frozen=True)
class Facts:
    """What is known of one contract."""

    contract: Told
    events: list[Told]
    book: list[Told]
    unit: int
    """Minor units in one unit of the currency."""
    policy: Told

    @classmethod
    def of(
        cls, contract: Told, events: Iterable[Told], book: Iterable[Told], policy: Told
    ) -> Facts:
        unit = 10 ** _DECIMALS.get(contract["currency"], 2)
        ordered = sorted(events, key=lambda e: (as_day(e["on"]), str(e.get("id", ""))))
        return cls(contract, ordered, list(book), unit, policy)

    def of_kind(self, kind: str, day: date = date.max) -> list[Told]:
        """Events of a kind up to the end of a day, in order."""
        return [e for e in self.events if e["kind"] == kind and as_day(e["on"]) <= day]


@dataclass
class Promise:
    """An obligation that shares in the price, under the terms now in force."""

    terms: Told
    group: str
    """The contract it belongs to: a modification may add a separate one."""
    first: date
    """First day that is measured: a new one after a modification that leaves it unchanged."""
    last: date | None
    sold_from: date
    """First day of the service that its selling price is for."""
    priced_on: date
    stated_on: date
    """Estimates of its consumption count from this day."""
    counts_after: date = date.min
    """Days up to this one were counted under earlier terms."""
    used_before: Fraction = Fraction(0)
    """Part of the terms' quantity that was used up under them before ``counts_after``."""
    left: Fraction = Fraction(1)
    """Part of the service its selling price still buys."""
    done: Fraction = Fraction(0)
    """Progress before a pause; ``first`` is then the day on which service goes on ..."""
    until: date | None = None
    """... and this the last day, of service or of an entitlement, that pauses moved."""
    began: date = date.min
    """Not distinct: the first day before any pause ..."""
    lost: int = 0
    """... and the days of service lost to pauses since."""
    still_since: date | None = None
    """The first day without service of a pause whose end is not known."""

    @property
    def ends(self) -> date | None:
        """Last day of service."""
        return self.until or self.last

    @property
    def name(self) -> str:
        return str(self.terms["id"])

    @property
    def by_usage(self) -> bool:
        return str(self.terms["measure"]) == "usage"

    @property
    def distinct(self) -> bool:
        return bool(self.terms.get("distinct_increments", True))


@dataclass
class AsUsed:
    """Usage consideration: each day's rated amount is that day's revenue."""

    id: str
    obligation: str
    meters: tuple[str, ...]
    threshold: Fraction = Fraction(0)
    """Rated amount that the fixed price has paid for."""
    first: date = date.min
    counts_after: date = date.min
    not_charged: Fraction = Fraction(0)
    """Rated amount of use before the consideration was promised."""
    earned: int = 0
    live: bool = True
    by_unit: Told | None = None
    """Terms of a price per unit, with the latest estimate of it."""
    units_before: list[Fraction] = field(default_factory=list)
    """Units under each of the terms that ended: they earn what a unit earns now."""
    last: date = date.max
    """The last day its obligation tells, if that is before the contract's."""
    cut: date = date.min
    """The last day of the terms before these."""
    followed: bool = False
    """Whether another obligation counts the same use once the rights have lapsed."""


def units_to_date(facts: Facts, by_unit: AsUsed, day: date) -> Fraction:
    """Units used under the terms in force, to the end of the day."""
    meters, first, after = by_unit.meters, by_unit.first, by_unit.counts_after
    return sum_of_usage(facts, meters, "quantity", first, after, day)


def meters_of(terms: Told) -> tuple[str, ...]:
    """The usage meters of an obligation; its id if it names none."""
    return tuple(terms.get("meters") or (terms["id"],))


def is_by_unit(consideration: Told) -> bool:
    """Whether what is told is a price per unit, or tiers of it."""
    return bool(consideration.get("per_unit") or consideration.get("tiers"))


def usage_terms(terms: Told) -> Told:
    """The obligation's entitlement; empty if it has none."""
    return terms.get("usage") or {}


def sharing(obligations: Iterable[Told], considerations: Iterable[Told]) -> list[Told]:
    """The obligations among which the fixed price is shared."""
    obligations, considerations = list(obligations), list(considerations)
    by_the_day = {
        each["obligation"]
        for each in considerations
        if is_by_unit(each)
        or (each["kind"] == "usage" and not each.get("above_entitlement", False))
    }
    amounts = [each for each in considerations if each["kind"] in {"fixed", "variable"}]
    what_for = {each.get("obligation") for each in amounts}
    return [
        each
        for each in obligations
        if each["id"] not in by_the_day
        or usage_terms(each).get("entitled") is not None
        or (each["measure"] in BY_TIME and what_for & {each["id"], None})
    ]


def in_whole_days(facts: Facts, terms: Told) -> Told:
    """A promise in the grain that policy elects, its moments as days (606-10-25-31).

    A day on which service only ends counts where time is counted to the moment.
    """
    told = dict(terms)
    if told["measure"] == "time_elapsed":
        told["measure"] = facts.policy.get("grain_of_time", "days")
    if "starts_at" in told:
        told["start"] = told["starts_at"].date()
    if "ends_at" in told:
        ends = told["ends_at"]
        in_part = told["measure"] in TO_THE_MOMENT and _of_day(ends)
        told["end"] = ends.date() if in_part else ends.date() - ONE_DAY
    return told


def _of_day(moment: datetime) -> Fraction:
    """How much of its day is over at a moment."""
    return Fraction(moment.hour * 3600 + moment.minute * 60 + moment.second, 24 * 3600)


def _missing(promise: Promise) -> tuple[Fraction, Fraction]:
    """Parts of the first and the last day without service."""
    terms, late, early = promise.terms, Fraction(0), Fraction(0)
    if terms["measure"] in TO_THE_MOMENT:
        if "starts_at" in terms and promise.first == terms["starts_at"].date():
            late = _of_day(terms["starts_at"])
        if "ends_at" in terms and promise.last == terms["ends_at"].date():
            early = 1 - _of_day(terms["ends_at"])
    return late, early


def used(facts: Facts, promise: Promise, day: date) -> Fraction:
    """What was consumed or delivered of the promise, under its terms, to the end of the day."""
    if promise.by_usage:
        counted = usage_terms(promise.terms).get("counted_in", "quantity")
        total = sum_of_usage(
            facts, meters_of(promise.terms), counted, promise.first, promise.counts_after, day
        )
        return max(total, Fraction(0))
    return sum(
        (
            exact(each.get("quantity", "1"))
            for each in facts.of_kind("delivery", day)
            if each["obligation"] == promise.name and as_day(each["on"]) > promise.counts_after
        ),
        Fraction(0),
    )


def sum_of_usage(
    facts: Facts, meters: tuple[str, ...], counted: str, first: date, after: date, day: date
) -> Fraction:
    """Usage of the meters from ``first``, later than ``after``, to the end of the day."""
    return sum(
        (
            exact(each.get(counted, "0"))
            for each in facts.of_kind("usage", day)
            if each["meter"] in meters
            and first <= as_day(each["on"])
            and as_day(each["on"]) > after
        ),
        Fraction(0),
    )


def used_to_date(facts: Facts, used_by_day: AsUsed, day: date, lapses: date = date.max) -> Fraction:
    """The rated amount charged under the terms in force, to the end of the day.

    Corrections may take back more than there was, but for an overage, which begins at zero.
    Use after an own end is not charged; use after the rights lapsed is not paid for by them.
    """
    meters, first, after = used_by_day.meters, used_by_day.first, used_by_day.counts_after

    def amount(since: date, until: date) -> Fraction:
        return sum_of_usage(facts, meters, "amount", first, since, until)

    if not used_by_day.threshold:
        return amount(after, min(day, used_by_day.last)) - used_by_day.not_charged
    total = max(amount(after, min(day, lapses)) - used_by_day.threshold, Fraction(0))
    later = min(day, used_by_day.last)
    if later > lapses and not used_by_day.followed:
        total += amount(max(after, lapses, used_by_day.cut), later)
    return total - used_by_day.not_charged


def entitlement(promise: Promise) -> Fraction:
    """What the fixed price still buys under the terms in force."""
    return exact(usage_terms(promise.terms)["entitled"]) - promise.used_before


def expected_use(facts: Facts, promise: Promise, before: date) -> Fraction:
    """What is expected to be used of the entitlement, as estimated before a day."""
    told = usage_terms(promise.terms).get("expected")
    for each in facts.of_kind("estimate"):
        of_this = each.get("obligation") == promise.name and "expected" in each
        if of_this and promise.stated_on <= as_day(each["on"]) < before:
            told = each["expected"]
    entitled = entitlement(promise)
    return entitled if told is None else min(exact(told) - promise.used_before, entitled)


def progress(facts: Facts, promise: Promise, day: date, before: date) -> Fraction:
    """How far the promise is at the end of the day, from 0 to 1.

    Estimates made before the day ``before`` are taken into account.
    """
    measure = promise.terms["measure"]
    if measure in BY_TIME:
        if promise.ends is None or promise.ends < promise.first:
            raise NotStated(f"{promise.name} runs from {promise.first} to {promise.ends}")
        if promise.first == date.max:
            return promise.done
        rest = progress_by_time(measure, promise.first, promise.ends, day, *_missing(promise))
        return promise.done + (1 - promise.done) * rest
    so_far = used(facts, promise, day)
    if measure in BY_DELIVERY:
        whole = exact(promise.terms.get("quantity", "1")) - promise.used_before
        return min(so_far / whole, Fraction(1))
    lapses = lapse_of(promise)
    expected = expected_use(facts, promise, before)
    if (lapses is not None and day >= lapses) or so_far >= expected:
        return Fraction(1)
    return so_far / expected


def lapse_of(promise: Promise) -> date | None:
    """The last day of an entitlement: its own, else the last day of service."""
    told = promise.until or usage_terms(promise.terms).get("lapses")
    return as_day(told) if told is not None else promise.last


def breakage(facts: Facts, promise: Promise, price: int, day: date, before: date) -> int:
    """The part of a price's revenue to date that no use has earned (606-10-55-48)."""
    if not promise.by_usage:
        return 0
    bought = entitlement(promise)
    by_use = min(used(facts, promise, day), bought) / bought
    return rounded(price * progress(facts, promise, day, before)) - rounded(price * by_use)
