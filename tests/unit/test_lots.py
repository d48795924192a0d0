"""Units with what they were worth when they came, by hand: cents and minor units of another."""

from __future__ import annotations

from fractions import Fraction

import pytest

from revrec.ledger.lots import Lots, Position, Settlement, total, worth_at


def at(rate):
    """A rate that may be asked for."""
    return lambda: Fraction(rate)


def unasked():
    """A rate that must not be asked for."""
    raise AssertionError("no rate is needed")


def lots(*told):
    """Lots of units, worth and document, the oldest first."""
    made = Lots()
    for each in told:
        made.add(*each)
    return made


def test_parts_of_a_lot_sum_to_it_however_it_is_taken():
    """10 over 3: 6.67 and 3.33 are left, so the parts are 3, 4 and 3."""
    of_three = lots((3, 10))

    assert [of_three.take(1) for _ in range(4)] == [[(1, 3)], [(1, 4)], [(1, 3)], []]


def test_what_is_left_is_known():
    """After 1 of 3 units, 2 are left and worth 6.67."""
    some = lots((3, 10), (2, 9))
    some.take(1)

    assert (some.units, some.worth) == (4, 16)


@pytest.mark.parametrize(
    ("told", "pieces"),
    [
        ({"units": 15}, [(10, 10), (5, 10)]),  # the oldest first
        ({"units": 15, "newest": True}, [(10, 30), (5, 10)]),
        ({"units": 15, "document": "b"}, [(10, 20), (5, 5)]),
        ({"units": 15, "document": "b", "newest": True}, [(10, 20), (5, 15)]),
        ({"units": 40}, [(10, 10), (10, 20), (10, 30)]),  # no more than there is
        ({"units": 0}, []),
        ({"units": 10}, [(10, 10)]),  # no piece of nothing follows
    ],
)
def test_which_lots_are_taken(told, pieces):
    """Those of a document first, then in the order asked for."""
    some = lots((10, 10, "a"), (10, 20, "b"), (10, 30, "c"))

    assert some.take(**told) == pieces
    assert some.units == 30 - total(pieces)[0]
    assert some.worth == 60 - total(pieces)[1]


def test_the_newest_are_looked_at_and_stay():
    """15 newest: 30 of the last, and half of 20; b's first when it is named; 30 at most."""
    some = lots((10, 10, "a"), (10, 20, "b"), (10, 30, "c"))

    assert some.newest(15) == (15, 40)
    assert some.newest(15, "b") == (15, 35)
    assert some.newest(99) == (30, 60)
    assert (some.units, some.worth) == (30, 60)


def test_the_newest_of_a_lot_in_part_taken():
    """10 over 3, one taken: of the 6.67 left, 3.33 stay when another is looked at."""
    some = lots((3, 10))
    some.take(1)

    assert some.newest(1) == (1, 4)


def test_what_is_given_back_is_the_oldest_again():
    """It stands before the lots that came meanwhile; nothing is no lot."""
    some = lots((10, 30))
    some.add(5, 5, oldest=True)
    some.add(0, 7)

    assert some.take(10) == [(5, 5), (5, 15)]
    assert (some.units, some.worth) == (5, 15)


def test_what_is_left_is_restated():
    """2 of 3 units at 1.75 are worth 3.5: 4, in two parts of 2."""
    some = lots((3, 10))
    some.take(1)
    some.restate(at("7/4"))

    assert some.worth == 4
    assert some.take(1) == [(1, 2)]


@pytest.mark.parametrize(
    ("units", "rate", "worth"), [(3, "1/2", 2), (5, "1/2", 2), (-3, "1/2", -2), (7, "3", 21)]
)
def test_worth_at_a_rate(units, rate, worth):
    """Half to even."""
    assert worth_at(at(rate), units) == worth


def test_nothing_needs_no_rate():
    """A rate that is missing does not matter then."""
    assert worth_at(unasked, 0) == 0


def received(*told):
    """What was received: units, worth, document."""
    position = Position()
    for each in told:
        position.receive(*each)
    return position


def test_what_was_received_is_earned_at_its_worth():
    """100 came in for 200: 40 of it is 80, whatever the rate is now."""
    position = received((100, 200))

    assert position.earn(40, unasked) == 80
    assert (position.liability.units, position.worth) == (60, 120)


def test_beyond_what_was_received_the_rate_of_its_time():
    """60 came in for 120; 40 more at 3 is 120, an asset."""
    position = received((60, 120))

    assert position.earn(100, at(3)) == 240
    assert (position.liability.units, position.asset.units, position.worth) == (0, 40, -120)


def test_what_comes_in_settles_the_asset_first():
    """50 for 125 after 40 was earned for 120: 10 is left, worth 125 - 100."""
    position = Position()
    position.earn(40, at(3))
    position.receive(50, 125)

    assert (position.asset.units, position.liability.units, position.worth) == (0, 10, 25)


def test_half_of_a_cent_of_what_settles_goes_to_even():
    """1 of 2 units for 5 settles 2.5: 2, so the lot is worth 3."""
    position = Position()
    position.earn(1, at(1))
    position.receive(2, 5)

    assert position.worth == 3


def test_what_is_taken_back_is_worth_what_it_was():
    """Earned at 2 and then at 3: the last 15 were 10 at 3 and 5 at 2."""
    position = received((10, 20))
    position.earn(10, unasked)
    position.receive(10, 30)
    position.earn(10, unasked)
    position.receive(4, 4)

    assert position.earn(-15, unasked) == -40
    # Given back in front of what came meanwhile, the last piece foremost.
    assert position.liability.take(19) == [(5, 10), (10, 30), (4, 4)]


def test_what_is_taken_back_lowers_the_asset_by_what_was_earned_last():
    """10 earned at 2 and 10 at 3: without the last 10, 20 is left."""
    position = Position()
    position.earn(10, at(2))
    position.earn(10, at(3))

    assert position.earn(-10, unasked) == -30
    assert (position.asset.units, position.worth) == (10, -20)


def test_more_is_taken_back_than_was_earned():
    """10 was earned for 20; 5 more at 4 is 20."""
    position = received((10, 20))
    position.earn(10, unasked)

    assert position.earn(-15, at(4)) == -40
    assert (position.liability.units, position.worth) == (15, 40)


def test_what_was_taken_back_cannot_be_taken_back_again():
    """10 earned for 20 and undone: the next 10 are at the rate."""
    position = received((10, 20))
    position.earn(10, unasked)
    position.earn(-10, unasked)

    assert position.earn(-10, at(5)) == -50


def test_a_credit_withdraws_its_bill_first_then_the_newest():
    """Of a's 10 for 20, then of the newest, c's 10 for 40; b's 30 stay."""
    position = received((10, 20, "a"), (10, 30, "b"), (10, 40, "c"))

    assert position.withdraw(15, unasked, "a") == 40
    assert (position.liability.units, position.worth) == (15, 50)


def test_a_credit_of_what_was_earned_is_worth_what_that_was():
    """4 of 10 earned for 20 are 8; beyond the 10, the rate: 2 at 9."""
    position = received((10, 20))
    position.earn(10, unasked)

    assert position.withdraw(4, unasked) == 8
    assert (position.asset.units, position.worth) == (4, -8)
    assert position.withdraw(12, at(9)) == 20 + 18
    assert (position.asset.units, position.worth) == (16, -46)


def settled(*told):
    """Bills of units at rates."""
    bills = Settlement()
    for units, rate, document in told:
        bills.bill(units, at(rate), document)
    return bills


def test_a_bill_stands_at_the_rate_of_its_day():
    """100 at 2, of which nothing was paid."""
    bills = Settlement()

    assert bills.bill(100, at(2), "a") == ((0, 0), (100, 200))
    assert (bills.open.units, bills.worth) == (100, 200)


def test_cash_settles_a_bill_and_the_rest_is_an_advance():
    """100 for 250 against 70 open at 2: 30 are an advance, worth 75."""
    bills = settled((70, 2, "a"))

    assert bills.reduce(100, 250, "a") == (30, 75)
    assert (bills.open.units, bills.advance.units, bills.worth) == (0, 30, -75)


def test_cash_for_a_part_leaves_the_rest_open():
    """30 of 100 at 2 for 66: 70 for 140 stay, and nothing is beyond."""
    bills = settled((100, 2, "a"))

    assert bills.reduce(30, 66, "a") == (0, 0)
    assert (bills.open.units, bills.worth) == (70, 140)


def test_nothing_settles_nothing():
    """A payment of zero leaves no worth over."""
    assert settled((100, 2, "a")).reduce(0, 0, "a") == (0, 0)
    assert settled().reduce(0, 0, "") == (0, 0)


def test_an_advance_covers_the_next_bill():
    """30 for 75 came before: of 50 at 3, 20 for 60 are open."""
    bills = Settlement()
    bills.reduce(30, 75, "")

    assert bills.bill(50, at(3), "b") == ((30, 75), (20, 60))
    assert (bills.advance.units, bills.worth) == (0, 60)
    assert bills.open.newest(20, "b") == (20, 60)


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ({"document": "b"}, 10 + 10 + 30),
        ({"document": ""}, 5 + 20 + 30),
        ({"document": "", "newest": True}, 10 + 20 + 15),
        ({"document": "a", "newest": True}, 5 + 20 + 30),
    ],
)
def test_which_bills_are_settled(told, left):
    """The one that is named, else the oldest; a credit the newest. Five units of ten."""
    bills = settled((10, 1, "a"), (10, 2, "b"), (10, 3, "c"))
    bills.reduce(5, 100, **told)

    assert bills.worth == left


def test_cash_returned_comes_out_of_advances_and_is_owed_beyond():
    """Of 40 for 120, 30 for 75 stood in advance: 10 for 30 are owed."""
    bills = Settlement()
    bills.reduce(30, 75, "")

    assert bills.give_back(40, 120) == 30
    assert (bills.advance.units, bills.open.units, bills.worth) == (0, 10, 30)


def test_cash_returned_is_of_the_newest_advance():
    """20 at 1, then 20 at 3: without the last 10 at 3, 50 stand in advance."""
    bills = Settlement()
    bills.reduce(20, 20, "")
    bills.reduce(20, 60, "")

    assert bills.give_back(10, 20) == 10
    assert (bills.open.units, bills.worth) == (0, -50)
