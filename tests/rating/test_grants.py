"""Published draws, balances and roll-overs of credits, and what always holds of burn-down."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from revrec.drawing.draw import Beyond
from revrec.model.credit import DrawFirst
from revrec.rating.grants import (
    Burned,
    Grant,
    Use,
    burn,
    credits_bought,
    rolled_over,
    worth,
)
from tests.properties.profiles import examples

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
YEAR_END = datetime(2026, 12, 31, tzinfo=UTC)


def day(number: int, month: int = 1) -> datetime:
    """The first moment of a day of 2026."""
    return datetime(2026, month, number, tzinfo=UTC)


def grant(name: str, amount: int | str, **terms: object) -> Grant:
    """A grant of January unless told otherwise."""
    return Grant(id=name, amount=Decimal(amount), **({"effective": JAN_1} | terms))  # type: ignore[arg-type]


def drawn(
    grants: Sequence[Grant],
    *charges: int | str,
    order: Sequence[DrawFirst] = (DrawFirst.LOWEST_PRIORITY, DrawFirst.EARLIEST_EXPIRY),
    beyond: Beyond = Beyond.INVOICED,
    product: str = "",
) -> Burned:
    """The charges, one a day from 2 January on, before anything expires."""
    uses = [
        Use(at=day(2) + timedelta(hours=number), amount=Decimal(charge), product=product)
        for number, charge in enumerate(charges)
    ]
    return burn(grants, uses, as_of=day(3), order=order, beyond=beyond)


def told(found: Burned) -> list[tuple[str, Decimal]]:
    """What was drawn, as (grant, amount)."""
    return [(draw.grant, draw.amount) for draw in found.draws]


@pytest.mark.parametrize(
    ("amounts", "charge", "draws"),
    [
        ((50, 80, 100), 90, [("A", 50), ("B", 40)]),
        ((100, 100, 100), 150, [("A", 100), ("B", 50)]),
    ],
)
def test_priority_then_expiry(
    amounts: tuple[int, int, int], charge: int, draws: list[tuple[str, int]]
) -> None:
    """cred-kong-priority-then-expiry, -150-over-two-grants: without expiry comes last."""
    a, b, c = amounts
    grants = [
        grant("C", c, priority=2),
        grant("B", b, priority=1, expires=day(20)),
        grant("A", a, priority=1, expires=day(10)),
    ]

    assert told(drawn(grants, charge)) == draws


def test_only_what_is_unused_lapses_from_its_moment_on() -> None:
    """cred-kong-unused-part-expires: a balance read before does not know of it."""
    grants = [grant("G", 100, expires=day(10))]
    uses = [Use(at=day(5), amount=Decimal(30))]
    at = {number: burn(grants, uses, as_of=day(number)) for number in (1, 5, 9, 10)}

    assert [at[number].balance for number in (1, 5, 9, 10)] == [100, 70, 70, 0]
    assert (at[9].lapsed, at[10].lapsed) == ({}, {"G": 70})
    assert burn(grants, [], as_of=day(10)).lapsed == {"G": 100}
    longer = [grant("G", 100, expires=day(31))]
    used = [Use(at=day(15), amount=Decimal(40))]
    assert burn(longer, used, as_of=day(31)).lapsed == {"G": 60}


def test_a_correction_is_a_movement() -> None:
    """cred-kong-correction-is-a-movement: 100, 60, and 70 once 10 are given back."""
    grants = [grant("G", 100), grant("correction", 10, effective=day(3))]
    uses = [Use(at=day(2), amount=Decimal(40))]

    assert [burn(grants, uses, as_of=day(n)).balance for n in (1, 2, 3)] == [100, 60, 70]


@pytest.mark.parametrize(
    ("balance", "beyond", "result"),
    [
        (40, Beyond.INVOICED, (40, 60, 0)),
        (100, Beyond.BLOCKED, (100, 0, 0)),
        (40, Beyond.BLOCKED, (0, 100, 40)),
    ],
)
def test_use_beyond_the_balance(balance: int, beyond: Beyond, result: tuple[int, int, int]) -> None:
    """cred-kong-settlement-modes: the rest is invoiced, or the whole charge is refused."""
    found = drawn([grant("G", balance)], 100, beyond=beyond)

    assert (sum(d.amount for d in found.draws), found.beyond, found.balance) == result


def test_what_credits_cost_is_not_their_number() -> None:
    """cred-kong-cost-basis: 100 at 0.50 are 50."""
    assert grant("G", 100, unit_cost=Decimal("0.50")).purchase_amount == 50


@pytest.mark.parametrize(
    ("grants", "usage", "balances", "beyond"),
    [
        ([grant("g1", 100, priority=1), grant("g2", 100, priority=2)], 120, (0, 80), 0),
        (
            [grant("g1", 100, expires=day(31)), grant("g2", 100, expires=YEAR_END)],
            120,
            (0, 80),
            0,
        ),
        ([grant("g1", 100), grant("g2", 100)], 200, (0, 0), 0),
        ([], 50, (), 50),
        ([grant("g1", 100)], 50, (50,), 0),
    ],
)
def test_exact_use_up_and_use_without_a_grant(
    grants: list[Grant], usage: int, balances: tuple[int, ...], beyond: int
) -> None:
    """cred-openmeter-priority-expiry-overage, told in either order."""
    for listed in (grants, grants[::-1]):
        found = drawn(listed, usage)
        assert tuple(found.balances[each.id] for each in grants) == balances
        assert found.beyond == beyond


def test_a_reset_keeps_the_cap() -> None:
    """cred-openmeter-rollover-cap: of 90 a reset keeps 50."""
    grants = [grant("g1", 100, rollover_cap=Decimal(50))]
    uses = [Use(at=JAN_1 + timedelta(hours=1), amount=Decimal(10))]
    reset = JAN_1 + timedelta(hours=5)

    before, after = (
        burn(grants, uses, as_of=at, resets=[reset]) for at in (reset - timedelta(hours=1), reset)
    )

    assert (before.balance, after.balance, after.lapsed) == (90, 50, {"g1": 40})


def test_a_grant_that_begins_later_pays_what_is_owed() -> None:
    """cred-openmeter-grant-after-overage: 100 - 25 - 25; not begun or expired, it is 0."""
    uses = [Use(at=JAN_1 + timedelta(hours=n), amount=Decimal(25)) for n in (-1, 1)]
    late = grant("g1", 100, effective=day(11))
    over = grant("g1", 100, effective=day(1) - timedelta(days=9), expires=JAN_1)

    assert burn([grant("g1", 100)], uses, as_of=day(2), beyond=Beyond.CARRIED).balance == 50
    assert burn([late], uses, as_of=day(6), beyond=Beyond.CARRIED).balance == 0
    assert burn([over], uses[1:], as_of=day(6), beyond=Beyond.CARRIED).balance == 0


def test_a_void_ends_a_grant_at_once() -> None:
    """cred-openmeter-void-mid-period: 50 drawn, 50 lost, 50 beyond."""
    voided = JAN_1 + timedelta(hours=1)
    uses = [Use(at=voided + timedelta(minutes=n), amount=Decimal(50)) for n in (-1, 1)]

    found = burn([grant("g1", 100, voided=voided)], uses, as_of=day(6))

    assert (told(found), found.lapsed, found.beyond) == ([("g1", 50)], {"g1": 50}, 50)


def test_priority_then_oldest() -> None:
    """cred-lago-priority-then-oldest: 20 + 25 + 25 + 10."""
    order = (DrawFirst.LOWEST_PRIORITY, DrawFirst.EARLIEST_CREATED)
    created = {"TX1": 9, "TX2": 6, "TX3": 8, "TX4": 9}
    amounts = {"TX1": 20, "TX2": 25, "TX3": 25, "TX4": 30}
    grants = [
        grant(name, amounts[name], priority=1 + (name != "TX1"), created=day(n) - timedelta(30))
        for name, n in created.items()
    ]

    found = drawn(grants, 80, order=order)

    assert told(found) == [("TX1", 20), ("TX2", 25), ("TX3", 25), ("TX4", 10)]
    assert found.balances["TX4"] == 20


@pytest.mark.parametrize(
    ("amounts", "charges", "draws", "left"),
    [
        ((100,), (40,), [(1, 0, 40)], (60,)),
        ((30, 50), (60,), [(1, 0, 30), (1, 1, 30)], (0, 20)),
        ((100,), (25, 35), [(1, 0, 25), (2, 0, 35)], (40,)),
    ],
)
def test_first_in_first_out_over_invoices(
    amounts: tuple[int, ...],
    charges: tuple[int, ...],
    draws: list[tuple[int, int, int]],
    left: tuple[int, ...],
) -> None:
    """cred-lago-fifo-and-many-invoices."""
    grants = [
        grant(str(number), amount, effective=JAN_1 + timedelta(minutes=number))
        for number, amount in enumerate(amounts)
    ]

    found = drawn(grants, *charges, order=(DrawFirst.EARLIEST_EFFECTIVE,))

    assert [(d.use, int(d.grant), d.amount) for d in found.draws] == draws
    assert tuple(found.balances.values()) == left


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("free", {"unit_cost": 0, "applies_to": ("a", "b"), "expires": YEAR_END}),
         ("paid", {"applies_to": ("a",), "expires": day(30, 6)})),
        (("narrow", {"applies_to": ("a",), "expires": YEAR_END}),
         ("broad", {"applies_to": ("a", "b", "c"), "expires": day(30, 6)})),
        (("paid", {"priority": 1, "applies_to": ("a",), "expires": YEAR_END}),
         ("free", {"priority": 2, "unit_cost": 0, "applies_to": ("a",), "expires": day(31, 3)})),
        (("early", {"applies_to": ("a",), "expires": day(30, 6)}),
         ("late", {"applies_to": ("a",), "expires": YEAR_END})),
    ],
)  # fmt: skip
def test_free_narrow_and_early_first(
    first: tuple[str, dict[str, object]], second: tuple[str, dict[str, object]]
) -> None:
    """cred-metronome-order: priority, then free, narrow, early end."""
    order = (
        DrawFirst.LOWEST_PRIORITY,
        DrawFirst.FREE,
        DrawFirst.FEWEST_PRODUCTS,
        DrawFirst.EARLIEST_EXPIRY,
        DrawFirst.EARLIEST_EFFECTIVE,
    )
    grants = [grant(second[0], 100, **second[1]), grant(first[0], 100, **first[1])]

    assert told(drawn(grants, 120, order=order, product="a")) == [
        (first[0], 100),
        (second[0], 20),
    ]


def test_limited_blocks_first() -> None:
    """cred-orb-block-order: a block for one price goes first though it expires later."""
    grants = [
        grant("any", 100, expires=day(31, 3)),
        grant("filtered", 100, expires=YEAR_END, applies_to=("price_1",)),
    ]
    order = (DrawFirst.LIMITED, DrawFirst.EARLIEST_EXPIRY, DrawFirst.LOWEST_COST)

    assert told(drawn(grants, 150, order=order, product="price_1")) == [
        ("filtered", 100),
        ("any", 50),
    ]
    assert told(drawn(grants, 150, order=order, product="price_2")) == [("any", 100)]


@pytest.mark.parametrize(
    ("granted", "used", "cap", "left"), [(1000, 600, 2000, 400), (400, 250, 500, 150)]
)
def test_what_is_unused_rolls_over_and_goes_first(
    granted: int, used: int, cap: int, left: int
) -> None:
    """cred-autumn-rollover-cap: it is a grant of its own beside the next."""
    unused = drawn([grant("jan", granted)], used).balance
    carried = rolled_over(unused, cap=Decimal(cap))
    grants = [
        grant("feb", granted),
        grant("rollover", str(carried), rolled_over=True, effective=JAN_1),
    ]

    found = drawn(grants, 1, order=(DrawFirst.ROLLED_OVER,))

    assert carried == left
    assert found.balance + 1 == left + granted
    assert told(found) == [("rollover", 1)]


@pytest.mark.parametrize(
    ("left", "cap", "floor", "percent", "kept"),
    [(90, 50, 0, 100, 50), (10, 50, 20, 100, 20), (90, None, 0, 20, 18), (10, 5, 20, 100, 5)],
)
def test_roll_overs_have_caps_floors_and_shares(
    left: int, cap: int | None, floor: int, percent: int, kept: int
) -> None:
    """A fifth month to month, a cap that beats the floor."""
    amount = rolled_over(
        Decimal(left),
        cap=None if cap is None else Decimal(cap),
        floor=Decimal(floor),
        percent_of_left=Decimal(percent),
    )

    assert amount == kept


@pytest.mark.parametrize(
    ("money", "unit_cost", "credits_granted"),
    [("10", "2", 5), ("10", "0.01", 1000), ("1", "0.008", 125)],
)
def test_credits_bought_and_what_they_are_worth(
    money: str, unit_cost: str, credits_granted: int
) -> None:
    """cred-flexprice-credit-currency: bought at one rate, worth another."""
    assert credits_bought(Decimal(money), Decimal(unit_cost)) == credits_granted
    assert worth(Decimal(5), Decimal(2)) == 10
    assert worth(Decimal(500), Decimal("0.01")) == 5


@examples(commit=100, torture=10_000)
@given(st.data())
def test_nothing_is_drawn_twice_or_lost(data: st.DataObject) -> None:
    """Granted = drawn + lapsed + left, used = drawn + beyond, in whatever order all is told."""
    moments = st.integers(0, 40).map(lambda hours: JAN_1 + timedelta(hours=hours))
    amounts = st.decimals(0, 100, places=12)
    grants = [
        Grant(
            id=f"g{number}",
            amount=data.draw(amounts),
            effective=data.draw(moments),
            expires=data.draw(st.none() | moments),
            priority=data.draw(st.integers(0, 2)),
        )
        for number in range(data.draw(st.integers(0, 5)))
    ]
    uses = [
        Use(at=JAN_1 + timedelta(minutes=97 * number), amount=data.draw(amounts))
        for number in range(data.draw(st.integers(0, 6)))
    ]

    found = burn(grants, uses, as_of=YEAR_END)

    drawn_in_all = sum((draw.amount for draw in found.draws), Decimal(0))
    begun = [g for g in grants if g.expires is None or g.expires > (g.effective or JAN_1)]
    granted = sum((each.amount for each in begun), Decimal(0))
    assert granted == drawn_in_all + sum(found.lapsed.values()) + found.balance
    assert sum((use.amount for use in uses), Decimal(0)) == drawn_in_all + found.beyond
    assert burn(data.draw(st.permutations(grants)), uses, as_of=YEAR_END).draws == found.draws
