"""Two books side by side over the wire. Money is decimal strings."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from api.schemas import PeriodText, Wire
from revrec.disclosure.books import Compared
from revrec.disclosure.columns import records_of
from revrec.model.books import Framework, Frameworks
from revrec.money import from_minor


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
            checks=[
                BookCheck(
                    name=each.name,
                    currency=each.currency,
                    left=f"{from_minor(each.left, each.currency):f}",
                    right=f"{from_minor(each.right, each.currency):f}",
                )
                for each in told.tie_outs
            ],
        )


def _picked(wire: type[BookTotal], record: Mapping[str, object]) -> BookTotal:
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
