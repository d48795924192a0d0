"""Random but valid scenarios, as plain dictionaries of the public format.

Every feature of the model must be added here when it is added to the model: the oracle and the
properties know only what these strategies draw. Drawn so far: 1 to 4 obligations of every
measure, with selling prices of their own, from a range, as an option, as a residual, or from the
book per contract, unit, month and year; bundles; fixed, variable (shared or named, told or from
outcomes), usage consideration (by the day or above an entitlement), prices per unit and tiers
with their estimates; service between moments and pauses; entitlements in quantity
or amount that lapse or not, with and without expected use; meters of one's own and shared; up to
3 modifications (separate, added below selling price, revised, withdrawn in part or whole,
replaced, price only, a usage fee for what is there, nothing at all; distinct or not; approved
before, on and after their first day; entitlements restated from before their new terms);
estimates of both kinds; usage with corrections, deliveries, invoices with tax, credit memos,
payments; elections on selling price ranges; JPY, USD and KWD; starts on any day, leap days, terms
of one day to sixty months and without end.

``scenarios`` draw what the oracle knows. ``stories`` mix in up to three of ``TOPICS``, for what
must hold whatever the figures are.

``to_book`` turns a scenario into the model's objects. Dates are ``datetime.date``; amounts text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.properties import (
    story_costs,
    story_money,
    story_returns,
    story_rights,
    story_service,
    story_step1,
)
from tests.properties.books import to_book, to_model
from tests.properties.story import (
    COUNTED,
    DAY,
    DECIMALS,
    Draw,
    Story,
    Told,
    add_months,
    considerations,
    obligation,
    special_prices,
    without_marks,
)
from tests.properties.story_events import bill, estimate, modify, use_and_deliver
from tests.properties.story_pauses import may_stand_still, stand_still
from tests.properties.story_rights import PRODUCTS

__all__ = [
    "COUNTED",
    "DECIMALS",
    "add_months",
    "contracts",
    "moved",
    "scenarios",
    "selling_price_book",
    "to_book",
    "to_model",
]

_ODD_DAYS = (
    date(2024, 2, 29),
    date(2023, 1, 31),
    date(2024, 1, 30),
    date(2023, 8, 31),
    date(2024, 12, 31),
    date(2024, 3, 1),
    date(2023, 1, 1),
)
_ELECTIONS = {
    "selling_price_in_range": ["stated_price", "midpoint"],
    "selling_price_out_of_range": ["midpoint", "nearest_bound"],
    "grain_of_time": ["days", "even_months", "calendar_months", "prorated_months", "whole_months"],
}
_MORE_ELECTIONS = {
    "short_costs_to_obtain": ["capitalized", "expensed"],
    "contract_cost_amortization": ["even_months", "days", "pattern_of_transfer"],
    "contract_cost_adjustments": ["prospective", "catch_up"],
}


def _nothing(story: Story, contract: Told) -> None:
    """Neither term nor event of a topic's own."""


class Topic(NamedTuple):
    """Something the model knows, drawn in two steps."""

    terms: Callable[[Story, Told], None]
    """Changes the contract as signed ..."""
    happens: Callable[[Story, Told], None]
    """... and adds what happened to it."""


MONEY = Topic(story_money.terms, story_money.happens)
GRAINS = Topic(story_service.grains, story_service.licensed)
PAUSES = Topic(_nothing, stand_still)
CONTROL = Topic(story_service.control, story_service.steps)
RETURNS = Topic(story_returns.returnable, story_returns.returns)
EXISTENCE = Topic(story_step1.doubtful, story_step1.judged)
TERMINATION = Topic(story_step1.leaving, _nothing)
COSTS = Topic(_nothing, story_costs.costs)
CATALOGUE = Topic(story_rights.catalogue, _nothing)
RIGHTS = Topic(story_rights.options, story_rights.used)
TOPICS = (
    MONEY, GRAINS, PAUSES, CONTROL, RETURNS, EXISTENCE, TERMINATION, COSTS, CATALOGUE,
    RIGHTS,
)  # fmt: skip


def selling_price_book() -> list[Told]:
    """One price per product, currency and way of pricing; later and regional ones beside it."""
    entries: list[Told] = []
    for currency, digits in DECIMALS.items():
        for number, per in enumerate(("contract", "unit", "month", "year"), 1):
            for suffix, amount, more in (
                ("", 137, {}),
                ("-new", 151, {"effective_from": date(2024, 7, 1)}),
                ("-eu", 149, {"region": "eu"}),
            ):
                entry = {
                    "id": f"{per}-{currency}{suffix}",
                    "product": f"by-{per}",
                    "currency": currency,
                    "amount": str(Decimal(number * amount).scaleb(-digits)),
                    "per": per,
                    "effective_from": date(2020, 1, 1),
                }
                entries.append(entry | more)
    return entries


@st.composite
def contracts(draw: Draw, name: str = "C", topics: Sequence[Topic] = ()) -> tuple[Told, list[Told]]:
    """A contract and its events, with up to three of the topics mixed in."""
    any_day = st.dates(date(2023, 1, 1), date(2025, 12, 31))
    inception = draw(st.one_of(st.sampled_from(_ODD_DAYS), any_day))
    start = draw(st.sampled_from([None, None, *(inception + n * DAY for n in (0, 17, -12))]))
    first = start or inception
    last = _end_of_term(draw, first)
    story = Story(draw, name, draw(st.sampled_from(sorted(DECIMALS))), inception, first, last)
    story.endless = story.chance(8)
    for number in range(story.number(1, 4)):
        story.promise(obligation(story, f"o{number}", first, last))
    mixed = draw(st.lists(st.sampled_from(topics), max_size=3, unique=True)) if topics else []
    obligations = list(story.promised.values())
    contract = {
        "id": name,
        "customer": "K",
        "currency": story.currency,
        "inception": inception,
        "region": story.pick(["", "eu"]),
        "obligations": list(obligations),
        "consideration": considerations(story, obligations),
    }
    contract |= {"start": start} if start is not None else {}
    contract |= {} if story.endless else {"end": last}
    for topic in mixed:
        topic.terms(story, contract)
    contract["obligations"] = [without_marks(each) for each in contract["obligations"]]
    special_prices(story, contract)
    modify(story)
    use_and_deliver(story)
    estimate(story)
    if story.chance(4) and may_stand_still(story):
        stand_still(story)
    bill(story)
    for topic in mixed:
        topic.happens(story, contract)
    return contract, story.events


@st.composite
def scenarios(draw: Draw, size: int = 1) -> Told:
    """A scenario of ``size`` contracts, each with an id of its own."""
    told = [draw(contracts(name=f"C{n}")) for n in range(size)]
    return {
        "policy": {name: draw(st.sampled_from(values)) for name, values in _ELECTIONS.items()},
        "standalone_selling_prices": selling_price_book(),
        "contracts": [contract for contract, _ in told],
        "events": [event for _, events in told for event in events],
    }


@st.composite
def stories(draw: Draw, size: int = 1, topics: Sequence[Topic] = TOPICS) -> Told:
    """A scenario of all that the model knows, two or three topics to a contract."""
    told = [draw(contracts(name=f"C{n}", topics=topics)) for n in range(size)]
    elections = _ELECTIONS | _MORE_ELECTIONS
    return {
        "policy": {name: draw(st.sampled_from(values)) for name, values in elections.items()},
        "standalone_selling_prices": selling_price_book(),
        "products": PRODUCTS,
        "contracts": [contract for contract, _ in told],
        "events": [event for _, events in told for event in events],
    }


def _end_of_term(draw: Draw, first: date) -> date:
    """One day, whole months, or any number of days."""
    months = add_months(first, int(draw(st.integers(1, 60)))) - DAY
    days = first + timedelta(days=int(draw(st.integers(0, 800))))
    last: date = draw(st.sampled_from([months, months, days, first]))
    return last


def moved(scenario: Mapping[str, Any], years: int) -> Told:
    """The same scenario with every date some years later, day and month kept."""

    def move(told: Any) -> Any:
        if isinstance(told, date):
            return told.replace(year=told.year + years)
        if isinstance(told, Mapping):
            return {key: move(value) for key, value in told.items()}
        return [move(each) for each in told] if isinstance(told, list) else told

    return dict(move(scenario))
