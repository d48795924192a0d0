"""Step 2: principal or agent, and what an agent keeps (606-10-55-36 to 55-40)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import Consideration, ConsiderationKind, Contract, Role
from revrec.model.decision import Decision, Told
from revrec.model.events import Estimate
from revrec.money import Money, from_minor, minor_digits, round_ratio

_ALL = Fraction(1)


@cites("606-10-55-36", "606-10-55-37B", "606-10-55-38")
def retained(
    told: Consideration, contract: Contract, role: Role | None, on: date
) -> tuple[Consideration, Decision | None]:
    """Consideration net of the principal's part, and the decision if the entity is an agent.

    Fixed and variable amounts become what is kept; a usage fee keeps its share, which prices each
    day's rated amount, or the lines of usage tell what is owed to the provider. Raises
    ContractError when the role and the amounts contradict each other.
    """
    shares = told.retained_share is not None or told.retained_amount is not None
    if not shares and role is not Role.AGENT:
        return told, None
    _check(told, contract, role, shares=shares)
    if told.kind is ConsiderationKind.USAGE:
        return told, _explain(contract, told, on, _kept_of_usage(told))
    kept = replace(
        told,
        amount=_kept(told, told.amount, contract.currency),
        outcomes=tuple(
            replace(each, amount=_kept(told, each.amount, contract.currency))
            for each in told.outcomes
        ),
        steps=tuple(
            replace(each, amount=_kept(told, each.amount, contract.currency)) for each in told.steps
        ),
        retained_share=None,
        retained_amount=None,
    )
    gross = Money.parse(f"{told.amount} {contract.currency}")
    net = Money.parse(f"{kept.amount} {contract.currency}")
    parts = f"of {gross}, {net} is kept and {gross - net} is collected for the principal"
    return kept, _explain(contract, told, on, parts)


@cites("606-10-55-38", "606-10-32-14")
def retained_estimate(
    estimate: Estimate, told: Mapping[str, Consideration], currency: str
) -> Estimate:
    """An agent's new estimate of a gross amount, net; an amount kept is estimated net itself."""
    consideration = told.get(estimate.consideration or "")
    if consideration is None or consideration.retained_share is None:
        return estimate
    outcomes = tuple(
        replace(each, amount=_kept(consideration, each.amount, currency))
        for each in estimate.outcomes
    )
    if estimate.amount is None:
        return replace(estimate, outcomes=outcomes)
    amount = _kept(consideration, estimate.amount, currency)
    return replace(estimate, amount=amount, outcomes=outcomes)


@cites("606-10-55-38")
def share_of_use(consideration: Consideration) -> Fraction:
    """The part of a rated amount that is revenue: all of it, but for an agent."""
    share = consideration.retained_share
    return _ALL if share is None else Fraction(share)


def _kept(told: Consideration, amount: Decimal, currency: str) -> Decimal:
    """What is kept of an amount, rounded once to the minor unit."""
    if told.retained_share is None:
        return amount if told.retained_amount is None else told.retained_amount
    exact = Fraction(amount) * Fraction(told.retained_share) * 10 ** minor_digits(currency)
    return from_minor(round_ratio(exact.numerator, exact.denominator), currency)


def _kept_of_usage(told: Consideration) -> str:
    if told.retained_share is None:
        return "of each rated amount, what is not owed to the provider is kept"
    return f"of each rated amount, {told.retained_share} is kept"


def _check(told: Consideration, contract: Contract, role: Role | None, *, shares: bool) -> None:
    if role is Role.PRINCIPAL:
        what = "gives a part of its amount to another, but the entity is told to be the principal"
        remedy = "A principal's revenue is gross (55-37B): leave out what is retained."
    elif told.retained_share is not None and told.retained_amount is not None:
        what, remedy = "tells both a share and an amount that is kept", "Give one of them."
    elif told.retained_share is not None and not 0 <= told.retained_share <= 1:
        what, remedy = f"keeps {told.retained_share} of its amount", "Give a share from 0 to 1."
    elif told.kind is ConsiderationKind.USAGE and told.retained_amount is not None:
        what, remedy = "is a usage fee that keeps a fixed amount", "Give `retained_share`."
    elif told.steps and told.retained_amount is not None:
        what, remedy = "keeps one amount of charges that differ", "Give `retained_share`."
    elif told.per_unit or told.tiers:
        what = "is priced by the unit, of which a part is another's"
        remedy = "Give the price of a unit that is kept."
    elif told.kind is not ConsiderationKind.USAGE and not shares:
        what = "is for a good the entity arranges as an agent, but tells not what is kept"
        remedy = "Give `retained_share` or `retained_amount`."
    else:
        return
    raise ContractError(
        f"Consideration {told.id} of contract {contract.id} {what}.",
        citation="606-10-55-38",
        remedy=remedy,
        contract=contract.id,
        field=f"consideration.{told.id}.retained_share",
    )


def _explain(contract: Contract, told: Consideration, on: date, parts: str) -> Decision:
    return Decision(
        contract=contract.id,
        on=on,
        step=2,
        rule="retained",
        paragraphs=("606-10-55-36", "606-10-55-38"),
        told=Told(
            inputs={"consideration": told.id, "obligation": told.obligation or ""},
            outcome="agent",
            sentence=(
                f"For {told.id} the entity arranges for another to provide the good: {parts}; only "
                "what is kept is consideration."
            ),
        ),
    )
