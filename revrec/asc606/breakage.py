"""Step 5: rights that customers do not use (606-10-55-46 to 55-49), and parts earned apart.

An entity that expects to be entitled to breakage earns it in proportion to the rights used; the
measure of progress does so. One that does not waits until further use is remote: until rights
lapse, or a day on which somebody judged so. What must go to a state is never revenue (55-49).
"""

from __future__ import annotations

from collections.abc import Iterable

from revrec.asc606.performance_obligations import COMPLETE, materials_counter
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract, CountedIn, Measure, PerformanceObligation
from revrec.model.decision import Decision, Progress, Segment, Shape, Stream, Told
from revrec.model.events import Estimate
from revrec.money import QUANTITY_SCALE, Money, atoms, round_ratio, to_minor
from revrec.periods import day_before

Part = tuple[int, Shape]
"""Minor units of an obligation's price, and how they are earned."""


@cites("606-10-55-48")
def use_is_remote(shape: Shape, contract: Contract, estimate: Estimate) -> tuple[Shape, Decision]:
    """From the day of the judgment on, what is left of the rights is breakage revenue.

    Raises UnsupportedTerm where the obligation has no rights that could be left unused.
    """
    if shape.entitled is None or estimate.expected is not None:
        raise UnsupportedTerm(
            f"Estimate {estimate.id} of contract {contract.id} judges use of "
            f"{estimate.obligation} remote, which has no entitlement, or expects use as well.",
            citation="606-10-55-48",
            remedy="Judge rights of an entitlement remote, or give the use still expected.",
            contract=contract.id,
            field="estimate.remote",
        )
    over = estimate.on if shape.lapses is None else min(shape.lapses, estimate.on)
    reason = f" ({estimate.basis})" if estimate.basis else ""
    decision = Decision(
        contract=contract.id,
        on=estimate.on,
        step=5,
        rule="use_is_remote",
        paragraphs=("606-10-55-48",),
        told=Told(
            inputs={"estimate": estimate.id, "obligation": estimate.obligation or ""},
            outcome="breakage",
            sentence=(
                f"On {estimate.on} it was judged remote{reason} that what is left of "
                f"{estimate.obligation} will be used: the rest of its price is breakage revenue."
            ),
        ),
    )
    return shape._replace(lapses=over, rollover=None, rollover_ends=None), decision


@cites("606-10-55-48")
def expected_again(shape: Shape, before: Shape) -> Shape:
    """Rights that were judged remote lapse and roll over as they did before the judgment."""
    return shape._replace(
        lapses=before.lapses, rollover=before.rollover, rollover_ends=before.rollover_ends
    )


@cites("606-10-55-20", "606-10-55-21")
def materials_at_cost(
    obligation: PerformanceObligation, contract: Contract, share: int
) -> Part | None:
    """What of the price is the cost of uninstalled materials, earned as their control passes.

    Revenue equals their cost and they are left out of the measure of progress (55-21b). Minor
    units. Raises UnsupportedTerm where they cost more than the price, or the rest of the work is
    distinct from what was done, so that it is no single obligation measured by its costs.
    """
    cost = obligation.uninstalled_materials
    if not cost:
        return None
    price = to_minor(cost, contract.currency)
    if (
        obligation.measure is not Measure.COSTS
        or obligation.distinct_increments
        or not 0 < price <= share
    ):
        raise UnsupportedTerm(
            f"Uninstalled materials of {obligation.id} in contract {contract.id} cost {cost}: the "
            f"price allocated is {Money(share, contract.currency)}, measured by "
            f"{obligation.measure.value}, distinct increments {obligation.distinct_increments}.",
            citation="606-10-55-21",
            remedy="Give them for one obligation by costs, `distinct_increments: false`.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.uninstalled_materials",
        )
    whole = atoms(cost, QUANTITY_SCALE)
    shape = Shape(
        progress=Progress.COUNTED,
        counted_in=CountedIn.QUANTITY.value,
        cap=whole,
        whole=whole,
        counter=materials_counter(obligation.id),
    )
    return price, shape


@cites("606-10-55-49")
def unclaimed_part(
    obligation: PerformanceObligation, contract: Contract, shape: Shape, share: int
) -> Part | None:
    """What of the price is earned by use alone, as what is unused of it goes to a state.

    Raises UnsupportedTerm for a share outside 0 to 1, or rights that have no last day.
    """
    owed = obligation.usage.unclaimed_property
    if not owed or shape.entitled is None:
        return None
    last = shape.rollover_ends or shape.lapses
    if not 0 < owed <= 1:
        raise UnsupportedTerm(
            f"The share {owed} of unused {obligation.id} in contract {contract.id} is owed to a "
            "state.",
            citation="606-10-55-49",
            remedy="Give a share from 0 to 1.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.usage.unclaimed_property",
        )
    numerator, denominator = owed.as_integer_ratio()
    by_use = shape._replace(
        whole=shape.entitled,
        cap=shape.entitled,
        lapses=None,
        rollover=None,
        rollover_ends=None,
        counts_to=last,
    )
    return round_ratio(share * numerator, denominator), by_use


@cites("606-10-55-49")
def owed_to_a_state(revenue: Iterable[Segment]) -> tuple[list[Segment], list[Segment]]:
    """Revenue, of which what is owed to a state is no remaining obligation, and the liability.

    From the day rights lapse the price of those not used is owed, not to be earned any more.
    """
    kept: list[Segment] = []
    owed: list[Segment] = []
    for segment in revenue:
        lapsed = segment.shape.counts_to
        if lapsed is None or segment.shape.entitled is None or segment.valid_to < lapsed:
            kept.append(segment)
            continue
        since = max(segment.valid_from, lapsed)
        if segment.valid_from < since:
            kept.append(segment._replace(valid_to=day_before(since)))
        kept.append(segment._replace(valid_from=since, as_used=True))
        liability = segment._replace(valid_from=since, stream=Stream.UNCLAIMED_PROPERTY)
        owed += [liability._replace(shape=COMPLETE), liability._replace(price=-segment.price)]
    return kept, owed


@cites("606-10-55-49")
def refuse_restart(contract: Contract, obligation: PerformanceObligation, shape: Shape) -> None:
    """What is owed to a state cannot be spread over what remains (UnsupportedTerm)."""
    if obligation.usage.unclaimed_property and shape.entitled is not None:
        raise UnsupportedTerm(
            f"Contract {contract.id} is modified with {obligation.id}, of which what is unused is "
            "owed to a state.",
            citation="606-10-55-49",
            remedy="Add what is new at its standalone selling price, or as a contract of its own.",
            contract=contract.id,
            field=f"obligations.{obligation.id}.usage.unclaimed_property",
        )
