"""The ledger by account and two books side by side over the wire. Money is decimal strings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pydantic import Field

from api.schemas import PeriodText, Wire
from revrec.disclosure.books import Compared
from revrec.disclosure.columns import records_of
from revrec.disclosure.trial_balance import Ledger
from revrec.model.books import Framework, Frameworks
from revrec.model.dataset import TieOut
from revrec.money import from_minor

_Wire = TypeVar("_Wire", bound=Wire)


class RuleOfBooks(Wire):
    """A rule on which the frameworks differ, or only its words do."""

    rule: str = Field(examples=["collectibility"])
    title: str
    asc606: list[str] = Field(examples=[["606-10-25-1"]])
    """Paragraphs of the codification."""
    ifrs15: list[str] = Field(examples=[["15.9(e)"]])
    """Paragraphs of IFRS 15, or of another standard that is named."""
    elections: dict[str, dict[Framework, str]]
    """Election -> its value in a book of each framework; none where no amount differs."""
    because: str
    """Why it is so."""

    @classmethod
    def listed(cls, known: Frameworks) -> list[RuleOfBooks]:
        """The register, those that differ first."""
        differ = [
            cls(
                rule=name,
                title=rule.title,
                asc606=list(rule.asc606),
                ifrs15=list(rule.ifrs15),
                elections={each: dict(values) for each, values in rule.elections.items()},
                because=rule.rationale,
            )
            for name, rule in known.differences.items()
        ]
        alike = [
            cls(
                rule=name,
                title=like.title,
                asc606=list(like.asc606),
                ifrs15=list(like.ifrs15),
                elections={},
                because=like.because,
            )
            for name, like in known.alike.items()
        ]
        return [*differ, *alike]


class BookDifference(Wire):
    """An amount that the two books hold otherwise."""

    contract: str
    obligation: str
    """Of income; a balance is of the whole contract."""
    period: str = Field(examples=["2026-01"])
    """The month of income; empty for a balance at the end."""
    account: str = Field(examples=["revenue"])
    currency: str = Field(examples=["USD"])
    first: str
    """In the first book. Income is positive, and so are debit balances."""
    second: str
    """In the second book."""
    difference: str
    """Second less first."""
    by_rule: dict[str, str]
    """What each rule of the register moves; those that move nothing are left out."""
    unexplained: str = Field(examples=["0.00"])
    """What no rule explains."""


class BookTotal(Wire):
    """An account in both books, of all contracts."""

    kind: str = Field(examples=["income"])
    """income, of the months asked for, or balance, at their end."""
    account: str
    currency: str
    first: str
    second: str
    difference: str


class BookCheck(Wire):
    """Two totals that have to agree."""

    name: str
    currency: str
    left: str
    right: str

    @classmethod
    def listed(cls, checks: Iterable[TieOut]) -> list[BookCheck]:
        """The wire form of tie-outs."""
        return [
            cls(
                name=each.name,
                currency=each.currency,
                left=f"{from_minor(each.left, each.currency):f}",
                right=f"{from_minor(each.right, each.currency):f}",
            )
            for each in checks
        ]


class BookComparison(Wire):
    """Two books from the same facts."""

    first_period: PeriodText
    period: PeriodText
    first: Framework
    """Framework of the first book."""
    second: Framework
    totals: list[BookTotal]
    differences: list[BookDifference]
    checks: list[BookCheck]
    """Each difference has its rules, and each book is what it has posted."""

    @classmethod
    def of(cls, told: Compared, first: str, period: str) -> BookComparison:
        """The wire form of a comparison."""
        data = {each.name: records_of(each) for each in told.datasets}
        return cls(
            first_period=first,
            period=period,
            first=told.second.framework.other,
            second=told.second.framework,
            totals=[_picked(BookTotal, each) for each in data["book_totals"]],
            differences=[
                _difference(each) for each in (*data["book_comparison"], *data["book_balances"])
            ],
            checks=BookCheck.listed(told.tie_outs),
        )


class AccountBalance(Wire):
    """An account before the first period and at the end of the last; debits are positive."""

    gl_code: str = Field(examples=["2400"])
    gl_name: str
    account: str = Field(examples=["contract_liability"])
    """Account of the ledger that the chart's stands for."""
    currency: str
    opening: str
    closing: str


class Moved(Wire):
    """The translation adjustment over a period; gains are positive."""

    period: PeriodText
    currency: str
    opening: str
    on_net_assets: str
    """Opening net assets by the change of the rate."""
    on_income: str
    """Income by what the closing rate is above the average."""
    rounding: str
    closing: str


class TrialBalance(Wire):
    """The ledger by account."""

    first_period: PeriodText
    period: PeriodText
    accounts: list[AccountBalance]
    """In the functional currency, or in those of contracts until it is told."""
    translated: list[AccountBalance]
    """In the currency of reports, the adjustment with it; empty where none is told."""
    adjustment: list[Moved]
    checks: list[BookCheck]

    @classmethod
    def of(cls, told: Ledger, first: str, period: str) -> TrialBalance:
        """The wire form of a ledger."""
        data = {each.name: records_of(each) for each in told.datasets}
        return cls(
            first_period=first,
            period=period,
            accounts=[_picked(AccountBalance, each) for each in data["trial_balance"]],
            translated=[
                _picked(AccountBalance, each) for each in data.get("translated_trial_balance", [])
            ],
            adjustment=[_picked(Moved, each) for each in data.get("translation_adjustment", [])],
            checks=BookCheck.listed(told.tie_outs),
        )


def _picked(wire: type[_Wire], record: Mapping[str, object]) -> _Wire:
    return wire.model_validate({name: record[name] for name in wire.model_fields})


def _difference(record: Mapping[str, object]) -> BookDifference:
    names = ("contract", "account", "currency", "first", "second", "difference", "unexplained")
    parts = {
        name.removeprefix("by_"): str(value)
        for name, value in record.items()
        if name.startswith("by_") and any(digit in "123456789" for digit in str(value))
    }
    return BookDifference.model_validate(
        {name: record[name] for name in names}
        | {name: record.get(name, "") for name in ("obligation", "period")}
        | {"by_rule": parts}
    )
