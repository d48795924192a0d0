"""What happens to a drawn contract: modifications, use, deliveries, estimates, bills."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from tests.properties.story import (
    COUNTED,
    DAY,
    DELIVERED,
    Story,
    Told,
    add_months,
    entitlement,
    obligation,
    price_of_use,
    prices_of_use,
    variable,
    without_marks,
)

MODIFICATIONS = (
    "separate", "add", "revise", "revise", "revise_two", "withdraw", "withdraw_all", "replace",
    "price", "usage_fee", "nothing",
)  # fmt: skip
_DATES = {"start", "end", "starts_at", "ends_at"}


def modify(story: Story) -> None:
    """Up to three modifications, each later than the one before."""
    on, new_terms_before = story.inception, story.inception
    for number in range(story.pick([0, 0, 1, 1, 2, 3])):
        on = on + timedelta(days=story.number(1, 200))
        next_month = add_months(on, 1).replace(day=1)
        new_terms = story.pick([on, on, next_month, on - 20 * DAY, on + 45 * DAY])
        new_terms = new_terms_before = max(new_terms, new_terms_before)
        told = story.event("modification", on, price_change="0")
        if new_terms != on:
            told["new_terms_from"] = new_terms
        on = max(on, new_terms)
        story.landmarks += [told["on"], new_terms]
        _change(story, told, new_terms, number)


def _change(story: Story, told: Told, first: date, number: int) -> None:
    kind = story.pick(MODIFICATIONS)
    names = sorted(story.in_force)
    if kind in {"revise", "revise_two"} and names:
        chosen = sorted({story.pick(names) for _ in range(2 if kind == "revise_two" else 1)})
        told["revises"] = [_revised(story, story.in_force[name], first) for name in chosen]
        if story.chance(3):
            told["end"] = max(story.last, first) + timedelta(days=story.number(0, 400))
    going = [name for name in names if _not_over(story, name, first)]
    if kind in {"withdraw", "replace"} and len(names) > 1 and going:
        told["withdraws"] = [story.pick(going)]
    elif kind == "withdraw_all" and going:
        told["withdraws"] = going
    for name in told.get("withdraws", ()):
        del story.in_force[name]
    if kind in {"separate", "add", "replace"}:
        _add(story, told, first, number, separate=kind == "separate")
    elif kind == "usage_fee" and names:
        committed = [
            name
            for name in names
            if story.in_force[name].get("usage", {}).get("counted_in") == "amount"
        ]
        each = story.in_force[story.pick(committed or names)]
        above = bool(committed)
        if each["measure"] == "usage":
            told["adds_consideration"] = [price_of_use(f"x{number}", each, above=above)]
    elif kind != "nothing" and any(not each.get("_by_the_day") for each in story.in_force.values()):
        lowest = story.pick([-900_000, -90_000, 0, 0])
        told["price_change"] = story.amount(lowest, 600_000)


def _not_over(story: Story, name: str, first: date) -> bool:
    """Whether service goes on under the new terms, or would; now and then it need not."""
    return bool(story.in_force[name].get("end", story.last) >= first) or story.chance(10)


def _add(story: Story, told: Told, first: date, number: int, *, separate: bool) -> None:
    """New promises, at their selling price or not, with a price for use or an estimate."""
    last = max(story.last, first + timedelta(days=story.number(0, 400)))
    names = [f"a{number}", f"b{number}"][: 2 if story.chance(4) else 1]
    new = [obligation(story, name, first, last) for name in names]
    for each in new:
        story.promise(each)
    priced = [each["id"] for each in new if not each.get("_by_the_day")]
    told["adds"] = [without_marks(each) for each in new]
    told["at_standalone_selling_prices"] = separate and bool(priced)
    if priced:
        told["price_change"] = story.amount(1, 600_000)
    extra = prices_of_use(story, new)
    if story.chance(3) and priced:
        extra.append(variable(story, f"w{number}", priced, max(told["on"], first)))
    if story.chance(4) and priced:
        extra.append({"id": f"g{number}", "kind": "fixed", "amount": story.amount(0, 100_000)})
    if extra:
        told["adds_consideration"] = extra


def _revised(story: Story, old: Told, first: date) -> Told:
    """The same promise under other terms, restated in full."""
    new = {key: value for key, value in old.items() if key not in _DATES}
    begins = first if old["distinct_increments"] else old.get("start", story.first)
    if not old["distinct_increments"] and "start" in old:
        new["start"] = begins
    elif old.get("usage") and story.chance(2):
        new["start"] = old.get("start", story.first)  # what was used before counts too
    months = story.number(1, 24)
    while add_months(begins, months) <= first:
        months += 1
    new["end"] = add_months(begins, months) - DAY
    if old.get("usage"):
        new["usage"] = {**entitlement(story, first), "counted_in": old["usage"]["counted_in"]}
    elif old["measure"] in COUNTED:
        new["quantity"] = str(story.number(1, 50))
    if "standalone_selling_price" in old:
        new["standalone_selling_price"] = story.amount(1, 500_000)
    story.promise(new)
    return without_marks(new)


def use_and_deliver(story: Story) -> None:
    """Days of use and deliveries, mostly within the term."""
    for each in story.promised.values():
        for _ in range(story.number(0, 4)):
            if each["measure"] in DELIVERED:
                _deliver(story, each)
            elif each["measure"] == "usage":
                _use(story, each)


def _use(story: Story, of: Told) -> None:
    """A day's usage, now and then a correction that takes some back."""
    sign = -1 if story.chance(10) else 1
    quantity = sign * Decimal(story.number(0, 10**6)).scaleb(-story.number(1, 9))
    amount = sign * Decimal(story.number(0, 10**9)).scaleb(-story.number(4, 12))
    if "usage" in of and story.chance(2):
        part = Decimal(story.pick(["1.5", "1", "0.5", "0.25", "0.1"]))
        quantity = amount = sign * part * Decimal(of["usage"]["entitled"])
    story.event(
        "usage",
        story.day(story.first - 5 * DAY, story.last + 30 * DAY),
        meter=story.pick(of["meters"]),
        quantity=format(quantity, "f"),
        amount=format(amount, "f"),
    )


def _deliver(story: Story, of: Told) -> None:
    whole = Decimal(of.get("quantity", "1"))
    part = story.pick(["1", "0.5", "0.25", "0.1"])
    story.event(
        "delivery",
        story.day(story.first, story.last + 30 * DAY),
        obligation=of["id"],
        quantity=format(max(whole * Decimal(part), Decimal("0.01")), "f"),
    )


def estimate(story: Story) -> None:
    """New estimates of variable amounts and of use to come."""
    for name, promised_on in story.estimated.items():
        for _ in range(story.number(0, 2)):
            on = story.day(promised_on, story.last)
            amount = story.amount(-50_000, 300_000)
            story.event("estimate", on, consideration=name, amount=amount)
    for name, terms in story.per_unit.items():
        for _ in range(story.number(0, 2)):
            on = story.day(story.inception, story.last)
            if "tiers" in terms:
                expected = str(story.number(1, 900))
                story.event("estimate", on, consideration=name, expected=expected)
            else:
                story.event("estimate", on, consideration=name, amount=story.rate())
    for each in story.in_force.values():
        if each.get("usage") and story.chance(2):
            on = story.day(story.inception, story.last)
            expected = str(Decimal(story.number(1, 3000)).scaleb(-1))
            story.event("estimate", on, obligation=each["id"], expected=expected)


def bill(story: Story) -> None:
    """Invoices with tax, a credit memo for part of one, and payments."""
    for _ in range(story.number(0, 3)):
        lines = [
            {"amount": story.amount(0, 900_000), "tax": story.amount(0, 90_000)}
            for _ in range(story.number(1, 2))
        ]
        on = story.day(story.inception - 20 * DAY, story.last)
        invoice = story.event("invoice", on, lines=lines)
        if story.chance(3):
            later = on + timedelta(days=story.number(0, 60))
            story.event("credit_memo", later, invoice=invoice["id"], lines=[dict(lines[0])])
        if story.chance(2):
            story.event("payment", on + 30 * DAY, amount=story.amount(1, 900_000))
