"""Steps 2 and 5: licenses of intellectual property (606-10-55-54 to 55-65).

The nature of the license decides the measure of progress. A right to use is transferred at the
point in time from which the customer can use it; a right to access is a service over its term.
Software the customer cannot take and run elsewhere is no license but a hosted service.
"""

from __future__ import annotations

from dataclasses import replace

from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Measure, PerformanceObligation
from revrec.model.performance import License, Nature


@cites("606-10-55-54", "606-10-55-58", "606-10-55-58C", "606-10-55-60", "606-10-55-62")
def by_its_nature(obligation: PerformanceObligation) -> PerformanceObligation:
    """A license with the measure that its nature gives; other promises as they are.

    A right to access begins when the license does and the customer can obtain it, whichever is
    later (55-58C). Raises UnsupportedTerm where the nature of a license is not told.
    """
    terms = obligation.license
    if obligation.measure is not Measure.LICENSE:
        return obligation
    if terms is None:
        raise UnsupportedTerm(
            f"License {obligation.id} does not say what it gives.",
            citation="606-10-55-59",
            remedy="Give `license: {nature: functional}` or `symbolic`, as judged.",
            field=f"obligations.{obligation.id}.license",
        )
    if right_to_use(obligation):
        return obligation
    begins = [day for day in (obligation.start, terms.available) if day is not None]
    return replace(obligation, measure=Measure.TIME_ELAPSED, start=max(begins) if begins else None)


@cites("606-10-55-58", "606-10-55-59", "606-10-55-62")
def right_to_use(obligation: PerformanceObligation) -> bool:
    """Whether it is a license satisfied at a point in time: functional, as it is when granted."""
    terms = obligation.license
    return (
        obligation.measure is Measure.LICENSE
        and terms is not None
        and terms.nature is Nature.FUNCTIONAL
        and not terms.must_update
        and not terms.hosted_only
    )


@cites("606-10-55-54", "606-10-55-58", "606-10-55-59", "606-10-55-62")
def told_of_license(obligation: PerformanceObligation) -> str:
    """Why a license is satisfied as it is, for a person; nothing for other promises."""
    terms = obligation.license
    if terms is None:
        return ""
    return f" {_because(terms)}"


def _because(terms: License) -> str:
    if terms.hosted_only:
        return "It is hosted software that cannot be run elsewhere: a service (55-54)."
    if terms.nature is Nature.SYMBOLIC:
        return "It is a right to access what our ongoing activities support (55-58)."
    if terms.must_update:
        return "The customer must use what we change in substance: a right to access (55-62)."
    return "It is a right to use what functions as it is when granted (55-58)."
