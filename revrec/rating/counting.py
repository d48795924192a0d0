"""Answers to what metering events of a window come to as a quantity."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from revrec.model.rating import Aggregation
from revrec.rating.metering import aggregated, weighted_level
from revrec.rating.questions import (
    Answer,
    EventTold,
    LevelsTold,
    Metering,
    Repeated,
    contradicts,
    plain,
)


def metered(asked: Metering) -> Answer:
    """The quantity of the events, each once.

    Raises FeedError for events outside the window, values that are no numbers, and events told
    twice with other values where that is refused.
    """
    events = sorted(_once(asked), key=lambda each: each.at)
    for each in events:
        if not asked.begins <= each.at < asked.ends:
            raise contradicts(
                f"an event at {each.at.isoformat()}", "is not within the window",
                "Give events of the window alone.",
            )  # fmt: skip
    if asked.how is Aggregation.LEVEL:
        return _level(asked, events)
    numbers = asked.how in {Aggregation.SUM, Aggregation.MAX, Aggregation.LATEST}
    values = [{"value": _number(each.value) if numbers else each.value} for each in events]
    quantity = aggregated(values, asked.how, "value")
    return Answer(kind=asked.kind, figures={"quantity": plain(quantity)}, tables={})


def _once(asked: Metering) -> list[EventTold]:
    """The events without those told again."""
    named: dict[str, EventTold] = {}
    for each in asked.events:
        before = named.get(each.id)
        if not each.id or before is None or before == each:
            named.setdefault(each.id or f" {len(named)}", each)
        elif asked.repeated is Repeated.REFUSED:
            raise contradicts(
                f"the event {each.id!r}", "is told twice with other values",
                "Tell it once, or elect which counts: `repeated: first` or `last`.",
            )  # fmt: skip
        elif asked.repeated is Repeated.LAST:
            named[each.id] = each
    return list(named.values())


def _level(asked: Metering, events: list[EventTold]) -> Answer:
    told = [(each.at, _number(each.value)) for each in events]
    changes = told
    if asked.levels_told is LevelsTold.LEVELS:
        before = [asked.carried, *(value for _, value in told)]
        changes = [(at, value - was) for (at, value), was in zip(told, before, strict=False)]
    hours = asked.priced_for_hours
    exact, level = weighted_level(
        changes,
        (asked.begins, asked.ends),
        carried=asked.carried,
        priced_for=None if hours is None else timedelta(hours=hours),
    )
    figures = {"quantity": str(exact), "level": plain(level)}
    return Answer(kind=asked.kind, figures=figures, tables={})


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text)
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite():
        raise contradicts(f"the value {text!r}", "is no number", "Give decimals such as 12.5.")
    return found
