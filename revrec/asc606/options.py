"""Steps 2 and 4: rights to buy more, what is deferred for them, and their use (55-41 to 55-45)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction

from revrec.asc606.allocation import Weights
from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import Contract, PerformanceObligation
from revrec.model.decision import Decision, Told
from revrec.model.history import ContractHistory
from revrec.model.options import Exercise, Lapse
from revrec.money import Money, minor_digits, round_ratio, to_minor


@cites("606-10-55-42")
def is_right(obligation: PerformanceObligation) -> bool:
    """Whether the obligation is a right to buy more, of either kind."""
    return obligation.option is not None or obligation.renewal is not None


@cites("606-10-55-45")
def with_renewals(
    contract: Contract, alone: Weights, price: int, rights: Mapping[str, PerformanceObligation]
) -> tuple[Weights, Decision]:
    """Weights by the practical alternative: what is expected to be bought takes part at its price.

    The price and what will be charged for the renewals expected are shared by the selling prices
    of all goods; a right gets what its goods get beyond what will be charged for them. The weights
    sum to the price of the contract as signed. Raises ContractError when the rights together are
    worth nothing: then they are offers, not rights (55-43).
    """
    scale = 10 ** minor_digits(contract.currency)
    renewals = {name: each.renewal for name, each in rights.items() if each.renewal is not None}
    charged = {
        name: Fraction(each.consideration) * Fraction(each.likelihood) * scale
        for name, each in renewals.items()
    }
    goods = {
        name: weight * (Fraction(renewals[name].likelihood) if name in renewals else 1)
        for name, weight in alone.items()
    }
    base = price + sum(charged.values(), Fraction(0))
    whole = sum(goods.values(), Fraction(0))
    weights = {
        name: base * Fraction(weight, whole) - charged.get(name, Fraction(0))
        for name, weight in goods.items()
    }
    deferred = sum((weights[name] for name in renewals), Fraction(0))
    if deferred < 0:
        raise ContractError(
            f"The renewals of contract {contract.id} are expected at "
            f"{Money(round(sum(charged.values())), contract.currency)}, more than their part of "
            "the price: they are no material right.",
            citation="606-10-55-42",
            remedy="Leave them out: a renewal at its price is accounted for when it is made.",
            contract=contract.id,
            field="obligations.renewal",
        )
    return weights, _explain_renewals(contract, base, price, weights, charged)


def _explain_renewals(
    contract: Contract, base: Fraction, price: int, weights: Weights, charged: Weights
) -> Decision:
    currency = contract.currency
    told = {name: str(Money(round(weights[name]), currency)) for name in sorted(charged)}
    parts = ", ".join(f"{name} {amount}" for name, amount in told.items())
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=4,
        rule="with_renewals",
        paragraphs=("606-10-55-42", "606-10-55-45"),
        told=Told(
            inputs={
                f"expected.{name}": str(Money(round(charged[name]), currency)) for name in charged
            }
            | {"base": str(Money(round(base), currency))},
            outcome=parts,
            sentence=(
                f"By the practical alternative the price of {Money(price, currency)} and what is "
                f"expected to be charged for renewals, {Money(round(base), currency)} together, "
                "are shared by what is expected to be transferred; beyond what will be charged "
                f"for them the rights get {parts}."
            ),
        ),
    )


@cites("606-10-55-42", "606-10-55-44")
def portion_used(
    contract: Contract, event: Exercise | Lapse, right: PerformanceObligation | None, left: Fraction
) -> Fraction:
    """The part of what is left of a right that is used or lapses.

    Raises ContractError when there is no such right, too little is left, or it came to its end.
    """
    if right is None or not is_right(right):
        raise _refused(contract, event, "of which the contract has no right in force")
    if right.usage.entitled is not None:
        raise _refused(contract, event, "which is used up by use itself")
    terms = right.option or right.renewal
    if terms is not None and terms.expires is not None and event.on > terms.expires:
        raise _refused(contract, event, f"which came to its end on {terms.expires}")
    have = Fraction(right.quantity) * left
    used = have if event.quantity is None else Fraction(event.quantity)
    if not 0 < used <= have:
        raise _refused(contract, event, f"of which {_plain(have)} is left, not {event.quantity}")
    return Fraction(used, have)


def _plain(value: Fraction) -> Decimal:
    return Decimal(round_ratio(value.numerator * 10**6, value.denominator)).scaleb(-6).normalize()


def _refused(contract: Contract, event: Exercise | Lapse, what: str) -> ContractError:
    return ContractError(
        f"{event.kind.capitalize()} {event.id} of contract {contract.id} is of {event.right}, "
        f"{what}.",
        citation="606-10-55-42",
        remedy="Correct the right, the day or the quantity.",
        contract=contract.id,
        field=f"{event.kind}.right",
    )


@cites("606-10-55-42", "606-10-55-44")
def explain_use(
    contract: Contract, event: Exercise, released: int, bought: Mapping[str, int]
) -> Decision:
    """A right that is used: what was deferred joins the new money, once."""
    currency = contract.currency
    paid = to_minor(event.price, currency)
    parts = ", ".join(f"{name} {Money(each, currency)}" for name, each in sorted(bought.items()))
    reason = f" ({event.reason})" if event.reason else ""
    return Decision(
        contract=contract.id,
        on=event.on,
        step=2,
        rule="explain_use",
        paragraphs=("606-10-55-42", "606-10-55-44"),
        told=Told(
            inputs={
                "exercise": event.id,
                "right": event.right,
                "quantity": str(event.quantity or ""),
            },
            outcome=parts,
            sentence=(
                f"{event.right} is used on {event.on}{reason}: {Money(released, currency)} "
                f"deferred "
                f"for it and {Money(paid, currency)} charged now are the price of {parts}."
            ),
        ),
    )


@cites("606-10-55-42", "606-10-55-48")
def explain_lapse(contract: Contract, event: Lapse, released: int) -> Decision:
    """A right that lapses: what was deferred for it is revenue."""
    reason = f" ({event.reason})" if event.reason else ""
    amount = Money(released, contract.currency)
    return Decision(
        contract=contract.id,
        on=event.on,
        step=5,
        rule="explain_lapse",
        paragraphs=("606-10-55-42", "606-10-55-48"),
        told=Told(
            inputs={"lapse": event.id, "right": event.right, "quantity": str(event.quantity or "")},
            outcome=str(amount),
            sentence=(
                f"{event.right} lapses on {event.on}{reason}: {amount} deferred for it is revenue."
            ),
        ),
    )


@cites("606-10-55-45")
def expected_of_renewals(history: ContractHistory, on: date) -> dict[str, int]:
    """What is still expected to be charged for renewals not yet told, by right, in minor units.

    It is in the base of the allocation and no part of what is enforceable.
    """
    contract = history.contract
    found: dict[str, int] = {}
    told: list[Exercise | Lapse] = [*history.exercises, *history.lapses]
    used_up = sorted(told, key=lambda event: (event.on, event.id))
    for each in contract.obligations:
        terms = each.renewal
        over = terms is None or (terms.expires is not None and on >= terms.expires)
        if terms is None or over or on < contract.inception:
            continue
        left = Fraction(1)
        for event in used_up:
            if event.right == each.id and event.on <= on:
                quantity, used = Fraction(each.quantity), event.quantity
                taken = left if used is None else Fraction(Fraction(used), quantity)
                left -= min(taken, left)
        amount = Fraction(terms.consideration) * Fraction(terms.likelihood) * left
        amount *= 10 ** minor_digits(contract.currency)
        found[each.id] = round_ratio(amount.numerator, amount.denominator)
    return found
