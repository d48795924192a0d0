"""Service and goods: grains of time, schedules, licenses, pauses, control, repurchase."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from tests.properties.story import DAY, TIMED, Story, Told

_STEPS = ("transfer", "shipment", "hold", "consignment", "sale", "acceptance")


def _timed(story: Story) -> Iterator[Told]:
    """Obligations measured by time, with the days between which their service runs."""
    for each in story.in_force.values():
        if each["measure"] in TIMED and each["measure"] != "half_month":
            yield each


def _span(story: Story, each: Told) -> tuple[date, date]:
    begins = each.get("start", story.first)
    return begins, max(each.get("end", story.last), begins)


def grains(story: Story, contract: Told) -> None:
    """Uneven parts, and licenses."""
    del contract
    for each in list(_timed(story)):
        begins, ends = _span(story, each)
        kind = story.pick(["schedule", "license", "as_it_is"])
        if kind == "as_it_is" or "starts_at" in each:
            continue
        each["measure"] = kind
        if kind == "schedule":
            each["schedule"] = _parts(story, begins, ends)
        elif kind == "license":
            _license(story, each, begins)


def _parts(story: Story, first: date, last: date) -> list[Told]:
    """Parts one after the other, with gaps now and then."""
    parts: list[Told] = []
    while first <= last and len(parts) < 5:
        ends = min(first + timedelta(days=story.number(0, 150)), last)
        weight = str(Decimal(story.number(1, 500)).scaleb(-1))
        parts.append({"first": first, "last": ends, "weight": weight})
        first = ends + timedelta(days=story.number(1, 20))
    return parts


def _license(story: Story, each: Told, begins: date) -> None:
    each["license"] = {
        "nature": story.pick(["functional", "functional", "symbolic"]),
        "must_update": story.chance(4),
        "hosted_only": story.chance(6),
    }
    if story.chance(2):
        each["license"]["available"] = begins + timedelta(days=story.number(-20, 40))


def licensed(story: Story, contract: Told) -> None:
    """Licenses handed over."""
    del contract
    for each in story.promised.values():
        if "license" in each and story.chance(2):
            on = story.day(story.inception, story.last)
            story.event("delivery", on, obligation=each["id"])


def control(story: Story, contract: Told) -> None:
    """Goods whose control passes at some step, and those that may or must come back."""
    del contract
    for each in story.in_force.values():
        if each["measure"] not in {"units", "point_in_time"}:
            continue
        if story.chance(2):
            each["control"] = {
                "on_shipment": story.chance(2),
                "bill_and_hold": story.chance(3),
                "dealer_controls": story.chance(3),
                "acceptance": story.pick(["none", "formality", "substantive"]),
            }
        if story.chance(2):
            each["repurchase"] = {
                "kind": story.pick(["forward", "call", "put"]),
                "price": story.amount(0, 900_000),
                "last": story.last + timedelta(days=story.number(0, 200)),
                "economic_incentive": story.chance(2),
                "above_market": story.chance(2),
            }


def steps(story: Story, contract: Told) -> None:
    """Deliveries in steps, with the cost of what is delivered, and what becomes of repurchases."""
    del contract
    for each in story.promised.values():
        if "control" in each:
            for _ in range(story.number(0, 4)):
                on = story.day(story.first, story.last + 30 * DAY)
                step = story.pick(_STEPS)
                story.event("delivery", on, obligation=each["id"], step=step, quantity="0.5")
        if "repurchase" in each and story.chance(2):
            on = story.day(story.first, each["repurchase"]["last"])
            story.event("repurchase", on, obligation=each["id"], exercised=story.chance(2))
    for told in story.events:
        if told["kind"] == "delivery" and story.chance(4):
            told["unit_cost"] = story.amount(1, 5_000)
