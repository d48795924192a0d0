"""Step 3: royalties on licenses, based on sales or usage (606-10-55-65 to 55-65B).

They are never estimated into revenue: a royalty is earned when the customer sells or uses, or
when the license it is for has been transferred, whichever is later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from revrec.asc606.control import performed
from revrec.asc606.licenses import right_to_use
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import (
    Consideration,
    ConsiderationKind,
    Contract,
    Measure,
    PerformanceObligation,
)
from revrec.model.decision import Decision, Shape, Told
from revrec.model.history import ContractHistory
from revrec.money import AMOUNT_SCALE, atoms

_HANDED_OVER = frozenset({Measure.POINT_IN_TIME, Measure.UNITS})


@dataclass(frozen=True, slots=True)
class Transferred:
    """A license that royalties wait for was transferred."""

    on: date
    id: str


@cites("606-10-55-65", "606-10-55-65B")
def check_royalty(consideration: Consideration, contract: Contract) -> None:
    """A royalty is priced as the customer sells or uses (UnsupportedTerm otherwise)."""
    terms = consideration.royalty
    if terms is None:
        return
    for wrong, what, field, remedy in (
        (
            consideration.kind is not ConsiderationKind.USAGE,
            "would be estimated before the customer sells or uses",
            "kind",
            "Give `kind: usage`: each day's royalty is told as usage of the license's meter.",
        ),
        (
            consideration.above_entitlement,
            "is a fee above an entitlement",
            "above_entitlement",
            "Give the guaranteed amount as `royalty: {minimum: ...}`.",
        ),
        (
            terms.minimum < 0,
            f"guarantees {terms.minimum}",
            "royalty.minimum",
            "Give the guaranteed amount, which is a fixed amount of the contract too.",
        ),
    ):
        if wrong:
            raise UnsupportedTerm(
                f"The royalty {consideration.id} of contract {contract.id} {what}.",
                citation="606-10-55-65",
                remedy=remedy,
                contract=contract.id,
                field=f"consideration.{consideration.id}.{field}",
            )


@cites("606-10-32-31", "606-10-55-65")
def check_shared(
    royalty: Consideration, contract: Contract, licenses: Iterable[PerformanceObligation]
) -> None:
    """A royalty that licenses share is counted on the same meters for each (UnsupportedTerm).

    Each takes its part of all that is sold or used; of a meter that only one of them counts, the
    others' parts would be nobody's.
    """
    meters = {each.id: each.counted_meters for each in licenses}
    if len({frozenset(each) for each in meters.values()}) > 1:
        told = "; ".join(f"{name}: {', '.join(each)}" for name, each in sorted(meters.items()))
        raise UnsupportedTerm(
            f"The royalty {royalty.id} of contract {contract.id} is shared by obligations that "
            f"count different meters: {told}.",
            citation="606-10-55-65",
            remedy="Give all of them the same `meters`, or the royalty an `obligation`.",
            contract=contract.id,
            field=f"consideration.{royalty.id}.obligation",
        )


@cites("606-10-55-65")
def above_minimum(consideration: Consideration, shape: Shape) -> Shape:
    """The measure of a usage fee; of a royalty only beyond what is guaranteed, a fixed amount."""
    terms = consideration.royalty
    if terms is None:
        return shape
    return shape._replace(baseline=atoms(terms.minimum, AMOUNT_SCALE))


@cites("606-10-55-65")
def waits(consideration: Consideration, obligation: PerformanceObligation) -> bool:
    """Whether royalties sold or used before it must wait for the license to be handed over."""
    handed_over = obligation.measure in _HANDED_OVER or right_to_use(obligation)
    return consideration.royalty is not None and handed_over


@cites("606-10-55-65")
def handovers(history: ContractHistory) -> list[Transferred]:
    """The first day each obligation was handed over, where royalties may wait for it."""
    royalties = [each for each in history.consideration if each.royalty is not None]
    if not royalties:
        return []
    first: dict[str, date] = {}
    for each in performed(history):
        first[each.counter] = min(first.get(each.counter, each.on), each.on)
    return [Transferred(on, name) for name, on in sorted(first.items())]


@cites("606-10-55-65", "606-10-55-65A", "606-10-55-65B")
def explain_royalty(
    consideration: Consideration, contract: Contract, names: tuple[str, ...], on: date
) -> Decision:
    """When a royalty is earned, and by which license, as a decision."""
    terms = consideration.royalty
    above = f" above the {terms.minimum} guaranteed" if terms is not None and terms.minimum else ""
    shared = " by their selling prices" if len(names) > 1 else ""
    return Decision(
        contract=contract.id,
        on=on,
        step=3,
        rule="explain_royalty",
        paragraphs=("606-10-55-65", "606-10-55-65A", "606-10-55-65B"),
        told=Told(
            inputs={"consideration": consideration.id, "licenses": ", ".join(names)},
            outcome="at the later of sale or use, and transfer",
            sentence=(
                f"The royalty {consideration.id}{above} is earned by {', '.join(names)}{shared} "
                "when the customer sells or uses, and not before the license is transferred."
            ),
        ),
    )
