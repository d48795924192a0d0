"""Which price holds: editions, agreements, overrides, pools, credits; cards that are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from revrec.errors import CurrencyMismatch, FeedError
from revrec.model.rating import (
    Anchor,
    Editions,
    Price,
    PriceAgreement,
    PromotionalCredit,
    RateCard,
    Reset,
)
from revrec.rating.catalogue import Told, catalogue
from revrec.rating.rate import Rated, metered_of, rate
from revrec.rating.windows import Recurring, windows
from tests.rating.naive import Row
from tests.rating.samples import JAN_15, JUN_30, contract, used

FEB_1 = date(2026, 2, 1)
FEB_10 = date(2026, 2, 10)


def price(unit_amount: str = "1", **terms: Any) -> Price:
    """A price of tokens."""
    told = {"id": "tokens", "meter": "tokens", "unit_amount": unit_amount} | terms
    return TypeAdapter(Price).validate_python(told)


def edition(*prices: Price, effective_from: date = JAN_15, currency: str = "USD") -> RateCard:
    """An edition of the list."""
    return RateCard(
        id=f"list-{effective_from}",
        card="list",
        currency=currency,
        effective_from=effective_from,
        prices=prices,
    )


def agreement(name: str = "acme", on: date = JAN_15, **terms: Any) -> PriceAgreement:
    """Acme's agreement to the list."""
    return PriceAgreement(id=f"{name} {on}", contract=name, on=on, card="list", **terms)


def told(cards: Sequence[RateCard], *agreements: PriceAgreement) -> Told:
    """The books of both customers."""
    return Told(
        cards=[(card, 1) for card in cards],
        agreements=agreements or [agreement()],
        contracts={name: contract(name) for name in ("acme", "globex")},
    )


def rated(rows: Sequence[Row], known: Told, through: date = JUN_30) -> Rated:
    """The rows after the end of the term."""
    return rate(metered_of(rows), known, through=through)


def amounts(found: Rated) -> list[tuple[date, Decimal]]:
    """Day and amount of each line."""
    return [(each["day"], each["amount"]) for each in found.lines.to_pylist()]


def test_the_edition_of_the_day_of_usage_holds() -> None:
    """The price rises on 1 February for usage from then on, whenever it is rated."""
    cards = [edition(price("1")), edition(price("2"), effective_from=FEB_1)]
    rows = [used(10, day=date(2026, 1, 31)), used(10, day=FEB_1)]

    assert amounts(rated(rows, told(cards))) == [(date(2026, 1, 31), 10), (FEB_1, 20)]


def test_an_agreement_can_keep_its_edition() -> None:
    """What was in force when it took effect stays in force for it."""
    cards = [edition(price("1")), edition(price("2"), effective_from=FEB_1)]
    kept = agreement(editions=Editions.AT_AGREEMENT)

    assert amounts(rated([used(10, day=FEB_10)], told(cards, kept))) == [(FEB_10, 10)]


def test_an_agreement_can_take_the_edition_that_holds_when_the_month_is_billed() -> None:
    """From 10 and 20 February the price rises; all of February has the last of them."""
    cards = [
        edition(price("1")),
        edition(price("2"), effective_from=FEB_10),
        edition(price("3"), effective_from=date(2026, 2, 20)),
    ]
    rows = [used(10, day=date(2026, 1, 31)), used(10, day=FEB_1), used(10, day=FEB_10)]
    by_month_end = agreement(editions=Editions.BY_MONTH_END)

    assert [each for _, each in amounts(rated(rows, told(cards, by_month_end)))] == [10, 30, 30]
    assert [each for _, each in amounts(rated(rows, told(cards)))] == [10, 10, 20]


def test_a_running_total_goes_on_when_the_edition_changes_within_its_window() -> None:
    """A year's 100 tokens at 1.00: 60 before the change leave 40 in the first tier after it."""
    tiers = [{"up_to": 100, "unit_amount": "1"}, {"unit_amount": "0.50"}]
    dearer = [{"up_to": 100, "unit_amount": "2"}, {"unit_amount": "1"}]
    yearly = {"resets": "year"}
    cards = [
        edition(price("0", tiers=tiers, **yearly)),
        edition(price("0", tiers=dearer, **yearly), effective_from=FEB_1),
    ]

    found = rated([used(60), used(60, day=FEB_10)], told(cards))

    assert amounts(found) == [(JAN_15, 60), (FEB_10, 80), (FEB_10, 20)]


def test_what_was_agreed_apart_goes_before_the_card() -> None:
    """The override replaces the line of its name; other lines stay, and the line says so."""
    cards = [edition(price("1"), price("5", id="calls", meter="calls"))]
    apart = agreement(overrides=(price("0.80"),))

    found = rated([used(10), used(1, meter="calls")], told(cards, apart))

    by_line = {each["line"]: each for each in found.lines.to_pylist()}
    assert (by_line["tokens"]["amount"], by_line["calls"]["amount"]) == (8, 5)
    assert [by_line[name]["agreed_apart"] for name in ("tokens", "calls")] == [apart.id, ""]


def test_the_next_agreement_ends_the_one_before() -> None:
    """From its day on its terms hold; a last day of its own ends an agreement too."""
    cards = [edition(price("1"))]
    later = agreement(on=FEB_1, overrides=(price("3"),), until=date(2026, 2, 28))
    rows = [used(1, day=day) for day in (date(2026, 1, 31), FEB_1, date(2026, 3, 1))]

    found = rated(rows, told(cards, agreement(), later))

    assert amounts(found) == [(date(2026, 1, 31), 1), (FEB_1, 3)]
    assert found.unpriced["day"].to_pylist() == [date(2026, 3, 1)]


def test_the_price_that_asks_for_most_labels_holds() -> None:
    """Model and region before model alone before none."""
    cards = [
        edition(
            price("1"),
            price("2", id="large", when={"model": "large"}),
            price("3", id="large eu", when={"model": "large", "region": "eu"}),
        )
    ]
    labels = ['{"model":"small","region":"eu"}', '{"model":"large"}',
              '{"model":"large","region":"eu"}']  # fmt: skip

    found = rated([used(1, labels=each) for each in labels], told(cards))

    assert {each["labels"]: each["amount"] for each in found.lines.to_pylist()} == dict(
        zip(labels, (1, 2, 3), strict=True)
    )


def test_a_pool_shares_its_allowance() -> None:
    """Two contracts use 600 and 600 of one free 1,000: the second, by name, pays for 200."""
    cards = [edition(price("1", included="1000"))]
    pooled = [agreement(name, pool="group") for name in ("acme", "globex")]
    rows = [used(600, customer=name) for name in ("acme", "globex")]

    found = rated(rows, told(cards, *pooled))
    alone = rated(rows, told(cards, *(replace(each, pool="") for each in pooled)))

    charged = {each["contract"]: each["amount"] for each in found.lines.to_pylist() if each["tier"]}
    assert charged == {"globex": 200}
    assert sum(alone.lines["amount"].to_pylist()) == 0


def test_a_minimum_is_owed_once_by_a_pool() -> None:
    """One shortfall a month, whoever used."""
    cards = [edition(price("1", minimum="100"))]
    pooled = [agreement(name, pool="group") for name in ("acme", "globex")]

    found = rated([used(30, customer="globex")], told(cards, *pooled), date(2026, 1, 31))

    assert [(each["charge"], each["amount"]) for each in found.lines.to_pylist()] == [
        ("minimum", 70),
        ("usage", 30),
    ]


def test_promotional_credits_lower_what_is_rated() -> None:
    """10 that end first, then 100: 25 of usage in February take 10 and 15; March is covered."""
    promotions = (
        PromotionalCredit(id="b", amount=Decimal(100), first_day=JAN_15, last_day=JUN_30),
        PromotionalCredit(id="a", amount=Decimal(10), first_day=FEB_1, last_day=date(2026, 2, 28)),
    )
    rows = [used(5), used(25, day=FEB_10), used(90, day=date(2026, 3, 1))]

    found = rated(rows, told([edition(price("1"))], agreement(credits=promotions)))

    assert [
        (each["gross"], each["credited"], each["amount"]) for each in found.lines.to_pylist()
    ] == [(5, 5, 0), (25, 25, 0), (90, 80, 10)]


def test_credits_of_some_lines_leave_the_others() -> None:
    """A credit for calls does not pay for tokens."""
    credit = PromotionalCredit(
        id="a", amount=Decimal(9), first_day=JAN_15, last_day=JUN_30, prices=("calls",)
    )
    cards = [edition(price("1"), price("5", id="calls", meter="calls"))]

    found = rated([used(10), used(1, meter="calls")], told(cards, agreement(credits=(credit,))))

    assert {each["line"]: each["amount"] for each in found.lines.to_pylist()} == {
        "tokens": 10,
        "calls": 0,
    }


def test_a_last_tier_may_end() -> None:
    """What exceeds it has no price, unless it is said to go on."""
    ends = price("0", tiers=[{"up_to": 10, "unit_amount": "1"}], last_tier_goes_on=False)

    found = rated([used(15)], told([edition(ends)]))
    on = rated([used(15)], told([edition(replace(ends, last_tier_goes_on=True))]))

    assert (amounts(found), found.unpriced["quantity"].to_pylist()) == ([(JAN_15, 10)], [5])
    assert amounts(on) == [(JAN_15, 15)]


ONE_PACKAGE = {"unit_amount": 15, "per": 10, "packages": "up", "package_at_zero_usage": True}


@pytest.mark.parametrize(
    ("terms", "why"),
    [
        ({"tiers": [{"unit_amount": 1}, {"unit_amount": 2}]}, "has no end"),
        ({"tiers": [{"up_to": 5}, {"up_to": 5}]}, "do not rise"),
        ({"unit_amount": 1, "tiers": [{"unit_amount": 1}]}, "not both"),
        ({"unit_amount": -1}, "below 0"),
        ({"per": 0, "unit_amount": 1}, "more than 0 units"),
        ({"multiple_of": "nothing"}, "is no price of the card"),
        ({"commitment": {"quantity": 1, "amount": 1}, "unit_amount": 1}, "a quantity or an amount"),
        (
            {
                "commitment": {"quantity": 15, "overage_factor": 2},
                "unit_amount": 1,
                "per": 10,
                "packages": "up",
            },
            "inside packages",
        ),
        ({"maximum": 1, "rounding": {"at": "day"}, "unit_amount": 1}, "is of the line"),
        ({"per_event": {"minimum": 1}, "rounding": {"at": "tier"}, "percent": 1}, "is of the line"),
        ({"unit_amount": 1, "meters": ["images", "tokens"]}, "named twice"),
        ({"unit_amount": 1, "meters": ["images", "images"]}, "named twice"),
        ({"unit_amount": 1, "resets": "hour", "minimum": 5}, "an hour owes nothing beside"),
        ({"unit_amount": 1, "resets": "event", "fee": 5}, "an event owes nothing beside"),
        ({"unit_amount": 1, "resets": "hour", "commitment": {"amount": 1}}, "an hour owes nothing"),
        ({"percent": 1, "resets": "event", "per_event": {"fee": 1}}, "no limits over several"),
        (
            {"unit_amount": 1, "resets": "hour", "rounding": {"at": "day"}},
            "no rounding by the day",
        ),
        (ONE_PACKAGE | {"packages": "down"}, "count once begun"),
        (ONE_PACKAGE | {"included": 5}, "no usage that is free"),
        (ONE_PACKAGE | {"flat_at_zero_usage": True}, "not two"),
        (ONE_PACKAGE | {"commitment": {"amount": 1}}, "not two"),
        ({"per_event": {"minimum": 2, "maximum": 1}, "percent": 1}, "not below 0 and rise"),
        ({"per_event": {"maximum": 1}, "percent": 1, "included": 5}, "one price for all units"),
        ({"per_event": {"maximum": 1}, "percent": 1, "maximum": 5}, "no commitment or maximum"),
        (
            {
                "tiers": [
                    {"up_to": 5, "unit_amount": "0.1", "per": "987654321.123456789"},
                    {"unit_amount": "0.1", "per": "987654321.123456787"},
                ]
            },
            "more digits",
        ),
    ],
)
def test_prices_that_say_two_things_or_nothing_are_refused(terms: dict[str, Any], why: str) -> None:
    """A card is not guessed at."""
    broken = TypeAdapter(Price).validate_python({"id": "tokens", "meter": "tokens"} | terms)

    with pytest.raises(FeedError, match=why):
        catalogue(told([edition(broken)]))


def test_two_prices_that_ask_for_equally_many_labels_are_refused() -> None:
    """Usage that fits both cannot be priced."""
    cards = [
        edition(
            price("1", when={"model": "large"}),
            price("2", id="eu", when={"region": "eu"}),
        )
    ]

    with pytest.raises(FeedError, match="'tokens' and 'eu' alike"):
        rated([used(1, labels='{"model":"large","region":"eu"}')], told(cards))


def test_a_card_in_another_currency_is_refused() -> None:
    """Usage is rated in the currency of the contract."""
    with pytest.raises(CurrencyMismatch, match="acme in USD by edition list-2026-01-15 in EUR"):
        catalogue(told([edition(price(), currency="EUR")]))


def test_an_agreement_to_a_card_that_does_not_exist_yet_is_refused() -> None:
    """The first edition must hold on its day."""
    with pytest.raises(FeedError, match="no edition holds on 2026-01-15"):
        catalogue(told([edition(price(), effective_from=FEB_1)]))


@pytest.mark.parametrize(
    ("resets", "anchor", "day", "window"),
    [
        (Reset.MONTH, Anchor.CALENDAR, FEB_10, (FEB_1, date(2026, 2, 28))),
        (Reset.MONTH, Anchor.CONTRACT, FEB_10, (JAN_15, date(2026, 2, 14))),
        (Reset.QUARTER, Anchor.CALENDAR, FEB_10, (date(2026, 1, 1), date(2026, 3, 31))),
        (Reset.QUARTER, Anchor.CONTRACT, FEB_10, (JAN_15, date(2026, 4, 14))),
        (Reset.YEAR, Anchor.CALENDAR, FEB_10, (date(2026, 1, 1), date(2026, 12, 31))),
        (Reset.YEAR, Anchor.CONTRACT, FEB_10, (JAN_15, date(2027, 1, 14))),
        (Reset.TERM, Anchor.CALENDAR, FEB_10, (JAN_15, JUN_30)),
        (Reset.DAY, Anchor.CALENDAR, FEB_10, (FEB_10, FEB_10)),
    ],
)
def test_windows(resets: Reset, anchor: Anchor, day: date, window: tuple[date, date]) -> None:
    """Of the calendar or of the contract."""
    assert list(windows(Recurring(resets, anchor), (JAN_15, JUN_30), day, day)) == [window]
