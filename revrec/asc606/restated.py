"""Promises whose new terms count what was transferred before them (606-10-25-13, 32-40).

A commitment is raised or cut by stating it anew from its first day: what was used since then uses
up the new entitlement too. Where what remains is distinct, the rest is what the new terms give
(25-13a); where it is not, progress is measured anew over all of it (25-13b). Either way the days
before keep the fees they had. Overage was for those days (32-40), so what the new terms charge is
the use above the entitlement, or above what was used when they began if that is more.

Service by time that is not distinct is measured anew over all its days as well, but those on which
it stood still: nothing was transferred on them under any terms (25-31).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import NamedTuple

from revrec.asc606.modification import same_contract
from revrec.asc606.performance_obligations import COMPLETE, remaining
from revrec.asc606.standing import Standing
from revrec.asc606.time_elapsed import goes_on
from revrec.asc606.use import Counted
from revrec.asc606.weighing import InForce
from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import Measure, PerformanceObligation
from revrec.model.decision import ELAPSED, Question, Shape
from revrec.model.events import Modification
from revrec.periods import next_day


class _Served(NamedTuple):
    """Service that stood still: its first day, and the days of it that were lost since."""

    begins: date
    lost: int


@cites("606-10-25-13", "606-10-25-31", "606-10-32-40")
def looking_back(standing: Standing, modification: Modification) -> dict[str, Question]:
    """What to ask of obligations that a modification restates, or charges overage of.

    Of those alone that count from a day before the new terms; by obligation.
    """
    found = {
        name: _asked(standing, name, held.shape)
        for each in modification.adds_consideration
        if each.above_entitlement and (name := each.obligation or "") in standing.in_force
        for held in (standing.in_force[name],)
        if held.shape.entitled is not None
    }
    for each in modification.revises:
        found.pop(each.id, None)
        held = standing.in_force.get(each.id)
        if held is None:
            continue
        if each.measure is Measure.USAGE and each.usage.entitled is not None:
            begins = _counts_from(standing, held, each, modification)
            found[each.id] = _asked(standing, each.id, _bound(standing, held, each, begins))
        elif (served := _stood_still(standing, held, each, modification)) and served.lost:
            shape = _bound(standing, held, each, served.begins)
            lost = timedelta(days=served.lost)
            ends = None if shape.ends is None else shape.ends - lost
            asked = _asked(standing, each.id, shape._replace(ends=ends))
            found[each.id] = asked._replace(day=asked.day - lost)
    return {
        name: asked
        for name, asked in found.items()
        if (asked.shape.counts_from or asked.shape.starts or date.min) <= standing.cut
    }


@cites("606-10-25-13", "606-10-25-31")
def restate(
    standing: Standing,
    each: InForce,
    revised: PerformanceObligation,
    counted: Counted | None,
    modification: Modification,
) -> None:
    """Bind an obligation that goes on to its revised terms; ``counted`` is what they look back on.

    Raises ContractError where they begin among days on which service stood still.
    """
    first_day, distinct = next_day(standing.cut), not same_contract(each.obligation, modification)
    served = _stood_still(standing, each, revised, modification)
    if served is not None:
        begins = served.begins
    elif distinct and counted is None:
        begins = max(first_day, revised.start or first_day)
    else:
        begins = revised.start or each.first_day
    terms = replace(revised, start=begins)
    standing.identify(terms, modification.on)
    bound = standing.bind(terms, each.group, modification.on, begins)
    each.obligation, each.left, each.priced_on = terms, Fraction(1), modification.on
    each.first_day, each.last_day = bound.first_day, bound.last_day
    each.shape, each.used_until = bound.shape, None
    if served is not None and served.lost and counted is not None:
        each.shape = _without_days_lost(bound.shape, counted, first_day)
        standing.undisturbed[each.id] = (bound.shape, served.lost)
    elif distinct and counted is not None:
        each.left = 1 - counted.part
        each.shape = remaining(bound.shape, counted.answer, first_day)
    elif distinct:
        each.shape = bound.shape._replace(counts_from=begins)
    for _, stopped in standing.pauses.values():
        stopped[:] = [one for one in stopped if one.name != each.id]


def _without_days_lost(terms: Shape, counted: Counted, first_day: date) -> Shape:
    """Progress to date of the days there was service, and the rest from the new terms on."""
    if counted.used_up or terms.ends is None:
        return COMPLETE
    return goes_on(terms, starts=first_day, ends=terms.ends, done=counted.part)


def _asked(standing: Standing, obligation: str, shape: Shape) -> Question:
    return Question(
        contract=standing.contract.id, obligation=obligation, shape=shape, day=standing.cut
    )


def _bound(
    standing: Standing, held: InForce, revised: PerformanceObligation, begins: date
) -> Shape:
    """The measure of the revised terms, counting from a day."""
    terms = replace(revised, start=begins)
    return standing.bind(terms, held.group, held.priced_on, begins).shape


def _counts_from(
    standing: Standing, held: InForce, revised: PerformanceObligation, modification: Modification
) -> date:
    """The first day that a restated entitlement counts."""
    if same_contract(held.obligation, modification):
        return revised.start or held.first_day
    return revised.start or next_day(standing.cut)


def _stood_still(
    standing: Standing, held: InForce, revised: PerformanceObligation, modification: Modification
) -> _Served | None:
    """Days lost of service that is not distinct; none if it never stood still or begins later."""
    paused = held.id in standing.undisturbed and held.shape.progress in ELAPSED
    if not paused or not same_contract(held.obligation, modification):
        return None
    served = _until_now(standing, held)
    if revised.start in (None, held.first_day, served.begins):
        return served
    if revised.start > standing.cut or (not served.lost and revised.start > served.begins):
        return None
    raise ContractError(
        f"Modification {modification.id} of contract {modification.contract} restates {held.id} "
        f"from {revised.start} on, which stood still for {served.lost} days since "
        f"{served.begins}: which of them the new terms leave out is not told.",
        citation="606-10-25-31",
        remedy="Leave `start` out, or begin with the new terms.",
        contract=modification.contract,
        field=f"revises.{held.id}.start",
    )


def _until_now(standing: Standing, held: InForce) -> _Served:
    """From the first day of service on, with the days of a pause that lasts until the cut-off."""
    undisturbed, lost = standing.undisturbed[held.id]
    begins = undisturbed.starts if held.shape.done is not None else held.shape.starts
    for told, stopped in standing.pauses.values():
        open_ = [one for one in stopped if one.name == held.id and one.now == held.shape]
        for one in open_ if told.until is None else ():
            since = max(told.on, one.before.starts or told.on)
            if one.before.done is None and one.now.done is None:
                return _Served(next_day(standing.cut), 0)
            begins, lost = one.undisturbed.starts, one.paused_before
            lost += max((standing.cut - since).days + 1, 0)
    if held.shape.done is None:
        lost = 0
    return _Served(begins or held.first_day, lost)
