"""Step 1: how a modification is accounted for, and what it changes in the price.

606-10-25-10 to 25-13.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from revrec.asc606.allocation import participants
from revrec.asc606.modification import (
    Treated,
    at_selling_prices,
    check_price,
    classify,
    only_adds,
    overridden,
)
from revrec.asc606.pricing import shares
from revrec.asc606.standalone_selling_price import standalone_selling_price
from revrec.asc606.standing import MAIN, Standing
from revrec.asc606.term import Term
from revrec.asc606.transaction_price import estimated
from revrec.citations import cites
from revrec.errors import MissingSellingPrice, UnsupportedTerm
from revrec.model.contract import ConsiderationKind, PerformanceObligation
from revrec.model.events import Modification
from revrec.money import minor_digits, to_minor
from revrec.periods import next_day


@cites("606-10-25-12", "606-10-25-13")
def treat(
    standing: Standing,
    term: Term,
    modification: Modification,
    continuing: Sequence[PerformanceObligation],
    *,
    conceded: int,
) -> Treated:
    """The treatment the rule gives, and the one applied.

    ``conceded`` is what is agreed for the past, in minor units: the separate-contract test is on
    the net change. Raises ContractError where more is given back than a price that is all fixed.
    """
    if not standing.as_used and standing.components.keys() == {MAIN}:
        change = change_in_price(standing, modification)
        check_price(standing.contract, modification, _price_now(standing), change)
    judged = modification.at_standalone_selling_prices
    if judged is None:
        judged = only_adds(modification) and _reflects_selling_prices(
            standing, term, modification, conceded
        )
    by_rule = classify(modification, continuing, at_selling_prices=judged)
    return Treated(
        treatment=overridden(standing.contract, modification, by_rule),
        by_rule=by_rule,
        at_selling_prices=judged,
    )


def _reflects_selling_prices(
    standing: Standing, term: Term, modification: Modification, conceded: int
) -> bool:
    """Whether the net price increase is what the additions sell for; not, if that is unknown."""
    contract = standing.contract
    scale = 10 ** minor_digits(contract.currency)
    begins = next_day(standing.cut)
    lowest = highest = Fraction(0)
    added = participants(modification.adds, modification.adds_consideration)
    for each in added:
        starts, ends = each.start or begins, each.end or standing.last_day
        bounds = each.selling_price_range
        try:
            price = standalone_selling_price(
                each, contract, standing.books, on=modification.on, first_day=starts, last_day=ends
            )
        except (MissingSellingPrice, UnsupportedTerm):
            return False
        part = term.part(each)
        lowest += part * (price if bounds is None else Fraction(bounds.low) * scale)
        highest += part * (price if bounds is None else Fraction(bounds.high) * scale)
    net = change_in_price(standing, modification) + conceded
    net += sum(estimated(modification.adds_consideration, contract).values())
    return bool(added) and at_selling_prices(net, lowest, highest, modification, contract.currency)


def _price_now(standing: Standing) -> int:
    """The whole price in force, earned or not, in minor units."""
    price = 0
    for component in standing.components.values():
        split = shares(component, standing.restarts)
        price += sum(split.earned.values()) + sum(split.live.values())
    return price


@cites("606-10-25-10")
def change_in_price(standing: Standing, modification: Modification) -> int:
    """Change of the fixed consideration, in minor units."""
    currency = standing.contract.currency
    return to_minor(modification.price_change, currency) + sum(
        to_minor(each.amount, currency)
        for each in modification.adds_consideration
        if each.kind is ConsiderationKind.FIXED
    )
