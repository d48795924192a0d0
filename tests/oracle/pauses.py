"""Service that stands still: what is left of it goes on later, and ends then or as before.

Looked back upon: a pause lasted as long as is known on the day asked about, from its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

from tests.oracle.promises import BY_TIME, Facts, Promise, Told, as_day, lapse_of, progress
from tests.oracle.service_time import ONE_DAY, NotStated, progress_by_time


def stand_still(facts: Facts, promises: Iterable[Promise], pause: Told, day: date) -> None:
    """Stop what runs by time, and entitlements if ends move, as known at the end of the day."""
    promises = list(promises)
    on, back = as_day(pause["on"]), _resumes(facts, pause, day)
    named = set(pause.get("obligations") or ())
    if not named <= {each.name for each in promises} or (back is not None and back <= on):
        raise NotStated(f"{pause['id']} of what is not promised, or of no time at all")
    for change in facts.of_kind("modification"):
        new_from = as_day(change.get("new_terms_from", change["on"]))
        lasted_to = _resumes(facts, pause, date.max)
        lasts = lasted_to is None or lasted_to > new_from
        restated = {
            each["id"]
            for each in change.get("revises", ())
            if pause.get("extends", False) or each["measure"] in BY_TIME
        }
        moved = change.get("end") and not ({"adds", "revises", "withdraws"} & change.keys())
        if lasts and on < new_from and (moved or restated & (named or restated)):
            raise NotStated(f"{pause['id']} lasts into terms that are restated")
    for each in promises:
        timed = each.terms["measure"] in BY_TIME
        last = each.ends if timed else lapse_of(each) if each.by_usage else None
        stops = timed or pause.get("extends", False)
        if last is None or last < on or not stops or (named and each.name not in named):
            continue
        if timed and {"starts_at", "ends_at"} & each.terms.keys():
            raise NotStated(f"{pause['id']} of {each.name}, which runs between moments")
        ends = _end(each, last, _with_its_end(facts, pause, day), on, back)
        if timed:
            _go_on(facts, each, on, back, ends)
        each.until = ends


def _with_its_end(facts: Facts, pause: Told, day: date) -> Told:
    """The pause with the end that its resumption tells."""
    told = [each for each in facts.of_kind("resumption", day) if each["pause"] == pause["id"]]
    ends = [each["end"] for each in told if each.get("end")]
    return {**pause, "end": ends[-1]} if ends else pause


def _resumes(facts: Facts, pause: Told, day: date) -> date | None:
    """The first day of service again, if it is known."""
    for each in facts.of_kind("resumption", day):
        if each["pause"] == pause["id"]:
            return as_day(each["on"])
    return as_day(pause["until"]) + ONE_DAY if pause.get("until") else None


def _end(promise: Promise, last: date, pause: Told, on: date, back: date | None) -> date:
    """As told; later by the days on which there would have been service; or as before."""
    if pause.get("end"):
        return as_day(pause["end"])
    if not pause.get("extends", False) or last == date.max:
        return last
    if back is None:
        return date.max
    return last + max(back - max(on, promise.first), timedelta(0))


def _go_on(facts: Facts, promise: Promise, on: date, back: date | None, ends: date) -> None:
    """Progress stands; the rest is measured from the day service goes on.

    What is not distinct is measured anew over all the days on which there is service.
    """
    done = progress(facts, promise, on - ONE_DAY, on)
    if not promise.done:
        promise.began, promise.lost = promise.first, 0
    promise.still_since = max(on, promise.first) if back is None else None
    if back is not None:
        served_until = min(back, ends + ONE_DAY)
        lost = promise.lost + max((served_until - max(on, promise.first)).days, 0)
        if not promise.distinct and done:
            done = progress_by_time(
                promise.terms["measure"],
                promise.began,
                ends - timedelta(days=lost),
                on - ONE_DAY - timedelta(days=promise.lost),
            )
        promise.lost = lost
    promise.done = Fraction(done)
    promise.first = max(promise.first, min(back or ends, ends))
