"""Step 3: how variable consideration is estimated, and what an estimate may say (32-8 to 32-14)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.citations import cites
from revrec.errors import UnsupportedTerm
from revrec.model.contract import Consideration, ConsiderationKind, EstimationMethod, Outcome
from revrec.model.events import Estimate
from revrec.model.history import ContractHistory
from revrec.money import minor_digits, round_ratio, to_minor


@cites("606-10-32-8", "606-10-32-9", "606-10-32-11")
def of_outcomes(consideration: Consideration, outcomes: Sequence[Outcome], currency: str) -> int:
    """The expected value or the most likely amount, by the method of the contract's life.

    Of equally likely amounts the smallest is taken, which reverses least (32-11).
    """
    total = sum((each.probability for each in outcomes), Decimal(0))
    if total != 1 or any(each.probability < 0 for each in outcomes):
        raise UnsupportedTerm(
            f"The probabilities of {consideration.id} sum to {total}.",
            citation="606-10-32-8",
            remedy="Give probabilities from 0 to 1 that sum to 1.",
            field=f"consideration.{consideration.id}.outcomes",
        )
    if consideration.method is EstimationMethod.MOST_LIKELY_AMOUNT:
        likely = max(outcomes, key=lambda each: (each.probability, -each.amount))
        return to_minor(likely.amount, currency)
    scale: int = 10 ** minor_digits(currency)
    expected = sum(
        (Fraction(each.amount) * Fraction(each.probability) for each in outcomes), Fraction(0)
    )
    return round_ratio(expected.numerator * scale, expected.denominator)


@cites("606-10-32-9", "606-10-32-14")
def check_estimates(history: ContractHistory) -> None:
    """Every estimate is made after inception, of something variable, within what can be.

    Raises UnsupportedTerm naming the estimate's field.
    """
    if not history.estimates:
        return
    contract = history.contract
    terms = {each.id: each for each in history.consideration}
    first = min((each.inception for each in history.earlier), default=contract.inception)
    for estimate in history.estimates:
        of = terms.get(estimate.consideration or "")
        for wrong, what, field, remedy in _doubts(estimate, of, first):
            if wrong:
                raise UnsupportedTerm(
                    f"Estimate {estimate.id} of contract {contract.id} {what}.",
                    citation="606-10-32-14",
                    remedy=remedy,
                    contract=contract.id,
                    field=f"estimate.{field}",
                )


def _doubts(
    estimate: Estimate, of: Consideration | None, first: date
) -> Sequence[tuple[bool, str, str, str]]:
    total = of is not None and of.kind is ConsiderationKind.VARIABLE
    other = of is not None and (of.per_unit or of.tiers or of.returns or of.noncash or of.payable)
    return (
        (
            estimate.on < first,
            f"is of {estimate.on}, before the contract's inception {first}",
            "on",
            "Give the estimate of inception with the consideration.",
        ),
        (
            estimate.expected is not None and estimate.expected < 0,
            f"expects {estimate.expected}",
            "expected",
            "Give what is expected in all, at least nothing.",
        ),
        (
            of is not None and not total,
            f"is of {estimate.consideration}, which is not variable",
            "consideration",
            "Tell a change of a fixed amount as a modification.",
        ),
        (
            bool(estimate.outcomes) and (not total or bool(other) or estimate.amount is not None),
            "gives outcomes of something else than one variable amount, or an amount beside them",
            "outcomes",
            "Give outcomes of a variable amount, or the amount.",
        ),
    )
