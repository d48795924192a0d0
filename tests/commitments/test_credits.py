"""Credits as facts: granted, drawn, corrected, rolled over; what they are worth at any date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from revrec.commitments.position import position_of
from revrec.feeds.records import to_fact
from revrec.model.fact import FactKind
from tests.commitments.books import book, daily, draws, grant, left, position, used


def test_priority_then_expiry_by_the_day() -> None:
    """90 take 50 of A, then 40 of B; the lower priority and the one without an end wait."""
    told = [
        grant("C", 100, priority=2),
        grant("B", 80, priority=1, last_day="2026-01-19"),
        grant("A", 50, priority=1, last_day="2026-01-09"),
    ]

    found = position(told, [used("2026-01-02", 90)], "2026-01-02")

    assert draws(found) == [("A", 50), ("B", 40)]
    assert left(found) == {"A": 0, "B": 40, "C": 100}


def test_only_what_is_unused_expires_after_its_last_day() -> None:
    """30 of 100 are used: 70 are left through the 9th and gone on the 10th."""
    told = [grant("G", 100, last_day="2026-01-09")]
    uses = [used("2026-01-05", 30)]
    at = {day: next(position(told, uses, f"2026-01-{day:02}").credits()) for day in (1, 5, 9, 10)}

    assert [at[day].remaining for day in (1, 5, 9, 10)] == [100, 70, 70, 0]
    assert [at[day].expired for day in (9, 10)] == [0, 70]


def test_a_void_ends_a_grant_and_leaves_what_was_drawn() -> None:
    """50 were drawn before the day, 50 are voided, and 50 used on the day are beyond."""
    told = [
        grant("g1", 100),
        {"kind": "credit_adjustment", "id": "v", "contract": "acme", "on": "2026-01-03",
         "grant": "g1"},
    ]  # fmt: skip
    uses = [used("2026-01-02", 50), used("2026-01-03", 50)]

    found = position(told, uses)

    (each,) = found.credits()
    assert (each.drawn, each.voided, each.expired, each.remaining) == (50, 50, 0, 0)
    assert draws(found) == [("g1", 50), ("", 50)]


def test_a_correction_is_a_movement() -> None:
    """100, 60 after use, 70 once 10 are given back; a cut takes no more than is left."""
    told = [
        grant("G", 100),
        {"kind": "credit_adjustment", "id": "c", "contract": "acme", "on": "2026-01-03",
         "grant": "G", "amount": "10"},
        {"kind": "credit_adjustment", "id": "d", "contract": "acme", "on": "2026-01-04",
         "grant": "G", "amount": "-90"},
    ]  # fmt: skip
    uses = [used("2026-01-02", 40)]

    assert [left(position(told, uses, f"2026-01-0{day}"))["G"] for day in (1, 2, 3, 4)] == [
        100, 60, 70, 0,
    ]  # fmt: skip


def test_a_fifth_rolls_over_from_month_to_month() -> None:
    """Of 1,000 a month at most 200 go on for a month, behind the name of what they are left of.

    January leaves 700: 200 go on and 500 expire. February's 50 come from what rolled over, as it
    ends first; 150 expire with February, whose own 1,000 roll over by 200.
    """
    told = [
        grant(
            "m",
            1000,
            recurs={"every_months": 1, "until": "2026-03-31"},
            rollover={"cap_percent": "20"},
        )
    ]
    uses = [used("2026-01-10", 300), used("2026-02-10", 50)]

    found = {each.grant: each for each in position(told, uses, "2026-03-05").credits()}

    assert (found["m 2026-01-01"].rolled_over, found["m 2026-01-01"].expired) == (200, 500)
    carried = found["m 2026-01-01 rolled over"]
    assert (carried.granted, carried.drawn, carried.expired) == (200, 50, 150)
    assert found["m 2026-02-01"].rolled_over == 200
    assert found["m 2026-02-01 rolled over"].remaining == 200
    assert found["m 2026-03-01"].remaining == 1000


def test_a_cap_beats_a_floor_and_a_percentage_is_of_what_is_left() -> None:
    """Of 90 left: half is 45; with a floor of 60 it is 60; with a cap of 50 it is 50."""
    uses = [used("2026-01-10", 10)]
    kept = []
    for rollover in (
        {"percent": "50"},
        {"percent": "50", "floor": "60"},
        {"percent": "50", "floor": "60", "cap": "50"},
    ):
        told = [grant("g", 100, last_day="2026-01-31", rollover=rollover)]
        kept.append(left(position(told, uses, "2026-02-01"))["g rolled over"])

    assert kept == [45, 60, 50]


def test_draws_are_worth_what_was_paid_and_add_up() -> None:
    """300 credits for 100.00: each third is worth 33.33, 33.34 and 33.33 of the running total."""
    told = [grant("g", 300, paid="100.00")]
    uses = [used(f"2026-01-0{day}", 100) for day in (2, 3, 4)]

    found = position(told, uses)

    assert [each.worth for each in found.draws()] == [
        Decimal("33.33"), Decimal("33.34"), Decimal("33.33"),
    ]  # fmt: skip
    (each,) = found.credits()
    assert (each.cost_basis, each.worth_drawn, each.worth_remaining) == (100, 100, 0)


def test_what_rolled_over_keeps_its_cost() -> None:
    """Of 100 credits for 50.00, 40 are used, 30 go on and 30 expire; then 10 of the 30 are used.

    Worth 20.00 drawn, 15.00 expired, and 5.00 drawn and 10.00 left of what went on.
    """
    told = [grant("g", 100, paid="50.00", last_day="2026-01-31", rollover={"cap": "30"})]
    uses = [used("2026-01-10", 40), used("2026-02-10", 10)]

    first, second = position(told, uses, "2026-02-15").credits()

    assert (first.worth_drawn, first.worth_remaining, first.worth_lapsed) == (20, 0, 15)
    assert (second.worth_drawn, second.worth_remaining, second.worth_lapsed) == (5, 10, 0)


def test_credits_for_a_meter_or_a_product_pay_for_nothing_else() -> None:
    """Calls are paid by the grant for the voice product, tokens by the one for their meter."""
    told = [grant("t", 100, meters=["tokens"]), grant("c", 100, products=["voice"])]
    uses = [used("2026-01-02", 30, meter="calls"), used("2026-01-03", 120)]

    assert draws(position(told, uses)) == [("c", 30), ("t", 100), ("", 20)]


def test_units_and_money_pay_for_one_use() -> None:
    """Of 10 units for 40.00, 4 free units cover 16.00; 20.00 of money cover half of the rest."""
    told = [
        grant("free", 4, counted_in="quantity", priority=1),
        grant("money", "20", paid="20", priority=2),
    ]

    found = position(told, [used("2026-01-02", 40, quantity=10)])

    assert [(each.grant, each.covered, each.quantity, each.amount) for each in found.draws()] == [
        ("free", True, 4, 16),
        ("money", True, 5, 20),
        ("money", False, 1, 4),
    ]


@pytest.mark.parametrize(
    ("beyond", "result"), [("invoiced", ([40], 60, 0)), ("blocked", ([], 100, 40))]
)
def test_use_beyond_the_balance(beyond: str, result: tuple[list[int], int, int]) -> None:
    """The rest is charged, or the whole of it is refused."""
    told = [
        grant("G", 40),
        {"kind": "credit_pool", "id": "p", "on": "2026-01-01", "contracts": ["acme"],
         "beyond": beyond},
    ]  # fmt: skip

    found = position(told, [used("2026-01-02", 100)])

    covered = [each.amount for each in found.draws() if each.covered]
    assert (covered, 100 - sum(covered), left(found)["G"]) == result


def test_credits_are_bought_when_less_than_the_threshold_is_left() -> None:
    """With 25 of 100 used each day and 30 kept, 50 are bought on the third and the fifth day.

    Left after use: 75, 50, 25 -> 75, 50, 25 -> 75. A loaded grant of the rule's name is no second.
    """
    rule = {
        "kind": "top_up_rule", "id": "auto", "contract": "acme", "on": "2026-01-01",
        "threshold": "30", "amount": "50", "paid": "45.00",
    }  # fmt: skip
    uses = [used(f"2026-01-0{day}", 25) for day in range(1, 6)]

    found = position([grant("g", 100, paid="90.00"), rule], uses, "2026-01-05")
    loaded = [
        {"kind": fact.kind.value, **fact.body}
        for each in found.bought()
        for fact in [to_fact(FactKind.CREDIT_GRANT, each)]
    ]
    again = position([grant("g", 100, paid="90.00"), rule, *loaded], uses, "2026-01-05")

    assert left(found) == left(again)
    assert len(loaded) == 2
    assert list(again.bought()) == []
    assert list(left(found)) == ["g", "auto 2026-01-03 1", "auto 2026-01-05 1"]
    assert sum(left(found).values()) == 75


def test_what_is_known_of_an_account_is_refused_together() -> None:
    """A correction of a grant nobody told refuses its account, with the reason, and no other."""
    told = [
        grant("G", 100),
        {"kind": "credit_adjustment", "id": "c", "contract": "acme", "on": "2026-01-03",
         "grant": "H", "amount": "10"},
        grant("X", 5, contract="globex"),
    ]  # fmt: skip

    found = position_of(book(*told, contracts=("acme", "globex")), daily([]), date(2026, 1, 31))

    assert left(found) == {"X": 5}
    assert "'c' is about 'H', which is not held by acme" in str(found.refused["acme"])


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([grant("g", 1, last_day="2025-12-31")], "from 2026-01-01 to 2025-12-31"),
        ([grant("g", 1, products=["tea"])], "which no contract of its account promises"),
        ([grant("g", 1, last_day="2026-01-31", rollover={"percent": "120"})], "120 percent"),
        ([grant("g", 1, last_day="2026-02-01",
                recurs={"every_months": 1, "until": "2026-05-01"})], "recurs every 1 months"),
        ([{"kind": "credit_transfer", "id": "t", "on": "2026-01-01", "pool": "p",
           "taker": "acme", "amount": "1"}], "in which nothing is held"),
        ([grant("g", 1),
          {"kind": "commitment_amendment", "id": "a", "contract": "acme", "on": "2026-01-02",
           "commitment": "g", "amount": "2"}], "amends the grant"),
        ([{"kind": "commitment", "id": "k", "contract": "acme", "on": "2026-01-01",
           "amount": "5", "counted_in": "quantity"}], "tells no price"),
        ([grant("g", 1), {"kind": "credit_pool", "id": "acme", "on": "2026-01-01",
                          "contracts": ["globex"]}], "has the name of a contract"),
        ([grant("g", 1), grant("g 2026-02-01", 1),
          grant("h", 1) | {"id": "g", "kind": "commitment", "last_day": "2026-03-01"}],
         "Two credits or commitments are named 'g'"),
        ([{"kind": "credit_pool", "id": n, "on": "2026-01-01", "contracts": ["acme"]}
          for n in ("p", "q")], "is of the pools p and q"),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(records: list[dict[str, object]], message: str) -> None:
    """Each with its values and what to do."""
    found = position_of(book(*records), daily([]), date(2026, 1, 31))

    assert message in str(next(iter(found.refused.values())))
