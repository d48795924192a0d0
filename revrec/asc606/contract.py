"""Step 1: identifying the contract (606-10-25-1 to 25-9)."""

from __future__ import annotations

from revrec.citations import cites
from revrec.errors import ContractError
from revrec.model.contract import Contract
from revrec.model.decision import Decision


@cites("606-10-25-1", "606-10-25-3")
def identify_contract(contract: Contract) -> Decision:
    """A contract exists from its approval, for its enforceable term.

    Raises ContractError when the dates contradict each other or an id is used twice.
    """
    if contract.end is not None and contract.end < contract.first_day:
        raise ContractError(
            f"Contract {contract.id} ends {contract.end}, before it starts {contract.first_day}.",
            citation="606-10-25-3",
            remedy="Correct `end` or `start`.",
            contract=contract.id,
            field="end",
        )
    _refuse_repeated(contract, "obligations", [o.id for o in contract.obligations])
    _refuse_repeated(contract, "consideration", [c.id for c in contract.consideration])
    _refuse_unknown_obligations(contract)
    term = f"{contract.first_day} to {contract.end or 'open end'}"
    return Decision(
        contract=contract.id,
        on=contract.inception,
        step=1,
        rule="identify_contract",
        paragraphs=("606-10-25-1", "606-10-25-3"),
        inputs={"inception": str(contract.inception), "term": term},
        outcome="contract exists",
        sentence=(
            f"The agreement with {contract.customer_name or contract.customer} was approved on "
            f"{contract.inception} and is a contract for its enforceable term, {term}."
        ),
    )


def _refuse_repeated(contract: Contract, name: str, ids: list[str]) -> None:
    repeated = sorted({each for each in ids if ids.count(each) > 1})
    if repeated:
        raise ContractError(
            f"Contract {contract.id} names {name} {', '.join(repeated)} more than once.",
            remedy="Give each its own id.",
            contract=contract.id,
            field=name,
        )


def _refuse_unknown_obligations(contract: Contract) -> None:
    known = {obligation.id for obligation in contract.obligations}
    for consideration in contract.consideration:
        if consideration.obligation is not None and consideration.obligation not in known:
            raise ContractError(
                f"Consideration {consideration.id} of contract {contract.id} is for obligation "
                f"{consideration.obligation}, which the contract does not have.",
                remedy=f"Name one of: {', '.join(sorted(known))}.",
                contract=contract.id,
                field=f"consideration.{consideration.id}.obligation",
            )
