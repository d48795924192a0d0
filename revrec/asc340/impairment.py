"""When a contract cost asset is worth less than it is carried at, or gone (340-40-35-3 to 35-6)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from revrec.citations import cites
from revrec.model.costs import ContractCostReview
from revrec.model.decision import Decision, Told
from revrec.money import Money, apportion


@cites("340-40-35-3", "340-40-35-4", "340-40-35-6")
def impairment(
    carrying: Mapping[str, int], expected_consideration: int, expected_costs: int
) -> dict[str, int]:
    """The loss of each asset tested together, in minor units; none where they are recoverable.

    What is carried beyond the consideration still expected less the costs of providing the goods
    is lost, by carrying amount. Assets under other topics are tested before, the asset group after
    (35-5). A test that turns out better than the last takes nothing back (35-6).
    """
    recoverable = max(expected_consideration - expected_costs, 0)
    loss = max(sum(carrying.values()) - recoverable, 0)
    return apportion(loss, carrying) if loss else {}


@cites("340-40-35-6")
def recovery(
    carrying: Mapping[str, int],
    forgone: Mapping[str, int],
    expected_consideration: int,
    expected_costs: int,
) -> dict[str, int]:
    """What impaired assets get back, below zero, where it is elected; Topic 340 prohibits it.

    IFRS 15.104 requires it when conditions improve: up to what is recoverable, and to what would
    be carried had nothing been impaired (``forgone`` is the difference), by those amounts.
    """
    recoverable = max(expected_consideration - expected_costs, 0)
    gain = min(recoverable - sum(carrying.values()), sum(forgone.values()))
    return apportion(-gain, forgone) if gain > 0 else {}


@cites("340-40-35-3", "340-40-35-6")
def explain_impairment(
    contract: str,
    currency: str,
    review: ContractCostReview,
    carrying: Mapping[str, int],
    losses: Mapping[str, int],
) -> Decision:
    """The test and its result, as a decision."""
    carried = Money(sum(carrying.values()), currency)
    loss = sum(losses.values())
    parts = ", ".join(
        f"{name} {Money(abs(part), currency)}" for name, part in sorted(losses.items())
    )
    verb = "lost" if loss > 0 else "got back"
    result = f"{Money(abs(loss), currency)} is {verb}: {parts}"
    result = result if losses else "nothing is lost, and nothing taken back"
    basis = f" ({review.basis})" if review.basis else ""
    return Decision(
        contract=contract,
        on=review.on,
        step=0,
        rule="impairment",
        paragraphs=("340-40-35-3", "340-40-35-4" if loss > 0 else "340-40-35-6"),
        told=Told(
            inputs={
                "review": review.id,
                "carrying_amount": str(carried),
                "expected_consideration": str(review.expected_consideration),
                "expected_costs": str(review.expected_costs),
            },
            outcome="impaired" if loss > 0 else "recovered" if losses else "not impaired",
            sentence=(
                f"Costs carried at {carried} are tested against {review.expected_consideration} "
                f"still expected less {review.expected_costs} of costs{basis}: {result}."
            ),
        ),
    )


@cites("340-40-35-1", "340-40-35-3")
def derecognition(
    contract: str, cost: str, *, on: date, because: str, written_off: Money
) -> Decision:
    """An asset whose goods will not be transferred recovers nothing: it is written off."""
    return Decision(
        contract=contract,
        on=on,
        step=0,
        rule="derecognition",
        paragraphs=("340-40-35-1", "340-40-35-3"),
        told=Told(
            inputs={"cost": cost, "because": because},
            outcome="written off",
            sentence=f"{cost} is written off, {written_off}: {because}.",
        ),
    )
