"""What the use and the lapse of rights do to a contract as it stands (606-10-55-42 to 55-45)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from revrec.asc606.allocation import Proportions, proportions
from revrec.asc606.options import explain_lapse, explain_use, portion_used
from revrec.asc606.pricing import Component, Released, Restart, shares
from revrec.asc606.standing import Standing
from revrec.asc606.weighing import InForce
from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.options import Exercise, Lapse
from revrec.money import to_minor


@cites("606-10-55-42", "606-10-55-44", "606-10-55-45")
def use_right(standing: Standing, event: Exercise) -> None:
    """What was deferred for the right, and the new money, are the price of what is bought.

    What is bought belongs to the contract the right came with, so that a later change of that
    contract's price still reaches the part that was deferred. Raises ContractError when the right
    is not there to use, or what is bought is there already.
    """
    held = standing.in_force.get(event.right)
    portion = _portion(standing, event, held)
    before = _deferred(standing, event.right)
    if held is not None and event.buys:
        parts = proportions(standing.weights(_bring_in(standing, event, held.group)))
        _release(standing, held, portion, parts)
        released = before - _deferred(standing, event.right)
    else:
        _go_on_as_service(standing, event, portion)
        parts, released = {event.right: 1}, before
    amount = to_minor(event.price, standing.contract.currency)
    component = Component(id=event.id, amount=amount, weights=parts, since=len(standing.restarts))
    standing.components[event.id] = component
    bought = {name: _deferred(standing, name) for name in parts}
    decision = standing.record(explain_use(standing.contract, event, released, bought))
    component.decisions = [decision]
    for name in parts:
        standing.rest_on(name, decision)
    standing.publish(max(event.on, standing.contract.inception))


@cites("606-10-55-42", "606-10-55-48")
def let_lapse(standing: Standing, event: Lapse) -> None:
    """What is deferred for a right that lapses is revenue on that day."""
    held = standing.in_force.get(event.right)
    portion = _portion(standing, event, held)
    before = _deferred(standing, event.right)
    if held is not None:
        _release(standing, held, portion, {})
    released = before - _deferred(standing, event.right)
    decision = standing.record(explain_lapse(standing.contract, event, released))
    standing.rest_on(event.right, decision)
    standing.publish(max(event.on, standing.contract.inception))


def _portion(standing: Standing, event: Exercise | Lapse, held: InForce | None) -> Fraction:
    right = None if held is None else held.obligation
    left = Fraction(0) if held is None else held.left
    return portion_used(standing.contract, event, right, left)


def _deferred(standing: Standing, name: str) -> int:
    """Minor units that the components still hold for an obligation."""
    return sum(
        shares(component, standing.restarts).live.get(name, 0)
        for component in standing.components.values()
    )


def _bring_in(standing: Standing, event: Exercise, group: str) -> list[InForce]:
    """Bring what is bought into force, in the contract the right belongs to."""
    there = sorted(each.id for each in event.buys if each.id in standing.known)
    if there:
        raise ContractError(
            f"Exercise {event.id} of contract {standing.contract.id} buys {', '.join(there)}, "
            "which the contract has already.",
            citation="606-10-55-42",
            remedy="Give what is bought an id of its own.",
            contract=standing.contract.id,
            field="exercise.buys",
        )
    for obligation in event.buys:
        standing.identify(obligation, event.on)
    bought = [standing.bind(each, group, event.on, event.on) for each in event.buys]
    standing.in_force.update({each.id: each for each in bought})
    return bought


def _release(standing: Standing, held: InForce, portion: Fraction, parts: Proportions) -> None:
    """Take a part of what is deferred for a right: to what is bought, else to revenue."""
    products: Mapping[str, str] = {held.id: held.obligation.product}
    standing.restarts.append(
        Restart(
            components=frozenset(),
            earned={},
            entitled={},
            weights=parts,
            changes={},
            products=products,
            released=Released(held.id, portion),
        )
    )
    held.left *= 1 - portion
    if not held.left:
        standing.in_force.pop(held.id)


def _go_on_as_service(standing: Standing, event: Exercise, portion: Fraction) -> None:
    """A renewal that is made as a whole: its own service is what is bought."""
    held = standing.in_force[event.right]
    if held.obligation.renewal is None or portion != 1:
        raise ContractError(
            f"Exercise {event.id} of contract {standing.contract.id} does not tell what is bought "
            f"with {event.right}.",
            citation="606-10-55-42",
            remedy="Give `buys`: the obligations that the right was used for.",
            contract=standing.contract.id,
            field="exercise.buys",
        )
    terms = replace(held.obligation, renewal=None)
    standing.identify(terms, event.on)
    begins = terms.start or event.on
    standing.in_force[event.right] = standing.bind(terms, held.group, event.on, begins)
