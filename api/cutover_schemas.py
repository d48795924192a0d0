"""What goes over the wire of cutovers and parallel runs. Amounts are decimal strings."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from api.schemas import Count, Wire
from revrec.disclosure.columns import records_of
from revrec.operations.cutover import TiedCutover
from revrec.operations.parallel import ParallelRun

Amount = Annotated[str, Field(examples=["-50.00"])]


class ParallelReason(Wire):
    """How many figures agree or differ for a reason."""

    currency: str = Field(examples=["USD"])
    measure: str = Field(examples=["revenue"])
    status: str = Field(examples=["differing"])
    reason: str = Field(examples=["timing"])
    contracts: Count
    figures: Count
    difference: Amount
    unsigned: Amount


class ParallelDifference(Wire):
    """A figure that differs; ``difference`` is ours less theirs."""

    contract: str
    obligation: str
    currency: str = Field(examples=["USD"])
    measure: str = Field(examples=["revenue"])
    period: str = Field(examples=["2026-02"])
    theirs: Amount
    ours: Amount
    difference: Amount
    status: str = Field(examples=["differing"])
    reason: str = Field(examples=["timing"])


class ParallelCompared(Wire):
    """The books beside another system's schedule."""

    first: str = Field(examples=["2026-01"])
    last: str = Field(examples=["2026-12"])
    reasons: list[ParallelReason]
    differences: list[ParallelDifference]
    refused: list[str]
    """Rows that could not be read, and contracts that cannot be accounted for."""

    @classmethod
    def of(cls, run: ParallelRun, rejected: list[str]) -> ParallelCompared:
        """The wire form of a run."""
        reasons, figures = (
            [{name: told for name, told in row.items() if name != "row_key"} for row in each]
            for each in map(records_of, run.datasets)
        )
        return cls(
            first=str(run.first),
            last=str(run.last),
            reasons=[ParallelReason.model_validate(each) for each in reasons],
            differences=[ParallelDifference.model_validate(each) for each in figures],
            refused=[*rejected, *run.refused],
        )


class CutoverTotal(Wire):
    """Balances taken over on an account, and what the other system's ledger shows of it."""

    on: date
    """The day of cutover."""
    account: str = Field(examples=["contract_liability"])
    currency: str = Field(examples=["USD"])
    theirs: Amount
    ours: Amount
    difference: Amount
    control: Amount | None
    """The control total, if one was recorded."""
    off: Amount | None
    """What was told by contract less the control total."""
    reason: str


class CutoverDifference(Wire):
    """A balance of a contract that differs, or a contract that was not taken over."""

    contract: str
    account: str = Field(examples=["contract_liability"])
    currency: str = Field(examples=["USD"])
    theirs: Amount
    ours: Amount
    difference: Amount
    reason: str


class CutoverTied(Wire):
    """Whether what is taken over ties to the other system."""

    contracts: Count
    totals: list[CutoverTotal]
    differences: list[CutoverDifference]
    open: list[str]
    """Differences without a reason: contract and account, and control totals that are off."""

    @classmethod
    def of(cls, tied: TiedCutover) -> CutoverTied:
        """The wire form of what ties."""
        totals, differences = map(records_of, tied.datasets)
        beside = {"row_key"}
        return cls(
            contracts=tied.contracts,
            totals=[
                CutoverTotal.model_validate({k: v for k, v in each.items() if k not in beside})
                for each in totals
            ],
            differences=[
                CutoverDifference.model_validate({k: v for k, v in each.items() if k not in beside})
                for each in differences
            ],
            open=list(tied.open),
        )
