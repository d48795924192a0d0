"""Pools over subsidiaries: parts set aside, given on, and never over-drawn in any order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.commitments.books import Use, draws, grant, left, position, used
from tests.properties.profiles import examples

GROUP = ("acme", "globex", "initech")
POOL = {"kind": "credit_pool", "id": "group", "on": "2026-01-01", "contracts": list(GROUP)}


def transfer(name: str, amount: str | int, on: str = "2026-01-01", **terms: Any) -> dict[str, Any]:
    """A transfer within the group."""
    return {
        "kind": "credit_transfer", "id": name, "on": on, "pool": "group", "amount": str(amount),
    } | terms  # fmt: skip


def test_subsidiaries_draw_on_one_grant_and_each_is_told() -> None:
    """Acme paid; Globex and Initech used, and are named with their region."""
    uses = [used("2026-01-02", 60, contract="globex"), used("2026-01-03", 50, contract="initech")]

    found = position([POOL, grant("G", 100, paid="80")], uses, contracts=GROUP)

    assert [
        (each.contract, each.customer, each.region, each.grant, each.covered, each.amount)
        for each in found.draws()
    ] == [
        ("globex", "globex inc", "west", "G", True, 60),
        ("initech", "initech inc", "west", "G", True, 40),
        ("initech", "initech inc", "west", "G", False, 10),
    ]
    assert [each.worth for each in found.draws()] == [48, 32, 0]


def test_a_part_set_aside_is_used_by_its_contract_alone() -> None:
    """Of 100, 70 are set aside for Globex; Initech finds 30, Globex its 70."""
    told = [POOL, grant("G", 100), transfer("t", 70, taker="globex")]
    uses = [used("2026-01-02", 50, contract="initech"), used("2026-01-03", 80, contract="globex")]

    found = position(told, uses, contracts=GROUP)

    assert draws(found) == [("G", 30), ("", 20), ("G", 70), ("", 10)]


def test_a_balance_is_given_from_one_to_another_as_far_as_there_is_one() -> None:
    """Globex has 70 and used 50: of the 40 it gives there are 20, which Initech may use."""
    told = [
        POOL,
        grant("G", 100, on="2026-01-01"),
        transfer("aside", 100, taker="globex"),
        transfer("back", 30, on="2026-01-02", giver="globex"),
        transfer("gift", 40, on="2026-01-05", giver="globex", taker="initech"),
    ]
    uses = [used("2026-01-03", 50, contract="globex"), used("2026-01-06", 60, contract="initech")]

    found = position(told, uses, contracts=GROUP)

    assert [(each.transfer, each.asked, each.given) for each in found.transfers()] == [
        ("aside", 100, 100), ("back", 30, 30), ("gift", 40, 20),
    ]  # fmt: skip
    assert draws(found) == [("G", 50), ("G", 50), ("", 10)]
    assert left(found) == {"G": 0}


def test_what_is_set_aside_shows_and_rolls_over_with_its_contract() -> None:
    """Of 60 for Globex and 40 shared half go on: 30 for Globex and 20 shared."""
    told = [
        POOL,
        grant("G", 100, last_day="2026-01-31", rollover={"percent": "50"}),
        transfer("t", 60, taker="globex"),
    ]

    *_, carried = position(told, as_of="2026-02-01", contracts=GROUP).credits()

    assert (carried.remaining, carried.set_aside) == (50, {"globex": 30})


def test_usage_told_late_takes_what_a_gift_had_counted_on() -> None:
    """Told after the gift, Globex' use before it leaves less to give; nothing is over-drawn."""
    told = [
        POOL,
        grant("G", 100),
        transfer("aside", 100, taker="globex"),
        transfer("gift", 80, on="2026-01-05", giver="globex", taker="initech"),
    ]
    in_time = [used("2026-01-06", 80, contract="initech")]
    late = [used("2026-01-04", 50, contract="globex")]

    before = position(told, in_time, contracts=GROUP)
    after = position(told, in_time + late, contracts=GROUP)

    assert [each.given for each in before.transfers()] == [100, 80]
    assert [each.given for each in after.transfers()] == [100, 50]
    assert draws(after) == [("G", 50), ("G", 50), ("", 30)]


_days = st.integers(0, 20).map(lambda number: str(date(2026, 1, 1) + timedelta(days=number)))
_amounts = st.integers(1, 60)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[Use]]:
    """Grants of three subsidiaries, transfers between them, and use."""
    told: list[dict[str, Any]] = [POOL]
    for number in range(draw(st.integers(1, 3))):
        terms = {} if draw(st.booleans()) else {"last_day": "2026-01-15", "rollover": {"cap": "9"}}
        told.append(
            grant(
                f"g{number}",
                draw(_amounts),
                contract=draw(st.sampled_from(GROUP)),
                on=draw(st.sampled_from(["2026-01-01", "2026-01-08"])),
                **terms,
            )
        )
    sides = st.lists(st.sampled_from(["", *GROUP]), min_size=2, max_size=2, unique=True)
    for number in range(draw(st.integers(0, 4))):
        giver, taker = draw(sides)
        told.append(transfer(f"t{number}", draw(_amounts), draw(_days), giver=giver, taker=taker))
    uses = [
        used(draw(_days), draw(_amounts), contract=draw(st.sampled_from(GROUP)))
        for _ in range(draw(st.integers(0, 6)))
    ]
    return told, _summed(uses)


def _summed(uses: Sequence[Use]) -> list[Use]:
    """One row for each contract and day, as the roll-up gives."""
    sums: dict[tuple[str, str, str], int] = {}
    for name, meter, day, _, amount in uses:
        sums[name, meter, day] = sums.get((name, meter, day), 0) + int(amount)
    return [(*key, 0, amount) for key, amount in sums.items()]


@examples(commit=40, torture=2_000)
@given(stories(), st.randoms(use_true_random=False))
def test_a_pool_is_never_over_drawn_whatever_comes_first(
    story: tuple[list[dict[str, Any]], list[Use]], shuffler: Any
) -> None:
    """In any order of arrival the same stands, and granted is drawn, gone on, lost or left."""
    told, uses = story
    found = position(told, uses, "2026-01-31", contracts=GROUP)
    shuffled, later = list(told), list(uses)
    shuffler.shuffle(shuffled)
    shuffler.shuffle(later)
    again = position(shuffled, later, "2026-01-31", contracts=GROUP)

    assert list(found.credits()) == list(again.credits())
    assert list(found.draws()) == list(again.draws())
    for each in found.credits():
        assert each.remaining >= sum(each.set_aside.values()) >= 0
        assert each.granted == each.drawn + each.expired + each.rolled_over + each.remaining
    for transferred in found.transfers():
        assert 0 <= transferred.given <= transferred.asked
    given_in_all = sum((each.drawn for each in found.credits()), Decimal(0))
    assert given_in_all == sum(each.amount for each in found.draws() if each.covered)
    assert sum(each.amount for each in found.draws()) == sum(int(use[4]) for use in uses)
