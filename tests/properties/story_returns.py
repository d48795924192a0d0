"""Goods that may be returned (606-10-55-22 to 55-29)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.properties.story import DAY, Story, Told


def returnable(story: Story, contract: Told) -> None:
    """Goods sold in units may come back for what was paid."""
    for each in list(story.in_force.values()):
        if each["measure"] == "units":
            units = Decimal(each["quantity"])
            terms = {
                "expected": format(units * Decimal(story.pick(["0", "0.1", "0.25"])), "f"),
                "refund": story.amount(1, 2_000),
                "recovery_cost": story.amount(0, 50),
            }
            if story.chance(2):
                terms["last_day"] = story.last + timedelta(days=story.number(0, 90))
            name = f"back-{each['id']}"
            told = {"id": name, "kind": "variable", "obligation": each["id"], "returns": terms}
            contract["consideration"].append(told)


def returns(story: Story, contract: Told) -> None:
    """Goods that came back, and other numbers expected to."""
    for each in contract["consideration"]:
        if "returns" not in each:
            continue
        sent = [
            told
            for told in story.events
            if told["kind"] == "delivery" and told["obligation"] == each["obligation"]
        ]
        for told in sent:
            told.setdefault("unit_cost", story.amount(1, 1_000))
        if sent and story.chance(2):
            first = min(sent, key=lambda told: told["on"])
            part = Decimal(first["quantity"]) * Decimal(story.pick(["0.1", "0.5"]))
            on = first["on"] + timedelta(days=story.number(0, 60))
            story.event("return", on, obligation=each["obligation"], quantity=format(part, "f"))
        if story.chance(2):
            on = story.day(story.inception, story.last + 30 * DAY)
            expected = str(story.number(0, 5))
            story.event("estimate", on, consideration=each["id"], expected=expected)
