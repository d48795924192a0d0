"""What a component of the price gives each obligation through modifications, by hand.

A price of 1,000 over a and b of equal selling prices: 500 each.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from revrec.asc606.pricing import Component, Released, Restart, shares, sharing, unearned
from revrec.model.decision import Answer, Progress, Shape

HALF_OF_A = {"a": Answer(1, 2, 0), "b": Answer(0, 1, 0)}


def fixed(weights: dict[str, int] | None = None, since: int = 0) -> Component:
    """The fixed price of 1,000."""
    return Component(id="fixed", amount=1000, weights=weights or {"a": 1, "b": 1}, since=since)


def restart(**told) -> Restart:
    """Half of a is earned; a and c are left, 1 to 2."""
    usual = {
        "components": frozenset({"fixed"}),
        "earned": HALF_OF_A,
        "entitled": {},
        "weights": {"a": 1, "c": 2},
        "changes": {},
        "products": {},
    }
    return Restart(**{**usual, **told})


def test_what_is_left_and_the_change_are_shared_by_what_is_left():
    """250 of a is earned; 1,000 - 250 + 100 = 850 goes 1 to 2: 283.33 and 566.67."""
    given = shares(fixed(), [restart(changes={"fixed": 100})])

    assert given.earned == {(0, "a"): 250}
    assert given.live == {"a": 283, "c": 567}
    assert given.breakage == {}


def test_another_amount_is_shared_anew():
    """An estimate of 1,000 becomes one of 600: 300 each, and 1,000 again 500 each."""
    component = fixed()
    found = []
    for amount in (1000, 600, 1000):
        component.amount = amount
        found.append(shares(component, []).live)

    assert found == [{"a": 500, "b": 500}, {"a": 300, "b": 300}, {"a": 500, "b": 500}]


def test_a_change_of_another_component_is_not_this_ones():
    """The bonus changes; the fixed price is shared anew as it is: 750 goes 250 and 500."""
    assert shares(fixed(), [restart(changes={"bonus": 100})]).live == {"a": 250, "c": 500}


@pytest.mark.parametrize(
    ("component", "restarts"),
    [
        (fixed(), [restart(components=frozenset({"bonus"}))]),
        (fixed(since=1), [restart()]),
    ],
)
def test_a_contract_that_did_not_end_goes_on(component, restarts):
    """Another contract ended, or it ended before this was promised."""
    given = shares(component, restarts)

    assert (given.earned, given.live) == ({}, {"a": 500, "b": 500})


def test_with_nothing_left_all_is_earned_by_what_was_earned():
    """The 750 left go where the 250 are; where nothing was earned, as first promised."""
    assert shares(fixed(), [restart(weights={})]).earned == {(0, "a"): 1000}
    assert shares(fixed(), [restart(weights={}, earned={})]).earned == {
        (0, "a"): 500,
        (0, "b"): 500,
    }


@pytest.mark.parametrize(
    ("change", "earned", "live"),
    [
        (-749, {(0, "a"): 250}, {"a": 0, "c": 1}),
        (-750, {(0, "a"): 250}, {"a": 0, "c": 0}),
        (-751, {(0, "a"): 249}, {"a": 0, "c": 0}),
        (-900, {(0, "a"): 100}, {"a": 0, "c": 0}),
    ],
)
def test_a_cut_takes_back_only_what_exceeds_the_rest(change, earned, live):
    """750 is left; beyond it, what was earned is taken back at once."""
    given = shares(fixed(), [restart(changes={"fixed": change})])

    assert (given.earned, given.live, given.breakage) == (earned, live, {})


@pytest.mark.parametrize(
    ("change", "earned", "breakage"),
    [(0, 300, 175), (-800, 200, 117), (-1000, 0, 0)],
)
def test_breakage_is_what_was_earned_without_use(change, earned, breakage):
    """Six tenths earned, 3 of 12 used: 300 - 125 = 175; a cut takes back in proportion.

    175 x 200 / 300 = 116.67.
    """
    told = restart(earned={"a": Answer(6, 10, 3)}, entitled={"a": 12}, changes={"fixed": change})
    given = shares(fixed(), [told])

    assert given.earned.get((0, "a"), 0) == earned
    assert given.breakage == {(0, "a"): breakage}


def test_use_beyond_the_entitlement_is_no_negative_breakage():
    """15 used of 12: all of the price is use."""
    told = restart(earned={"a": Answer(1, 1, 15)}, entitled={"a": 12})

    assert shares(fixed(), [told]).breakage == {(0, "a"): 0}


def test_what_a_renewal_does_not_touch_keeps_its_share():
    """All of b's 500 stay; of a's 500 half is earned and the rest goes to c."""
    given = shares(fixed(), [restart(untouched=frozenset({"b"}), weights={"c": 1})])

    assert given.earned == {(0, "a"): 250}
    assert given.live == {"b": 500, "c": 250}


def test_a_right_gives_what_is_used_and_earns_what_lapses():
    """Of 300 a third buys x; half of the other 200 lapses."""
    component = fixed({"a": 7, "r": 3})
    used = restart(released=Released("r", Fraction(1, 3)), weights={"x": 1})
    lapsed = restart(released=Released("r", Fraction(1, 2)), weights={})

    bought, after = shares(component, [used]), shares(component, [used, lapsed])

    assert (bought.live, bought.earned) == ({"a": 700, "r": 200, "x": 100}, {})
    assert after.live == {"a": 700, "r": 100, "x": 100}
    assert after.earned == after.breakage == {(1, "r"): 100}
    assert set(sharing(component, [used, lapsed])) == {"a", "r", "x"}


def test_a_right_of_another_contract_moves_nothing():
    """The component holds no r."""
    other = restart(released=Released("r", Fraction(1)), weights={"x": 1})

    assert shares(fixed(), [other]).live == {"a": 500, "b": 500}


def test_unearned_is_what_progress_leaves():
    """500 x 2/3 = 333.33 is earned of a: 167 and b's 500 are left."""
    assert unearned(fixed(), [], {"a": Answer(2, 3, 0)}) == 667
    assert unearned(fixed(), [], {}) == 1000


def test_sharing_names_whoever_holds_a_share_now():
    """Before the modification a and b, after it a and c; b too if it was not touched."""
    assert set(sharing(fixed(), [])) == {"a", "b"}
    assert set(sharing(fixed(), [restart()])) == {"a", "c"}
    assert set(sharing(fixed(), [restart(components=frozenset({"bonus"}))])) == {"a", "b"}
    assert set(sharing(fixed(), [restart(untouched=frozenset({"b"}))])) == {"a", "b", "c"}


def test_a_rebate_is_shared_like_a_price():
    """A component below zero is no cut: -250 is earned, -750 goes 1 to 2."""
    rebate = Component(id="fixed", amount=-1000, weights={"a": 1, "b": 1}, since=0)
    given = shares(rebate, [restart()])

    assert (given.earned, given.live) == ({(0, "a"): -250}, {"a": -250, "c": -500})


def test_what_is_earned_because_nothing_is_left_is_no_breakage():
    """175 of the first 300 are breakage; the 700 that follow are not."""
    told = restart(earned={"a": Answer(6, 10, 3)}, entitled={"a": 12}, weights={})
    given = shares(fixed(), [told])

    assert given.earned == {(0, "a"): 1000}
    assert given.breakage == {(0, "a"): 175}


def test_with_nothing_left_and_nothing_earned_it_goes_as_first_promised():
    """All went to c, which nobody has had: a and b have 500 each."""
    moved = restart(weights={"c": 1}, earned={})

    given = shares(fixed(), [moved, restart(weights={}, earned={})])

    assert given.earned == {(1, "a"): 500, (1, "b"): 500}


def test_what_is_earned_by_its_own_increments_shares_with_nobody():
    """A component with a measure of its own is not ended by a modification."""
    own = Component(
        id="fixed",
        amount=1000,
        weights={"a": 1},
        since=0,
        increments=Shape(progress=Progress.DAYS),
    )

    assert set(sharing(own, [])) == set()
