"""The closed list of what can be uncertain: a quantity, and the payoff from it to consideration."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from revrec.citations import cites
from revrec.errors import MissingEstimate, UnsupportedTerm
from revrec.estimation import payoffs
from revrec.estimation.payoffs import Payoff
from revrec.model.contract import Consideration, ConsiderationKind, Contract
from revrec.model.estimation import ComponentKind, VariableComponent


class Quantity(StrEnum):
    """What is uncertain of a component."""

    USE = "use"
    """Use to the end of the term, by its path."""
    EVENT = "event"
    """Whether something happens."""
    COUNT = "count"
    """How often something happens until the end."""
    RATE = "rate"
    """Which part of a known number comes back, or succeeds."""


_KIND = ComponentKind
QUANTITY = {
    _KIND.OVERAGE: Quantity.USE,
    _KIND.VOLUME_TIERS: Quantity.USE,
    _KIND.VOLUME_REBATE: Quantity.USE,
    _KIND.TRUE_UP: Quantity.USE,
    _KIND.SHORTFALL: Quantity.USE,
    _KIND.BREAKAGE: Quantity.USE,
    _KIND.ROLLOVER: Quantity.USE,
    _KIND.SERVICE_CREDIT: Quantity.COUNT,
    _KIND.PRICE_CONCESSION: Quantity.RATE,
    _KIND.REFUND: Quantity.RATE,
    _KIND.RETURN: Quantity.RATE,
    _KIND.BONUS: Quantity.EVENT,
    _KIND.PENALTY: Quantity.EVENT,
    _KIND.CONTINGENT_COMMITMENT: Quantity.EVENT,
    _KIND.OUTCOME_FEE: Quantity.COUNT,
}
"""Component -> what is uncertain of it."""
IN_UNITS = frozenset({_KIND.VOLUME_TIERS, _KIND.BREAKAGE, _KIND.ROLLOVER, _KIND.RETURN})
"""Components whose estimate is a quantity; the engine prices it. The others' is an amount."""
UNITS = "units"
"""The unit of such estimates."""
_NEEDS = {
    _KIND.OVERAGE: ("threshold", "unit_price"),
    _KIND.VOLUME_TIERS: ("consideration",),
    _KIND.VOLUME_REBATE: ("threshold", "unit_price"),
    _KIND.TRUE_UP: ("threshold", "unit_price"),
    _KIND.SHORTFALL: ("threshold", "unit_price"),
    _KIND.BREAKAGE: ("obligation", "threshold"),
    _KIND.ROLLOVER: ("obligation", "threshold"),
    _KIND.SERVICE_CREDIT: ("unit_price",),
    _KIND.PRICE_CONCESSION: ("trials", "unit_price"),
    _KIND.REFUND: ("trials", "unit_price"),
    _KIND.RETURN: ("trials",),
    _KIND.BONUS: ("amount",),
    _KIND.PENALTY: ("amount",),
    _KIND.CONTINGENT_COMMITMENT: ("amount",),
    _KIND.OUTCOME_FEE: ("unit_price",),
}


@cites("606-10-32-5", "606-10-32-6", "606-10-32-9")
def check_component(component: VariableComponent, contract: Contract) -> None:
    """A component says what its kind needs, names what the contract has, and keeps its method.

    Raises UnsupportedTerm naming the field, MissingEstimate where what it estimates is not named.
    """
    kind = component.component
    missing = [name for name in _NEEDS[kind] if getattr(component, name) is None]
    if missing and not component.outcomes:
        raise _unclear(component, missing[0], f"a {kind.value} needs {', '.join(missing)}")
    if component.consideration is None and component.obligation is None:
        raise MissingEstimate(
            f"Component {component.id} of contract {component.contract} estimates nothing.",
            citation="606-10-32-5",
            remedy="Name the consideration, or the obligation whose use is expected.",
            contract=component.contract,
            field=f"variable_component.{component.id}.consideration",
        )
    if component.consideration is None:
        if kind not in IN_UNITS:
            raise _unclear(component, "consideration", f"a {kind.value} is of a consideration")
    else:
        named = consideration_of(component, contract)
        if named.kind is not ConsiderationKind.VARIABLE:
            raise _unclear(component, "consideration", f"{named.id} is not variable")
        if not named.tiers and named.method is not component.method:
            raise _unclear(component, "method", f"{named.id} is by {named.method.value}")
    if component.threshold is not None and component.threshold < 0:
        raise _unclear(component, "threshold", f"{component.threshold} is below nothing")
    if component.outcomes and sum(each.probability for each in component.outcomes) != 1:
        raise _unclear(component, "outcomes", "probabilities do not sum to 1")


def consideration_of(component: VariableComponent, contract: Contract) -> Consideration:
    """The consideration a component is of; UnsupportedTerm if the contract has none such."""
    for each in contract.consideration:
        if each.id == component.consideration:
            return each
    raise _unclear(component, "consideration", f"{component.consideration} is not of {contract.id}")


@cites("606-10-32-5", "606-10-32-6", "606-10-55-48")
def payoff_of(component: VariableComponent, contract: Contract) -> Payoff:
    """How consideration, or the quantity estimated, follows from what is uncertain."""
    kind = component.component
    if kind is _KIND.VOLUME_TIERS:
        return payoffs.by_tiers(consideration_of(component, contract), contract)
    if kind in {_KIND.OVERAGE, _KIND.TRUE_UP, _KIND.VOLUME_REBATE}:
        assert component.threshold is not None
        assert component.unit_price is not None
        return payoffs.above(component.threshold, component.unit_price)
    if kind is _KIND.SHORTFALL:
        assert component.threshold is not None
        assert component.unit_price is not None
        return payoffs.below(component.threshold, component.unit_price)
    if kind in {_KIND.BREAKAGE, _KIND.ROLLOVER}:
        assert component.threshold is not None
        return payoffs.used_of(component.threshold)
    if QUANTITY[kind] is Quantity.EVENT:
        assert component.amount is not None
        return payoffs.each(component.amount, None)
    unit = 1 if kind is _KIND.RETURN else component.unit_price
    assert unit is not None
    return payoffs.each(Decimal(unit), component.cap)


def _unclear(component: VariableComponent, field: str, what: str) -> UnsupportedTerm:
    return UnsupportedTerm(
        f"Component {component.id} of contract {component.contract}: {what}.",
        citation="606-10-32-5",
        remedy=f"Correct `{field}`.",
        contract=component.contract,
        field=f"variable_component.{component.id}.{field}",
    )
