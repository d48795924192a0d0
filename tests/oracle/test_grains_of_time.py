"""Step 5's SQL and a day-by-day count agree on every grain of time, for random terms."""

from __future__ import annotations

import calendar
import random
from datetime import date, timedelta
from fractions import Fraction

import pytest

from revrec.model.decision import Progress, Question, Shape
from revrec.recognition.arithmetic import Arithmetic
from tests.oracle.service_time import progress_by_time

DAY = timedelta(days=1)
DAY_OF_MILLISECONDS = 24 * 60 * 60 * 1000
TERMS = 120


def by_moments(shape: Shape, day: date) -> Fraction:
    """Milliseconds of service to the end of the day, of all of them, a day after another."""
    return Fraction(_milliseconds(shape, shape.starts, day), _milliseconds(shape, shape.starts))


def by_prorated_months(shape: Shape, day: date) -> Fraction:
    """Parts of months by their milliseconds, the rest evenly over whole months."""
    months: dict[tuple[int, int], list[date]] = {}
    for each in _days(shape.starts, shape.ends):
        months.setdefault((each.year, each.month), []).append(each)
    term = _milliseconds(shape, shape.starts)
    lengths = {month: calendar.monthrange(*month)[1] for month in months}
    whole = {
        month
        for month, days in months.items()
        if len(days) == lengths[month]
        and not (shape.late and shape.starts in days)
        and not (shape.early and shape.ends in days)
    }
    if not whole:
        return by_moments(shape, day)
    parts = sum(
        _milliseconds(shape, days[0], days[-1])
        for month, days in months.items()
        if month not in whole
    )
    each_month = Fraction(term - parts, len(whole))
    earned = Fraction(0)
    for month, days in months.items():
        past = [each for each in days if each <= day]
        if month in whole:
            earned += each_month * Fraction(len(past), lengths[month])
        elif past:
            earned += _milliseconds(shape, past[0], past[-1])
    return earned / term


def by_schedule(shape: Shape, day: date) -> Fraction:
    """What each day adds between two knots, added up."""
    reached = Fraction(0)
    for (since, before), (until, after) in zip(shape.knots, shape.knots[1:], strict=False):
        days = list(_days(since + DAY, until))
        reached += Fraction(after - before, len(days)) * sum(each <= day for each in days)
    return reached / shape.whole


def by_days_or_months(shape: Shape, day: date) -> Fraction:
    """As the oracle counts."""
    return progress_by_time(shape.progress.value, shape.starts, shape.ends, day)


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _milliseconds(shape: Shape, first: date, last: date = date.max) -> int:
    total = 0
    for each in _days(first, min(last, shape.ends)):
        total += DAY_OF_MILLISECONDS
        total -= shape.late if each == shape.starts else 0
        total -= shape.early if each == shape.ends else 0
    return total


NAIVE = {
    Progress.DAYS: by_days_or_months,
    Progress.EVEN_MONTHS: by_days_or_months,
    Progress.CALENDAR_MONTHS: by_days_or_months,
    Progress.WHOLE_MONTHS: by_days_or_months,
    Progress.SECONDS: by_moments,
    Progress.PRORATED_MONTHS: by_prorated_months,
    Progress.SCHEDULE: by_schedule,
}


def drawn(grain: Progress, chance: random.Random) -> Shape:
    """A term that may begin on a 31st, hold a leap day, last a day or five years."""
    starts = date(2023, 12, 1) + timedelta(days=chance.randrange(120))
    ends = starts + timedelta(days=chance.choice((0, 1, 27, 30, 59, 120, 365, 1826)))
    done = chance.choice((None, Fraction(1, 3), Fraction(7, 11)))
    if grain in (Progress.SECONDS, Progress.PRORATED_MONTHS):
        late, early = (chance.choice((0, 1, DAY_OF_MILLISECONDS // 2 - 1)) for _ in range(2))
        return Shape(progress=grain, starts=starts, ends=ends, late=late, early=early, done=done)
    if grain is Progress.SCHEDULE:
        knots, reached, day = [(starts - DAY, 0)], 0, starts - DAY
        while day < ends:
            day = min(day + timedelta(days=chance.randrange(1, 200)), ends)
            reached += chance.randrange(5)
            knots.append((day, reached))
        knots.append((day + DAY, reached + 1))
        return Shape(
            progress=grain,
            starts=starts,
            ends=day + DAY,
            whole=reached + 1,
            knots=tuple(knots),
            done=done,
        )
    return Shape(progress=grain, starts=starts, ends=ends, done=done)


@pytest.mark.parametrize("grain", NAIVE)
def test_every_grain_is_what_its_days_add_up_to(grain):
    """At and around both ends, at ends of months, and on any day between."""
    chance = random.Random(grain)
    questions = []
    for number in range(TERMS):
        shape = drawn(grain, chance)
        length = (shape.ends - shape.starts).days
        days = [-1, 0, length - 1, length, length + 1, chance.randrange(length + 1)]
        questions += [
            Question(
                contract="C", obligation=str(number), shape=shape, day=shape.starts + each * DAY
            )
            for each in days
        ]
    with Arithmetic([]) as arithmetic:
        answers = arithmetic.progress(questions)

    for question, answer in zip(questions, answers, strict=True):
        expected = NAIVE[grain](question.shape, question.day)
        if question.shape.done is not None:
            expected = question.shape.done + (1 - question.shape.done) * expected
        assert Fraction(answer.numerator, answer.denominator) == expected, question
