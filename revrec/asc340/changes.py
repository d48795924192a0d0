"""What changes a contract cost asset after it was recognised (340-40-35-2, 250-10-45-17)."""

from __future__ import annotations

from datetime import date

from revrec.asc340.amortization import promised, term
from revrec.asc340.assets import Carried
from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.costs import ContractCost
from revrec.model.decision import Decision, Progress, Shape, Told
from revrec.model.events import Modification
from revrec.model.history import ContractHistory
from revrec.money import Money, round_ratio
from revrec.periods import day_before


@cites("340-40-35-1", "340-40-35-2")
def adjust(carried: Carried, amount: int, *, catch_up: bool) -> None:
    """More of a cost, or some of it given back, as of the day ``carried`` is settled to.

    Spread over the rest of what it benefits or, where so elected, as if it had always been so.
    Where nothing is left to benefit, or more is given back than is carried, it is expense now.
    """
    carried.capitalized += amount
    if carried.derecognized:
        taken = max(amount, -carried.impaired)
        carried.impaired += taken
        carried.amortized += amount - taken
        return
    if carried.spent:
        carried.amortized += amount
        return
    past = 0
    base = carried.amortized + carried.left
    if catch_up and base:
        past = round_ratio(amount * carried.amortized, base)
    rest = max(amount - past, -carried.left)
    carried.left += rest
    carried.amortized += amount - rest


@cites("340-40-25-1")
def check_adjustment(contract: str, cost: ContractCost, kept: int, amount: int) -> None:
    """No more can be given back than was incurred (ContractError)."""
    if kept + amount < 0:
        raise ContractError(
            f"Cost {cost.id} of contract {contract} gives back {-amount:,} of {cost.adjusts}, of "
            f"which {kept:,} were incurred (minor units).",
            citation="340-40-25-1",
            remedy="Correct the amount given back.",
            contract=contract,
            field=f"contract_cost.{cost.id}.amount",
        )


@cites("340-40-35-2")
def new_measure(own: Shape, before: Shape, after: Shape) -> Shape:
    """The related obligation expects another total: what is left of the count moves as much."""
    whole = max(own.whole + after.whole - before.whole, 1)
    entitled = own.entitled
    if entitled is not None and before.entitled is not None and after.entitled is not None:
        entitled = max(entitled + after.entitled - before.entitled, 1)
    return Shape(
        progress=Progress.COUNTED,
        starts=after.starts,
        ends=after.ends,
        counted_in=own.counted_in,
        counts_from=own.counts_from,
        baseline=own.baseline,
        cap=whole,
        whole=whole,
        entitled=entitled,
        lapses=after.lapses,
    )


@cites("340-40-35-2")
def shortened_to(
    history: ContractHistory, modification: Modification, carried: Carried
) -> date | None:
    """The end of the benefit where a modification ends the goods earlier; none if it does not.

    A customer that leaves early takes the anticipated renewals along; one that stays longer
    extends nothing until a review says so.
    """
    before, after = (
        _last_day(history, on, carried.cost.obligation)
        for on in (day_before(modification.on), modification.on)
    )
    sooner = after is not None and (before is None or after < before)
    ends = carried.shape.ends
    if not sooner or carried.follows or after is None or ends is None or ends <= after:
        return None
    return after


@cites("340-40-35-2")
def explain_period(
    contract: str, carried: Carried, on: date, last_day: date, *, rule: str, basis: str
) -> Decision:
    """Another period of benefit, as a decision."""
    return Decision(
        contract=contract,
        on=on,
        step=0,
        rule=rule,
        paragraphs=("340-40-35-2",),
        told=Told(
            inputs={"cost": carried.id, "benefit_end": str(last_day)},
            outcome="amortised over another period",
            sentence=(
                f"What is left of {carried.id} is amortised to {last_day}"
                f"{f' ({basis})' if basis else ''}: a change of estimate, for the time to come "
                f"only."
            ),
        ),
    )


@cites("340-40-35-1", "340-40-35-2")
def explain_adjustment(
    contract: str, cost: ContractCost, amount: Money, *, expensed: bool, catch_up: bool
) -> Decision:
    """More of a cost or some given back, as a decision."""
    how = "caught up for the time amortised" if catch_up else "spread over what is left"
    how = "expensed like the cost itself" if expensed else how
    verb = "is given back" if amount.minor < 0 else "is added"
    size = Money(abs(amount.minor), amount.currency)
    return Decision(
        contract=contract,
        on=cost.on,
        step=0,
        rule="adjust",
        paragraphs=("340-40-35-1", "340-40-35-2"),
        told=Told(
            inputs={"cost": cost.id, "adjusts": cost.adjusts or "", "amount": str(amount)},
            outcome=how,
            sentence=f"{cost.id}: {size} of {cost.adjusts} {verb}, {how}.",
        ),
    )


def _last_day(history: ContractHistory, on: date, obligation: str | None) -> date | None:
    last = term(history, on)
    known = promised(history, on).get(obligation or "")
    return last if known is None else known.end or last
