"""Step 4: amounts that belong to some of the promises, or to some days of one (32-39 to 32-41)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from revrec.asc606.performance_obligations import COMPLETE, measure_progress
from revrec.asc606.time_elapsed import BY_TIME
from revrec.asc606.weighing import InForce
from revrec.citations import cites
from revrec.errors import ContractError, UnsupportedTerm
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.decision import Decision, Shape, Told
from revrec.model.events import Modification
from revrec.money import Money, to_minor

_IN_DAYS = BY_TIME - {Measure.SCHEDULE, Measure.SECONDS}


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an obligation gets of the price, and its selling price, in minor units (32-40b)."""

    allocated: int
    alone: Fraction | int


@cites("606-10-32-40")
def relates_to(told: Consideration, in_force: Mapping[str, InForce]) -> tuple[str, ...]:
    """The obligations that a variable amount is for alone; none if it is for all of them.

    Days told without an obligation are those of the only one there is.
    """
    if told.kind is not ConsiderationKind.VARIABLE:
        return ()
    named = told.obligations or ((told.obligation,) if told.obligation is not None else ())
    timed = told.service_from is not None or told.service_to is not None
    return tuple(in_force) if timed and not named and len(in_force) == 1 else named


@cites("606-10-32-40", "606-10-32-44", "606-10-25-15")
def increments_of(told: Consideration, contract: Contract, held: Sequence[InForce]) -> Shape | None:
    """The measure of the days of a series that an amount belongs to; none if it tells none.

    Whatever is learned of the amount later stays with these days. Raises ContractError when they
    are not days of one obligation's service, UnsupportedTerm when that is not measured by time.
    """
    if told.service_from is None and told.service_to is None:
        return None
    only = held[0]
    first, last = told.service_from or only.first_day, told.service_to or only.last_day
    within = last is not None and only.first_day <= first <= last <= (only.last_day or last)
    if len(held) != 1 or not within:
        raise ContractError(
            f"Consideration {told.id} of contract {contract.id} is for {first} to {last} of "
            f"{', '.join(each.id for each in held)}, served {only.first_day} to {only.last_day}.",
            citation="606-10-32-40",
            remedy="Give days of the service of one obligation.",
            contract=contract.id,
            field=f"consideration.{told.id}.service_from",
        )
    obligation = only.obligation
    if obligation.measure not in _IN_DAYS or not obligation.distinct_increments:
        raise UnsupportedTerm(
            f"Consideration {told.id} of contract {contract.id} is for days of {only.id}, which is "
            f"measured by {obligation.measure.value} or no series.",
            citation="606-10-32-40",
            remedy="Charge it as usage on its day, or leave out the days.",
            contract=contract.id,
            field=f"consideration.{told.id}.service_from",
        )
    return measure_progress(
        replace(obligation, start=first, end=last), contract, first_day=first, last_day=last
    )


@cites("606-10-25-13", "606-10-32-43")
def of_the_past(
    told: Consideration, obligation: PerformanceObligation, contract: Contract
) -> Shape:
    """The measure of an amount for service before it was agreed: complete when it is agreed."""
    first, last = told.service_from, told.service_to
    if first is None or last is None or obligation.measure not in _IN_DAYS:
        return COMPLETE
    span = replace(obligation, start=first, end=last)
    return measure_progress(span, contract, first_day=first, last_day=last)


@cites("606-10-25-13", "606-10-32-43")
def explain_concession(
    contract: Contract, modification: Modification, told: Consideration
) -> Decision:
    """Why an amount agreed with a modification is revenue now."""
    since = f"{told.service_from} to " if told.service_from else ""
    amount = Money(to_minor(told.amount, contract.currency), contract.currency)
    return Decision(
        contract=contract.id,
        on=modification.on,
        step=3,
        rule="explain_concession",
        paragraphs=("606-10-25-13", "606-10-32-43"),
        told=Told(
            inputs={"modification": modification.id, "amount": str(amount), "basis": told.basis},
            outcome="revenue now",
            sentence=(
                f"{told.id}, {amount}, is for what was transferred of {told.obligation} by then "
                f"({since}{told.service_to}), not for what remains: it is revenue when agreed."
            ),
        ),
    )


@cites("606-10-32-39", "606-10-32-40", "606-10-32-41")
def explain_wholly(
    contract: Contract, told: Consideration, names: tuple[str, ...], fair: Mapping[str, Comparison]
) -> Decision:
    """Why an amount is for some alone, and what all get with it against their selling prices.

    Whether that meets the allocation objective (32-40b) is judged by whoever told it so.
    """
    whom = ", ".join(names)
    if told.service_from is not None or told.service_to is not None:
        whom += f", {told.service_from or 'first day'} to {told.service_to or 'last day'}"
    compared = {
        name: f"{Money(each.allocated, contract.currency)} of "
        f"{Money(round(each.alone), contract.currency)}"
        for name, each in fair.items()
    }
    parts = "; ".join(f"{name} {text}" for name, text in compared.items())
    against = (
        f" With it the price is, of standalone selling prices: {parts}." if len(fair) > 1 else ""
    )
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=4,
        rule="explain_wholly",
        paragraphs=("606-10-32-39", "606-10-32-40"),
        told=Told(
            inputs={"consideration": told.id, "basis": told.basis} | compared,
            outcome=f"wholly to {whom}",
            sentence=f"{told.id} relates to {whom} alone and is allocated there wholly.{against}",
        ),
    )
