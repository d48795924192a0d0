"""What goes over the wire of one contract."""

from __future__ import annotations

from pydantic import Field

from api.schemas import Amount, Wire
from revrec.operations import contracts


class PlannedLine(Wire):
    """What a component of an obligation comes to in a period."""

    period: str = Field(examples=["2026-01"])
    obligation: str = Field(examples=["access"])
    component: str = Field(examples=["fixed"])
    stream: str = Field(examples=["revenue"])
    """`revenue`, or what moves by measures of progress without being revenue."""
    amount: Amount
    """Of the period ..."""
    to_date: Amount
    """... and to its end."""


class PeriodStanding(Wire):
    """Balances and sums to date at the end of a period."""

    period: str = Field(examples=["2026-01"])
    balances: dict[str, Amount]


class ContractSchedule(Wire):
    """A contract period by period."""

    contract: str = Field(examples=["C-0001"])
    lines: list[PlannedLine]
    standing: list[PeriodStanding]

    @classmethod
    def of(cls, told: contracts.ContractSchedule) -> ContractSchedule:
        """A schedule as it is sent."""
        return cls(
            contract=told.contract,
            lines=[
                PlannedLine(
                    period=str(each.period),
                    obligation=each.obligation,
                    component=each.component,
                    stream=each.stream,
                    amount=Amount.of(each.amount),
                    to_date=Amount.of(each.to_date),
                )
                for each in told.lines
            ],
            standing=[
                PeriodStanding(
                    period=str(each.period),
                    balances={name: Amount.of(told) for name, told in each.balances.items()},
                )
                for each in told.standing
            ],
        )
