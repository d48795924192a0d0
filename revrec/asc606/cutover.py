"""Contracts taken over in flight: what another system had of them on the day of cutover.

With balances only, an obligation goes on by its own measure from the progress told. By what the
other system was ahead of that measure, later revenue is less: revenue to date is
``price x p + ahead x (1 - p) / (1 - p at cutover)``, which is what was told at cutover and the
whole price in the end. Where the measures agree, ``ahead`` is nothing and nothing differs from a
contract that was never taken over.
"""

from __future__ import annotations

from collections.abc import Generator
from fractions import Fraction
from typing import NamedTuple

from revrec.asc606.openings import refused
from revrec.asc606.pricing import Component, Opened, shares
from revrec.asc606.standing import Standing
from revrec.citations import cites
from revrec.model.contract import Contract
from revrec.model.decision import Answer, Decision, Question, Told
from revrec.model.opening import OpeningBalance, OpeningObligation
from revrec.money import Money, round_ratio, to_minor

Asking = Generator[list[Question], list[Answer], None]


class _Own(NamedTuple):
    """An obligation by its own measure at the end of the day of cutover, in minor units."""

    earned: int = 0
    price: int = 0
    """Of all that is promised for it; of use, what was used."""
    answer: Answer | None = None
    """Its progress; none if nothing is left of it."""


@cites("606-10-25-31", "606-10-25-35")
def take_over(standing: Standing, told: OpeningBalance) -> Asking:
    """Go on from the revenue told: the rest of each price is earned by what is left to transfer.

    Raises ContractError where more was recognised than the price, or where nothing is left that
    could make up for a difference.
    """
    layers = [(key[0], each) for key, each in standing.layers().items()]
    shapes = [(of, each.shape) for of, each in layers]
    shapes += [(of, each.shape) for of, each in standing.in_force.items()]
    answers = iter(
        (yield [Question(standing.contract.id, of, shape, told.on) for of, shape in shapes])
    )
    own: dict[str, _Own] = {}
    for of, each in layers:
        answer, known = next(answers), own.get(of, _Own())
        earned = round_ratio(each.price * answer.numerator, answer.denominator)
        price = earned if each.as_used else each.price
        own[of] = _Own(known.earned + earned, known.price + price)
    for of in standing.in_force:
        own[of] = own.get(of, _Own())._replace(answer=next(answers))
    for part in told.obligations:
        _go_on(standing, told, part, own.get(part.obligation, _Own()))
    standing.publish(told.on)


def _go_on(standing: Standing, told: OpeningBalance, part: OpeningObligation, own: _Own) -> None:
    """One obligation from its revenue told."""
    contract, name, answer = standing.contract, part.obligation, own.answer
    recognized = to_minor(part.recognized, contract.currency)
    ahead = recognized - own.earned
    if name in standing.known:
        standing.rest_on(name, standing.record(explain_cutover(contract, told, part, own.earned)))
    revenue = f"has revenue of {part.recognized} of {name}"
    if recognized and (abs(recognized) > abs(own.price) or recognized * own.price < 0):
        what = f"{revenue}, whose price is {Money(own.price, contract.currency)}"
        remedy = "Correct `recognized`, or tell the price it belongs to."
        raise refused(contract, told, what, "obligations", remedy)
    if not ahead:
        return
    component = _component(standing, name)
    if component is None or answer is None or answer.numerator >= answer.denominator:
        what = f"{revenue}, of which {Money(own.earned, contract.currency)} is transferred"
        remedy = "Nothing is left that could make up for it: correct `recognized` or the progress."
        raise refused(contract, told, what, "obligations", remedy)
    done = Fraction(answer.numerator, answer.denominator)
    component.open(name, Opened(ahead, done, len(standing.restarts)))


def _component(standing: Standing, name: str) -> Component | None:
    """The part of the price that is earned with the obligation as a whole: its main one."""
    held = standing.in_force.get(name)
    found = [
        each
        for each in standing.components.values()
        if each.increments is None and name in shares(each, standing.restarts).live
    ]
    found.sort(key=lambda each: held is None or each.id != held.group)
    return found[0] if found else None


@cites("606-10-25-31", "606-10-25-35")
def explain_cutover(
    contract: Contract, told: OpeningBalance, part: OpeningObligation, earned: int
) -> Decision:
    """What an obligation goes on from, and how that compares with its own measure."""
    own = Money(earned, contract.currency)
    ahead = Money(to_minor(part.recognized, contract.currency), contract.currency) - own
    agree = "as its own measure gives" if not ahead.minor else f"{own} by its own measure"
    return Decision(
        contract=contract.id,
        on=told.on,
        step=5,
        rule="take_over",
        paragraphs=("606-10-25-31", "606-10-25-35"),
        told=Told(
            inputs={
                "opening_balance": told.id,
                "recognized": str(part.recognized),
                "measured": str(own),
            },
            outcome=f"ahead by {ahead}" if ahead.minor else "taken over",
            sentence=(
                f"Of {part.obligation}, {part.recognized} {contract.currency} was recognised by "
                f"{told.on} in another system ({agree}); the rest of its price is recognised as "
                "what is left is transferred."
            ),
        ),
    )
