"""Which costs are an asset when they are incurred (340-40-25-1 to 25-8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from revrec.citations import cites
from revrec.model.costs import ContractCost, CostPurpose, ExpensedFulfilment
from revrec.model.decision import Decision, Told
from revrec.money import Money

ONE_YEAR = Fraction(12)
"""Months of the practical expedient (340-40-25-4)."""


class Outcome(StrEnum):
    """What becomes of a cost when it is incurred."""

    ASSET = "asset"
    EXPENSE = "expense as incurred"
    ELSEWHERE = "accounted for under another topic"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What becomes of a cost, on which paragraphs, and why."""

    outcome: Outcome
    paragraphs: tuple[str, ...]
    because: str


@cites("340-40-15-3", "340-40-25-5")
def in_scope(cost: ContractCost) -> Conclusion | None:
    """Inventory, equipment and software follow their own topics first; none if in scope."""
    if not cost.other_topic:
        return None
    return Conclusion(
        Outcome.ELSEWHERE,
        ("340-40-15-3",) if cost.purpose is CostPurpose.OBTAIN else ("340-40-15-3", "340-40-25-5"),
        f"it is accounted for under {cost.other_topic}",
    )


@cites("340-40-25-1", "340-40-25-2", "340-40-25-3")
def obtain(cost: ContractCost) -> Conclusion:
    """An incremental cost of obtaining a contract is an asset if it will be recovered.

    What would have been incurred anyway is an expense, unless the customer is to be charged for it
    whatever comes of the contract.
    """
    if not cost.recoverable:
        return Conclusion(Outcome.EXPENSE, ("340-40-25-1",), "it is not expected to be recovered")
    if cost.incremental:
        paragraphs = ("340-40-25-1", "340-40-25-2")
        return Conclusion(
            Outcome.ASSET, paragraphs, "it is incremental and expected to be recovered"
        )
    if cost.chargeable:
        return Conclusion(
            Outcome.ASSET,
            ("340-40-25-3",),
            "it is chargeable to the customer whether or not the contract is obtained",
        )
    return Conclusion(
        Outcome.EXPENSE,
        ("340-40-25-2", "340-40-25-3"),
        "it would have been incurred whether or not the contract was obtained",
    )


@cites("340-40-25-4")
def within_a_year(conclusion: Conclusion, cost: ContractCost, months: Fraction) -> Conclusion:
    """With the practical expedient, a cost to obtain that benefits a year or less is an expense.

    ``months`` is the amortisation period with the renewals it benefits: those may close the
    expedient to a contract of a month.
    """
    asset = conclusion.outcome is Outcome.ASSET
    if not asset or cost.purpose is not CostPurpose.OBTAIN or months > ONE_YEAR:
        return conclusion
    return Conclusion(
        Outcome.EXPENSE,
        ("340-40-25-4",),
        "it would be amortised over a year or less and the practical expedient is elected",
    )


_ALWAYS_EXPENSED = {
    ExpensedFulfilment.GENERAL_AND_ADMINISTRATIVE: "it is general and administrative",
    ExpensedFulfilment.WASTED: "it was wasted and is not in the price",
    ExpensedFulfilment.PAST_PERFORMANCE: "it is for past performance",
    ExpensedFulfilment.INDISTINGUISHABLE: "it cannot be told from a cost of past performance",
}


@cites("340-40-25-5", "340-40-25-6", "340-40-25-7", "340-40-25-8")
def fulfil(cost: ContractCost) -> Conclusion:
    """A cost of fulfilling is an asset if it meets all three criteria and no exclusion."""
    excluded = cost.expensed_as
    charged = excluded is ExpensedFulfilment.GENERAL_AND_ADMINISTRATIVE and cost.chargeable
    if excluded is not None and not charged:
        return Conclusion(Outcome.EXPENSE, ("340-40-25-8",), _ALWAYS_EXPENSED[excluded])
    for met, what in (
        (cost.relates_directly, "it does not relate directly to the contract"),
        (cost.enhances_resources, "it enhances no resource for performance still to come"),
        (cost.recoverable, "it is not expected to be recovered"),
    ):
        if not met:
            return Conclusion(Outcome.EXPENSE, ("340-40-25-5",), what)
    return Conclusion(
        Outcome.ASSET,
        ("340-40-25-5", "340-40-25-7"),
        "it relates directly to the contract, enhances resources for performance still to come "
        "and is expected to be recovered",
    )


@cites("340-40-25-1", "340-40-25-5")
def explain_cost(
    contract: str, cost: ContractCost, amount: Money, conclusion: Conclusion
) -> Decision:
    """What becomes of the cost, as a decision."""
    of = f" of {cost.obligation}" if cost.obligation else ""
    payee = f" to {cost.payee}" if cost.payee else ""
    verb = {
        Outcome.ASSET: "is an asset",
        Outcome.EXPENSE: "is an expense as incurred",
        Outcome.ELSEWHERE: "is not accounted for here",
    }[conclusion.outcome]
    what = "obtaining" if cost.purpose is CostPurpose.OBTAIN else "fulfilling"
    return Decision(
        contract=contract,
        on=cost.on,
        step=0,
        rule=cost.purpose.value,
        paragraphs=conclusion.paragraphs,
        told=Told(
            inputs={
                "cost": cost.id,
                "amount": str(amount),
                "incremental": str(cost.incremental),
                "recoverable": str(cost.recoverable),
            },
            outcome=conclusion.outcome.value,
            sentence=(
                f"{cost.id}{payee}, {amount} for {what} the contract{of}, {verb}: "
                f"{conclusion.because}."
            ),
        ),
    )


@cites("340-40-35-1")
def explain_shares(contract: str, cost: ContractCost, shares: Mapping[str, Money]) -> Decision:
    """Which obligations a cost of the whole contract is for, as a decision."""
    parts = ", ".join(f"{name} {share}" for name, share in sorted(shares.items()))
    return Decision(
        contract=contract,
        on=cost.on,
        step=0,
        rule="shared_by",
        paragraphs=("340-40-35-1",),
        told=Told(
            inputs={"cost": cost.id, "obligations": ", ".join(sorted(shares))},
            outcome="shared by what is still to be earned",
            sentence=(
                f"{cost.id} relates to several obligations and follows their transfer: it is "
                f"shared by the price still to be earned, {parts}."
            ),
        ),
    )
