"""What is left of a service in its grain of time, by hand."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from revrec.asc606.time_elapsed import goes_on, remaining_time
from revrec.errors import UnsupportedTerm
from revrec.model.decision import Answer, Progress, Shape
from revrec.periods import FOREVER

JAN_1, JAN_31, FEB_1, FEB_28 = (
    date(2026, 1, 1),
    date(2026, 1, 31),
    date(2026, 2, 1),
    date(2026, 2, 28),
)
BEFORE = date(2025, 12, 31)
SCHEDULE = Shape(
    progress=Progress.SCHEDULE,
    starts=JAN_1,
    ends=FEB_28,
    whole=300,
    knots=((BEFORE, 0), (JAN_31, 100), (FEB_28, 300)),
)
"""A third in January, the rest in February."""
NOTHING, A_THIRD = Answer(0, 1, 0), Answer(1, 3, 0)


def service(progress=Progress.DAYS, **told) -> Shape:
    """January and February, with a moment of the first and of the last day left out."""
    return Shape(
        **{"progress": progress, "starts": JAN_1, "ends": FEB_28, "late": 5, "early": 7, **told}
    )


def test_what_is_left_of_a_schedule_is_what_was_not_reached():
    """In thirds of a unit: 300 x 3 - 300 are left from February on."""
    left = remaining_time(SCHEDULE, A_THIRD, FEB_1)

    assert left == SCHEDULE._replace(starts=FEB_1, whole=600, knots=((JAN_31, 0), (FEB_28, 600)))


def test_a_knot_on_the_first_day_is_still_to_come():
    """It is reached at the end of that day; one of the day before is not."""
    left = remaining_time(SCHEDULE, Answer(1, 6, 0), JAN_31)

    # 1/6 of 300 is 50: in sixths of a unit 100 x 6 - 300 and 300 x 6 - 300.
    assert left.knots == ((date(2026, 1, 30), 0), (JAN_31, 300), (FEB_28, 1500))
    assert left.whole == 1500


def test_what_stood_still_before_is_measured_by_its_rest():
    """A sixth was done when it went on: 1/3 in all is a fifth of the other 5/6."""
    left = remaining_time(SCHEDULE._replace(done=Fraction(1, 6)), A_THIRD, FEB_1)

    # 300 x 5 - 300.
    assert left == SCHEDULE._replace(
        starts=FEB_1, whole=1200, knots=((JAN_31, 0), (FEB_28, 1200)), done=None
    )


@pytest.mark.parametrize(
    ("answer", "first_day"),
    [(Answer(1, 1, 0), date(2026, 3, 1)), (NOTHING, FEB_1)],
)
def test_a_schedule_that_is_over_or_has_not_begun_stays(answer, first_day):
    """What was done before it went on is left out once."""
    assert remaining_time(SCHEDULE, answer, first_day) == SCHEDULE
    half = SCHEDULE._replace(done=Fraction(1, 2))
    if answer != NOTHING:
        assert remaining_time(half, answer, first_day) == SCHEDULE


def test_a_schedule_still_has_its_last_day():
    """Cut off on the day before its last, the last part is left."""
    left = remaining_time(SCHEDULE, A_THIRD, FEB_28)

    assert left.knots == ((date(2026, 2, 27), 0), (FEB_28, 600))


@pytest.mark.parametrize(
    ("first_day", "starts", "late"),
    [(date(2025, 12, 1), JAN_1, 5), (JAN_1, JAN_1, 5), (FEB_1, FEB_1, 0)],
)
def test_service_is_measured_from_the_cut_off(first_day, starts, late):
    """But not before it begins; the moments of its first day count only on that day."""
    done = service(done=Fraction(1, 2))

    assert remaining_time(done, NOTHING, first_day) == service(starts=starts, late=late)
    assert remaining_time(service(starts=None), NOTHING, FEB_1) == service(starts=FEB_1, late=0)


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (FEB_1, date(2026, 3, 28), {"starts": FEB_1, "ends": date(2026, 3, 28)}),
        (FEB_1, FEB_28, {"starts": FEB_1, "ends": FEB_28, "early": 7}),
        (BEFORE, date(2026, 3, 28), {"starts": JAN_1, "ends": date(2026, 3, 28), "late": 5}),
    ],
)
def test_service_goes_on_with_the_progress_made(starts, ends, expected):
    """Moments count on the days they were told for."""
    found = goes_on(service(), starts=starts, ends=ends, done=Fraction(1, 4))

    assert found == service(**{"late": 0, "early": 0, "done": Fraction(1, 4), **expected})


def test_service_that_had_not_begun_begins_later():
    """No progress is none."""
    assert goes_on(service(), starts=FEB_1, ends=FEB_28, done=Fraction(0)).done is None


@pytest.mark.parametrize(
    "measured",
    [
        lambda shape, day: remaining_time(shape, NOTHING, day),
        lambda shape, day: goes_on(shape, starts=day, ends=FEB_28, done=Fraction(1, 2)),
    ],
    ids=["remaining", "going on"],
)
def test_half_months_need_whole_months(measured):
    """February is one; the 27 days from the 2nd are none, nor any days of other grains."""
    half_months = service(Progress.HALF_MONTH)
    second = date(2026, 2, 2)

    assert measured(half_months, FEB_1).starts == FEB_1
    assert measured(service(), second).starts == second
    with pytest.raises(UnsupportedTerm) as refusal:
        measured(half_months, second)
    assert refusal.value.message == (
        "The half-month convention needs whole months, but what is left of the service runs "
        "2026-02-02 to 2026-02-28."
    )


def test_half_months_need_at_least_one():
    """What is over by the cut-off has no months left."""
    with pytest.raises(UnsupportedTerm, match="runs 2026-03-01 to 2026-02-28"):
        remaining_time(service(Progress.HALF_MONTH), NOTHING, date(2026, 3, 1))


def test_half_months_without_an_end_yet_wait():
    """While service stands still nobody knows when it ends."""
    found = goes_on(service(Progress.HALF_MONTH), starts=FEB_1, ends=FOREVER, done=Fraction(1, 2))

    assert (found.starts, found.ends) == (FEB_1, FOREVER)
