"""Promises read with a catalogue, agents, and rights to buy more that are used or lapse."""

from __future__ import annotations

from datetime import date, timedelta

from tests.properties.story import DAY, TIMED, Story, Told

PRODUCTS: list[Told] = [
    {"id": "k-days", "product": "k-days", "effective_from": date(2020, 1, 1), "measure": "days"},
    {
        "id": "k-days-later",
        "product": "k-days",
        "effective_from": date(2025, 1, 1),
        "measure": "even_months",
        "series": False,
    },
    {
        "id": "k-goods",
        "product": "k-goods",
        "effective_from": date(2020, 1, 1),
        "measure": "point_in_time",
        "series": False,
    },
    {
        "id": "k-resold",
        "product": "k-resold",
        "effective_from": date(2020, 1, 1),
        "measure": "days",
        "role": "agent",
        "retained_share": "0.15",
    },
    {
        "id": "k-setup",
        "product": "k-setup",
        "effective_from": date(2020, 1, 1),
        "measure": "point_in_time",
        "transfers_nothing": True,
    },
    {
        "id": "k-warranty",
        "product": "k-warranty",
        "effective_from": date(2020, 1, 1),
        "measure": "days",
        "warranty": "assurance",
    },
]
"""A catalogue for every drawn book."""


def catalogue(story: Story, contract: Told) -> None:
    """Promises of what the catalogue knows: less is told, or nothing is an obligation."""
    for number, each in enumerate(list(story.in_force.values())):
        if each["measure"] not in TIMED or each["measure"] == "half_month":
            continue
        kind = story.pick(["k-days", "k-resold", "part_of", "as_it_is"])
        if kind == "part_of" and number:
            each["part_of"] = "o0"
        elif kind.startswith("k-"):
            each |= {"product": kind, "measure": "as_product"}
            each.setdefault("standalone_selling_price", story.amount(1, 90_000))
    if story.chance(2):
        name = story.pick(["k-setup", "k-warranty"])
        told = {"id": "extra", "product": name, "measure": "as_product"}
        contract["obligations"].append(told)


def options(story: Story, contract: Told) -> None:
    """A right at a discount, and one to renew."""
    last = story.last + timedelta(days=story.number(0, 200))
    if story.chance(2):
        right: Told = {
            "id": "right",
            "product": "by-contract",
            "measure": "point_in_time",
            "option": {
                "discount": story.pick(["0.1", "0.25"]),
                "purchase": story.amount(1_000, 500_000),
                "likelihood": story.pick(["0.5", "1"]),
                "expires": last,
            },
        }
    else:
        right = {
            "id": "right",
            "product": "by-contract",
            "measure": "days",
            "start": story.last + DAY,
            "end": story.last + timedelta(days=story.number(30, 365)),
            "standalone_selling_price": story.amount(1_000, 500_000),
            "renewal": {
                "consideration": story.amount(1_000, 400_000),
                "likelihood": story.pick(["0.5", "1"]),
                "expires": last,
            },
        }
    contract["obligations"].append(right)


def used(story: Story, contract: Told) -> None:
    """The right is used, in whole or part, or lapses."""
    del contract
    on = story.day(story.inception, story.last)
    if story.chance(3):
        story.event("lapse", on, right="right")
        return
    bought: Told = {
        "id": "bought",
        "product": "by-contract",
        "measure": story.pick(["days", "point_in_time"]),
        "start": on,
        "end": on + timedelta(days=story.number(0, 400)),
        "standalone_selling_price": story.amount(1, 500_000),
    }
    told = story.event("exercise", on, right="right", price=story.amount(0, 90_000), buys=[bought])
    if story.chance(2):
        told["quantity"] = story.pick(["0.25", "0.5", "1"])
    if bought["measure"] == "point_in_time" and story.chance(2):
        story.event("delivery", story.day(on, story.last), obligation="bought")
