"""What units earn under a price per unit, as estimated: each, by the tier reached, on average."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from tests.oracle.promises import AsUsed, Facts, Told, exact, rounded, units_to_date

REBATE = ".rebate"


def latest(facts: Facts, consideration: Told, day: date) -> Told:
    """The terms with the estimate in force at the end of the day (606-10-32-14)."""
    told = dict(consideration)
    for each in facts.of_kind("estimate", day):
        if each.get("consideration") == consideration["id"]:
            if told.get("tiers"):
                told["expected_units"] = each["expected"]
            else:
                told["amount"] = each["amount"]
    return told


def earned_by_units(facts: Facts, used: AsUsed, day: date) -> tuple[dict[str, int], dict[str, int]]:
    """By component: revenue to date, and what of it is a price agreed for all units expected.

    Units of terms that ended are rounded apart from those of the terms in force.
    """
    terms = used.by_unit or {}
    now = units_to_date(facts, used, day) if used.live else Fraction(0)
    if terms.get("tiers") and terms.get("tiers_price") == "next_units":
        return _on_average(facts, used, terms, now)
    revenue = {}
    for component, rate in _rates(terms).items():
        counted = [*used.units_before, *([now] if used.live else [])]
        revenue[component] = sum(rounded(units * rate * facts.unit) for units in counted)
    return revenue, {}


def _rates(terms: Told) -> dict[str, Fraction]:
    """The price of a unit; below a lower tier what the first tier charges and gives back."""
    name, tiers = str(terms["id"]), terms.get("tiers")
    if not tiers:
        return {name: exact(terms["amount"])}
    volume = exact(terms["expected_units"])
    listed = exact(tiers[0]["unit_price"])
    reached = next(each for each in tiers if "up_to" not in each or volume <= exact(each["up_to"]))
    return {name: listed, name + REBATE: exact(reached["unit_price"]) - listed}


def _on_average(
    facts: Facts, used: AsUsed, terms: Told, now: Fraction
) -> tuple[dict[str, int], dict[str, int]]:
    """All units expected together cost what their tiers charge; each earns the average."""
    whole, name = exact(terms["expected_units"]), str(terms["id"])
    cost, below = Fraction(0), Fraction(0)
    for tier in terms["tiers"]:
        top = min(exact(tier["up_to"]), whole) if "up_to" in tier else whole
        cost += exact(tier["unit_price"]) * max(top - below, Fraction(0))
        below = max(below, top)
    left, left_units = rounded(cost * facts.unit), whole
    price = left
    revenue = promised = 0
    for units in used.units_before:
        share = rounded(price * units / whole)
        revenue, promised = revenue + share, promised + share
        if left_units > units:
            left, left_units = left - share, left_units - units
    if used.live:
        revenue, promised = revenue + rounded(left * now / left_units), promised + left
    return {name: revenue}, {name: promised}
