"""Properties of fiscal calendars, and of books closed by them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from revrec.ledger.kinds import PRESENTATION
from revrec.periods import Calendar, Pattern, Period, Weekday, YearEnd, YearName
from tests.properties.books import to_book
from tests.properties.profiles import examples
from tests.properties.runs import month_ends, run
from tests.properties.test_ledger import post, summed
from tests.strategies import scenarios

Told = dict[str, Any]
places = st.integers(1, 12)
weeks = st.builds(
    Calendar,
    pattern=st.sampled_from([each for each in Pattern if each is not Pattern.MONTHS]),
    last_month=places,
    year_name=st.sampled_from(YearName),
    year_end=st.sampled_from(YearEnd),
    weekday=st.sampled_from(Weekday),
    week_53_in=places,
)
calendars = weeks | st.builds(Calendar, last_month=places, year_name=st.sampled_from(YearName))
days = st.dates(date(1990, 1, 1), date(2099, 12, 31))
few = examples(commit=100, torture=10_000)
seldom = examples(commit=3, torture=100)


@few
@given(calendars, days)
def test_every_day_is_in_one_period(calendar: Calendar, day: date) -> None:
    """Periods follow each other without a gap; name and day lead back to the period."""
    period = calendar.of(day)

    assert period.first <= day <= period.last
    assert period.next.first == period.last + timedelta(days=1)
    assert period == period.next.previous == calendar.of(period.first) == calendar.of(period.last)
    assert period == calendar.parse(str(period))
    assert period < period.next
    assert str(period) < str(period.next)


@few
@given(weeks, st.integers(1995, 2090))
def test_a_year_has_52_or_53_weeks(calendar: Calendar, year: int) -> None:
    """Twelve periods of four or five weeks, one of them with the 53rd; it ends where elected."""
    periods = list(Period(year, 1, calendar).through(Period(year, 12, calendar)))
    counted = [divmod((each.last - each.first).days + 1, 7) for each in periods]
    spare = sum(whole for whole, _ in counted) - 52

    assert {0} == {rest for _, rest in counted}
    assert spare in {0, 1}
    plain = [whole - (spare if each.number == calendar.week_53_in else 0)
             for each, (whole, _) in zip(periods, counted, strict=True)]  # fmt: skip
    assert 4 * [int(each) for each in calendar.pattern.split("-")] == plain
    last = periods[-1].last
    assert list(Weekday)[last.weekday()] is calendar.weekday
    begins = calendar.year_name is YearName.BEGINS and calendar.last_month < 12
    ends_in = year + int(begins)
    month_end = Period(ends_in, calendar.last_month).last
    off = (month_end - last).days
    assert off in (range(7) if calendar.year_end is YearEnd.LAST else range(-3, 4))


@few
@given(calendars, days)
def test_years_and_quarters_are_counted_from_their_first(calendar: Calendar, day: date) -> None:
    """Twelve periods a fiscal year, three a quarter, whatever the calendar."""
    period = calendar.of(day)

    assert period.place == 1 + len(list(period.year_first.through(period.previous)))
    assert period.year_first.previous.fiscal_year == period.fiscal_year - 1
    assert period.year_first.plus(11).fiscal_year == period.fiscal_year
    assert (period.quarter, 1) == (period.quarter_first.quarter, period.quarter_first.place % 3)


def ends_by(calendar: Calendar, scenario: Told) -> list[date]:
    """Ends of the periods in which something happens."""
    among = month_ends(scenario)
    return [each.last for each in calendar.of(among[0]).through(calendar.of(among[-1]))]


@seldom
@given(scenarios(size=6), calendars, calendars)
def test_revenue_of_a_day_is_that_of_any_calendar(
    scenario: Told, one: Calendar, other: Calendar
) -> None:
    """What is recognised by the end of a day does not depend on the periods it is asked in."""
    mine, theirs = ends_by(one, scenario), ends_by(other, scenario)
    together = run(scenario, {*mine, *theirs})

    for ends in (mine, theirs):
        alone = run(scenario, ends)
        assert alone.revenue == {
            key: amount for key, amount in together.revenue.items() if key[1] in set(ends)
        }


@seldom
@given(scenarios(size=6), weeks)
def test_closing_period_by_period_or_at_once_posts_the_same(
    scenario: Told, calendar: Calendar
) -> None:
    """How often one closes moves nothing between economic periods."""
    book, ends = to_book(scenario), ends_by(calendar, scenario)
    chosen = sorted({calendar.of(ends[(n + 1) * (len(ends) - 1) // 4]) for n in range(4)})
    columns = ("contract", "obligation", "component", "origin", "event", "account")

    stepwise = summed(pa.concat_tables(post(book, chosen)), *columns)
    (at_once,) = post(book, chosen[-1:])

    assert {key: n for key, n in stepwise.items() if key[4] not in PRESENTATION} == {
        key: n for key, n in summed(at_once, *columns).items() if key[4] not in PRESENTATION
    }
