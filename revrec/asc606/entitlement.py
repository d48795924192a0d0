"""Entitlements whose new terms count what was used before them (606-10-25-13, 32-40).

A commitment is raised or cut by stating it anew from its first day: what was used since then uses
up the new entitlement too. Where what remains is distinct, the rest is what the new terms give
(25-13a); where it is not, progress is measured anew over all of it (25-13b). Either way the days
before keep the fees they had. Overage was for those days (32-40), so what the new terms charge is
the use above the entitlement, or above what was used when they began if that is more.
"""

from __future__ import annotations

from dataclasses import replace

from revrec.asc606.modification import same_contract
from revrec.asc606.standing import Standing
from revrec.citations import cites
from revrec.model.contract import Measure
from revrec.model.decision import Shape
from revrec.model.events import Modification
from revrec.periods import next_day


@cites("606-10-25-13", "606-10-32-40")
def counting_before(standing: Standing, modification: Modification) -> dict[str, Shape]:
    """Entitlements that a modification restates, or charges overage of, as its terms count them.

    Those alone that count from a day before the new terms; by obligation.
    """
    first_day = next_day(standing.cut)
    found = {
        name: held.shape
        for each in modification.adds_consideration
        if each.above_entitlement and (name := each.obligation or "") in standing.in_force
        for held in (standing.in_force[name],)
        if held.shape.entitled is not None
    }
    for each in modification.revises:
        found.pop(each.id, None)
        held = standing.in_force.get(each.id)
        if each.measure is not Measure.USAGE or each.usage.entitled is None or held is None:
            continue
        begins = each.start or first_day
        if same_contract(held.obligation, modification):
            begins = each.start or held.first_day
        terms = replace(each, start=begins)
        found[each.id] = standing.bind(terms, held.group, modification.on, begins).shape
    return {
        name: shape
        for name, shape in found.items()
        if shape.counts_from is None or shape.counts_from < first_day
    }
