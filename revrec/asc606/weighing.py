"""Step 4: what the obligations that share a price weigh against each other (606-10-32-31)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

import msgspec

from revrec.asc606.allocation import Exact, Weights, discounted, with_residual
from revrec.asc606.options import with_renewals
from revrec.asc606.standalone_selling_price import Books, PriceAlone, price_alone
from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Contract, PerformanceObligation
from revrec.model.decision import Decision, Shape, Told
from revrec.money import Money

_WHOLE = Fraction(1)


class InForce(msgspec.Struct):
    """An obligation that shares in the price, with its measure and what is left to sell."""

    obligation: PerformanceObligation
    group: str
    """Main component of the contract it belongs to: modifications may add others (25-12)."""
    shape: Shape
    priced_on: date
    first_day: date
    last_day: date | None
    left: Fraction = _WHOLE
    worth: Exact | None = None
    """Of a renewal: what it got of the price at inception (55-45), in minor units."""
    used_until: Shape | None = None
    """The measure before no further use was expected (55-48), while none is."""

    @property
    def id(self) -> str:
        """The obligation's id."""
        return self.obligation.id

    def still(self, price: Exact) -> Exact:
        """What of a price of the whole promise, or of a part of it, is of what is left."""
        return price if self.left == 1 else self.left * price

    @property
    def terms(self) -> PerformanceObligation:
        """The obligation with the days of service it is bound to."""
        return replace(self.obligation, start=self.first_day, end=self.last_day)


@dataclass(slots=True)
class Stopped:
    """An obligation that stands still: its measure before the pause and the one after it."""

    name: str
    before: Shape
    undisturbed: Shape
    """The measure as if it had never been paused ..."""
    paused_before: int
    """... and the days it stood still until now."""
    now: Shape


@cites("606-10-32-31", "606-10-32-34", "606-10-32-37", "606-10-55-45")
def weigh(
    sharing: Sequence[InForce], contract: Contract, books: Books, price: int | None
) -> tuple[Weights, list[Decision]]:
    """Selling prices of what is left, in minor units; a single obligation needs none.

    With the price of a new contract, proven discounts, residuals and expected renewals count.
    """
    if len(sharing) == 1:
        return {sharing[0].id: _WHOLE}, []
    residual = [each.obligation for each in sharing if each.obligation.residual]
    alone = {
        each.id: _alone(each, contract, books, signed=price is not None)
        for each in sharing
        if each.obligation not in residual or price is None
    }
    found = {each.id: each.still(alone[each.id].amount) for each in sharing if each.id in alone}
    looked_up = {name: each for name, each in sorted(alone.items()) if each.source}
    why: list[Decision] = []
    if looked_up:
        on = max(each.priced_on for each in sharing)
        why.append(explain_prices(contract, looked_up, on))
    if price is None:
        return found, why
    renewals = [each for each in sharing if each.obligation.renewal is not None]
    if renewals:
        weights, decision = _with_renewals(sharing, contract, found, price)
        return weights, [*why, decision]
    if len(residual) > 1:
        raise UnsupportedTerm(
            f"Contract {contract.id} has {len(residual)} obligations priced as residual.",
            citation="606-10-32-35",
            remedy="Estimate the selling price of all but one of them.",
            contract=contract.id,
            field="obligations.residual",
        )
    if residual:
        return with_residual(contract, found, residual[0], price), why
    proven = discounted(contract, found, price)
    if contract.bundles:
        why.append(explain_discount(contract, found, proven, price))
    return proven, why


@cites("606-10-32-36", "606-10-32-37")
def explain_discount(contract: Contract, alone: Weights, proven: Weights, price: int) -> Decision:
    """Whose the discount is: of some obligations if bundle prices prove it, else of all."""
    currency = contract.currency
    discount = Money(round(sum(alone.values(), Fraction(0)) - price), currency)
    whose = sorted(name for name in alone if proven[name] != alone[name])
    bundles = {", ".join(each.obligations): f"{each.price} {currency}" for each in contract.bundles}
    proof = f"bundle prices prove that it belongs to {', '.join(whose)}"
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=4,
        rule="explain_discount",
        paragraphs=("606-10-32-37",) if whose else ("606-10-32-36",),
        told=Told(
            inputs=bundles,
            outcome=f"to {', '.join(whose)}" if whose else "to all",
            sentence=(
                f"The discount is {discount}: "
                f"{proof if whose else 'bundle prices do not prove whose it is, so all share it'}."
            ),
        ),
    )


@cites("606-10-32-32", "606-10-32-33", "606-10-32-34")
def explain_prices(contract: Contract, told: Mapping[str, PriceAlone], on: date) -> Decision:
    """Where the selling prices come from that the contract does not tell itself."""
    amounts = {
        name: str(Money(round(each.amount), contract.currency)) for name, each in told.items()
    }
    parts = "; ".join(f"{name} {amounts[name]} ({each.source})" for name, each in told.items())
    return Decision(
        contract=contract.id,
        on=on,
        step=4,
        rule="explain_prices",
        paragraphs=("606-10-32-32", "606-10-32-33"),
        told=Told(
            inputs={name: each.source for name, each in told.items()},
            outcome=", ".join(f"{name} {amount}" for name, amount in amounts.items()),
            sentence=f"Standalone selling prices on {on}: {parts}.",
        ),
    )


def _alone(each: InForce, contract: Contract, books: Books, *, signed: bool) -> PriceAlone:
    """What an obligation would be sold for alone; a renewal what it got at inception."""
    if each.obligation.renewal is not None and not signed:
        if each.worth is None:
            raise _unpriced(each, contract, "is a renewal added to a contract that others share")
        return PriceAlone(each.worth, "what the right got at inception")
    service = (each.first_day, each.last_day)
    return price_alone(each.obligation, contract, books, on=each.priced_on, service=service)


def _with_renewals(
    sharing: Sequence[InForce], contract: Contract, alone: Weights, price: int
) -> tuple[Weights, Decision]:
    """Weights by the practical alternative; what renewals get is kept for later (55-45)."""
    if contract.bundles or len(alone) < len(sharing):
        raise _unpriced(sharing[0], contract, "is sold with renewals, and by bundle or residual")
    rights = {each.id: each.obligation for each in sharing if each.obligation.renewal}
    weights, decision = with_renewals(contract, alone, price, rights)
    for each in sharing:
        each.worth = weights[each.id] if each.id in rights else None
    return weights, decision


def _unpriced(each: InForce, contract: Contract, what: str) -> UnsupportedTerm:
    return UnsupportedTerm(
        f"{each.id} of contract {contract.id} {what}: no practical alternative is stated.",
        citation="606-10-55-45",
        remedy="Give the right's own value as `option` (55-44).",
        contract=contract.id,
        field=f"obligations.{each.id}.renewal",
    )
