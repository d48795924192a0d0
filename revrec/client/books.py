"""Books beside each other and beside other systems; rules, errors of earlier periods, questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from revrec.client.calls import Call, Operation, ask, at, get, post, told
from revrec.client.estimates import Proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookTotal:
    """An account in both books, of all contracts."""

    kind: str
    """income, of the months asked for, or balance, at their end."""
    account: str
    currency: str
    first: Decimal
    second: Decimal
    difference: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookDifference:
    """An amount that the two books hold otherwise."""

    contract: str
    obligation: str
    """Of income; a balance is of the whole contract."""
    period: str
    """The month of income; empty for a balance at the end."""
    account: str
    currency: str
    first: Decimal
    """In the first book. Income is positive, and so are debit balances."""
    second: Decimal
    """In the second book."""
    difference: Decimal
    """Second less first."""
    by_rule: dict[str, str]
    """What each rule of the register moves; those that move nothing are left out."""
    unexplained: Decimal
    """What no rule explains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookCheck:
    """Two totals that have to agree."""

    name: str
    currency: str
    left: Decimal
    right: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class BookComparison:
    """Two books from the same facts."""

    first_period: str
    period: str
    first: str
    """Framework of the first book."""
    second: str
    totals: list[BookTotal]
    differences: list[BookDifference]
    checks: list[BookCheck]
    """Each difference has its rules, and each book is what it has posted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRule:
    """A rule on which the frameworks differ, or only its words do."""

    rule: str
    title: str
    asc606: list[str]
    """Paragraphs of the codification."""
    ifrs15: list[str]
    """Paragraphs of IFRS 15, or of another standard that is named."""
    elections: dict[str, dict[str, str]]
    """Election -> its value in a book of each framework; none where no amount differs."""
    because: str
    """Why it is so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelReason:
    """How many figures agree or differ for a reason."""

    currency: str
    measure: str
    status: str
    reason: str
    contracts: int
    figures: int
    difference: Decimal
    unsigned: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelDifference:
    """A figure that differs; ``difference`` is ours less theirs."""

    contract: str
    obligation: str
    currency: str
    measure: str
    period: str
    theirs: Decimal
    ours: Decimal
    difference: Decimal
    status: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelRun:
    """The books beside another system's schedule."""

    first: str
    last: str
    reasons: list[ParallelReason]
    differences: list[ParallelDifference]
    refused: list[str]
    """Rows that could not be read, and contracts that cannot be accounted for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoverTotal:
    """Balances taken over on an account, and what the other system's ledger shows of it."""

    on: date
    """The day of cutover."""
    account: str
    currency: str
    theirs: Decimal
    ours: Decimal
    difference: Decimal
    control: Decimal | None
    """The control total, if one was recorded."""
    off: Decimal | None
    """What was told by contract less the control total."""
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CutoverDifference:
    """A balance of a contract that differs, or a contract that was not taken over."""

    contract: str
    account: str
    currency: str
    theirs: Decimal
    ours: Decimal
    difference: Decimal
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutover:
    """Whether what is taken over ties to the other system."""

    contracts: int
    totals: list[CutoverTotal]
    differences: list[CutoverDifference]
    open: list[str]
    """Differences without a reason: contract and account, and control totals that are off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorMeasured:
    """An error of an earlier period; amounts by which it was overstated."""

    id: str
    origin: str
    reverses: str | None
    nature: str
    contract: str
    description: str
    revenue: Decimal
    pre_tax_income: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEffect:
    """Errors by one measure on one fiscal year."""

    year_end: date
    measure: str
    rollover: Decimal
    """What the year's income contains."""
    iron_curtain: Decimal
    """What the balance sheet at the year's end contains."""
    benchmark: Decimal
    """What the statements show."""
    threshold: str
    """A share, such as 1.00%."""
    rollover_share: str
    iron_curtain_share: str
    material: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MisstatementsMeasured:
    """The worksheet on errors of earlier periods."""

    currency: str
    errors: list[ErrorMeasured]
    effects: list[ErrorEffect]
    factors: list[str]
    proposed: str
    """catch_up or reopen."""
    conclusion: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCited:
    """A rule of the engine and the paragraphs it states."""

    rule: str
    paragraphs: list[str]
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculation:
    """Figures by name, and the rows they are made of; amounts are decimal text."""

    kind: str
    figures: dict[str, str]
    tables: dict[str, list[dict[str, str]]]


class BookOperations:
    """Comparing, and asking what takes no books."""

    @Operation
    def compare_books(self, period: str, *, first: str | None = None) -> Call[BookComparison]:
        """Both books of closed months, every difference with the rule that explains it."""
        return get(at("books", "comparison"), BookComparison, period=period, from_=first)

    @Operation
    def list_book_rules(self) -> Call[list[BookRule]]:
        """The rules on which ASC 606 and IFRS 15 differ."""
        return get(at("books", "rules"), list[BookRule])

    @Operation
    def list_coverage(self) -> Call[list[RuleCited]]:
        """Which rule of the engine states which paragraphs."""
        return get(at("coverage"), list[RuleCited])

    @Operation
    def run_in_parallel(
        self, rows: Sequence[Mapping[str, str]], *, tolerance: int | None = None
    ) -> Call[ParallelRun]:
        """Hold the books against another system's schedule; differences below minor units pass."""
        body = [dict(each) for each in rows]
        return ask(at("parallel-runs"), ParallelRun, body, tolerance=tolerance)

    @Operation
    def show_cutover(self, period: str, *, known_at: datetime | None = None) -> Call[Cutover]:
        """Whether what is taken over in the period ties to the other system."""
        return get(at("periods", period, "cutover"), Cutover, known_at=known_at)

    @Operation
    def measure_misstatements(
        self, *, factor: Sequence[str] | None = None, known_at: datetime | None = None
    ) -> Call[MisstatementsMeasured]:
        """What errors of earlier periods come to, by rollover and iron curtain."""
        factors = None if factor is None else list(factor)
        return get(at("misstatements"), MisstatementsMeasured, factor=factors, known_at=known_at)

    @Operation
    def assess_misstatements(
        self, period: str, treatment: str, *, rationale: str, factors: Sequence[str] = ()
    ) -> Call[Proposal]:
        """Propose to catch errors up or to reopen; another person decides."""
        body = told(treatment=treatment, factors=list(factors), rationale=rationale)
        return post(at("periods", period, "misstatements"), Proposal, body)

    @Operation
    def calculate(self, question: Mapping[str, Any]) -> Call[Calculation]:
        """What usage costs, credits pay, an invoice or a part of a period comes to, by itself."""
        return ask(at("calculations"), Calculation, dict(question))
