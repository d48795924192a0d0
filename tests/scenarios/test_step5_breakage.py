"""Rights not used: judged remote, rolled over, owed to a state, drawn from lots."""

from __future__ import annotations

import pytest

from revrec.errors import ContractError
from tests.scenarios.step5 import amounts, contract, revenue


def credits_(name="credits", fee="100.00", **usage):
    """A hundred credits for 2025."""
    terms = {"id": name, "measure": "usage", "usage": {"entitled": "100", **usage}}
    return contract([terms], {name: fee})


def use(on, quantity, meter="credits", amount="0"):
    """Consumption of a day."""
    return {"kind": "usage", "on": on, "meter": meter, "quantity": quantity, "amount": amount}


def test_use_judged_remote_is_breakage_on_that_day():
    """40 used; on 15 June the other 60 will not be: 60.00 is breakage then."""
    events = [
        use("2025-02-10", "40"),
        {"kind": "estimate", "on": "2025-06-15", "obligation": "credits", "remote": True},
    ]
    wanted = [
        {"measure": "revenue", "period": "2025-02"},
        {"measure": "revenue", "period": "2025-06"},
        {"measure": "breakage_revenue", "period": "2025-06"},
        {"measure": "revenue", "period": "2025-12"},
    ]
    assert ["40.00", "60.00", "60.00", "0.00"] == amounts(credits_(), events, wanted)


def test_use_judged_remote_may_be_expected_again():
    """The judgment is taken back: of 80 expected 40 are used."""
    remote = {"kind": "estimate", "on": "2025-06-15", "obligation": "credits", "remote": True}
    expected = {"kind": "estimate", "on": "2025-07-31", "obligation": "credits", "expected": "80"}
    events = [use("2025-02-10", "40"), remote, expected]
    assert ["60.00", "-50.00"] == revenue(credits_(), events, "2025-06", "2025-07")


def test_rights_expected_again_last_as_long_as_a_pause_had_made_them():
    """40 of 100 used; 28 days of pause move the end to January 28, the judgments do not."""
    pause = {"kind": "pause", "on": "2025-03-01", "until": "2025-03-28", "extends": True}
    remote = {"kind": "estimate", "on": "2025-06-15", "obligation": "credits", "remote": True}
    expected = {"kind": "estimate", "on": "2025-07-31", "obligation": "credits", "expected": "80"}
    told = [use("2025-02-10", "40"), pause, remote, expected]
    wanted = [
        {"measure": "cumulative_revenue", "as_of": day}
        for day in ("2025-06-30", "2025-07-31", "2026-01-27", "2026-01-28")
    ]
    assert ["100.00", "50.00", "50.00", "100.00"] == amounts(credits_(), told, wanted)


def test_only_an_entitlement_can_be_judged_remote():
    """A series has no rights left unused."""
    told = contract([{"id": "access", "measure": "days"}], {"access": "365.00"})
    remote = {"kind": "estimate", "on": "2025-06-15", "obligation": "access", "remote": True}
    with pytest.raises(ContractError, match="no entitlement"):
        revenue(told, [remote], "2025-06")


def test_what_rolls_over_lapses_later():
    """70 unused at the end of March: 50 lapse, 20 live on until June, 15 of them are used."""
    told = credits_(lapses="2025-03-31", rolls_over="20", rolls_over_until="2025-06-30")
    events = [use("2025-01-10", "30"), use("2025-05-10", "15")]
    earned = revenue(told, events, "2025-01", "2025-03", "2025-05", "2025-06")
    assert ["30.00", "50.00", "15.00", "5.00"] == earned


def test_what_rolls_over_is_drawn_before_the_next_lot():
    """A lot each month; at most 20 of January's roll into February."""
    lots = [
        {
            "id": "january",
            "measure": "usage",
            "end": "2025-01-31",
            "standalone_selling_price": "100",
            "usage": {
                "entitled": "100",
                "lot_of": "credits",
                "rolls_over": "20",
                "rolls_over_until": "2025-02-28",
            },
        },
        {
            "id": "february",
            "measure": "usage",
            "start": "2025-02-01",
            "end": "2025-03-31",
            "standalone_selling_price": "100",
            "usage": {"entitled": "100", "lot_of": "credits"},
        },
    ]
    told = contract(lots, {"january": "100.00", "february": "100.00"})
    events = [use("2025-01-10", "50"), use("2025-02-10", "60")]
    # January: 50 used, 30 lapse, 20 roll over and are drawn first in February, then 40 of its own.
    earned = revenue(told, events, "2025-01", "2025-02", "2025-03")
    assert ["80.00", "60.00", "60.00"] == earned


def test_what_goes_to_a_state_is_never_revenue():
    """60 unused at the end: half of it is owed, 30.00; the rest is breakage."""
    told = credits_(unclaimed_property="0.5")
    events = [
        {"kind": "invoice", "on": "2025-01-01", "lines": [{"amount": "100.00"}]},
        use("2025-02-10", "40"),
    ]
    wanted = [
        {"measure": "revenue", "period": "2025-02"},
        {"measure": "unclaimed_property", "as_of": "2025-12-30"},
        {"measure": "contract_liability", "as_of": "2025-12-30"},
        {"measure": "revenue", "period": "2025-12"},
        {"measure": "breakage_revenue", "period": "2025-12"},
        {"measure": "unclaimed_property", "as_of": "2025-12-31"},
        {"measure": "contract_liability", "as_of": "2025-12-31"},
        {"measure": "rpo", "as_of": "2025-12-31"},
        {"measure": "revenue", "period": "2026-01"},
    ]
    assert [
        "40.00", "0.00", "60.00", "30.00", "30.00", "30.00", "0.00", "0.00", "0.00",
    ] == amounts(told, [*events, use("2026-01-10", "5")], wanted)  # fmt: skip


def test_breakage_is_expected_only_of_what_is_kept():
    """80 of 100 expected to be used, all that is unused is owed: no breakage is earned ahead."""
    told = credits_(unclaimed_property="1", expected="80")
    wanted = [
        {"measure": "revenue", "period": "2025-02"},
        {"measure": "unclaimed_property", "as_of": "2025-12-31"},
    ]
    assert ["40.00", "60.00"] == amounts(told, [use("2025-02-10", "40")], wanted)


def lots(*told, **terms):
    """Lots of a pool: id, entitled, fee, first day and last day."""
    obligations = [
        {
            "id": name,
            "measure": "usage",
            "start": start,
            "end": end,
            "standalone_selling_price": fee,
            "usage": {"entitled": entitled, "lot_of": "credits", "drawn_rank": rank},
        }
        for name, entitled, fee, start, end, rank in told
    ]
    return contract(obligations, {name: fee for name, _, fee, *_ in told}, **terms)


OLD = ("old", "100", "100.00", "2025-01-01", "2025-12-31", 0)
SHORT = ("short", "100", "50.00", "2025-02-01", "2025-06-30", 0)


@pytest.mark.parametrize(
    ("told", "policy", "earned"),
    [
        # February draws 80 of the lot that lapses first: 40.00; of the older: 80.00.
        (lots(OLD, SHORT), {}, ["10.00", "40.00", "10.00"]),
        (lots(OLD, SHORT), {"credits_drawn": "first_granted"}, ["10.00", "80.00", "50.00"]),
        # The contract ranks the older first, whatever policy elects.
        (lots(OLD, (*SHORT[:5], 1)), {}, ["10.00", "80.00", "50.00"]),
    ],
)
def test_lots_are_drawn_in_order(told, policy, earned):
    """Each lot has its own price for a unit and its own last day."""
    events = [use("2025-01-10", "10"), use("2025-02-10", "80")]
    assert earned == revenue(told, events, "2025-01", "2025-02", "2025-06", **policy)


def test_use_spills_over_into_the_next_lot():
    """130 in February: 100 of the short lot, 30 of the old."""
    earned = revenue(lots(OLD, SHORT), [use("2025-02-10", "130")], "2025-02", "2025-06", "2025-12")
    assert ["80.00", "0.00", "70.00"] == earned


def test_a_correction_goes_back_the_way_it_came():
    """130 drawn, 50 taken back: 30 to the old lot, then 20 to the short one."""
    events = [use("2025-02-10", "130"), use("2025-03-10", "-50")]
    earned = revenue(lots(OLD, SHORT), events, "2025-02", "2025-03")
    assert ["80.00", "-40.00"] == earned


def test_a_bonus_lot_has_its_part_of_the_price():
    """20 free credits with 100 bought for 100.00: 100 x 100/120 = 83.33 and 16.67."""
    bonus = ("bonus", "20", "20.00", "2025-01-01", "2025-03-31", 0)
    told = lots(("bought", "100", "100.00", "2025-01-01", "2025-12-31", 0), bonus)
    told["consideration"] = [{"id": "fee", "kind": "fixed", "amount": "100.00"}]
    earned = revenue(told, [use("2025-01-10", "50")], "2025-01", "2025-12")
    # 20 of the bonus, which lapses first, and 30 of what was bought.
    assert ["41.67", "58.33"] == earned


def test_a_top_up_is_a_lot_of_its_own():
    """Bought in July at its price: drawn after what lapses sooner."""
    told = lots(("first", "100", "100.00", "2025-01-01", "2025-12-31", 0))
    top_up = {
        "kind": "modification",
        "on": "2025-07-01",
        "at_standalone_selling_prices": True,
        "price_change": "80.00",
        "adds": [
            {
                "id": "top-up",
                "product": "credits",
                "measure": "usage",
                "end": "2026-06-30",
                "usage": {"entitled": "100", "lot_of": "credits"},
            }
        ],
    }
    events = [use("2025-02-10", "60"), top_up, use("2025-08-10", "70")]
    earned = revenue(told, events, "2025-02", "2025-08", "2025-12", "2026-06")
    # 40 of the first, 30 of the top-up at 0.80; 70 of it lapse.
    assert ["60.00", "64.00", "0.00", "56.00"] == earned


def test_what_exceeds_all_lots_is_charged():
    """Counted in amount: 100 bought, 130 used, overage 30."""
    told = lots(("first", "100", "90.00", "2025-01-01", "2025-12-31", 0))
    told["obligations"][0]["usage"]["counted_in"] = "amount"
    told["consideration"].append(
        {"id": "over", "kind": "usage", "obligation": "first", "above_entitlement": True}
    )
    events = [use("2025-02-10", "1300", amount="130.00")]
    assert ["120.00"] == revenue(told, events, "2025-02")


def test_what_exceeds_all_lots_may_have_its_own_price():
    """An obligation of the pool without an entitlement takes the rest, at its rated amount."""
    told = lots(("first", "100", "90.00", "2025-01-01", "2025-12-31", 0))
    told["obligations"].append(
        {"id": "more", "product": "more", "measure": "usage", "usage": {"lot_of": "credits"}}
    )
    told["consideration"].append({"id": "rate", "kind": "usage", "obligation": "more"})
    events = [use("2025-02-10", "130", amount="260.00")]
    # 30 of 130 units of a day rated 260.00 are 60.00.
    assert ["150.00"] == revenue(told, events, "2025-02")


def test_lots_of_a_pool_count_the_same():
    """Units and amounts cannot be drawn from one another."""
    told = lots(OLD, SHORT)
    told["obligations"][0]["usage"]["counted_in"] = "amount"
    with pytest.raises(ContractError, match="not all measured by the same"):
        revenue(told, [], "2025-01")
