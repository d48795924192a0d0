"""Step 1: contract modifications (606-10-25-10 to 25-13)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from enum import StrEnum

from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import Contract, PerformanceObligation
from revrec.model.decision import Decision
from revrec.model.events import Modification
from revrec.money import as_text, to_minor
from revrec.periods import day_before


class Treatment(StrEnum):
    """How a modification is accounted for."""

    SEPARATE = "separate contract"
    PROSPECTIVE = "termination of the old contract and start of a new one"
    CATCH_UP = "cumulative catch-up"
    MIXED = "prospective for what is distinct, cumulative catch-up for the rest"


_PARAGRAPH = {
    Treatment.SEPARATE: "606-10-25-12",
    Treatment.PROSPECTIVE: "606-10-25-13",
    Treatment.CATCH_UP: "606-10-25-13",
    Treatment.MIXED: "606-10-25-13",
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
    modification: Modification, continuing: Collection[PerformanceObligation]
) -> Treatment:
    """Separate contract, prospective, catch-up, or a mix.

    ``continuing`` are the obligations that go on and are partly or not at all satisfied.
    """
    only_adds = modification.adds and not modification.revises and not modification.withdraws
    if only_adds and modification.at_standalone_selling_prices:
        return Treatment.SEPARATE
    distinct = [each for each in continuing if each.distinct_increments]
    if len(distinct) == len(continuing):
        return Treatment.PROSPECTIVE
    return Treatment.MIXED if distinct or modification.adds else Treatment.CATCH_UP


@cites("606-10-25-10")
def check_modification(
    contract: Contract, modification: Modification, in_force: Mapping[str, PerformanceObligation]
) -> None:
    """Refuse a modification that contradicts the contract it changes (ContractError)."""
    if modification.on < contract.inception:
        raise _contradiction(
            contract,
            modification,
            f"is approved {modification.on}, before the contract's inception {contract.inception}",
            "on",
        )
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


@cites("606-10-25-10")
def explain_modification(
    contract: Contract,
    modification: Modification,
    treatment: Treatment,
    pool: int,
    shares: Mapping[str, int],
) -> Decision:
    """The treatment and the new allocation, as a decision."""
    currency = contract.currency
    change = as_text(to_minor(modification.price_change, currency), currency)
    parts = ", ".join(f"{key} {as_text(share, currency)}" for key, share in sorted(shares.items()))
    paragraph = _PARAGRAPH[treatment]
    over = "what is added" if treatment is Treatment.SEPARATE else "what remains"
    reason = f" ({modification.reason})" if modification.reason else ""
    return Decision(
        contract=contract.id,
        on=modification.on,
        step=1,
        rule="classify",
        paragraphs=("606-10-25-10", paragraph),
        inputs={
            "modification": modification.id,
            "new_terms_from": str(modification.new_terms_from or modification.on),
            "price_change": change,
            "at_standalone_selling_prices": str(modification.at_standalone_selling_prices),
        },
        outcome=treatment.value,
        sentence=(
            f"Modification {modification.id}{reason}, price change {change}, is accounted for as "
            f"{treatment.value} ({paragraph}{_CASE.get(treatment, '')}): "
            f"{as_text(pool, currency)} over {over}: {parts or 'nothing'}."
        ),
    )


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
