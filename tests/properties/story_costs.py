"""What contracts cost to win and to carry out (340-40)."""

from __future__ import annotations

from datetime import timedelta

from tests.properties.story import Story, Told


def costs(story: Story, contract: Told) -> None:
    """Costs of both kinds, adjustments of them, and reviews."""
    names = [each["id"] for each in contract["obligations"]]
    for _ in range(story.number(1, 2)):
        on = story.day(story.inception, story.last)
        told = story.event("contract_cost", on, amount=story.amount(0, 300_000))
        if story.chance(2):
            told |= {"purpose": "fulfil", "enhances_resources": not story.chance(4)}
        else:
            told["incremental"] = not story.chance(4)
        if story.chance(2):
            told["obligation"] = story.pick(names)
        if story.chance(2):
            told["benefit_end"] = on + timedelta(days=story.number(1, 1_500))
        if story.chance(2):
            told["pattern"] = story.pick(["even_months", "days", "pattern_of_transfer"])
        if story.chance(3):
            later = on + timedelta(days=story.number(0, 300))
            part = story.pick([told["amount"], f"-{told['amount']}", story.amount(1, 5_000)])
            adjusts = {key: told[key] for key in ("purpose", "obligation") if key in told}
            story.event("contract_cost", later, amount=part, adjusts=told["id"], **adjusts)
        if story.chance(3):
            later = on + timedelta(days=story.number(0, 300))
            story.event("contract_cost_review", later, costs=[told["id"]], **_thought(story, on))


def _thought(story: Story, on: object) -> Told:
    del on
    if story.chance(2):
        return {
            "expected_consideration": story.amount(0, 300_000),
            "expected_costs": story.amount(0, 200_000),
        }
    return {"benefit_end": story.last + timedelta(days=story.number(0, 500))}
