"""Service that stands still for a time told or not, moving its end or not (606-10-25-31)."""

from __future__ import annotations

from datetime import timedelta

from tests.properties.story import TIMED, Story, Told, add_months


def may_stand_still(story: Story) -> bool:
    """Whether the semantics are written: no half months, no moments, no terms from before."""
    plain = all(
        each["measure"] != "half_month" and "starts_at" not in each
        for each in story.promised.values()
    )
    return plain and all(
        each.get("new_terms_from", each["on"]) >= each["on"]
        for each in story.events
        if each["kind"] == "modification"
    )


def stand_still(story: Story, _: Told | None = None) -> None:
    """One to three pauses, one after the other; the last may stay open."""
    on = story.inception
    for _number in range(story.number(1, 3)):
        on = max(on, story.day(story.inception, story.last))
        told = story.event("pause", on, extends=story.chance(2))
        length = story.number(1, 90)
        back = on + timedelta(days=length)
        known = story.pick(["until", "until", "resumed", "sooner", "open"])
        if known in {"until", "sooner"}:
            later = story.number(1, 40) if known == "sooner" else 0
            told["until"] = back + timedelta(days=later - 1)
        if known in {"resumed", "sooner"}:
            story.event("resumption", back, pause=told["id"])
        timed = [each["id"] for each in story.in_force.values() if each["measure"] in TIMED]
        if timed and story.chance(4):
            told["obligations"] = [story.pick(timed)]
        if story.chance(8):
            told["end"] = add_months(max(story.last, back), 2)
        story.landmarks += [on, back]
        on = back + timedelta(days=story.number(0, 60))
        if known == "open":
            break
