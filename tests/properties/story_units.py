"""Prices that are so much per unit, and goods that may be returned (606-10-32-5, 55-22)."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.properties.story import DAY, Story, Told


def per_unit(story: Story, contract: Told) -> None:
    """What is priced by use alone gets a price per unit instead of rated amounts, or tiers."""
    for each in contract["consideration"]:
        if each["kind"] != "usage" or each["above_entitlement"]:
            continue
        each["kind"] = "variable"
        del each["above_entitlement"]
        if story.chance(2):
            each |= {"per_unit": True, "amount": _rate(story)}
        else:
            bounds = sorted({story.number(1, 500) for _ in range(story.number(1, 3))})
            each["tiers"] = [
                *({"up_to": str(bound), "unit_price": _rate(story)} for bound in bounds),
                {"unit_price": _rate(story)},
            ]
            each["tiers_price"] = story.pick(["all_units", "next_units"])
            each["expected_units"] = str(story.number(1, 900))


def _rate(story: Story) -> str:
    return format(Decimal(story.number(-10, 10**6)).scaleb(-story.number(0, 6)), "f")


def estimates(story: Story, contract: Told) -> None:
    """New prices per unit and new volumes, and units delivered."""
    for each in contract["consideration"]:
        for _ in range(story.number(0, 2)):
            on = story.day(story.inception, story.last)
            if each.get("per_unit"):
                story.event("estimate", on, consideration=each["id"], amount=_rate(story))
            elif "tiers" in each:
                volume = str(story.number(1, 900))
                story.event("estimate", on, consideration=each["id"], expected=volume)


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
