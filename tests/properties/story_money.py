"""Cash and bills beyond the plain: returned, paid to customers, lost, in advance, for others."""

from __future__ import annotations

from datetime import timedelta

from tests.properties.story import DAY, Story, Told


def terms(story: Story, contract: Told) -> None:
    """A customer that may leave, so that a bill is no right before it pays (606-10-45-4)."""
    if story.chance(2):
        contract["cancellable"] = True


def happens(story: Story, contract: Told) -> None:
    """Cash before a bill and after it, returned, paid out, lost and recovered."""
    bills = [each for each in story.events if each["kind"] == "invoice"]
    for bill in bills:
        if story.chance(2):
            bill["lines"][0]["for_principal"] = story.amount(0, 90_000)
        if story.chance(2):
            bill["lines"][-1]["consideration"] = story.pick(contract["consideration"])["id"]
    for kind in ("payment", "refund", "customer_payment", "write_off", "credit_memo"):
        if story.chance(2):
            _one(story, kind, contract, bills)


def _one(story: Story, kind: str, contract: Told, bills: list[Told]) -> None:
    on = story.day(story.inception - 40 * DAY, story.last + 40 * DAY)
    if kind == "credit_memo":
        for bill in bills[:1]:
            line = {
                "amount": story.amount(0, 90_000),
                "consideration": story.pick(contract["consideration"])["id"],
            }
            later = bill["on"] + timedelta(days=story.number(0, 90))
            story.event(kind, later, invoice=bill["id"], lines=[line])
        return
    told = story.event(kind, on, amount=story.amount(1, 300_000))
    if bills and story.chance(2) and kind != "customer_payment":
        told["invoice"] = story.pick(bills)["id"]
    if kind == "write_off" and story.chance(2):
        recovered = {"amount": f"-{told['amount']}"}
        story.event(kind, on + timedelta(days=story.number(0, 60)), **recovered)
