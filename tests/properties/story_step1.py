"""Whether there is a contract, and for how long it binds (606-10-25-1 to 25-8, 25-3)."""

from __future__ import annotations

from datetime import timedelta

from tests.properties.story import DAY, Story, Told

_CRITERIA = ("approval", "rights", "payment_terms", "commercial_substance", "collectibility")
_CHARGES = ("once", "monthly", "quarterly", "yearly", "over_term")
_EVENTS = ("nothing_left", "terminated", "transfers_stopped")


def doubtful(story: Story, contract: Told) -> None:
    """Criteria that are not met at inception."""
    if story.chance(2):
        contract["unmet_criteria"] = sorted({story.pick(_CRITERIA), "collectibility"})


def judged(story: Story, contract: Told) -> None:
    """Judgments later on, and events that make a deposit revenue."""
    exists, on = "unmet_criteria" not in contract, story.inception
    for _ in range(story.number(1, 3)):
        on = on + timedelta(days=story.number(0, 120))
        if exists:
            told = {"unmet": [story.pick(_CRITERIA)]}
            if story.chance(2):
                told["significant_change"] = "its lender called its loans"
                exists = False
        elif story.chance(3):
            told = {"event": story.pick(_EVENTS), "non_refundable": True}
            story.event("assessment", on, **told)
            break
        else:
            told, exists = ({}, True) if story.chance(2) else ({"unmet": ["collectibility"]}, False)
        story.event("assessment", on, **told)
        story.landmarks.append(on)
    if story.chance(2):
        story.event("payment", on + story.number(-30, 30) * DAY, amount=story.amount(1, 500_000))


def leaving(story: Story, contract: Told) -> None:
    """Rights to leave early, and amounts that follow the term."""
    right: Told = {
        "by": story.pick(["customer", "customer", "entity", "either"]),
        "notice_days": story.pick([0, 0, 30, 60, 90]),
        "every_months": story.pick([1, 1, 3, 12]),
        "substantive": story.chance(4),
    }
    if story.chance(4):
        right["leaves_from"] = story.day(story.first + DAY, story.last)
    contract["termination"] = [right]
    for each in contract["consideration"]:
        if each["kind"] == "fixed":
            charges = _CHARGES[:-1] if story.endless else _CHARGES
            each["charged"] = story.pick(charges)
