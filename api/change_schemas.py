"""What goes over the wire of changes. Amounts are decimal strings with their currency."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas import Count, Wire
from revrec.model.dataset import DataSet
from revrec.money import Money
from revrec.operations.changing import Effect

Amount = Annotated[str, Field(examples=["-50.00"])]


class RevenueChanged(Wire):
    """Revenue of an obligation in an economic month that would be another."""

    customer: str
    contract: str
    obligation: str
    currency: str = Field(examples=["USD"])
    period: str = Field(examples=["2026-02"])
    before: Amount
    after: Amount
    change: Amount


class BalanceChanged(Wire):
    """A balance or sum to date of a contract at the end of a period that would be another."""

    customer: str
    contract: str
    balance: str = Field(examples=["contract_liability"])
    """`unrecognised` is what of the transaction price is not revenue yet."""
    currency: str = Field(examples=["USD"])
    period: str = Field(examples=["2026-02"])
    before: Amount
    after: Amount
    change: Amount


class EntryChanged(Wire):
    """A posting of the period that would be another; debits are positive."""

    event: str = Field(examples=["satisfaction"])
    account: str = Field(examples=["revenue"])
    currency: str = Field(examples=["USD"])
    contract: str
    before: Amount
    after: Amount
    change: Amount


class ChangeEffect(Wire):
    """What recording facts would change, as the books stand now."""

    period: str = Field(examples=["2026-02"])
    """The period whose entries are compared."""
    until: str = Field(examples=["2027-01"])
    """The last month of revenue that is compared."""
    new: Count
    corrected: Count
    unchanged: Count
    revenue: list[RevenueChanged]
    balances: list[BalanceChanged]
    """At the ends of the period and those after it."""
    entries: list[EntryChanged]
    rated: dict[str, str]
    """What counted usage would cost more or less once it is rated anew, by currency."""

    @classmethod
    def of(cls, effect: Effect) -> ChangeEffect:
        """The wire form of an effect."""
        return cls(
            period=str(effect.period),
            until=str(effect.until),
            new=effect.recorded.new,
            corrected=effect.recorded.corrected,
            unchanged=effect.recorded.unchanged,
            revenue=[RevenueChanged.model_validate(row) for row in _rows(effect.revenue)],
            balances=[BalanceChanged.model_validate(row) for row in _rows(effect.balances)],
            entries=[EntryChanged.model_validate(row) for row in _rows(effect.entries)],
            rated={currency: str(change) for currency, change in effect.rated.items()},
        )


def _rows(data: DataSet) -> list[dict[str, object]]:
    """Rows by column, amounts as text, without their keys."""
    names = [column.name for column in data.columns if column.name != "row_key"]
    rows = []
    for row in data.rows:
        told: dict[str, object] = dict(zip(names, row, strict=False))
        for name in ("before", "after", "change"):
            told[name] = str(Money(int(str(told[name])), str(told["currency"])).decimal)
        rows.append(told)
    return rows
