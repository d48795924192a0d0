"""Progress by time, one day after another: each day of service has a weight, progress is a sum.

Nothing is clever here. A day of a 31-day service month weighs 1/31 of a month, whatever the
measure makes of it is then added up.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from fractions import Fraction
from functools import lru_cache

ONE_DAY = timedelta(days=1)


class NotStated(Exception):
    """The written semantics do not say what should happen here."""


def add_months(day: date, months: int) -> date:
    """The same day of the month later; the last day of the month where it has no such day."""
    ordinal = day.year * 12 + day.month - 1 + months
    year, month = ordinal // 12, ordinal % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def days_between(first: date, last: date) -> list[date]:
    """Every day from first to last, both included."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@lru_cache(maxsize=4096)
def months_of_service(first: date, last: date) -> Fraction:
    """Length of service in months anchored at the first day; part of a month by its days."""
    if last < first:
        raise NotStated(f"a service from {first} to {last}")
    return sum(_weights_in_months(first, last), Fraction(0))


@lru_cache(maxsize=65536)
def progress_by_time(
    measure: str,
    first: date,
    last: date,
    day: date,
    late: Fraction = Fraction(0),
    early: Fraction = Fraction(0),
) -> Fraction:
    """How much of the service from first to last has passed at the end of the day.

    ``late`` is the part of the first day without service, ``early`` that of the last one.
    """
    if measure == "half_month":
        return _half_months(first, last, day)
    if measure == "whole_months":
        return _months_at_their_ends(first, last, day)
    if day < first:
        return Fraction(0)
    if day >= last:
        return Fraction(1)
    running = _running_total(measure, first, last, late, early)
    return running[(day - first).days] / running[-1]


@lru_cache(maxsize=4096)
def _running_total(
    measure: str, first: date, last: date, late: Fraction, early: Fraction
) -> list[Fraction]:
    days = days_between(first, last)
    if measure == "seconds":
        weights = _weights_in_time(days, late, early)
    elif measure == "prorated_months":
        weights = _whole_months_even(days, _weights_in_time(days, late, early))
    elif measure == "days":
        weights = [Fraction(1) for _ in days]
    elif measure == "calendar_months":
        weights = [Fraction(1, calendar.monthrange(d.year, d.month)[1]) for d in days]
    else:
        weights = _weights_in_months(first, last)
    running, so_far = [], Fraction(0)
    for weight in weights:
        so_far += weight
        running.append(so_far)
    return running


def _weights_in_time(days: list[date], late: Fraction, early: Fraction) -> list[Fraction]:
    """Each day as the part of it that has service."""
    weights = [Fraction(1) for _ in days]
    weights[0] -= late
    weights[-1] -= early
    return weights


def _whole_months_even(days: list[date], weights: list[Fraction]) -> list[Fraction]:
    """Calendar months that have service throughout share their time evenly among them."""
    served: dict[tuple[int, int], Fraction] = {}
    for day, weight in zip(days, weights, strict=True):
        served[day.year, day.month] = served.get((day.year, day.month), Fraction(0)) + weight
    whole = {month for month, time in served.items() if time == calendar.monthrange(*month)[1]}
    time_of_whole = sum((served[month] for month in whole), Fraction(0))
    return [
        time_of_whole / len(whole) / calendar.monthrange(day.year, day.month)[1]
        if (day.year, day.month) in whole
        else weight
        for day, weight in zip(days, weights, strict=True)
    ]


def _weights_in_months(first: date, last: date) -> list[Fraction]:
    """Each day as a fraction of the service month it lies in."""
    weights: list[Fraction] = []
    month = 0
    while len(weights) < (last - first).days + 1:
        length = (add_months(first, month + 1) - add_months(first, month)).days
        weights += [Fraction(1, length)] * length
        month += 1
    return weights[: (last - first).days + 1]


def _months_at_their_ends(first: date, last: date, day: date) -> Fraction:
    """Every month touched counts at its last day, but for one that ends after the service."""
    touched = {(d.year, d.month): d for d in days_between(first, last)}
    ends = [
        date(year, month, calendar.monthrange(year, month)[1]) for year, month in sorted(touched)
    ]
    counted = [end for end in ends if end <= last] or ends[:1]
    if day >= last:
        return Fraction(1)
    return Fraction(sum(end <= day for end in counted), len(counted))


def _half_months(first: date, last: date, day: date) -> Fraction:
    """Half a month for the month of the first day, whole ones after it, half for the last."""
    months = 0
    while add_months(first, months) <= last:
        months += 1
    if add_months(first, months) != last + ONE_DAY:
        raise NotStated(f"half months of a term that is not whole months: {first} to {last}")
    if day < first:
        return Fraction(0)
    earned = Fraction(0)
    for number in range(months + 1):
        begins = add_months(first.replace(day=1), number)
        if begins <= day:
            earned += Fraction(1, 2) if number in (0, months) else Fraction(1)
    return earned / months
