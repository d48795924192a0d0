"""Step 1: contract modifications (606-10-25-10 to 25-13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from functools import partial

from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import Contract, PerformanceObligation
from revrec.model.decision import Answer, Decision, Told
from revrec.model.events import Modification
from revrec.model.judgment import ModificationTreatment
from revrec.money import as_text, to_minor
from revrec.periods import day_before


class Treatment(StrEnum):
    """How a modification is accounted for."""

    SEPARATE = "separate contract"
    PROSPECTIVE = "termination of the old contract and start of a new one"
    CATCH_UP = "cumulative catch-up"
    MIXED = "prospective for what is distinct, cumulative catch-up for the rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """How a modification is accounted for, and what the rule gives."""

    treatment: Treatment
    by_rule: Treatment
    at_selling_prices: bool


_PARAGRAPH = {
    Treatment.SEPARATE: "606-10-25-12",
    Treatment.PROSPECTIVE: "606-10-25-13",
    Treatment.CATCH_UP: "606-10-25-13",
    Treatment.MIXED: "606-10-25-13",
}
_CHOSEN = {
    ModificationTreatment.SEPARATE: Treatment.SEPARATE,
    ModificationTreatment.PROSPECTIVE: Treatment.PROSPECTIVE,
    ModificationTreatment.CATCH_UP: Treatment.CATCH_UP,
}
_CASE = {Treatment.PROSPECTIVE: "(a)", Treatment.CATCH_UP: "(b)", Treatment.MIXED: "(c)"}


@cites("606-10-25-10")
def cut_off(modification: Modification) -> date:
    """The last day under the old terms."""
    return day_before(modification.new_terms_from or modification.on)


@cites("606-10-25-10")
def takes_effect(modification: Modification) -> date:
    """The day at whose end the books change: not before approval, nor before the old terms end."""
    return max(modification.on, cut_off(modification))


def _new_from(modification: Modification) -> date:
    return modification.new_terms_from or modification.on


@cites("606-10-25-10", "606-10-32-42")
def check_price(contract: Contract, modification: Modification, price: int, change: int) -> None:
    """Refuse to give back more than the whole price (ContractError); minor units."""
    if price >= 0 > price + change:
        currency = contract.currency
        raise _contradiction(
            contract,
            modification,
            f"takes {as_text(-change, currency)} off a price of {as_text(price, currency)}: more "
            "than can be given back",
            "price_change",
        )


@cites("606-10-25-10")
def changes_nothing(modification: Modification) -> bool:
    """A paper that changes neither scope nor price is not a modification: no cent moves."""
    return not (
        modification.adds
        or modification.revises
        or modification.withdraws
        or modification.price_change
        or modification.adds_consideration
        or modification.revises_consideration
    )


@cites("606-10-25-12", "606-10-25-13")
def classify(
    modification: Modification,
    continuing: Collection[PerformanceObligation],
    *,
    at_selling_prices: bool,
) -> Treatment:
    """Separate contract, prospective, catch-up, or a mix.

    ``continuing`` are the obligations that go on and are partly or not at all satisfied.
    """
    if only_adds(modification) and at_selling_prices:
        return Treatment.SEPARATE
    distinct = [each for each in continuing if each.distinct_increments]
    if len(distinct) == len(continuing):
        return Treatment.PROSPECTIVE
    return Treatment.MIXED if distinct or modification.adds else Treatment.CATCH_UP


@cites("606-10-25-12")
def only_adds(modification: Modification) -> bool:
    """Whether the scope grows by promises of their own and nothing else changes (25-12a)."""
    return bool(modification.adds) and not modification.revises and not modification.withdraws


@cites("606-10-25-12")
def at_selling_prices(
    net_change: int, lowest: Fraction, highest: Fraction, modification: Modification, currency: str
) -> bool:
    """Whether the net price increase reflects selling prices of what is added (25-12b).

    It lies between the lowest selling price, less costs that are not incurred for a customer the
    entity has, and the highest; minor units.
    """
    saved = to_minor(modification.costs_not_incurred, currency)
    return round(lowest) - saved <= net_change <= round(highest)


@cites("606-10-25-13")
def same_contract(obligation: PerformanceObligation, modification: Modification) -> bool:
    """Whether what remains goes on as the same contract: not distinct, or so decided (25-13b)."""
    if modification.override is None:
        return not obligation.distinct_increments
    return modification.override.treatment is ModificationTreatment.CATCH_UP


@cites("606-10-25-12", "606-10-25-13")
def overridden(contract: Contract, modification: Modification, by_rule: Treatment) -> Treatment:
    """The treatment a person chose, else the rule's.

    Raises ContractError where what is not only added is called a separate contract.
    """
    if modification.override is None:
        return by_rule
    chosen = _CHOSEN[modification.override.treatment]
    if chosen is Treatment.SEPARATE and not only_adds(modification):
        raise _contradiction(
            contract,
            modification,
            "is called a separate contract, but changes what was promised before",
            "override",
        )
    return chosen


@cites("606-10-25-10")
def check_modification(
    contract: Contract, modification: Modification, in_force: Collection[str]
) -> None:
    """Refuse a modification that contradicts the contract it changes (ContractError).

    ``in_force`` are the obligations that it may name.
    """
    if modification.on < contract.inception:
        raise _contradiction(
            contract,
            modification,
            f"is approved {modification.on}, before the contract's inception {contract.inception}",
            "on",
        )
    both = sorted({*modification.withdraws} & {each.id for each in modification.revises})
    if both:
        what = f"both withdraws and revises {', '.join(both)}"
        raise _contradiction(contract, modification, what, "withdraws")
    for name in [*modification.withdraws, *(each.id for each in modification.revises)]:
        if name not in in_force:
            raise _contradiction(
                contract, modification, f"names {name}, which is not in force", "revises"
            )
    for each in modification.adds:
        if each.id in in_force:
            raise _contradiction(
                contract, modification, f"adds {each.id}, which is in force already", "adds"
            )


@cites("606-10-25-10", "606-10-25-13")
def check_scope(
    contract: Contract,
    modification: Modification,
    progress: Mapping[str, Answer],
    last_day: date | None,
) -> None:
    """Refuse to withdraw what is satisfied: nothing of it is left (ContractError).

    So is a change after the contract's last day, when nothing is left that it could change.
    """
    over = last_day is not None and cut_off(modification) > last_day
    renews = modification.adds or modification.revises or modification.end
    left = any(each.numerator < each.denominator for each in progress.values())
    if over and not renews and not left:
        raise _contradiction(
            contract,
            modification,
            f"takes effect on {_new_from(modification)}, after the contract's last day "
            f"{last_day}, when nothing is left to transfer",
            "new_terms_from",
        )
    for name in modification.withdraws:
        answer = progress.get(name)
        if answer is not None and answer.numerator >= answer.denominator:
            raise _contradiction(
                contract, modification, f"withdraws {name}, which is satisfied", "withdraws"
            )


@cites("606-10-25-10")
def explain_modification(
    contract: Contract,
    modification: Modification,
    treated: Treated,
    pool: int,
    shares: Mapping[str, int],
) -> Decision:
    """The treatment and the new allocation, as a decision."""
    paragraph = _PARAGRAPH[treated.treatment]
    return Decision(
        contract=contract.id,
        on=modification.on,
        step=1,
        rule="classify",
        paragraphs=(
            ("606-10-25-10", "606-10-25-11", paragraph)
            if modification.unpriced
            else ("606-10-25-10", paragraph)
        ),
        told=partial(_treated, modification, treated, pool, shares, contract.currency),
    )


def _treated(
    modification: Modification,
    treated: Treated,
    pool: int,
    shares: Mapping[str, int],
    currency: str,
) -> Told:
    treatment = treated.treatment
    change = as_text(to_minor(modification.price_change, currency), currency)
    parts = ", ".join(f"{key} {as_text(share, currency)}" for key, share in sorted(shares.items()))
    over = "what is added" if treatment is Treatment.SEPARATE else "what remains"
    reason = f" ({modification.reason})" if modification.reason else ""
    return Told(
        inputs={
            "modification": modification.id,
            "new_terms_from": str(modification.new_terms_from or modification.on),
            "price_change": change,
            "at_standalone_selling_prices": str(treated.at_selling_prices),
            "by_rule": str(treated.by_rule),
        }
        | _told_besides(modification),
        outcome=str(treatment),
        sentence=(
            f"Modification {modification.id}{reason}, price change {change}, is accounted for "
            f"as {treatment} ({_PARAGRAPH[treatment]}{_CASE.get(treatment, '')}): "
            f"{as_text(pool, currency)} over {over}: "
            f"{parts or 'nothing'}.{_besides(modification, treated)}"
        ),
    )


def _told_besides(modification: Modification) -> dict[str, str]:
    told = {}
    if modification.costs_not_incurred:
        told["costs_not_incurred"] = str(modification.costs_not_incurred)
    if modification.override is not None:
        told["overridden_by"] = modification.override.by
        told["override_reason"] = modification.override.reason
    return told


def _besides(modification: Modification, treated: Treated) -> str:
    told = ""
    if modification.unpriced:
        told += " The price is not agreed yet; the change is an estimate (606-10-25-11)."
    if modification.override is not None:
        told += (
            f" The rule gives {treated.by_rule.value}; {modification.override.by} decided "
            f"otherwise: {modification.override.reason}."
        )
    return told


def _contradiction(
    contract: Contract, modification: Modification, what: str, field: str
) -> ContractError:
    return ContractError(
        f"Modification {modification.id} of contract {contract.id} {what}.",
        citation="606-10-25-10",
        remedy="Correct the modification.",
        contract=contract.id,
        field=f"modification.{field}",
    )
